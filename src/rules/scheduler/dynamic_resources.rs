//! DynamicResources: devices for the claims of a pod, and for extended resources that a DeviceClass provides.
//!
//! `pkg/scheduler/framework/plugins/dynamicresources` v1.37, with the allocator of
//! `staging/src/k8s.io/dynamic-resource-allocation/structured/internal/incubating` v0.36. What is certain without the
//! allocator's search and without an expression engine is decided: too few devices for a request, and enough for requests
//! that cannot take devices from each other. Everything else is unknown.

use std::collections::HashSet;
use std::sync::Arc;

use crate::model::devices::{
    Device, DeviceId, DeviceNodes, DeviceRequest, ExactRequest, Matching, PodClaimSource, ResourceClaim,
};
use crate::model::storage::DeviceClass;
use crate::model::wire::Kind;
use crate::model::{Node, Symbol};
use crate::rules::scheduler::device_pools::{Pools, Slices, in_use};
use crate::rules::scheduler::incoming_pod::IncomingPod;
use crate::rules::scheduler::node_resources_fit::ClassResource;
use crate::rules::verdict::{
    DeniedClaim, DeviceAsker, DeviceRejection, DeviceShortage, MissingData, Rejection, Unknown,
};
use crate::rules::view::View;
use crate::store::Cluster;

/// Pods that can share one claim (`ResourceClaimReservedForMaxSize`).
const MAX_SHARING_PODS: usize = 256;
/// Devices that one claim can have (`AllocationResultsMaxSize`).
const MAX_DEVICES: u64 = 32;

/// The plugin, prepared for one pod.
pub struct DynamicResources<'a> {
    cluster: &'a Cluster,
    /// What rejects the pod as a whole.
    rejections: Vec<DeviceRejection>,
    /// A claim that is never created for the pod.
    denied: Option<&'a Arc<DeniedClaim>>,
    /// Why nothing is certain, whatever the node has.
    unknowns: Vec<Arc<Unknown>>,
    /// Claims that are allocated.
    allocated: Vec<(Symbol, &'a ResourceClaim)>,
    /// Claims to allocate, each by its entry.
    claims: Vec<(Symbol, &'a ResourceClaim)>,
    /// Whether something keeps enough devices from being certain.
    is_uncertain: bool,
    slices: Slices<'a>,
    in_use: HashSet<DeviceId>,
    has_taints: bool,
    /// The pods that the new ones replace, by name.
    own: HashSet<&'a str>,
}

/// What is known of the devices for a pod on a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Devices {
    /// There are enough.
    Enough,
    /// There are too few.
    Rejected(Rejection),
    /// It cannot be known.
    Unknown,
}

/// A request, with what asks for it.
struct Asked<'r> {
    asker: DeviceAsker,
    /// Which claim of the pod it is of.
    claim: usize,
    request: &'r ExactRequest,
}

/// What one request finds on a node.
struct Supply {
    verdict: Devices,
    /// The devices that it may take.
    devices: Vec<DeviceId>,
}

impl<'a> DynamicResources<'a> {
    /// Looks up the claims of the pod. Devices are gathered only if the pod has claims, or `for_resources`.
    pub fn prepare(view: &View<'a>, pod: &IncomingPod<'a>, for_resources: bool) -> Self {
        let cluster = view.cluster;
        let mut plugin = DynamicResources {
            cluster,
            rejections: Vec::new(),
            denied: pod.denied_claim.filter(|denied| denied.is_of_devices),
            unknowns: Vec::new(),
            allocated: Vec::new(),
            claims: Vec::new(),
            is_uncertain: false,
            slices: Slices::default(),
            in_use: HashSet::new(),
            has_taints: view.version.at_least(36),
            own: HashSet::new(),
        };
        let asks = &pod.spec.resource_claims;
        if asks.is_empty() && !for_resources {
            return plugin;
        }
        // Before v1.34 the feature is off by default, and the API server drops the field.
        if !asks.is_empty() && !view.version.at_least(34) {
            plugin.unknowns.push(Arc::new(Unknown::ResourceClaims));
            return plugin;
        }
        plugin.slices = Slices::of(&cluster.resource_slices);
        plugin.own = view.own().iter().map(|(_, pod)| &*view.cluster.pod(*pod).name).collect();
        plugin.in_use = in_use(view.cluster, pod.namespace, &plugin.own);
        for ask in asks {
            plugin.add_claim(pod.namespace, ask.name, ask.source);
        }
        // Unseen claims may hold devices, unseen slices may offer them.
        let is_seen = |kind: Kind| cluster.coverage(kind).is_whole();
        plugin.is_uncertain |= !is_seen(Kind::ResourceClaim);
        if !plugin.claims.is_empty() && !is_seen(Kind::ResourceSlice) {
            plugin.unknowns.push(Arc::new(Unknown::ResourceClaims));
        }
        plugin
    }

