//! Makes the evidence of why the scheduler rejects a node.

use std::sync::Arc;

use crate::findings::amount::{amount, exact, port_name};
use crate::findings::evidence::{
    AdminAccess, Claim, ClaimInUse, ClaimLost, ClaimOutOfRange, ClaimQuotaExceeded, ClaimVolume, DevicesShort,
    DiskInUse, Driver, Evidence, Feature, Holder, Insufficient, InsufficientOnNodes, MissingDeviceClass, NoEvidence,
    NodeSelector, PortTaken, PortTakenOnNodes, QuotaShort, ResourceClaimState, TooManyPods, TooManyPodsOnNodes,
    TooManyVolumes, UntoleratedTaint, VolumeZone,
};
use crate::findings::evidence_of::context::EvidenceContext;
use crate::findings::evidence_of::controller::selectors;
use crate::model::pod::Volume;
use crate::model::wire::Kind;
use crate::model::{Pod, Quantity, Symbol};
use crate::rules::{ClaimDenial, DeniedClaim, DeviceAsker, DeviceRejection, Rejection};
use crate::store::NodeIndex;
use crate::store::pod_aggregation::LARGEST;

/// Most pods that evidence names as holders of a port on several nodes.
const MAX_PORT_HOLDERS: usize = 10;

impl EvidenceContext<'_> {
    /// The StorageClass of an unbound claim, where it does not exist; empty where none is named and none is the default.
    fn missing_class(&self, claim: Symbol) -> Option<Symbol> {
        if !self.cluster.coverage(Kind::StorageClass).is_whole() {
            return None;
        }
        let classes = &self.cluster.storage_classes;
        let of_volume = |volume: &Volume| match volume {
            Volume::Ephemeral(of) if of.name == claim => Some(of.class),
            Volume::Claim(name) if *name == claim => {
                self.cluster.claims.get(&(self.daemon_set.namespace, claim)).map(|claim| claim.class)
            }
            _ => None,
        };
        match self.daemon_set.template.spec.volumes.iter().find_map(of_volume)? {
            Some(class) if class.as_str().is_empty() => None,
            Some(class) => (!classes.contains_key(&class)).then_some(class),
            None => (!classes.values().any(|class| class.is_default)).then(Symbol::default),
        }
    }

    pub(super) fn rejection(&self, rejection: &Rejection, node: NodeIndex) -> Evidence {
        use Rejection as R;
        match *rejection {
            R::NodeUnschedulable => NoEvidence {}.into(),
            R::UntoleratedTaint { taint } => UntoleratedTaint::from(&taint).into(),
            R::NodeSelector { key, wanted, actual } => NodeSelector { key, wanted, actual }.into(),
            R::PortTaken { ref port, ref held, holder } => {
                PortTaken { port: port_name(port), held: port_name(held), holder: self.pod_name(holder) }.into()
            }
            R::TooManyPods { allocatable, taken } => TooManyPods { allocatable, taken }.into(),
            R::Insufficient { resource, asked, free, allocatable } => Insufficient {
                resource,
                asked: exact(resource, asked),
                free: exact(resource, free),
                allocatable: exact(resource, allocatable),
                short: exact(resource, asked.saturating_sub(free)),
                holders: self.holders(node, resource),
            }
            .into(),
            R::DiskInUse { holder } => DiskInUse { holder: self.pod_name(holder) }.into(),
            R::ClaimInUse { claim, holder } => ClaimInUse { claim, holder: self.pod_name(holder) }.into(),
            R::TooManyVolumes { driver, limit, attached } => TooManyVolumes { driver, limit, attached }.into(),
            R::DriverMissing { driver } => Driver { driver }.into(),
            R::ClaimDenied(ref denied) => claim_denied(denied),
            R::Devices(ref rejection) => devices(rejection),
            R::ClaimLost { claim, volume } => ClaimLost { claim, volume }.into(),
            R::ClaimMissing { claim }
            | R::ClaimTerminating { claim }
            | R::NoVolume { claim }
            | R::NoStorage { claim } => Claim { claim, missing_class: None }.into(),
            R::ClaimUnbound { claim } => Claim { claim, missing_class: self.missing_class(claim) }.into(),
            R::VolumeAffinity { claim, volume } | R::VolumeGone { claim, volume } => {
                ClaimVolume { claim, volume }.into()
            }
            R::VolumeZone { claim, volume, key, actual } => VolumeZone { claim, volume, key, actual }.into(),
            R::FeatureMissing { feature } => Feature { feature }.into(),
            R::SpreadLabelMissing { .. }
            | R::SpreadSkew { .. }
            | R::PodAffinity { .. }
            | R::PodAntiAffinity { .. }
            | R::ExistingAntiAffinity { .. } => self.about_pods(&[(node, rejection)]),
        }
    }

    pub(super) fn rejection_of_all(
        &self,
        rejection: &Rejection,
        first: NodeIndex,
        all: &[(NodeIndex, &Rejection)],
    ) -> Evidence {
        match rejection {
            Rejection::NodeSelector { key, wanted, .. } => {
                selectors(all.iter().map(|(node, _)| self.node(*node)), *key, *wanted).into()
            }
            Rejection::TooManyPods { .. } => {
                let allocatable = all.iter().filter_map(|(_, rejection)| match rejection {
                    Rejection::TooManyPods { allocatable, .. } => Some(*allocatable),
                    _ => None,
                });
                TooManyPodsOnNodes { allocatable: bounds(allocatable) }.into()
            }
            Rejection::PortTaken { port, .. } => {
                let mut holders = self.port_holders(all);
                holders.truncate(MAX_PORT_HOLDERS);
                PortTakenOnNodes { port: port_name(port), holders }.into()
            }
            Rejection::Insufficient { resource, asked, .. } => {
                let free = all.iter().filter_map(|(_, rejection)| match rejection {
                    Rejection::Insufficient { free, .. } => Some(*free),
                    _ => None,
                });
                let [low, high] = bounds(free);
                InsufficientOnNodes {
                    resource: *resource,
                    asked: exact(*resource, *asked),
                    free: [exact(*resource, low), exact(*resource, high)],
                    short: exact(*resource, asked.saturating_sub(low)),
                }
                .into()
            }
            Rejection::PodAffinity { .. }
            | Rejection::PodAntiAffinity { .. }
            | Rejection::ExistingAntiAffinity { .. } => self.about_pods(all),
            _ => self.rejection(rejection, first),
        }
    }

    /// Returns the pods that use a host port on several nodes, as `namespace/name`, each once.
    pub fn port_holders(&self, all: &[(NodeIndex, &Rejection)]) -> Vec<String> {
        let holders = all.iter().filter_map(|(_, rejection)| match rejection {
            Rejection::PortTaken { holder, .. } => Some(self.pod_name(*holder)),
            _ => None,
        });
        let mut holders: Vec<String> = holders.collect();
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Returns the pods of a node with the largest requests for a resource, without pods of the DaemonSet itself.
    pub fn holders(&self, node: NodeIndex, resource: Symbol) -> Vec<Holder> {
        let own = self.daemon_set.uid;
        let pods = self.cluster.pods_on(node).iter().map(|pod| self.cluster.pod(*pod));
        let mut pods: Vec<(&Pod, i64)> = pods
            .filter(|pod| own.is_none() || pod.owner != own)
            .map(|pod| (pod, pod.requests.amount(resource)))
            .filter(|(_, amount)| *amount > 0)
            .collect();
        pods.sort_by(|a, b| {
            b.1.cmp(&a.1).then_with(|| (a.0.namespace.as_str(), &a.0.name).cmp(&(b.0.namespace.as_str(), &b.0.name)))
        });
        pods.truncate(LARGEST);
        let holder = |(pod, amount): (&Pod, i64)| Holder {
            pod: pod.full_name(),
            asks: exact(resource, amount),
            priority: pod.priority,
            amount,
        };
        pods.into_iter().map(holder).collect()
    }
}

