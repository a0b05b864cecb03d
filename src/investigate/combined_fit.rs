//! Several documents together: each may fit alone, but not all of them.

use std::collections::HashSet;

use crate::explain::next_step::{NextStep, Object};
use crate::explain::{Explanation, found, port_name};
use crate::findings::Subject;
use crate::findings::cause::{AntiAffinityClash, CapacityShort, Cause, PortClash, Shortage};
use crate::findings::causing_field;
use crate::findings::codes::Code;
use crate::findings::policy::{IgnoreRule, Settings, doctor_annotations};
use crate::investigate::Diagnosis;
use crate::investigate::finding_report::location;
use crate::model::pod::{PodTerm, Port, pod_requests};
use crate::model::{DaemonSet, Labels, Resources, Symbol};
use crate::report::{DaemonSetReport, Finding, Ignored, Severity};
use crate::rules::Placement;
use crate::rules::scheduler::inter_pod_affinity::means;
use crate::store::{Cluster, NodeIndex, host_ports};

/// The documents that were judged so far.
#[derive(Debug, Default)]
pub struct CombinedFit {
    documents: Vec<Document>,
    /// Requests of the documents on each node, in addition to the requests of its pods.
    taken: Vec<Resources>,
}

#[derive(Debug)]
struct Document {
    name: String,
    namespace: Symbol,
    labels: Labels,
    anti_affinity: Vec<PodTerm>,
    ports: Vec<Port>,
    placed: Vec<bool>,
}

impl Document {
    /// The topology keys by which required anti-affinity of this document keeps its pods away from those of another.
    fn repels(&self, cluster: &Cluster, other: &Document) -> impl Iterator<Item = Symbol> {
        let is_meant = |t: &&PodTerm| means(cluster, t, self.namespace, other.namespace, &other.labels);
        self.anti_affinity.iter().filter(is_meant).map(|term| term.topology_key)
    }

    /// The nodes of this document whose domain has a node of the other document.
    fn shares(&self, cluster: &Cluster, other: &Document, key: Symbol) -> Vec<NodeIndex> {
        let domain = |index: usize| cluster.nodes[index].labels.get(key);
        let placed =
            |document: &Document| (0..document.placed.len()).filter(|i| document.placed[*i]).collect::<Vec<_>>();
        let taken: HashSet<Symbol> = placed(other).into_iter().filter_map(domain).collect();
        let own = placed(self).into_iter().filter(|index| domain(*index).is_some_and(|value| taken.contains(&value)));
        own.map(|index| index as NodeIndex).collect()
    }
}

impl CombinedFit {
    /// Checks one more document together with the earlier documents. Adds a finding to its report for nodes where each
    /// document alone gets its pod, but not all of them. The finding respects the node selection and the ignore rules.
    pub fn add(&mut self, cluster: &Cluster, asked: &Subject, diagnosis: &mut Diagnosis, settings: &Settings) {
        let mut filter = Filter::of(cluster, &asked.daemon_set, settings);
        self.taken.resize(cluster.nodes.len(), Resources::default());
        let asks = Resources::of(&pod_requests(&diagnosis.pod));
        let ports: Vec<Port> = host_ports(&diagnosis.pod, cluster.rules()).collect();
        let placed: Vec<bool> = diagnosis.verdicts.iter().map(|v| v.placement == Placement::Placed).collect();
        if let Some(uid) = asked.owner().filter(|_| !asked.daemon_set.update.surges()) {
            for pod in cluster.owned_by(uid).iter().map(|pod| cluster.pod(*pod)) {
                if let Some(node) = pod.counts_on().and_then(|name| cluster.node(name)) {
                    self.taken[node as usize].subtract(&pod.requests);
                    self.taken[node as usize].pods -= 1;
                }
            }
        }
        let mut short: Vec<(NodeIndex, Vec<(Symbol, i64)>)> = Vec::new();
        for (index, _) in placed.iter().enumerate().filter(|(_, placed)| **placed) {
            let lacks = lacks(cluster, index, &self.taken[index], &asks);
            let shared = self.documents.iter().any(|d| d.placed[index]);
            if shared && !lacks.is_empty() {
                short.push((index as NodeIndex, lacks));
            }
            self.taken[index].add(&asks);
            self.taken[index].pods += 1;
        }
        let name = format!("{}/{}", asked.daemon_set.namespace, asked.daemon_set.name);
        let clash = self.documents.iter().find_map(|other| {
            let port = ports.iter().find(|port| other.ports.iter().any(|held| collide(port, held)))?;
            let on = |index: &usize| placed[*index] && other.placed[*index];
            let nodes = filter.keep((0..placed.len()).filter(on).map(|i| i as NodeIndex));
            (!nodes.is_empty()).then(|| (other.name.clone(), port_name(port), nodes))
        });
        if let Some((other, port, nodes)) = clash {
            insert(cluster, asked, &mut diagnosis.report, &Cause::PortClash(PortClash { port, other }), &nodes);
        }
        let this = Document {
            name,
            namespace: asked.daemon_set.namespace,
            labels: diagnosis.labels.clone(),
            anti_affinity: diagnosis.pod.pod_anti_affinity.clone(),
            ports,
            placed,
        };
        for other in &self.documents {
            let own = this.repels(cluster, other).map(|key| (key, false));
            let Some((key, by_other)) = own.chain(other.repels(cluster, &this).map(|key| (key, true))).next() else {
                continue;
            };
            let nodes = filter.keep(this.shares(cluster, other, key).into_iter());
            if !nodes.is_empty() {
                let cause = AntiAffinityClash { other: other.name.clone(), topology_key: key, by_other };
                insert(cluster, asked, &mut diagnosis.report, &Cause::AntiAffinityClash(cause), &nodes);
            }
        }
        let kept = filter.keep(short.iter().map(|(node, _)| *node));
        short.retain(|(node, _)| kept.contains(node));
        filter.note(&mut diagnosis.report);
        if let Some((_, worst)) = short.first() {
            let missing = worst.iter().map(|(resource, amount)| Shortage { resource: *resource, amount: *amount });
            let first = short[0].0 as usize;
            let others = self.documents.iter().filter(|d| d.placed[first]).map(|d| d.name.clone()).collect();
            let cause = CapacityShort { others, missing: missing.collect(), node: cluster.nodes[first].name };
            insert(cluster, asked, &mut diagnosis.report, &Cause::CapacityShort(cause), &kept);
        }
        self.documents.push(this);
    }
}

