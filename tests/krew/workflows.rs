//! The workflows that release: well-formed, pinned, with as few rights as they need.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use libtest_mimic::Trial;
use serde_yaml::Value;

use crate::home::{PROJECT, Said};
use crate::test;

pub fn tests() -> Vec<Trial> {
    vec![
        test("workflows::actions_are_pinned_and_rights_are_few", pinned),
        test("workflows::a_release_builds_every_platform", platforms),
        test("workflows::the_linter_is_content", linted),
    ]
}

fn workflows() -> Vec<(String, Value)> {
    let folder = Path::new(PROJECT).join(".github/workflows");
    let mut found: Vec<_> = fs::read_dir(&folder)
        .expect("workflows")
        .map(|entry| {
            let path = entry.expect("an entry").path();
            let text = fs::read_to_string(&path).expect("text");
            let value = serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.display().to_string(), value)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    assert!(!found.is_empty());
    found
}

fn pinned() {
    for (path, workflow) in workflows() {
        assert_eq!(workflow["permissions"]["contents"].as_str(), Some("read"), "{path}: not read-only by default");
        for (name, job) in workflow["jobs"].as_mapping().expect("jobs") {
            assert!(job["timeout-minutes"].is_u64(), "{path}: {name:?} may run for hours");
            for step in job["steps"].as_sequence().expect("steps") {
                let Some(action) = step["uses"].as_str() else { continue };
                let (_, revision) =
                    action.split_once('@').unwrap_or_else(|| panic!("{path}: {action} has no revision"));
                let commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
                assert!(commit, "{path}: {action} is pinned to a name that may move");
                if action.starts_with("actions/checkout@") {
                    assert_eq!(step["with"]["persist-credentials"].as_bool(), Some(false), "{path}: {action}");
                }
            }
        }
    }
}

fn platforms() {
    let (_, release) = workflows().into_iter().find(|(path, _)| path.ends_with("release.yml")).expect("release.yml");
    let matrix = release["jobs"]["build"]["strategy"]["matrix"]["include"].as_sequence().expect("a matrix").clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let built: BTreeSet<_> =
        matrix.iter().map(|entry| (text(&entry["os"]), text(&entry["arch"]), text(&entry["target"]))).collect();
    let listed = fs::read_to_string(Path::new(PROJECT).join("krew/platforms")).expect("platforms");
    let listed: BTreeSet<_> = listed
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let mut word = || words.next().expect("a word");
            (word(), word(), word())
        })
        .collect();
    assert_eq!(built, listed, "what is built is not what the manifest can list");
}

/// actionlint, which Go builds of the version named here.
fn linted() {
    const LINTER: &str = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12";
    if Command::new("go").arg("version").output().is_err() {
        crate::summary::skipped("actionlint on the workflows", "there is no Go toolchain here", "install Go");
        return;
    }
    let files: Vec<_> = workflows().into_iter().map(|(path, _)| path).collect();
    let mut linter = Command::new("go");
    // Its own module: the tests' go.mod says nothing of it.
    linter
        .args(["run", LINTER, "-no-color", "-shellcheck=", "-pyflakes="])
        .args(files)
        .current_dir(std::env::temp_dir());
    Said::of(&mut linter).ok();
}
