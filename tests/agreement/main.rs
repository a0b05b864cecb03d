//! Recorded decisions of a real control plane: every node's outcome and reasons must agree.
//!
//! The rules are evaluated in this process; how the report is compared with the record stands in `rules.rs`.

#![expect(clippy::print_stdout, reason = "a test says how much it compared, and what it could not")]

mod properties;
mod rules;
#[path = "../summary/mod.rs"]
mod summary;
mod variants;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kubectl_daemonset::findings::rule_code;
use kubectl_daemonset::model::Version;
use kubectl_daemonset::rules::admission::Admission;
use kubectl_daemonset::rules::{Cause, CreationRefusal, Evaluation, LimitViolation, OwnPods, Placement, Verdict};
use kubectl_daemonset::store::{Builder, Cluster};
use serde_json::{Value, json};

/// Recordings of the project's own, and those that lie beside the project where there are any.
fn recordings(shared: &Path) -> Vec<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings");
    let files = [own.as_path(), shared].into_iter().filter_map(|dir| std::fs::read_dir(dir).ok()).flatten().flatten();
    let mut files: Vec<PathBuf> =
        files.map(|f| f.path()).filter(|p| p.to_string_lossy().ends_with(".json.gz")).collect();
    files.sort();
    files
}

fn read(path: &Path) -> Value {
    let file = std::fs::File::open(path).expect("the recording can be opened");
    serde_json::from_reader(std::io::BufReader::new(flate2::read::GzDecoder::new(file))).expect("the recording is JSON")
}

fn cluster(items: &[&Value], server: &str) -> Cluster {
    let mut builder = Builder::new();
    for item in items {
        builder.read(item.to_string().as_bytes(), None).expect("an object");
    }
    builder.finish(Version::parse(server))
}

fn report(cluster: &Cluster, admission: &Admission, verdicts: &[Verdict], own: &dyn Fn(usize) -> bool) -> Value {
    let rules = cluster.rules();
    let nodes: Vec<Value> = verdicts
        .iter()
        .enumerate()
        .map(|(i, verdict)| {
            let reasons: Vec<Value> = verdict
                .reasons
                .iter()
                .map(|reason| {
                    let (plugin, text) = match &reason.cause {
                        Cause::Rejection(r) => (Some(r.plugin().as_str()), Some(r.status_text(rules).into_owned())),
                        _ => (None, None),
                    };
                    let code = rule_code::code(&reason.cause).to_string();
                    json!({"code": code, "stage": reason.stage().as_str(), "plugin": plugin, "reason": text,
                           "reportedByScheduler": reason.reported_by_scheduler, "evidence": evidence(&reason.cause)})
                })
                .collect();
            let pod = own(i).then(|| json!({"name": "own"}));
            let victims: Vec<&str> = match &verdict.placement {
                Placement::Preempting { victims } => victims.iter().map(|v| &*cluster.pod(*v).name).collect(),
                _ => Vec::new(),
            };
            json!({"name": cluster.nodes[i].name.as_str(), "placement": verdict.placement.as_str(),
                   "reasons": reasons, "pod": pod, "evidence": {"victims": victims}})
        })
        .collect();
    let desired = verdicts.iter().filter(|v| v.placement != Placement::Excluded).count();
    let some = admission.quota.as_ref().map(|quota| quota.admits).filter(|admits| (*admits as usize) < desired);
    let findings: Vec<Value> = some.map(|n| json!({"code": "DS315", "evidence": {"admits": n}})).into_iter().collect();
    json!({"daemonSets": [{"desiredNumberScheduled": desired, "findings": findings, "nodes": nodes}]})
}

