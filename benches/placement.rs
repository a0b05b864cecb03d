//! How long verdicts take: 15,000 nodes against 100 DaemonSets on one thread, beside the lean parse of the nodes.
//!
//! `cargo bench --bench placement [-- NODES DAEMONSETS]`. Prints medians and the ratio; asserts nothing.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::fmt::Write;
use std::time::{Duration, Instant};

use kubectl_daemonset::facts::{Builder, Cluster};
use kubectl_daemonset::placement::{Evaluation, OwnPods, Placement, Verdict};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let (nodes, daemon_sets) = (numbers.next().unwrap_or(15_000), numbers.next().unwrap_or(100));
    let texts: Vec<String> = (0..nodes).map(node).collect();
    let bytes: usize = texts.iter().map(String::len).sum();
    let pods: Vec<String> = (0..nodes * 4).map(|i| pod(i, nodes)).collect();
    let templates: Vec<String> = (0..daemon_sets).map(daemon_set).collect();

    let mut parses = Vec::new();
    let mut evaluations = Vec::new();
    let mut tally = [0usize; 3];
    for _ in 0..5 {
        let start = Instant::now();
        let mut builder = Builder::new();
        for text in &texts {
            builder.read(text.as_bytes(), None).expect("a node");
        }
        parses.push(start.elapsed());
        for text in pods.iter().chain(&templates) {
            builder.read(text.as_bytes(), None).expect("an object");
        }
        let cluster = builder.finish(None);
        let start = Instant::now();
        tally = evaluate(&cluster);
        evaluations.push(start.elapsed());
    }
    let (parse, evaluation) = (median(parses), median(evaluations));
    let verdicts = nodes * daemon_sets;
    println!("nodes {nodes} of {} bytes, DaemonSets {daemon_sets}, verdicts {verdicts}", bytes / nodes.max(1));
    println!("placed {}, excluded {}, other {}", tally[0], tally[1], tally[2]);
    println!("lean parse of the nodes  {parse:>10.1?}  {:.0} MB/s", bytes as f64 / 1e6 / parse.as_secs_f64());
    println!(
        "evaluation               {evaluation:>10.1?}  {:.0} ns a verdict",
        evaluation.as_nanos() as f64 / verdicts as f64
    );
    println!("evaluation / parse       {:>10.2}", evaluation.as_secs_f64() / parse.as_secs_f64());
}

