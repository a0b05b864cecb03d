//! The command that shows more about a finding, or that changes what a finding is about. Which command belongs to which
//! cause is decided in `steps`.

use crate::findings::cause::MissingRule;
use crate::findings::codes::Code;
use crate::findings::container_logs::WantedLog;
use crate::report::Note;

/// What a reader runs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Prints the log of a container.
    Logs(WantedLog),
    /// Describes an object, with its events.
    Describe(Object),
    /// Prints an object as YAML.
    Print(Object),
    /// Lists the objects of one or more kinds.
    List {
        /// The kinds, as kubectl takes them.
        kinds: &'static str,
        /// Their namespace; `None` for kinds without one.
        namespace: Option<String>,
    },
    /// Lists nodes, with a column for each of these labels.
    NodeLabels(Vec<String>),
    /// Lists nodes with their taints.
    NodeTaints,
    /// Shows a namespace with its labels, which set the Pod Security level.
    NamespaceLabels(String),
    /// Lists the events of a pod, which may no longer exist.
    EventsOfPod {
        /// The namespace.
        namespace: String,
        /// The pod.
        pod: String,
    },
    /// Lists what schedulers report about pods of a namespace.
    SchedulerEvents(String),
    /// Lists the pods of a DaemonSet with their nodes and labels.
    PodsOf {
        /// The namespace.
        namespace: String,
        /// The labels that its selector asks for, as `key=value`.
        labels: Vec<String>,
    },
    /// Lists the permissions of the user in a namespace.
    Permissions(String),
    /// Saves everything that a diagnosis needs.
    Snapshot,
    /// Deletes an outdated pod.
    DeletePod {
        /// The namespace.
        namespace: String,
        /// The pod.
        pod: String,
    },
    /// Creates a namespace.
    CreateNamespace(String),
    /// Lets a ServiceAccount use SecurityContextConstraints (OpenShift).
    GrantScc {
        /// The namespace.
        namespace: String,
        /// The ServiceAccount.
        account: String,
        /// The SCC.
        scc: &'static str,
    },
    /// Prints the page of the code, for causes that only a change of the document can fix.
    Page(Code),
}

/// An object as kubectl names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The resource, as `kubectl get` takes it.
    pub resource: String,
    /// Its namespace; `None` for objects without one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl Object {
    /// An object of a namespace.
    pub fn of(resource: &str, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Object { resource: resource.to_owned(), namespace: Some(namespace.into()), name: name.into() }
    }

    /// An object without a namespace.
    pub fn cluster(resource: &str, name: impl Into<String>) -> Self {
        Object { resource: resource.to_owned(), namespace: None, name: name.into() }
    }

    fn command(&self, before: &str, after: &str) -> String {
        let namespace = self.namespace.as_ref().map(|n| format!(" -n {n}")).unwrap_or_default();
        format!("kubectl {before} {} {}{namespace}{after}", self.resource, self.name)
    }

    fn names(&self) -> Vec<&str> {
        std::iter::once(self.name.as_str()).chain(self.namespace.as_deref()).collect()
    }
}

/// What running a command does to the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    Reads,
    /// Changes this.
    Changes(&'static str),
}

impl NextStep {
    /// Returns the step as a note; `None` if a name is none that the API server admits: people paste the command into a
    /// shell.
    pub fn note(&self) -> Option<Note> {
        if !self.words().iter().all(|word| is_plain(word)) {
            return None;
        }
        let effect = match self.effect() {
            Effect::Reads => "reads only",
            Effect::Changes(what) => what,
        };
        Some(Note::next(self.command(), effect))
    }

