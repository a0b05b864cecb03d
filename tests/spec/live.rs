//! `import NAME` and `lint --live` against an API server of the test's own making.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// Answers GETs from a table, 404 for what is not in it; it ends with the test.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

type Table = BTreeMap<String, (u16, Value)>;

impl Server {
    fn new(table: Table) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("a bound socket").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                // A client that goes away is no trouble of the test's.
                drop(answer(stream.expect("a connection"), &table, &seen));
            }
        });
        Server { port, asked }
    }

    /// Runs our program against it: exit code, stdout, stderr.
    fn run(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let server = format!("http://127.0.0.1:{}", self.port);
        let mut command = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
        let output = command.args(args).args(["--server", &server]).env("KUBECONFIG", "/nonexistent").output();
        let output = output.expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (output.status.code(), text(&output.stdout), text(&output.stderr))
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no thread has panicked").clone()
    }
}

fn answer(mut stream: TcpStream, table: &Table, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let target = first.split_whitespace().nth(1).unwrap_or_default().to_owned();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    seen.lock().expect("no thread has panicked").push(target.clone());
    let path = target.split('?').next().unwrap_or_default();
    let missing = (404, json!({"kind": "Status", "code": 404, "reason": "NotFound", "message": "not found"}));
    let (code, body) = table.get(path).cloned().unwrap_or(missing);
    let body = body.to_string();
    let head = "content-type: application/json\r\nconnection: close";
    write!(stream, "HTTP/1.1 {code} X\r\n{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())
}

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// A DaemonSet as a server stores it, with what it refers to around it.
fn cluster() -> Table {
    let last_applied = "kubectl.kubernetes.io/last-applied-configuration";
    let daemon_set = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet",
        "metadata": {
            "name": "agent", "namespace": "agents", "uid": "u", "resourceVersion": "7", "generation": 2,
            "creationTimestamp": "2026-01-01T00:00:00Z", "managedFields": [{"manager": "kubectl"}],
            "annotations": {"deprecated.daemonset.template.generation": "2", last_applied: "{}"}},
        "spec": {
            "revisionHistoryLimit": 10,
            "selector": {"matchLabels": {"app.kubernetes.io/name": "agent", "app.kubernetes.io/instance": "agent"}},
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1}},
            "template": {
                "metadata": {"creationTimestamp": null, "labels": {
                    "app": "daemonset",
                    "app.kubernetes.io/name": "agent", "app.kubernetes.io/instance": "agent"}},
                "spec": {
                    "containers": [{
                        "name": "daemonset-container", "image": "registry.example/agent:v1", "imagePullPolicy": "IfNotPresent",
                        "resources": {}, "terminationMessagePath": "/dev/termination-log",
                        "terminationMessagePolicy": "File",
                        "envFrom": [{"secretRef": {"name": "keys"}}],
                        "volumeMounts": [{"name": "conf", "mountPath": "/conf"}]}],
                    "dnsPolicy": "ClusterFirst", "restartPolicy": "Always", "schedulerName": "default-scheduler",
                    "securityContext": {}, "serviceAccount": "agent", "serviceAccountName": "agent",
                    "terminationGracePeriodSeconds": 30,
                    "volumes": [{"name": "odd", "configMap": {"name": "../secrets/keys", "defaultMode": 420}},
                                {"name": "conf", "configMap": {"name": "conf", "defaultMode": 420}}]}}},
        "status": {"desiredNumberScheduled": 3},
    });
    let subjects = json!([{"kind": "ServiceAccount", "name": "agent", "namespace": "agents"}]);
    let binding = |name: &str, kind: &str, role: &str, subjects: &Value| {
        json!({"metadata": {"name": name, "namespace": if kind == "Role" { json!("agents") } else { Value::Null }},
               "roleRef": {"kind": kind, "name": role}, "subjects": subjects})
    };
    let others = json!([{"kind": "ServiceAccount", "name": "other", "namespace": "agents"}]);
    let rule = |resource: &str| json!([{"apiGroups": [""], "resources": [resource], "verbs": ["get"]}]);
    let table = [
        ("/apis/apps/v1/namespaces/agents/daemonsets/agent".to_owned(), daemon_set),
        (
            "/api/v1/namespaces/agents/configmaps/conf".to_owned(),
            json!({"metadata": {"name": "conf", "namespace": "agents", "uid": "c", "annotations": {last_applied: "{}"}},
                   "data": {"conf": "level: info"}}),
        ),
        (
            "/api/v1/namespaces/agents/serviceaccounts/agent".to_owned(),
            json!({"metadata": {"name": "agent", "namespace": "agents",
                                "annotations": {last_applied: "{}", "role.example/arn": "reader"}}}),
        ),
        (
            format!("{RBAC}/namespaces/agents/rolebindings"),
            json!({"kind": "RoleBindingList", "items": [
                binding("mine", "Role", "reader", &subjects), binding("theirs", "Role", "writer", &others)]}),
        ),
        (
            format!("{RBAC}/namespaces/agents/roles/reader"),
            json!({"metadata": {"name": "reader", "namespace": "agents"}, "rules": rule("endpoints")}),
        ),
        (
            format!("{RBAC}/clusterrolebindings"),
            json!({"kind": "ClusterRoleBindingList", "items": [binding("nodes", "ClusterRole", "node:reader", &subjects)]}),
        ),
        (
            format!("{RBAC}/clusterroles/node:reader"),
            json!({"metadata": {"name": "node:reader"}, "rules": rule("nodes")}),
        ),
    ];
    table.into_iter().map(|(path, object)| (path, (200, object))).collect()
}

