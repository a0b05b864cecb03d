//! Claims that a controller creates for each pod: the PersistentVolumeClaims of generic ephemeral volumes, and the
//! ResourceClaims of templates.
//!
//! The ephemeral controller creates the claim `POD-VOLUME` (`handleVolume`, `pkg/controller/volume/ephemeral/controller.go`),
//! and the API server admits the claim like any other: LimitRanger (`PersistentVolumeClaimValidateLimitFunc`,
//! `plugin/pkg/admission/limitranger/admission.go`) and ResourceQuota (`pkg/quota/v1/evaluator/core/persistent_volume_claims.go`)
//! may deny the claim. The pod is there by then, and stays Pending without its claim. ResourceClaims
//! (`pkg/controller/resourceclaim/controller.go`) are counted by number and by devices of a class
//! (`pkg/quota/v1/evaluator/core/resource_claims.go`), and `adminAccess` needs a label of the namespace
//! (`AuthorizedForAdmin`, `pkg/registry/resource/utils.go`). All of v1.37.

use std::sync::Arc;

use crate::model::devices::{DeviceRequest, ExactRequest, PodClaim, PodClaimSource, ResourceClaim};
use crate::model::labels::{Operator, Requirement};
use crate::model::pod::Volume;
use crate::model::pod_use::claim_of;
use crate::model::policy::{LimitKind, QuotaScope, ResourceQuota};
use crate::model::resources::ResourceList;
use crate::model::storage::Claim;
use crate::model::wire::Kind;
use crate::model::{PodSpec, Quantity, Symbol};
use crate::rules::admission::admitted::{Admission, Assumption, QuotaAdmits, ReplacedPods, ShortOf};
use crate::rules::verdict::{ClaimDenial, DeniedClaim, MissingData};
use crate::store::{Cluster, PodIndex};

/// The label of namespaces whose claims may have access for administration.
const ADMIN_LABEL: &str = "resource.kubernetes.io/admin-access";
/// What a request for all devices counts (`AllocationResultsMaxSize`).
const MAX_DEVICES: u64 = 32;
/// Follows the name of a StorageClass in the resources of a quota.
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

/// A claim that is created for the pod.
struct MadeClaim<'a> {
    /// The volume, or the entry of `resourceClaims`.
    entry: Symbol,
    /// What the claim will be.
    claim: Made<'a>,
}

enum Made<'a> {
    Storage(Box<Claim>),
    Devices(&'a ResourceClaim),
}

/// Finds whether the claims of a pod are denied, and for how many pods a quota admits them.
pub fn admit(cluster: &Cluster, namespace: Symbol, admission: &mut Admission, own: ReplacedPods<'_>) {
    let made = made_claims(cluster, namespace, &admission.spec);
    if made.is_empty() {
        return;
    }
    admission.denied_claim = limit_range(cluster, namespace, &made).or_else(|| admin_access(cluster, namespace, &made));
    let mut quotas: Vec<&ResourceQuota> = cluster.quotas.get(&namespace).into_iter().flatten().collect();
    quotas.sort_by_key(|quota| quota.name.as_str());
    for quota in quotas {
        hold_against(cluster, quota, &made, admission, own);
    }
}

fn hold_against(
    cluster: &Cluster,
    quota: &ResourceQuota,
    made: &[MadeClaim<'_>],
    admission: &mut Admission,
    own: ReplacedPods<'_>,
) {
    let counted = made.iter().filter(|made| covers(quota, &made.claim));
    let mut usage = ResourceList::default();
    counted.clone().for_each(|made| usage.add(&made.claim.usage(cluster)));
    let (own, unseen) = match own {
        ReplacedPods::Seen(own) => (own, false),
        ReplacedPods::Unseen => (&[][..], true),
    };
    let freed = freed(cluster, quota, own);
    let mut exceeded = Vec::new();
    let mut tightest: Option<(u64, ShortOf)> = None;
    for (resource, asked) in usage.iter().filter(|(_, asked)| !asked.is_zero()) {
        // A quota of which the controller has not counted the use denies for a moment only.
        let (Some(hard), Some(used)) = (quota.hard.get(resource), quota.used.get(resource)) else { continue };
        let used = used - freed.get(resource).unwrap_or_default();
        if used + asked > hard {
            exceeded.push((resource, asked, used, hard));
        }
        let times = ((hard - used).nano_value() / asked.nano_value()).max(0);
        let times = u64::try_from(times).unwrap_or(u64::MAX);
        if tightest.is_none_or(|(least, _)| times < least) {
            tightest = Some((times, ShortOf { resource, asked, used, hard, of_claims: true }));
        }
    }
    // How much of it is the DaemonSet's own, which the next pods take over, decides then.
    if unseen && !exceeded.is_empty() {
        admission.not_collected(MissingData::UsageOfQuota(quota.name), cluster.coverage(Kind::Pod));
    } else if unseen && tightest.is_some() {
        admission.assumptions.push(Assumption::QuotaRoom { quota: quota.name });
    } else if !exceeded.is_empty() {
        exceeded.sort_by_key(|(resource, ..)| resource.as_str());
        // The claim that takes of what is short.
        let takes = |made: &&MadeClaim<'_>| {
            let usage = made.claim.usage(cluster);
            exceeded.iter().any(|(resource, ..)| usage.get(*resource).is_some_and(|amount| !amount.is_zero()))
        };
        let first = counted.clone().find(takes);
        if let (Some(made), None) = (first, &admission.denied_claim) {
            admission.denied_claim = Some(made.denied(ClaimDenial::Quota { quota: quota.name, exceeded }));
        }
    } else if let Some((admits, short)) = tightest
        && admission.quota.is_none_or(|known| admits < known.admits)
    {
        admission.quota = Some(QuotaAdmits { quota: quota.name, admits, short });
    }
}

