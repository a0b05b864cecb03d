//! Which requests a diagnosis costs.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::server::{Served, Server};
use super::{doctor, program, report};

const NODES: usize = 100;

/// A cluster of alike nodes with a DaemonSet on each of them, and what else is to be there.
struct World {
    nodes: BTreeMap<String, Value>,
    daemon_set: Value,
    own: BTreeMap<String, Value>,
    others: Vec<Value>,
    forbidden: Vec<&'static str>,
    broken: Vec<&'static str>,
}

fn name(i: usize) -> String {
    format!("n{i:03}")
}

/// Another workload's pod on a node.
fn pod(node: &str, number: usize, spec: Value) -> Value {
    let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("web-{node}-{number}"), "namespace": "web", "labels": {"app": "web"}},
        "spec": {"nodeName": node, "containers": [{"name": "c", "resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}}}]},
        "status": {"phase": "Running"}});
    if let (Some(own), Some(more)) = (pod["spec"].as_object_mut(), spec.as_object()) {
        own.extend(more.clone());
    }
    pod
}

impl World {
    fn new() -> Self {
        World::of(NODES)
    }

    /// A taint keeps the DaemonSet from a node, and it has no pod there.
    fn exclude(&mut self, node: &str) {
        self.nodes.get_mut(node).expect("a node")["spec"] =
            json!({"taints": [{"key": "dedicated", "value": "ml", "effect": "NoSchedule"}]});
        self.own.remove(node);
    }

    fn of(nodes: usize) -> Self {
        let node = |i| {
            let zone = ["a", "b"][i % 2];
            let labels = json!({"kubernetes.io/hostname": name(i), "kubernetes.io/os": "linux", "zone": zone});
            let status = json!({"allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}], "nodeInfo": {"kubeletVersion": "v1.36.3"}});
            (
                name(i),
                json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name(i), "labels": labels}, "status": status}),
            )
        };
        let spec = json!({"serviceAccountName": "agent",
            "containers": [{"name": "agent", "image": "registry.example/agent:1", "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}}}]});
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "agent", "namespace": "logging", "uid": "u", "generation": 1},
            "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec}},
            "status": {"observedGeneration": 1, "desiredNumberScheduled": nodes}});
        let mut world = World {
            nodes: (0..nodes).map(node).collect(),
            daemon_set,
            own: BTreeMap::new(),
            others: Vec::new(),
            forbidden: Vec::new(),
            broken: Vec::new(),
        };
        world.settle();
        world.others.extend((0..nodes).map(|i| pod(&name(i), 0, json!({}))));
        world
    }

