//! The commands as a user gives them: our program as a plugin of the real kubectl, on a cluster that runs.

use std::{collections::BTreeSet, fs, time::Duration};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::test;
use crate::harness::{Behaviour, Cluster, Kubelets, node, pod};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("end_to_end::the_doctor_is_a_plugin_of_kubectl", the_doctor_is_a_plugin),
        test("end_to_end::the_doctor_says_what_it_may_not_see", the_doctor_says_what_it_may_not_see),
        test("end_to_end::a_rendered_spec_is_applied_by_kubectl", a_rendered_spec_is_applied),
        test("end_to_end::a_spec_is_deployed_followed_and_deleted", a_spec_is_deployed),
    ]
}

/// Nodes n01 to n09 are as all are; n10 is dedicated, n11 is full, n12 runs another system.
fn mixed(cluster: &Cluster) -> Kubelets {
    let mut nodes: Vec<Value> = (1..=12).map(|n| node(&format!("n{n:02}"))).collect();
    nodes[9]["spec"]["taints"] = json!([{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]);
    nodes[11]["metadata"]["labels"]["kubernetes.io/os"] = json!("windows");
    cluster.create_nodes(&nodes);
    cluster.create(&pod("default", "full", "n11", json!({"cpu": "3950m"})));
    Kubelets::start(cluster, (1..=12).map(|n| format!("n{n:02}")))
}

fn agent() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {
            "metadata": {"labels": {"app": "agent"}},
            "spec": {"terminationGracePeriodSeconds": 0, "nodeSelector": {"kubernetes.io/os": "linux"},
                     "containers": [{"name": "agent", "image": "registry.example/agent:1", "resources": {"requests": {"cpu": "100m"}}}]}}},
    })
}

fn settled(cluster: &Cluster, available: u64) {
    cluster.until("the agents are available", Duration::from_secs(60), || {
        let status = &cluster.get("/apis/apps/v1/namespaces/default/daemonsets/agent")["status"];
        (status["numberAvailable"] == available).then_some(())
    });
}

/// The report's one DaemonSet: placement, state and what the scheduler told, by node.
fn nodes(report: &Value) -> Vec<(String, String, String, BTreeSet<String>)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let nodes = report["daemonSets"][0]["nodes"].as_array().cloned().unwrap_or_default();
    let told = |n: &Value| {
        let reasons = n["reasons"].as_array().cloned().unwrap_or_default();
        reasons.iter().filter(|r| r["reportedByScheduler"] == true).map(|r| text(&r["reason"])).collect()
    };
    nodes.iter().map(|n| (text(&n["name"]), text(&n["placement"]), text(&n["state"]), told(n))).collect()
}

fn the_doctor_is_a_plugin() {
    let cluster = Cluster::start();
    let kubelets = mixed(&cluster);
    cluster.create(&agent());
    settled(&cluster, 9);

    let report = cluster.plugin("admin", &["doctor", "agent", "--grace", "0s", "-o", "json"]).expect_code(2).json();
    assert_eq!(report["daemonSets"][0]["desiredNumberScheduled"], 10);
    assert_eq!(report["source"]["serverVersion"], cluster.version());
    for (name, placement, state, told) in nodes(&report) {
        let expected = match name.as_str() {
            "n10" | "n12" => ("excluded", "none", None),
            "n11" => ("unschedulable", "pending", Some("Insufficient cpu")),
            _ => ("placed", "healthy", None),
        };
        assert_eq!((placement.as_str(), state.as_str()), (expected.0, expected.1), "{name}");
        assert_eq!(
            told.iter().map(String::as_str).collect::<Vec<_>>(),
            expected.2.into_iter().collect::<Vec<_>>(),
            "{name}"
        );
    }
    let table = cluster.plugin("admin", &["doctor", "agent", "--grace", "0s"]).expect_code(2);
    for word in ["n11", "dedicated=ml", "cpu"] {
        assert!(table.stdout.contains(word), "{word} is not in {table}");
    }

    // It only reads, and nothing secret.
    let asked: Vec<Value> = cluster.audit();
    let ours = asked.iter().filter(|e| e["userAgent"].as_str().is_some_and(|a| a.contains("daemonset")));
    let verbs: BTreeSet<(String, String)> = ours
        .map(|e| (e["verb"].to_string().replace('"', ""), e["objectRef"]["resource"].to_string().replace('"', "")))
        .collect();
    assert!(verbs.contains(&("list".to_owned(), "nodes".to_owned())), "{verbs:?}");
    assert!(
        verbs.iter().all(|(verb, what)| matches!(verb.as_str(), "get" | "list" | "watch") && what != "secrets"),
        "{verbs:?}"
    );

    // What it names is the cause: without it all is well.
    cluster.delete("/api/v1/namespaces/default/pods/full");
    settled(&cluster, 10);
    cluster.plugin("admin", &["doctor", "agent", "--grace", "0s"]).ok();

    kubelets.behave(|pod| match pod["spec"]["nodeName"] == "n04" {
        true => Behaviour::Crash(7),
        false => Behaviour::QUICK,
    });
    let pods = cluster.list("Pod", Some("default"));
    let victim = pods.iter().find(|p| p["spec"]["nodeName"] == "n04").expect("n04 has an agent");
    cluster.delete(&crate::harness::path_of(victim).1);
    cluster.until("the new agent crashes", Duration::from_secs(30), || {
        let pods = cluster.kubectl(&["get", "pods"]).ok();
        pods.stdout.contains("CrashLoopBackOff").then_some(())
    });
    let report = cluster.plugin("admin", &["doctor", "agent", "--grace", "0s", "-o", "json"]).expect_code(2).json();
    let sick = nodes(&report).into_iter().find(|n| n.0 == "n04").expect("n04 is in the report");
    assert_eq!((sick.1.as_str(), sick.2.as_str()), ("placed", "unhealthy"));
}