    fn add_claim(&mut self, namespace: Symbol, name: Symbol, source: PodClaimSource) {
        let cluster = self.cluster;
        let not_collected =
            |kind: Kind, name: Symbol| Unknown::not_collected(cluster, MissingData::Object { kind, name }, kind);
        match source {
            PodClaimSource::Template(template) => match cluster.claim_templates.get(&(namespace, template)) {
                Some(claim) => self.claims.push((name, claim)),
                None if cluster.coverage(Kind::ResourceClaimTemplate).is_whole() => {
                    self.rejections.push(DeviceRejection::TemplateMissing { claim: name, template });
                }
                None => self.unknowns.push(not_collected(Kind::ResourceClaimTemplate, template)),
            },
            PodClaimSource::Claim(claim_name) => match cluster.resource_claims.get(&(namespace, claim_name)) {
                Some(claim) if claim.terminating => {
                    self.rejections.push(DeviceRejection::ClaimTerminating { claim: claim_name });
                }
                Some(claim) if claim.allocation.is_some() => {
                    // Those that the new pods replace leave.
                    let stays = |pod: &&Symbol| !self.own.contains(pod.as_str());
                    let pods = claim.reserved_for.iter().filter(stays).count();
                    if pods >= MAX_SHARING_PODS {
                        self.rejections.push(DeviceRejection::ClaimInUse { claim: claim_name, pods });
                    }
                    self.allocated.push((claim_name, claim));
                }
                // The first pod that is scheduled decides where all others can be.
                Some(claim) => {
                    self.is_uncertain = true;
                    self.claims.push((name, claim));
                }
                None if cluster.coverage(Kind::ResourceClaim).is_whole() => {
                    self.rejections.push(DeviceRejection::ClaimMissing { claim: claim_name });
                }
                None => {
                    self.unknowns.push(not_collected(Kind::ResourceClaim, claim_name));
                }
            },
            PodClaimSource::Unknown => self.unknowns.push(Arc::new(Unknown::ResourceClaims)),
        }
        if let Some((_, claim)) = self.claims.last().filter(|(entry, _)| *entry == name) {
            self.is_uncertain |= claim.is_constrained;
            let classes = claim.requests.iter().flat_map(exact_of).map(|request| (request.name, request.class));
            let is_missing = |class: Symbol| !cluster.device_classes.iter().any(|known| known.name == class);
            let missing: Vec<(Symbol, Symbol)> = classes.filter(|(_, class)| is_missing(*class)).collect();
            match cluster.coverage(Kind::DeviceClass).is_whole() {
                true => self.rejections.extend(
                    missing.into_iter().map(|(request, class)| DeviceRejection::ClassMissing { request, class }),
                ),
                false if !missing.is_empty() => self.unknowns.push(not_collected(Kind::DeviceClass, missing[0].1)),
                false => {}
            }
        }
    }

    /// What rejects the pod as a whole.
    pub fn before_nodes(&self, found: &mut Vec<Rejection>) {
        found.extend(self.denied.map(|denied| Rejection::ClaimDenied(Arc::clone(denied))));
        found.extend(self.rejections.iter().map(|rejection| Rejection::Devices(Arc::new(rejection.clone()))));
    }

