//! Asking the API server what admission makes of one pod, in the form that the controller gives it.

use serde_json::Value;

use crate::findings::{MadePod, Probed, Subject, admission_probe};
use crate::investigate::source::{Admitted, Source};
use crate::model::message::admission;
use crate::rules::controller;
use crate::rules::controller::Predicate;
use crate::store::{Cluster, NodeIndex};

/// Stands for the UID of a DaemonSet that is not deployed: its pods have an owner all the same.
const UID_OF_THE_NEW: &str = "00000000-0000-0000-0000-000000000000";

/// Why it is not known what admission makes of a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotProbed {
    /// No node is known that a pod could be pinned to.
    NoNode,
    /// The user may not create pods in the namespace, not even for a dry run.
    Forbidden,
    /// The namespace of a document does not exist yet, in the server's words.
    NoNamespace(String),
    /// An object that a document's pod refers to does not exist yet, in the server's words.
    NotYetThere(String),
    /// A quota is full, and the DaemonSet's own pods are counted in it, in the server's words.
    QuotaFull(String),
    /// The DaemonSet cannot be had with all its fields, and why.
    NoDaemonSet(String),
    /// The server's answer is no pod, or no answer came, and why.
    Failed(String),
}

impl std::fmt::Display for NotProbed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotProbed::NoNode => f.write_str("no eligible node is known that the pod could be pinned to"),
            NotProbed::Forbidden => f.write_str("forbidden: needs `create` on `pods`"),
            NotProbed::NoNamespace(why) | NotProbed::NotYetThere(why) => {
                write!(f, "the dry-run pod refers to objects that are not applied yet: {why}")
            }
            NotProbed::QuotaFull(why) => {
                write!(f, "a quota is full, and counts the pods of this DaemonSet: {why}")
            }
            NotProbed::NoDaemonSet(why) | NotProbed::Failed(why) => f.write_str(why),
        }
    }
}

/// Asks for one pod of a subject, pinned to the first node that the controller creates a pod on. `document` is the
/// DaemonSet where it is written rather than deployed.
///
/// # Errors
/// The server did not say.
pub async fn probe(
    source: &impl Source,
    subject: &Subject,
    document: Option<&Value>,
    cluster: &Cluster,
) -> Result<Probed, NotProbed> {
    let (namespace, name) = (subject.daemon_set.namespace.as_str(), subject.daemon_set.name.as_str());
    let daemon_set = match document {
        Some(document) => {
            let mut daemon_set = document.clone();
            daemon_set["metadata"]["uid"] = subject.deployed.map_or(UID_OF_THE_NEW, |uid| uid.as_str()).into();
            daemon_set
        }
        None => source.daemon_set(namespace, name).await.map_err(NotProbed::NoDaemonSet)?,
    };
    let node = first_eligible(subject, cluster).ok_or(NotProbed::NoNode)?;
    let revision = subject.deployed.and_then(|uid| cluster.revisions.get(&uid)).and_then(|r| r.hash);
    let pod = admission_probe::pod(&daemon_set, node, revision.map(|hash| hash.as_str()));
    match source.admit(namespace, &pod).await {
        Admitted::Made(pod) => match MadePod::of(&pod) {
            Some(made) => Ok(Probed::Made(Box::new(made))),
            None => Err(NotProbed::Failed("the answer of the server is no pod".to_owned())),
        },
        // What the files bring may be what is missing: it is not there yet.
        Admitted::Refused { code: 404, message } if subject.written.is_some() => Err(NotProbed::NoNamespace(message)),
        Admitted::Refused { message, .. } if subject.written.is_some() && admission::names_missing_object(&message) => {
            Err(NotProbed::NotYetThere(message))
        }
        // The pods that are there count already: that one more is too many says nothing of their successors.
        Admitted::Refused { message, .. } if admission::is_quota_exceeded(&message) && has_pods(subject, cluster) => {
            Err(NotProbed::QuotaFull(message))
        }
        Admitted::Refused { message, .. } => Ok(Probed::Refused(message)),
        Admitted::Forbidden => Err(NotProbed::Forbidden),
        Admitted::NotAsked(why) => Err(NotProbed::Failed(why)),
    }
}

fn has_pods(subject: &Subject, cluster: &Cluster) -> bool {
    subject
        .owner()
        .is_some_and(|uid| !cluster.owned_by(uid).is_empty() || cluster.hides_pods_of(subject.daemon_set.namespace))
}

/// Returns the first node that the controller creates a pod on, or else the first node.
fn first_eligible<'c>(subject: &Subject, cluster: &'c Cluster) -> Option<&'c str> {
    let template = &subject.daemon_set.template.spec;
    let tolerations = controller::tolerations(template);
    let predicate = Predicate::prepare(cluster, subject.daemon_set.namespace, template, &tolerations);
    let eligible = (0..cluster.nodes.len()).find(|node| {
        let mut exclusions = Vec::new();
        predicate.exclusions(*node as NodeIndex, &mut exclusions);
        exclusions.is_empty()
    });
    cluster.nodes.get(eligible.unwrap_or(0)).map(|node| node.name.as_str())
}
