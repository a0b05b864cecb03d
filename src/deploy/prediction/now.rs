//! What the DaemonSet has in the cluster now.

use crate::model::{DaemonSet, Pod, Symbol};
use crate::rules::OwnPods;
use crate::rules::rollout::TemplateMark;
use crate::store::Cluster;

/// Held against the cluster: what the DaemonSet has there now, and whether its template changes.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The deployed DaemonSet, if it exists.
    pub live: Option<&'a DaemonSet>,
    /// The owner of the pods that it adopts, if none is there and there are any ([`Cluster::adopt`]).
    pub adopts: Option<Symbol>,
    /// Whether the pods are recreated.
    pub rolls: bool,
    /// The revision that holds the wanted template already, where the pods are made anew or adopted: its pods are new.
    pub like: Option<Symbol>,
    /// The time, seconds since 1970.
    pub time: i64,
}

impl Now<'_> {
    /// What becomes of its own pods while the new template is judged.
    pub fn own_pods(&self, cluster: &Cluster, wanted: &DaemonSet) -> OwnPods {
        let Some(owner) = self.owner() else { return OwnPods::None };
        let marks = self.marks(cluster, wanted);
        let rolls = self.renews() || self.own(cluster).any(|pod| !pod.terminating && !marks.is_new(pod));
        match (wanted.update.surges() && rolls, self.renews()) {
            (true, _) => OwnPods::Kept(owner),
            (_, true) => OwnPods::Replaced(owner),
            _ => OwnPods::Live(owner),
        }
    }

    /// The owner of the pods that it has or will have.
    pub fn owner(&self) -> Option<Symbol> {
        self.live.and_then(|live| live.uid).or(self.adopts)
    }

    /// The pods that it has or will have.
    pub fn own<'c>(&self, cluster: &'c Cluster) -> impl Iterator<Item = &'c Pod> + use<'c> {
        let own = self.owner().map_or(&[][..], |owner| cluster.owned_by(owner));
        own.iter().map(|pod| cluster.pod(*pod))
    }

    /// Whether its pods are those of another template, or may be.
    pub fn renews(&self) -> bool {
        self.rolls || self.adopts.is_some()
    }

    /// The labels of new pods.
    pub fn marks(&self, cluster: &Cluster, wanted: &DaemonSet) -> TemplateMark {
        match self.live {
            None => TemplateMark { revision: self.like, generation: Some(wanted.first_generation()) },
            Some(live) if self.rolls => {
                let next = live.template_generation.and_then(|generation| generation.checked_add(1));
                TemplateMark { revision: self.like, generation: next }
            }
            Some(live) => TemplateMark::deployed(cluster, live),
        }
    }
}
