//! The stable codes of the rules' causes.

use crate::findings::cause::denial_code;
use crate::findings::taint_origin;
use crate::model::message::admission::Denial;
use crate::report::codes::Code;
use crate::rules::{
    Cause, CreationRefusal, DeviceRejection, Exclusion, HandlerFeature, KubeletRefusal, ObjectUser, Plugin, Race,
    Rejection, StartObstacle, Unknown,
};

/// The stable code of a cause.
pub fn code(cause: &Cause) -> Code {
    match cause {
        Cause::Exclusion(exclusion) => match exclusion {
            Exclusion::NodeSelector { .. } => Code::NODE_SELECTOR,
            Exclusion::NodeAffinity => Code::NODE_AFFINITY,
            Exclusion::NodeName { .. } => Code::NODE_NAME,
            Exclusion::Taint { taint } => taint_origin::origin(taint).code(),
            Exclusion::ProjectSelector { .. } => Code::PROJECT_SELECTOR,
        },
        Cause::Creation(refusal) => refusal_code(refusal),
        Cause::Gate(_) => Code::GATED,
        Cause::Rejection(rejection) => rejection_code(rejection),
        Cause::Unknown(unknown) => match **unknown {
            Unknown::OtherScheduler(_) => Code::OTHER_SCHEDULER,
            Unknown::NotCollected { .. } => Code::NOT_COLLECTED,
            Unknown::ResourceClaims => Code::RESOURCE_CLAIMS,
            Unknown::DeviceClass { .. } => Code::DEVICE_CLASS,
            Unknown::Unreadable(_) => Code::UNREADABLE,
            Unknown::QuotaScope(_) => Code::QUOTA_SCOPE,
        },
        Cause::Kubelet(
            KubeletRefusal::OperatingSystem { .. }
            | KubeletRefusal::OperatingSystemLabel { .. }
            | KubeletRefusal::PodLevelResources
            | KubeletRefusal::StrictGroups,
        ) => Code::KUBELET_REFUSED,
        Cause::Kubelet(KubeletRefusal::Pressure { .. }) => Code::EVICTED,
        Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => match rejection.plugin() {
            Plugin::NodePorts => Code::KUBELET_PORTS,
            Plugin::NodeAffinity => Code::KUBELET_AFFINITY,
            _ => Code::KUBELET_RESOURCES,
        },
        Cause::Start(failure) => start_code(failure),
        Cause::Race(race) => match race {
            Race::Claim(_) => Code::RACE_CLAIM,
            Race::Spread(_) => Code::RACE_SPREAD,
            Race::Affinity(_) => Code::RACE_AFFINITY,
        },
    }
}

/// The code under which the same failure is reported once a pod shows it.
fn start_code(failure: &StartObstacle) -> Code {
    match failure {
        StartObstacle::ObjectMissing { user, .. } | StartObstacle::KeyMissing { user, .. } => match user {
            ObjectUser::Volume(_) => Code::MOUNT,
            ObjectUser::Environment(_) => Code::CONTAINER_CONFIG,
            ObjectUser::ImagePull => Code::IMAGE_PULL,
        },
        StartObstacle::DriverNotRegistered { .. } => Code::MOUNT,
        StartObstacle::HandlerMissing { .. }
        | StartObstacle::HandlerLacks { feature: HandlerFeature::UserNamespaces, .. } => Code::SANDBOX,
        StartObstacle::HandlerLacks { feature: HandlerFeature::RecursiveReadOnlyMounts, .. } => Code::CONTAINER_CONFIG,
        StartObstacle::ImageName { .. } => Code::IMAGE_NAME,
        StartObstacle::AttachedOnce { .. } => Code::ATTACH,
    }
}

