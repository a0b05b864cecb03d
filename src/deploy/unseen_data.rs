//! Data that a prediction needs and could not read.

use std::fmt;

use crate::explain::not_checked;
use crate::investigate::NotProbed;
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::rules::admission::Assumption;
use crate::store::Coverage;

/// Data that a prediction needs and could not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// Objects of a kind, in one namespace or in all.
    Kind {
        /// The kind.
        kind: Kind,
        /// The namespace.
        namespace: Option<Symbol>,
        /// Why the objects could not be read.
        coverage: Coverage,
    },
    /// How many pods a quota admits.
    Quota(Assumption),
    /// Whether a ControllerRevision already has the desired template, so that its pods would stay.
    Revisions(Coverage),
    /// The same, where the server was not asked what it would store.
    StoredTemplate,
    /// Whether webhooks and policies accept a pod of the template.
    Admission(NotAsked),
}

/// Why admission could not be asked about a pod.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotAsked {
    /// The user may not create pods in the namespace, not even for a dry run.
    Forbidden {
        /// The namespace.
        namespace: String,
    },
    /// The namespace does not exist yet.
    NoNamespace {
        /// The namespace.
        namespace: String,
    },
    /// The ServiceAccount does not exist yet.
    NoServiceAccount,
    /// With `--dry-run=client` the server is asked nothing.
    ClientSide,
    /// The server was asked and did not say, or could not be asked.
    NoAnswer(NotProbed),
}

impl From<&Assumption> for Unseen {
    fn from(assumption: &Assumption) -> Self {
        match assumption {
            Assumption::Kind { kind, namespace, coverage } => {
                Unseen::Kind { kind: *kind, namespace: *namespace, coverage: coverage.clone() }
            }
            quota => Unseen::Quota(quota.clone()),
        }
    }
}

impl Unseen {
    /// Returns the kind whose objects could not be seen.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Unseen::Kind { kind, .. } => Some(*kind),
            Unseen::Revisions(_) | Unseen::StoredTemplate => Some(Kind::ControllerRevision),
            Unseen::Quota(_) | Unseen::Admission(_) => None,
        }
    }

    /// Whether the number of nodes that get a pod depends on this data. Workloads with the same selector take no node from the
    /// DaemonSet, and disruption budgets decide which pods are evicted, not on how many nodes.
    pub fn decides_placement(&self) -> bool {
        !matches!(self.kind(), Some(Kind::DaemonSet | Kind::Deployment | Kind::StatefulSet | Kind::PodDisruptionBudget))
    }

    /// Whether the evicted pods depend on this data.
    pub fn decides_victims(&self) -> bool {
        self.decides_placement() || self.kind() == Some(Kind::PodDisruptionBudget)
    }

    /// Returns the missing permission, as an administrator grants it.
    pub fn permission(&self) -> Option<String> {
        let (verb, resource, namespace) = match self {
            Unseen::Kind { namespace, coverage: Coverage::Forbidden { verb, resource }, .. } => {
                (*verb, *resource, namespace.map(|n| n.to_string()))
            }
            Unseen::Revisions(Coverage::Forbidden { verb, resource }) => (*verb, *resource, None),
            Unseen::Admission(NotAsked::Forbidden { namespace }) => ("create", "pods", Some(namespace.clone())),
            _ => return None,
        };
        let place = namespace.map_or(String::new(), |namespace| format!(" in namespace {namespace}"));
        Some(format!("`{verb}` on `{resource}`{place}"))
    }
}

impl fmt::Display for Unseen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const REVISIONS: &str = "controllerrevisions: whether one already has this template";
        match self {
            Unseen::Kind { kind, namespace, coverage } => {
                let place = namespace.map_or(String::new(), |namespace| format!(" in namespace {namespace}"));
                write!(f, "{}{place}: {coverage}", kind.resource())
            }
            Unseen::Quota(assumption) => {
                let (what, why) = not_checked::assumption(assumption);
                write!(f, "{what}: {why}")
            }
            Unseen::Revisions(coverage) => write!(f, "{REVISIONS}: {coverage}"),
            Unseen::StoredTemplate => write!(f, "{REVISIONS}: the server was not asked"),
            Unseen::Admission(why) => write!(f, "whether admission webhooks and policies accept the pods: {why}"),
        }
    }
}

impl fmt::Display for NotAsked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotAsked::Forbidden { namespace } => {
                write!(f, "forbidden: needs `create` on `pods` in namespace {namespace}")
            }
            NotAsked::NoNamespace { namespace } => write!(f, "namespace {namespace} does not exist yet"),
            NotAsked::NoServiceAccount => f.write_str("the ServiceAccount does not exist yet"),
            NotAsked::ClientSide => f.write_str("the server was not asked"),
            NotAsked::NoAnswer(why) => why.fmt(f),
        }
    }
}
