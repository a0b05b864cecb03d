//! Every row of a pod's life before it runs, made for real and recognised: left out, refused at creation, gated, refused
//! by each of the scheduler's plugins, held in a rollout, stranded. What a kubelet does to pods is in `real_node.rs`.

use std::{collections::BTreeSet, process::Command, time::Duration};

use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::deploy::has_cause;
use super::test;
use crate::harness::{Behaviour, Cluster, Kubelets, Options, Ran, Says, Webhook, node, pod, webhook_of_nobody};

/// The tests of this file.
pub fn tests() -> Vec<Trial> {
    vec![
        test("life::what_the_api_server_refuses_is_told", refused_at_creation),
        test("life::admission_is_asked_with_a_dry_run_only", admission_is_asked),
        test("life::a_pod_that_a_webhook_changed_is_judged_by_its_own_spec", judged_by_its_own_spec),
        test("life::each_plugin_of_the_scheduler_is_recognised", each_plugin),
        test("life::what_holds_a_rollout_is_told", what_holds_a_rollout),
        test("life::what_the_status_hides_is_told", what_the_status_hides),
    ]
}

/// A DaemonSet named and labelled `name` whose pod spec is laid over the plainest.
fn agent(namespace: &str, name: &str, spec: Value) -> Value {
    let mut plain =
        json!({"terminationGracePeriodSeconds": 1, "containers": [{"name": "c", "image": "registry.example/agent:1"}]});
    for (key, value) in spec.as_object().into_iter().flatten() {
        plain[key] = value.clone();
    }
    json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": name, "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": plain}},
    })
}

fn namespace(name: &str, labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})
}

/// Namespaces without their ServiceAccount admit no pod.
fn create_namespaces(cluster: &Cluster, namespaces: &[Value]) {
    cluster.create_all(namespaces);
    for name in namespaces.iter().filter_map(|n| n["metadata"]["name"].as_str()) {
        cluster.until("the namespace has its account", Duration::from_secs(30), || {
            let accounts = cluster.list("ServiceAccount", Some(name));
            accounts.iter().any(|a| a["metadata"]["name"] == "default").then_some(())
        });
    }
}

fn doctor(cluster: &Cluster, arguments: &[&str]) -> Value {
    let arguments = [&["doctor", "--grace", "0s", "-o", "json"], arguments].concat();
    let ran = cluster.plugin("admin", &arguments);
    assert!(matches!(ran.code, 0 | 2), "{ran}");
    ran.json()
}

/// The report's DaemonSet of that name.
#[track_caller]
fn set<'r>(report: &'r Value, name: &str) -> &'r Value {
    let sets = report["daemonSets"].as_array();
    let found = sets.into_iter().flatten().find(|s| s["name"] == name);
    found.unwrap_or_else(|| panic!("{name} is not in the report"))
}

fn codes(set: &Value) -> BTreeSet<String> {
    let findings = set["findings"].as_array();
    findings.into_iter().flatten().filter_map(|f| f["code"].as_str()).map(str::to_owned).collect()
}

#[track_caller]
fn finding<'r>(set: &'r Value, code: &str) -> &'r Value {
    let findings = set["findings"].as_array();
    let found = findings.into_iter().flatten().find(|f| f["code"] == code);
    found.unwrap_or_else(|| panic!("{}: no {code}, but {:#}", set["name"], set["findings"]))
}

#[track_caller]
fn on_node<'r>(set: &'r Value, node: &str) -> &'r Value {
    let nodes = set["nodes"].as_array();
    let found = nodes.into_iter().flatten().find(|n| n["name"] == node);
    found.unwrap_or_else(|| panic!("{}: no node {node}", set["name"]))
}

/// What the controller said of pods that it could not create.
fn said(cluster: &Cluster, namespace: &str) -> Option<String> {
    let events = cluster.list("Event", Some(namespace));
    let failed = events.iter().find(|e| e["reason"] == "FailedCreate")?;
    failed["message"].as_str().map(str::to_owned)
}