fn refusal_code(refusal: &CreationRefusal) -> Code {
    use CreationRefusal as R;
    match refusal {
        R::Answered { message } => match Denial::of(message) {
            Denial::PodSecurityPolicy | Denial::TimedOut | Denial::Other => Code::REFUSED_WHEN_ASKED,
            denial => denial_code(&denial),
        },
        R::NamespaceMissing => Code::NAMESPACE_MISSING,
        R::NamespaceTerminating => Code::NAMESPACE_TERMINATING,
        R::ServiceAccountMissing { .. } => Code::SERVICE_ACCOUNT_MISSING,
        R::PriorityClassMissing { .. } => Code::PRIORITY_CLASS_MISSING,
        R::PriorityMismatch { .. } => Code::PRIORITY_MISMATCH,
        R::PreemptionPolicyMismatch => Code::PREEMPTION_POLICY_MISMATCH,
        R::RuntimeClassMissing { .. } => Code::RUNTIME_CLASS_MISSING,
        R::RuntimeClassConflict { .. } => Code::RUNTIME_CLASS_CONFLICT,
        R::OverheadMismatch => Code::OVERHEAD_MISMATCH,
        R::LimitRange { .. } => Code::LIMIT_RANGE,
        R::PodSecurity { .. } => Code::POD_SECURITY,
        R::QuotaForClassMissing { .. } => Code::QUOTA_FOR_CLASS,
        R::WebhookWithoutEndpoint { .. } => Code::WEBHOOK_UNREACHABLE,
        R::SecurityContextConstraints { .. } => Code::SCC_DENIED,
        R::QuotaExceeded { .. } => Code::QUOTA_EXCEEDED,
        R::QuotaUnspecified { .. } => Code::QUOTA_UNSPECIFIED,
        R::QuotaUnsynced { .. } => Code::QUOTA_UNSYNCED,
        R::Invalid { .. } => Code::CONTRADICTION,
        R::RepeatedLabelKeys { .. } => Code::REPEATED_LABEL_KEY,
        R::RepeatedHostPorts { .. } => Code::REPEATED_HOST_PORT,
    }
}

fn rejection_code(rejection: &Rejection) -> Code {
    use Rejection as R;
    match rejection {
        // DaemonSet pods tolerate the cordon; where they did not, it would be the node's state.
        R::NodeUnschedulable => Code::STATE_TAINT,
        R::UntoleratedTaint { taint } => taint_origin::origin(taint).code(),
        R::NodeSelector { .. } => Code::SCHEDULER_SELECTOR,
        R::PortTaken { .. } => Code::PORT_TAKEN,
        R::TooManyPods { .. } => Code::TOO_MANY_PODS,
        R::Insufficient { .. } => Code::INSUFFICIENT,
        R::ClaimMissing { .. } => Code::CLAIM_MISSING,
        R::DiskInUse { .. } => Code::DISK_IN_USE,
        R::ClaimInUse { .. } => Code::CLAIM_IN_USE,
        R::TooManyVolumes { .. } => Code::TOO_MANY_VOLUMES,
        R::DriverMissing { .. } => Code::DRIVER_MISSING,
        R::ClaimLost { .. } => Code::CLAIM_LOST,
        R::ClaimTerminating { .. } => Code::CLAIM_TERMINATING,
        R::ClaimUnbound { .. } => Code::CLAIM_UNBOUND,
        R::ClaimDenied(_) => Code::CLAIM_DENIED,
        R::VolumeAffinity { .. } => Code::VOLUME_AFFINITY,
        R::NoVolume { .. } => Code::NO_VOLUME,
        R::NoStorage { .. } => Code::NO_STORAGE,
        R::VolumeGone { .. } => Code::VOLUME_GONE,
        R::VolumeZone { .. } => Code::VOLUME_ZONE,
        R::SpreadLabelMissing { .. } => Code::SPREAD_LABEL,
        R::SpreadSkew { .. } => Code::SPREAD_SKEW,
        R::PodAffinity { .. } => Code::POD_AFFINITY,
        R::PodAntiAffinity { .. } => Code::POD_ANTI_AFFINITY,
        R::ExistingAntiAffinity { .. } => Code::EXISTING_ANTI_AFFINITY,
        R::Devices(rejection) => match **rejection {
            DeviceRejection::ClassMissing { .. } => Code::DEVICE_CLASS_MISSING,
            DeviceRejection::TooFew(_) => Code::DEVICES_SHORT,
            _ => Code::RESOURCE_CLAIM,
        },
        R::FeatureMissing { .. } => Code::FEATURE_MISSING,
    }
}
