//! Events of the DaemonSet controller.

/// Returns the message without what the event recorder puts before the last of many similar events.
fn plain(message: &str) -> &str {
    message.strip_prefix("(combined from similar events): ").unwrap_or(message)
}

/// Returns what the API server answered, from the message of a FailedCreate event.
pub fn creation_error(message: &str) -> &str {
    let message = plain(message);
    message.strip_prefix("Error creating: ").unwrap_or(message)
}

/// Returns the pod and the node of a FailedDaemonPod event's message.
pub fn failed_pod(message: &str) -> Option<(&str, &str)> {
    let rest = plain(message).strip_prefix("Found failed daemon pod ")?;
    let (pod, rest) = rest.split_once(" on node ")?;
    Some((pod.split_once('/')?.1, rest.split_once(',')?.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_words_are_found() {
        for (message, why) in [
            ("Error creating: exceeded quota", "exceeded quota"),
            ("(combined from similar events): Error creating: exceeded quota", "exceeded quota"),
            ("exceeded quota", "exceeded quota"),
        ] {
            assert_eq!(creation_error(message), why);
        }
    }

    #[test]
    fn events_name_the_pod_and_the_node() {
        let text = "Found failed daemon pod a/agent-0 on node n1, will try to kill it";
        assert_eq!(failed_pod(text), Some(("agent-0", "n1")));
        assert_eq!(failed_pod(&format!("(combined from similar events): {text}")), Some(("agent-0", "n1")));
        assert_eq!(failed_pod("Created pod: agent-0"), None);
        assert_eq!(creation_error("(combined from similar events): Error creating: no"), "no");
    }
}