#[test]
fn a_live_daemon_set_becomes_the_spec_that_its_author_would_write() {
    let server = Server::new(cluster());
    for name in ["agent", "ds/agent", "daemonsets.apps/agent"] {
        let (code, out, err) = server.run(&["import", name, "-n", "agents"]);
        assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
        let expected = "\
apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata:
  name: agent
spec:
  namespace: agents
  container:
    app:
      image: registry.example/agent:v1
";
        let head = out.replace("metadata: {name: agent}\n", "metadata:\n  name: agent\n");
        assert!(head.starts_with(expected), "{out}");
        for filled_in in ["uid", "generation", "IfNotPresent", "termination", "dns", "420", "update_strategy", "creat"]
        {
            assert!(!out.contains(filled_in), "{filled_in} in\n{out}");
        }
        for kept in ["service_account_name: agent", "conf", "keys"] {
            assert!(out.contains(kept), "{kept} is not in\n{out}");
        }
    }
    assert_eq!(server.asked(), ["/apis/apps/v1/namespaces/agents/daemonsets/agent"; 3]);
}

#[test]
fn what_it_refers_to_is_taken_in_but_for_secrets() {
    let server = Server::new(cluster());
    let (code, out, err) = server.run(&["import", "agent", "-n", "agents", "--with-config"]);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{out}");
    let document = kubectl_daemonset::yaml::parse(&out).documents[0].to_json();
    let spec = &document["spec"];
    assert_eq!(spec["config_maps"], json!({"conf": "level: info"}));
    assert_eq!(spec["create_service_account"], json!(true));
    assert_eq!(spec["service_account_annotations"], json!({"role.example/arn": "reader"}));
    let rule = |resource: &str| json!([{"api_groups": [""], "resources": [resource], "verbs": ["get"]}]);
    assert_eq!(spec["rbac"], json!({"cluster_rules": rule("nodes"), "namespace_rules": rule("endpoints")}));
    for note in [
        "# Secret keys stays a reference; values of Secrets are not imported\n",
        "# ConfigMap ../secrets/keys is left out: not found\n",
    ] {
        assert!(out.contains(note), "{out}");
    }
    let asked = server.asked();
    assert!(asked.iter().all(|path| !path.contains("secret") && !path.contains("writer")), "{asked:#?}");
    // The spec is one that renders.
    assert!(!kubectl_daemonset::manifest::load("spec.yaml", &out).has_errors(), "{out}");
}

