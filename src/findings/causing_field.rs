//! Which field of a DaemonSet causes a finding: the places that a report of a document points at.
//!
//! Of several fields the first counts that the document has. Where the document has none of them, the field would stand
//! in the object that is nearest.

use crate::findings::cause::Cause as Found;
use crate::findings::codes::Code;
use crate::manifest::FieldPath;
use crate::model::Symbol;
use crate::rules::{
    Cause, CreationRefusal, Exclusion, KubeletRefusal, ObjectUser, Race, Rejection, StartObstacle, Unknown,
};

/// Returns the fields that cause a finding: by the cause that the rules give, by what was found, else by the code. Empty
/// if the DaemonSet as a whole is meant.
pub fn of(code: Code, rule: Option<&Cause>, found: Option<&Found>) -> Vec<FieldPath> {
    match (rule, found) {
        (Some(rule), _) => of_rule(rule),
        (None, Some(found)) => match found.container() {
            Some(name) => of_container(name, &[]),
            None => of_code(code),
        },
        (None, None) => of_code(code),
    }
}

fn of_rule(cause: &Cause) -> Vec<FieldPath> {
    match cause {
        Cause::Exclusion(Exclusion::NodeName { .. }) => pod(&["nodeName"]),
        Cause::Exclusion(Exclusion::NodeSelector { key, .. }) => node_selector(*key),
        Cause::Exclusion(Exclusion::NodeAffinity) => node_affinity(),
        Cause::Exclusion(Exclusion::Taint { .. }) => pod(&["tolerations"]),
        Cause::Exclusion(Exclusion::ProjectSelector { .. }) => namespace(),
        Cause::Creation(refusal) => of_refusal(refusal),
        Cause::Gate(gate) => vec![FieldPath::pod(&["schedulingGates"]).named(gate)],
        Cause::Rejection(rejection) => of_rejection(rejection),
        Cause::Unknown(unknown) => match &**unknown {
            Unknown::OtherScheduler(_) => pod(&["schedulerName"]),
            Unknown::ResourceClaims => pod(&["resourceClaims"]),
            Unknown::DeviceClass { resource, .. } => resources(resource.as_str()),
            Unknown::QuotaScope(_) => namespace(),
            Unknown::NotCollected { .. } | Unknown::Unreadable(_) => Vec::new(),
        },
        Cause::Race(Race::Claim(claim)) => of_claim(*claim),
        Cause::Race(Race::Spread(key)) => spread(*key),
        Cause::Race(Race::Affinity(_)) => {
            [pod(&["affinity", "podAntiAffinity"]), pod(&["affinity", "podAffinity"])].concat()
        }
        Cause::Kubelet(refusal) => match refusal {
            KubeletRefusal::OperatingSystem { .. } => pod(&["os", "name"]),
            KubeletRefusal::OperatingSystemLabel { .. } => template_labels(),
            KubeletRefusal::PodLevelResources => pod(&["resources"]),
            KubeletRefusal::StrictGroups => pod(&["securityContext", "supplementalGroupsPolicy"]),
            KubeletRefusal::Pressure { .. } => pod(&["priorityClassName"]),
            KubeletRefusal::Unfit(rejection) => of_rejection(rejection),
        },
        Cause::Start(obstacle) => of_obstacle(obstacle),
    }
}

fn of_rejection(rejection: &Rejection) -> Vec<FieldPath> {
    match rejection {
        Rejection::NodeUnschedulable | Rejection::UntoleratedTaint { .. } => pod(&["tolerations"]),
        Rejection::NodeSelector { key, .. } => node_selector(*key),
        Rejection::PortTaken { port, .. } => host_port(port.host_port),
        Rejection::Insufficient { resource, .. } => resources(resource.as_str()),
        Rejection::ClaimMissing { claim }
        | Rejection::ClaimInUse { claim, .. }
        | Rejection::ClaimLost { claim, .. }
        | Rejection::ClaimTerminating { claim }
        | Rejection::ClaimUnbound { claim }
        | Rejection::VolumeAffinity { claim, .. }
        | Rejection::NoVolume { claim }
        | Rejection::NoStorage { claim }
        | Rejection::VolumeGone { claim, .. }
        | Rejection::VolumeZone { claim, .. } => of_claim(*claim),
        Rejection::ClaimDenied(denied) => {
            let list = if denied.is_of_devices { "resourceClaims" } else { "volumes" };
            vec![FieldPath::pod(&[list]).named(denied.entry)]
        }
        Rejection::DiskInUse { .. } | Rejection::TooManyVolumes { .. } | Rejection::DriverMissing { .. } => {
            pod(&["volumes"])
        }
        Rejection::SpreadLabelMissing { key } | Rejection::SpreadSkew { key, .. } => spread(*key),
        Rejection::PodAffinity { .. } => pod(&["affinity", "podAffinity"]),
        Rejection::PodAntiAffinity { .. } => pod(&["affinity", "podAntiAffinity"]),
        Rejection::ExistingAntiAffinity { .. } => template_labels(),
        Rejection::Devices(_) => pod(&["resourceClaims"]),
        Rejection::TooManyPods { .. } | Rejection::FeatureMissing { .. } => Vec::new(),
    }
}