fn evaluate(cluster: &Cluster) -> [usize; 3] {
    let mut tally = [0; 3];
    for daemon_set in &cluster.daemon_sets {
        let admission = Evaluation::admit(cluster, daemon_set, OwnPods::None);
        let verdicts: Vec<Verdict> = Evaluation::new(cluster, daemon_set, &admission, OwnPods::None).all();
        for verdict in &verdicts {
            match verdict.placement {
                Placement::Placed => tally[0] += 1,
                Placement::Excluded => tally[1] += 1,
                _ => tally[2] += 1,
            }
        }
    }
    tally
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// A node of some 7 kB, as a cloud provider makes them: a third of it labels and annotations, a third images.
fn node(i: usize) -> String {
    let pool = ["general", "gpu", "edge", "spot", "system"][i % 5];
    let zone = ["a", "b", "c"][i % 3];
    let taints = match i % 20 {
        1 => r#"[{"key":"dedicated","value":"ml","effect":"NoSchedule"}]"#,
        2 => r#"[{"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"}]"#,
        3 => {
            r#"[{"key":"node.kubernetes.io/not-ready","effect":"NoSchedule"},{"key":"node.kubernetes.io/not-ready","effect":"NoExecute"}]"#
        }
        _ => "[]",
    };
    let mut images = String::new();
    for image in 0..28 {
        let comma = if image == 0 { "" } else { "," };
        write!(
            images,
            r#"{comma}{{"names":["registry.example/team-{image}/component-{image}@sha256:{:064x}"],"sizeBytes":{}}}"#,
            i * 31 + image,
            1_000_000 + image
        )
        .expect("text can be written to a string");
    }
    let mut conditions = String::new();
    for kind in ["MemoryPressure", "DiskPressure", "PIDPressure"] {
        write!(
            conditions,
            r#"{{"type":"{kind}","status":"False","lastHeartbeatTime":"2026-11-01T10:00:00Z","lastTransitionTime":"2026-11-01T10:00:00Z","reason":"KubeletHasSufficient","message":"kubelet has sufficient of it"}},"#
        ).expect("text can be written to a string");
    }
    let managed = r#"{"manager":"kubelet","operation":"Update","apiVersion":"v1","time":"2026-11-01T10:00:00Z","fieldsType":"FieldsV1","fieldsV1":{"f:status":{"f:allocatable":{"f:memory":{}},"f:conditions":{"k:{\"type\":\"DiskPressure\"}":{"f:lastHeartbeatTime":{}},"k:{\"type\":\"Ready\"}":{"f:lastHeartbeatTime":{},"f:status":{}}}}},"subresource":"status"}"#;
    format!(
        r#"{{"apiVersion":"v1","kind":"Node","metadata":{{"name":"node-{i:05}","uid":"00000000-0000-0000-0000-{i:012}","resourceVersion":"{i}","creationTimestamp":"2026-11-01T10:00:00Z","labels":{{"beta.kubernetes.io/arch":"amd64","beta.kubernetes.io/os":"linux","kubernetes.io/arch":"amd64","kubernetes.io/hostname":"node-{i:05}","kubernetes.io/os":"linux","node.kubernetes.io/instance-type":"m{}","topology.kubernetes.io/region":"r","topology.kubernetes.io/zone":"r-{zone}","pool":"{pool}","team":"t{}","cloud.example/image":"v{}","cloud.example/capacity":"on-demand","cloud.example/cluster":"prod","cloud.example/network":"n{}"}},"annotations":{{"csi.volume.kubernetes.io/nodeid":"{{\"csi.example.com\":\"i-{i:017}\"}}","volumes.kubernetes.io/controller-managed-attach-detach":"true","node.alpha.kubernetes.io/ttl":"0"}},"managedFields":[{managed},{managed}]}},"spec":{{"podCIDR":"10.0.0.0/24","providerID":"cloud:///r-{zone}/i-{i:017}","taints":{taints}}},"status":{{"capacity":{{"cpu":"8","memory":"32Gi","pods":"110","ephemeral-storage":"100Gi"}},"allocatable":{{"cpu":"7910m","memory":"30Gi","pods":"110","ephemeral-storage":"90Gi"}},"conditions":[{conditions}{{"type":"Ready","status":"True","lastHeartbeatTime":"2026-11-01T10:00:00Z","lastTransitionTime":"2026-11-01T10:00:00Z","reason":"KubeletReady","message":"kubelet is posting ready status"}}],"addresses":[{{"type":"InternalIP","address":"10.0.0.1"}},{{"type":"Hostname","address":"node-{i:05}"}}],"nodeInfo":{{"kernelVersion":"6.1","osImage":"Linux","kubeletVersion":"v1.36.3","operatingSystem":"linux","architecture":"amd64"}},"images":[{images}]}}}}"#,
        i % 7,
        i % 11,
        i % 4,
        i % 9
    )
}

/// Four pods a node take some of its room, one of them a host port.
fn pod(i: usize, nodes: usize) -> String {
    let cpu = if i.is_multiple_of(37) { "6500m" } else { "500m" };
    let ports = if i.is_multiple_of(4) { r#","ports":[{"containerPort":9100,"hostPort":9100}]"# } else { "" };
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p-{i}","namespace":"apps","labels":{{"app":"a{}"}}}},"spec":{{"nodeName":"node-{:05}","containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{cpu}","memory":"1Gi"}}}}{ports}}}]}},"status":{{"phase":"Running"}}}}"#,
        i % 50,
        i % nodes
    )
}

/// DaemonSets as clusters have them: most on every Linux node, some on a pool, some that tolerate everything.
fn daemon_set(i: usize) -> String {
    let selector =
        if i % 5 == 1 { r#""pool":"gpu","kubernetes.io/os":"linux""# } else { r#""kubernetes.io/os":"linux""# };
    let tolerations = if i.is_multiple_of(2) {
        r#"[{"operator":"Exists"}]"#
    } else {
        r#"[{"key":"node-role.kubernetes.io/control-plane","effect":"NoSchedule"}]"#
    };
    let port = if i % 10 == 3 { r#","ports":[{"containerPort":9100,"hostPort":9100}]"# } else { "" };
    let affinity = if i % 7 == 2 {
        r#","affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":{"nodeSelectorTerms":[{"matchExpressions":[{"key":"kubernetes.io/arch","operator":"In","values":["amd64","arm64"]},{"key":"pool","operator":"NotIn","values":["edge"]}]}]}}}"#
    } else {
        ""
    };
    format!(
        r#"{{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{{"name":"ds-{i:03}","namespace":"agents"}},"spec":{{"selector":{{"matchLabels":{{"ds":"{i}"}}}},"template":{{"metadata":{{"labels":{{"ds":"{i}"}}}},"spec":{{"nodeSelector":{{{selector}}},"tolerations":{tolerations}{affinity},"containers":[{{"name":"agent","resources":{{"requests":{{"cpu":"{}m","memory":"128Mi"}}}}{port}}}]}}}}}}}}"#,
        50 + i * 3
    )
}
