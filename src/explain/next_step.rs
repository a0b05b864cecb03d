//! The command that shows more about a finding. Every command here only reads.

use crate::findings::cause::MissingRule;
use crate::findings::container_logs::WantedLog;
use crate::report::{Note, NoteKind};

/// Returns the command that prints the log of a container.
pub fn logs(log: &WantedLog) -> Option<Note> {
    let WantedLog { namespace, pod, container, previous, .. } = log;
    let previous = if *previous { " --previous" } else { "" };
    let command = format!("kubectl logs {pod} -n {namespace} -c {container}{previous}");
    note(&[namespace, pod, container], command)
}

/// Returns the command that describes a namespaced object, with its events.
pub fn describe(resource: &str, namespace: &str, name: &str) -> Option<Note> {
    note(&[namespace, name], format!("kubectl describe {resource} {name} -n {namespace}"))
}

/// Returns the command that describes a node.
pub fn describe_node(name: &str) -> Option<Note> {
    note(&[name], format!("kubectl describe node {name}"))
}

/// Returns the command that lists the pods of a node.
pub fn pods_on(node: &str) -> Option<Note> {
    note(&[node], format!("kubectl get pods -A -o wide --field-selector spec.nodeName={node}"))
}

/// Returns the command that gets a namespaced object.
pub fn get(resource: &str, namespace: &str, name: &str) -> Option<Note> {
    note(&[namespace, name], format!("kubectl get {resource} {name} -n {namespace}"))
}

/// Returns the command that lists the pods of the cluster's DNS server.
pub fn cluster_dns() -> Option<Note> {
    note(&[], "kubectl get pods -n kube-system -l k8s-app=kube-dns".to_owned())
}

/// Returns the command that asks the API server whether an account may do what it was forbidden.
pub fn can_i(rule: &MissingRule) -> Option<Note> {
    let MissingRule { account_namespace, account, verb, resource, group, namespace, .. } = rule;
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let group_of = if group.is_empty() { String::new() } else { format!(".{group}") };
    let subresource_of = if subresource.is_empty() { String::new() } else { format!(" --subresource={subresource}") };
    let scope = namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let names =
        [account_namespace, account, verb, resource, group, subresource, namespace.as_deref().unwrap_or_default()];
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let who = format!("--as=system:serviceaccount:{account_namespace}:{account}");
    note(&names, format!("kubectl auth can-i {verb} {resource}{group_of}{subresource_of}{scope} {who}"))
}

/// Returns the command that lists the events of a pod that no longer exists.
pub fn events_of_pod(namespace: &str, pod: &str) -> Option<Note> {
    note(&[namespace, pod], format!("kubectl get events -n {namespace} --field-selector involvedObject.name={pod}"))
}

/// Returns the note, unless a name is none that the API server admits: people paste the command into a shell.
fn note(names: &[&str], command: String) -> Option<Note> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.');
    let is_name = |name: &&str| name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain);
    names.iter().all(is_name).then(|| Note::new(NoteKind::Next, format!("{command} (reads only)")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(pod: &str, previous: bool) -> WantedLog {
        WantedLog {
            finding: 0,
            node: "n1".into(),
            namespace: "logging".into(),
            pod: pod.into(),
            container: "main".into(),
            previous,
        }
    }

    #[test]
    fn a_command_names_the_pod_and_says_that_it_only_reads() {
        let text = |note: Option<Note>| note.map(|note| note.text);
        assert_eq!(
            text(logs(&log("agent-1", true))).as_deref(),
            Some("kubectl logs agent-1 -n logging -c main --previous (reads only)")
        );
        assert_eq!(
            text(logs(&log("agent-1", false))).as_deref(),
            Some("kubectl logs agent-1 -n logging -c main (reads only)")
        );
    }

    #[test]
    fn no_command_has_a_name_that_a_shell_would_read_otherwise() {
        for name in ["", "-x", "a;b", "a b", "$(a)", "a\nb"] {
            assert_eq!(logs(&log(name, false)), None, "{name:?}");
        }
    }
}
