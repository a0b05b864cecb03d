//! Proposes changes that could fix a cause. A trial shows whether a change fixes it.

use std::collections::HashMap;

use crate::findings::codes::Code;
use crate::findings::near_miss;
use crate::findings::near_miss::{Mismatch, NearMisses};
use crate::findings::taint_origin;
use crate::fix::edit::{Edit, FitAmount, Terms, tolerating};
use crate::model::labels::{Operator, Requirement};
use crate::model::pod::{Container, PodTerm, Port, Volume};
use crate::model::{DaemonSet, Effect, Quantity, Symbol, Taint, Toleration};
use crate::rules::kubelet::OS_LABEL;
use crate::rules::{Cause, CreationRefusal, Exclusion, KubeletRefusal, LimitRule, LimitViolation, Race, Rejection};
use crate::store::{Cluster, NodeIndex};

/// A quota for a limited class admits a multiple of so many pods, so that the cluster may grow.
const CLASS_QUOTA_STEP: u64 = 100;

/// What changes are proposed from.
pub struct Proposer<'a> {
    /// The cluster.
    pub cluster: &'a Cluster,
    /// The DaemonSet as it is.
    pub daemon_set: &'a DaemonSet,
    /// The nodes that the cause keeps from getting a pod.
    pub nodes: &'a [NodeIndex],
}

