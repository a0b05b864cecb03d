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

/// A place where people, or tools, leave secrets: the object, and the path to the field.
type Place = (&'static str, &'static str);

/// Where the cluster holds a secret. Messages of events, conditions and containers are missing: they are what the doctor
/// shows, as `kubectl describe` does.
const PLACES: &[Place] = &[
    ("Node/n1", "metadata/annotations/token"),
    ("Node/n1", "metadata/managedFields/0/manager"),
    ("Node/n1", "status/images/0/names/0"),
    ("Secret/s", "data/password"),
    ("Secret/s", "stringData/password"),
    ("Secret/s", "metadata/annotations/kubectl.kubernetes.io~last-applied-configuration"),
    ("Secret/pull", "data/.dockerconfigjson"),
    ("ConfigMap/c", "data/agent.yaml"),
    ("ConfigMap/c", "binaryData/key"),
    ("ConfigMap/c", "metadata/managedFields/0/fieldsV1/f:data"),
    ("ServiceAccount/robot", "metadata/annotations/key"),
    ("ServiceAccount/robot", "secrets/0/fieldPath"),
    ("ValidatingWebhookConfiguration/guard", "webhooks/0/clientConfig/url"),
    ("ValidatingWebhookConfiguration/guard", "webhooks/0/clientConfig/caBundle"),
    ("MutatingWebhookConfiguration/changer", "webhooks/0/clientConfig/url"),
    ("PersistentVolume/disk", "spec/csi/volumeAttributes/password"),
    ("StorageClass/fast", "parameters/adminSecret"),
    ("DaemonSet/seen", "metadata/annotations/kubectl.kubernetes.io~last-applied-configuration"),
    ("DaemonSet/seen", "metadata/managedFields/0/manager"),
    ("DaemonSet/seen", "spec/template/metadata/annotations/token"),
    ("DaemonSet/seen", "spec/template/spec/containers/0/command/0"),
    ("DaemonSet/seen", "spec/template/spec/containers/0/args/0"),
    ("DaemonSet/seen", "spec/template/spec/containers/0/env/0/value"),
    ("DaemonSet/seen", "spec/template/spec/containers/0/livenessProbe/exec/command/0"),
    ("DaemonSet/seen", "spec/template/spec/containers/0/readinessProbe/httpGet/httpHeaders/0/value"),
    ("DaemonSet/seen", "spec/template/spec/containers/0/lifecycle/preStop/exec/command/0"),
    ("DaemonSet/seen", "spec/template/spec/initContainers/0/env/0/value"),
    ("DaemonSet/seen", "spec/template/spec/initContainers/0/args/0"),
    ("ControllerRevision/seen-1", "data/spec/template/spec/containers/0/env/0/value"),
    ("ControllerRevision/seen-1", "metadata/annotations/kubectl.kubernetes.io~last-applied-configuration"),
    ("Pod/seen-1", "spec/containers/0/env/0/value"),
    ("Pod/seen-1", "spec/containers/0/args/0"),
    ("Pod/seen-1", "spec/volumes/0/csi/volumeAttributes/token"),
    ("Pod/seen-1", "metadata/annotations/token"),
    ("Pod/stranger", "spec/containers/0/env/0/value"),
    ("Pod/stranger", "metadata/annotations/token"),
    ("Event/e", "metadata/annotations/token"),
];

/// Sets a field, and makes what leads there. `~` stands for the slash of a key.
fn plant(at: &mut serde_json::Value, path: &str, secret: &str) {
    let (step, rest) = path.split_once('/').map_or((path, None), |(step, rest)| (step, Some(rest)));
    let inner = match step.parse::<usize>() {
        Ok(place) => {
            if !at.is_array() {
                *at = serde_json::json!([{}]);
            }
            &mut at[place]
        }
        Err(_) => &mut at[step.replace('~', "/")],
    };
    match rest {
        Some(rest) => plant(inner, rest, secret),
        None => *inner = secret.into(),
    }
}