    /// Returns the command.
    fn command(&self) -> String {
        match self {
            NextStep::Logs(WantedLog { namespace, pod, container, previous, .. }) => {
                let previous = if *previous { " --previous" } else { "" };
                format!("kubectl logs {pod} -n {namespace} -c {container}{previous}")
            }
            NextStep::Describe(object) => object.command("describe", ""),
            NextStep::Print(object) => object.command("get", " -o yaml"),
            NextStep::List { kinds, namespace: Some(namespace) } => {
                format!("kubectl get {kinds} -n {namespace} -o wide")
            }
            NextStep::List { kinds, namespace: None } => format!("kubectl get {kinds}"),
            NextStep::NodeLabels(keys) if keys.is_empty() => "kubectl get nodes --show-labels".to_owned(),
            NextStep::NodeLabels(keys) => format!("kubectl get nodes -L {}", keys.join(",")),
            NextStep::NodeTaints => {
                "kubectl get nodes -o custom-columns=NAME:.metadata.name,TAINTS:.spec.taints".to_owned()
            }
            NextStep::NamespaceLabels(namespace) => format!("kubectl get namespace {namespace} --show-labels"),
            NextStep::EventsOfPod { namespace, pod } => {
                format!("kubectl get events -n {namespace} --field-selector involvedObject.name={pod}")
            }
            NextStep::SchedulerEvents(namespace) => {
                format!("kubectl get events -n {namespace} --field-selector reason=FailedScheduling")
            }
            NextStep::PodsOf { namespace, labels } => {
                let selector = if labels.is_empty() { String::new() } else { format!(" -l {}", labels.join(",")) };
                format!("kubectl get pods -n {namespace}{selector} -o wide")
            }
            NextStep::Permissions(namespace) => format!("kubectl auth can-i --list -n {namespace}"),
            NextStep::Snapshot => "kubectl daemonset snapshot --file cluster.json.gz".to_owned(),
            NextStep::DeletePod { namespace, pod } => format!("kubectl delete pod {pod} -n {namespace}"),
            NextStep::CreateNamespace(namespace) => format!("kubectl create namespace {namespace}"),
            NextStep::GrantScc { namespace, account, scc } => {
                format!("oc adm policy add-scc-to-user {scc} -z {account} -n {namespace}")
            }
            NextStep::Page(code) => format!("kubectl daemonset explain {code}"),
        }
    }

    fn effect(&self) -> Effect {
        match self {
            NextStep::DeletePod { .. } => Effect::Changes("the controller recreates the pod from the new template"),
            NextStep::CreateNamespace(_) => Effect::Changes("creates the namespace"),
            NextStep::GrantScc { .. } => Effect::Changes("lets the ServiceAccount use the SCC: weakens security"),
            NextStep::Snapshot => Effect::Changes("reads only; saves everything that the diagnosis needs"),
            _ => Effect::Reads,
        }
    }