/// Why the API server denies a claim.
fn claim_denied(denied: &Arc<DeniedClaim>) -> Evidence {
    let of = |resource: Symbol, quantity: Quantity| amount(resource, quantity);
    let DeniedClaim { entry, is_of_devices, .. } = **denied;
    let (volume, claim) = (Some(entry).filter(|_| !is_of_devices), Some(entry).filter(|_| is_of_devices));
    match &denied.denial {
        ClaimDenial::Quota { quota, exceeded } => {
            let short = |(resource, asked, used, hard): &(Symbol, Quantity, Quantity, Quantity)| {
                let [asked, used, hard] = [asked, used, hard].map(|quantity| of(*resource, *quantity));
                QuotaShort { resource: *resource, asked, used, hard }
            };
            ClaimQuotaExceeded { volume, claim, quota: *quota, exceeded: exceeded.iter().map(short).collect() }.into()
        }
        ClaimDenial::AdminAccess => AdminAccess { claim: entry }.into(),
        ClaimDenial::LimitRange { range, least, bound, asked } => {
            let [bound, asked] = [bound, asked].map(|quantity| of(Symbol::new("storage"), *quantity));
            let limit = if *least { "min" } else { "max" };
            ClaimOutOfRange { volume: entry, limit_range: *range, limit, bound, asked }.into()
        }
    }
}

/// Why there are no devices for the pod.
fn devices(rejection: &DeviceRejection) -> Evidence {
    use DeviceRejection as D;
    let state = |claim: Symbol, template: Option<Symbol>, pods: Option<usize>| {
        ResourceClaimState { claim, template, pods, state: claim_state(rejection) }.into()
    };
    match *rejection {
        D::TemplateMissing { claim, template } => state(claim, Some(template), None),
        D::ClaimMissing { claim } | D::ClaimTerminating { claim } | D::ClaimElsewhere { claim } => {
            state(claim, None, None)
        }
        D::ClaimInUse { claim, pods } => state(claim, None, Some(pods)),
        D::ClassMissing { request, class } => MissingDeviceClass { request, device_class: class }.into(),
        D::TooFew(ref short) => {
            let (claim, request, resource) = match short.asker {
                DeviceAsker::Request { claim, request } => (Some(claim), Some(request), None),
                DeviceAsker::Resource(resource) => (None, None, Some(resource)),
            };
            DevicesShort {
                claim,
                request,
                resource,
                device_class: short.class,
                requested: short.requested,
                published: short.published,
                matching: short.matching,
                in_use: short.in_use,
                tainted: short.tainted,
                taint: short.taint.map(|taint| taint.to_string()),
            }
            .into()
        }
    }
}

fn claim_state(rejection: &DeviceRejection) -> &'static str {
    use DeviceRejection as D;
    match rejection {
        D::TemplateMissing { .. } => "templateMissing",
        D::ClaimMissing { .. } => "missing",
        D::ClaimTerminating { .. } => "terminating",
        D::ClaimInUse { .. } => "inUse",
        _ => "onOtherNodes",
    }
}

/// The lowest and the highest amount.
fn bounds(amounts: impl Iterator<Item = i64>) -> [i64; 2] {
    amounts.fold([i64::MAX, i64::MIN], |[low, high], amount| [low.min(amount), high.max(amount)])
}
