//! How far a rollout is: how many nodes have a ready pod, and how many have a pod of the newest revision.

use crate::findings::Subject;
use crate::findings::policy::Settings;
use crate::model::Pod;
use crate::rules::rollout::{PodAge, Rollout, TemplateMark};
use crate::rules::{Evaluation, Placement, Verdict};
use crate::store::Cluster;

/// How far a rollout is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Eligible nodes with a ready pod. `None` for a document, and if nothing is known of the pods.
    pub ready: Option<usize>,
    /// Eligible nodes whose pod is of the newest revision. `None` as for `ready`, and if nothing tells revisions apart.
    pub updated: Option<usize>,
    /// Pods that are known to be of an earlier revision.
    pub outdated: usize,
}

impl Progress {
    /// Counts by the pods, or by the DaemonSet's status if the pods are not known.
    pub fn of(cluster: &Cluster, asked: &Subject, verdicts: &[Verdict], settings: &Settings) -> Self {
        let daemon_set = &asked.daemon_set;
        let Some(owner) = asked.deployed.filter(|_| asked.written.is_none()) else { return Progress::default() };
        let status = daemon_set.status.as_ref().filter(|status| status.observed_generation >= daemon_set.generation);
        let number = |number: i64| usize::try_from(number).unwrap_or(0);
        if cluster.hides_pods_of(daemon_set.namespace) {
            let (ready, updated) = (status.map(|s| number(s.ready)), status.map(|s| number(s.updated)));
            return Progress { ready, updated, outdated: 0 };
        }
        let mark = TemplateMark::deployed(cluster, daemon_set);
        let pods = || cluster.owned_by(owner).iter().map(|pod| cluster.pod(*pod));
        let rollout = Rollout::of(daemon_set, pods(), mark, Evaluation::desired(verdicts) as i64, settings.now);
        let eligible = || cluster.nodes.iter().zip(verdicts).filter(|(_, v)| v.placement != Placement::Excluded);
        let nodes_with = |what: &dyn Fn(&Pod) -> bool| {
            eligible().filter(|(node, _)| rollout.pods_on(node.name).staying().any(what)).count()
        };
        let is_marked = mark.revision.is_some() || mark.generation.is_some();
        Progress {
            ready: Some(nodes_with(&|pod| pod.ready)),
            updated: is_marked.then(|| nodes_with(&|pod| mark.revision_age(pod) == PodAge::New)),
            outdated: pods().filter(|pod| mark.revision_age(pod) == PodAge::Old).count(),
        }
    }
}
