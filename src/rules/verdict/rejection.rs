//! Why the scheduler refuses a node, and how it says so.

use std::borrow::Cow;
use std::sync::Arc;

use crate::model::pod::Port;
use crate::model::{Symbol, Taint, Version};
use crate::rules::verdict::claim::DeniedClaim;
use crate::rules::verdict::device::DeviceRejection;
use crate::store::PodIndex;

/// A plugin of the scheduler, in the order in which filters run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs, reason = "the variants are the scheduler's own names")]
pub enum Plugin {
    SchedulingGates,
    NodeUnschedulable,
    NodeName,
    TaintToleration,
    NodeAffinity,
    NodePorts,
    NodeResourcesFit,
    VolumeRestrictions,
    NodeVolumeLimits,
    VolumeBinding,
    VolumeZone,
    PodTopologySpread,
    InterPodAffinity,
    DynamicResources,
    NodeDeclaredFeatures,
}

impl Plugin {
    /// The scheduler's name for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Plugin::SchedulingGates => "SchedulingGates",
            Plugin::NodeUnschedulable => "NodeUnschedulable",
            Plugin::NodeName => "NodeName",
            Plugin::TaintToleration => "TaintToleration",
            Plugin::NodeAffinity => "NodeAffinity",
            Plugin::NodePorts => "NodePorts",
            Plugin::NodeResourcesFit => "NodeResourcesFit",
            Plugin::VolumeRestrictions => "VolumeRestrictions",
            Plugin::NodeVolumeLimits => "NodeVolumeLimits",
            Plugin::VolumeBinding => "VolumeBinding",
            Plugin::VolumeZone => "VolumeZone",
            Plugin::PodTopologySpread => "PodTopologySpread",
            Plugin::InterPodAffinity => "InterPodAffinity",
            Plugin::DynamicResources => "DynamicResources",
            Plugin::NodeDeclaredFeatures => "NodeDeclaredFeatures",
        }
    }
}

/// Why the scheduler refuses a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Rejection {
    /// The node is cordoned and the pod does not bear it.
    NodeUnschedulable,
    /// A taint that the pod does not tolerate; the first in the node's order is the one that is told.
    UntoleratedTaint {
        /// The taint.
        taint: Taint,
    },
    /// A label that the pod's `nodeSelector` asks for is not there, or has another value.
    NodeSelector {
        /// The label.
        key: Symbol,
        /// The value asked for.
        wanted: Symbol,
        /// The value there, if any.
        actual: Option<Symbol>,
    },
    /// A host port is taken.
    PortTaken {
        /// The port asked for.
        port: Port,
        /// The port that is held, of which address or number may differ.
        held: Port,
        /// Who holds it.
        holder: PodIndex,
    },
    /// The node runs as many pods as it may.
    TooManyPods {
        /// How many it may run.
        allocatable: i64,
        /// How many it runs.
        taken: i64,
    },
    /// Not enough of a resource is free: millicores for cpu, whole units otherwise.
    Insufficient {
        /// The resource.
        resource: Symbol,
        /// What the pod asks for.
        asked: i64,
        /// What is free; less than nothing where the node is overcommitted.
        free: i64,
        /// What the node has for pods.
        allocatable: i64,
    },
    /// A claim that does not exist.
    ClaimMissing {
        /// The claim.
        claim: Symbol,
    },
    /// A disk is in use on the node by a pod that cannot share it.
    DiskInUse {
        /// Who uses it.
        holder: PodIndex,
    },
    /// A claim for one pod only is in use.
    ClaimInUse {
        /// The claim.
        claim: Symbol,
        /// Who uses it.
        holder: PodIndex,
    },
    /// The node cannot attach so many volumes of a driver.
    TooManyVolumes {
        /// The driver.
        driver: Symbol,
        /// How many it attaches at most.
        limit: i64,
        /// How many are attached or will be.
        attached: i64,
    },
    /// The driver of a claim's class is not on the node, and it asks that no pod be put there (1.37).
    DriverMissing {
        /// The driver.
        driver: Symbol,
    },
    /// The API server denies the claim of an ephemeral volume.
    ClaimDenied(Arc<DeniedClaim>),
    /// A claim's volume is gone for good.
    ClaimLost {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Option<Symbol>,
    },
    /// A claim is being deleted.
    ClaimTerminating {
        /// The claim.
        claim: Symbol,
    },
    /// A claim that is bound at once has no volume yet.
    ClaimUnbound {
        /// The claim.
        claim: Symbol,
    },
    /// A claim's volume cannot be reached from the node.
    VolumeAffinity {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Symbol,
    },
    /// No volume for a claim can be found or made on the node.
    NoVolume {
        /// The claim.
        claim: Symbol,
    },
    /// Too little storage is left there for a claim's volume.
    NoStorage {
        /// The claim.
        claim: Symbol,
    },
    /// A claim's volume does not exist.
    VolumeGone {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Symbol,
    },
    /// A claim's volume is in another zone or region.
    VolumeZone {
        /// The claim.
        claim: Symbol,
        /// The volume.
        volume: Symbol,
        /// The label.
        key: Symbol,
        /// The node's value.
        actual: Option<Symbol>,
    },
    /// The node lacks the label by which pods are spread.
    SpreadLabelMissing {
        /// The label.
        key: Symbol,
    },
    /// One pod more would make the spread too uneven.
    SpreadSkew {
        /// The label.
        key: Symbol,
        /// The node's domain.
        domain: Symbol,
        /// Matching pods in it.
        count: i64,
        /// Matching pods in the emptiest domain; 0 where there are fewer domains than must be.
        least: i64,
        /// How uneven it may be.
        max_skew: i64,
        /// How many domains must be, where there are fewer; 0 where there are enough.
        min_domains: i32,
    },
    /// No pod that the pod wants to be near is in the node's domain.
    PodAffinity {
        /// Which of the required terms.
        term: u32,
        /// The label by which domains are made.
        key: Symbol,
        /// The node's domain, if it has the label.
        domain: Option<Symbol>,
    },
    /// A pod that the pod wants to be away from is in the node's domain.
    PodAntiAffinity {
        /// Which of the required terms.
        term: u32,
        /// The label by which domains are made.
        key: Symbol,
        /// One such pod; `None` where it is one of the DaemonSet's own yet to come.
        holder: Option<PodIndex>,
    },
    /// A pod in the node's domain wants to be away from the pod.
    ExistingAntiAffinity {
        /// The label by which domains are made.
        key: Symbol,
        /// One such pod; `None` where it is one of the DaemonSet's own yet to come.
        holder: Option<PodIndex>,
    },
    /// There are no devices for the pod.
    Devices(Arc<DeviceRejection>),
    /// The node does not declare a feature that the pod requires.
    FeatureMissing {
        /// The feature.
        feature: &'static str,
    },
}

