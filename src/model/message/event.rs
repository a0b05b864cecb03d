//! What an event is about.

/// Returns the container that a kubelet's event is about, from the `fieldPath` of its reference: `spec.containers{main}`,
/// `spec.initContainers{setup}` (`fieldPath`, pkg/kubelet/container/ref.go v1.36).
pub fn container(field_path: &str) -> Option<&str> {
    let (list, rest) = field_path.split_once('{')?;
    let is_list = matches!(list, "spec.containers" | "spec.initContainers" | "spec.ephemeralContainers");
    rest.strip_suffix('}').filter(|name| is_list && !name.is_empty())
}

/// Returns the pod and the node of a scheduler's `Scheduled` event (`pkg/scheduler/schedule_one.go` v1.36).
pub fn assigned(message: &str) -> Option<(&str, &str)> {
    let (pod, node) = message.strip_prefix("Successfully assigned ")?.split_once(" to ")?;
    Some((pod.split_once('/').map_or(pod, |(_, name)| name), node.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_path_names_a_container() {
        for (path, expected) in [
            ("spec.containers{main}", Some("main")),
            ("spec.initContainers{setup}", Some("setup")),
            ("spec.ephemeralContainers{debug}", Some("debug")),
            ("implicitly required container POD", None),
            ("spec.containers{}", None),
            ("spec.volumes{a}", None),
            ("", None),
        ] {
            assert_eq!(container(path), expected, "{path}");
        }
    }

    #[test]
    fn the_scheduler_names_the_node() {
        assert_eq!(assigned("Successfully assigned a/agent-1 to n1"), Some(("agent-1", "n1")));
        assert_eq!(assigned("Successfully assigned agent-1 to n1"), Some(("agent-1", "n1")));
        assert_eq!(assigned("0/3 nodes are available"), None);
    }
}
