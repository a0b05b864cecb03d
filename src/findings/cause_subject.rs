//! What a cause of the rules is about: nodes with one subject share a finding although their figures differ.

use crate::findings::taint_origin::{self, Origin};
use crate::model::{Symbol, Taint};
use crate::rules::{
    Cause, ClaimDenial, CreationRefusal, DeviceAsker, DeviceRejection, Exclusion, KubeletRefusal, Race, Rejection,
    StartObstacle, Unknown,
};

/// What a cause is about, so that nodes with the same subject come together although their figures differ.
pub fn about(cause: &Cause) -> [u32; 3] {
    let name = |symbol: &Symbol| [symbol.id(), 0, 0];
    let pair = |a: &Symbol, b: &Symbol| [a.id(), b.id(), 0];
    match cause {
        Cause::Exclusion(exclusion) => match exclusion {
            Exclusion::NodeName { wanted } => name(wanted),
            Exclusion::NodeSelector { key, wanted, .. } => pair(key, wanted),
            Exclusion::NodeAffinity => [0; 3],
            Exclusion::Taint { taint } => about_taint(taint),
            Exclusion::ProjectSelector { annotation, selector } => pair(annotation, selector),
        },
        Cause::Creation(refusal) => match &**refusal {
            CreationRefusal::LimitRange { range, .. } => name(range),
            CreationRefusal::QuotaExceeded { quota, .. }
            | CreationRefusal::QuotaUnspecified { quota, .. }
            | CreationRefusal::QuotaUnsynced { quota } => name(quota),
            CreationRefusal::QuotaForClassMissing { class } => name(class),
            CreationRefusal::WebhookWithoutEndpoint { webhook, .. } => name(webhook),
            _ => [0; 3],
        },
        Cause::Gate(gate) => name(gate),
        Cause::Rejection(rejection) => about_rejection(rejection),
        Cause::Unknown(unknown) => match &**unknown {
            Unknown::OtherScheduler(scheduler) => name(scheduler),
            Unknown::NotCollected { what, .. } => name(&Symbol::new(&what.to_string())),
            Unknown::DeviceClass { resource, class } => pair(resource, class),
            Unknown::QuotaScope(scope) => name(scope),
            Unknown::ResourceClaims | Unknown::Unreadable(_) => [0; 3],
        },
        Cause::Race(Race::Claim(what) | Race::Spread(what) | Race::Affinity(what)) => name(what),
        Cause::Kubelet(KubeletRefusal::OperatingSystem { wanted, actual }) => pair(wanted, actual),
        Cause::Kubelet(KubeletRefusal::OperatingSystemLabel { wanted, actual }) => [wanted.id(), actual.id(), 1],
        Cause::Kubelet(KubeletRefusal::PodLevelResources) => [0, 0, 2],
        Cause::Kubelet(KubeletRefusal::StrictGroups) => [0; 3],
        Cause::Kubelet(KubeletRefusal::Pressure { condition }) => name(condition),
        Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => about_rejection(rejection),
        Cause::Start(failure) => about_start(failure),
    }
}

fn about_start(failure: &StartObstacle) -> [u32; 3] {
    match failure {
        StartObstacle::ObjectMissing { kind, name, .. } => [name.id(), 0, *kind as u32],
        StartObstacle::KeyMissing { kind, name, key, .. } => [name.id(), key.id(), *kind as u32],
        StartObstacle::DriverNotRegistered { driver: what, .. }
        | StartObstacle::HandlerMissing { class: what, .. }
        | StartObstacle::AttachedOnce { claim: what, .. } => [what.id(), 0, 0],
        StartObstacle::HandlerLacks { handler, feature } => [handler.id(), *feature as u32, 0],
        StartObstacle::ImageName { container, image } => [container.id(), image.id(), 0],
    }
}

/// An autoscaler writes the time into the value: it is another one on each node.
fn about_taint(taint: &Taint) -> [u32; 3] {
    let is_time = taint_origin::origin(taint) == Origin::Autoscaler;
    let value = if is_time { 0 } else { taint.value.id() };
    [taint.key.id(), value, taint.effect as u32]
}

fn about_devices(rejection: &DeviceRejection) -> [u32; 3] {
    use DeviceRejection as D;
    match rejection {
        D::TemplateMissing { claim, template } => [claim.id(), template.id(), 1],
        D::ClaimMissing { claim } => [claim.id(), 0, 2],
        D::ClaimTerminating { claim } => [claim.id(), 0, 3],
        D::ClaimInUse { claim, .. } => [claim.id(), 0, 4],
        D::ClaimElsewhere { claim } => [claim.id(), 0, 5],
        D::ClassMissing { request, class } => [request.id(), class.id(), 0],
        D::TooFew(shortage) => {
            let asker = match shortage.asker {
                DeviceAsker::Request { request, .. } => request,
                DeviceAsker::Resource(resource) => resource,
            };
            [asker.id(), shortage.class.id(), shortage.kind() as u32]
        }
    }
}

fn about_rejection(rejection: &Rejection) -> [u32; 3] {
    use Rejection as R;
    match rejection {
        R::NodeUnschedulable | R::TooManyPods { .. } | R::DiskInUse { .. } => [0; 3],
        R::UntoleratedTaint { taint } => about_taint(taint),
        R::NodeSelector { key, wanted, .. } => [key.id(), wanted.id(), 0],
        R::PortTaken { port, .. } => [u32::from(port.host_port), port.protocol.id(), port.host_ip.id()],
        // What no node of that size can ever hold is another cause than a full node.
        R::Insufficient { resource, asked, allocatable, .. } => [resource.id(), u32::from(asked > allocatable), 0],
        R::TooManyVolumes { driver: what, .. }
        | R::DriverMissing { driver: what }
        | R::ClaimMissing { claim: what }
        | R::ClaimInUse { claim: what, .. }
        | R::ClaimLost { claim: what, .. }
        | R::ClaimTerminating { claim: what }
        | R::ClaimUnbound { claim: what }
        | R::VolumeAffinity { claim: what, .. }
        | R::NoVolume { claim: what }
        | R::NoStorage { claim: what }
        | R::VolumeGone { claim: what, .. }
        | R::VolumeZone { claim: what, .. }
        | R::SpreadLabelMissing { key: what }
        | R::SpreadSkew { key: what, .. }
        | R::ExistingAntiAffinity { key: what, .. } => [what.id(), 0, 0],
        R::PodAffinity { term, key, .. } | R::PodAntiAffinity { term, key, .. } => [key.id(), *term, 0],
        R::Devices(rejection) => about_devices(rejection),
        R::ClaimDenied(denied) => match denied.denial {
            ClaimDenial::AdminAccess => [denied.entry.id(), 0, 0],
            ClaimDenial::Quota { quota: what, .. } | ClaimDenial::LimitRange { range: what, .. } => {
                [denied.entry.id(), what.id(), 0]
            }
        },
        R::FeatureMissing { feature } => [Symbol::new(feature).id(), 0, 0],
    }
}
