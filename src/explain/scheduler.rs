//! Explains why the scheduler rejects a node.

use crate::explain::controller::{selector, selectors};
use crate::explain::devices;
use crate::explain::units::{count, human, some};
use crate::explain::words::Words;
use crate::explain::{ExplainContext, port_name};
use crate::findings::evidence::{
    AdminAccess, Claim, ClaimOutOfRange, ClaimQuotaExceeded, Evidence, Holder, Insufficient, NodeSelector, QuotaShort,
};
use crate::model::Symbol;
use crate::report::Note;
use crate::rules::{Cause, Rejection};
use crate::store::NodeIndex;
use crate::store::pod_aggregation::LARGEST;

/// Most pods named as the holders of a port.
const MAX_PORT_HOLDERS: usize = LARGEST;

impl ExplainContext<'_> {
    pub(crate) fn rejection(&self, rejection: &Rejection, node: NodeIndex, evidence: &Evidence) -> Words {
        use Rejection as R;
        Words::new(match rejection {
            R::NodeUnschedulable => "the node is cordoned (unschedulable)".to_owned(),
            R::UntoleratedTaint { taint } => return self.taint(taint, node),
            R::NodeSelector { key, wanted, actual } => {
                return selector(&NodeSelector { key: *key, wanted: *wanted, actual: *actual });
            }
            R::PortTaken { port, holder, .. } => {
                format!("host port {} is taken by {}", port_name(port), self.pod_name(*holder))
            }
            R::TooManyPods { allocatable, taken } => format!(
                "the node already runs {taken} of {} (Too many pods)",
                count(usize::try_from(*allocatable).unwrap_or(0), "pod")
            ),
            R::Insufficient { resource, asked, free, allocatable } => {
                let holders = match evidence {
                    Evidence::Insufficient(Insufficient { holders, .. }) => holders.as_slice(),
                    _ => &[],
                };
                return self.evicting(insufficient(*resource, *asked, *free, *allocatable, holders));
            }
            R::ClaimMissing { claim } => format!("claim {claim} does not exist"),
            R::DiskInUse { holder } => format!("a disk of the pod is in use by {}", self.pod_name(*holder)),
            R::ClaimInUse { claim, holder } => format!(
                "claim {claim} is in use by {} and admits one pod at a time (ReadWriteOncePod)",
                self.pod_name(*holder)
            ),
            R::TooManyVolumes { driver, limit, attached } => {
                let most = count(usize::try_from(*limit).unwrap_or(0), "volume");
                format!("CSI driver {driver} attaches at most {most} to the node ({attached} attached now)")
            }
            R::DriverMissing { driver } => format!("CSI driver {driver} is not installed on the node"),
            R::ClaimDenied(_) => return claim_denied(evidence),
            R::Devices(rejection) => return devices::words(rejection, Some(self.node(node).name)),
            R::ClaimLost { claim, volume } => {
                let volume_name = volume.map_or_else(String::new, |v| format!(" {v}"));
                format!("claim {claim} is Lost: its volume{volume_name} no longer exists")
            }
            R::ClaimTerminating { claim } => format!("claim {claim} is being deleted"),
            R::ClaimUnbound { claim } => {
                let why = match evidence {
                    Evidence::Claim(Claim { missing_class: Some(class), .. }) if class.as_str().is_empty() => {
                        ": it names no StorageClass, and none is the default".to_owned()
                    }
                    Evidence::Claim(Claim { missing_class: Some(class), .. }) => {
                        format!(": StorageClass {class} does not exist")
                    }
                    _ => String::new(),
                };
                format!("claim {claim} is not bound to a volume{why}")
            }
            R::VolumeAffinity { claim, volume } => {
                format!("volume {volume} (claim {claim}) is not accessible from the node (volume node affinity)")
            }
            R::NoVolume { claim } => {
                format!("claim {claim} has no matching volume for the node, and none can be provisioned there")
            }
            R::NoStorage { claim } => {
                format!("claim {claim} requests more storage than is available for the node (CSIStorageCapacity)")
            }
            R::VolumeGone { claim, volume } => format!("volume {volume} (claim {claim}) does not exist"),
            R::VolumeZone { claim, volume, key, actual } => {
                let has = actual.map_or_else(|| format!("lacks {key}"), |actual| format!("has {key}={actual}"));
                format!("volume {volume} (claim {claim}) is in another zone; the node {has}")
            }
            R::SpreadLabelMissing { .. } | R::SpreadSkew { .. } => return self.spread(rejection, node),
            R::PodAffinity { .. } | R::PodAntiAffinity { .. } | R::ExistingAntiAffinity { .. } => {
                return self.about_pods(&[(node, rejection)], evidence);
            }
            R::FeatureMissing { feature } => {
                format!("the pod requires feature {feature}, which the node does not declare (status.declaredFeatures)")
            }
        })
    }

    /// Says that the pod evicts no other pods, where its PriorityClass says so.
    fn evicting(&self, words: Words) -> Words {
        let class = self.daemon_set.template.spec.priority_class;
        let class = class.and_then(|name| self.cluster.priority_classes.get(&name));
        match class.filter(|class| class.preempts_never) {
            Some(class) => words.note(format!(
                "PriorityClass {} has preemptionPolicy: Never: the scheduler evicts no pod for this one",
                class.name
            )),
            None => words,
        }
    }

    pub(crate) fn rejections(&self, causes: &[(NodeIndex, &Cause)], evidence: &Evidence) -> Words {
        let (first, Cause::Rejection(rejection)) = causes[0] else { return Words::new("") };
        let all = || {
            causes.iter().filter_map(|(node, cause)| match cause {
                Cause::Rejection(rejection) => Some((*node, rejection)),
                _ => None,
            })
        };
        match (rejection, evidence) {
            (Rejection::Insufficient { resource, asked, .. }, _) => {
                self.evicting(self.insufficient_on(*resource, *asked, all()))
            }
            (_, Evidence::NodeSelectors(found)) => selectors(found),
            (_, Evidence::TooManyPodsOnNodes(found)) => {
                let [low, high] = found.allocatable;
                let range = if low == high { low.to_string() } else { format!("{low} to {high}") };
                Words::new(format!("the nodes already run all pods that they allow: {range} per node (Too many pods)"))
            }
            (Rejection::PortTaken { port, .. }, _) => {
                let holders = self.evidence().port_holders(&all().collect::<Vec<_>>());
                Words::new(format!("host port {} is taken by {}", port_name(port), some(&holders, MAX_PORT_HOLDERS)))
            }
            (
                Rejection::PodAffinity { .. }
                | Rejection::PodAntiAffinity { .. }
                | Rejection::ExistingAntiAffinity { .. },
                _,
            ) => self.about_pods(&all().collect::<Vec<_>>(), evidence),
            (Rejection::Devices(rejection), _) => {
                let is_one = all().nth(1).is_none();
                devices::words(rejection, is_one.then(|| self.node(first).name))
            }
            _ => {
                let mut words = self.rejection(rejection, first, evidence);
                if all().any(|(_, other)| other != rejection) {
                    words.message.push_str(SIMILAR);
                }
                words
            }
        }
    }

    fn insufficient_on<'r>(
        &self,
        resource: Symbol,
        asked: i64,
        all: impl Iterator<Item = (NodeIndex, &'r Rejection)>,
    ) -> Words {
        let nodes: Vec<(NodeIndex, i64, i64)> = all
            .filter_map(|(node, r)| match r {
                Rejection::Insufficient { free, allocatable, .. } => Some((node, *free, *allocatable)),
                _ => None,
            })
            .collect();
        let free = nodes.iter().map(|(_, free, _)| *free);
        let (low, high) = (free.clone().min().unwrap_or(0), free.max().unwrap_or(0));
        let (least, most) = (human(resource, low), human(resource, high));
        let free = match (low, high) {
            (_, ..=0) => "0 is free".to_owned(),
            (..=0, _) => format!("0 to {most} is free"),
            _ if least == most => format!("{least} is free"),
            _ => format!("{least} to {most} is free"),
        };
        let short = asked.saturating_sub(low);
        let over = overcommitted(resource, low, "up to ");
        let words = Words::new(format!(
            "the pod requests {} {resource}, but {free} (up to {} short{over})",
            human(resource, asked),
            human(resource, short)
        ));
        let small = nodes.iter().filter(|(.., allocatable)| asked > *allocatable).count();
        if small > 0 {
            let have = if small == 1 { "has" } else { "have" };
            return words.note(format!(
                "{} {have} less allocatable {resource} in total than the pod requests",
                count(small, "node")
            ));
        }
        // The node with the least free capacity shows which pods could free capacity.
        let worst = nodes.iter().min_by_key(|(node, free, _)| (*free, *node));
        let note = worst.and_then(|(node, ..)| {
            let holders = self.evidence().holders(*node, resource);
            Some(format!("{}: {}", self.node(*node).name, held_by(&holders, resource)?))
        });
        match note {
            Some(note) => words.note(note),
            None => words,
        }
    }
}