/// What the claims of one pod use, by the names that quotas give it.
pub(super) fn usage(cluster: &Cluster, quota: &ResourceQuota, spec: &PodSpec) -> ResourceList {
    let mut usage = ResourceList::default();
    let made = made_claims(cluster, quota.namespace, spec);
    made.iter().filter(|made| covers(quota, &made.claim)).for_each(|made| usage.add(&made.claim.usage(cluster)));
    usage
}

/// What the claims of pods that go use now of the quota: a claim is deleted with its pod.
pub(super) fn freed(cluster: &Cluster, quota: &ResourceQuota, own: &[PodIndex]) -> ResourceList {
    let mut freed = ResourceList::default();
    for pod in own.iter().map(|index| cluster.pod(*index)) {
        for volume in pod.shape.spec.volumes.iter().filter(|volume| matches!(volume, Volume::Ephemeral(_))) {
            let claim = claim_of(pod, volume).and_then(|name| cluster.claims.get(&(pod.namespace, name)));
            if let Some(claim) = claim.filter(|claim| covers_storage(quota, claim)) {
                freed.add(&usage_of(claim));
            }
        }
        // Claims for devices that only this pod uses and that its templates made.
        let has_template =
            pod.shape.spec.resource_claims.iter().any(|c| matches!(c.source, PodClaimSource::Template(_)));
        if has_template && quota.scopes.is_empty() {
            let of_pod = |claim: &&ResourceClaim| {
                claim.namespace == pod.namespace && claim.owner.is_some_and(|owner| owner == *pod.name)
            };
            let claims = cluster.resource_claims.values().filter(of_pod);
            claims.for_each(|claim| freed.add(&devices_of(cluster, claim)));
        }
    }
    freed
}

/// The claims of a pod's ephemeral volumes. One that names no class gets the default class before any quota counts it.
fn made_claims<'a>(cluster: &'a Cluster, namespace: Symbol, spec: &PodSpec) -> Vec<MadeClaim<'a>> {
    let of_volume = |volume: &Volume| match volume {
        Volume::Ephemeral(claim) => {
            let class = claim.class.or_else(|| cluster.default_storage_class().map(|class| class.name));
            let made = Made::Storage(Box::new(Claim { class, ..(**claim).clone() }));
            Some(MadeClaim { entry: claim.name, claim: made })
        }
        Volume::Claim(_) | Volume::Disk(_) => None,
    };
    let of_devices = |claim: &PodClaim| match claim.source {
        PodClaimSource::Template(template) => {
            let made = cluster.claim_templates.get(&(namespace, template))?;
            Some(MadeClaim { entry: claim.name, claim: Made::Devices(made) })
        }
        PodClaimSource::Claim(_) | PodClaimSource::Unknown => None,
    };
    let volumes = spec.volumes.iter().filter_map(of_volume);
    volumes.chain(spec.resource_claims.iter().filter_map(of_devices)).collect()
}

impl MadeClaim<'_> {
    fn denied(&self, denial: ClaimDenial) -> Arc<DeniedClaim> {
        let is_of_devices = matches!(self.claim, Made::Devices(_));
        Arc::new(DeniedClaim { entry: self.entry, is_of_devices, denial })
    }
}

impl Made<'_> {
    fn usage(&self, cluster: &Cluster) -> ResourceList {
        match self {
            Made::Storage(claim) => usage_of(claim),
            Made::Devices(claim) => devices_of(cluster, claim),
        }
    }
}

