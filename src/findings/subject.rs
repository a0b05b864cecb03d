//! The DaemonSet that is asked about.

use std::sync::Arc;

use serde_json::Value;

use crate::manifest::{Language, Origin};
use crate::model::{DaemonSet, Symbol};
use crate::rules::OwnPods;

/// The DaemonSet that is asked about.
#[derive(Debug, Clone)]
pub struct Subject {
    /// The DaemonSet.
    pub daemon_set: DaemonSet,
    /// UID of the deployed DaemonSet of that name.
    pub deployed: Option<Symbol>,
    /// The owner of the pods that it will adopt, if it is not deployed and there are any ([`Cluster::adopt`]).
    pub adopts: Option<Symbol>,
    /// The language of the document it was written in; `None` for what is deployed.
    pub written: Option<Language>,
    /// A spec as it is written, its keys in Kubernetes' spelling; `None` for what is none.
    pub spec: Option<Arc<Value>>,
    /// The document, each value with its place; `None` for what is deployed.
    pub origin: Option<Arc<Origin>>,
}

impl Subject {
    /// Asks about one that is deployed.
    pub fn deployed(daemon_set: DaemonSet) -> Self {
        Subject { deployed: daemon_set.uid, daemon_set, adopts: None, written: None, spec: None, origin: None }
    }

    /// What becomes of the pods that it has, while it is judged.
    pub fn own_pods(&self) -> OwnPods {
        match (self.written, self.owner()) {
            (None, Some(uid)) => OwnPods::Live(uid),
            (Some(_), Some(uid)) if self.daemon_set.update.surges() => OwnPods::Kept(uid),
            (Some(_), Some(uid)) => OwnPods::Replaced(uid),
            (_, None) => OwnPods::None,
        }
    }

    /// The owner of the pods that it has, or will have once it is deployed.
    pub fn owner(&self) -> Option<Symbol> {
        self.deployed.or(self.adopts)
    }
}