/// What is added to a sentence about the first of several nodes if the figures or names of another node differ.
pub(crate) const SIMILAR: &str = " (similar on the other nodes)";

/// Words why a claim is never created for the pod.
fn claim_denied(evidence: &Evidence) -> Words {
    let words = match evidence {
        Evidence::AdminAccess(AdminAccess { claim }) => {
            return Words::new(format!(
                "the API server denies the ResourceClaim of entry {claim}: adminAccess needs the label \
                 resource.kubernetes.io/admin-access=true on the namespace"
            ))
            .note("the pod stays Pending: the resourceclaim controller cannot create the claim");
        }
        Evidence::ClaimQuotaExceeded(ClaimQuotaExceeded { claim: Some(claim), quota, exceeded, .. }) => {
            let part = |q: &QuotaShort| {
                format!("each pod claims {} {}, and {} of {} is used", q.asked, q.resource, q.used, q.hard)
            };
            let parts: Vec<String> = exceeded.iter().map(part).collect();
            return Words::new(format!(
                "quota {quota} denies the ResourceClaim of entry {claim}: {}",
                parts.join("; ")
            ))
            .note("the pod stays Pending: the resourceclaim controller cannot create the claim");
        }
        Evidence::ClaimQuotaExceeded(ClaimQuotaExceeded { volume: Some(volume), quota, exceeded, .. }) => {
            let part = |q: &QuotaShort| {
                format!("each pod claims {} {}, and {} of {} is used", q.asked, q.resource, q.used, q.hard)
            };
            let parts: Vec<String> = exceeded.iter().map(part).collect();
            format!("quota {quota} denies the claim of ephemeral volume {volume}: {}", parts.join("; "))
        }
        Evidence::ClaimOutOfRange(ClaimOutOfRange { volume, limit_range, limit, bound, asked }) => format!(
            "LimitRange {limit_range} denies the claim of ephemeral volume {volume}: the claim requests {asked} storage \
             ({limit} {bound})"
        ),
        _ => "the API server denies the claim of an ephemeral volume".to_owned(),
    };
    Words::new(words)
        .note("the pod stays Pending: the ephemeral controller cannot create the claim (event FailedBinding)")
}

