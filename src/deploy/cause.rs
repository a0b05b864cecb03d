//! Why a node gets no pod, in one line.

use crate::facts::Cluster;
use crate::placement::{Cause, CreationRefusal, Exclusion, Race, Rejection, Unknown};

/// One cause in words, without figures that differ from node to node, so that nodes group by it.
pub fn words(cause: &Cause, cluster: &Cluster) -> String {
    match cause {
        Cause::Exclusion(Exclusion::NodeName { wanted }) => format!("the template names node {wanted}"),
        Cause::Exclusion(Exclusion::NodeSelector { key, wanted, actual }) => match actual {
            Some(actual) => format!("nodeSelector {key}={wanted}: the node has {key}={actual}"),
            None => format!("nodeSelector {key}={wanted}: the node has no {key}"),
        },
        Cause::Exclusion(Exclusion::NodeAffinity) => "no term of the required node affinity matches".to_owned(),
        Cause::Exclusion(Exclusion::Taint { taint }) => format!("taint {taint} is not tolerated"),
        Cause::Creation(refusal) => creation(refusal),
        Cause::Gate(gate) => format!("scheduling gate {gate} is not lifted"),
        Cause::Rejection(Rejection::UntoleratedTaint { taint }) => format!("taint {taint} is not tolerated"),
        Cause::Rejection(Rejection::PortTaken { port, holder, .. }) => {
            let pod = cluster.pod(*holder);
            format!("host port {} is taken by {}/{}", port.host_port, pod.namespace, pod.name)
        }
        Cause::Rejection(rejection) => rejection.status_text(cluster.rules()).into_owned(),
        Cause::Unknown(unknown) => match &**unknown {
            Unknown::OtherScheduler(name) => format!("scheduler {name} decides"),
            Unknown::NotCollected { what, why } => format!("{what}: {why}"),
            Unknown::ResourceClaims => "resource claims are not evaluated".to_owned(),
            Unknown::DeviceClass { resource, class } => format!("{resource} stands for device class {class}"),
            Unknown::Unreadable(why) => format!("the node could not be read: {why}"),
            Unknown::QuotaScope(scope) => format!("a quota has the unknown scope {scope}"),
        },
        Cause::Race(Race::Claim(claim)) => format!("claim {claim} serves one pod"),
        Cause::Race(Race::Spread(key) | Race::Affinity(key)) => format!("its own pods compete for domains of {key}"),
    }
}

fn creation(refusal: &CreationRefusal) -> String {
    use CreationRefusal as R;
    match refusal {
        R::NamespaceMissing => "the namespace does not exist".to_owned(),
        R::NamespaceTerminating => "the namespace is being deleted".to_owned(),
        R::ServiceAccountMissing { name } => format!("ServiceAccount {name} does not exist"),
        R::PriorityClassMissing { name } => format!("PriorityClass {name} does not exist"),
        R::PriorityMismatch { written, computed } => {
            format!("the template's priority {written} is not its class's, {computed}")
        }
        R::PreemptionPolicyMismatch => "the template's preemptionPolicy is not its class's".to_owned(),
        R::RuntimeClassMissing { name } => format!("RuntimeClass {name} does not exist"),
        R::RuntimeClassConflict { key, class, pod } => {
            format!("the RuntimeClass asks for {key}={class}, the template for {key}={pod}")
        }
        R::OverheadMismatch => "the template's overhead is not its RuntimeClass's".to_owned(),
        R::LimitRange { range, violations } => {
            let texts: Vec<&str> = violations.iter().map(|v| v.text.as_str()).collect();
            format!("LimitRange {range}: {}", texts.join("; "))
        }
        R::PodSecurity { level, violations, .. } => {
            let checks: Vec<&str> = violations.iter().map(|(check, _)| check.as_str()).collect();
            format!("Pod Security level {level}: {}", checks.join(", "))
        }
        R::QuotaExceeded { quota, exceeded } => {
            let names: Vec<&str> = exceeded.iter().map(|(name, ..)| name.as_str()).collect();
            format!("ResourceQuota {quota} has too little left of {}", names.join(", "))
        }
        R::QuotaUnspecified { quota, missing } => {
            let names: Vec<&str> = missing.iter().map(|(name, _)| name.as_str()).collect();
            format!("ResourceQuota {quota} counts {}, which the containers do not give", names.join(", "))
        }
        R::QuotaUnsynced { quota } => format!("ResourceQuota {quota} is too new to know"),
        R::Invalid { contradictions } => {
            let names: Vec<&str> = contradictions.iter().map(|c| c.resource.as_str()).collect();
            format!("requests and limits contradict each other: {}", names.join(", "))
        }
    }
}
