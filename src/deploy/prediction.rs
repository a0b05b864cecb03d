//! What will happen: which nodes get a pod, which do not and why, who is evicted, how the rollout goes.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::deploy::rollout::is_new;
use crate::deploy::unseen_data::Unseen;
use crate::explain::{ExplainContext, code};
use crate::findings::Code;
use crate::findings::node_status::may_stay;
use crate::model::daemonset::UpdateStrategy;
use crate::model::wire::Kind;
use crate::model::{DaemonSet, Labels, Node, Pod, Symbol, Version};
use crate::rules::admission::{Admission, pod_security};
use crate::rules::{Cause, CreationRefusal, Evaluation, OwnPods, Placement, Rejection, Verdict};
use crate::store::{Cluster, NodeIndex, host_ports};

/// What becomes of every node.
#[derive(Debug, Clone, Default)]
pub struct Prediction {
    /// The decision for each node, by name.
    pub nodes: Vec<(String, &'static str)>,
    /// How many nodes the controller will want a pod on.
    pub desired: usize,
    /// Nodes that get no pod (or not surely), by decision and cause; the most first.
    pub groups: Vec<Group>,
    /// Pods that are evicted to make room, `namespace/name` by node.
    pub victims: Vec<(String, Vec<String>)>,
    /// A quota that admits fewer pods than are wanted: how many, of how many.
    pub quota: Option<(u64, u64)>,
    /// Where pods of the DaemonSet compete with each other: how many of those nodes get one.
    pub contended: Option<Contended>,
    /// How many pods that belong to nobody it takes over, where it is not there yet.
    pub adopted: usize,
    /// How many pods stay that count as new for the generation that they are marked with, whatever they run.
    pub counted_as_updated: usize,
    /// How the rollout goes.
    pub rollout: Rollout,
    /// What this rests on and could not be seen.
    pub unseen: Vec<Unseen>,
    /// The Pod Security level that the namespace would need, where pods are refused for its present one.
    pub pod_security: Option<&'static str>,
}

/// How many nodes get a pod where pods of the DaemonSet compete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contended {
    /// At least.
    pub min_pods: u32,
    /// At most: where the first to land decides where the others may, order decides how many.
    pub most: u32,
    /// Of how many.
    pub of: u32,
}

/// Nodes with the same decision and cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The decision (`unschedulable`).
    pub placement: &'static str,
    /// The code of the cause that decides; `None` where there is none.
    pub code: Option<Code>,
    /// The first cause of it; empty where there is none.
    pub why: String,
    /// The nodes, by name.
    pub nodes: Vec<String>,
}

/// How the rollout goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Rollout {
    /// The template stays: no pod is replaced.
    #[default]
    Nothing,
    /// None is replaced; where there is none, pods are made at once.
    Create {
        /// How many.
        pods: usize,
        /// How many pods go from nodes that want none any more.
        removed: usize,
    },
    /// Pods are replaced only where somebody deletes them.
    OnDelete {
        /// How many are old then.
        old: usize,
        /// How many wanted nodes have no pod that runs, and get one at once.
        made: usize,
        /// How many pods go from nodes that want none any more.
        removed: usize,
    },
    /// Pods are replaced some at a time.
    Rolling {
        /// How many pods are replaced.
        old: usize,
        /// How many wanted nodes have no pod, and get one at once.
        made: usize,
        /// How many pods go from nodes that want none any more.
        removed: usize,
        /// How many at a time.
        at_once: usize,
        /// Whether the new pod comes before the old one goes.
        surge: bool,
        /// In how many rounds at least.
        rounds: usize,
        /// Nodes whose pod is not available now: they use up the bound.
        unavailable: Vec<String>,
        /// Why it cannot end.
        deadlock: Option<Deadlock>,
    },
}

/// Why a rollout cannot end by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deadlock {
    /// New pods must come before the old ones go, and both want the same host port.
    SurgePort(u16),
    /// Nodes that will have no available pod use up the whole bound.
    Bound {
        /// How many nodes whose new pod finds no place.
        lost: usize,
        /// Nodes that do not answer: neither does their old pod end nor a new one start.
        silent: Vec<String>,
        /// How many may be without an available pod.
        allowed: usize,
    },
}

/// Held against the cluster: what the DaemonSet has there now, and whether its template changes.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    /// The DaemonSet that is there, if one is.
    pub live: Option<&'a DaemonSet>,
    /// The owner of the pods that it adopts, if none is there and there are any ([`Cluster::adopt`]).
    pub adopts: Option<Symbol>,
    /// Whether its pods are made anew.
    pub rolls: bool,
    /// The revision that holds the wanted template already, where the pods are made anew or adopted: its pods are new.
    pub like: Option<Symbol>,
}

