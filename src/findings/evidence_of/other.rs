//! Makes the evidence of what is not known, of competition and of the kubelet.

use crate::findings::evidence::{
    DeviceClass, Evidence, NoEvidence, NotCollected, OperatingSystem, OtherScheduler, Pressure, QuotaScope,
    RaceForClaim, RaceForDomain, SupplementalGroups, Unreadable,
};
use crate::rules::{KubeletRefusal, Race, Unknown};

pub(super) fn unknown(unknown: &Unknown) -> Evidence {
    match unknown {
        Unknown::OtherScheduler(scheduler) => OtherScheduler { scheduler: *scheduler }.into(),
        Unknown::NotCollected { what, coverage } => {
            NotCollected { what: what.to_string(), why: coverage.to_string() }.into()
        }
        Unknown::ResourceClaims => NoEvidence {}.into(),
        Unknown::DeviceClass { resource, class } => DeviceClass { resource: *resource, class: *class }.into(),
        Unknown::Unreadable(why) => Unreadable { why: why.to_string() }.into(),
        Unknown::QuotaScope(scope) => QuotaScope { scope: *scope }.into(),
    }
}

pub(super) fn race(race: &Race) -> Evidence {
    match *race {
        Race::Claim(claim) => RaceForClaim { claim, contention: None }.into(),
        Race::Spread(topology_key) | Race::Affinity(topology_key) => {
            RaceForDomain { topology_key, contention: None }.into()
        }
    }
}

pub(super) fn kubelet(refusal: &KubeletRefusal) -> Evidence {
    match refusal {
        KubeletRefusal::PodLevelResources => NoEvidence {}.into(),
        KubeletRefusal::OperatingSystem { wanted, actual }
        | KubeletRefusal::OperatingSystemLabel { wanted, actual } => {
            OperatingSystem { os: *wanted, node_os: *actual }.into()
        }
        KubeletRefusal::StrictGroups => SupplementalGroups { supplemental_groups_policy: "Strict" }.into(),
        KubeletRefusal::Pressure { condition } => Pressure { condition: *condition }.into(),
        KubeletRefusal::Unfit(_) => NoEvidence {}.into(),
    }
}
