//! Canaries: secrets are planted in every place that may hold one, and searched for in everything that the program says.

use super::album::Album;
use super::{Ran, file, run_in};

/// What no command may ever say.
const CANARY: &str = "CANARY";

/// Specs, manifests and texts that are broken, each with secrets beside a mistake.
const DOCUMENTS: &[(&str, &str)] = &[
    (
        "flow.yaml",
        "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec: {namespace: logging, container: {app: {image: {repo: r/agent, tag: latest}, env: {secrets: {KEY: CANARY-1}}}}, \
pod: {image_registries: [{server: s, username: u, password: CANARY-2}]}}
",
    ),
    (
        "one-line.json",
        r#"{"apiVersion": "kubernetes.project-planton.org/v1", "kind": "KubernetesDaemonSet", "metadata": {"name": "agent"}, "spec": {"namespace": "logging", "container": {"app": {"image": {"repo": "r/agent", "tag": "latest"}, "env": {"secrets": {"KEY": "CANARY-3"}}}}, "pod": {"image_registries": [{"server": "s", "username": "u", "password": "CANARY-4"}]}}}"#,
    ),
    (
        "misspelt.yaml",
        "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: logging
  container:
    app:
      image: {repo: r/agent, tag: v1}
      env:
        secretz: {KEY: CANARY-5}
        secrets: {OTHER: \"more
          CANARY-6\", wrong key: CANARY-7, LIST: [CANARY-8]}
  pod:
    image_registries: [{server: s, usernam: u, passwrd: CANARY-9}]
    extra: {name: DB_PASSWORD, value: CANARY-10}
",
    ),
    (
        "plain.yaml",
        "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: logging}
spec:
  selector: {matchLabels: {a: agent}}
  template:
    metadata: {labels: {a: agent}}
    spec: {containers: [{name: c, image: i, env: [{name: DB_PASSWORD, value: CANARY-11}], imag: x}]}
",
    ),
    (
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {nam: s}\nstringDta: {a: CANARY-12}\ndata: {b: [CANARY-13]}\n",
    ),
    ("broken.yaml", "kind: Secret\nstringData:\n  a: CANARY-14: b\n"),
    ("alias.yaml", "env:\n  password: *CANARY-15\n"),
    ("unclosed.yaml", "spec:\n  token: [CANARY-16\n"),
];

/// A cluster in whose objects secrets stand where people, or tools, leave them.
fn cluster() -> String {
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "annotations": {"token": "CANARY-20"}},
         "status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}, "conditions": [{"type": "Ready", "status": "True"}]}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "logging"}, "data": {"a": "CANARY-21"}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "logging"}, "data": {"a": "CANARY-22"}},
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "seen", "namespace": "logging", "uid": "u",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "CANARY-23"},
            "managedFields": [{"manager": "CANARY-24"}]},
         "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}}, "spec": {
            "nodeSelector": {"pool": "none"}, "imagePullSecrets": [{"name": "pull"}],
            "containers": [{"name": "c", "image": "i:1", "command": ["CANARY-25"], "args": ["--token=CANARY-26"],
                "env": [{"name": "TOKEN", "value": "CANARY-27"}],
                "livenessProbe": {"exec": {"command": ["CANARY-28"]},
                    "httpGet": {"path": "/CANARY-29", "port": 1, "httpHeaders": [{"name": "a", "value": "CANARY-30"}]}}}]}}}},
    ]})
    .to_string()
}

/// Fails where a run says a secret, or panicked.
#[track_caller]
fn search(args: &[&str], ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let line = text.lines().find(|line| line.contains(CANARY));
        assert_eq!(line, None, "{args:?}");
    }
    assert!((0..=3).contains(&ran.code), "{args:?}: {ran:?}");
}

#[test]
fn no_command_says_a_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    file(&folder, "cluster.json", &cluster());
    let yaml: serde_json::Value = serde_json::from_str(&cluster()).expect("JSON");
    file(&folder, "cluster.yaml", &serde_yaml::to_string(&yaml).expect("YAML"));
    file(&folder, "torn.json", &cluster()[..cluster().len() - 40]);
    file(&folder, "torn.yaml", "apiVersion: v1\nkind: Secret\ndata: {a: CANARY-31: b}\n");
    let run = |args: &[&str]| search(args, &run_in(folder.path(), args));
    for (name, text) in DOCUMENTS {
        file(&folder, name, text);
        for format in ["text", "json"] {
            run(&["lint", "-f", name, "-o", format]);
            run(&["lint", "-f", name, "-o", format, "--no-exemptions", "--snapshot", "cluster.json"]);
        }
        for format in ["wide", "table", "json", "yaml", "name"] {
            run(&["doctor", "-f", name, "--snapshot", "cluster.json", "-o", format]);
        }
        run(&["render", "-f", name]);
        // What a manifest says openly stays in the spec that is made of it.
        if *name != "plain.yaml" {
            run(&["import", "-f", name]);
            run(&["import", "-f", name, "--with-config"]);
        }
    }
    for snapshot in ["cluster.json", "cluster.yaml", "torn.json", "torn.yaml"] {
        for format in ["wide", "table", "json", "yaml", "name"] {
            run(&["doctor", "-A", "--all-nodes", "--snapshot", snapshot, "-o", format]);
        }
    }
}

/// Whoever judges changes of strangers can refuse that a document exempts itself.
#[test]
fn no_document_exempts_itself_where_that_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    file(&folder, "cluster.json", &cluster());
    let document = "apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: agent
  namespace: logging
  annotations:
    kubectl-daemonset/lint-ignore: DS901 because
    kubectl-daemonset/ignore: \"DS101: because\"
spec:
  selector: {matchLabels: {a: agent}}
  template:
    metadata: {labels: {a: agent}}
    spec:
      nodeSelector: {pool: none}
      containers: [{name: c, image: 'i:1'}]
";
    file(&folder, "agent.yaml", document);
    let mut album = Album::new("exemptions");
    let mut compare = |name: &str, args: &[&str]| {
        for (name, more) in [(name.to_owned(), None), (format!("{name}-refused"), Some("--no-exemptions"))] {
            let args: Vec<&str> = args.iter().copied().chain(more).collect();
            album.show(&name, &run_in(folder.path(), &args).stdout);
        }
    };
    compare("lint", &["lint", "-f", "agent.yaml"]);
    compare("doctor", &["doctor", "-f", "agent.yaml", "--snapshot", "cluster.json"]);
    album.close();
    let ignored = |more: &[&str]| {
        let args = ["doctor", "-f", "agent.yaml", "--snapshot", "cluster.json", "-o", "json"];
        let ran = run_in(folder.path(), &[&args[..], more].concat());
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        report["daemonSets"][0]["ignored"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((ignored(&[]), ignored(&["--no-exemptions"])), (1, 0));
}
