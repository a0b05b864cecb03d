//! What a verdict rests on that was not looked at: which pods could change it, and what is asked of the cluster for them.

use std::collections::HashSet;

use crate::model::pod::{Port, Volume};
use crate::model::wire::Kind;
use crate::model::{Pod, Symbol};
use crate::rules::admission::hooks;
use crate::rules::evaluation::{Evaluation, OwnPods};
use crate::rules::needs;
use crate::rules::needs::looks_far;
use crate::rules::start::ObjectReference;
use crate::rules::verdict::{Placement, Verdict};
use crate::rules::view::NodeState;
use crate::store::{Coverage, DataRequest, DataRequests, NodeIndex, PodIndex, host_ports};

impl Evaluation<'_> {
    /// Whether pods of the node could refuse the new one that were not looked at.
    pub(crate) fn is_unseen(&self, state: &NodeState<'_>) -> bool {
        // Pods of other nodes, and those that wait for this one, may keep the pod away as well.
        let failed = matches!(self.cluster.coverage(Kind::Pod), Coverage::Failed { .. });
        let seen = !self.cluster.sees_all() && self.cluster.sees(state.index) && !looks_far(&self.admission.spec);
        let seen = seen && !failed;
        !seen && !self.proves_fit(state)
    }

    /// Whether a pod of the deployed DaemonSet is bound to the node and takes there what a new one would need:
    /// requests, host ports and disks. The scheduler let it in beside everything else that is there, and others only
    /// beside it, so that its being there is the proof that a new one in its place fits.
    fn proves_fit(&self, state: &NodeState<'_>) -> bool {
        // One that is on its way out proves nothing of who comes after it, and one without the template's labels nothing of
        // those who look at labels.
        let holds = |pod: &Pod| {
            let there: HashSet<Port> = host_ports(&pod.shape.spec, self.view.version).map(on_host).collect();
            let mut disks = self.admission.spec.volumes.iter().filter(|volume| matches!(volume, Volume::Disk(_)));
            !pod.terminating
                && self.has_template_labels(pod)
                && pod.requests.covers(self.filters.requests())
                && self.filters.ports().iter().all(|port| there.contains(&on_host(*port)))
                && disks.all(|disk| pod.shape.spec.volumes.contains(disk))
        };
        matches!(self.own, OwnPods::Live(_))
            && !looks_far(&self.admission.spec)
            && state.hidden().iter().any(|pod| holds(self.cluster.pod(*pod)))
    }

    /// Whether a pod has all labels of the template, as one made of it has.
    fn has_template_labels(&self, pod: &Pod) -> bool {
        self.daemon_set.template.labels.iter().all(|(key, value)| pod.shape.labels.get(key) == Some(value))
    }

    /// Nodes on which the verdict stands although their pods were not looked at: because a pod of the DaemonSet
    /// holds the room, and because something else decides there. Where pods may not be listed, nothing is spared.
    pub fn spared(&self, verdicts: &[Verdict]) -> (usize, usize) {
        if self.cluster.sees_all() {
            return (0, 0);
        }
        let unseen = (0..verdicts.len()).filter(|i| !self.cluster.sees(*i as NodeIndex));
        let held = unseen.clone().filter(|i| rests_on_pods(&verdicts[*i]));
        let held = held.filter(|i| self.proves_fit(&self.view.node(*i as NodeIndex))).count();
        let idle = unseen.filter(|i| !rests_on_pods(&verdicts[*i]) && self.unseen_pods.is_none());
        (held, idle.count())
    }

    /// Whether the deployed DaemonSet has a pod on the node whose containers have started.
    pub(super) fn has_started_pod(&self, node: NodeIndex) -> bool {
        let has_started =
            |pod: &PodIndex| self.cluster.pod(*pod).detail.as_ref().is_some_and(|detail| detail.has_started());
        matches!(self.own, OwnPods::Live(_)) && self.view.node(node).hidden().iter().any(has_started)
    }

    /// The ConfigMaps and Secrets without which a new pod cannot start. Nothing where every node that gets a pod has one
    /// whose containers have started: that pod proves what let it start.
    pub fn needed_objects(&self, verdicts: &[Verdict]) -> &[ObjectReference] {
        let lacks = (0..verdicts.len()).any(|i| rests_on_pods(&verdicts[i]) && !self.has_started_pod(i as NodeIndex));
        if lacks { self.start.references() } else { &[] }
    }

    /// What the verdicts rest on that was not looked at, and which pods must be known one by one if all are read.
    pub fn questions(&self, verdicts: &[Verdict]) -> DataRequests {
        let keep = needs::keep(self.daemon_set, self.admission, self.filters.ports(), self.filters.requests());
        let mut questions = DataRequests { keep, ..Default::default() };
        for ObjectReference { kind, name, .. } in self.needed_objects(verdicts) {
            questions.ask(DataRequest::Get(*kind, Some(self.daemon_set.namespace), *name));
        }
        if verdicts.iter().any(|verdict| matches!(verdict.placement, Placement::Preempting { .. })) {
            questions.ask(DataRequest::List(Kind::PodDisruptionBudget, None));
        }
        if !self.filters.requests().scalar.is_empty() {
            questions.ask(DataRequest::List(Kind::DeviceClass, None));
        }
        for namespace in hooks::service_namespaces(self.cluster, self.daemon_set.namespace, self.admission) {
            questions.ask(DataRequest::List(Kind::EndpointSlice, Some(namespace)));
        }
        if self.filters.asks_devices_for_resources() {
            needs::FOR_DEVICES.into_iter().for_each(|kind| questions.ask(DataRequest::List(kind, None)));
        }
        self.ask_for_constraints(&mut questions);
        if self.cluster.sees_all() {
            return questions;
        }
        // The kubelet looks at what the node runs, and at nothing else.
        if let Some(name) = self.daemon_set.template.spec.node_name {
            let unseen = self.cluster.node(name).is_some_and(|node| !self.cluster.sees(node));
            if unseen && self.unseen_pods.is_none() {
                questions.ask(DataRequest::PodsOn(name));
            }
            return questions;
        }
        let all = 0..verdicts.len() as NodeIndex;
        let rests = |node: &NodeIndex| rests_on_pods(&verdicts[*node as usize]);
        let open: Vec<NodeIndex> = all.filter(rests).filter(|node| !self.proves_fit(&self.view.node(*node))).collect();
        self.ask_about(&open, &mut questions);
        questions
    }

    /// Asks for the SCCs of OpenShift and for who may use them, where no pod shows that one admits the DaemonSet's.
    fn ask_for_constraints(&self, questions: &mut DataRequests) {
        if !self.cluster.platform.openshift || !self.own.gone(self.cluster).is_empty() {
            return;
        }
        for kind in [Kind::SecurityContextConstraints, Kind::ClusterRole, Kind::ClusterRoleBinding] {
            questions.ask(DataRequest::List(kind, None));
        }
        for kind in [Kind::Role, Kind::RoleBinding] {
            questions.ask(DataRequest::List(kind, Some(self.daemon_set.namespace)));
        }
    }

    /// What reasons rest on that decide nothing, on nodes where no pod can be whatever runs there: where these are few,
    /// every reason can be listed for the price of some requests.
    pub fn questions_of_idle(&self, verdicts: &[Verdict]) -> DataRequests {
        const FEW: usize = 8;
        let mut questions = DataRequests::default();
        let all = 0..verdicts.len() as NodeIndex;
        let idle: Vec<NodeIndex> = all.filter(|node| !rests_on_pods(&verdicts[*node as usize])).collect();
        if idle.len() <= FEW && !self.cluster.sees_all() && self.unseen_pods.is_none() {
            self.ask_about(&idle, &mut questions);
        }
        questions
    }

    /// Asks for the pods that decide on these nodes.
    fn ask_about(&self, open: &[NodeIndex], questions: &mut DataRequests) {
        if open.is_empty() {
            return;
        }
        if looks_far(&self.admission.spec) {
            questions.ask(DataRequest::Pods);
            return;
        }
        questions.ask(DataRequest::Nominated);
        for node in
            open.iter().copied().chain(self.potential_anti_affinity(open)).filter(|node| !self.cluster.sees(*node))
        {
            questions.ask(DataRequest::PodsOn(self.cluster.nodes[node as usize].name));
        }
    }

    /// Nodes with pods that may want to be away from one on `open` nodes. Where a pod of the DaemonSet runs in a
    /// domain, none there does: neither would have been let in beside the other.
    fn potential_anti_affinity(&self, open: &[NodeIndex]) -> Vec<NodeIndex> {
        let labels_of = |node: NodeIndex| self.cluster.nodes[node as usize].labels.iter();
        let mut clear: HashSet<(Symbol, Symbol)> = HashSet::new();
        if matches!(self.own, OwnPods::Live(_)) {
            for (node, _) in self.view.own().iter().filter(|(_, pod)| self.has_template_labels(self.cluster.pod(*pod)))
            {
                clear.extend(labels_of(*node));
            }
        }
        let unclear: HashSet<(Symbol, Symbol)> =
            open.iter().flat_map(|node| labels_of(*node)).filter(|label| !clear.contains(label)).collect();
        if unclear.is_empty() {
            return Vec::new();
        }
        let all = 0..self.cluster.nodes.len() as NodeIndex;
        all.filter(|node| labels_of(*node).any(|label| unclear.contains(&label))).collect()
    }
}

/// A port as far as it is one of the host.
fn on_host(port: Port) -> Port {
    Port { container_port: 0, host_ip_given: false, ..port }
}

/// Whether pods of the node could change the verdict.
fn rests_on_pods(verdict: &Verdict) -> bool {
    use Placement::{Blocked, Contended, Placed, Preempting, Rejected, Unschedulable};
    matches!(verdict.placement, Placed | Rejected | Blocked | Unschedulable | Preempting { .. } | Contended { .. })
}