impl Rejection {
    /// The plugin that refuses.
    pub fn plugin(&self) -> Plugin {
        use Rejection as R;
        match self {
            R::NodeUnschedulable => Plugin::NodeUnschedulable,
            R::UntoleratedTaint { .. } => Plugin::TaintToleration,
            R::NodeSelector { .. } => Plugin::NodeAffinity,
            R::PortTaken { .. } => Plugin::NodePorts,
            R::TooManyPods { .. } | R::Insufficient { .. } => Plugin::NodeResourcesFit,
            R::ClaimMissing { .. } | R::DiskInUse { .. } | R::ClaimInUse { .. } => Plugin::VolumeRestrictions,
            R::TooManyVolumes { .. } | R::DriverMissing { .. } => Plugin::NodeVolumeLimits,
            R::ClaimDenied(denied) if denied.is_of_devices => Plugin::DynamicResources,
            R::ClaimDenied(_)
            | R::ClaimLost { .. }
            | R::ClaimTerminating { .. }
            | R::ClaimUnbound { .. }
            | R::VolumeAffinity { .. }
            | R::NoVolume { .. }
            | R::NoStorage { .. }
            | R::VolumeGone { .. } => Plugin::VolumeBinding,
            R::VolumeZone { .. } => Plugin::VolumeZone,
            R::SpreadLabelMissing { .. } | R::SpreadSkew { .. } => Plugin::PodTopologySpread,
            R::PodAffinity { .. } | R::PodAntiAffinity { .. } | R::ExistingAntiAffinity { .. } => {
                Plugin::InterPodAffinity
            }
            R::Devices(_) => Plugin::DynamicResources,
            R::FeatureMissing { .. } => Plugin::NodeDeclaredFeatures,
        }
    }

    /// Whether it refuses the pod as a whole, before any node is looked at.
    pub fn is_before_nodes(&self) -> bool {
        use Rejection as R;
        if let R::Devices(rejection) = self {
            return rejection.is_before_nodes();
        }
        matches!(
            self,
            R::ClaimMissing { .. }
                | R::ClaimDenied(_)
                | R::ClaimLost { .. }
                | R::ClaimTerminating { .. }
                | R::ClaimUnbound { .. }
        )
    }

    /// Whether the scheduler does not even try the pod, and so reports nothing.
    pub fn is_before_queue(&self) -> bool {
        match self {
            Rejection::Devices(rejection) => rejection.is_before_queue(),
            Rejection::ClaimDenied(denied) => denied.is_of_devices,
            _ => false,
        }
    }

    /// Whether evicting other pods may help (the status code Unschedulable, not UnschedulableAndUnresolvable).
    /// A request above what the node has at all is beyond help since v1.34.
    pub fn is_curable_by_eviction(&self) -> bool {
        use Rejection as R;
        match self {
            R::Insufficient { asked, allocatable, .. } => asked <= allocatable,
            R::PortTaken { .. }
            | R::TooManyPods { .. }
            | R::DiskInUse { .. }
            | R::ClaimInUse { .. }
            | R::TooManyVolumes { .. }
            | R::SpreadSkew { .. }
            | R::PodAntiAffinity { .. }
            | R::ExistingAntiAffinity { .. } => true,
            _ => false,
        }
    }

