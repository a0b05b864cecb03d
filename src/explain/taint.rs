//! Words who removes a taint, or what the taint announces, and since when it stands.

use crate::explain::units::duration;
use crate::findings::taint_age::TaintAge;
use crate::findings::taint_origin::{self, Origin};
use crate::model::Taint;
use crate::report::Note;

/// Returns what is said of a taint beside that it is not tolerated: that it passes only while that is plausible, then who
/// should have removed it.
pub fn taint_note(taint: &Taint, age: Option<TaintAge>) -> Option<Note> {
    let origin = taint_origin::origin(taint);
    let text = match age {
        Some(age) if age.is_overdue => overdue(taint, origin, age),
        _ => {
            let added = age.filter(|_| origin != Origin::Startup || age.is_some());
            let since = added
                .map_or_else(String::new, |age| format!(" (the taint has been there for {})", duration(age.seconds)));
            format!("{}{since}", passing(taint, origin)?)
        }
    };
    Some(text.into())
}

fn passing(taint: &Taint, origin: Origin) -> Option<&'static str> {
    Some(match origin {
        Origin::Condition if taint.key.as_str() == "node.kubernetes.io/unschedulable" => {
            "`kubectl uncordon` removes the taint"
        }
        Origin::Condition => "Kubernetes removes the taint when the node recovers",
        Origin::Startup => "the taint is removed when the node is initialized",
        Origin::Autoscaler => "the autoscaler plans to remove the node",
        Origin::Shutdown if taint.key.as_str().ends_with("out-of-service") => {
            "an administrator declared the node out of service"
        }
        Origin::Shutdown => "the node is shut down",
        Origin::Maintenance => "the taint is removed when the repair or maintenance of the node ends",
        Origin::Virtual => "virtual nodes do not run DaemonSets",
        Origin::Dedicated | Origin::ControlPlane => return None,
    })
}

fn overdue(taint: &Taint, origin: Origin, age: TaintAge) -> String {
    let age_of = duration(age.seconds);
    match origin {
        Origin::Autoscaler => {
            let who = autoscaler(taint.key.as_str());
            format!(
                "the taint has been there for {age_of}: {who} should have deleted the node or removed the taint; check its \
                 log, then remove the taint"
            )
        }
        Origin::Condition if age.is_over => format!(
            "the taint has been there for {age_of}, and the node no longer reports this state: the node lifecycle \
             controller of kube-controller-manager should have removed the taint"
        ),
        Origin::Condition => format!(
            "the node has not recovered for {age_of}; if the machine is gone, the cloud controller manager or an \
             administrator should delete the Node"
        ),
        _ => {
            let who = initializer(taint.key.as_str());
            format!("the taint has been there for {age_of}: {who} should have removed the taint; check whether it runs")
        }
    }
}

/// Who marks a node that it is about to remove.
fn autoscaler(key: &str) -> &'static str {
    match key {
        "ToBeDeletedByClusterAutoscaler" | "DeletionCandidateOfClusterAutoscaler" => "the cluster autoscaler",
        key if key.starts_with("karpenter.sh/") => "Karpenter",
        key if key.starts_with("aws-node-termination-handler/") => "the AWS node termination handler",
        _ => "the autoscaler",
    }
}

/// Who removes a taint that a new node has.
fn initializer(key: &str) -> &'static str {
    match key {
        "node.cloudprovider.kubernetes.io/uninitialized" => "the cloud controller manager",
        "node.cilium.io/agent-not-ready" => "Cilium",
        "node.cluster.x-k8s.io/uninitialized" => "Cluster API",
        "cni.istio.io/not-ready" => "the Istio CNI node agent",
        "karpenter.sh/unregistered" => "Karpenter",
        "ebs.csi.aws.com/agent-not-ready" => "the EBS CSI driver",
        "efs.csi.aws.com/agent-not-ready" => "the EFS CSI driver",
        _ => "the agent or controller that owns this taint",
    }
}
