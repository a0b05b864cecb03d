//! SARIF: held against the official schema; places are those of the fields; fingerprints outlive edits.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::{cluster_of, file, root, run};

/// The schema of the OASIS, which the package `serde-sarif` has among its sources.
fn schema() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let asked = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    let metadata: Value = serde_json::from_slice(&asked.stdout).expect("cargo's answer is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "serde-sarif").expect("a dependency of the tests");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    let text = std::fs::read_to_string(manifest.with_file_name("src").join("schema.json")).expect("the schema");
    // The pattern of a language has a bracket too many, which only some regular expressions allow.
    serde_json::from_str(&text.replace("{2}]?$", "{2}?$")).expect("the schema is JSON")
}

fn sarif(args: &[&str]) -> Value {
    let ran = run(&[args, &["-o", "sarif"]].concat());
    serde_json::from_str(&ran.stdout).unwrap_or_else(|why| panic!("{args:?}: {why}: {}{}", ran.stdout, ran.stderr))
}

fn results(log: &Value) -> &Vec<Value> {
    log["runs"][0]["results"].as_array().expect("results")
}

#[test]
fn every_log_is_valid() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "a [x](https://e) {0} \u{1b}[31m\u{202e}\"'<b>";
    let cluster = file(&folder, "cluster.json", &cluster_of(hostile));
    let broken = file(&folder, "bröken file.yaml", "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: a}\n");
    let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
    let example = ["--snapshot", "docs/example/cluster.json"];
    for args in [
        [&["doctor", "-A"], &example[..]].concat(),
        [&["doctor", "-A", "--ignore", "DS101"], &example[..]].concat(),
        [&["doctor", "-f", "docs/example/agent.yaml"], &example[..]].concat(),
        vec!["doctor", "-A", "--snapshot", &cluster],
        vec!["lint", "--notes", "-f", "docs/example/agent.yaml"],
        vec!["lint", "--notes", "-R", "-f", "docs/systems"],
        vec!["lint", "-f", &broken],
    ] {
        let log = sarif(&args);
        let errors: Vec<String> = validator.iter_errors(&log).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{args:?}: {errors:?}");
        let rules = log["runs"][0]["tool"]["driver"]["rules"].as_array().expect("rules");
        assert!(!results(&log).is_empty(), "{args:?}");
        for result in results(&log) {
            let index = result["ruleIndex"].as_u64().expect("an index") as usize;
            assert_eq!(rules[index]["id"], result["ruleId"]);
            let text = result["message"]["text"].as_str().expect("a message");
            assert!(!text.contains('\u{1b}') && !text.contains("a [x]") && !text.contains(" {0} "), "{text}");
        }
    }
}

const DOCUMENT: &str = "\
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: monitoring}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec:
      schedulerName: mine
      priorityClassName: no-such-class
      nodeSelector:
        pool: ML
      containers:
      - name: main
        image: registry.example/agent:1.0.0
        resources:
          requests: {memory: 64Mi, cpu: 900000m}
";

/// The code and the text that each result of the document underlines.
fn underlined(text: &str, log: &Value) -> Vec<(String, String, String)> {
    let of = |result: &Value| {
        let region = &result["locations"][0]["physicalLocation"]["region"];
        let number = |key: &str| region[key].as_u64().expect("a number") as usize;
        let line = text.lines().nth(number("startLine") - 1).expect("a line");
        let (start, end) = (number("startColumn") - 1, number("endColumn") - 1);
        let print = &result["partialFingerprints"]["primaryLocationLineHash"];
        (
            result["ruleId"].as_str().unwrap_or_default().to_owned(),
            line.chars().skip(start).take(end - start).collect(),
            print.as_str().expect("a fingerprint").to_owned(),
        )
    };
    let mut found: Vec<_> = results(log).iter().map(of).collect();
    found.sort();
    found
}

/// Each finding points at the field that causes it, and keeps its fingerprint when lines are added above.
#[test]
fn a_result_is_at_its_field() {
    let folder = tempfile::tempdir().unwrap();
    let check = |text: &str, command: &str, more: &[&str]| {
        let path = file(&folder, "agent.yaml", text);
        underlined(text, &sarif(&[&[command, "-f", &path], more].concat()))
    };
    let cluster = ["--snapshot", "docs/example/cluster.json"];
    let fits = DOCUMENT.replace("pool: ML", "pool: app").replace("      schedulerName: mine\n", "");
    let found = |text: &str| check(text, "doctor", &cluster);
    let places =
        |text: &str| -> Vec<(String, String)> { found(text).into_iter().map(|(code, at, _)| (code, at)).collect() };
    let has = |text: &str, code: &str, at: &str| {
        let all = places(text);
        assert!(all.contains(&(code.to_owned(), at.to_owned())), "{code} at {at:?}: {all:?}");
    };
    has(DOCUMENT, "DS110", "nodeSelector");
    has(&fits, "DS304", "no-such-class");
    has(&fits.replace("      priorityClassName: no-such-class\n", ""), "DS210", "900000m");
    let lint = check(DOCUMENT, "lint", &["--notes"]);
    assert!(!lint.is_empty());
    for (text, command, more) in [(DOCUMENT, "lint", &["--notes"][..]), (&fits, "doctor", &cluster[..])] {
        let moved = format!("# a comment\n\n{}", text.replace("spec:\n  selector", "# another\nspec:\n  selector"));
        assert_eq!(check(text, command, more), check(&moved, command, more), "{command}");
    }
}