fn refused_at_creation() {
    let cluster = Cluster::start();
    cluster.create_nodes(&[node("n1"), node("n2"), node("n3")]);
    let webhook = Webhook::start(&cluster, |_| Says::Denied("no agents here"));
    let plain = || json!({});
    // Namespace, what is there, the pod, the code, and what the real server says.
    let rows: Vec<(&str, Value, Value, &str, &str)> = vec![
        ("quota", plain(), plain(), "DS312", "exceeded quota"),
        ("unstated", plain(), plain(), "DS313", "must specify cpu"),
        (
            "security",
            json!({"pod-security.kubernetes.io/enforce": "baseline"}),
            json!({"hostNetwork": true}),
            "DS311",
            "violates PodSecurity",
        ),
        ("account", plain(), json!({"serviceAccountName": "absent"}), "DS303", "error looking up service account"),
        ("class", plain(), json!({"priorityClassName": "absent"}), "DS304", "no PriorityClass with name absent"),
        ("runtime", plain(), json!({"runtimeClassName": "absent"}), "DS307", "RuntimeClass \"absent\" not found"),
        (
            "range",
            plain(),
            json!({"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}}]}),
            "DS310",
            "maximum cpu usage",
        ),
        ("webhook", plain(), plain(), "DS320", "denied the request: no agents here"),
        ("policy", plain(), plain(), "DS320", "denied request"),
        ("down", plain(), plain(), "DS321", "failed calling webhook"),
    ];
    let namespaces: Vec<Value> = rows.iter().map(|(name, labels, ..)| namespace(name, labels.clone())).collect();
    create_namespaces(&cluster, &namespaces);
    let quota = |namespace: &str, hard: Value| {
        json!({"apiVersion": "v1", "kind": "ResourceQuota",
        "metadata": {"name": "q", "namespace": namespace}, "spec": {"hard": hard}})
    };
    let policy = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": "no-agents"}, "spec": {
            "matchConstraints": {"resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]},
            "validations": [{"expression": "false", "message": "no agents by policy"}]}});
    let binding = json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": "no-agents"}, "spec": {"policyName": "no-agents", "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "policy"}}}}});
    cluster.create_all(&[
        quota("quota", json!({"pods": "0"})),
        quota("unstated", json!({"cpu": "9"})),
        json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "l", "namespace": "range"},
            "spec": {"limits": [{"type": "Container", "max": {"cpu": "1"}, "default": {"cpu": "1"}}]}}),
        webhook.configuration("ValidatingWebhookConfiguration", "refuses", "webhook"),
        webhook_of_nobody("down", "down"),
        policy,
        binding,
    ]);
    cluster.until("the quotas are counted", Duration::from_secs(30), || {
        let quotas = cluster.list("ResourceQuota", None);
        quotas.iter().all(|q| q["status"]["used"].is_object()).then_some(())
    });
    // Webhooks and policies reach the server's handlers a moment after they are stored.
    for namespace in ["webhook", "policy", "down"] {
        cluster.until("what refuses is at work", Duration::from_secs(30), || {
            let tried = cluster.kubectl(&["run", "tried", "--image=i", "--dry-run=server", "-n", namespace]);
            (tried.code != 0).then_some(())
        });
    }
    cluster.create_all(&rows.iter().map(|(name, _, spec, ..)| agent(name, name, spec.clone())).collect::<Vec<_>>());
    for (name, .., words) in &rows {
        let told = cluster.until(&format!("{name} is refused"), Duration::from_secs(60), || said(&cluster, name));
        assert!(told.contains(words), "{name}: {told}");
    }
    let report = doctor(&cluster, &["-A"]);
    for (name, .., code, _) in &rows {
        let set = set(&report, name);
        let found = finding(set, code);
        assert_eq!((&found["severity"], &found["nodeCount"]), (&json!("error"), &json!(3)), "{name}: {found}");
        for node in set["nodes"].as_array().into_iter().flatten() {
            assert_eq!(node["state"], "missing", "{name}: {node}");
        }
        assert!(!codes(set).contains("DS508"), "{name}: a cause is told, and yet nothing stands in the way");
    }
    assert!(webhook.asked().iter().any(|r| r["object"]["metadata"]["generateName"] == "webhook-"), "it was not asked");

    // Events are kept for an hour: what can be simulated is known without them.
    cluster.kubectl(&["delete", "events", "--all", "--all-namespaces"]).ok();
    let report = doctor(&cluster, &["-A"]);
    for (name, .., code, _) in rows.iter().filter(|(.., code, _)| !matches!(*code, "DS320" | "DS321")) {
        assert!(codes(set(&report, name)).contains(*code), "{name}: {:?}", codes(set(&report, name)));
    }

    // A quota with room for some only.
    create_namespaces(&cluster, &[namespace("some", json!({}))]);
    cluster.create(&quota("some", json!({"pods": "2"})));
    cluster.until("the quota is counted", Duration::from_secs(30), || {
        cluster.list("ResourceQuota", Some("some"))[0]["status"]["used"].is_object().then_some(())
    });
    cluster.create(&agent("some", "some", json!({})));
    cluster.until("two pods are made and the third is refused", Duration::from_secs(180), || {
        (cluster.list("Pod", Some("some")).len() == 2 && said(&cluster, "some").is_some()).then_some(())
    });
    let report = doctor(&cluster, &["some", "-n", "some"]);
    let some = set(&report, "some");
    assert!(codes(some).contains("DS312") || codes(some).contains("DS315"), "{:?}", codes(some));
    let missing = some["nodes"].as_array().into_iter().flatten().filter(|n| n["state"] == "missing").count();
    assert_eq!(missing, 1);
}

/// What the audit log has of requests with our program's name on them.
fn ours(cluster: &Cluster) -> Vec<Value> {
    let by_us = |e: &Value| e["userAgent"].as_str().is_some_and(|a| a.starts_with("kubectl-daemonset/"));
    cluster.audit().into_iter().filter(by_us).collect()
}