    /// Puts a healthy pod of the present template on every node.
    fn settle(&mut self) {
        let own = |node: &String| {
            let mut spec = self.daemon_set["spec"]["template"]["spec"].clone();
            spec["nodeName"] = node.as_str().into();
            let owner = json!([{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]);
            let pod = json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("agent-{node}"), "namespace": "logging", "uid": format!("p-{node}"), "ownerReferences": owner,
                    "labels": {"app": "agent", "controller-revision-hash": "h1"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
                "spec": spec,
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}});
            (node.clone(), pod)
        };
        self.own = self.nodes.keys().map(own).collect();
    }

    /// The pod of a node waits for a place there.
    fn unbind(&mut self, node: &str) {
        let pod = self.own.get_mut(node).expect("the node has a pod");
        pod["spec"].as_object_mut().expect("a spec").remove("nodeName");
        pod["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
            {"nodeSelectorTerms": [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]}]}}});
        pod["status"] = json!({"phase": "Pending"});
    }

    fn serve(&self) -> Server {
        let account = json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "agent", "namespace": "logging"}});
        let revision = json!({"apiVersion": "apps/v1", "kind": "ControllerRevision", "revision": 1,
            "metadata": {"name": "agent-h1", "namespace": "logging", "labels": {"app": "agent", "controller-revision-hash": "h1"},
                "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]}});
        let namespaces =
            ["logging", "web"].map(|n| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": n}}));
        let all = self.nodes.values().chain(self.own.values()).chain(&self.others).cloned();
        let all = all.chain(namespaces).chain([self.daemon_set.clone(), account, revision]);
        let mut served = Served::new("v1.36.3", all);
        served.forbidden = self.forbidden.iter().map(|f| (*f).to_owned()).collect();
        served.broken = self.broken.iter().map(|f| (*f).to_owned()).collect();
        Server::start(served)
    }

    /// The report, and what was asked beside what a healthy DaemonSet costs; what that costs and was not asked comes
    /// with a `-` before it.
    fn look(&self, arguments: &[&str]) -> (Value, Vec<String>) {
        let server = self.serve();
        let home = tempfile::tempdir().expect("a folder");
        let address = format!("http://127.0.0.1:{}", server.port);
        let report = report(&[arguments, &["--server", &address]].concat(), home.path());
        let asked = server.asked();
        let mut more: Vec<String> =
            HEALTHY.iter().filter(|h| !asked.iter().any(|a| a == *h)).map(|h| format!("-{h}")).collect();
        more.extend(asked.into_iter().filter(|a| !HEALTHY.contains(&a.as_str())));
        (report, more)
    }
}

/// What a healthy DaemonSet costs.
const HEALTHY: [&str; 10] = [
    "GET /api/v1/namespaces metadata.name=logging",
    "GET /api/v1/namespaces/logging/limitranges",
    "GET /api/v1/namespaces/logging/pods app=agent",
    "GET /api/v1/namespaces/logging/resourcequotas",
    "GET /api/v1/namespaces/logging/serviceaccounts metadata.name=agent",
    "GET /api/v1/nodes",
    "GET /apis/apps/v1/namespaces/logging/controllerrevisions app=agent",
    "GET /apis/apps/v1/namespaces/logging/daemonsets",
    "GET /apis/scheduling.k8s.io/v1/priorityclasses",
    "GET /version",
];

const EVENTS: [&str; 3] = [
    "GET /api/v1/namespaces/default/events involvedObject.kind=Node,reason=DeletingNode",
    "GET /api/v1/namespaces/default/events involvedObject.kind=Node,reason=RemovingNode",
    "GET /api/v1/namespaces/logging/events involvedObject.kind=DaemonSet,involvedObject.name=agent",
];
/// Budgets decide whom a fix evicts.
const BUDGETS: &str = "GET /apis/policy/v1/poddisruptionbudgets";
const NOMINATED: &str = "GET /api/v1/pods spec.nodeName=,status.nominatedNodeName!=";

fn on(node: &str) -> String {
    format!("GET /api/v1/pods spec.nodeName={node},status.phase!=Succeeded,status.phase!=Failed")
}

fn sorted<const N: usize>(mut asked: [String; N]) -> Vec<String> {
    asked.sort();
    asked.into()
}

const NAMED: [&str; 3] = ["agent", "-n", "logging"];

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["daemonSets"][0]["findings"].as_array().expect("findings");
    findings.iter().filter_map(|f| f["code"].as_str()).collect()
}

#[test]
fn a_healthy_daemon_set_costs_itself_the_nodes_and_its_pods() {
    let world = World::new();
    let (report, more) = world.look(&NAMED);
    assert_eq!(more, [] as [&str; 0]);
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": NODES}));
    assert_eq!(report["daemonSets"][0]["states"], json!({"healthy": NODES}));
    assert_eq!(codes(&report), [] as [&str; 0]);
    assert_eq!(
        report["notChecked"],
        json!([{"what": "other pods on 100 nodes", "why": "not needed: the running pod proves that the node has capacity"}])
    );
    // In a namespace without a name, too.
    assert_eq!(world.look(&["-n", "logging"]).1, [] as [&str; 0]);
}

#[test]
fn what_the_template_names_is_asked_for_by_name() {
    let mut world = World::new();
    let spec = &mut world.daemon_set["spec"]["template"]["spec"];
    spec["priorityClassName"] = "agents".into();
    spec["runtimeClassName"] = "sandbox".into();
    world.settle();
    let (report, more) = world.look(&NAMED);
    assert_eq!(
        more,
        [
            "-GET /apis/scheduling.k8s.io/v1/priorityclasses",
            // Neither exists; a class of nearly that name is looked for.
            "GET /apis/node.k8s.io/v1/runtimeclasses",
            "GET /apis/node.k8s.io/v1/runtimeclasses metadata.name=sandbox",
            "GET /apis/scheduling.k8s.io/v1/priorityclasses",
            "GET /apis/scheduling.k8s.io/v1/priorityclasses metadata.name=agents",
        ]
        .into_iter()
        .filter(|a| !a.ends_with("priorityclasses"))
        .collect::<Vec<_>>()
    );
    assert_eq!(report["daemonSets"][0]["placements"], json!({"denied": NODES}));
}

#[test]
fn excluded_nodes_are_not_looked_into() {
    let mut world = World::new();
    for i in 0..40 {
        world.exclude(&name(i));
    }
    let (report, more) = world.look(&NAMED);
    assert!(more.is_empty(), "{more:?}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"excluded": 40, "placed": 60}));
    assert_eq!(report["notChecked"].as_array().map(Vec::len), Some(2));
}

#[test]
fn short_of_cpu_on_two_nodes() {
    let mut world = World::new();
    for node in ["n003", "n007"] {
        world.unbind(node);
        world.others.push(pod(node, 1, json!({})));
        world.others.push(pod(node, 2, json!({})));
    }
    let (report, more) = world.look(&NAMED);
    let mut expected = sorted([on("n003"), on("n007"), NOMINATED.to_owned(), BUDGETS.to_owned()]);
    expected.extend(EVENTS.map(str::to_owned));
    expected.sort();
    assert_eq!(more, expected);
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": 98, "unschedulable": 2}));
    let reason = &report["daemonSets"][0]["nodes"][3]["reasons"][0];
    assert_eq!(
        reason["message"],
        "the pod requests 100m cpu, but 0 of 4 cpu is free (600m short, overcommitted by 500m); largest cpu requests: web/web-n003-0 1500m, web/web-n003-1 1500m, web/web-n003-2 1500m"
    );
}

#[test]
fn short_of_cpu_everywhere() {
    let mut world = World::new();
    for i in 0..NODES {
        world.unbind(&name(i));
        world.others.push(pod(&name(i), 1, json!({})));
        world.others.push(pod(&name(i), 2, json!({})));
    }
    let (report, more) = world.look(&NAMED);
    assert_eq!(more, [EVENTS[0], EVENTS[1], EVENTS[2], "GET /api/v1/pods", BUDGETS]);
    assert_eq!(report["daemonSets"][0]["placements"], json!({"unschedulable": NODES}));
    let fix = &report["daemonSets"][0]["findings"][0]["fix"];
    // Evicting pods that are only known by their sums would help, and that is known.
    assert_eq!((fix["nodesFixed"].as_u64(), fix["risk"].as_str()), (Some(NODES as u64), Some("evicts-pods")));
    assert_eq!(report["notChecked"], json!([]));
}

/// What befalls a pod on its node its events tell.
#[test]
fn a_pod_that_crashes_costs_its_events() {
    let mut world = World::new();
    for i in 0..3 {
        let pod = world.own.get_mut(&name(i)).expect("the node has a pod");
        pod["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]});
    }
    let of_pod = |i| {
        let pod = format!("involvedObject.kind=Pod,involvedObject.name=agent-{}", name(i));
        format!("GET /api/v1/namespaces/logging/events {pod}")
    };
    let (report, more) = world.look(&NAMED);
    let mut expected = sorted([of_pod(0), of_pod(1), of_pod(2)]);
    expected.extend(EVENTS.map(str::to_owned));
    expected.sort();
    assert_eq!(more, expected);
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": NODES}));
    // Of many, all at once.
    for pod in world.own.values_mut() {
        pod["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]});
    }
    let (_, more) = world.look(&NAMED);
    let all = "GET /api/v1/namespaces/logging/events involvedObject.kind=Pod";
    assert_eq!(more, [EVENTS[0], EVENTS[1], EVENTS[2], all]);
}

#[test]
fn a_port_on_few_nodes() {
    let mut world = World::new();
    let spec = &mut world.daemon_set["spec"]["template"]["spec"];
    spec["hostNetwork"] = true.into();
    spec["containers"][0]["ports"] = json!([{"containerPort": 9100, "hostPort": 9100}]);
    world.settle();
    world.unbind("n003");
    let container = json!([{"name": "c", "ports": [{"containerPort": 9100, "hostPort": 9100}]}]);
    world.others.push(pod("n003", 1, json!({"containers": container})));
    let (report, more) = world.look(&NAMED);
    assert_eq!(
        more,
        sorted([on("n003"), NOMINATED.to_owned(), EVENTS[0].to_owned(), EVENTS[1].to_owned(), EVENTS[2].to_owned()])
    );
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": 99, "unschedulable": 1}));
    // Another port would do where the program does not open it itself, if it is free on every node.
    let spec = &mut world.daemon_set["spec"]["template"]["spec"];
    spec["hostNetwork"] = false.into();
    let (report, more) = world.look(&NAMED);
    assert!(more.contains(&"GET /api/v1/pods".to_owned()), "{more:?}");
    assert_eq!(report["daemonSets"][0]["findings"][0]["fix"]["nodesFixed"], 1);
}

#[test]
fn labels_and_claims_are_asked_for_where_they_decide() {
    let mut world = World::new();
    let away = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        [{"labelSelector": {"matchLabels": {"app": "web"}}, "namespaces": ["web"], "topologyKey": "kubernetes.io/hostname"}]}});
    world.daemon_set["spec"]["template"]["spec"]["affinity"] = away;
    let (report, more) = world.look(&NAMED);
    assert!(more.contains(&"GET /api/v1/pods".to_owned()), "{more:?}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"unschedulable": NODES}));

    let mut world = World::new();
    world.daemon_set["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]);
    let (report, more) = world.look(&NAMED);
    for asked in [
        "GET /api/v1/persistentvolumeclaims",
        "GET /api/v1/persistentvolumes",
        "GET /api/v1/pods",
        "GET /apis/storage.k8s.io/v1/csidrivers",
        "GET /apis/storage.k8s.io/v1/csinodes",
        "GET /apis/storage.k8s.io/v1/csistoragecapacities",
        "GET /apis/storage.k8s.io/v1/storageclasses",
        "GET /apis/storage.k8s.io/v1/volumeattachments",
    ] {
        assert!(more.iter().any(|more| more == asked), "{asked} in {more:?}");
    }
    assert_eq!(report["daemonSets"][0]["placements"], json!({"unschedulable": NODES}));
}

/// A new pod that asks for more than the old one holds has no proof.
#[test]
fn the_driver_of_an_inline_volume_is_looked_for() {
    let mut world = World::of(3);
    let spec = &mut world.daemon_set["spec"]["template"]["spec"];
    spec["volumes"] = json!([{"name": "secrets", "csi": {"driver": "secrets-store.csi.k8s.io"}}]);
    world.own.clear();
    world.others.extend((0..2).map(|i| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "CSINode", "metadata": {"name": name(i)},
            "spec": {"drivers": [{"name": "secrets-store.csi.k8s.io", "nodeID": name(i)}]}})
    }));
    let (report, more) = world.look(&NAMED);
    assert!(more.contains(&"GET /apis/storage.k8s.io/v1/csinodes".to_owned()), "{more:?}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": 2, "blocked": 1}));
}

