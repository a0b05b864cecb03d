//! What is told about mistakes, and where.

use kubectl_daemonset::manifest::load;

const SPEC: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: logging
  container:
    app:
      image: registry.example/agent:v1
      resources: {limits: {cpu: 4x}}
      env: {secrets: {API_KEY: {value: hush, nonsense: 1}, OTHER: 5}}
  tolerationz: []
  node_selector: {a: 1}
  hostNetwork: true
";

#[test]
fn all_mistakes_of_a_file_are_told_with_their_places() {
    let loaded = load("agent.yaml", SPEC);
    let told: Vec<(u32, u32, &str)> =
        loaded.problems.iter().map(|p| (p.at.unwrap().line, p.at.unwrap().column, p.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (9, 33, "`cpu` in `limits` is no quantity: `4x`"),
            (10, 46, "unknown field `nonsense`"),
            (10, 67, "`OTHER` in `secrets` takes text, not a number"),
            (11, 3, "unknown field `tolerationz`, did you mean `tolerations`?"),
            (12, 22, "`a` in `node_selector` takes text, not a number"),
            (13, 3, "unknown field `hostNetwork`"),
        ]
    );
    assert_eq!(loaded.problems[4].hint.as_deref(), Some("quote it: \"1\""));
    assert_eq!(loaded.problems[5].hint.as_deref(), Some("there is one at `spec.pod.host_network`"));
    let place = "error: unknown field `tolerationz`, did you mean `tolerations`?\n   --> agent.yaml:11:3\n    |\n 11 |   tolerationz: []\n    |   ^^^^^^^^^^^";
    assert_eq!(loaded.problems[3].to_string(), place);
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
    let told: Vec<(u32, &str)> = loaded.problems.iter().map(|p| (p.at.unwrap().line, p.message.as_str())).collect();
    assert_eq!(
        told,
        [
            (5, "the template lacks the label `app` that the selector asks for"),
            (6, "unknown field `min_ready_seconds`, did you mean `minReadySeconds`?"),
            (7, "`maxUnavailable` must be a whole number, or a percentage from 0% to 100%"),
            (12, "`memory` in `requests` is no quantity: `1mb`"),
        ]
    );
}
