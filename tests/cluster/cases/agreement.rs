//! Does the doctor agree with the real control plane? A short run; `make agree` is the long one.

use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

use libtest_mimic::Trial;
use serde_json::Value;

use super::test;
use crate::differential::{Profile, Run, agree, our_doctor};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("agreement::on_random_clusters_of_every_profile", on_random_clusters),
        test("agreement::on_random_clusters_with_devices", on_random_clusters_with_devices),
        test("agreement::a_doctor_that_errs_is_caught_on_a_small_case", a_doctor_that_errs_is_caught),
    ]
}

fn on_random_clusters() {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("disagreements");
    // The same seeds each time: what is not known yet is looked for by hand.
    let agreement =
        agree(&Run { doctor: our_doctor(), profile: None, rounds: 8, seed: 4000, nodes: 12, cases: 6, kept });
    println!("{}", agreement.decisions);
    let (version, predicted) = (agreement.version, agreement.predicted);
    println!(
        "Kubernetes {version}: {} cases, {} verdicts, {predicted} predictions, seeds 4000 to 4007",
        agreement.cases, agreement.verdicts
    );
    assert!(predicted > 300, "only {predicted} predictions of deploy were compared");
    assert!(agreement.disagreements.is_empty(), "{:#?}", agreement.disagreements);
    assert!(agreement.verdicts > 300, "only {} verdicts were compared", agreement.verdicts);
}

fn on_random_clusters_with_devices() {
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join("disagreements");
    let profile = Some(Profile::Devices);
    let agreement = agree(&Run { doctor: our_doctor(), profile, rounds: 3, seed: 4100, nodes: 12, cases: 8, kept });
    println!("{}", agreement.decisions);
    assert!(agreement.disagreements.is_empty(), "{:#?}", agreement.disagreements);
    assert!(agreement.verdicts > 150, "only {} verdicts were compared", agreement.verdicts);
}

fn a_doctor_that_errs_is_caught() {
    let folder = tempfile::tempdir().expect("there is a temporary folder");
    // It takes every lack of processors for a lack of memory.
    let errs = folder.path().join("errs");
    let doctor = our_doctor();
    let script = format!("#!/bin/sh\n{} \"$@\" | sed 's/Insufficient cpu/Insufficient memory/'\n", doctor.display());
    fs::write(&errs, script).expect("the folder can be written");
    fs::set_permissions(&errs, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let kept = folder.path().join("kept");
    let agreement =
        agree(&Run { doctor: errs, profile: None, rounds: 1, seed: 4008, nodes: 6, cases: 4, kept: kept.clone() });
    let found = agreement.disagreements;
    assert!(!found.is_empty(), "nobody noticed");
    assert!(found.iter().all(|d| d.contains("Insufficient cpu") && d.contains("kept as ")), "{found:#?}");

    // What is kept is a recording by itself, smaller than where it was found.
    let file = fs::read_dir(&kept).expect("it was made").next().expect("one is kept").expect("it can be listed").path();
    let text = flate2::read::GzDecoder::new(fs::File::open(&file).expect("it is there"));
    let recording: Value = serde_json::from_reader(text).expect("a recording is JSON");
    let nodes = recording["cluster"]["items"].as_array().into_iter().flatten().filter(|o| o["kind"] == "Node").count();
    assert!((1..=2).contains(&nodes), "{nodes} nodes are left");
    let template = &recording["cases"][0]["daemonSet"]["spec"]["template"]["spec"];
    let asked = template.to_string();
    assert!(asked.contains("cpu"), "{asked}");
    println!("seed 4008, made small: {asked}");
}
