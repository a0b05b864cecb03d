//! What a report says of each node, and whether it may differ from that of a run that saw everything.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Placement, state, and the reasons with their codes, whether they are told, and their words.
pub type Verdict = (String, String, BTreeSet<String>);

/// By DaemonSet and node; a DaemonSet's findings stand under `its findings`.
pub type Verdicts = BTreeMap<(String, String), Verdict>;

const FINDINGS: &str = "its findings";

/// Everything that a report of `-o json --all-nodes` says of nodes.
pub fn verdicts(report: &Value) -> Verdicts {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = BTreeMap::new();
    for daemon_set in report["daemonSets"].as_array().into_iter().flatten() {
        let name = format!("{}/{}", text(&daemon_set["namespace"]), text(&daemon_set["name"]));
        for node in daemon_set["nodes"].as_array().into_iter().flatten() {
            let reasons = node["reasons"].as_array().into_iter().flatten();
            let reasons = reasons.map(|r| {
                format!("{} {} {}", text(&r["code"]), r["reportedByScheduler"], ageless(&text(&r["message"])))
            });
            let verdict = (text(&node["placement"]), text(&node["state"]), reasons.collect());
            all.insert((name.clone(), text(&node["name"])), verdict);
        }
        let codes = daemon_set["findings"].as_array().into_iter().flatten().map(|f| text(&f["code"])).collect();
        all.insert((name, FINDINGS.to_owned()), (String::new(), String::new(), codes));
    }
    all
}

/// A sentence without how long ago something was, which is another each time it is told.
pub fn ageless(text: &str) -> String {
    let is_age = |word: &str| {
        let units = word.split(|c: char| c.is_ascii_digit()).filter(|unit| !unit.is_empty());
        let (numbers, known) = (word.starts_with(|c: char| c.is_ascii_digit()), ["s", "m", "h", "d"]);
        numbers && !word.ends_with(|c: char| c.is_ascii_digit()) && units.into_iter().all(|unit| known.contains(&unit))
    };
    let words =
        text.split(' ').map(|word| if is_age(word.trim_end_matches([',', '.', ':', ';'])) { "_" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// The codes that stand anywhere in it.
pub fn codes(of: &Verdicts) -> BTreeSet<&str> {
    let nodes = of.iter().filter(|(key, _)| key.1 != FINDINGS);
    nodes.flat_map(|(_, verdict)| &verdict.2).filter_map(|reason| reason.split(' ').next()).collect()
}

/// Whether the report names the resource as not looked at.
pub fn names(report: &Value, resource: &str) -> bool {
    let all = report["notChecked"].as_array().into_iter().flatten();
    let mut all = all.filter_map(|entry| entry["what"].as_str());
    all.any(|what| what.split(' ').any(|word| word.trim_end_matches(',') == resource))
}

/// A node on which they differ although the one that saw less does not say that it does not know.
pub fn contradiction(whole: &Verdicts, partial: &Verdicts) -> Option<String> {
    let differs = whole.keys().chain(partial.keys()).filter(|key| whole.get(key) != partial.get(key));
    let unknown = |key: &(String, String)| {
        key.1 == FINDINGS || partial.get(key).is_some_and(|(placement, ..)| placement == "unknown")
    };
    let key = differs.into_iter().find(|key| !unknown(key))?;
    Some(format!("{key:?} was {:?} and is {:?}", whole.get(key), partial.get(key)))
}
