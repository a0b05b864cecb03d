//! Which DaemonSet removes a startup taint from the nodes that it has set up.
//!
//! By custom the key has the domain of the program that removes the taint: `node.cilium.io/agent-not-ready`,
//! `ebs.csi.aws.com/agent-not-ready`, `cni.istio.io/not-ready`. The taint of clouds is removed by the node controller of the
//! cloud controller manager (`k8s.io/cloud-provider/controllers/node` v0.36).

use crate::findings::words_of_names::{has_word, words_of};

/// The taint with which kubelets register under `--cloud-provider=external`.
const OF_CLOUDS: &str = "node.cloudprovider.kubernetes.io/uninitialized";
/// Words of keys that name no program.
const OF_KEYS: &[&str] = &["node", "aws", "kubernetes", "cluster", "autoscaler", "startup", "ignore", "taint", "readiness"];
/// Words with which the DaemonSet of a program is called beside its own name.
const OF_AGENTS: &[&str] = &["node", "agent", "csi", "cni", "plugin", "driver", "daemon", "daemonset", "ds", "linux", "rke2"];

/// How surely a DaemonSet of this name removes a taint with this key: 2 by its own name, 1 where the name has more words;
/// `None` if nothing says so.
pub fn strength(name: &str, key: &str) -> Option<usize> {
    if key == OF_CLOUDS {
        return (name.contains("cloud-controller-manager") || has_word(name, "ccm")).then_some(2);
    }
    let (domain, _) = key.split_once('/')?;
    let words: Vec<&str> = words_of(domain).filter(|word| !OF_KEYS.contains(word)).collect();
    let has_all = !words.is_empty() && words.iter().all(|word| has_word(name, word));
    let is_own = || name.split(['.', '-', '_']).all(|part| words.contains(&part) || OF_AGENTS.contains(&part));
    has_all.then(|| if is_own() { 2 } else { 1 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_removes_a_taint() {
        for (name, key, expected) in [
            ("cilium", "node.cilium.io/agent-not-ready", Some(2)),
            ("cilium-envoy", "node.cilium.io/agent-not-ready", Some(1)),
            ("ebs-csi-node", "ebs.csi.aws.com/agent-not-ready", Some(2)),
            ("efs-csi-node", "ebs.csi.aws.com/agent-not-ready", None),
            ("aws-node", "ebs.csi.aws.com/agent-not-ready", None),
            ("istio-cni-node", "cni.istio.io/not-ready", Some(2)),
            ("openstack-cloud-controller-manager", OF_CLOUDS, Some(2)),
            ("node-exporter", OF_CLOUDS, None),
            ("agent", "node.cluster.x-k8s.io/uninitialized", None),
            ("agent", "dedicated", None),
        ] {
            assert_eq!(strength(name, key), expected, "{name} {key}");
        }
    }
}