    /// What keeps the verdict from being known, on whichever node.
    pub fn unknowns(&self) -> &[Arc<Unknown>] {
        // What rejects the pod does so whatever else is not known.
        if self.is_rejected() { &[] } else { &self.unknowns }
    }

    /// Whether the pod is rejected as a whole.
    fn is_rejected(&self) -> bool {
        !self.rejections.is_empty() || self.denied.is_some()
    }

    /// Whether the pod needs devices.
    pub fn is_empty(&self) -> bool {
        !self.is_rejected() && self.allocated.is_empty() && self.claims.is_empty()
    }

    /// What the node has for the claims of the pod.
    pub fn on_node(&self, node: &Node) -> Devices {
        if self.is_rejected() {
            return Devices::Enough;
        }
        let reaches = |claim: &ResourceClaim| {
            let nodes = claim.allocation.as_ref().and_then(|allocation| allocation.nodes.as_ref());
            nodes.is_none_or(|terms| terms.iter().any(|term| term.matches(node.name, &node.labels)))
        };
        if let Some((claim, _)) = self.allocated.iter().find(|(_, claim)| !reaches(claim)) {
            return Devices::Rejected(rejection(DeviceRejection::ClaimElsewhere { claim: *claim }));
        }
        if self.claims.is_empty() {
            return Devices::Enough;
        }
        let pools = self.slices.pools(node);
        let mut asked: Vec<Asked<'_>> = Vec::new();
        let mut is_uncertain = self.is_uncertain;
        for (index, (entry, claim)) in self.claims.iter().enumerate() {
            for request in &claim.requests {
                match request {
                    DeviceRequest::Exactly(exact) => {
                        let asker = DeviceAsker::Request { claim: *entry, request: exact.name };
                        asked.push(Asked { asker, claim: index, request: exact });
                    }
                    DeviceRequest::FirstAvailable(name, alternatives) => {
                        is_uncertain = true;
                        let asker = DeviceAsker::Request { claim: *entry, request: *name };
                        let supplies = alternatives.iter().map(|exact| {
                            self.supply(&pools, &Asked { asker, claim: index, request: exact }, node.name).verdict
                        });
                        let all: Vec<Devices> = supplies.collect();
                        let are_rejected = all.iter().all(|found| matches!(found, Devices::Rejected(_)));
                        if let Some(first) = all.into_iter().next().filter(|_| are_rejected) {
                            return first;
                        }
                    }
                    DeviceRequest::Unknown(_) => is_uncertain = true,
                }
            }
        }
        self.weigh(&pools, &asked, node.name, is_uncertain)
    }

    /// What the node has for extended resources that classes provide.
    pub fn for_resources(&self, node: &Node, resources: &[&ClassResource]) -> Devices {
        if !self.cluster.coverage(Kind::ResourceSlice).is_whole() {
            return Devices::Unknown;
        }
        let pools = self.slices.pools(node);
        let mut requests: Vec<(Symbol, ExactRequest)> = Vec::new();
        for ClassResource { resource, class, amounts, .. } in resources {
            let request = |count: &u64| ExactRequest { class: *class, count: Some(*count), ..ExactRequest::default() };
            requests.extend(amounts.iter().map(|count| (*resource, request(count))));
        }
        let asked: Vec<Asked<'_>> = requests
            .iter()
            .map(|(resource, request)| Asked { asker: DeviceAsker::Resource(*resource), claim: 0, request })
            .collect();
        let is_uncertain = !self.cluster.coverage(Kind::ResourceClaim).is_whole()
            || !self.claims.is_empty()
            || resources.iter().any(|resource| resource.has_init || resource.amounts.is_empty());
        self.weigh(&pools, &asked, node.name, is_uncertain)
    }