#[test]
fn a_larger_template_is_held_against_every_node() {
    let mut world = World::new();
    let resources = &mut world.daemon_set["spec"]["template"]["spec"]["containers"][0]["resources"];
    resources["requests"]["cpu"] = "3".into();
    let (report, more) = world.look(&NAMED);
    assert_eq!(more, ["GET /api/v1/pods", BUDGETS]);
    assert_eq!(report["daemonSets"][0]["placements"], json!({"unschedulable": NODES}));
    assert_eq!(report["daemonSets"][0]["states"], json!({"stranded": NODES}));
}

/// Where the template names its node, that node's pods decide and no others.
#[test]
fn a_template_that_names_its_node_costs_that_node() {
    let mut world = World::new();
    world.daemon_set["spec"]["template"]["spec"]["nodeName"] = "n030".into();
    world.daemon_set["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"] = "3".into();
    world.own.clear();
    let (report, more) = world.look(&NAMED);
    assert!(more.contains(&on("n030")), "{more:?}");
    assert!(!more.iter().any(|asked| asked == "GET /api/v1/pods" || *asked == on("n031")), "{more:?}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"excluded": NODES - 1, "rejected": 1}));
    assert!(codes(&report).contains(&"DS401"), "{report:#}");
}

/// Who owns the pod that is in the way is known however pods were read.
#[test]
fn the_owner_of_a_pod_that_keeps_others_away_is_named() {
    let mut world = World::new();
    world.own.remove("n030");
    let away = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        [{"labelSelector": {"matchLabels": {"app": "agent"}}, "namespaces": ["logging"], "topologyKey": "kubernetes.io/hostname"}]}});
    let mut repellent = pod("n030", 1, json!({"affinity": away}));
    repellent["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "r", "controller": true}]);
    world.others.push(repellent);
    for arguments in [&NAMED[..], &["agent", "-n", "logging", "--all-pods"], &["-A"]] {
        let (report, _) = world.look(arguments);
        let findings = report["daemonSets"][0]["findings"].to_string();
        assert!(findings.contains("ReplicaSet web/web-1"), "{arguments:?}: {findings}");
    }
}

