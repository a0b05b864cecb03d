//! What the browser is shown: a cluster of a hostile author, and a report of a large cluster.

use std::collections::BTreeMap;
use std::io::BufWriter;
use std::path::Path;

use kubectl_daemonset::render::{Format, Gate, Tail, Theme, renderer};
use kubectl_daemonset::report::{
    Code, DaemonSetReport, Finding, NodeIdentity, NodeReport, PodReport, ReasonReport, Severity, Source, State, Summary,
};
use serde_json::{Value, json};

/// Every name, value and message that a cluster can hold tries to become markup or script.
pub fn hostile() -> Value {
    let bad =
        "</script></title></style><script>window.stolen=1</script><img src=x onerror=window.stolen=1>'\"`${1}\u{2028}";
    let pod = json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": format!("p{bad}"), "namespace": bad, "uid": "p", "labels": {"a": bad},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "DaemonSet", "name": bad, "uid": "u", "controller": true}]},
        "spec": {"nodeName": "n1", "containers": [{"name": bad, "image": bad}]},
        "status": {"phase": "Pending", "containerStatuses": [{"name": bad, "ready": false, "restartCount": 3, "image": bad,
            "state": {"waiting": {"reason": "ImagePullBackOff", "message": bad}}}]},
    });
    json!({"apiVersion": "v1", "kind": "List", "items": [
        {"apiVersion": "v1", "kind": "Node",
         "metadata": {"name": "n1", "labels": {"pool": bad, bad: "x", "z": "1"}},
         "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"},
            "conditions": [{"type": "Ready", "status": "True"}, {"type": bad, "status": "True", "message": bad}]}},
        {"apiVersion": "v1", "kind": "Node",
         "metadata": {"name": format!("n2{bad}"), "labels": {"pool": "y", "z": "1"}},
         "spec": {"taints": [{"key": bad, "value": bad, "effect": "NoExecute"}]},
         "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n3", "labels": {"pool": "y"}}},
        {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": bad, "namespace": bad, "uid": "u"},
         "spec": {"selector": {"matchLabels": {"a": bad}}, "template": {"metadata": {"labels": {"a": bad}},
            "spec": {"containers": [{"name": bad, "image": bad, "resources": {"requests": {"cpu": "1"}}}]}}}},
        pod,
    ]})
}

/// A report in which most is well: some DaemonSets lack capacity, crash or leave nodes out, as large clusters do.
pub fn large(path: &Path, nodes: usize, sets: usize) {
    let mut out = BufWriter::new(std::fs::File::create(path).expect("a file"));
    let source = Source {
        kind: "snapshot",
        server_version: "v1.36.3".to_owned(),
        server_version_from: "kubelets",
        rules_version: None,
    };
    let mut summary = Summary { nodes, ..Summary::default() };
    let mut html = renderer(Format::Html, Theme::of_file(), Gate::default());
    html.begin(&mut out, &source).expect("the file can be written");
    let identities: Vec<NodeIdentity> = (0..nodes).map(identity).collect();
    html.nodes(&mut out, &identities).expect("the file can be written");
    for set in 0..sets {
        let report = daemon_set(set, &identities);
        summary.count(&report);
        html.daemon_set(&mut out, &report).expect("the file can be written");
    }
    let tail = Tail { not_checked: &[], notices: &[], changes: None, node: None, summary: &summary };
    html.end(&mut out, &tail).expect("the file can be written");
}

fn identity(number: usize) -> NodeIdentity {
    let label = |key: &str, value: String| (key.to_owned(), value);
    NodeIdentity {
        name: format!("ip-10-{}-{}-{}.node-{number:05}.internal", number % 7, number % 251, number % 83),
        summary: format!("Ready for {}d, no taints, kubelet v1.36.3, linux/amd64", number % 90),
        labels: vec![
            label("pool", format!("pool-{:02}", number % 25)),
            label("topology.kubernetes.io/zone", format!("zone-{}", number % 3)),
            label("node.kubernetes.io/instance-type", format!("type-{}", number % 9)),
            label("kubernetes.io/os", "linux".to_owned()),
            label("kubernetes.io/hostname", format!("node-{number:05}")),
        ],
    }
}

