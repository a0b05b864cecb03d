//! Whose taint it is: what a taint says about its node beyond keeping pods away.

use crate::model::{Node, Taint};
use crate::report::codes::Code;

/// Who put a taint there, and whether it passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// An administrator, to keep the node for certain workloads.
    Dedicated,
    /// kubeadm and the like, for nodes of the control plane.
    ControlPlane,
    /// Kubernetes itself, for a condition of the node.
    Condition,
    /// Whoever has yet to set up the node, and removes it then.
    Startup,
    /// An autoscaler that is about to remove the node.
    Autoscaler,
    /// A cloud provider or an administrator, for a node that is shut down.
    Shutdown,
    /// Whoever repairs or maintains the node, and removes it then.
    Maintenance,
    /// A virtual or simulated node.
    Virtual,
}

/// Taint keys that are known, by what they begin with.
const KNOWN: &[(&str, Origin)] = &[
    ("node-role.kubernetes.io/control-plane", Origin::ControlPlane),
    ("node-role.kubernetes.io/master", Origin::ControlPlane),
    ("node.kubernetes.io/not-ready", Origin::Condition),
    ("node.kubernetes.io/unreachable", Origin::Condition),
    ("node.kubernetes.io/memory-pressure", Origin::Condition),
    ("node.kubernetes.io/disk-pressure", Origin::Condition),
    ("node.kubernetes.io/pid-pressure", Origin::Condition),
    ("node.kubernetes.io/network-unavailable", Origin::Condition),
    ("node.kubernetes.io/unschedulable", Origin::Condition),
    ("node.kubernetes.io/out-of-service", Origin::Shutdown),
    ("node.cloudprovider.kubernetes.io/uninitialized", Origin::Startup),
    ("node.cloudprovider.kubernetes.io/shutdown", Origin::Shutdown),
    ("cloud-provider.kubernetes.io/", Origin::Startup),
    ("node.cilium.io/agent-not-ready", Origin::Startup),
    ("node.cluster.x-k8s.io/uninitialized", Origin::Startup),
    ("cni.istio.io/not-ready", Origin::Startup),
    ("readiness.k8s.io/", Origin::Startup),
    ("startup-taint.cluster-autoscaler.kubernetes.io/", Origin::Startup),
    ("ignore-taint.cluster-autoscaler.kubernetes.io/", Origin::Startup),
    ("karpenter.sh/unregistered", Origin::Startup),
    ("ebs.csi.aws.com/agent-not-ready", Origin::Startup),
    ("efs.csi.aws.com/agent-not-ready", Origin::Startup),
    ("ToBeDeletedByClusterAutoscaler", Origin::Autoscaler),
    ("DeletionCandidateOfClusterAutoscaler", Origin::Autoscaler),
    ("karpenter.sh/disrupted", Origin::Autoscaler),
    ("karpenter.sh/disruption", Origin::Autoscaler),
    ("aws-node-termination-handler/", Origin::Autoscaler),
    ("cloud.google.com/impending-node-termination", Origin::Autoscaler),
    ("medik8s.io/remediation", Origin::Maintenance),
    ("medik8s.io/drain", Origin::Maintenance),
    ("kubevirt.io/drain", Origin::Maintenance),
    ("eks.amazonaws.com/compute-type", Origin::Virtual),
    ("virtual-kubelet.io/provider", Origin::Virtual),
    ("virtual-node.liqo.io/", Origin::Virtual),
    ("kwok.x-k8s.io/node", Origin::Virtual),
];

/// What agents that lift their own taint end its key with, by custom.
const OF_STARTUP: &[&str] = &["/agent-not-ready", "/not-ready", "/uninitialized"];

/// Whose taint it is, by its key.
pub fn origin(taint: &Taint) -> Origin {
    let key = taint.key.as_str();
    let known =
        KNOWN.iter().find(|(known, _)| if known.ends_with('/') { key.starts_with(known) } else { key == *known });
    let by_custom = || OF_STARTUP.iter().any(|end| key.ends_with(end)).then_some(Origin::Startup);
    known.map(|(_, origin)| *origin).or_else(by_custom).unwrap_or(Origin::Dedicated)
}

impl Origin {
    /// The code of an exclusion by such a taint.
    pub fn code(self) -> Code {
        match self {
            Origin::Dedicated => Code::TAINT,
            Origin::ControlPlane => Code::CONTROL_PLANE_TAINT,
            Origin::Condition => Code::STATE_TAINT,
            Origin::Startup => Code::STARTUP_TAINT,
            Origin::Autoscaler | Origin::Shutdown | Origin::Maintenance => Code::LEAVING_TAINT,
            Origin::Virtual => Code::VIRTUAL_TAINT,
        }
    }

    /// Whether the taint is about the node's state, which passes.
    pub fn passes(self) -> bool {
        matches!(
            self,
            Origin::Condition | Origin::Startup | Origin::Autoscaler | Origin::Shutdown | Origin::Maintenance
        )
    }
}

/// The label by which a virtual or simulated node can be excluded, if it is one.
pub fn virtual_label(node: &Node) -> Option<(&'static str, &'static str)> {
    const LABELS: &[(&str, &str)] = &[
        ("eks.amazonaws.com/compute-type", "fargate"),
        ("type", "virtual-kubelet"),
        ("type", "virtual-node"),
        ("type", "kwok"),
    ];
    LABELS.iter().copied().find(|(key, value)| node.labels.get((*key).into()) == Some((*value).into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Effect;

    #[test]
    fn whose_taint_it_is() {
        for (key, expected) in [
            ("dedicated", Origin::Dedicated),
            ("node-role.kubernetes.io/control-plane", Origin::ControlPlane),
            ("node.kubernetes.io/not-ready", Origin::Condition),
            ("node.kubernetes.io/not-readyish", Origin::Dedicated),
            ("node.cloudprovider.kubernetes.io/uninitialized", Origin::Startup),
            ("startup-taint.cluster-autoscaler.kubernetes.io/gpu", Origin::Startup),
            ("karpenter.sh/disrupted", Origin::Autoscaler),
            ("node.cloudprovider.kubernetes.io/shutdown", Origin::Shutdown),
            ("aws-node-termination-handler/spot-itn", Origin::Autoscaler),
            ("medik8s.io/remediation", Origin::Maintenance),
            ("storage.example/agent-not-ready", Origin::Startup),
            ("eks.amazonaws.com/compute-type", Origin::Virtual),
        ] {
            let taint = Taint { key: key.into(), value: "".into(), effect: Effect::NoSchedule };
            assert_eq!(origin(&taint), expected, "{key}");
        }
    }
}