    /// Returns the words of the command that come from the cluster.
    fn words(&self) -> Vec<&str> {
        match self {
            NextStep::Logs(log) => vec![&log.namespace, &log.pod, &log.container],
            NextStep::Describe(object) | NextStep::Print(object) => object.names(),
            NextStep::List { namespace, .. } => namespace.iter().map(String::as_str).collect(),
            NextStep::NodeLabels(keys) => keys.iter().map(String::as_str).collect(),
            NextStep::EventsOfPod { namespace, pod } | NextStep::DeletePod { namespace, pod } => vec![namespace, pod],
            NextStep::GrantScc { namespace, account, .. } => vec![namespace, account],
            NextStep::PodsOf { namespace, labels } => {
                std::iter::once(namespace).chain(labels).map(String::as_str).collect()
            }
            NextStep::NamespaceLabels(namespace)
            | NextStep::SchedulerEvents(namespace)
            | NextStep::Permissions(namespace)
            | NextStep::CreateNamespace(namespace) => vec![namespace],
            NextStep::NodeTaints | NextStep::Snapshot | NextStep::Page(_) => Vec::new(),
        }
    }
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

/// Returns the command that lists what the API server knows of an API group.
pub fn resources_of(group: &str) -> Option<Note> {
    note(&[group], format!("kubectl api-resources --api-group={group}"))
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
    let (resource, subresource) = match resource.starts_with('/') {
        true => (resource.as_str(), ""),
        false => resource.split_once('/').unwrap_or((resource, "")),
    };
    let group_of = if group.is_empty() { String::new() } else { format!(".{group}") };
    let subresource_of = if subresource.is_empty() { String::new() } else { format!(" --subresource={subresource}") };
    let scope = namespace.as_ref().map(|namespace| format!(" -n {namespace}")).unwrap_or_default();
    let names =
        [account_namespace, account, verb, resource, group, subresource, namespace.as_deref().unwrap_or_default()];
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    let who = format!("--as=system:serviceaccount:{account_namespace}:{account}");
    note(&names, format!("kubectl auth can-i {verb} {resource}{group_of}{subresource_of}{scope} {who}"))
}

/// Returns the note of a command that only reads.
fn note(names: &[&str], command: String) -> Option<Note> {
    names.iter().all(|name| is_plain(name)).then(|| Note::next(command, "reads only"))
}

/// Returns the command that brings a stored revision back.
pub fn rollout_undo(namespace: &str, name: &str, revision: i64) -> Option<Note> {
    let command = format!("kubectl rollout undo daemonset/{name} -n {namespace} --to-revision={revision}");
    [namespace, name].iter().all(|name| is_plain(name)).then(|| {
        let effect = format!("changes the DaemonSet: the controller replaces its pods by pods of revision {revision}");
        Note::next(command, effect)
    })
}

/// Returns the command that removes Node objects whose machines do not come back. `None` without a node, or with too
/// many for one command.
pub fn delete_nodes(nodes: &[String]) -> Option<Note> {
    const MAX_NODES: usize = 10;
    let names: Vec<&str> = nodes.iter().map(String::as_str).collect();
    let is_short = !names.is_empty() && names.len() <= MAX_NODES && names.iter().all(|name| is_plain(name));
    let command = format!("kubectl delete node {}", names.join(" "));
    is_short.then(|| Note::next(command, "changes the cluster: only for machines that do not come back"))
}

/// Returns the command that gives a rolling update a larger bound.
pub fn set_bound(namespace: &str, name: &str, field: &str, nodes: usize) -> Option<Note> {
    let patch = format!("{{\"spec\":{{\"updateStrategy\":{{\"rollingUpdate\":{{\"{field}\":{nodes}}}}}}}}}");
    let command = format!("kubectl patch daemonset {name} -n {namespace} --type merge -p '{patch}'");
    [namespace, name].iter().all(|name| is_plain(name)).then(|| {
        let what =
            if field == "maxSurge" { "new pods that are not available" } else { "nodes without an available pod" };
        let effect =
            format!("changes the DaemonSet: the rollout goes on, with up to {nodes} {what}; fix the cause first");
        Note::next(command, effect)
    })
}

/// Whether a shell reads the word as it is written: names, keys of labels, and `key=value`.
fn is_plain(word: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '/' | '=');
    word.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/') && word.chars().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(pod: &str, previous: bool) -> NextStep {
        NextStep::Logs(WantedLog {
            finding: 0,
            node: "n1".into(),
            namespace: "logging".into(),
            pod: pod.into(),
            container: "main".into(),
            previous,
            explained: false,
        })
    }

    #[test]
    fn a_command_names_its_object_and_says_what_it_does() {
        for (step, expected) in [
            (log("agent-1", true), "kubectl logs agent-1 -n logging -c main --previous (reads only)"),
            (log("agent-1", false), "kubectl logs agent-1 -n logging -c main (reads only)"),
            (NextStep::Describe(Object::cluster("node", "n1")), "kubectl describe node n1 (reads only)"),
            (NextStep::NodeLabels(vec!["pool".into(), "zone".into()]), "kubectl get nodes -L pool,zone (reads only)"),
            (
                NextStep::DeletePod { namespace: "a".into(), pod: "b".into() },
                "kubectl delete pod b -n a (the controller recreates the pod from the new template)",
            ),
        ] {
            assert_eq!(step.note().map(|note| note.to_string()), Some(format!("next: {expected}")));
        }
    }

    #[test]
    fn no_command_has_a_name_that_a_shell_would_read_otherwise() {
        for name in ["", "-x", "a;b", "a b", "$(a)", "a\nb", "=a", "~a"] {
            assert_eq!(log(name, false).note(), None, "{name:?}");
        }
    }
}