impl Now<'_> {
    /// What becomes of its own pods while the new template is judged.
    fn own_pods(&self, cluster: &Cluster, wanted: &DaemonSet) -> OwnPods {
        let Some(owner) = self.owner() else { return OwnPods::None };
        let marks = self.marks(cluster, wanted);
        let rolls = self.renews() || self.own(cluster).any(|pod| !pod.terminating && !marks.are_on(pod));
        match (wanted.update.surges() && rolls, self.renews()) {
            (true, _) => OwnPods::Kept(owner),
            (_, true) => OwnPods::Replaced(owner),
            _ => OwnPods::Live(owner),
        }
    }

    /// The owner of the pods that it has or will have.
    fn owner(&self) -> Option<Symbol> {
        self.live.and_then(|live| live.uid).or(self.adopts)
    }

    /// The pods that it has or will have.
    fn own<'c>(&self, cluster: &'c Cluster) -> impl Iterator<Item = &'c Pod> + use<'c> {
        let own = self.owner().map_or(&[][..], |owner| cluster.owned_by(owner));
        own.iter().map(|pod| cluster.pod(*pod))
    }

    /// Whether its pods are those of another template, or may be.
    fn renews(&self) -> bool {
        self.rolls || self.adopts.is_some()
    }

    /// What marks a pod as new.
    fn marks(&self, cluster: &Cluster, wanted: &DaemonSet) -> Marks {
        match self.live {
            None => Marks { revision: self.like, generation: Some(wanted.first_generation()) },
            Some(live) if self.rolls => {
                let next = live.template_generation.and_then(|generation| generation.checked_add(1));
                Marks { revision: self.like, generation: next }
            }
            Some(live) => {
                let newest = live.uid.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.hash);
                // Of a template that the controller has not looked at yet there is no revision.
                let is_seen = live.status.as_ref().is_some_and(|status| status.observed_generation >= live.generation);
                Marks { revision: newest.filter(|_| is_seen), generation: live.template_generation }
            }
        }
    }
}

/// What marks a pod as new: either is enough.
#[derive(Debug, Clone, Copy)]
struct Marks {
    revision: Option<Symbol>,
    generation: Option<i64>,
}

impl Marks {
    fn are_on(self, pod: &Pod) -> bool {
        is_new(pod, self.revision, self.generation)
    }
}

/// Predicts what becomes of `wanted`. Whoever calls passes the cluster with the deployed objects laid over it.
pub fn predict(cluster: &Cluster, wanted: &DaemonSet, now: Now<'_>) -> Prediction {
    let own = now.own_pods(cluster, wanted);
    let admission = Evaluation::admit(cluster, wanted, own);
    let evaluation = Evaluation::new(cluster, wanted, &admission, own);
    let mut verdicts = evaluation.all();
    let staying = staying(cluster, wanted, now, &verdicts);
    let of_generation = |pod: &&Pod| now.renews() && (now.like.is_none() || pod.revision() != now.like);
    let counted_as_updated = staying.iter().map(|(_, pod)| *pod).filter(of_generation).count();
    // What a new pod would meet where a new one is does not matter.
    for (node, _) in staying.iter().filter(|(_, pod)| pod.node.is_some()) {
        verdicts[*node as usize] = Verdict::default();
    }
    let mut prediction = Prediction {
        desired: Evaluation::desired(&verdicts),
        groups: groups(cluster, &evaluation, &verdicts),
        adopted: if now.adopts.is_some() { now.own(cluster).count() } else { 0 },
        counted_as_updated,
        rollout: rollout(cluster, wanted, now, &verdicts),
        ..Prediction::default()
    };
    for (node, verdict) in cluster.nodes.iter().zip(&verdicts) {
        prediction.nodes.push((node.name.to_string(), verdict.placement.as_str()));
        if let Placement::Preempting { victims } = &verdict.placement {
            let names = victims.iter().map(|v| full_name(cluster.pod(*v))).collect();
            prediction.victims.push((node.name.to_string(), names));
        }
    }
    prediction.quota = admission.quota.as_ref().and_then(|quota| {
        // Pods that are there need no room of a quota, and with surge each old one makes room for the next.
        let (stay, without_pod) = (staying.len() as u64, without_pod(cluster, now, &verdicts) as u64);
        let surges = matches!(own, OwnPods::Kept(_)) && quota.admits > without_pod;
        let (admits, of) = (quota.admits.max(stay), prediction.desired as u64);
        (admits < of && stay < of && !surges).then_some((admits, of))
    });
    prediction.contended = contended(&verdicts);
    let denied = prediction.count("denied") > 0;
    prediction.pod_security = admission.refusals.iter().filter(|_| denied).find_map(|refusal| match &**refusal {
        CreationRefusal::PodSecurity { .. } => Some(needed_level(wanted, &admission, cluster.rules())),
        _ => None,
    });
    let nodes = cluster.coverage(Kind::Node);
    if !nodes.is_whole() {
        prediction.miss(Unseen::Kind { kind: Kind::Node, namespace: None, coverage: nodes.clone() });
    }
    prediction.unseen.extend(evaluation.assumptions().iter().map(Unseen::from));
    prediction
}