impl Proposer<'_> {
    /// Changes for a cause, the mildest first.
    pub fn edits(&self, code: Code, causes: &[(NodeIndex, &Cause)]) -> Vec<Edit> {
        let Some((_, cause)) = causes.first() else { return Vec::new() };
        match cause {
            Cause::Exclusion(Exclusion::Taint { taint }) | Cause::Rejection(Rejection::UntoleratedTaint { taint }) => {
                self.tolerate(code, taint).into_iter().collect()
            }
            Cause::Exclusion(Exclusion::NodeSelector { key, wanted, .. }) => {
                self.select(*key, *wanted).into_iter().collect()
            }
            Cause::Exclusion(Exclusion::NodeAffinity) => self.require().into_iter().collect(),
            Cause::Exclusion(Exclusion::NodeName { .. } | Exclusion::ProjectSelector { .. }) => Vec::new(),
            Cause::Rejection(Rejection::NodeSelector { key, wanted, .. }) => {
                vec![Edit::Select { was: None, key: *key, value: *wanted }]
            }
            Cause::Rejection(Rejection::PortTaken { port, .. }) => self.port(port).into_iter().collect(),
            Cause::Rejection(Rejection::Insufficient { resource, .. }) => {
                self.request(*resource, causes).into_iter().collect()
            }
            Cause::Rejection(Rejection::ClaimUnbound { claim }) => self.storage_class(*claim),
            Cause::Creation(refusal) => self.creation(refusal),
            Cause::Kubelet(KubeletRefusal::OperatingSystem { wanted, .. }) => {
                vec![Edit::Select { was: None, key: Symbol::new(OS_LABEL), value: *wanted }]
            }
            Cause::Rejection(Rejection::SpreadLabelMissing { key } | Rejection::SpreadSkew { key, .. })
            | Cause::Race(Race::Spread(key)) => self.spread(*key),
            Cause::Rejection(Rejection::PodAffinity { term, .. }) => {
                self.drop(Terms::Affinity, |number, _| number == *term as usize)
            }
            Cause::Rejection(Rejection::PodAntiAffinity { term, .. }) => {
                self.drop(Terms::AntiAffinity, |number, _| number == *term as usize)
            }
            Cause::Race(Race::Affinity(key)) => [Terms::AntiAffinity, Terms::Affinity]
                .into_iter()
                .flat_map(|list| self.drop(list, |_, term| term.topology_key == *key))
                .collect(),
            // The term belongs to another pod, and so does the change that fixes it.
            Cause::Rejection(Rejection::ExistingAntiAffinity { .. }) => Vec::new(),
            Cause::Rejection(_) | Cause::Gate(_) | Cause::Unknown(_) | Cause::Race(_) | Cause::Kubelet(_) => Vec::new(),
            // What is missing is an object or a driver; no change of the template makes up for it.
            Cause::Start(_) => Vec::new(),
        }
    }

    /// Taints of a node's passing state, and those of virtual nodes, are not to be tolerated; but a network plugin
    /// must come before the network.
    fn tolerate(&self, code: Code, taint: &Taint) -> Option<Edit> {
        let lasting =
            matches!(taint_origin::origin(taint), taint_origin::Origin::Dedicated | taint_origin::Origin::ControlPlane);
        if !lasting && code != Code::NETWORK_DEADLOCK {
            return None;
        }
        let tolerations = &self.daemon_set.template.spec.tolerations;
        let Some((was, mismatch)) = near_miss::toleration(tolerations, taint) else {
            return Some(Edit::Tolerate(*taint));
        };
        Some(match (mismatch, self.is_needed(&was)) {
            (_, false) => Edit::Correct { was, now: corrected(was, mismatch, taint) },
            // Without an effect it tolerates both.
            (Mismatch::Effect, true) if was.seconds.is_none() => {
                Edit::Correct { was, now: Toleration { effect: None, ..was } }
            }
            (_, true) => Edit::Tolerate(*taint),
        })
    }

    /// Whether a node has a taint that of all tolerations only this one tolerates.
    fn is_needed(&self, toleration: &Toleration) -> bool {
        let others = || self.daemon_set.template.spec.tolerations.iter().filter(|other| *other != toleration);
        self.cluster
            .taint_lists()
            .flatten()
            .any(|taint| toleration.tolerates(taint) && !others().any(|other| other.tolerates(taint)))
    }

    /// The label that most of the nodes have in place of the one asked for.
    fn select(&self, key: Symbol, wanted: Symbol) -> Option<Edit> {
        let near_misses = NearMisses::new(self.cluster, self.daemon_set);
        let found = self.nodes.iter().filter_map(|node| {
            let near = near_misses.label(&self.cluster.nodes[*node as usize], key, &[wanted])?;
            Some((near.key, near.value))
        });
        let (key_there, value) = most(found)?;
        Some(Edit::Select { was: Some(key), key: key_there, value })
    }

    fn require(&self) -> Option<Edit> {
        let terms = self.daemon_set.template.spec.node_affinity.required.as_deref().unwrap_or_default();
        let near_misses = NearMisses::new(self.cluster, self.daemon_set);
        let found = self.nodes.iter().filter_map(|node| {
            let node = &self.cluster.nodes[*node as usize];
            let usable = terms.iter().filter(|term| term.usable);
            let (was, near) = usable.filter_map(|term| near_misses.requirement(term, node)).next()?;
            Some((was.clone(), near.key, near.value))
        });
        let (was, key, value) = most(found)?;
        let operator = match &was.operator {
            Operator::In(values) if values.len() == 1 || key != was.key => Operator::In([value].into()),
            Operator::In(values) => Operator::In(values.iter().copied().chain([value]).collect()),
            other => other.clone(),
        };
        Some(Edit::Require { now: Requirement { key, operator }, was })
    }

    fn spread(&self, key: Symbol) -> Vec<Edit> {
        let constraints = self.daemon_set.template.spec.spread.iter().filter(|c| c.topology_key == key);
        constraints.cloned().map(Edit::SpreadAnyway).collect()
    }

    /// What a required term asks is the author's to judge; that it refuses the node is certain.
    fn drop(&self, list: Terms, is_meant: impl Fn(usize, &PodTerm) -> bool) -> Vec<Edit> {
        let spec = &self.daemon_set.template.spec;
        let terms = match list {
            Terms::Affinity => &spec.pod_affinity,
            Terms::AntiAffinity => &spec.pod_anti_affinity,
        };
        let home = self.daemon_set.namespace;
        let meant = terms.iter().enumerate().filter(|(number, term)| is_meant(*number, term));
        meant.map(|(_, term)| Edit::Drop { list, term: term.clone(), home }).collect()
    }

    /// The largest request lowered to what the tightest node has. Where evicting others would help, never to less than
    /// half: more would be another program. A request above what the node has at all is too big whatever runs there.
    fn request(&self, resource: Symbol, causes: &[(NodeIndex, &Cause)]) -> Option<Edit> {
        let unit =
            |amount: i64| if resource.as_str() == "cpu" { Quantity::milli(amount) } else { Quantity::units(amount) };
        // Round figures are easier to agree on: 5m of cpu, 1Mi of bytes.
        let step = match resource.as_str() {
            "cpu" => 5,
            "memory" | "ephemeral-storage" => 1 << 20,
            _ => return None,
        };
        let shorts = causes.iter().filter_map(|(_, cause)| match cause {
            Cause::Rejection(Rejection::Insufficient { asked, free, allocatable, .. }) => {
                Some((asked - free, asked > allocatable))
            }
            _ => None,
        });
        let (init, container, was) = self.largest(resource)?;
        let large = if resource.as_str() == "cpu" { was.milli_value() } else { was.value() };
        let lowered = |(short, is_beyond): (i64, bool)| {
            let now = (large - short) / step * step;
            (now * 2 >= large || is_beyond).then_some(now).filter(|now| *now >= step)
        };
        let now = shorts.filter_map(lowered).min()?;
        Some(Edit::Request { container, init, resource, was, now: unit(now) })
    }

    /// The container whose request is the largest: an init container where it alone takes more than all others together.
    fn largest(&self, resource: Symbol) -> Option<(bool, Symbol, Quantity)> {
        let spec = &self.daemon_set.template.spec;
        let requested = |c: &Container| c.resources.requests.get(resource).or_else(|| c.resources.limits.get(resource));
        let largest = |containers: &[Container]| {
            let all = containers.iter().filter_map(|c| Some((c.name, requested(c)?)));
            all.max_by_key(|(name, amount)| (*amount, std::cmp::Reverse(name.as_str())))
        };
        let sum: i128 = spec.containers.iter().filter_map(requested).map(|amount| amount.nano_value()).sum();
        let init = largest(&spec.init_containers).filter(|(_, amount)| amount.nano_value() > sum);
        match init {
            Some((name, amount)) => Some((true, name, amount)),
            None => largest(&spec.containers).map(|(name, amount)| (false, name, amount)),
        }
    }

    /// The next port that is free on all of the nodes. Under the host's network the program itself opens the port,
    /// and its configuration is not in the template.
    fn port(&self, taken: &Port) -> Option<Edit> {
        let spec = &self.daemon_set.template.spec;
        if spec.host_network {
            return None;
        }
        let (container, was) = spec
            .containers
            .iter()
            .find_map(|c| Some((c.name, *c.ports.iter().find(|port| port.is_same_on_host(taken))?)))?;
        let own = |candidate: u16| spec.containers.iter().flat_map(|c| &c.ports).any(|p| p.host_port == candidate);
        let used = |candidate: u16| {
            let held = |node: &NodeIndex| self.cluster.ports_on(*node).iter().any(|(p, _)| p.host_port == candidate);
            own(candidate)
                || self.cluster.ports_of_folded.contains(&candidate)
                || (0..self.cluster.nodes.len() as NodeIndex).any(|node| held(&node))
        };
        let now = (taken.host_port..).skip(1).take(100).find(|candidate| !used(*candidate))?;
        Some(Edit::HostPort { container, was, now })
    }

    fn creation(&self, refusal: &CreationRefusal) -> Vec<Edit> {
        let namespace = self.daemon_set.namespace;
        match refusal {
            CreationRefusal::NamespaceMissing => vec![Edit::CreateNamespace(namespace)],
            CreationRefusal::ServiceAccountMissing { name } => vec![Edit::CreateServiceAccount(namespace, *name)],
            CreationRefusal::PriorityClassMissing { name } => {
                nearest(*name, self.cluster.priority_classes.keys()).map(Edit::Priority).into_iter().collect()
            }
            CreationRefusal::RuntimeClassMissing { name } => self.runtime_class(*name),
            CreationRefusal::PodSecurity { .. } => {
                ["baseline", "privileged"].map(|level| Edit::Enforce { namespace, level }).into()
            }
            CreationRefusal::QuotaForClassMissing { class } => {
                let pods = (self.nodes.len() as u64).next_multiple_of(CLASS_QUOTA_STEP);
                vec![Edit::QuotaForClass { namespace, class: *class, pods }]
            }
            CreationRefusal::LimitRange { range, violations } => self.fit(*range, violations).into_iter().collect(),
            _ => Vec::new(),
        }
    }

    /// In place of a runtime class that does not exist: one whose name is nearly the same, a new one for a handler of its
    /// name that the nodes have, or none.
    fn runtime_class(&self, missing: Symbol) -> Vec<Edit> {
        let of = |now| Edit::RuntimeClass { was: missing, now };
        let near = nearest(missing, self.cluster.runtime_classes.keys()).map(|near| of(Some(near)));
        let has_handler = |node: &NodeIndex| {
            self.cluster.nodes[*node as usize].runtime_handlers.iter().any(|handler| handler.name == missing)
        };
        let created = self.nodes.iter().any(has_handler).then_some(Edit::CreateRuntimeClass(missing));
        near.into_iter().chain(created).chain([of(None)]).collect()
    }

    /// In place of a storage class that does not exist: one whose name is nearly the same, the default one, or the only
    /// one.
    fn storage_class(&self, volume: Symbol) -> Vec<Edit> {
        let classes = &self.cluster.storage_classes;
        let of_volume = |volumes: &Volume| match volumes {
            Volume::Ephemeral(claim) if claim.name == volume => Some(claim.class),
            _ => None,
        };
        let was = self.daemon_set.template.spec.volumes.iter().find_map(of_volume);
        let Some(was) = was.filter(|was| was.is_none_or(|was| !classes.contains_key(&was))) else { return Vec::new() };
        let default = classes.values().filter(|class| class.is_default).map(|class| class.name);
        let default = default.min_by_key(|name| name.as_str());
        let only = classes.keys().next().copied().filter(|_| classes.len() == 1);
        let mut found: Vec<Symbol> =
            was.and_then(|was| nearest(was, classes.keys())).into_iter().chain(default).chain(only).collect();
        found.dedup();
        found.into_iter().map(|now| Edit::StorageClass { volume, was, now }).collect()
    }

    /// Requests and limits moved to the nearest that the limit range allows. What it asks of a pod as a whole can be
    /// given to a container only where there is just one.
    fn fit(&self, range: Symbol, violations: &[LimitViolation]) -> Option<Edit> {
        let spec = &self.daemon_set.template.spec;
        let alone = match (spec.containers.as_slice(), spec.init_containers.as_slice()) {
            ([only], []) => Some(only.name),
            _ => None,
        };
        let mut amounts: Vec<FitAmount> = Vec::new();
        for violation in violations {
            let container = violation.container.or(alone)?;
            let resource = violation.resource;
            spec.containers.iter().chain(&spec.init_containers).find(|c| c.name == container)?;
            if amounts.iter().any(|a| a.container == container && a.resource == resource) {
                continue;
            }
            let alike =
                violations.iter().filter(|v| v.container.or(alone) == Some(container) && v.resource == resource);
            let (request, limit) = fitted(violation.request, violation.limit, alike)?;
            let changed = |now: Option<Quantity>, was: Option<Quantity>| now.filter(|_| now != was);
            let (request, limit) = (changed(request, violation.request), changed(limit, violation.limit));
            amounts.push(FitAmount { container, resource, request, limit });
        }
        Some(Edit::Fit { range, amounts })
    }
}

