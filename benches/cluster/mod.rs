//! The large cluster that benches look at: nodes, pods that fill them, DaemonSets.

#![allow(dead_code, reason = "not every bench needs all of it")]

use std::fmt::Write;

/// A node of some 7 kB, as a cloud provider makes them: a third of it labels and annotations, a third images.
pub fn node(i: usize) -> String {
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
pub fn pod(i: usize, nodes: usize) -> String {
    let cpu = if i.is_multiple_of(37) { "6500m" } else { "500m" };
    let ports = if i.is_multiple_of(4) { r#","ports":[{"containerPort":9100,"hostPort":9100}]"# } else { "" };
    format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p-{i}","namespace":"apps","labels":{{"app":"a{}"}}}},"spec":{{"nodeName":"node-{:05}","containers":[{{"name":"c","resources":{{"requests":{{"cpu":"{cpu}","memory":"1Gi"}}}}{ports}}}]}},"status":{{"phase":"Running"}}}}"#,
        i % 50,
        i % nodes
    )
}

/// DaemonSets as clusters have them: most on every Linux node, some on a pool, some that tolerate everything.
pub fn daemon_set(i: usize) -> String {
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
        r#"{{"apiVersion":"apps/v1","kind":"DaemonSet","metadata":{{"name":"ds-{i:03}","namespace":"agents","uid":"ds-{i}"}},"spec":{{"selector":{{"matchLabels":{{"ds":"{i}"}}}},"template":{{"metadata":{{"labels":{{"ds":"{i}"}}}},"spec":{{"nodeSelector":{{{selector}}},"tolerations":{tolerations}{affinity},"containers":[{{"name":"agent","resources":{{"requests":{{"cpu":"{}m","memory":"128Mi"}}}}{port}}}]}}}}}}}}"#,
        50 + i * 3
    )
}

/// The pod of a DaemonSet on a node, as it runs there: one in a hundred is not ready, one in fifty is not there.
pub fn own_pod(node: usize, daemon_set: usize) -> Option<String> {
    let draw = node * 31 + daemon_set * 17;
    if draw.is_multiple_of(50) {
        return None;
    }
    let (ready, state) = match draw % 100 {
        1 => (
            false,
            r#"{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container"}}"#,
        ),
        _ => (true, r#"{"running":{"startedAt":"2026-11-01T10:00:00Z"}}"#),
    };
    let status = if ready { "True" } else { "False" };
    Some(format!(
        r#"{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"ds-{daemon_set:03}-{node:05}","namespace":"agents","labels":{{"ds":"{daemon_set}","controller-revision-hash":"h","pod-template-generation":"1"}},"creationTimestamp":"2026-11-01T10:00:00Z","ownerReferences":[{{"apiVersion":"apps/v1","kind":"DaemonSet","name":"ds-{daemon_set:03}","uid":"ds-{daemon_set}","controller":true}}]}},"spec":{{"nodeName":"node-{node:05}","affinity":{{"nodeAffinity":{{"requiredDuringSchedulingIgnoredDuringExecution":{{"nodeSelectorTerms":[{{"matchFields":[{{"key":"metadata.name","operator":"In","values":["node-{node:05}"]}}]}}]}}}}}},"containers":[{{"name":"agent","resources":{{"requests":{{"cpu":"5m","memory":"8Mi"}}}}}}]}},"status":{{"phase":"Running","startTime":"2026-11-01T10:00:00Z","conditions":[{{"type":"Ready","status":"{status}","lastTransitionTime":"2026-11-01T10:01:00Z"}}],"containerStatuses":[{{"name":"agent","ready":{ready},"restartCount":0,"state":{state}}}]}}}}"#
    ))
}