/// A pod that is on its way out, or lacks a label of the template, proves nothing of its successor.
#[test]
fn a_pod_that_goes_or_looks_different_is_no_proof() {
    let mut world = World::new();
    world.own.get_mut("n010").expect("a pod")["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    world.daemon_set["spec"]["template"]["metadata"]["labels"]["tier"] = "x".into();
    for (node, pod) in &mut world.own {
        if node != "n020" {
            pod["metadata"]["labels"]["tier"] = "x".into();
        }
    }
    let away = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        [{"labelSelector": {"matchLabels": {"tier": "x"}}, "namespaces": ["logging"], "topologyKey": "kubernetes.io/hostname"}]}});
    world.others.push(pod("n020", 1, json!({"affinity": away})));
    let (report, more) = world.look(&NAMED);
    for node in ["n010", "n020"] {
        assert!(more.contains(&on(node)), "{more:?}");
    }
    assert!(!more.contains(&on("n030")), "{more:?}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": NODES - 1, "unschedulable": 1}));
}

/// A pod of another node's can keep this one away, by a label that both nodes have.
#[test]
fn nodes_of_a_domain_without_own_pods_are_looked_into() {
    let mut world = World::new();
    for i in [10, 11, 12] {
        world.nodes.get_mut(&name(i)).expect("a node")["metadata"]["labels"]["rack"] = "7".into();
    }
    world.unbind("n010");
    for i in [11, 12] {
        world.exclude(&name(i));
    }
    let away = json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution":
        [{"labelSelector": {"matchLabels": {"app": "agent"}}, "namespaces": ["logging"], "topologyKey": "rack"}]}});
    world.others.push(pod("n012", 1, json!({"affinity": away})));
    let (report, more) = world.look(&NAMED);
    for node in ["n010", "n011", "n012"] {
        assert!(more.contains(&on(node)), "{more:?}");
    }
    let node = &report["daemonSets"][0]["nodes"][10];
    assert_eq!(
        (node["placement"].as_str(), node["reasons"][0]["plugin"].as_str()),
        (Some("unschedulable"), Some("InterPodAffinity"))
    );
    // Where one of them did not answer, what its pods want is not known.
    world.broken = vec!["spec.nodeName=n012,status.phase!=Succeeded,status.phase!=Failed"];
    let (report, _) = world.look(&NAMED);
    assert_eq!(report["daemonSets"][0]["nodes"][10]["placement"], "unknown");
    assert_eq!(report["daemonSets"][0]["placements"]["placed"], NODES - 3);
}