fn of_refusal(refusal: &CreationRefusal) -> Vec<FieldPath> {
    match refusal {
        CreationRefusal::NamespaceMissing
        | CreationRefusal::NamespaceTerminating
        | CreationRefusal::QuotaUnsynced { .. } => namespace(),
        CreationRefusal::ServiceAccountMissing { .. } => pod(&["serviceAccountName"]),
        CreationRefusal::PriorityClassMissing { .. } | CreationRefusal::QuotaForClassMissing { .. } => {
            pod(&["priorityClassName"])
        }
        CreationRefusal::PriorityMismatch { .. } => pod(&["priority"]),
        CreationRefusal::PreemptionPolicyMismatch => pod(&["preemptionPolicy"]),
        CreationRefusal::RuntimeClassMissing { .. } | CreationRefusal::RuntimeClassConflict { .. } => {
            pod(&["runtimeClassName"])
        }
        CreationRefusal::OverheadMismatch => pod(&["overhead"]),
        CreationRefusal::LimitRange { .. }
        | CreationRefusal::QuotaExceeded { .. }
        | CreationRefusal::QuotaUnspecified { .. }
        | CreationRefusal::Invalid { .. } => any_resources(),
        CreationRefusal::PodSecurity { .. } | CreationRefusal::SecurityContextConstraints { .. } => {
            let of_container = FieldPath::pod(&["containers"]).any().keys(&["securityContext"]);
            [vec![of_container], pod(&["securityContext"]), pod(&["hostNetwork"])].concat()
        }
        CreationRefusal::RepeatedHostPorts { ports } => {
            ports.first().map_or_else(Vec::new, |(_, port)| host_port(port.host_port))
        }
        CreationRefusal::RepeatedLabelKeys { .. } => [pod(&["topologySpreadConstraints"]), pod(&["affinity"])].concat(),
        CreationRefusal::Answered { .. } | CreationRefusal::WebhookWithoutEndpoint { .. } => Vec::new(),
    }
}

fn of_obstacle(obstacle: &StartObstacle) -> Vec<FieldPath> {
    match obstacle {
        StartObstacle::ObjectMissing { name, user, .. } | StartObstacle::KeyMissing { name, user, .. } => match user {
            ObjectUser::Volume(volume) => vec![FieldPath::pod(&["volumes"]).named(volume)],
            ObjectUser::Environment(container) => of_container(container.as_str(), &[]),
            ObjectUser::ImagePull => vec![FieldPath::pod(&["imagePullSecrets"]).named(name)],
        },
        StartObstacle::DriverNotRegistered { volume, .. } => {
            [vec![FieldPath::pod(&["volumes"]).named(volume)], of_claim(*volume)].concat()
        }
        StartObstacle::HandlerMissing { .. } => pod(&["runtimeClassName"]),
        StartObstacle::HandlerLacks { .. } => [pod(&["hostUsers"]), pod(&["runtimeClassName"])].concat(),
        StartObstacle::ImageName { container, .. } => of_container(container.as_str(), &["image"]),
        StartObstacle::AttachedOnce { claim, .. } => of_claim(*claim),
    }
}

fn of_code(code: Code) -> Vec<FieldPath> {
    match code {
        Code::NOTHING_MATCHES => [pod(&["nodeSelector"]), node_affinity(), pod(&["nodeName"])].concat(),
        Code::ALL_EXCLUDED | Code::NETWORK_DEADLOCK | Code::EVICTED_AGAIN => pod(&["tolerations"]),
        Code::VIRTUAL_NODE => node_affinity(),
        Code::WINDOWS_NODE => pod(&["nodeSelector"]),
        Code::OVERLAPS | Code::ADOPTS => vec![FieldPath::new(&["spec", "selector"])],
        Code::ON_DELETE | Code::SURGE_PORT | Code::SURGE_BLOCKED => vec![FieldPath::new(&["spec", "updateStrategy"])],
        Code::QUOTA_ADMITS_SOME => any_resources(),
        Code::DO_NOT_FIT_TOGETHER => any_resources(),
        _ => Vec::new(),
    }
}

fn pod(keys: &[&str]) -> Vec<FieldPath> {
    vec![FieldPath::pod(keys)]
}

fn namespace() -> Vec<FieldPath> {
    vec![FieldPath::new(&["metadata", "namespace"])]
}

fn template_labels() -> Vec<FieldPath> {
    vec![FieldPath::new(&["spec", "template", "metadata", "labels"])]
}

fn node_affinity() -> Vec<FieldPath> {
    pod(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"])
}

fn node_selector(key: Symbol) -> Vec<FieldPath> {
    [pod(&["nodeSelector", key.as_str()]), node_affinity()].concat()
}

fn of_container(name: &str, keys: &[&str]) -> Vec<FieldPath> {
    ["containers", "initContainers"].map(|list| FieldPath::pod(&[list]).named(name).keys(keys)).into()
}

/// The requests of a resource; a limit counts as the request where there is none.
fn resources(resource: &str) -> Vec<FieldPath> {
    let of = |list: &str, which: &str| FieldPath::pod(&[list]).any().keys(&["resources", which, resource]);
    let lists = ["containers", "initContainers"];
    ["requests", "limits"].iter().flat_map(|which| lists.map(|list| of(list, which))).collect()
}

fn any_resources() -> Vec<FieldPath> {
    vec![FieldPath::pod(&["containers"]).any().keys(&["resources"])]
}

fn host_port(number: u16) -> Vec<FieldPath> {
    let of = |key: &'static [&'static str]| {
        FieldPath::pod(&["containers"]).any().keys(&["ports"]).item(key, number).keys(key)
    };
    // With `hostNetwork` the container's port is the node's.
    vec![of(&["hostPort"]), of(&["containerPort"])]
}

fn spread(key: Symbol) -> Vec<FieldPath> {
    vec![FieldPath::pod(&["topologySpreadConstraints"]).item(&["topologyKey"], key)]
}

/// The volume of a claim; that of an ephemeral volume has a name of its own.
fn of_claim(claim: Symbol) -> Vec<FieldPath> {
    let by_name = FieldPath::pod(&["volumes"]).item(&["persistentVolumeClaim", "claimName"], claim);
    vec![by_name, FieldPath::pod(&["volumes"]).any().keys(&["ephemeral"])]
}
