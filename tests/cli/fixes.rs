//! What a printed fix does to whoever pastes it: every combination of a few faults, in both languages.

use serde_json::{Value, json};

use super::album::Album;
use super::{file, run};

/// A fault of the document, and what in the cluster makes it one.
const FAULTS: [&str; 6] = ["selector", "taint", "request", "port", "other port", "affinity"];

fn has(faults: usize, fault: &str) -> bool {
    FAULTS.iter().position(|known| *known == fault).is_some_and(|place| faults >> place & 1 == 1)
}

fn cluster(faults: usize) -> Value {
    let node = |name: &str| {
        let taints = if has(faults, "taint") {
            json!([{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}, {"key": "no", "value": "null", "effect": "NoExecute"}])
        } else {
            json!([])
        };
        json!({"apiVersion": "v1", "kind": "Node",
            "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
                "pool": "gpu", "example.com/Disk-Kind": "true"}},
            "spec": {"taints": taints},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    let mut items = vec![node("n1"), node("n2")];
    items.push(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "agents"}}));
    if has(faults, "request") {
        items.push(
            json!({"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small", "namespace": "agents"},
            "spec": {"limits": [{"type": "Container", "max": {"cpu": "100m"}}]}}),
        );
    }
    let ports: Vec<Value> = [("port", 9100), ("other port", 9200)]
        .iter()
        .filter(|(fault, _)| has(faults, fault))
        .map(|(_, port)| json!({"containerPort": port, "hostPort": port}))
        .collect();
    for node in ["n1", "n2"] {
        items.push(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("p-{node}"), "namespace": "agents"},
            "spec": {"nodeName": node, "containers": [{"name": "x", "ports": ports}]}, "status": {"phase": "Running"}}),
        );
    }
    json!({"apiVersion": "v1", "kind": "List", "items": items})
}

fn apps(faults: usize) -> Value {
    let affinity = if has(faults, "affinity") { "yes" } else { "true" };
    let terms =
        json!([{"matchExpressions": [{"key": "example.com/Disk-Kind", "operator": "In", "values": [affinity]}]}]);
    let required = json!({"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}});
    let container = |name: &str, port: u16| {
        json!({"name": name, "image": "registry.example/agent:1", "env": [{"name": "null", "value": "no"}],
            "resources": {"requests": {"cpu": if has(faults, "request") { "300m" } else { "50m" }}},
            "ports": [{"containerPort": 8080}, {"name": "m", "containerPort": port, "hostPort": port}]})
    };
    json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "agents"},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}},
            "spec": {
                "nodeSelector": {"pool": if has(faults, "selector") { "GPU" } else { "gpu" }, "kubernetes.io/os": "linux"},
                "affinity": {"nodeAffinity": required},
                "tolerations": [{"key": "other", "operator": "Exists"}],
                "initContainers": [{"name": "first", "image": "registry.example/agent:1"}],
                "containers": [container("agent", 9100), container("second", 9200)]}}}})
}

fn spec(faults: usize) -> Value {
    let cpu = if has(faults, "request") { "300m" } else { "50m" };
    json!({"apiVersion": "kubernetes.project-planton.org/v1", "kind": "KubernetesDaemonSet", "metadata": {"name": "agent"},
        "spec": {"namespace": "agents",
            "node_selector": {"pool": if has(faults, "selector") { "GPU" } else { "gpu" }},
            "tolerations": [{"key": "other", "operator": "Exists"}],
            "container": {"app": {"image": {"repo": "registry.example/agent", "tag": "1"},
                "resources": {"requests": {"cpu": cpu}},
                "ports": [{"name": "web", "container_port": 8080},
                    {"name": "m", "container_port": 9100, "host_port": 9100},
                    {"name": "n", "container_port": 9200, "host_port": 9200}]}}}})
}

/// What `kubectl patch` does: maps are merged, `null` takes a key away, items of these lists are told apart by a key.
fn patched(document: &mut Value, patch: &Value, strategic: bool) {
    let Some(fields) = patch.as_object() else {
        *document = patch.clone();
        return;
    };
    for (field, change) in fields {
        let key = [("containers", "name"), ("ports", "containerPort")].iter().find(|(list, _)| list == field);
        if change.is_null() {
            document.as_object_mut().unwrap().remove(field);
        } else if let (true, Some((_, key)), Some(there)) = (strategic, key, document[field].as_array_mut()) {
            for item in change.as_array().unwrap() {
                match there.iter_mut().find(|known| known[key] == item[key]) {
                    Some(known) => patched(known, item, strategic),
                    None => there.push(item.clone()),
                }
            }
        } else {
            if change.is_object() && !document[field].is_object() {
                document[field] = json!({});
            }
            patched(&mut document[field], change, strategic);
        }
    }
}