#[test]
fn one_pass_over_nodes_and_pods_for_all_daemon_sets() {
    let world = World::new();
    let (report, more) = world.look(&["-A"]);
    assert_eq!(
        more,
        [
            "-GET /api/v1/namespaces/logging/pods app=agent",
            "-GET /apis/apps/v1/namespaces/logging/daemonsets",
            "GET /api/v1/pods",
            "GET /apis/apps/v1/daemonsets",
        ]
    );
    assert_eq!(report["daemonSets"][0]["states"], json!({"healthy": NODES}));
    assert_eq!(report["notChecked"], json!([]));
}

/// A node that wants no pod tells all the same what else is in the way there, as a saved cluster does.
#[test]
fn few_excluded_nodes_are_looked_into_where_they_are_listed() {
    let mut world = World::new();
    for node in ["n003", "n007"] {
        world.exclude(node);
        world.others.push(pod(node, 1, json!({})));
        world.others.push(pod(node, 2, json!({})));
    }
    let (report, more) = world.look(&NAMED);
    assert_eq!(more, sorted([on("n003"), on("n007"), NOMINATED.to_owned()]));
    let node = &report["daemonSets"][0]["nodes"][3];
    let codes: Vec<&str> =
        node["reasons"].as_array().expect("reasons").iter().filter_map(|reason| reason["code"].as_str()).collect();
    assert_eq!((node["placement"].as_str(), codes.as_slice()), (Some("excluded"), &["DS104", "DS210"][..]));
    assert_eq!(report["notChecked"].as_array().map(Vec::len), Some(1));
    // Whoever is told causes is not told of them, and they are not looked for.
    let server = world.serve();
    let home = tempfile::tempdir().expect("a folder");
    let address = format!("http://127.0.0.1:{}", server.port);
    doctor(&[&NAMED[..], &["--server", &address]].concat(), home.path());
    assert!(!server.asked().contains(&on("n003")), "{:?}", server.asked());
}

#[test]
fn all_pods_are_read_where_somebody_wants_every_reason() {
    let mut world = World::new();
    for i in 0..40 {
        world.exclude(&name(i));
    }
    world.others.extend([1, 2].map(|number| pod("n003", number, json!({}))));
    let (report, more) = world.look(&[&NAMED[..], &["--all-pods"]].concat());
    let own = "-GET /api/v1/namespaces/logging/pods app=agent";
    assert_eq!(more, [own, "GET /api/v1/pods"]);
    assert_eq!(report["notChecked"], json!([]));
    let reasons = &report["daemonSets"][0]["nodes"][3]["reasons"];
    assert_eq!(reasons[1]["code"], "DS210", "{reasons}");
}