/// What a report says of a refusal at creation, as far as it is compared.
fn evidence(cause: &Cause) -> Value {
    let Cause::Creation(refusal) = cause else { return Value::Null };
    let each = |list: &str, field: &str, values: Vec<String>| json!({ list: values.into_iter().map(|v| json!({ field: v })).collect::<Vec<_>>() });
    match &**refusal {
        CreationRefusal::LimitRange { violations, .. } => {
            each("violations", "text", violations.iter().map(LimitViolation::text).collect())
        }
        CreationRefusal::PodSecurity { level, version, violations, .. } => {
            let mut evidence = each("violations", "check", violations.iter().map(|(check, _)| check.clone()).collect());
            evidence["level"] = json!(level);
            evidence["version"] = json!(version);
            evidence
        }
        CreationRefusal::QuotaExceeded { exceeded, .. } => {
            each("exceeded", "resource", exceeded.iter().map(|(name, ..)| name.to_string()).collect())
        }
        CreationRefusal::QuotaUnspecified { missing, .. } => {
            each("missing", "resource", missing.iter().map(|(name, _)| name.to_string()).collect())
        }
        _ => Value::Null,
    }
}

fn daemon_set(value: &Value) -> kubectl_daemonset::model::DaemonSet {
    let mut builder = Builder::new();
    builder.read(value.to_string().as_bytes(), None).expect("a DaemonSet");
    builder.finish(None).daemon_sets.remove(0)
}

#[test]
fn every_recorded_decision() {
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/oracle");
    if !shared.is_dir() {
        summary::absent("recordings that are not the project's own", "../shared/oracle");
    }
    let (mut cases, mut verdicts, mut disagreements) = (0, 0, Vec::new());
    // Of each server version: verdicts, and what was decided.
    let mut versions: BTreeMap<String, (usize, rules::Decisions)> = BTreeMap::new();
    let mut variants = variants::Variants::default();
    for path in recordings(&shared) {
        let recording = read(&path);
        let server = recording["server"].as_str().unwrap_or_default();
        let items: Vec<&Value> = recording["cluster"]["items"].as_array().expect("items").iter().collect();
        let before = cluster(&items, server);
        let setting = rules::Setting::of(&recording["cluster"]);
        for case in recording["cases"].as_array().expect("cases") {
            let daemon_set = daemon_set(&case["daemonSet"]);
            let admission = Evaluation::admit(&before, &daemon_set, OwnPods::None);
            let evaluation = Evaluation::new(&before, &daemon_set, &admission, OwnPods::None);
            let all = evaluation.all();
            all.iter().for_each(|verdict| variants.add(verdict));
            let judgement = setting.judge(case, &report(&before, &admission, &all, &|_| false));
            cases += 1;
            verdicts += judgement.verdicts;
            let version = versions.entry(server.to_owned()).or_default();
            version.0 += judgement.verdicts;
            version.1.add(judgement.decisions);
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            disagreements.extend(judgement.disagreements.into_iter().map(|d| format!("{file} {d}")));
        }
        if let Some(after) = recording["cases"][0]["after"]["items"].as_array() {
            let case = &recording["cases"][0];
            let items: Vec<&Value> = items.iter().copied().chain(after).collect();
            let after = cluster(&items, server);
            let name = case["daemonSet"]["metadata"]["name"].as_str().unwrap_or_default();
            let Some(daemon_set) = after.daemon_sets.iter().find(|d| d.name == *name) else { continue };
            let own = OwnPods::Live(daemon_set.uid.expect("a deployed DaemonSet has a UID"));
            let admission = Evaluation::admit(&after, daemon_set, own);
            let evaluation = Evaluation::new(&after, daemon_set, &admission, own);
            let has_pod = |i: usize| {
                let owned = daemon_set.uid.map_or(&[][..], |uid| after.owned_by(uid)).iter();
                owned.map(|p| after.pod(*p)).any(|p| p.node_or_target() == Some(after.nodes[i].name))
            };
            let report = report(&after, &admission, &evaluation.all(), &has_pod);
            if let Some(judgement) = setting.judge_live(case, &report) {
                verdicts += judgement.verdicts;
                cases += 1;
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                disagreements.extend(judgement.disagreements.into_iter().map(|d| format!("{file} live {d}")));
            }
        }
    }
    for disagreement in disagreements.iter().take(40) {
        println!("{disagreement}");
    }
    for (server, (verdicts, decisions)) in &versions {
        println!("{server}: {verdicts} verdicts\n{decisions}");
    }
    println!("{variants}");
    println!("agreement: {cases} cases, {verdicts} verdicts compared, {} disagreements", disagreements.len());
    assert!(disagreements.is_empty(), "{} of {verdicts} verdicts disagree", disagreements.len());
}