/// What one claim for devices uses (`Usage`): of alternatives the most of each class.
fn devices_of(cluster: &Cluster, claim: &ResourceClaim) -> ResourceList {
    let mut usage = ResourceList::default();
    usage.set("count/resourceclaims.resource.k8s.io".into(), Quantity::units(1));
    for request in &claim.requests {
        let alternatives: &[ExactRequest] = match request {
            DeviceRequest::Exactly(exact) => std::slice::from_ref(exact),
            DeviceRequest::FirstAvailable(_, alternatives) => alternatives,
            DeviceRequest::Unknown(_) => &[],
        };
        let mut most = ResourceList::default();
        for exact in alternatives {
            let count = exact.count.unwrap_or(MAX_DEVICES).min(i64::MAX as u64) as i64;
            let mut one = ResourceList::default();
            one.set(
                Symbol::new(&format!("{}.deviceclass.resource.k8s.io/devices", exact.class)),
                Quantity::units(count),
            );
            let class = cluster.device_classes.iter().find(|class| class.name == exact.class);
            if let Some(resource) =
                class.and_then(|class| class.extended_resource).filter(|_| cluster.rules().at_least(36))
            {
                one.set(Symbol::new(&format!("requests.{resource}")), Quantity::units(count));
            }
            most.raise(&one);
        }
        usage.add(&most);
    }
    usage
}

/// The first claim with `adminAccess`, if the namespace lacks the label for it.
fn admin_access(cluster: &Cluster, namespace: Symbol, made: &[MadeClaim<'_>]) -> Option<Arc<DeniedClaim>> {
    let labels = &cluster.namespaces.get(&namespace)?.labels;
    if labels.get(Symbol::new(ADMIN_LABEL)).is_some_and(|value| value == *"true") {
        return None;
    }
    let asks = |request: &DeviceRequest| matches!(request, DeviceRequest::Exactly(exact) if exact.admin_access);
    let asking = made.iter().find(|made| matches!(made.claim, Made::Devices(claim) if claim.requests.iter().any(asks)));
    asking.map(|made| made.denied(ClaimDenial::AdminAccess))
}

/// What one claim uses (`Usage`).
fn usage_of(claim: &Claim) -> ResourceList {
    let mut usage = ResourceList::default();
    let one = Quantity::units(1);
    let storage = Quantity::units(claim.storage.value());
    usage.set("persistentvolumeclaims".into(), one);
    usage.set("count/persistentvolumeclaims".into(), one);
    usage.set("requests.storage".into(), storage);
    if let Some(class) = claim.class.filter(|class| !class.as_str().is_empty()) {
        usage.set(Symbol::new(&format!("{class}{OF_CLASS}persistentvolumeclaims")), one);
        usage.set(Symbol::new(&format!("{class}{OF_CLASS}requests.storage")), storage);
    }
    usage
}

/// Whether a quota counts a claim. One with scopes counts no claim for devices.
fn covers(quota: &ResourceQuota, claim: &Made<'_>) -> bool {
    match claim {
        Made::Storage(claim) => covers_storage(quota, claim),
        Made::Devices(_) => quota.scopes.is_empty(),
    }
}

/// Whether every scope of the quota is one of claims and holds (`pvcMatchesScopeFunc`).
fn covers_storage(quota: &ResourceQuota, claim: &Claim) -> bool {
    quota.scopes.iter().all(|scope| match scope {
        QuotaScope::VolumeAttributesClass(Operator::Exists) => claim.attributes_class.is_some(),
        QuotaScope::VolumeAttributesClass(operator) => {
            Requirement { key: Symbol::default(), operator: operator.clone() }.holds(claim.attributes_class)
        }
        _ => false,
    })
}

/// The first claim that a LimitRange denies.
fn limit_range(cluster: &Cluster, namespace: Symbol, made: &[MadeClaim<'_>]) -> Option<Arc<DeniedClaim>> {
    let storage = Symbol::new("storage");
    let ranges = cluster.limit_ranges.get(&namespace).into_iter().flatten();
    let limits = ranges.flat_map(|range| range.limits.iter().map(|limit| (range.name, limit)));
    for (range, limit) in limits.filter(|(_, limit)| limit.kind == LimitKind::Claim) {
        for made in made {
            let Made::Storage(claim) = &made.claim else { continue };
            let asked = claim.storage;
            let denial = |least, bound| ClaimDenial::LimitRange { range, least, bound, asked };
            let below = limit.min.get(storage).filter(|least| asked < *least).map(|least| denial(true, least));
            let above = limit.max.get(storage).filter(|most| asked > *most).map(|most| denial(false, most));
            if let Some(denial) = below.or(above) {
                return Some(made.denied(denial));
            }
        }
    }
    None
}
