//! Why there are no devices for a pod, in words.

use crate::explain::words::Words;
use crate::model::Symbol;
use crate::rules::{DeviceAsker, DeviceRejection, DeviceShortage, ShortageKind};

/// Words why the scheduler finds no devices for the pod. `node` is the only node that it is said of, if it is one.
pub(super) fn words(rejection: &DeviceRejection, node: Option<Symbol>) -> Words {
    let node = node.map_or_else(|| "the node".to_owned(), |node| format!("node {node}"));
    use DeviceRejection as D;
    match rejection {
        D::TemplateMissing { claim, template } => {
            Words::new(format!("ResourceClaimTemplate {template} (entry {claim} of resourceClaims) does not exist"))
                .note("no claim is created for the pods: they stay Pending, and the scheduler does not try them")
        }
        D::ClaimMissing { claim } => Words::new(format!("ResourceClaim {claim} does not exist"))
            .note("the pods stay Pending: the scheduler does not try them"),
        D::ClaimTerminating { claim } => Words::new(format!("ResourceClaim {claim} is being deleted")),
        D::ClaimInUse { claim, pods } => {
            Words::new(format!("ResourceClaim {claim} is in use by {pods} pods, the most that can share a claim"))
        }
        D::ClaimElsewhere { claim } => {
            Words::new(format!("the devices of ResourceClaim {claim} are not available on {node}"))
                .note("a resourceClaimTemplateName gives each pod a claim of its own")
        }
        D::ClassMissing { request, class } => {
            Words::new(format!("DeviceClass {class} (request {request}) does not exist"))
        }
        D::TooFew(short) => too_few(short, &node),
    }
}

fn too_few(short: &DeviceShortage, node: &str) -> Words {
    let asks = match short.asker {
        DeviceAsker::Request { claim, request } => format!("request {request} of claim {claim}"),
        DeviceAsker::Resource(resource) => format!("{resource}"),
    };
    let class = short.class;
    let what = match short.kind() {
        ShortageKind::NonePublished => "no ResourceSlice offers a device to the node".to_owned(),
        ShortageKind::NoneMatching => "none of the devices in its ResourceSlices matches".to_owned(),
        ShortageKind::AllInUse => "other ResourceClaims have every matching device".to_owned(),
        ShortageKind::AllTainted => match short.taint {
            Some(taint) => format!("every matching device has a taint that the request does not tolerate ({taint})"),
            None => "every matching device has a taint that the request does not tolerate".to_owned(),
        },
        ShortageKind::Few => match short.requested {
            Some(count) => format!("fewer than {count} matching devices are free"),
            None => "not every matching device is free (allocationMode All)".to_owned(),
        },
    };
    Words::new(format!("{node} has too few devices of DeviceClass {class} for {asks}: {what}"))
}