    /// Whether all requests together are met.
    fn weigh(&self, pools: &Pools<'_>, asked: &[Asked<'_>], node: Symbol, is_uncertain: bool) -> Devices {
        let supplies: Vec<Supply> = asked.iter().map(|asked| self.supply(pools, asked, node)).collect();
        if let Some(rejected) = supplies.iter().find(|supply| matches!(supply.verdict, Devices::Rejected(_))) {
            return rejected.verdict.clone();
        }
        let compete = |first: usize, second: usize| {
            let both_admin = asked[first].request.admin_access && asked[second].request.admin_access;
            let apart = both_admin && asked[first].claim != asked[second].claim;
            !apart && supplies[first].devices.iter().any(|device| supplies[second].devices.contains(device))
        };
        let any_compete = (0..asked.len()).any(|first| (first + 1..asked.len()).any(|second| compete(first, second)));
        let is_certain = !is_uncertain && !any_compete && supplies.iter().all(|s| s.verdict == Devices::Enough);
        if is_certain { Devices::Enough } else { Devices::Unknown }
    }

    /// What a node has for one request alone.
    fn supply(&self, pools: &Pools<'_>, asked: &Asked<'_>, node: Symbol) -> Supply {
        let request = asked.request;
        let unknown = || Supply { verdict: Devices::Unknown, devices: Vec::new() };
        let class = self.cluster.device_classes.iter().find(|class| class.name == request.class);
        let Some(class) = class else { return unknown() };
        let mut shortage = DeviceShortage {
            asker: asked.asker,
            class: request.class,
            requested: request.count,
            published: pools.devices.len(),
            matching: 0,
            in_use: 0,
            tainted: 0,
            taint: None,
        };
        let mut is_certain = !request.asks_capacity;
        let mut is_short = false;
        let (mut sure, mut usable) = (0_u64, Vec::new());
        for (slice, device) in &pools.devices {
            let id = (slice.driver, slice.pool, device.name);
            let matching = matching(class, request, slice.driver, device);
            if matching == Matching::No {
                continue;
            }
            shortage.matching += 1;
            let is_whole = !device.is_composite;
            let is_taken = !request.admin_access && is_whole && self.in_use.contains(&id);
            let taints = if self.has_taints { &device.taints[..] } else { &[] };
            let taint = taints.iter().find(|taint| !request.tolerations.iter().any(|t| t.tolerates(taint)));
            if is_taken {
                shortage.in_use += 1;
            } else if let Some(taint) = taint {
                shortage.tainted += 1;
                shortage.taint = Some(*taint);
            }
            // A device of all matching ones that cannot be had fails the whole request.
            if is_taken || taint.is_some() {
                is_certain &= request.count.is_some() || matching == Matching::Yes;
                is_short |= request.count.is_none() && matching == Matching::Yes;
                continue;
            }
            // Pods of other nodes may take it first.
            let is_own = slice.nodes.as_ref().or(device.nodes.as_ref()) == Some(&DeviceNodes::Named(node));
            if matching == Matching::Yes && is_whole && (is_own || request.admin_access) {
                sure += 1;
            } else {
                is_certain &= request.count.is_some();
            }
            usable.push(id);
        }
        let found = usable.len() as u64;
        let verdict = match request.count {
            Some(count) if found < count => Devices::Rejected(rejection(DeviceRejection::TooFew(shortage))),
            None if pools.is_incomplete => Devices::Unknown,
            None if is_short || shortage.matching == 0 => {
                Devices::Rejected(rejection(DeviceRejection::TooFew(shortage)))
            }
            Some(count) if is_certain && sure >= count => Devices::Enough,
            None if is_certain && sure <= MAX_DEVICES => Devices::Enough,
            _ => Devices::Unknown,
        };
        Supply { verdict, devices: usable }
    }
}

fn rejection(of: DeviceRejection) -> Rejection {
    Rejection::Devices(Arc::new(of))
}

fn exact_of(request: &DeviceRequest) -> &[ExactRequest] {
    match request {
        DeviceRequest::Exactly(exact) => std::slice::from_ref(exact),
        DeviceRequest::FirstAvailable(_, alternatives) => alternatives,
        DeviceRequest::Unknown(_) => &[],
    }
}

fn matching(class: &DeviceClass, request: &ExactRequest, driver: Symbol, device: &Device) -> Matching {
    let selectors = class.selectors.iter().chain(&request.selectors);
    selectors.map(|selector| selector.matches(driver, device)).min().unwrap_or(Matching::Yes)
}
