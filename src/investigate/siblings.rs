//! Documents that are given together: the pods of each count for the affinity of the others.

use crate::findings::Subject;
use crate::rules::{Evaluation, Placement};
use crate::store::{Cluster, NodeIndex, SiblingPods};

/// How often documents that wait for each other are judged again at most.
const MAX_ROUNDS: usize = 8;

/// The pods that each document would have, in the order of the subjects.
#[derive(Debug, Default)]
pub struct Siblings {
    pods: Vec<SiblingPods>,
}

impl Siblings {
    /// Judges the documents until the pods of none change any more: a document finds the pods that its affinity needs
    /// only after the document of these pods is placed. Documents that wait for each other stay without pods. Empty if no
    /// document has required pod affinity.
    pub fn find(cluster: &mut Cluster, subjects: &[Subject]) -> Self {
        let is_drawn = |subject: &Subject| !subject.daemon_set.template.spec.pod_affinity.is_empty();
        let written = subjects.len() > 1 && subjects.iter().all(|subject| subject.written.is_some());
        if !written || !subjects.iter().any(is_drawn) {
            return Siblings::default();
        }
        let mut found = Siblings { pods: Vec::new() };
        cluster.siblings.clear();
        found.pods = subjects.iter().map(|subject| pods_of(cluster, subject)).collect();
        for _ in 0..MAX_ROUNDS {
            let mut is_settled = true;
            for (number, subject) in subjects.iter().enumerate().filter(|(_, subject)| is_drawn(subject)) {
                found.lay_beside(cluster, number);
                let pods = pods_of(cluster, subject);
                is_settled &= pods.nodes == found.pods[number].nodes;
                found.pods[number] = pods;
            }
            if is_settled {
                break;
            }
        }
        found
    }

    /// Gives the cluster the pods of every document but this one.
    pub fn lay_beside(&self, cluster: &mut Cluster, number: usize) {
        let others = self.pods.iter().enumerate().filter(|(other, _)| *other != number);
        cluster.siblings = others.map(|(_, pods)| pods.clone()).collect();
    }
}

/// The pods that a document would have beside the siblings that the cluster holds now.
fn pods_of(cluster: &Cluster, subject: &Subject) -> SiblingPods {
    let own = subject.own_pods();
    let admission = Evaluation::admit(cluster, &subject.daemon_set, own);
    let verdicts = Evaluation::new(cluster, &subject.daemon_set, &admission, own).all();
    let nodes = verdicts.iter().enumerate().filter(|(_, verdict)| verdict.placement == Placement::Placed);
    SiblingPods {
        namespace: subject.daemon_set.namespace,
        nodes: nodes.map(|(node, _)| node as NodeIndex).collect(),
        labels: admission.labels,
        replaces: subject.owner(),
    }
}