/// Once it is clear that every node's pods are needed, the DaemonSet's own are no longer read by themselves.
#[test]
fn own_pods_that_wait_are_not_read_twice() {
    let mut world = World::of(1_200);
    for i in 0..1_200 {
        world.unbind(&name(i));
    }
    let server = world.serve();
    let home = tempfile::tempdir().expect("a folder");
    let address = format!("http://127.0.0.1:{}", server.port);
    let report = report(&[&NAMED[..], &["--server", &address]].concat(), home.path());
    assert_eq!(report["daemonSets"][0]["states"], json!({"pending": 1_200}));
    let asked = server.asked();
    let of = |path: &str| asked.iter().filter(|asked| asked.starts_with(path)).count();
    // The list is left off once it is clear.
    assert_eq!(of("GET /api/v1/namespaces/logging/pods"), 1, "{asked:?}");
    // A server that streams is asked for all at once.
    assert_eq!(of("GET /api/v1/pods"), 1, "{asked:?}");
    assert_eq!(of("GET /api/v1/nodes"), 1, "{asked:?}");
}

/// Why agents are, or are not, on one node is a question about its own pods.
#[test]
fn a_node_without_a_name_costs_its_own_pods() {
    let mut world = World::new();
    world.others.extend([1, 2].map(|number| pod("n003", number, json!({}))));
    world.own.remove("n003");
    let (report, more) = world.look(&["--node", "n003"]);
    let of_node = "GET /api/v1/pods spec.nodeName=n003,status.phase!=Succeeded,status.phase!=Failed";
    assert!(more.iter().any(|asked| asked == of_node), "{more:?}");
    assert!(!more.iter().any(|asked| asked == "GET /api/v1/pods"), "{more:?}");
    let node = &report["daemonSets"][0]["nodes"][0];
    assert_eq!((node["name"].as_str(), node["state"].as_str()), (Some("n003"), Some("missing")), "{node}");
}

/// A pod that a webhook changed is judged by its own spec: what that looks at must not have become a part of a sum.
#[test]
fn pods_are_read_again_where_too_little_of_them_was_kept() {
    let mut world = World::new();
    world.unbind("n003");
    let port = json!([{"containerPort": 9100, "hostPort": 9100}]);
    let own = world.own.get_mut("n003").expect("the node has a pod");
    own["spec"]["containers"][0]["ports"] = port.clone();
    own["spec"]["tolerations"] = json!([{"operator": "Exists"}]);
    world.others.push(pod("n003", 1, json!({"containers": [{"name": "c", "ports": port}]})));
    let (report, more) = world.look(&["-A"]);
    let node = &report["daemonSets"][0]["nodes"][0];
    assert_eq!((node["name"].as_str(), node["placement"].as_str()), (Some("n003"), Some("unschedulable")), "{node}");
    assert_eq!(more.iter().filter(|asked| *asked == "GET /api/v1/pods").count(), 2, "{more:?}");
}

#[test]
fn events_of_many_daemon_sets_of_a_namespace_are_one_list() {
    let mut world = World::new();
    for pod in world.own.values_mut() {
        pod["status"] = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False"}]});
    }
    for number in 0..3 {
        let rename =
            |text: String| text.replace("agent", &format!("other{number}")).replace("\"u\"", &format!("\"u{number}\""));
        let copy = |object: &Value| serde_json::from_str(&rename(object.to_string())).expect("an object");
        let pods: Vec<Value> = world.own.values().map(copy).collect();
        world.others.push(copy(&world.daemon_set));
        world.others.extend(pods);
    }
    let (report, more) = world.look(&["-A"]);
    assert_eq!(report["daemonSets"].as_array().map(Vec::len), Some(4));
    let all = "GET /api/v1/namespaces/logging/events involvedObject.kind=Pod";
    assert_eq!(more.iter().filter(|asked| *asked == all).count(), 1, "{more:?}");
}

/// What nobody may look at is not missing.
#[test]
fn without_the_right_to_list_pods_nothing_is_known() {
    let mut world = World::new();
    world.forbidden = vec!["list pods", "list */pods"];
    world.daemon_set["status"]["currentNumberScheduled"] = NODES.into();
    world.daemon_set["status"]["numberReady"] = (NODES - 1).into();
    for arguments in [&NAMED[..], &["-A"]] {
        let (report, _) = world.look(arguments);
        assert_eq!(report["daemonSets"][0]["placements"], json!({"unknown": NODES}));
        assert_eq!(report["daemonSets"][0]["states"], json!({"unknown": NODES}));
        assert!(!report.to_string().contains("missing"), "{report}");
        let missing = report["notChecked"].to_string();
        assert!(missing.contains("forbidden: needs `list` on `pods`"), "{missing}");
        assert!(!missing.contains("not needed for the verdict"), "{missing}");
    }
    // Where the pods of the namespace may be listed, one that is not there is missing.
    world.forbidden = vec!["list pods"];
    world.own.remove("n003");
    let (report, _) = world.look(&NAMED);
    assert_eq!(report["daemonSets"][0]["states"], json!({"healthy": NODES - 1, "missing": 1}));
}

