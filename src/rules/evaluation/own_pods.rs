//! What becomes of the pods that a DaemonSet has, while a new one of each is judged.

use crate::model::Symbol;
use crate::store::{Cluster, PodIndex};

/// What becomes of the pods that the DaemonSet has, while it is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnPods {
    /// It has none.
    None,
    /// The new ones replace them: they count nowhere. The UID is that of the DaemonSet that is replaced, or what
    /// stands for it where it is to adopt them.
    Replaced(Symbol),
    /// They stay beside the new ones, as in a rollout with surge; but for those that are not ready, which the controller
    /// deletes once the new one is made. The UID is that of the DaemonSet.
    Kept(Symbol),
    /// It is deployed: a pod counts everywhere but on its own node.
    Live(Symbol),
}

impl OwnPods {
    /// Those that a new pod takes the place of.
    pub fn gone(self, cluster: &Cluster) -> &[PodIndex] {
        match self {
            OwnPods::Replaced(uid) | OwnPods::Live(uid) => cluster.owned_by(uid),
            OwnPods::None | OwnPods::Kept(_) => &[],
        }
    }
}