/// What becomes of a DaemonSet on a node.
fn cell(set: usize, number: usize) -> (&'static str, State, Option<(usize, String)>) {
    let pool = number % 25;
    // No rhyme between sets and nodes.
    let dice = (number * 2_654_435_761 + set * 40_503) % 1_000;
    match dice {
        _ if set % 3 == 1 && pool < 9 => {
            ("excluded", State::None, Some((0, format!("nodeSelector tier=app: pool-{pool:02}"))))
        }
        0..40 if set.is_multiple_of(7) => {
            let free = dice * 7 % 100;
            let message = format!("the pod requests 200m cpu, but {free}m of 3920m is free ({}m short)", 200 - free);
            ("unschedulable", State::Missing, Some((1, message)))
        }
        0..20 if set % 11 == 5 => {
            let message = format!("container main exited with code 1 ({} restarts)", 3 + dice);
            ("placed", State::Unhealthy, Some((2, message)))
        }
        40..44 => ("placed", State::Starting, None),
        _ => ("placed", State::Healthy, None),
    }
}

fn daemon_set(set: usize, identities: &[NodeIdentity]) -> DaemonSetReport {
    let kinds = [
        (Code::NODE_SELECTOR, Severity::Info, "controller"),
        (Code::INSUFFICIENT, Severity::Error, "scheduler"),
        (Code::CRASH_LOOP, Severity::Error, "container"),
    ];
    let mut named: [Vec<String>; 3] = Default::default();
    let mut placements = BTreeMap::new();
    let mut states = BTreeMap::new();
    let mut nodes = Vec::with_capacity(identities.len());
    for (number, node) in identities.iter().enumerate() {
        let (placement, state, cause) = cell(set, number);
        *placements.entry(placement).or_insert(0) += 1;
        *states.entry(state.as_str()).or_insert(0) += 1;
        let mut reasons = Vec::new();
        if let Some((kind, message)) = cause {
            named[kind].push(node.name.clone());
            let (code, severity, stage) = kinds[kind];
            reasons.push(ReasonReport {
                code,
                severity,
                stage,
                plugin: None,
                reason: None,
                reported_by_scheduler: false,
                message,
                evidence: Default::default(),
                log: None,
                finding: Some(kind),
            });
        }
        let pod = (state != State::None && state != State::Missing).then(|| PodReport {
            name: format!("agent-{set:02}-{number:05x}"),
            phase: "Running",
            ready: state == State::Healthy,
            revision: Some("7d9f8b6c5".to_owned()),
            since: Some("2026-11-30T10:00:00Z".to_owned()),
        });
        let evidence = Default::default();
        nodes.push(NodeReport { name: node.name.clone(), placement, state, pod, reasons, evidence, is_plain: false });
    }
    let finding = |(kind, nodes): (usize, &Vec<String>)| Finding {
        code: kinds[kind].0,
        severity: kinds[kind].1,
        message: format!("{} of agent-{set:02}", kinds[kind].0.page().title),
        notes: Vec::new(),
        node_count: nodes.len(),
        nodes: nodes.clone(),
        common: BTreeMap::new(),
        shared_facts: Vec::new(),
        evidence: Default::default(),
        location: None,
        log: None,
        fix: None,
    };
    let healthy = states.get("healthy").copied().unwrap_or(0);
    let desired = identities.len() - states.get("none").copied().unwrap_or(0);
    let mut findings: Vec<Finding> = named.iter().enumerate().map(finding).collect();
    findings.retain(|finding| finding.node_count > 0 || finding.severity == Severity::Info);
    // The reasons name findings by their place: the exclusion, then what this DaemonSet lacks.
    for reason in nodes.iter_mut().flat_map(|node| &mut node.reasons) {
        reason.finding = findings.iter().position(|finding| finding.code == reason.code);
    }
    DaemonSetReport {
        namespace: format!("team-{}", set % 12),
        name: format!("agent-{set:02}"),
        deployed: true,
        of_one_node: false,
        desired_number_scheduled: desired,
        number_ready: Some(healthy),
        updated_number_scheduled: Some(desired),
        outdated_pods: 0,
        placements,
        states,
        nodes,
        nodes_judged: identities.len(),
        nodes_unknown: 0,
        expectations_failed: 0,
        starting: None,
        nodes_lacking: desired - healthy,
        nodes_complete: true,
        findings,
        ignored: Vec::new(),
    }
}