#[test]
fn every_printed_fix_mends_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let (mut fixes, mut whole) = (0, 0);
    for faults in 1..1 << FAULTS.len() {
        let beside = file(&folder, "cluster.json", &cluster(faults).to_string());
        let judge = |document: &Value| -> Value {
            let written = file(&folder, "document.json", &document.to_string());
            let ran = run(&["doctor", "-f", &written, "--snapshot", &beside, "-o", "json"]);
            let report: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
            report["daemonSets"][0].clone()
        };
        let placed = |report: &Value| report["placements"]["placed"].as_u64().unwrap_or(0);
        for (language, document) in [("apps/v1", apps(faults)), ("spec", spec(faults))] {
            let report = judge(&document);
            for fix in report["findings"].as_array().unwrap().iter().map(|f| &f["fix"]).filter(|fix| fix.is_object()) {
                if fix["target"] != "daemonset" {
                    continue;
                }
                assert_eq!(fix["language"], language, "{fix}");
                let mut mended = document.clone();
                let patch: Value = serde_yaml::from_str(fix["patch"].as_str().unwrap()).unwrap();
                patched(&mut mended, &patch, language == "apps/v1");
                let after = judge(&mended);
                let gained = placed(&after) - placed(&report);
                assert_eq!(Some(gained), fix["nodesFixed"].as_u64(), "{faults:b} {fix:#}\n{after:#}");
                fixes += 1;
                whole += usize::from(faults.count_ones() > 2);
            }
        }
    }
    assert!(fixes > 30 && whole > 5, "{fixes} fixes were tried, {whole} of several changes");
}

#[test]
fn two_changes_of_one_container_stand_in_one_patch() {
    let folder = tempfile::tempdir().unwrap();
    let faults = 0b11100;
    let beside = file(&folder, "cluster.json", &cluster(faults).to_string());
    let written = file(&folder, "document.json", &apps(faults).to_string());
    let ran = run(&["doctor", "-f", &written, "--snapshot", &beside, "-o", "json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let mut fixes = report["daemonSets"][0]["findings"].as_array().unwrap().iter().map(|finding| &finding["fix"]);
    let fix = fixes.find(|fix| fix.is_object()).unwrap_or_else(|| panic!("{report:#}"));
    let patch: Value = serde_yaml::from_str(fix["patch"].as_str().unwrap()).unwrap();
    let limited = |name: &str, port: u16| {
        json!({"name": name, "resources": {"requests": {"cpu": "100m"}},
            "ports": [{"containerPort": port, "protocol": "TCP", "hostPort": port + 1}]})
    };
    assert_eq!(
        patch["spec"]["template"]["spec"],
        json!({"containers": [limited("agent", 9100), limited("second", 9200)]}),
        "{fix:#}"
    );
    assert_eq!(fix["nodesFixed"], 2, "{fix}");
}

/// A tenant's object of many distinct faults: changes are looked for up to a bound, and the rest is counted.
#[test]
fn of_many_findings_the_worst_get_a_fix_and_the_others_are_counted() {
    let folder = tempfile::tempdir().unwrap();
    let constraints: Vec<Value> = (0..60)
        .map(|n| {
            json!({"maxSkew": 1, "topologyKey": format!("t{n}"), "whenUnsatisfiable": "DoNotSchedule",
                "labelSelector": {"matchLabels": {"app": "agent"}}})
        })
        .collect();
    let mut document = apps(0);
    document["spec"]["template"]["spec"]["topologySpreadConstraints"] = constraints.into();
    let beside = file(&folder, "cluster.json", &cluster(0).to_string());
    let written = file(&folder, "document.json", &document.to_string());
    let ran = run(&["doctor", "-f", &written, "--snapshot", &beside]);
    let mut album = Album::new("fixes/of-many");
    album.show("report", &ran.stdout);
    album.close();
}

/// The smallest class that suffices is proposed, or one to be created; none of Kubernetes' own, which some platforms deny.
#[test]
fn the_smallest_priority_class_makes_room() {
    let folder = tempfile::tempdir().expect("a folder");
    let class = |name: &str, value: i64| json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value});
    let node = |labels: Value| {
        json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1", "labels": labels},
            "status": {"allocatable": {"cpu": "1", "memory": "8Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}]}})
    };
    let other = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"nodeName": "n1", "priority": 10, "containers": [{"name": "c", "resources": {"requests": {"cpu": "950m"}}}]},
        "status": {"phase": "Running"}});
    let document = file(
        &folder,
        "ds.json",
        &json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "agents"},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"metadata": {"labels": {"a": "b"}},
                "spec": {"containers": [{"name": "c", "image": "i", "resources": {"requests": {"cpu": "400m"}}}]}}}})
        .to_string(),
    );
    let gke = json!({"cloud.google.com/gke-nodepool": "default"});
    let classes = [class("low", 5), class("agents", 1000), class("high", 1_000_000)];
    for (labels, classes, expected) in [
        (json!({}), &classes[..], "agents"),
        (json!({}), &[], "name: agent-priority"),
        (gke.clone(), &classes[..], "agents"),
        (gke, &[], "name: agent-priority"),
    ] {
        let items = [&[node(labels.clone()), other.clone()], classes].concat();
        let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
        let cluster = file(&folder, "cluster.json", &list.to_string());
        let ran = run(&["doctor", "-f", &document, "--snapshot", &cluster, "-o", "json"]);
        let report: Value = serde_json::from_str(&ran.stdout).expect("JSON");
        let fix = &report["daemonSets"][0]["findings"][0]["fix"];
        let patch = fix["patch"].as_str().unwrap_or_default();
        assert!(patch.contains(expected) && patch.contains("priorityClassName"), "{labels}: {fix}");
        assert!(!patch.contains("system-"), "{labels}: {fix}");
    }
}
