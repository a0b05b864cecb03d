//! Claims that a controller creates for each pod: the PersistentVolumeClaims of generic ephemeral volumes.
//!
//! The ephemeral controller creates the claim `POD-VOLUME` (`handleVolume`, `pkg/controller/volume/ephemeral/controller.go`),
//! and the API server admits the claim like any other: LimitRanger (`PersistentVolumeClaimValidateLimitFunc`,
//! `plugin/pkg/admission/limitranger/admission.go`) and ResourceQuota (`pkg/quota/v1/evaluator/core/persistent_volume_claims.go`)
//! may deny the claim. The pod is there by then, and stays Pending without its claim. All of v1.37.

use std::sync::Arc;

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

/// Follows the name of a StorageClass in the resources of a quota.
const OF_CLASS: &str = ".storageclass.storage.k8s.io/";

/// A claim that is created for the pod.
struct MadeClaim {
    /// The volume.
    volume: Symbol,
    /// What the claim will be.
    claim: Claim,
}

/// Finds whether the claims of a pod are denied, and for how many pods a quota admits them.
pub fn admit(cluster: &Cluster, namespace: Symbol, admission: &mut Admission, own: ReplacedPods<'_>) {
    let made = made_claims(cluster, &admission.spec);
    if made.is_empty() {
        return;
    }
    admission.denied_claim = limit_range(cluster, namespace, &made);
    let mut quotas: Vec<&ResourceQuota> = cluster.quotas.get(&namespace).into_iter().flatten().collect();
    quotas.sort_by_key(|quota| quota.name.as_str());
    for quota in quotas {
        hold_against(cluster, quota, &made, admission, own);
    }
}

fn hold_against(
    cluster: &Cluster,
    quota: &ResourceQuota,
    made: &[MadeClaim],
    admission: &mut Admission,
    own: ReplacedPods<'_>,
) {
    let counted = made.iter().filter(|made| covers(quota, &made.claim));
    let mut usage = ResourceList::default();
    counted.clone().for_each(|made| usage.add(&usage_of(&made.claim)));
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
        let first = counted.clone().next().map(|made| made.volume);
        if let (Some(volume), None) = (first, &admission.denied_claim) {
            let denial = ClaimDenial::Quota { quota: quota.name, exceeded };
            admission.denied_claim = Some(Arc::new(DeniedClaim { volume, denial }));
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
    let made = made_claims(cluster, spec);
    made.iter().filter(|made| covers(quota, &made.claim)).for_each(|made| usage.add(&usage_of(&made.claim)));
    usage
}

/// What the claims of pods that go use now of the quota: a claim is deleted with its pod.
pub(super) fn freed(cluster: &Cluster, quota: &ResourceQuota, own: &[PodIndex]) -> ResourceList {
    let mut freed = ResourceList::default();
    for pod in own.iter().map(|index| cluster.pod(*index)) {
        for volume in pod.shape.spec.volumes.iter().filter(|volume| matches!(volume, Volume::Ephemeral(_))) {
            let claim = claim_of(pod, volume).and_then(|name| cluster.claims.get(&(pod.namespace, name)));
            if let Some(claim) = claim.filter(|claim| covers(quota, claim)) {
                freed.add(&usage_of(claim));
            }
        }
    }
    freed
}

/// The claims of a pod's ephemeral volumes. One that names no class gets the default class before any quota counts it.
fn made_claims(cluster: &Cluster, spec: &PodSpec) -> Vec<MadeClaim> {
    let of_volume = |volume: &Volume| match volume {
        Volume::Ephemeral(claim) => {
            let class = claim.class.or_else(|| cluster.default_storage_class().map(|class| class.name));
            Some(MadeClaim { volume: claim.name, claim: Claim { class, ..(**claim).clone() } })
        }
        Volume::Claim(_) | Volume::Disk(_) => None,
    };
    spec.volumes.iter().filter_map(of_volume).collect()
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

/// Whether a quota counts a claim: every scope of the quota is one of claims and holds (`pvcMatchesScopeFunc`).
fn covers(quota: &ResourceQuota, claim: &Claim) -> bool {
    quota.scopes.iter().all(|scope| match scope {
        QuotaScope::VolumeAttributesClass(Operator::Exists) => claim.attributes_class.is_some(),
        QuotaScope::VolumeAttributesClass(operator) => {
            Requirement { key: Symbol::default(), operator: operator.clone() }.holds(claim.attributes_class)
        }
        _ => false,
    })
}

/// The first claim that a LimitRange denies.
fn limit_range(cluster: &Cluster, namespace: Symbol, made: &[MadeClaim]) -> Option<Arc<DeniedClaim>> {
    let storage = Symbol::new("storage");
    let ranges = cluster.limit_ranges.get(&namespace).into_iter().flatten();
    let limits = ranges.flat_map(|range| range.limits.iter().map(|limit| (range.name, limit)));
    for (range, limit) in limits.filter(|(_, limit)| limit.kind == LimitKind::Claim) {
        for MadeClaim { volume, claim } in made {
            let asked = claim.storage;
            let denial = |least, bound| ClaimDenial::LimitRange { range, least, bound, asked };
            let below = limit.min.get(storage).filter(|least| asked < *least).map(|least| denial(true, least));
            let above = limit.max.get(storage).filter(|most| asked > *most).map(|most| denial(false, most));
            if let Some(denial) = below.or(above) {
                return Some(Arc::new(DeniedClaim { volume: *volume, denial }));
            }
        }
    }
    None
}