fn admission_is_asked() {
    let cluster = Cluster::start();
    let mut gpu = node("gpu");
    gpu["metadata"]["labels"]["pool"] = json!("gpu");
    cluster.create_nodes(&[node("n1"), gpu]);
    create_namespaces(
        &cluster,
        &[namespace("changed", json!({})), namespace("refused", json!({})), namespace("plain", json!({}))],
    );
    let mutates = Webhook::start(&cluster, |_| {
        Says::Patched(json!([
            {"op": "add", "path": "/spec/nodeSelector", "value": {"pool": "gpu"}},
            {"op": "add", "path": "/spec/containers/-", "value": {"name": "mesh", "image": "registry.example/mesh:1",
                "resources": {"requests": {"cpu": "50m"}}}},
            {"op": "add", "path": "/spec/tolerations/-", "value": {"key": "mesh", "operator": "Exists"}}]))
    });
    let refuses = Webhook::start(&cluster, |_| Says::Denied("not in this cluster"));
    cluster.create(&mutates.configuration("MutatingWebhookConfiguration", "mesh", "changed"));
    cluster.create(&refuses.configuration("ValidatingWebhookConfiguration", "refuses", "refused"));
    cluster.until("the webhook is at work", Duration::from_secs(30), || {
        let tried = cluster.kubectl(&["run", "tried", "--image=i", "--dry-run=server", "-n", "refused"]);
        (tried.code != 0 && !mutates.asked().is_empty() || {
            cluster.kubectl(&["run", "tried", "--image=i", "--dry-run=server", "-n", "changed"]);
            false
        })
        .then_some(())
    });
    let file = |namespace: &str| {
        let path = cluster.folder().join(format!("{namespace}.json"));
        std::fs::write(&path, agent(namespace, "agent", json!({})).to_string()).expect("the folder can be written");
        path.display().to_string()
    };
    let asked = |namespace: &str| doctor(&cluster, &["-f", &file(namespace), "--probe-admission"]);

    let report = asked("changed");
    let changed = finding(&report["daemonSets"][0], "DS323");
    let message = changed["message"].as_str().unwrap_or_default();
    for part in ["nodeSelector: pool=gpu", "tolerations: mesh", "containers: mesh", "resources.requests: cpu=50m"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    assert_eq!((&changed["severity"], &changed["nodes"]), (&json!("warning"), &json!(["n1"])), "{changed:#}");
    assert_eq!(on_node(&report["daemonSets"][0], "n1")["placement"], "unschedulable");
    assert_eq!(on_node(&report["daemonSets"][0], "gpu")["placement"], "placed");

    let report = asked("refused");
    let refused = finding(&report["daemonSets"][0], "DS320");
    assert!(refused["message"].as_str().is_some_and(|m| m.contains("not in this cluster")), "{refused:#}");
    assert_eq!(on_node(&report["daemonSets"][0], "n1")["placement"], "denied");

    let report = asked("plain");
    assert!(codes(&report["daemonSets"][0]).is_empty(), "{report:#}");

    // What is deployed is asked about as the controller would send it.
    cluster.create(&agent("changed", "live", json!({})));
    cluster.until("its pods are there", Duration::from_secs(30), || {
        (cluster.list("Pod", Some("changed")).len() == 2).then_some(())
    });
    let before = cluster.list("Pod", None).len();
    let report = doctor(&cluster, &["live", "-n", "changed", "--probe-admission"]);
    assert!(codes(set(&report, "live")).contains("DS323"), "{:?}", codes(set(&report, "live")));
    assert_eq!(cluster.list("Pod", None).len(), before, "asking stored a pod");
    let last = mutates
        .asked()
        .into_iter()
        .rev()
        .find(|r| r["object"]["metadata"]["generateName"] == "live-" && r["dryRun"] == true);
    let sent = last.expect("the webhook was asked with a dry run")["object"].clone();
    assert!(sent["metadata"]["labels"]["controller-revision-hash"].is_string(), "{sent:#}");
    assert_eq!(sent["metadata"]["ownerReferences"][0]["kind"], "DaemonSet");

    // The only thing that was ever posted is a dry run; reviews of one's own rights store nothing either.
    let writes: Vec<Value> =
        ours(&cluster).into_iter().filter(|e| !matches!(e["verb"].as_str(), Some("get" | "list"))).collect();
    assert!(!writes.is_empty(), "nothing was asked");
    for event in &writes {
        let uri = event["requestURI"].as_str().unwrap_or_default();
        assert!(
            event["verb"] == "create" && event["objectRef"]["resource"] == "pods" && uri.contains("dryRun=All"),
            "{event:#}"
        );
    }

    // Who may not create pods is told so, and gets the rest.
    cluster.create(&json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "viewer"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "viewer"},
        "subjects": [{"kind": "User", "name": "nobody", "apiGroup": "rbac.authorization.k8s.io"}]}));
    cluster.create(
        &json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "viewer"},
        "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]}]}),
    );
    let report =
        cluster.plugin("nobody", &["doctor", "-f", &file("plain"), "--probe-admission", "-o", "json"]).ok().json();
    let unseen = report["notChecked"].to_string();
    assert!(
        unseen.contains("admission of the pods of plain/agent") && unseen.contains("needs `create` on `pods`"),
        "{unseen}"
    );

    let usage = cluster.plugin("admin", &["doctor", "--probe-admission", "--snapshot", &file("plain")]).expect_code(1);
    assert!(usage.stderr.contains("--probe-admission") && usage.stderr.contains("--snapshot"), "{usage}");
}

fn judged_by_its_own_spec() {
    let cluster = Cluster::start();
    cluster.create_nodes(&[node("n1")]);
    let webhook = Webhook::start(&cluster, |_| {
        Says::Patched(json!([{"op": "add", "path": "/spec/nodeSelector", "value": {"pool": "gpu"}}]))
    });
    cluster.create(&webhook.configuration("MutatingWebhookConfiguration", "pools", "default"));
    cluster.until("the webhook is at work", Duration::from_secs(30), || {
        cluster.kubectl(&["run", "tried", "--image=i", "--dry-run=server"]);
        (!webhook.asked().is_empty()).then_some(())
    });
    cluster.create(&agent("default", "agent", json!({})));
    undecided_are_none(&cluster, 1);
    let report = doctor(&cluster, &["agent"]);
    let agent = set(&report, "agent");
    let n1 = on_node(agent, "n1");
    assert_eq!((&n1["placement"], &n1["state"]), (&json!("unschedulable"), &json!("pending")), "{n1:#}");
    let told: Vec<&Value> =
        n1["reasons"].as_array().into_iter().flatten().filter(|r| r["reportedByScheduler"] == true).collect();
    assert_eq!(told.len(), 1, "{n1:#}");
    assert_eq!(told[0]["reason"], "node(s) didn't match Pod's node affinity/selector");
    let changed = finding(agent, "DS323");
    assert!(changed["message"].as_str().is_some_and(|m| m.contains("nodeSelector: pool=gpu")), "{changed:#}");
    assert_eq!(changed["evidence"]["placementOfTemplate"], "placed");
    assert!(!codes(agent).contains("DS710"), "the rules disagree with the scheduler: {agent:#}");
}

