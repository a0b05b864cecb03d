//! NodeDeclaredFeatures: a pod that needs a feature goes only where the node declares it.
//!
//! `component-helpers/nodedeclaredfeatures/features` v1.36 (on since then). Of the features that a pod's spec can
//! require when it is created, these are inferred; ordinary pods require none.

use crate::model::{Node, PodSpec, Version};
use crate::rules::verdict::Rejection;

/// The features that the pod requires of its node.
pub fn required(spec: &PodSpec, version: Version) -> Vec<&'static str> {
    if !version.at_least(36) {
        return Vec::new();
    }
    let restarts = spec.restarts_all_containers.then_some("RestartAllContainersOnContainerExits");
    let userns = (spec.user_namespace && spec.host_network).then_some("UserNamespacesHostNetworkSupport");
    restarts.into_iter().chain(userns).collect()
}

/// Refuses nodes that do not declare what is required.
pub fn filter(required: &[&'static str], node: &Node, found: &mut Vec<Rejection>) {
    for feature in required {
        if !node.declared_features.iter().any(|f| *f == **feature) {
            found.push(Rejection::FeatureMissing { feature });
        }
    }
}
