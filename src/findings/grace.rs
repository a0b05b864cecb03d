//! What a young pod is given time for: whether waiting alone can fix a cause.
//!
//! A cause that waiting cannot fix is reported at once. Other causes of a young pod are not reported before the grace is
//! over.

use crate::model::resources::is_extended_resource;
use crate::model::{Pod, Symbol};
use crate::rules::{Cause, CreationRefusal, DeviceRejection, KubeletRefusal, Rejection, StartObstacle};
use crate::store::{Cluster, NodeIndex, PodIndex};

use crate::findings::taint_origin;

/// The node that a cause is about, with what may change there by itself.
#[derive(Debug, Clone, Copy)]
pub struct Waiting<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The node.
    pub node: NodeIndex,
    /// Whether the node joined within the grace: its drivers and device plugins may still register.
    pub is_new_node: bool,
}

impl<'a> Waiting<'a> {
    /// Whether waiting alone can fix the cause.
    pub fn can_fix(self, cause: &Cause) -> bool {
        match cause {
            Cause::Creation(refusal) => matches!(**refusal, CreationRefusal::QuotaUnsynced { .. }),
            Cause::Rejection(rejection) => self.can_fix_rejection(rejection),
            Cause::Kubelet(KubeletRefusal::Pressure { .. }) => true,
            Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => self.can_fix_rejection(rejection),
            Cause::Kubelet(
                KubeletRefusal::OperatingSystem { .. }
                | KubeletRefusal::OperatingSystemLabel { .. }
                | KubeletRefusal::PodLevelResources
                | KubeletRefusal::StrictGroups,
            ) => false,
            // A driver registers when its pod on the node starts.
            Cause::Start(StartObstacle::DriverNotRegistered { .. }) => self.is_new_node,
            Cause::Start(_) => false,
            Cause::Exclusion(_) | Cause::Gate(_) | Cause::Unknown(_) | Cause::Race(_) => false,
        }
    }

    fn can_fix_rejection(self, rejection: &Rejection) -> bool {
        use Rejection as R;
        match rejection {
            // The volume controllers or a provisioner act next.
            R::ClaimUnbound { .. } | R::ClaimTerminating { .. } => true,
            // Other pods may be bound a moment later.
            R::SpreadSkew { .. } | R::PodAffinity { .. } => true,
            R::UntoleratedTaint { taint } => taint_origin::origin(taint).passes(),
            R::DriverMissing { .. } => self.is_new_node,
            // The driver of a node that has just joined may still publish its devices.
            R::Devices(rejection) => match **rejection {
                DeviceRejection::TooFew(_) => self.is_new_node,
                DeviceRejection::ClaimTerminating { .. } => true,
                _ => false,
            },
            // A device plugin of a node that has just joined may still register.
            R::Insufficient { resource, asked, allocatable, .. } if asked > allocatable => {
                self.is_new_node && *allocatable == 0 && is_extended_resource(resource.as_str())
            }
            R::Insufficient { resource, asked, free, .. } => {
                self.leaving().map(|pod| takes(pod, *resource)).fold(*free, i64::saturating_add) >= *asked
            }
            R::TooManyPods { allocatable, taken } => taken.saturating_sub(self.leaving().count() as i64) < *allocatable,
            R::PortTaken { holder, .. } | R::DiskInUse { holder } | R::ClaimInUse { holder, .. } => {
                self.is_leaving(*holder)
            }
            R::TooManyVolumes { .. } | R::PodAntiAffinity { .. } | R::ExistingAntiAffinity { .. } => {
                self.leaving().next().is_some()
            }
            _ => false,
        }
    }

    /// The pods that are being deleted and still hold what they take of the node.
    fn leaving(self) -> impl Iterator<Item = &'a Pod> {
        let cluster = self.cluster;
        cluster.pods_on(self.node).iter().map(move |pod| cluster.pod(*pod)).filter(|pod| pod.terminating)
    }

    fn is_leaving(self, pod: PodIndex) -> bool {
        self.cluster.pod(pod).terminating
    }
}

/// How much of the resource a pod takes, in the unit of a scheduler's figures.
fn takes(pod: &Pod, resource: Symbol) -> i64 {
    pod.requests.amount(resource)
}