/// The mildest level that admits the pods.
fn needed_level(wanted: &DaemonSet, admission: &Admission, version: Version) -> &'static str {
    let enforce = |level: &str| [("pod-security.kubernetes.io/enforce", level)].into_iter().collect::<Labels>();
    let template = &wanted.template;
    match pod_security::admit(&enforce("baseline"), &template.security, &admission.spec, version) {
        None => "baseline",
        Some(_) => "privileged",
    }
}

impl Prediction {
    /// Whether the nodes could not be seen, or not all of them.
    pub fn nodes_unseen(&self) -> bool {
        self.unseen.iter().any(|unseen| unseen.kind() == Some(Kind::Node))
    }

    /// Adds what could not be seen, once for each kind.
    pub fn miss(&mut self, unseen: Unseen) {
        let kind = unseen.kind();
        if kind.is_none() || !self.unseen.iter().any(|known| known.kind() == kind) {
            self.unseen.push(unseen);
        }
    }

    /// How many nodes have a decision.
    pub fn count(&self, placement: &str) -> usize {
        self.nodes.iter().filter(|(_, p)| *p == placement).count()
    }

    /// Nodes that want a pod and get none that runs: refused by the scheduler, at creation, by the kubelet, for want of
    /// quota, or because another pod of the DaemonSet was quicker.
    pub fn without(&self) -> usize {
        let refused: usize = ["unschedulable", "denied", "gated", "rejected"].iter().map(|p| self.count(p)).sum();
        let outrun = self.contended.map_or(0, |c| c.of.saturating_sub(c.min_pods) as usize);
        let over_quota = self.quota.map_or(0, |(admits, of)| usize::try_from(of - admits).unwrap_or(usize::MAX));
        (refused + outrun).max(over_quota)
    }

    /// Whether it looks like a mistake that no node is wanted: there are nodes, and none matches.
    pub fn wants_nothing(&self) -> bool {
        self.desired == 0 && !self.nodes.is_empty()
    }
}

fn full_name(pod: &Pod) -> String {
    format!("{}/{}", pod.namespace, pod.name)
}

/// The decision, and what its causes have in common.
type Alike = (&'static str, String);

fn groups(cluster: &Cluster, evaluation: &Evaluation<'_>, verdicts: &[Verdict]) -> Vec<Group> {
    let mut alike: BTreeMap<Alike, Vec<(NodeIndex, Option<&Cause>)>> = BTreeMap::new();
    for (index, verdict) in verdicts.iter().enumerate().filter(|(_, v)| v.placement != Placement::Placed) {
        let cause = decisive(verdict);
        let key = (verdict.placement.as_str(), cause.map(kind_of).unwrap_or_default());
        alike.entry(key).or_default().push((index as NodeIndex, cause));
    }
    let scene = ExplainContext { cluster, daemon_set: evaluation.daemon_set(), version: cluster.rules() };
    let group = |(placement, nodes): (&'static str, Vec<(NodeIndex, Option<&Cause>)>)| {
        let causes: Vec<(NodeIndex, &Cause)> = nodes.iter().filter_map(|(n, cause)| Some((*n, (*cause)?))).collect();
        let names = nodes.iter().map(|(n, _)| cluster.nodes[*n as usize].name.to_string());
        let code = causes.first().map(|(_, cause)| code(cause));
        Group { placement, code, why: scene.tell_all(&causes, &[]).message, nodes: names.collect() }
    };
    let mut groups: Vec<Group> = alike.into_iter().map(|((placement, _), nodes)| group((placement, nodes))).collect();
    // What is wrong comes before what the author wanted.
    groups.sort_by_key(|g| (g.placement == "excluded", std::cmp::Reverse(g.nodes.len())));
    groups
}

/// What causes must have in common to be told together: all but the figures and names of single nodes.
fn kind_of(cause: &Cause) -> String {
    match cause {
        Cause::Rejection(Rejection::UntoleratedTaint { taint }) => format!("taint {taint}"),
        Cause::Rejection(Rejection::Insufficient { resource, .. }) => format!("resource {resource}"),
        Cause::Rejection(Rejection::PortTaken { port, .. }) => format!("port {}", port.host_port),
        Cause::Rejection(_) => code(cause).to_string(),
        other => format!("{other:?}"),
    }
}

/// The reason that made the decision.
fn decisive(verdict: &Verdict) -> Option<&Cause> {
    let fits = |cause: &Cause| match verdict.placement {
        Placement::Excluded => matches!(cause, Cause::Exclusion(_)),
        Placement::Denied => matches!(cause, Cause::Creation(_)),
        Placement::Gated => matches!(cause, Cause::Gate(_)),
        Placement::Unknown => matches!(cause, Cause::Unknown(_)),
        Placement::Contended { .. } => matches!(cause, Cause::Race(_)),
        Placement::Rejected => matches!(cause, Cause::Kubelet(_)),
        Placement::Unschedulable | Placement::Preempting { .. } | Placement::Placed => {
            matches!(cause, Cause::Rejection(_))
        }
    };
    verdict.reasons.iter().map(|r| &r.cause).find(|cause| fits(cause))
}

/// How many of the nodes that are contended get a pod.
fn contended(verdicts: &[Verdict]) -> Option<Contended> {
    verdicts.iter().find_map(|verdict| match verdict.placement {
        Placement::Contended { min_pods, most, candidates } => Some(Contended { min_pods, most, of: candidates }),
        _ => None,
    })
}

/// Its pods that count as new, by the wanted node that each is on or meant for: they stay. One that has ended is made
/// anew whatever it was made from.
fn staying<'c>(
    cluster: &'c Cluster,
    wanted: &DaemonSet,
    now: Now<'_>,
    verdicts: &[Verdict],
) -> Vec<(NodeIndex, &'c Pod)> {
    let marks = now.marks(cluster, wanted);
    let new = now.own(cluster).filter(|pod| !pod.terminating && !pod.phase.has_ended() && marks.are_on(pod));
    let placed = new.filter_map(|pod| Some((cluster.node(pod.node_or_target()?)?, pod)));
    placed.filter(|(node, _)| verdicts[*node as usize].placement != Placement::Excluded).collect()
}