/// The first by name of those that the missing name nearly is.
fn nearest<'n>(missing: Symbol, names: impl Iterator<Item = &'n Symbol>) -> Option<Symbol> {
    let near = names.copied().filter(|name| near_miss::is_near(missing.as_str(), name.as_str()));
    near.min_by_key(|name| name.as_str())
}

/// The toleration with the one field changed that is wrong.
fn corrected(was: Toleration, mismatch: Mismatch, taint: &Taint) -> Toleration {
    let meant = tolerating(taint);
    match mismatch {
        Mismatch::Key | Mismatch::OldKey | Mismatch::Domain => Toleration { key: meant.key, ..was },
        // tolerationSeconds is valid with NoExecute only.
        Mismatch::Effect => {
            let seconds = was.seconds.filter(|_| taint.effect == Effect::NoExecute);
            Toleration { effect: meant.effect, seconds, ..was }
        }
        Mismatch::Value | Mismatch::Operator => {
            Toleration { operator: meant.operator, operator_omitted: false, value: meant.value, ..was }
        }
    }
}

/// The request and limit nearest to those given that satisfy the rules that object to them.
fn fitted<'v>(
    mut request: Option<Quantity>,
    mut limit: Option<Quantity>,
    violations: impl Iterator<Item = &'v LimitViolation> + Clone,
) -> Option<(Option<Quantity>, Option<Quantity>)> {
    let bounds = |rule: LimitRule| violations.clone().filter(move |v| v.rule == rule).map(|v| v.bound);
    for least in bounds(LimitRule::Min) {
        request = Some(request.map_or(least, |request| request.max(least)));
        limit = limit.map(|limit| limit.max(least));
    }
    for most in bounds(LimitRule::Max) {
        limit = Some(limit.map_or(most, |limit| limit.min(most)));
        request = request.map(|request| request.min(most));
    }
    for ratio in bounds(LimitRule::MaxRatio) {
        let (limit, ratio) = (limit?.nano_value(), ratio.nano_value());
        if ratio <= 0 {
            return None;
        }
        // limit / ratio in thousandths, rounded up: both are in billionths.
        let milli = limit.checked_mul(1000)?.checked_add(ratio - 1)? / ratio;
        let least = Quantity::milli(i64::try_from(milli).ok()?);
        request = Some(request.map_or(least, |request| request.max(least)));
    }
    Some((request, limit))
}

/// What is there most often; of several the one that came first.
fn most<T: Clone + Eq + std::hash::Hash>(all: impl Iterator<Item = T>) -> Option<T> {
    let mut counts: HashMap<T, (usize, usize)> = HashMap::new();
    for (place, one) in all.enumerate() {
        counts.entry(one).or_insert((0, usize::MAX - place)).0 += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(one, _)| one)
}