/// Waits until the scheduler has said something of as many unbound pods.
fn undecided_are_none(cluster: &Cluster, unbound: usize) {
    cluster.until("the scheduler has refused the pods", Duration::from_secs(60), || {
        let pods = cluster.list("Pod", Some("default"));
        let waiting = pods.iter().filter(|p| p["spec"]["nodeName"].is_null());
        let told = waiting.filter(|p| p["status"]["conditions"].to_string().contains("PodScheduled"));
        (told.count() >= unbound).then_some(())
    });
}

fn each_plugin() {
    let cluster = Cluster::start();
    let mut n1 = node("n1");
    n1["metadata"]["labels"]["topology.kubernetes.io/zone"] = json!("a");
    n1["metadata"]["labels"]["topology.kubernetes.io/region"] = json!("r");
    n1["status"]["allocatable"]["cpu"] = json!("2");
    cluster.create_nodes(&[n1]);
    let claim = |name: &str, class: &str, volume: &str, mode: &str| {
        let mut claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": "default"},
            "spec": {"accessModes": [mode], "storageClassName": class, "resources": {"requests": {"storage": "1Gi"}}}});
        if !volume.is_empty() {
            claim["spec"]["volumeName"] = json!(volume);
        }
        claim
    };
    let volume = |name: &str, mode: &str, labels: Value, affinity: Value| {
        let mut volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name, "labels": labels},
            "spec": {"capacity": {"storage": "1Gi"}, "accessModes": [mode], "storageClassName": "",
                "csi": {"driver": if name == "many" { "few.example" } else { "disk.example" }, "volumeHandle": name}}});
        if !affinity.is_null() {
            volume["spec"]["nodeAffinity"] = affinity;
        }
        volume
    };
    let elsewhere = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
        {"key": "kubernetes.io/hostname", "operator": "In", "values": ["elsewhere"]}]}]}});
    let none = || json!({});
    let class = |name: &str, provisioner: &str, mode: &str| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": name}, "provisioner": provisioner, "volumeBindingMode": mode})
    };
    let mut holder = pod("default", "holder", "n1", json!({"cpu": "1"}));
    holder["metadata"]["labels"] = json!({"app": "holder"});
    holder["spec"]["containers"][0]["ports"] = json!([{"containerPort": 80, "hostPort": 8080}]);
    holder["spec"]["volumes"] = json!([{"name": "v", "persistentVolumeClaim": {"claimName": "single"}}]);
    let mut hermit = pod("default", "hermit", "n1", json!({}));
    hermit["metadata"]["labels"] = json!({"app": "hermit"});
    hermit["spec"]["affinity"] = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"labelSelector": {"matchLabels": {"app": "unwelcome"}}, "topologyKey": "kubernetes.io/hostname"}]}});
    cluster.create_all(&[
        class("at-once", "none.example", "Immediate"),
        class("later", "kubernetes.io/no-provisioner", "WaitForFirstConsumer"),
        volume("single", "ReadWriteOncePod", none(), Value::Null),
        volume("far", "ReadWriteMany", none(), elsewhere),
        volume("zoned", "ReadWriteMany", json!({"topology.kubernetes.io/zone": "b"}), Value::Null),
        volume("many", "ReadWriteMany", none(), Value::Null),
        claim("single", "", "single", "ReadWriteOncePod"),
        claim("far", "", "far", "ReadWriteMany"),
        claim("zoned", "", "zoned", "ReadWriteMany"),
        claim("many", "", "many", "ReadWriteMany"),
        claim("unbound", "at-once", "", "ReadWriteMany"),
        claim("later", "later", "", "ReadWriteMany"),
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": "n1"},
            "spec": {"drivers": [{"name": "disk.example", "nodeID": "n1", "topologyKeys": []},
                {"name": "few.example", "nodeID": "n1", "topologyKeys": [], "allocatable": {"count": 0}}]}}),
        json!({"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": "kata"}, "handler": "kata",
            "scheduling": {"nodeSelector": {"kata": "yes"}}}),
        json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1000}),
        holder,
        hermit,
    ]);
    cluster.until("the claims are bound", Duration::from_secs(60), || {
        let claims = cluster.list("PersistentVolumeClaim", Some("default"));
        let bound = claims.iter().filter(|c| c["status"]["phase"] == "Bound").count();
        (bound == 4).then_some(())
    });
    let claiming = |name: &str| json!({"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": name}}]});
    let asking =
        |requests: Value| json!({"containers": [{"name": "c", "image": "i", "resources": {"requests": requests}}]});
    let near = |kind: &str, app: &str| {
        let term = |app: &str| json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
        json!({"affinity": {kind: {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 3, "podAffinityTerm": term("liked")}],
            "requiredDuringSchedulingIgnoredDuringExecution": [term(app)]}}})
    };
    let mut wanting_evictions = asking(json!({"cpu": "1500m"}));
    wanting_evictions["priorityClassName"] = json!("high");
    // Name, pod, code, placement, plugin.
    let rows: Vec<(&str, Value, &str, &str, &str)> = vec![
        ("selector", json!({"runtimeClassName": "kata"}), "DS203", "unschedulable", "NodeAffinity"),
        (
            "port",
            json!({"containers": [{"name": "c", "image": "i", "ports": [{"containerPort": 80, "hostPort": 8080}]}]}),
            "DS204",
            "unschedulable",
            "NodePorts",
        ),
        ("cpu", asking(json!({"cpu": "1500m"})), "DS210", "unschedulable", "NodeResourcesFit"),
        (
            "device",
            json!({"containers": [{"name": "c", "image": "i", "resources": {"limits": {"example.com/fpga": "1"}}}]}),
            "DS210",
            "unschedulable",
            "NodeResourcesFit",
        ),
        ("claim", claiming("absent"), "DS220", "unschedulable", "VolumeRestrictions"),
        ("single", claiming("single"), "DS222", "unschedulable", "VolumeRestrictions"),
        ("unbound", claiming("unbound"), "DS228", "unschedulable", "VolumeBinding"),
        ("far", claiming("far"), "DS229", "unschedulable", "VolumeBinding"),
        ("later", claiming("later"), "DS230", "unschedulable", "VolumeBinding"),
        ("zoned", claiming("zoned"), "DS233", "unschedulable", "VolumeZone"),
        ("limit", claiming("many"), "DS223", "unschedulable", "NodeVolumeLimits"),
        (
            "spread",
            json!({"topologySpreadConstraints": [
                {"maxSkew": 3, "topologyKey": "kubernetes.io/os", "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {"app": "spread"}}},
                {"maxSkew": 1, "topologyKey": "rack", "whenUnsatisfiable": "DoNotSchedule", "minDomains": 1,
                    "labelSelector": {"matchLabels": {"app": "spread"}}, "matchLabelKeys": ["tier"]}]}),
            "DS240",
            "unschedulable",
            "PodTopologySpread",
        ),
        ("near", near("podAffinity", "nobody"), "DS250", "unschedulable", "InterPodAffinity"),
        ("apart", near("podAntiAffinity", "holder"), "DS251", "unschedulable", "InterPodAffinity"),
        ("unwelcome", none(), "DS252", "unschedulable", "InterPodAffinity"),
        ("gated", json!({"schedulingGates": [{"name": "example.com/wait"}]}), "DS270", "gated", ""),
        ("other", json!({"schedulerName": "nobody"}), "DS701", "unknown", ""),
        ("evicting", wanting_evictions, "DS280", "preempting", "NodeResourcesFit"),
        ("excluded", json!({"nodeSelector": {"disk": "ssd"}}), "DS101", "excluded", ""),
    ];
    // The one that evicts comes last, alone: it would make room for others.
    let (evicting, rest): (Vec<_>, Vec<_>) = rows.iter().partition(|(name, ..)| *name == "evicting");
    cluster.create_all(&rest.iter().map(|(name, spec, ..)| agent("default", name, spec.clone())).collect::<Vec<_>>());
    // All but the excluded one's; the other scheduler's says nothing.
    undecided_are_none(&cluster, rest.len() - 2);
    let report = doctor(&cluster, &["-n", "default"]);
    let check = |report: &Value, rows: &[&(&str, Value, &str, &str, &str)]| {
        for (name, _, code, placement, plugin) in rows {
            let set = set(report, name);
            finding(set, code);
            assert!(
                !codes(set).contains("DS710"),
                "{name}: the rules disagree with the scheduler: {:#}",
                set["findings"]
            );
            if *placement == "excluded" {
                continue;
            }
            let n1 = on_node(set, "n1");
            assert_eq!(
                (n1["placement"].as_str(), n1["state"].as_str()),
                (Some(*placement), Some("pending")),
                "{name}: {n1:#}"
            );
            let reasons = n1["reasons"].as_array().cloned().unwrap_or_default();
            let told: BTreeSet<&str> = reasons
                .iter()
                .filter(|r| r["reportedByScheduler"] == true)
                .filter_map(|r| r["plugin"].as_str())
                .collect();
            let expected: BTreeSet<&str> = (!plugin.is_empty()).then_some(*plugin).into_iter().collect();
            assert_eq!(told, expected, "{name}: {reasons:#?}");
        }
    };
    check(&report, &rest);
    fixes_are_taken(&cluster, &report);

    // The victim has no kubelet that ends it, and so stays, being deleted.
    let holder = cluster.kubectl(&[
        "patch",
        "pod",
        "holder",
        "--type=merge",
        "-p",
        r#"{"metadata":{"finalizers":["example.com/stays"]}}"#,
    ]);
    holder.ok();
    let (name, spec, ..) = evicting[0];
    cluster.create(&agent("default", name, spec.clone()));
    cluster.until("the scheduler evicts", Duration::from_secs(60), || {
        let pods = cluster.list("Pod", Some("default"));
        pods.iter().any(|p| p["status"]["nominatedNodeName"] == "n1").then_some(())
    });
    let report = doctor(&cluster, &[name]);
    check(&report, &evicting);
    let victims = &on_node(set(&report, name), "n1")["evidence"]["victims"];
    assert_eq!(victims, &json!(["default/holder"]), "{report:#}");
    cluster.kubectl(&["patch", "pod", "holder", "--type=merge", "-p", r#"{"metadata":{"finalizers":null}}"#]).ok();
}

/// What the doctor proposes for a DaemonSet is taken by the real API server as it is pasted. Of terms about other pods
/// it changes what it says and keeps the rest, however kubectl is told to read it, and the scheduler then places the pod.
fn fixes_are_taken(cluster: &Cluster, report: &Value) {
    let patched = |name: &str, kind: &str, patch: &str, more: &[&str]| {
        let arguments = ["patch", "daemonset", name, "--type", kind, "--patch", patch, "-o", "json"];
        cluster.kubectl(&[&arguments[..], more].concat()).ok().json()["spec"]["template"].clone()
    };
    let mut taken = 0;
    for set in report["daemonSets"].as_array().into_iter().flatten() {
        for fix in set["findings"].as_array().into_iter().flatten().map(|finding| &finding["fix"]) {
            if let (Some("apps/v1"), Some(patch)) = (fix["language"].as_str(), fix["patch"].as_str()) {
                patched(set["name"].as_str().unwrap_or_default(), "strategic", patch, &["--dry-run=server"]);
                taken += 1;
            }
        }
    }
    println!("{taken} fixes were taken by the API server");
    let spec = "/apis/apps/v1/namespaces/default/daemonsets/";
    for (name, code) in [("spread", "DS240"), ("near", "DS250"), ("apart", "DS251")] {
        let fix = &finding(set(report, name), code)["fix"];
        assert_eq!(fix["nodesFixed"], 1, "{name}: {fix:#}");
        let patch = fix["patch"].as_str().unwrap_or_default();
        let mut expected = cluster.get(&format!("{spec}{name}"))["spec"]["template"].clone();
        match name {
            "spread" => {
                let constraint = &mut expected["spec"]["topologySpreadConstraints"][1];
                constraint["whenUnsatisfiable"] = json!("ScheduleAnyway");
                constraint.as_object_mut().and_then(|constraint| constraint.remove("minDomains"));
            }
            _ => {
                let kind = if name == "near" { "podAffinity" } else { "podAntiAffinity" };
                let terms = expected["spec"]["affinity"][kind].as_object_mut();
                terms.and_then(|terms| terms.remove("requiredDuringSchedulingIgnoredDuringExecution"));
            }
        }
        assert_eq!(patched(name, "merge", patch, &["--dry-run=server"]), expected, "{name}");
        assert_eq!(patched(name, "strategic", patch, &[]), expected, "{name}");
        cluster.until("the scheduler takes the node", Duration::from_secs(60), || {
            let pods = cluster.list("Pod", Some("default"));
            let placed = pods.iter().any(|p| p["metadata"]["labels"]["app"] == name && p["spec"]["nodeName"] == "n1");
            placed.then_some(())
        });
    }
}

/// The controllers' process of this cluster, stopped and let go on: what they have decided stands still meanwhile.
struct Stopped(String);

impl Stopped {
    fn controllers(cluster: &Cluster) -> Self {
        // With the slash: cluster-7-1 is no part of cluster-7-12.
        let folder = format!("{}/", cluster.folder().display());
        let processes = std::fs::read_dir("/proc").expect("this is Linux").filter_map(Result::ok);
        let ours = processes.filter(|p| {
            let line = std::fs::read(p.path().join("cmdline")).unwrap_or_default();
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            line.contains("kube-controller-manager ") && line.contains(&folder)
        });
        let ids: Vec<String> = ours.map(|p| p.file_name().to_string_lossy().into_owned()).collect();
        assert_eq!(ids.len(), 1, "the controllers of {folder}");
        let stopped = Stopped(ids[0].clone());
        stopped.signal("-STOP");
        stopped
    }

    fn signal(&self, signal: &str) {
        let mut kill = Command::new("kill");
        kill.args([signal, &self.0]);
        Ran::of(kill).ok();
    }
}

impl Drop for Stopped {
    fn drop(&mut self) {
        let mut kill = Command::new("kill");
        // The cluster may be gone already.
        let _ = kill.args(["-CONT", &self.0]).status();
    }
}

fn names(count: usize) -> Vec<String> {
    (1..=count).map(|n| format!("n{n}")).collect()
}

fn path(name: &str) -> String {
    format!("/apis/apps/v1/namespaces/default/daemonsets/{name}")
}

fn available(cluster: &Cluster, name: &str, count: u64) {
    cluster.until(&format!("{name} is available"), Duration::from_secs(90), || {
        let set = cluster.get(&path(name));
        let status = &set["status"];
        let seen = status["observedGeneration"] == set["metadata"]["generation"];
        (seen && status["numberAvailable"] == count && status["updatedNumberScheduled"] == count).then_some(())
    });
}

fn new_version(cluster: &Cluster, name: &str, version: &str) {
    let image = format!("registry.example/agent:{version}");
    let patch =
        json!([{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": image}]).to_string();
    cluster.kubectl(&["patch", "daemonset", name, "--type=json", "-p", &patch]).ok();
}

fn rolling(name: &str, spec: Value, strategy: Value) -> Value {
    let mut set = agent("default", name, spec);
    set["spec"]["updateStrategy"] = strategy;
    set
}

fn what_holds_a_rollout() {
    let options = Options { node_grace: Some(Duration::from_secs(12)), ..Options::default() };
    let cluster = Cluster::start_with(options).unwrap_or_else(|why| panic!("{why}"));
    cluster.create_nodes(&names(4).iter().map(|n| node(n)).collect::<Vec<_>>());
    let kubelets = Kubelets::start(&cluster, names(4));
    let one = || json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}});
    let surge = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}});
    let port = json!({"containers": [{"name": "c", "image": "registry.example/agent:1", "ports": [{"containerPort": 80, "hostPort": 8080}]}]});
    let broad = json!({"tolerations": [{"operator": "Exists"}]});
    cluster.create_all(&[
        rolling("ondelete", json!({}), json!({"type": "OnDelete"})),
        rolling("surges", port, surge),
        rolling("crashes", json!({}), one()),
        rolling("stays", json!({}), one()),
        rolling("broad", broad, one()),
    ]);
    for name in ["ondelete", "surges", "crashes", "stays", "broad"] {
        available(&cluster, name, 4);
    }
    let of = |pod: &Value, app: &str| pod["metadata"]["labels"]["app"] == app;
    let is_new = |pod: &Value| pod["spec"]["containers"][0]["image"] == "registry.example/agent:2";
    kubelets.behave(move |pod| match () {
        _ if of(pod, "crashes") && is_new(pod) => Behaviour::Crash(3),
        _ if of(pod, "stays") && pod["spec"]["nodeName"] == "n2" => Behaviour::NeverEnds,
        _ => Behaviour::QUICK,
    });
    for name in ["ondelete", "surges", "crashes", "stays"] {
        new_version(&cluster, name, "2");
    }
    cluster.until("the rollouts stand still", Duration::from_secs(60), || {
        let pods = cluster.list("Pod", Some("default"));
        let crashed = pods
            .iter()
            .any(|p| of(p, "crashes") && p["status"]["containerStatuses"].to_string().contains("CrashLoopBackOff"));
        let blocked =
            pods.iter().any(|p| of(p, "surges") && p["status"]["conditions"].to_string().contains("free ports"));
        let stays = pods
            .iter()
            .any(|p| of(p, "stays") && p["metadata"]["deletionTimestamp"].is_string() && p["spec"]["nodeName"] == "n2");
        (crashed && blocked && stays).then_some(())
    });
    // Overdue pods are told once their time is over.
    std::thread::sleep(Duration::from_secs(3));
    let report = doctor(&cluster, &["-n", "default"]);

    let on_delete = finding(set(&report, "ondelete"), "DS501");
    assert_eq!((&on_delete["nodeCount"], &on_delete["evidence"]["count"]), (&json!(4), &json!(4)), "{on_delete:#}");
    let old: Vec<Value> = cluster.list("Pod", Some("default")).into_iter().filter(|p| of(p, "ondelete")).collect();
    for pod in &old {
        assert!(on_delete["evidence"]["pods"].to_string().contains(pod["metadata"]["name"].as_str().unwrap_or("?")));
    }

    let surges = set(&report, "surges");
    finding(surges, "DS504");
    let blocked = finding(surges, "DS513");
    assert!(blocked["message"].as_str().is_some_and(|m| m.contains("free ports")), "{blocked:#}");
    assert!(!codes(surges).contains("DS710"), "{surges:#}");

    let crashes = set(&report, "crashes");
    finding(crashes, "DS425");
    let stuck = finding(crashes, "DS503");
    assert_eq!(
        (&stuck["evidence"]["blockedByRollout"], &stuck["evidence"]["blockedByNode"]),
        (&json!(1), &json!(0)),
        "{stuck:#}"
    );
    assert_eq!(stuck["evidence"]["causes"], json!({"podNotReady": 1}));

    finding(set(&report, "stays"), "DS439");

    // kubectl's own word, for comparison: it waits, and does not say for what.
    let waits = cluster.kubectl(&["rollout", "status", "daemonset/crashes", "--watch=false"]).ok();
    assert!(waits.stdout.contains("out of 4 new pods have been updated"), "{waits}");

    // `status` says it in the doctor's words, and ends with the contract's codes.
    let status = cluster.plugin("admin", &["status", "crashes"]).expect_code(2);
    assert!(status.stdout.contains("exited with code 3"), "{status}");
    let followed = cluster
        .plugin("admin", &["status", "surges", "--wait", "--timeout", "5s", "--give-up-after", "60s"])
        .expect_code(2);
    assert!(followed.stderr.contains("did not finish within 5s"), "{followed}");

    // A quota that came later: the old pod is gone, the new one is refused.
    kubelets.behave(|_| Behaviour::QUICK);
    cluster.create(
        &json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "default"},
        "spec": {"hard": {"pods": "1"}}}),
    );
    cluster.until("the quota is counted", Duration::from_secs(30), || {
        cluster.list("ResourceQuota", Some("default"))[0]["status"]["used"].is_object().then_some(())
    });
    new_version(&cluster, "broad", "2");
    cluster.until("a pod of the rollout is refused", Duration::from_secs(60), || {
        let events = cluster.list("Event", Some("default"));
        let refused = |e: &Value| e["reason"] == "FailedCreate" && e["involvedObject"]["name"] == "broad";
        events.iter().any(refused).then_some(())
    });
    let report = doctor(&cluster, &["broad"]);
    let broad = set(&report, "broad");
    assert!(codes(broad).contains("DS312") || codes(broad).contains("DS315"), "{:?}", codes(broad));
    let stuck = finding(broad, "DS503");
    assert_eq!(stuck["evidence"]["causes"], json!({"notCreated": 1}), "{stuck:#}");
    let status = cluster.plugin("admin", &["status", "broad", "-o", "json"]).expect_code(2).json();
    assert!(has_cause(&status, "DS312") || has_cause(&status, "DS315"), "{status:#}");
    cluster.delete("/api/v1/namespaces/default/resourcequotas/q");
    available(&cluster, "broad", 4);

    // A node that does not answer, and that the pods tolerate: it uses up the bound, and the rollout is not to blame.
    kubelets.silence("n3");
    cluster.until("the silent node is tainted", Duration::from_secs(90), || {
        cluster.get("/api/v1/nodes/n3")["spec"]["taints"].to_string().contains("unreachable").then_some(())
    });
    new_version(&cluster, "broad", "3");
    cluster.until("the rollout has begun", Duration::from_secs(30), || {
        let set = cluster.get(&path("broad"));
        (set["status"]["observedGeneration"] == set["metadata"]["generation"]).then_some(())
    });
    std::thread::sleep(Duration::from_secs(3));
    let report = doctor(&cluster, &["broad"]);
    let broad = set(&report, "broad");
    let held = finding(broad, "DS505");
    assert_eq!((&held["nodes"], &held["evidence"]["blockedByNode"]), (&json!(["n3"]), &json!(1)), "{held:#}");
    assert_eq!(held["evidence"]["blockedByRollout"], 0);

    // A controller that does not look.
    let stopped = Stopped::controllers(&cluster);
    new_version(&cluster, "ondelete", "3");
    let report = doctor(&cluster, &["ondelete"]);
    let behind = finding(set(&report, "ondelete"), "DS502");
    assert_eq!(behind["severity"], "error", "{behind:#}");
    drop(stopped);
}

