//! `pod/NAME` as an argument: the DaemonSet of that pod, on its node.

use crate::error::{Error, Result};
use crate::model::Symbol;
use crate::model::message::event;
use crate::store::Cluster;

/// Returns the pod that the arguments name as `pod/NAME`; `None` if they name none.
///
/// # Errors
/// There are other names beside it.
pub fn pod_argument(names: &[String]) -> Result<Option<&str>> {
    let pods = names.iter().find_map(|name| match name.split_once('/') {
        Some(("pod" | "pods" | "po", pod)) => Some(pod),
        _ => None,
    });
    match (pods, names.len()) {
        (Some(_), 2..) => Err(Error::new("cannot combine pod/NAME with other names").hint("name one pod")),
        (pod, _) => Ok(pod),
    }
}

/// Returns the DaemonSet of a pod by the pod's name: the controller lets the API server add a dash and five characters to
/// the DaemonSet's name (`GetGenerateName`, `generateName` of pkg/controller/daemon v1.36). Pods that it adopted have other
/// endings.
///
/// # Errors
/// The name is none that the API server makes so.
pub fn daemon_set_of(pod: &str) -> Result<&str> {
    let parts = pod.rsplit_once('-').filter(|(name, suffix)| {
        let is_ending = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        !name.is_empty() && !suffix.is_empty() && suffix.bytes().all(is_ending)
    });
    let (name, _) = parts.ok_or_else(|| {
        Error::new(format!("pod {pod} does not belong to a DaemonSet")).hint("pods of a DaemonSet are named NAME-xxxxx")
    })?;
    Ok(name)
}

/// Returns the node of a pod: where it is or is meant to be, or, if the pod is gone, where its events say that it was.
///
/// # Errors
/// Neither the pod nor its events are there, or the pod has no node.
pub fn node_of(cluster: &Cluster, pod: &str) -> Result<Symbol> {
    let daemon_set = daemon_set_of(pod)?;
    let namespaces: Vec<Symbol> =
        cluster.daemon_sets.iter().filter(|d| d.name == *daemon_set).map(|d| d.namespace).collect();
    let found = cluster.pods.iter().find(|found| *found.name == *pod && namespaces.contains(&found.namespace));
    let events = || {
        let of_pod = cluster.events.iter().filter(|event| {
            event.kind.as_str() == "Pod" && *event.name == *pod && namespaces.contains(&event.namespace)
        });
        of_pod.filter_map(|event| event.host.or_else(|| Symbol::known(event::assigned(&event.message)?.1))).next()
    };
    let hint = format!("check its DaemonSet on all nodes with `doctor {daemon_set}`");
    match found {
        Some(found) => {
            found.node_or_target().ok_or_else(|| Error::new(format!("pod {pod} has no node yet")).hint(hint))
        }
        None => events().ok_or_else(|| Error::new(format!("there is no pod {pod}")).hint(hint)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pod_names_its_daemon_set() {
        for (pod, expected) in [
            ("agent-x7k2p", Some("agent")),
            ("kube-proxy-windows-abcde", Some("kube-proxy-windows")),
            ("agent-p00", Some("agent")),
            ("agent", None),
            ("-abcde", None),
            ("agent-ABCDE", None),
        ] {
            assert_eq!(daemon_set_of(pod).ok(), expected, "{pod}");
        }
        let names = |all: &[&str]| all.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert_eq!(pod_argument(&names(&["pod/a-abcde"])).ok(), Some(Some("a-abcde")));
        assert_eq!(pod_argument(&names(&["ds/a", "b"])).ok(), Some(None));
        assert!(pod_argument(&names(&["pod/a-abcde", "b"])).is_err());
    }
}
