//! Where mistakes are found; `tests/snapshots/errors/documents.snap` shows what is said of the same documents.

use kubectl_daemonset::manifest::load;

const SPEC: &str = include_str!("../documents/misspelt.yaml");

#[test]
fn all_mistakes_of_a_file_are_told_with_their_places() {
    let loaded = load("agent.yaml", SPEC);
    let places: Vec<(u32, u32)> = loaded.problems.iter().map(|p| (p.at.unwrap().line, p.at.unwrap().column)).collect();
    assert_eq!(places, [(9, 33), (10, 46), (10, 67), (11, 3), (12, 22), (13, 3)]);
}

#[test]
fn the_line_of_a_secret_is_never_shown() {
    let everything: String = load("agent.yaml", SPEC).problems.iter().map(|p| format!("{p} {p:?}")).collect();
    assert!(!everything.contains("hush"), "{everything}");
    let json = r#"{"apiVersion":"kubernetes.project-planton.org/v1","kind":"KubernetesDaemonSet","metadata":{"name":"agent"},"spec":{"namespace":"x","tolerationz":1,"container":{"app":{"image":"a","env":{"secrets":{"A":"hush"}}}}}}"#;
    let loaded = load("agent.json", json);
    assert_eq!(loaded.problems.len(), 1);
    assert!(!format!("{:?}", loaded.problems).contains("hush"));
}

#[test]
fn plain_manifests_are_held_to_the_api_servers_spelling() {
    let text = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  min_ready_seconds: 5
  updateStrategy: {rollingUpdate: {maxUnavailable: \"1\"}}
  template:
    metadata: {labels: {app: other}}
    spec:
      containers:
      - {name: a, image: b, resources: {requests: {memory: 1mb}}}
";
    let loaded = load("agent.yaml", text);
    let lines: Vec<u32> = loaded.problems.iter().map(|p| p.at.unwrap().line).collect();
    // The label of the template is what the server names, not the selector.
    assert_eq!(lines, [6, 7, 9, 12]);
}