fn what_the_status_hides() {
    let options = Options { node_grace: Some(Duration::from_secs(12)), ..Options::default() };
    let cluster = Cluster::start_with(options).unwrap_or_else(|why| panic!("{why}"));
    let mut all = names(7);
    let mut nodes: Vec<Value> = all.iter().map(|n| node(n)).collect();
    nodes[0]["metadata"]["labels"]["pool"] = json!("edge");
    cluster.create_nodes(&nodes);
    let kubelets = Kubelets::start(&cluster, all.drain(..));
    cluster.create(&agent("default", "agent", json!({})));
    cluster.create(&agent("default", "picky", json!({"nodeSelector": {"pool": "edge"}})));
    let briefly = json!({"nodeSelector": {"kubernetes.io/hostname": "n4"},
        "tolerations": [{"key": "drain", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}]});
    cluster.create(&agent("default", "briefly", briefly));
    available(&cluster, "agent", 7);
    available(&cluster, "picky", 1);
    available(&cluster, "briefly", 1);

    let taint = |node: &str, taint: &str| drop(cluster.kubectl(&["taint", "node", node, taint]).ok());
    taint("n2", "dedicated=ml:NoSchedule");
    taint("n3", "karpenter.sh/disrupted:NoSchedule");
    let told_of_n6 = |reason: &str| {
        let events = cluster.list("Event", Some("default"));
        events.iter().any(|e| e["reason"] == reason && e["involvedObject"]["name"] == "n6").then_some(())
    };
    // The controller looks once a second, and misses no node that it never saw.
    cluster.until("the node is known", Duration::from_secs(30), || told_of_n6("RegisteredNode"));
    kubelets.silence("n5");
    kubelets.silence("n6");
    cluster.delete("/api/v1/nodes/n6");
    cluster.until("the silent node is given up", Duration::from_secs(90), || {
        cluster.get("/api/v1/nodes/n5")["spec"]["taints"].to_string().contains("unreachable").then_some(())
    });
    cluster.until("the vanished node is forgotten", Duration::from_secs(30), || told_of_n6("RemovingNode"));
    // It is evicted, made, and evicted again: really, and several times a second, so that nothing else is waited for now.
    taint("n4", "drain=now:NoExecute");
    cluster.until("the pod is made again and again", Duration::from_secs(60), || {
        let events = cluster.list("Event", Some("default"));
        events.iter().find(|e| e["reason"] == "TaintManagerEviction")?;
        let made = |e: &&Value| e["reason"] == "SuccessfulCreate" && e["involvedObject"]["name"] == "briefly";
        (events.iter().filter(made).count() >= 3).then_some(())
    });
    let report = doctor(&cluster, &["-n", "default"]);
    let agent = set(&report, "agent");
    let state = |node: &str| on_node(agent, node)["state"].as_str().unwrap_or("?").to_owned();
    assert_eq!((state("n2"), state("n3"), state("n5")), ("stranded".into(), "stranded".into(), "stranded".into()));
    let stranded = finding(agent, "DS506");
    assert_eq!((&stranded["severity"], &stranded["nodes"]), (&json!("warning"), &json!(["n2"])), "{stranded:#}");
    assert_eq!(finding(agent, "DS603")["nodes"], json!(["n3"]));
    let passing = finding(agent, "DS106");
    assert_eq!((&passing["nodes"], &passing["evidence"]["passes"]), (&json!(["n5"]), &json!(true)), "{passing:#}");
    let again = finding(set(&report, "briefly"), "DS512");
    assert_eq!((&again["nodes"], &again["evidence"]["tolerationSeconds"]), (&json!(["n4"]), &json!(0)), "{again:#}");
    let changes = &report["nodeChanges"];
    assert_eq!(changes["left"], json!(["n6"]), "{changes:#}");

    // One that joins is told, too; all the others are as new here, and so say nothing.
    let table = cluster.plugin("admin", &["doctor", "agent", "--grace", "0s"]);
    assert!(table.stdout.contains("1 node left (n6)"), "{table}");

    // A label that changes: the controller deletes the pod at once, so that it must be held to be seen.
    let stopped = Stopped::controllers(&cluster);
    cluster.kubectl(&["label", "node", "n1", "pool-"]).ok();
    let report = doctor(&cluster, &["picky"]);
    let picky = set(&report, "picky");
    assert_eq!(on_node(picky, "n1")["state"], "misscheduled");
    finding(picky, "DS507");
    drop(stopped);
    cluster.until("the controller deletes it", Duration::from_secs(30), || {
        let pods = cluster.list("Pod", Some("default"));
        pods.iter().all(|p| p["metadata"]["labels"]["app"] != "picky").then_some(())
    });
    let report = doctor(&cluster, &["picky"]);
    finding(set(&report, "picky"), "DS110");
}
