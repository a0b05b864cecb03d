//! Does the doctor agree with the real control plane on random clusters?

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::Mutex,
    time::Instant,
};

use serde_json::{Value, json};

use super::{
    decide::World,
    random::{Profile, Random, daemon_set},
    record,
    shrink::shrink,
};
use crate::{
    harness::Ran,
    rules::{Decisions, Disagreement, Judgement, Setting},
};

/// What a run of rounds came to.
#[derive(Debug, Default)]
pub struct Agreement {
    /// Verdicts that were compared.
    pub verdicts: usize,
    /// Of these, what deploy predicted for a node before the DaemonSet was there.
    pub predicted: usize,
    /// DaemonSets that were decided.
    pub cases: usize,
    /// How often each decision was met.
    pub decisions: Decisions,
    /// The version that decided, as `v1.36.3`.
    pub version: String,
    /// Where the doctor says something else, in words; each is kept as a recording.
    pub disagreements: Vec<String>,
}

/// What to compare.
pub struct Run {
    /// The program that is our doctor.
    pub doctor: PathBuf,
    /// What all of them are about; by seed where nothing is given.
    pub profile: Option<Profile>,
    /// How many random clusters.
    pub rounds: u64,
    /// The seed of the first; each has the next one.
    pub seed: u64,
    /// Nodes of each cluster.
    pub nodes: usize,
    /// DaemonSets that are tried on each.
    pub cases: usize,
    /// Where disagreements are kept.
    pub kept: PathBuf,
}

/// The program under test.
pub fn our_doctor() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_kubectl-daemonset"))
}

/// Compares the doctor with the real control plane on random clusters; a disagreement is made small and kept.
pub fn agree(run: &Run) -> Agreement {
    let Run { rounds, seed, .. } = *run;
    let began = Instant::now();
    let agreement = Mutex::new(Agreement::default());
    let seeds: Vec<u64> = (seed..seed + rounds).collect();
    record::side_by_side(&seeds, |seed| {
        let by_seed = Profile::BY_SEED[(seed % Profile::BY_SEED.len() as u64) as usize];
        let profile = run.profile.unwrap_or(by_seed);
        let round = one(run, profile, *seed);
        let mut agreement = agreement.lock().expect("nobody panics with it in hand");
        agreement.cases += round.cases;
        agreement.verdicts += round.verdicts;
        agreement.predicted += round.predicted;
        println!(
            "seed {seed}, {}: {} verdicts, {} disagreements; {:.0} verdicts a minute so far",
            profile.name(),
            round.verdicts,
            round.disagreements.len(),
            agreement.verdicts as f64 / (began.elapsed().as_secs_f64() / 60.0)
        );
        agreement.version = round.version;
        agreement.decisions.add(round.decisions);
        agreement.disagreements.extend(round.disagreements);
    });
    agreement.into_inner().expect("nobody panicked with it in hand")
}

fn one(run: &Run, profile: Profile, seed: u64) -> Agreement {
    let mut agreement = Agreement::default();
    let mut random = Random::of(seed);
    let world = World::random(&mut random, profile, run.nodes);
    agreement.version = world.cluster.version();
    for number in 0..run.cases {
        let ds = daemon_set(&mut random, profile, &format!("ds{number:02}"));
        let predicted = prediction(&world, &ds);
        let Some(case) = world.decide(&ds, true) else { continue };
        let judgement = judge(&run.doctor, &world, &case);
        agreement.cases += 1;
        agreement.verdicts += judgement.verdicts;
        agreement.decisions.add(judgement.decisions);
        let foretold = match &predicted {
            Ok(prediction) => Setting::of(&world.objects).judge_prediction(&case, prediction),
            Err(why) => failed(&case, why.clone()),
        };
        agreement.predicted += foretold.verdicts;
        for d in &foretold.disagreements {
            println!("  {d}");
            let file = keep_as(run, &world, "prediction", profile, seed, &world.objects, &case);
            agreement.disagreements.push(format!("seed {seed} {}: {d}; kept as {}", profile.name(), file.display()));
        }
        let Some(first) = judgement.disagreements.first() else { continue };
        for d in judgement.disagreements.iter().take(3) {
            println!("  {d}");
        }
        let (small, kept) = keep(run, &world, profile, seed, case);
        let d = small.unwrap_or_else(|| first.clone());
        agreement.disagreements.push(format!("seed {seed} {}: {d}; kept as {}", profile.name(), kept.display()));
    }
    agreement
}

/// Makes a disagreement small and writes it down.
fn keep(run: &Run, world: &World, profile: Profile, seed: u64, case: Value) -> (Option<Disagreement>, PathBuf) {
    let (objects, case) = shrink(&run.doctor, world, case);
    let setting = Setting::of(&objects);
    let first = differences(&run.doctor, &world.cluster.folder().join("shrunk"), &objects, &setting, &case)
        .disagreements
        .into_iter()
        .next();
    (first, keep_as(run, world, "regression", profile, seed, &objects, &case))
}