#[test]
fn what_cannot_be_read_is_said() {
    let mut table = cluster();
    let forbidden = |message: &str| (403, json!({"kind": "Status", "reason": "Forbidden", "message": message}));
    table.insert(format!("{RBAC}/clusterrolebindings"), forbidden("no"));
    table.insert("/apis/apps/v1/namespaces/closed/daemonsets/agent".to_owned(), forbidden("no"));
    let server = Server::new(table);
    let (code, out, _) = server.run(&["import", "agent", "-n", "agents", "--with-config"]);
    assert_eq!(code, Some(0));
    let note = "# permissions of a ClusterRoleBinding are left out: forbidden: needs `list` on `clusterrolebindings`\n";
    assert!(out.contains(note), "{out}");
    for (args, told) in [
        (&["import", "gone", "-n", "agents"][..], "there is no DaemonSet gone in namespace agents"),
        (&["import", "agent"], "there is no DaemonSet agent in namespace default"),
        (&["import", "agent", "-n", "closed"], "forbidden: needs `get` on `daemonsets`"),
        (&["import", "deploy/agent"], "`deploy` is not a DaemonSet"),
        (&["import", "../x"], "is not a DaemonSet"),
        (&["import", "agent", "-n", "../x"], "is not a valid namespace name"),
        (&["import", "agent", "-f", "x.yaml"], "only one of --filename and NAME can be specified"),
        (&["import"], "must specify NAME"),
    ] {
        let (code, out, err) = server.run(args);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?}: {err}");
        assert!(err.contains(told), "{args:?}: {err}");
    }
}

/// Lint asks a cluster only where one is named.
#[test]
fn lint_looks_at_the_cluster_that_is_named() {
    let list = |version: &str, kind: &str, items: Value| {
        (200, json!({"kind": kind, "apiVersion": version, "metadata": {}, "items": items}))
    };
    let node = json!({"metadata": {"name": "n1", "labels": {"disk": "hdd", "kubernetes.io/os": "linux"}}});
    let overlap = json!({"metadata": {"name": "web", "namespace": "agents"}, "spec": {
        "selector": {"matchLabels": {"app": "daemonset"}}, "template": {"metadata": {"labels": {"app": "daemonset"}}}}});
    let mut table: Table =
        [("daemonsets", "DaemonSetList"), ("statefulsets", "StatefulSetList"), ("replicasets", "ReplicaSetList")]
            .map(|(plural, kind)| (format!("/apis/apps/v1/{plural}"), list("apps/v1", kind, json!([]))))
            .into();
    table.insert("/apis/apps/v1/deployments".to_owned(), list("apps/v1", "DeploymentList", json!([overlap])));
    table.insert("/apis/batch/v1/jobs".to_owned(), list("batch/v1", "JobList", json!([])));
    table.insert("/api/v1/nodes".to_owned(), list("v1", "NodeList", json!([node])));
    table.insert("/api/v1/pods".to_owned(), (403, json!({"kind": "Status", "reason": "Forbidden", "message": "no"})));
    let server = Server::new(table);
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("agent.yaml").display().to_string();
    let spec = "apiVersion: kubernetes.project-planton.org/v1\nkind: KubernetesDaemonSet\nmetadata: {name: agent}\n\
                spec:\n  namespace: agents\n  container: {app: {image: 'registry.example/agent:v1'}}\n  \
                node_selector: {disk: ssd}\n";
    std::fs::write(&file, spec).expect("a file");
    for flags in [&["lint", "-f", &file, "--live"][..], &["lint", "-f", &file]] {
        let (code, out, err) = server.run(flags);
        assert_eq!(code, Some(2), "{out}{err}");
        assert!(["error[DS930]", "error[DS931]"].iter().all(|code| out.contains(code)), "{out}{err}");
        assert_eq!(err, "not checked: pods: forbidden: needs `list` on `pods`\n");
    }
    let before = server.asked().len();
    let mut alone = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    let alone = alone.args(["lint", "-f", &file]).env("KUBECONFIG", "/nonexistent").output().expect("the program runs");
    assert_eq!((alone.status.code(), server.asked().len()), (Some(0), before));
    assert!(!String::from_utf8_lossy(&alone.stdout).contains("DS93"));
}