    /// The scheduler's own text for it, without the count, as that server version writes it.
    pub fn status_text(&self, version: Version) -> Cow<'static, str> {
        use Rejection as R;
        Cow::Borrowed(match self {
            R::NodeUnschedulable => "node(s) were unschedulable",
            // The taint is not named any more since v1.34.2, in no later patch of v1.33.
            R::UntoleratedTaint { taint } if version < (Version { major: 1, minor: 34, patch: 2 }) => {
                return format!("node(s) had untolerated taint {{{}: {}}}", taint.key, taint.value).into();
            }
            R::UntoleratedTaint { .. } => "node(s) had untolerated taint(s)",
            R::NodeSelector { .. } => "node(s) didn't match Pod's node affinity/selector",
            R::PortTaken { .. } => "node(s) didn't have free ports for the requested pod ports",
            R::TooManyPods { .. } => "Too many pods",
            R::Insufficient { resource, .. } => return format!("Insufficient {resource}").into(),
            R::ClaimMissing { claim } => return format!("persistentvolumeclaim \"{claim}\" not found").into(),
            R::DiskInUse { .. } => "node(s) had no available disk",
            R::ClaimInUse { .. } => {
                "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
            }
            R::TooManyVolumes { .. } => "node(s) exceed max volume count",
            R::DriverMissing { driver } => return format!("{driver} CSI driver is not installed on the node").into(),
            // The name of the claim is that of the pod, which the API server generates, and of the volume.
            R::ClaimDenied(denied) if denied.is_of_devices => "ResourceClaim not created yet",
            R::ClaimDenied(denied) => {
                return format!(
                    "waiting for ephemeral volume controller to create the persistentvolumeclaim \"<pod>-{}\"",
                    denied.entry
                )
                .into();
            }
            R::ClaimLost { claim, volume } => {
                let volume = volume.map_or("", Symbol::as_str);
                return format!(
                    "persistentvolumeclaim \"{claim}\" bound to non-existent persistentvolume \"{volume}\""
                )
                .into();
            }
            R::ClaimTerminating { claim } => {
                return format!("persistentvolumeclaim \"{claim}\" is being deleted").into();
            }
            R::ClaimUnbound { .. } => "pod has unbound immediate PersistentVolumeClaims",
            R::VolumeAffinity { .. } => "node(s) didn't match PersistentVolume's node affinity",
            R::NoVolume { .. } => "node(s) didn't find available persistent volumes to bind",
            R::NoStorage { .. } => "node(s) did not have enough free storage",
            R::VolumeGone { .. } => "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
            R::VolumeZone { .. } => "node(s) had no available volume zone",
            R::SpreadLabelMissing { .. } => {
                "node(s) didn't match pod topology spread constraints (missing required label)"
            }
            R::SpreadSkew { .. } => "node(s) didn't match pod topology spread constraints",
            R::PodAffinity { .. } => "node(s) didn't match pod affinity rules",
            R::PodAntiAffinity { .. } => "node(s) didn't match pod anti-affinity rules",
            R::ExistingAntiAffinity { .. } => "node(s) didn't satisfy existing pods anti-affinity rules",
            R::Devices(rejection) => return device_text(rejection),
            R::FeatureMissing { .. } => "node(s) didn't match Pod's required features",
        })
    }
}

/// The scheduler's own text for devices that it does not find.
fn device_text(rejection: &DeviceRejection) -> Cow<'static, str> {
    use DeviceRejection as D;
    Cow::Borrowed(match rejection {
        D::TemplateMissing { .. } => "ResourceClaim not created yet",
        D::ClaimMissing { claim } => return format!("resourceclaim.resource.k8s.io \"{claim}\" not found").into(),
        D::ClaimTerminating { claim } => return format!("resourceclaim \"{claim}\" is being deleted").into(),
        D::ClaimInUse { .. } => "resourceclaim in use",
        D::ClaimElsewhere { .. } => "resourceclaim not available on the node",
        D::ClassMissing { request, class } => {
            return format!("request {request}: device class {class} does not exist").into();
        }
        D::TooFew(_) => "cannot allocate all claims",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::taint::Effect;

    #[test]
    fn the_taint_is_named_until_v1_34_2() {
        let taint = Taint { key: "a".into(), value: "b".into(), effect: Effect::NoSchedule };
        let text = |minor, patch| {
            let version = Version { major: 1, minor, patch };
            Rejection::UntoleratedTaint { taint }.status_text(version).into_owned()
        };
        for (minor, patch) in [(33, 13), (34, 1)] {
            assert_eq!(text(minor, patch), "node(s) had untolerated taint {a: b}", "v1.{minor}.{patch}");
        }
        for (minor, patch) in [(34, 2), (35, 0), (36, 3)] {
            assert_eq!(text(minor, patch), "node(s) had untolerated taint(s)", "v1.{minor}.{patch}");
        }
    }
}