/// Whether a rollout is held up rests on what tells old pods from new ones.
#[test]
fn without_revisions_it_is_said_what_is_not_known() {
    let mut world = World::new();
    world.forbidden = vec!["list */controllerrevisions"];
    let (report, _) = world.look(&NAMED);
    let missing = report["notChecked"].to_string();
    let what = "which pods of logging/agent are outdated (controllerrevisions)";
    assert!(
        missing.contains(what) && missing.contains("forbidden: needs `list` on `controllerrevisions`"),
        "{missing}"
    );
    // Generations tell as well; that a list was refused is said all the same.
    world.daemon_set["metadata"]["annotations"] = json!({"deprecated.daemonset.template.generation": "1"});
    for pod in world.own.values_mut() {
        pod["metadata"]["labels"]["pod-template-generation"] = "1".into();
    }
    let (report, _) = world.look(&NAMED);
    let missing = report["notChecked"].to_string();
    assert!(!missing.contains(what) && missing.contains("controllerrevisions in namespace logging"), "{missing}");
}

#[test]
fn with_the_rights_of_a_namespace_the_nodes_with_pods_are_judged() {
    let mut world = World::new();
    world.forbidden = vec!["list pods", "list priorityclasses"];
    world.unbind("n003");
    let (report, _) = world.look(&NAMED);
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": 99, "unknown": 1}));
    let missing = report["notChecked"].to_string();
    assert!(missing.contains("forbidden: needs `list` on `pods`"), "{missing}");
    // With -A the pods of the DaemonSets' own namespaces are asked for.
    let (report, more) = world.look(&["-A"]);
    assert!(!more.contains(&"-GET /api/v1/namespaces/logging/pods app=agent".to_owned()), "{more:?}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": 99, "unknown": 1}));
}

#[test]
fn a_document_is_held_against_every_pod() {
    let world = World::new();
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("ds.json");
    let mut document = world.daemon_set.clone();
    document["metadata"].as_object_mut().expect("metadata").remove("uid");
    std::fs::write(&path, document.to_string()).expect("a written file");
    let (report, more) = world.look(&["-f", path.to_str().expect("a name")]);
    assert_eq!(more, with_hooks(&["GET /api/v1/pods"]));
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": NODES}));
    assert_eq!(report["notChecked"], json!([]));
}

/// Requests, and those by which it is known who is asked about the pods of a document.
fn with_hooks(more: &[&str]) -> Vec<String> {
    const HOOKS: [&str; 6] = [
        "mutatingadmissionpolicies",
        "mutatingadmissionpolicybindings",
        "mutatingwebhookconfigurations",
        "validatingadmissionpolicies",
        "validatingadmissionpolicybindings",
        "validatingwebhookconfigurations",
    ];
    let hooks = HOOKS.map(|resource| format!("GET /apis/admissionregistration.k8s.io/v1/{resource}"));
    let mut all: Vec<String> = more.iter().map(|asked| (*asked).to_owned()).chain(hooks).collect();
    all.sort();
    all
}

/// A webhook for pods that denies where it cannot be called.
fn webhook() -> Value {
    json!({"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": "guard"},
        "webhooks": [{"name": "guard.example.com", "failurePolicy": "Fail", "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"namespace": "guard", "name": "guard", "path": "/"}},
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]}]})
}