/// How many wanted nodes have no pod of its own.
fn without_pod(cluster: &Cluster, now: Now<'_>, verdicts: &[Verdict]) -> usize {
    let staying = now.own(cluster).filter(|pod| !pod.terminating);
    let there: HashSet<Symbol> = staying.filter_map(Pod::node_or_target).collect();
    let wanted = cluster.nodes.iter().zip(verdicts).filter(|(_, v)| v.placement != Placement::Excluded);
    wanted.filter(|(node, _)| !there.contains(&node.name)).count()
}

fn rollout(cluster: &Cluster, wanted: &DaemonSet, now: Now<'_>, verdicts: &[Verdict]) -> Rollout {
    let wants = |v: &Verdict| v.placement != Placement::Excluded;
    let wanted_nodes: Vec<&Node> =
        cluster.nodes.iter().zip(verdicts).filter(|(_, v)| wants(v)).map(|(node, _)| node).collect();
    let desired = wanted_nodes.len();
    let (going, own): (Vec<&Pod>, Vec<&Pod>) = now.own(cluster).partition(|p| p.terminating);
    if own.is_empty() {
        return Rollout::Create { pods: desired, removed: 0 };
    }
    let going: HashSet<Symbol> = going.iter().filter_map(|p| p.node_or_target()).collect();
    // A rollout that is under way goes on where nothing changes.
    let marks = now.marks(cluster, wanted);
    let is_old = |pod: &&&Pod| !marks.are_on(pod) || now.renews() && pod.phase.has_ended();
    let mut here: HashMap<Symbol, Vec<&Pod>> = HashMap::new();
    for pod in &own {
        if let Some(node) = pod.node_or_target() {
            here.entry(node).or_default().push(pod);
        }
    }
    let on = |node: &Node| here.get(&node.name).map(Vec::as_slice).unwrap_or_default();
    let old: Vec<&Pod> = wanted_nodes.iter().filter_map(|node| on(node).iter().find(is_old).copied()).collect();
    let made = without_pod(cluster, now, verdicts);
    // A taint that only keeps new pods away lets one stay that is there, unless it is replaced.
    let by_hand = wanted.update == UpdateStrategy::OnDelete;
    let stays = |node: NodeIndex, pod: &Pod| {
        may_stay(&verdicts[node as usize]) && !pod.phase.has_ended() && (by_hand || marks.are_on(pod))
    };
    let goes = |pod: &&&Pod| match pod.node_or_target().map(|name| cluster.node(name)) {
        Some(Some(node)) => !wants(&verdicts[node as usize]) && !stays(node, pod),
        // Its node is gone.
        Some(None) => true,
        None => false,
    };
    let removed = own.iter().filter(goes).count();
    if old.is_empty() {
        return if made + removed > 0 { Rollout::Create { pods: made, removed } } else { Rollout::Nothing };
    }
    let UpdateStrategy::RollingUpdate { max_unavailable, max_surge } = wanted.update else {
        // What has ended is made anew at once.
        let ended = old.iter().filter(|pod| pod.phase.has_ended()).count();
        return Rollout::OnDelete { old: old.len() - ended, made: made + ended, removed };
    };
    let surge = wanted.update.surges();
    let bound = if surge { max_surge } else { max_unavailable };
    let at_once = usize::try_from(bound.of(desired as i64)).unwrap_or(0).max(1);
    let available = |node: &Node| on(node).iter().any(|p| p.ready);
    let unavailable: Vec<String> = wanted_nodes.iter().filter(|n| !available(n)).map(|n| n.name.to_string()).collect();
    // Old pods that are not available are replaced at once and use no turn.
    let in_turn: HashSet<Symbol> = old.iter().filter(|p| p.ready).filter_map(|p| p.node_or_target()).collect();
    let on_nodes = OnNodes { here: &here, going: &going, in_turn: &in_turn };
    let deadlock = match host_ports(&wanted.template.spec, cluster.rules()).next() {
        Some(port) if surge && !in_turn.is_empty() => Some(Deadlock::SurgePort(port.host_port)),
        _ => bound_deadlock(cluster, verdicts, &on_nodes, at_once, surge),
    };
    Rollout::Rolling {
        old: old.len(),
        made,
        removed,
        at_once,
        surge,
        rounds: in_turn.len().div_ceil(at_once),
        unavailable,
        deadlock,
    }
}