fn insufficient(resource: Symbol, asked: i64, free: i64, allocatable: i64, holders: &[Holder]) -> Words {
    let short = asked.saturating_sub(free);
    let [asked_h, free_h, all_h, short_h] = [asked, free, allocatable, short].map(|a| human(resource, a));
    let [all_h, short_h] = [all_h, short_h].map(|amount| with_unit(amount, resource));
    let words = Words::new(match free {
        ..=0 => {
            let over = overcommitted(resource, free, "");
            format!("the pod requests {asked_h} {resource}, but 0 of {all_h} is free ({short_h} short{over})")
        }
        _ => format!("the pod requests {asked_h} {resource}, but {free_h} of {all_h} is free ({short_h} short)"),
    });
    if asked > allocatable {
        return words.note(format!("the request exceeds the total allocatable {resource} of the node ({all_h})"));
    }
    match held_by(holders, resource) {
        Some(note) => words.note(note),
        None => words,
    }
}

/// Adds what the number counts: whole cores have no suffix that says it.
fn with_unit(amount: String, resource: Symbol) -> String {
    match resource.as_str() == "cpu" && amount.bytes().all(|b| b.is_ascii_digit()) {
        true => format!("{amount} cpu"),
        false => amount,
    }
}

fn held_by(holders: &[Holder], resource: Symbol) -> Option<String> {
    let amount = |holder: &Holder| with_unit(human(resource, holder.amount), resource);
    let names: Vec<String> = holders.iter().map(|holder| format!("{} {}", holder.pod, amount(holder))).collect();
    (!names.is_empty()).then(|| format!("largest {resource} requests: {}", names.join(", ")))
}

/// Returns the overcommitted amount if less than nothing is free: the figures do not add up without this amount.
fn overcommitted(resource: Symbol, free: i64, up_to: &str) -> String {
    match free {
        0.. => String::new(),
        _ => format!(", overcommitted by {up_to}{}", human(resource, free.saturating_neg())),
    }
}

/// What the default scheduler would say of a node, and of so many more, where another scheduler decides.
pub fn default_scheduler_rejects(node: Symbol, more: usize, message: &str) -> Note {
    let more = match more {
        0 => String::new(),
        more => format!(" ({})", count(more, "more node")),
    };
    format!("the default scheduler would reject {node}{more}: {message}").into()
}
