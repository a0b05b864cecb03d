//! Every code of a finding in every format, found in the smallest cluster that has its cause.

use serde_json::Value;

use super::album::Album;
use super::scenarios::{Scenario, scenarios};
use super::story::{COLUMNS, Story, WIDE, in_parallel, plain};

/// Codes that no saved cluster has, since an API server must be asked: `live.rs` shows them.
const ONLY_LIVE: &[&str] = &["DS324"];

/// What the program prints about a scenario, and the codes that it finds.
fn tell(scenario: &Scenario) -> (String, Vec<String>) {
    let (mut story, args) = scenario.begin();
    let with = |more: &[&'static str]| [&args[..], more].concat();

    let table = story.run(COLUMNS, &args);
    let coloured = story.run_silently(COLUMNS, &with(&["--color", "always"]));
    assert_eq!(plain(&coloured.stdout), table.stdout, "{}: colours change the text", scenario.code);
    story.run(WIDE, &with(&["-o", "wide"]));
    story.run(COLUMNS, &with(&["-o", "name"]));

    let as_json = with(&["-o", "json"]);
    let ran = story.run_silently(COLUMNS, &as_json);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}: {ran:?}", scenario.code));
    let as_yaml = story.run_silently(COLUMNS, &with(&["-o", "yaml"])).stdout;
    let as_yaml: Value = serde_yaml::from_str(&as_yaml).expect("YAML");
    assert_eq!(as_yaml, report, "{}: -o yaml and -o json differ", scenario.code);
    let daemon_sets = report["daemonSets"].as_array().expect("DaemonSets").iter();
    let findings: Vec<&Value> = daemon_sets.flat_map(|d| d["findings"].as_array().expect("findings")).collect();
    let code = scenario.code.to_string();
    story.heading(COLUMNS, &as_json);
    story.say("… as YAML, of its findings …\n");
    for finding in findings.iter().filter(|finding| finding["code"] == *code) {
        story.say(&serde_json::to_string_pretty(finding).expect("JSON"));
    }
    let codes = findings.iter().map(|finding| finding["code"].as_str().expect("a code").to_owned()).collect();
    (story.text(), codes)
}

#[test]
fn every_code_in_every_format() {
    let scenarios = scenarios();
    let told = in_parallel(&scenarios, tell);
    let mut album = Album::new("codes");
    let mut codes = Vec::new();
    for (scenario, (text, found)) in scenarios.iter().zip(told) {
        let code = scenario.code.to_string();
        assert!(found.contains(&code), "{code} is not found, but {found:?}:\n{text}");
        album.show(&code, &text);
        codes.push(code);
    }
    let listed = Story::new().run_silently(COLUMNS, &["explain"]).stdout;
    let listed = listed.lines().filter_map(|line| line.split(' ').next()).filter(|code| !code.starts_with("DS9"));
    let unseen: Vec<&str> = listed.filter(|code| !codes.iter().any(|seen| seen == code)).collect();
    assert_eq!(unseen, ONLY_LIVE, "codes without a snapshot");
    album.close();
}