/// Pods of the DaemonSet on the nodes.
struct OnNodes<'a> {
    /// Those that are not being deleted.
    here: &'a HashMap<Symbol, Vec<&'a Pod>>,
    /// Nodes where one is being deleted.
    going: &'a HashSet<Symbol>,
    /// Nodes whose old pod is available, so that its replacement waits for its turn.
    in_turn: &'a HashSet<Symbol>,
}

/// Whether nodes that will have no available pod use up the bound, so that the others never have their turn
/// (`rollingUpdate`, pkg/controller/daemon/update.go, v1.36). Without surge every node counts that wants a pod or has
/// one, also one that is being deleted. With surge those count whose old pod is available and whose new one is not; a
/// node that does not answer never does.
fn bound_deadlock(
    cluster: &Cluster,
    verdicts: &[Verdict],
    pods: &OnNodes<'_>,
    allowed: usize,
    surge: bool,
) -> Option<Deadlock> {
    let mut silent = Vec::new();
    // Nodes without a place for their new pod, and those that have one and wait for their turn.
    let (mut lost, mut held_up) = (0, 0);
    for (node, verdict) in cluster.nodes.iter().zip(verdicts) {
        let here = pods.here.get(&node.name).map(Vec::as_slice).unwrap_or_default();
        let in_turn = pods.in_turn.contains(&node.name);
        let wants = verdict.placement != Placement::Excluded;
        let counts = wants || !here.is_empty() || pods.going.contains(&node.name);
        if node.is_unreachable() && counts && !here.iter().any(|p| p.ready) {
            silent.extend((!surge).then(|| node.name.to_string()));
            continue;
        }
        match verdict.placement {
            Placement::Unschedulable | Placement::Denied | Placement::Gated | Placement::Rejected => {
                lost += usize::from(!surge || in_turn)
            }
            Placement::Placed | Placement::Preempting { .. } | Placement::Contended { .. } => {
                held_up += usize::from(in_turn);
            }
            Placement::Excluded | Placement::Unknown => {}
        }
    }
    lost += contended(verdicts).map_or(0, |c| c.of.saturating_sub(c.most) as usize);
    (lost + silent.len() >= allowed && held_up > 0).then_some(Deadlock::Bound { lost, silent, allowed })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::model::daemonset::Bound;
    use crate::store::Builder;

    /// Two nodes of one core, each with an old pod; `second` is what the second one says: its own Ready and its pod's.
    fn predicted(strategy: &Value, cpu: &str, second: (&str, bool)) -> Prediction {
        let node = |name: &str, ready: &str| {
            json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "status": {
                "allocatable": {"cpu": "1", "memory": "8Gi", "pods": "10"},
                "conditions": [{"type": "Ready", "status": ready}]}})
        };
        let containers = json!([{"name": "c", "resources": {"requests": {"cpu": cpu}}}]);
        let pod = |node: &str, ready: bool| {
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": format!("agent-{node}"), "namespace": "ns",
                    "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]},
                "spec": {"nodeName": node, "containers": containers},
                "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": if ready { "True" } else { "False" }}]}})
        };
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet",
            "metadata": {"name": "agent", "namespace": "ns", "uid": "u", "generation": 1},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "updateStrategy": strategy,
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": containers}}}});
        let mut builder = Builder::new();
        let nodes = [node("n1", "True"), node("n2", second.0)];
        for object in nodes.iter().chain(&[pod("n1", true), pod("n2", second.1), daemon_set]) {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
        let cluster = builder.finish(None);
        let live = &cluster.daemon_sets[0];
        predict(&cluster, live, Now { live: Some(live), adopts: None, rolls: true, like: None })
    }

    #[test]
    fn orphans_are_replaced_unless_they_count_as_new() {
        let template = json!({"containers": [{"name": "c", "ports": [{"containerPort": 80, "hostPort": 80}]}]});
        // How many are of the first generation, of which revision, and how many of three are replaced then.
        for (first, like, replaced) in [(0, None, 3), (1, None, 2), (3, None, 0), (0, Some("same"), 1)] {
            let generation = |number: usize| if number < first { "1" } else { "4" };
            let hash = |number: usize| if number < 2 { "same" } else { "other" };
            let pods = [0, 1, 2].map(|number| (generation(number), hash(number), "Running"));
            let (mut cluster, wanted) = with_orphans(&pods, &template, &[]);
            let adopts = cluster.adopt(&wanted);
            let like = like.map(Symbol::new);
            let prediction = predict(&cluster, &wanted, Now { live: None, adopts, rolls: false, like });
            assert_eq!(prediction.count("placed"), 3, "their ports are in nobody's way");
            assert_eq!((prediction.adopted, prediction.counted_as_updated), (3, first));
            let old = match prediction.rollout {
                Rollout::Nothing => 0,
                Rollout::Rolling { old, made: 0, .. } => old,
                other => panic!("{other:?}"),
            };
            assert_eq!(old, replaced, "{first} {like:?}");
        }
    }

    /// Three nodes of which the first has little room, each with a ready pod of these labels and in this phase.
    fn with_orphans(pods: &[(&str, &str, &str)], template: &Value, more: &[Value]) -> (Cluster, DaemonSet) {
        let mut builder = Builder::new();
        for object in more {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
        for (number, (generation, hash, phase)) in pods.iter().enumerate() {
            let name = format!("n{number}");
            let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": {"name": name}},
                "status": {"allocatable": {"cpu": if number == 0 { "1" } else { "4" }, "memory": "8Gi", "pods": "10"}}});
            let labels = json!({"a": "b", "pod-template-generation": generation, "controller-revision-hash": hash});
            let mut pod = json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": format!("agent-{number}"), "namespace": "ns", "labels": labels},
                "spec": {"containers": template["containers"]},
                "status": {"phase": phase, "conditions": [{"type": "Ready", "status": "True"}]}});
            match *phase {
                "Pending" => {
                    pod["spec"]["affinity"] = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {
                        "nodeSelectorTerms": [{"matchFields": [
                            {"key": "metadata.name", "operator": "In", "values": [name]}]}]}}});
                    pod["status"]["conditions"] = json!([]);
                }
                _ => pod["spec"]["nodeName"] = json!(name),
            }
            for object in [node, pod] {
                builder.read(object.to_string().as_bytes(), None).unwrap();
            }
        }
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "ns"},
            "spec": {"selector": {"matchLabels": {"a": "b"}},
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": template}}});
        builder.read(daemon_set.to_string().as_bytes(), None).unwrap();
        let mut cluster = builder.finish(None);
        let wanted = cluster.daemon_sets.pop().unwrap();
        (cluster, wanted)
    }

    /// What a new pod would meet on a node does not matter where the controller takes the old one for new.
    #[test]
    fn where_a_pod_stays_nothing_is_lost() {
        let big = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]});
        for (generation, lost, without) in [("1", None, 0), ("2", Some(1), 1)] {
            let old = ("2", "x", "Running");
            let (mut cluster, wanted) = with_orphans(&[(generation, "x", "Running"), old, old], &big, &[]);
            let adopts = cluster.adopt(&wanted);
            let prediction = predict(&cluster, &wanted, Now { live: None, adopts, rolls: false, like: None });
            let Rollout::Rolling { deadlock, .. } = &prediction.rollout else { panic!("{:?}", prediction.rollout) };
            let found = deadlock.as_ref().map(|deadlock| match deadlock {
                Deadlock::Bound { lost, .. } => *lost,
                Deadlock::SurgePort(_) => 0,
            });
            assert_eq!((found, prediction.without()), (lost, without), "{generation}");
        }
    }

    /// One that has ended is made anew, one where no pod is wanted goes, and one that waits is on its node already.
    #[test]
    fn who_stays_of_the_first_generation() {
        let template = json!({"nodeSelector": {"name": "n1"}, "containers": [{"name": "c"}]});
        for (phase, staying, made, removed) in [("Running", 1, 0, 2), ("Failed", 0, 0, 2), ("Pending", 1, 0, 2)] {
            let first = ("1", "x", "Running");
            let (mut cluster, wanted) = with_orphans(&[first, ("1", "x", phase), first], &template, &[]);
            let adopts = cluster.adopt(&wanted);
            let prediction = predict(&cluster, &wanted, Now { live: None, adopts, rolls: false, like: None });
            assert_eq!((prediction.adopted, prediction.counted_as_updated), (3, staying), "{phase}");
            match prediction.rollout {
                Rollout::Create { pods, removed: gone } => {
                    assert_eq!((pods, gone, staying), (made, removed, 1), "{phase}");
                }
                Rollout::Rolling { old, made: now, removed: gone, .. } => {
                    assert_eq!((old, now, gone), (1 - staying, made, removed), "{phase}");
                }
                other => panic!("{phase}: {other:?}"),
            }
        }
    }

    /// A deployed one goes on to the next generation, which pods that it adopted may have already.
    #[test]
    fn the_next_generation_counts_as_new() {
        let pods = [("2", "x", "Running"), ("2", "y", "Running"), ("1", "y", "Running")];
        let (mut cluster, wanted) = with_orphans(&pods, &json!({"containers": [{"name": "c"}]}), &[]);
        let live = DaemonSet { uid: cluster.adopt(&wanted), template_generation: Some(1), ..wanted.clone() };
        for (like, replaced, taken) in [(None, 1, 2), (Some(Symbol::new("x")), 1, 1), (Some(Symbol::new("y")), 0, 1)] {
            let prediction = predict(&cluster, &wanted, Now { live: Some(&live), adopts: None, rolls: true, like });
            let old = match prediction.rollout {
                Rollout::Nothing => 0,
                Rollout::Rolling { old, .. } => old,
                other => panic!("{other:?}"),
            };
            assert_eq!((old, prediction.counted_as_updated), (replaced, taken), "{like:?}");
        }
    }

    /// Pods that are there take nothing more of a quota: those that stay, those that go first, and with surge the next
    /// takes what the one before it left.
    #[test]
    fn a_quota_is_held_against_pods_that_are_made() {
        let half = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "500m"}}}]});
        let quota = |hard: &Value, used: &Value| {
            json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "q", "namespace": "ns"},
                "spec": {"hard": hard}, "status": {"hard": hard, "used": used}})
        };
        let cpu = |amount: &str| json!({"requests.cpu": amount});
        let surge = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(0), max_surge: Bound::Count(1) };
        let one = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(1), max_surge: Bound::Count(0) };
        for (what, hard, used, update, generation, rolls, expected) in [
            (
                "the next takes what the one before it left",
                json!({"pods": "4"}),
                json!({"pods": "3"}),
                surge,
                "1",
                true,
                None,
            ),
            ("what goes leaves its room", cpu("1500m"), cpu("1500m"), one, "1", true, None),
            ("the quota was lowered, and nothing is made", cpu("500m"), cpu("1500m"), one, "1", false, None),
            ("the quota was lowered, and all are made", cpu("500m"), cpu("1500m"), one, "1", true, Some((1, 3))),
            ("adopted ones leave it, too", cpu("1500m"), cpu("1500m"), one, "2", false, None),
            ("adopted ones that stay take no more", cpu("500m"), cpu("1500m"), one, "1", false, None),
        ] {
            let pods = [(generation, "x", "Running"); 3];
            let (mut cluster, wanted) = with_orphans(&pods, &half, &[quota(&hard, &used)]);
            let wanted = DaemonSet { update, ..wanted };
            let uid = cluster.adopt(&wanted);
            let live = DaemonSet { uid, template_generation: Some(1), ..wanted.clone() };
            let now = match what.starts_with("adopted") {
                true => Now { live: None, adopts: uid, rolls: false, like: None },
                false => Now { live: Some(&live), adopts: None, rolls, like: None },
            };
            let prediction = predict(&cluster, &wanted, now);
            assert_eq!(prediction.quota, expected, "{what}: {prediction:#?}");
            let lost = expected.map_or(0, |(admits, of)| (of - admits) as usize);
            assert_eq!((prediction.without(), prediction.count("placed")), (lost, 3), "{what}");
        }
    }

    /// A taint that came later and only keeps new pods away lets the new one stay; an old one is replaced by none.
    #[test]
    fn what_goes_from_nodes_that_want_no_pod() {
        let tainted = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n9", "labels": {"name": "n9"}},
            "spec": {"taints": [{"key": "dedicated", "effect": "NoSchedule"}]},
            "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "10"}}});
        let pod = |generation: &str| {
            json!({"apiVersion": "v1", "kind": "Pod",
                "metadata": {"name": "agent-9", "namespace": "ns", "labels": {"a": "b", "pod-template-generation": generation}},
                "spec": {"nodeName": "n9", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}})
        };
        let one = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(1), max_surge: Bound::Count(0) };
        for (update, generation, expected) in [(one, "2", 0), (one, "1", 1), (UpdateStrategy::OnDelete, "1", 0)] {
            let (mut cluster, wanted) = with_orphans(
                &[("1", "x", "Running")],
                &json!({"containers": [{"name": "c"}]}),
                &[tainted.clone(), pod(generation)],
            );
            let wanted = DaemonSet { update, ..wanted };
            let live = DaemonSet { uid: cluster.adopt(&wanted), template_generation: Some(1), ..wanted.clone() };
            let prediction =
                predict(&cluster, &wanted, Now { live: Some(&live), adopts: None, rolls: true, like: None });
            match prediction.rollout {
                Rollout::Rolling { old: 1, made: 0, removed, .. } | Rollout::OnDelete { old: 1, made: 0, removed } => {
                    assert_eq!(removed, expected, "{generation}");
                }
                other => panic!("{generation}: {other:?}"),
            }
        }
    }

    /// A rollout with surge that is under way goes on as it began: the new pod must find room beside the old one.
    #[test]
    fn a_surge_under_way_is_judged_as_one() {
        let most = json!({"containers": [{"name": "c", "resources": {"requests": {"cpu": "600m"}}}]});
        let update = UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(0), max_surge: Bound::Count(1) };
        for (generation, expected) in [("1", ("unschedulable", 1)), ("2", ("placed", 0))] {
            let (mut cluster, wanted) = with_orphans(&[(generation, "x", "Running")], &most, &[]);
            let wanted = DaemonSet { update, ..wanted };
            let live = DaemonSet { uid: cluster.adopt(&wanted), template_generation: Some(2), ..wanted.clone() };
            let prediction =
                predict(&cluster, &wanted, Now { live: Some(&live), adopts: None, rolls: false, like: None });
            assert_eq!((prediction.nodes[0].1, prediction.without()), expected, "{generation}");
        }
    }

    #[test]
    fn what_the_kubelet_refuses_is_no_pod() {
        let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}, "status": {
            "allocatable": {"cpu": "1", "memory": "8Gi", "pods": "10"}, "conditions": [
                {"type": "Ready", "status": "True"}, {"type": "DiskPressure", "status": "True"}]}});
        let daemon_set = json!({"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent", "namespace": "ns"},
            "spec": {"selector": {"matchLabels": {"a": "b"}},
                "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c"}]}}}});
        let mut builder = Builder::new();
        for object in [node, daemon_set] {
            builder.read(object.to_string().as_bytes(), None).unwrap();
        }
        let cluster = builder.finish(None);
        let prediction =
            predict(&cluster, &cluster.daemon_sets[0], Now { live: None, adopts: None, rolls: false, like: None });
        assert_eq!((prediction.desired, prediction.without(), prediction.count("rejected")), (1, 1, 1));
        let group = &prediction.groups[0];
        assert_eq!(
            (group.placement, group.why.as_str()),
            ("rejected", "the kubelet refuses new pods while the node has DiskPressure")
        );
    }

    #[test]
    fn what_old_pods_leave_and_who_uses_up_the_bound() {
        let surge = |n: u8| json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": n}});
        let unavailable = |n: u8| json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": n}});
        let silent = |allowed| Some(Deadlock::Bound { lost: 0, silent: vec!["n2".to_owned()], allowed });
        let (ready, broken, lost) = (("True", true), ("True", false), ("Unknown", false));
        for (what, strategy, cpu, second, placements, expected) in [
            ("old pods go first", unavailable(1), "600m", ready, ["placed", "placed"], None),
            ("with surge they stay", surge(1), "600m", ready, ["unschedulable", "unschedulable"], None),
            ("but for one that is not ready", surge(1), "600m", broken, ["unschedulable", "placed"], None),
            ("unless nobody ends it", surge(1), "600m", lost, ["unschedulable", "unschedulable"], None),
            ("a silent node uses up the bound", unavailable(1), "100m", lost, ["placed", "placed"], silent(1)),
            ("a bound of more", unavailable(2), "100m", lost, ["placed", "placed"], None),
            ("a surge of one", surge(1), "100m", lost, ["placed", "placed"], None),
        ] {
            let prediction = predicted(&strategy, cpu, second);
            let found: Vec<&str> = prediction.nodes.iter().map(|(_, placement)| *placement).collect();
            assert_eq!(found, placements, "{what}");
            let Rollout::Rolling { deadlock, .. } = prediction.rollout else { panic!("{what}: {prediction:?}") };
            assert_eq!(deadlock, expected, "{what}");
        }
    }
}