fn the_doctor_says_what_it_may_not_see() {
    let cluster = Cluster::start();
    let _kubelets = mixed(&cluster);
    cluster.create(&agent());
    settled(&cluster, 9);
    let refused = cluster.plugin("nobody", &["doctor", "agent"]).expect_code(1);
    assert!(refused.stderr.contains("nobody") || refused.stderr.contains("forbidden"), "{refused}");

    // Enough for the DaemonSet and its pods, and nothing of the cluster.
    let rules = json!([{"apiGroups": ["apps"], "resources": ["daemonsets", "controllerrevisions"], "verbs": ["get", "list"]},
                       {"apiGroups": [""], "resources": ["pods", "events"], "verbs": ["get", "list"]}]);
    cluster.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role",
        "metadata": {"name": "reader", "namespace": "default"}, "rules": rules}));
    cluster.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
        "metadata": {"name": "reader", "namespace": "default"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "reader"},
        "subjects": [{"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}]}));
    let partial = cluster.plugin("nobody", &["doctor", "agent", "-n", "default", "-o", "json"]);
    // Its pods run on the nodes that they name; how many nodes there are stays unknown.
    let report = partial.expect_code(0).json();
    let unseen = report["notChecked"].as_array().expect("a list");
    let names_nodes = |entry: &Value| entry["what"] == "nodes" && entry["why"] == "forbidden: needs `list` on `nodes`";
    assert!(unseen.iter().any(names_nodes), "{unseen:#?}");
}

/// A spec of the agent with this tag, in the cluster's folder.
fn spec(cluster: &Cluster, tag: &str) -> String {
    let spec = cluster.folder().join(format!("agent-{tag}.yaml"));
    let text = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec:
  namespace: logging
  create_namespace: true
  container:
    app:
      image: {repo: registry.example/agent, tag: TAG}
      resources: {limits: {memory: 256Mi}, requests: {cpu: 20m, memory: 64Mi}}
      env: {variables: {ANSWER: 'yes', LEVEL: '0640'}}
  node_selector: {kubernetes.io/os: linux}
  tolerations: [{key: dedicated, operator: Exists}]
";
    fs::write(&spec, text.replace("TAG", tag)).expect("the cluster's folder can be written");
    spec.display().to_string()
}

fn a_rendered_spec_is_applied() {
    let cluster = Cluster::start();
    let _kubelets = mixed(&cluster);
    let spec = spec(&cluster, "1.0.0");
    let rendered = cluster.plugin("admin", &["render", "-f", &spec]).ok().stdout;
    let manifest = cluster.folder().join("rendered.yaml");
    fs::write(&manifest, &rendered).expect("the cluster's folder can be written");
    let manifest = manifest.display().to_string();
    cluster.kubectl(&["apply", "-f", &manifest]).ok();
    cluster.kubectl(&["rollout", "status", "daemonset/agent", "-n", "logging", "--timeout=60s"]).ok();
    let live = cluster.get("/apis/apps/v1/namespaces/logging/daemonsets/agent");
    assert_eq!(live["status"]["numberAvailable"], 11);
    let env = live["spec"]["template"]["spec"]["containers"][0]["env"].as_array().cloned().unwrap_or_default();
    let values: BTreeSet<String> = env.iter().map(|e| format!("{}={}", e["name"], e["value"])).collect();
    assert!(values.contains("\"ANSWER\"=\"yes\"") && values.contains("\"LEVEL\"=\"0640\""), "{values:?}");
    // What was rendered is what is there.
    cluster.kubectl(&["diff", "-f", &manifest]).ok();
    cluster.plugin("admin", &["doctor", "agent", "-n", "logging"]).ok();
}

fn a_spec_is_deployed() {
    let cluster = Cluster::start();
    let kubelets = mixed(&cluster);
    let (first, second) = (spec(&cluster, "1.0.0"), spec(&cluster, "2.0.0"));
    cluster.plugin("admin", &["diff", "-f", &first]).expect_code(1);
    cluster.plugin("admin", &["deploy", "-f", &first, "--timeout", "60s"]).ok();
    let path = "/apis/apps/v1/namespaces/logging/daemonsets/agent";
    assert_eq!(cluster.get(path)["status"]["numberAvailable"], 11);
    cluster.plugin("admin", &["diff", "-f", &first]).ok();
    cluster.plugin("admin", &["status", "agent", "-n", "logging"]).ok();

    // A version that crashes: told by its cause, and no further than its bound.
    kubelets.behave(|pod| {
        match pod["spec"]["containers"][0]["image"].as_str().is_some_and(|i| i.ends_with(":2.0.0")) {
            true => Behaviour::Crash(1),
            false => Behaviour::QUICK,
        }
    });
    let failed = cluster.plugin("admin", &["deploy", "-f", &second, "--timeout", "15s"]).expect_code(2);
    let told = failed.stdout.clone() + &failed.stderr;
    assert!(told.contains("exited with code 1"), "the cause is not told: {failed}");
    assert_eq!(cluster.get(path)["status"]["numberAvailable"], 10, "the rollout went past its bound");

    cluster.plugin("admin", &["deploy", "-f", &first, "--timeout", "60s"]).ok();
    // Nobody is there to confirm: nothing is touched.
    cluster.plugin("admin", &["delete", "-f", &first]).expect_code(3);
    assert_eq!(cluster.get(path)["status"]["numberAvailable"], 11);
    cluster.plugin("admin", &["delete", "-f", &first, "--yes"]).ok();
    let left = cluster.kubectl(&["get", "daemonsets,pods", "-n", "logging", "-o", "name"]);
    assert!(left.stdout.trim().is_empty(), "{left}");
}