/// A cluster with a failing agent, and a secret in every place.
fn cluster() -> String {
    let pod = |restarts: u32| {
        serde_json::json!({"phase": "Running", "startTime": "2026-01-01T00:00:00Z",
            "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-01T00:00:00Z"}],
            "containerStatuses": [{"name": "c", "ready": false, "restartCount": restarts, "image": "i:1",
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-01-01T01:00:00Z"}}}]})
    };
    let template = serde_json::json!({"metadata": {"labels": {"a": "b"}}, "spec": {"serviceAccountName": "robot",
        "imagePullSecrets": [{"name": "pull"}], "initContainers": [{"name": "i", "image": "i:1"}],
        "containers": [{"name": "c", "image": "i:1", "env": [{"name": "TOKEN"}], "livenessProbe": {}, "lifecycle": {},
            "readinessProbe": {"httpGet": {"path": "/", "port": 1, "httpHeaders": [{"name": "Authorization"}]}}}]}});
    let webhooks = serde_json::json!([{"name": "w.example", "clientConfig": {}, "failurePolicy": "Fail", "rules": [
        {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]);
    let object = |api: &str, kind: &str, name: &str, more: serde_json::Value| {
        let mut object = more;
        object["apiVersion"] = api.into();
        object["kind"] = kind.into();
        object["metadata"]["name"] = name.into();
        if !matches!(kind, "Node" | "PersistentVolume" | "StorageClass") && !kind.contains("Webhook") {
            object["metadata"]["namespace"] = "logging".into();
        }
        object
    };
    let owner = serde_json::json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "seen", "uid": "u", "controller": true}]);
    let node = serde_json::json!({"status": {"allocatable": {"cpu": "1", "memory": "1Gi", "pods": "9"}, "images": [{"names": ["x"]}],
        "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "2026-01-01T02:00:00Z"}]}});
    let own = serde_json::json!({"metadata": {"ownerReferences": owner, "labels": {"a": "b", "controller-revision-hash": "1"}},
        "spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i:1", "env": [{"name": "TOKEN"}]}],
            "volumes": [{"name": "v", "csi": {"driver": "d"}}]}, "status": pod(7)});
    let stranger = serde_json::json!({"spec": {"nodeName": "n1", "containers": [{"name": "c", "image": "i:1",
        "env": [{"name": "TOKEN"}], "resources": {"requests": {"cpu": "900m"}}}]}, "status": {"phase": "Running"}});
    let event = serde_json::json!({"type": "Warning", "reason": "BackOff", "message": "Back-off restarting failed container",
        "involvedObject": {"kind": "Pod", "name": "seen-1", "namespace": "logging"}, "lastTimestamp": "2026-01-01T01:59:00Z"});
    let revision = serde_json::json!({"revision": 1, "metadata": {"ownerReferences": owner, "labels": {"a": "b", "controller-revision-hash": "1"}},
        "data": {"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "TOKEN"}]}]}}}}});
    let empty = || serde_json::json!({});
    let mut items = vec![
        object("v1", "Node", "n1", node),
        object("v1", "Secret", "s", empty()),
        object("v1", "Secret", "pull", serde_json::json!({"type": "kubernetes.io/dockerconfigjson"})),
        object("v1", "ConfigMap", "c", empty()),
        object("v1", "ServiceAccount", "robot", empty()),
        object(
            "v1",
            "PersistentVolume",
            "disk",
            serde_json::json!({"spec": {"csi": {"driver": "d", "volumeHandle": "h"}}}),
        ),
        object("storage.k8s.io/v1", "StorageClass", "fast", serde_json::json!({"provisioner": "p"})),
        object(
            "admissionregistration.k8s.io/v1",
            "ValidatingWebhookConfiguration",
            "guard",
            serde_json::json!({"webhooks": webhooks}),
        ),
        object(
            "admissionregistration.k8s.io/v1",
            "MutatingWebhookConfiguration",
            "changer",
            serde_json::json!({"webhooks": webhooks}),
        ),
        object(
            "apps/v1",
            "DaemonSet",
            "seen",
            serde_json::json!({"metadata": {"uid": "u", "annotations": {}},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": template}}),
        ),
        object("apps/v1", "ControllerRevision", "seen-1", revision),
        object("v1", "Pod", "seen-1", own),
        object("v1", "Pod", "stranger", stranger),
        object("v1", "Event", "e", event),
    ];
    for (number, (name, path)) in PLACES.iter().enumerate() {
        let is_named = |item: &&mut serde_json::Value| {
            format!(
                "{}/{}",
                item["kind"].as_str().unwrap_or_default(),
                item["metadata"]["name"].as_str().unwrap_or_default()
            ) == *name
        };
        let item = items.iter_mut().find(is_named).unwrap_or_else(|| panic!("the cluster has no {name}"));
        plant(item, path, &format!("{CANARY}-place-{number}-end"));
    }
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

/// Every command that reads a saved cluster, and its formats.
const OFFLINE: &[(&str, &[&str])] = &[
    (
        "doctor -A --all-nodes --snapshot FILE",
        &["table", "wide", "json", "yaml", "name", "markdown", "junit", "sarif", "html"],
    ),
    (
        "doctor seen -n logging --snapshot FILE",
        &["table", "wide", "json", "yaml", "name", "markdown", "junit", "sarif", "html"],
    ),
    ("doctor seen -n logging --node n1 --snapshot FILE", &["table", "wide", "json"]),
    ("doctor pod/seen-1 -n logging --snapshot FILE", &["table", "json"]),
    ("doctor -f plain.yaml --node n1 --snapshot FILE", &["table", "json"]),
    ("lint -f plain.yaml --snapshot FILE", &["text", "json", "sarif", "junit"]),
];

/// Fails where a run says a secret, or panicked.
#[track_caller]
fn search(args: &[&str], ran: &Ran) {
    for text in [&ran.stdout, &ran.stderr] {
        let line = text.lines().find(|line| line.contains(CANARY));
        let place = line.and_then(|line| line.split("CANARY-place-").nth(1)?.split("-end").next()?.parse().ok());
        let place: Option<&Place> = place.and_then(|number: usize| PLACES.get(number));
        assert_eq!(line, None, "{args:?} shows what stands in {place:?}");
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
        for format in ["text", "json", "sarif", "junit"] {
            run(&["lint", "-f", name, "-o", format]);
            run(&["lint", "-f", name, "-o", format, "--no-exemptions", "--snapshot", "cluster.json"]);
        }
        for format in ["wide", "table", "json", "yaml", "name", "markdown", "junit", "sarif", "html"] {
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
        for (line, formats) in OFFLINE {
            for format in *formats {
                let words = line.split(' ').map(|word| if word == "FILE" { snapshot } else { word });
                run(&words.chain(["-o", format]).collect::<Vec<_>>());
            }
        }
    }
}

/// The cluster of the test above is one that the doctor has something to say of.
#[test]
fn the_cluster_of_the_canaries_is_diagnosed() {
    let folder = tempfile::tempdir().expect("a folder");
    file(&folder, "cluster.json", &cluster());
    let ran = run_in(folder.path(), &["doctor", "seen", "-n", "logging", "--snapshot", "cluster.json"]);
    assert!(ran.code == 2 && ran.stdout.contains("seen-1"), "{ran:?}");
    assert!(PLACES.iter().enumerate().all(|(number, _)| cluster().contains(&format!("{CANARY}-place-{number}-end"))));
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