#[test]
fn the_webhooks_of_a_document_and_their_endpoints_are_read() {
    let mut world = World::new();
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("ds.json");
    let mut document = next(&world.daemon_set);
    document["metadata"]["name"] = "other".into();
    document["spec"]["selector"] = json!({"matchLabels": {"app": "other"}});
    document["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    std::fs::write(&path, document.to_string()).expect("a written file");
    let written = ["-f", path.to_str().expect("a name")];
    world.others.push(webhook());
    let endpoints = |ready: bool| {
        json!({"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": "guard-1", "namespace": "guard", "labels": {"kubernetes.io/service-name": "guard"}},
            "addressType": "IPv4", "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready, "serving": ready}}]})
    };
    world.others.push(endpoints(true));
    let (report, more) = world.look(&written);
    assert!(more.contains(&"GET /apis/discovery.k8s.io/v1/namespaces/guard/endpointslices".to_owned()), "{more:?}");
    let unseen = report["notChecked"].to_string();
    assert!(unseen.contains("guard.example.com"), "{unseen}");
    assert_eq!(report["daemonSets"][0]["placements"], json!({"placed": NODES}));
    // Without an endpoint the API server denies every pod.
    *world.others.last_mut().expect("endpoints") = endpoints(false);
    let (report, _) = world.look(&written);
    assert_eq!(codes(&report), ["DS321"], "{report}");
    // Nothing of it is asked about what is deployed.
    let (_, more) = world.look(&NAMED);
    assert!(more.is_empty(), "{more:?}");
    // A role that may not list the webhooks is told so.
    world.forbidden = vec!["list validatingwebhookconfigurations"];
    let (report, _) = world.look(&written);
    let unseen = report["notChecked"].to_string();
    assert!(
        unseen.contains("forbidden: needs `list` on `validatingwebhookconfigurations`; `--probe-admission`"),
        "{unseen}"
    );
}

/// The first change lets the API server create the pods; that they then lack a ConfigMap is known live as well.
#[test]
fn the_trial_of_a_fix_asks_what_the_pods_would_then_need() {
    let mut world = World::of(3);
    world.own.clear();
    let spec = &mut world.daemon_set["spec"]["template"]["spec"];
    spec["serviceAccountName"] = "missing".into();
    spec["volumes"] = json!([{"name": "config", "configMap": {"name": "agent-config"}}]);
    let (report, more) = world.look(&NAMED);
    assert!(codes(&report).contains(&"DS303"), "{report}");
    assert!(more.contains(&"GET /api/v1/namespaces/logging/configmaps/agent-config".to_owned()), "{more:?}");
    let findings = report["daemonSets"][0]["findings"].as_array().expect("findings");
    let denied = findings.iter().find(|finding| finding["code"] == "DS303").expect("it is found");
    assert!(denied["fix"].is_null() || denied["fix"]["nodesFixed"] == 0, "{denied}");
}

/// What a deployment's plan asks beside its prediction: the object itself, its permissions and what it would prune.
fn is_of_plan(asked: &str) -> bool {
    let is_single = asked.starts_with("GET /apis/apps/v1/namespaces/logging/daemonsets/");
    is_single || !asked.starts_with("GET ") || asked.contains("applyset.kubernetes.io")
}

#[test]
fn a_prediction_asks_what_a_document_asks_of_doctor() {
    let world = World::new();
    let reads = |command: &str, document: &Value, more: &[&str]| {
        let home = tempfile::tempdir().expect("a folder");
        std::fs::write(home.path().join("ds.json"), document.to_string()).expect("a file");
        let server = world.serve();
        let address = format!("http://127.0.0.1:{}", server.port);
        let ran = program(command, &[&["-f", "ds.json", "--server", &address], more].concat(), home.path());
        assert!(ran.status.code().is_some_and(|code| code != 1), "{}", String::from_utf8_lossy(&ran.stderr));
        let mut asked = server.asked();
        asked.retain(|asked| !is_of_plan(asked));
        asked
    };
    let mut document = next(&world.daemon_set);
    let of_revisions = "GET /apis/apps/v1/namespaces/logging/controllerrevisions".to_owned();
    let mut expected = reads("doctor", &document, &[]);
    // Which revision holds the template already is asked of all of them, whole; what is pruned rests on them as well.
    expected.extend([of_revisions.clone(), of_revisions]);
    expected.sort();
    assert_eq!(reads("deploy", &document, &["--dry-run=server"]), expected);
    for path in ["/metadata/name", "/spec/selector/matchLabels/app", "/spec/template/metadata/labels/app"] {
        *document.pointer_mut(path).expect("a name") = "another".into();
    }
    let mut expected = reads("doctor", &document, &[]);
    // Two owners would fight for pods that both select.
    expected.extend(["deployments", "statefulsets"].map(|r| format!("GET /apis/apps/v1/namespaces/logging/{r}")));
    expected.sort();
    assert_eq!(reads("deploy", &document, &["--dry-run=server"]), expected);
}

/// The next version of a DaemonSet, as a document.
fn next(daemon_set: &Value) -> Value {
    let mut document = daemon_set.clone();
    document["metadata"] =
        json!({"name": daemon_set["metadata"]["name"], "namespace": daemon_set["metadata"]["namespace"]});
    document.as_object_mut().expect("an object").remove("status");
    document["spec"]["template"]["metadata"]["annotations"] = json!({"version": "next"});
    document
}