/// Writes a case and its cluster down as a recording.
fn keep_as(
    run: &Run,
    world: &World,
    what: &str,
    profile: Profile,
    seed: u64,
    objects: &Value,
    case: &Value,
) -> PathBuf {
    let name = case["daemonSet"]["metadata"]["name"].as_str().unwrap_or_default();
    let version = world.cluster.version();
    let file = run.kept.join(format!("{what}-{}-{seed}-{name}-{version}.json.gz", profile.name()));
    let recording = json!({"server": version, "cluster": objects, "cases": [case]});
    let kept =
        std::fs::create_dir_all(&run.kept).map_err(|e| e.to_string()).and_then(|()| record::write(&file, &recording));
    kept.unwrap_or_else(|why| panic!("{why}"));
    file
}

/// What deploy predicts of a DaemonSet on the world's cluster, which it only asks.
fn prediction(world: &World, daemon_set: &Value) -> Result<Value, String> {
    let path = world.cluster.folder().join("predicted.json");
    std::fs::write(&path, daemon_set.to_string()).map_err(|e| format!("cannot write {}: {e}", path.display()))?;
    let path = path.display().to_string();
    let arguments = ["deploy", "-f", &path, "--dry-run=client", "--allow-zero", "--allow-stuck", "-o", "json"];
    let ran = Ran::of(world.cluster.command(env!("CARGO_BIN_EXE_kubectl-daemonset"), &arguments));
    match (ran.code, serde_json::from_str::<Value>(&ran.stdout)) {
        (0, Ok(mut report)) => Ok(report["prediction"].take()),
        _ => Err(format!("deploy predicted nothing: {ran}")),
    }
}

/// The doctor on the world's cluster against what was decided there.
pub fn judge(program: &Path, world: &World, case: &Value) -> Judgement {
    let setting = Setting::of(&world.objects);
    differences(program, &world.cluster.folder().join("judged"), &world.objects, &setting, case)
}

/// The doctor on paper and, where there is an `after`, on the DaemonSet as it stood, both through files in `folder`.
pub fn differences(program: &Path, folder: &Path, objects: &Value, setting: &Setting<'_>, case: &Value) -> Judgement {
    std::fs::create_dir_all(folder).unwrap_or_else(|e| panic!("cannot make {}: {e}", folder.display()));
    let write = |name: &str, value: &Value| {
        let path = folder.join(name);
        std::fs::write(&path, value.to_string()).unwrap_or_else(|e| panic!("cannot write {}: {e}", path.display()));
        path.display().to_string()
    };
    let snapshot = write("cluster.json", objects);
    let paper = write("daemonset.json", &case["daemonSet"]);
    let mut judgement = match doctor(program, &["-f", &paper, "--snapshot", &snapshot]) {
        Ok(report) => setting.judge(case, &report),
        Err(why) => failed(case, why),
    };
    if let Some(after) = case["after"]["items"].as_array() {
        let mut items = objects["items"].as_array().cloned().unwrap_or_default();
        items.extend(after.iter().cloned());
        let snapshot = write("after.json", &json!({"apiVersion": "v1", "kind": "List", "items": items}));
        let metadata = &case["daemonSet"]["metadata"];
        let (namespace, name) =
            (metadata["namespace"].as_str().unwrap_or("default"), metadata["name"].as_str().unwrap_or_default());
        let live = match doctor(program, &[name, "-n", namespace, "--snapshot", &snapshot]) {
            Ok(report) => setting.judge_live(case, &report),
            Err(why) => Some(failed(case, why)),
        };
        if let Some(live) = live {
            judgement.verdicts += live.verdicts;
            judgement.disagreements.extend(live.disagreements.into_iter().map(|mut d| {
                d.what = format!("(asked by name) {}", d.what);
                d
            }));
        }
    }
    judgement
}

fn failed(case: &Value, what: String) -> Judgement {
    let daemon_set = case["daemonSet"]["metadata"]["name"].as_str().unwrap_or_default().to_owned();
    let disagreements = vec![Disagreement { daemon_set, node: None, what }];
    Judgement { verdicts: 1, disagreements, ..Judgement::default() }
}

/// The report of our own program, which is given no cluster to talk to.
fn doctor(program: &Path, arguments: &[&str]) -> Result<Value, String> {
    let mut command = Command::new(program);
    command.arg("doctor").args(arguments).args(["-o", "json"]).env("KUBECONFIG", "/dev/null");
    let ran = Ran::of(command);
    match (ran.code, serde_json::from_str(&ran.stdout)) {
        (0 | 2, Ok(report)) => Ok(report),
        _ => Err(format!("the doctor gave no report: {ran}")),
    }
}