/// Which nodes a finding is about: `--node`, `--ignore` and the annotation that accepts findings.
struct Filter<'a> {
    cluster: &'a Cluster,
    node: Option<Symbol>,
    rules: Vec<IgnoreRule>,
    accepted: Vec<Ignored>,
}

impl<'a> Filter<'a> {
    fn of(cluster: &'a Cluster, daemon_set: &DaemonSet, settings: &Settings) -> Self {
        let (_, own, _) = doctor_annotations(daemon_set);
        let rules = settings.ignore.iter().cloned().chain(own).collect();
        Filter { cluster, node: settings.node, rules, accepted: Vec::new() }
    }

    /// Keeps the nodes that are asked about and on which no rule accepts the finding.
    fn keep(&mut self, nodes: impl Iterator<Item = NodeIndex>) -> Vec<NodeIndex> {
        let code = Code::DO_NOT_FIT_TOGETHER;
        let mut kept = Vec::new();
        for node in nodes {
            let facts = &self.cluster.nodes[node as usize];
            if self.node.is_some_and(|asked| asked != facts.name) {
                continue;
            }
            match self.rules.iter().find(|rule| rule.accepts(code, Some(facts))) {
                None => kept.push(node),
                Some(rule) => match self.accepted.iter_mut().find(|known| known.by == rule.by) {
                    Some(known) => known.node_count += 1,
                    None => self.accepted.push(Ignored { code, node_count: 1, by: rule.by.clone() }),
                },
            }
        }
        kept
    }

    /// Adds what was accepted to the report.
    fn note(&mut self, report: &mut DaemonSetReport) {
        report.ignored.append(&mut self.accepted);
        report.ignored.sort_by(|a, b| (a.code, &a.by).cmp(&(b.code, &b.by)));
    }
}

/// What is missing on a node of what is asked for.
fn lacks(cluster: &Cluster, node: usize, taken: &Resources, asks: &Resources) -> Vec<(Symbol, i64)> {
    let has = &cluster.nodes[node].allocatable;
    let used = &cluster.requested[node];
    let mut found = Vec::new();
    let mut check = |name: Symbol, asked: i64, free: i64| {
        if asked > 0 && asked > free {
            found.push((name, asked - free));
        }
    };
    check("cpu".into(), asks.milli_cpu, has.milli_cpu - used.milli_cpu - taken.milli_cpu);
    check("memory".into(), asks.memory, has.memory - used.memory - taken.memory);
    let disk = has.ephemeral_storage - used.ephemeral_storage - taken.ephemeral_storage;
    check("ephemeral-storage".into(), asks.ephemeral_storage, disk);
    check("pods".into(), 1, has.pods - used.pods - taken.pods);
    for (name, asked) in &asks.scalar {
        check(*name, *asked, has.scalar(*name) - used.scalar(*name) - taken.scalar(*name));
    }
    found
}

/// Whether two host ports cannot be held on one node: the same number and protocol, on one address or on all.
fn collide(a: &Port, b: &Port) -> bool {
    let every = |port: &Port| matches!(port.host_ip.as_str(), "" | "0.0.0.0");
    a.host_port == b.host_port && a.protocol == b.protocol && (every(a) || every(b) || a.host_ip == b.host_ip)
}

/// Puts the finding among the errors, and moves the places that nodes name.
fn insert(cluster: &Cluster, asked: &Subject, report: &mut DaemonSetReport, cause: &Cause, nodes: &[NodeIndex]) {
    let names: Vec<String> = nodes.iter().map(|node| cluster.nodes[*node as usize].name.to_string()).collect();
    let place = report.findings.iter().position(|f| f.severity < Severity::Error).unwrap_or(report.findings.len());
    for reason in report.nodes.iter_mut().flat_map(|node| &mut node.reasons) {
        reason.finding = reason.finding.map(|finding| if finding >= place { finding + 1 } else { finding });
    }
    let Explanation { message, mut notes, evidence } = found::explain(cause);
    let step = match (cause, names.first()) {
        (Cause::CapacityShort(_), Some(node)) => NextStep::Describe(Object::cluster("node", node)),
        _ => NextStep::Page(cause.code()),
    };
    notes.extend(step.note());
    report.findings.insert(
        place,
        Finding {
            code: cause.code(),
            severity: Severity::Error,
            message,
            notes,
            node_count: names.len(),
            nodes: names,
            common: Default::default(),
            evidence,
            shared_facts: Vec::new(),
            location: location(asked, &causing_field::of(cause.code(), None, Some(cause))),
            log: None,
            fix: None,
        },
    );
}
