//! `init`: what it writes is a spec that lint has nothing against, on every platform.

use super::album::Album;
use super::{file, run, run_in};

const USE_CASES: [&str; 5] = ["logs", "metrics", "network", "storage", "security"];

/// A node of each distribution: a label, the kubelet's version, the operating system.
const NODES: [(&str, &str, &str, &str); 8] = [
    ("kubeadm", "pool", "v1.36.3", "Ubuntu 24.04.2 LTS"),
    ("eks", "eks.amazonaws.com/nodegroup", "v1.35.2-eks-1234567", "Amazon Linux 2023"),
    ("gke", "cloud.google.com/gke-nodepool", "v1.34.1-gke.1000", "Container-Optimized OS from Google"),
    ("autopilot", "cloud.google.com/gke-nodepool", "v1.34.1-gke.1000", "Container-Optimized OS from Google"),
    ("aks", "kubernetes.azure.com/cluster", "v1.34.1", "Ubuntu 22.04.5 LTS"),
    ("openshift", "node.openshift.io/os_id", "v1.33.6", "Red Hat Enterprise Linux CoreOS 9.6"),
    ("k3s", "pool", "v1.35.1+k3s1", "Debian GNU/Linux 13 (trixie)"),
    ("talos", "pool", "v1.35.4", "Talos (v1.12.0)"),
];

fn cluster(platform: &str, label: &str, kubelet: &str, os_image: &str) -> String {
    let name = if platform == "autopilot" { "gk3-a" } else { "node-a" };
    let node = |name: &str, label: &str, value: &str, taint: &str| {
        serde_json::json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name,
            "labels": {"kubernetes.io/os": "linux", "kubernetes.io/hostname": name, label: value}},
            "spec": {"taints": if taint.is_empty() { serde_json::json!([]) } else {
                serde_json::json!([{"key": taint, "value": "ml", "effect": "NoSchedule"}]) }},
            "status": {"allocatable": {"cpu": "4", "memory": "16Gi", "pods": "110"},
                "conditions": [{"type": "Ready", "status": "True"}],
                "nodeInfo": {"kubeletVersion": kubelet, "osImage": os_image}}})
    };
    let mut items = vec![node(name, label, "x", ""), node("node-b", label, "x", "dedicated")];
    if platform == "eks" {
        items.push(node("fargate-a", "eks.amazonaws.com/compute-type", "fargate", ""));
    }
    if platform == "kubeadm" {
        items.push(serde_json::json!({"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass",
            "metadata": {"name": "agents"}, "value": 1000}));
    }
    serde_json::json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[test]
fn what_is_written_is_a_spec_for_every_use_case_and_platform() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut album = Album::new("init");
    for (platform, label, kubelet, os_image) in NODES {
        file(&folder, "cluster.json", &cluster(platform, label, kubelet, os_image));
        for use_case in USE_CASES {
            let args = ["init", use_case, "--image", "registry.example/agent:1.2.3", "--name", "agent"];
            let written = run_in(folder.path(), &[&args[..], &["--snapshot", "cluster.json"]].concat());
            assert_eq!((written.code, written.stderr.as_str()), (0, ""), "{platform} {use_case}");
            file(&folder, "agent.yaml", &written.stdout);
            let lint = run_in(folder.path(), &["lint", "-f", "agent.yaml", "--fail-on", "warning"]);
            assert_eq!(lint.code, 0, "{platform} {use_case}: {}", lint.stdout);
            let judged = run_in(folder.path(), &["doctor", "-f", "agent.yaml", "--snapshot", "cluster.json"]);
            assert_eq!(judged.code, 0, "{platform} {use_case}: {}{}", judged.stdout, judged.stderr);
            assert!(!judged.stdout.contains("fargate-a"), "{platform} {use_case}: {}", judged.stdout);
            let rendered = run_in(folder.path(), &["render", "-f", "agent.yaml"]);
            assert_eq!((rendered.code, rendered.stderr.as_str()), (0, ""), "{platform} {use_case}");
            if platform == "kubeadm" || use_case == "logs" || platform == "k3s" && use_case == "network" {
                album.show(&format!("{platform}-{use_case}"), &written.stdout);
            }
        }
    }
    album.close();
}

#[test]
fn a_name_or_an_image_that_cannot_be_is_refused() {
    for (name, image) in
        [("Agent", "i:1"), ("a/b", "i:1"), ("agent", "i"), ("agent", "r:5000/i"), ("agent", "i:1\nx: y")]
    {
        let ran = run(&["init", "logs", "--name", name, "--image", image]);
        assert!(ran.code == 1 && ran.stdout.is_empty(), "{name} {image}: {ran:?}");
    }
    let ran = run(&["init", "logs", "--name", "agent", "--image", "i:1", "-n", "x/y"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let ran = run(&["init", "logs", "--name", "agent", "--image", "registry.example/i@sha256:abc", "-n", "tools"]);
    assert!(ran.code == 0 && ran.stdout.contains("  namespace: tools\n"), "{ran:?}");
}
