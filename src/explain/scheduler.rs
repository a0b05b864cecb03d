//! Explains why the scheduler rejects a node.

use serde_json::{Value, json};

use crate::explain::controller::{selector, selectors};
use crate::explain::units::{count, evidence, human, some};
use crate::explain::{ExplainContext, Explanation, port_name};
use crate::model::{Pod, Symbol};
use crate::rules::{Cause, Rejection};
use crate::store::NodeIndex;
use crate::store::pod_aggregation::LARGEST;

/// Most pods named as the largest consumers of a resource.
const MOST_HOLDERS: usize = LARGEST;

impl ExplainContext<'_> {
    pub(crate) fn rejection(&self, rejection: &Rejection, node: NodeIndex) -> Explanation {
        use Rejection as R;
        match rejection {
            R::NodeUnschedulable => Explanation::new("the node is cordoned (unschedulable)", Value::Null),
            R::UntoleratedTaint { taint } => self.taint(taint),
            R::NodeSelector { key, wanted, actual } => selector(*key, *wanted, *actual),
            R::PortTaken { port, held, holder } => {
                let by = self.pod_name(*holder);
                let evidence = json!({ "port": port_name(port), "held": port_name(held), "holder": by });
                Explanation::new(format!("host port {} is taken by {by}", port_name(port)), evidence)
            }
            R::TooManyPods { allocatable, taken } => Explanation::new(
                format!(
                    "the node already runs {taken} of {} (Too many pods)",
                    count(usize::try_from(*allocatable).unwrap_or(0), "pod")
                ),
                json!({ "allocatable": allocatable, "taken": taken }),
            ),
            R::Insufficient { resource, asked, free, allocatable } => {
                self.insufficient(node, *resource, *asked, *free, *allocatable)
            }
            R::ClaimMissing { claim } => self.claim(*claim, "does not exist"),
            R::DiskInUse { holder } => {
                let by = self.pod_name(*holder);
                Explanation::new(format!("a disk of the pod is in use by {by}"), json!({ "holder": by }))
            }
            R::ClaimInUse { claim, holder } => {
                let by = self.pod_name(*holder);
                Explanation::new(
                    format!("claim {claim} is in use by {by} and admits one pod at a time (ReadWriteOncePod)"),
                    json!({ "claim": claim, "holder": by }),
                )
            }
            R::TooManyVolumes { driver, limit, attached } => {
                let most = count(usize::try_from(*limit).unwrap_or(0), "volume");
                let are = if *attached == 1 { "is" } else { "are" };
                Explanation::new(
                    format!("{driver} attaches at most {most} to the node, and {attached} {are} attached already"),
                    json!({ "driver": driver, "limit": limit, "attached": attached }),
                )
            }
            R::DriverMissing { driver } => Explanation::new(
                format!("CSI driver {driver} is not installed on the node"),
                json!({ "driver": driver }),
            ),
            R::EphemeralClaimAwaited { claim } => {
                self.claim(*claim, "has not been created yet (generic ephemeral volume)")
            }
            R::ClaimLost { claim, volume } => {
                let volume_name = volume.map_or_else(String::new, |v| format!(" {v}"));
                Explanation::new(
                    format!("claim {claim} lost its volume{volume_name}"),
                    json!({ "claim": claim, "volume": volume }),
                )
            }
            R::ClaimTerminating { claim } => self.claim(*claim, "is being deleted"),
            R::ClaimUnbound { claim } => self.claim(*claim, "is not bound to a volume"),
            R::VolumeAffinity { claim, volume } => Explanation::new(
                format!("volume {volume} (claim {claim}) is not accessible from the node (volume node affinity)"),
                json!({ "claim": claim, "volume": volume }),
            ),
            R::NoVolume { claim } => {
                self.claim(*claim, "has no matching volume for the node, and none can be provisioned there")
            }
            R::NoStorage { claim } => {
                self.claim(*claim, "requests more storage than is available for the node (CSIStorageCapacity)")
            }
            R::VolumeGone { claim, volume } => Explanation::new(
                format!("volume {volume} (claim {claim}) does not exist"),
                json!({ "claim": claim, "volume": volume }),
            ),
            R::VolumeZone { claim, volume, key, actual } => {
                let has = actual.map_or_else(|| format!("lacks {key}"), |actual| format!("has {key}={actual}"));
                Explanation::new(
                    format!("volume {volume} (claim {claim}) is in another zone; the node {has}"),
                    json!({ "claim": claim, "volume": volume, "key": key, "actual": actual }),
                )
            }
            R::SpreadLabelMissing { .. } | R::SpreadSkew { .. } => self.spread(rejection, node),
            R::PodAffinity { .. } | R::PodAntiAffinity { .. } | R::ExistingAntiAffinity { .. } => {
                self.about_pods(&[(node, rejection)])
            }
            R::FeatureMissing { feature } => Explanation::new(
                format!(
                    "the pod requires feature {feature}, which the node does not declare (status.declaredFeatures)"
                ),
                json!({ "feature": feature }),
            ),
        }
    }

    pub(crate) fn rejections(&self, causes: &[(NodeIndex, &Cause)]) -> Explanation {
        let (first, Cause::Rejection(rejection)) = causes[0] else { return Explanation::new("", Value::Null) };
        let all = || {
            causes.iter().filter_map(|(node, cause)| match cause {
                Cause::Rejection(rejection) => Some((*node, rejection)),
                _ => None,
            })
        };
        match rejection {
            Rejection::Insufficient { resource, asked, .. } => self.insufficient_on(*resource, *asked, all()),
            Rejection::NodeSelector { key, wanted, .. } => {
                selectors(causes.iter().map(|(index, _)| self.node(*index)), *key, *wanted)
            }
            Rejection::TooManyPods { .. } => {
                let most = all().filter_map(|(_, r)| match r {
                    Rejection::TooManyPods { allocatable, .. } => Some(*allocatable),
                    _ => None,
                });
                let (low, high) = bounds(most);
                let range = if low == high { low.to_string() } else { format!("{low} to {high}") };
                Explanation::new(
                    format!("the nodes already run all pods that they allow: {range} per node (Too many pods)"),
                    json!({ "allocatable": [low, high] }),
                )
            }
            Rejection::PortTaken { port, .. } => {
                let mut holders: Vec<String> = all()
                    .filter_map(|(_, r)| match r {
                        Rejection::PortTaken { holder, .. } => Some(self.pod_name(*holder)),
                        _ => None,
                    })
                    .collect();
                holders.sort_unstable();
                holders.dedup();
                let message = format!("host port {} is taken by {}", port_name(port), some(&holders, MOST_HOLDERS));
                holders.truncate(10);
                Explanation::new(message, json!({ "port": port_name(port), "holders": holders }))
            }
            Rejection::PodAffinity { .. }
            | Rejection::PodAntiAffinity { .. }
            | Rejection::ExistingAntiAffinity { .. } => self.about_pods(&all().collect::<Vec<_>>()),
            _ => {
                let mut told = self.rejection(rejection, first);
                let same =
                    causes[1..].iter().take(1000).all(|(node, cause)| self.words(cause, *node).message == told.message);
                if !same {
                    told.message.push_str(" (similar on the other nodes)");
                }
                told
            }
        }
    }

    fn claim(&self, claim: Symbol, what: &str) -> Explanation {
        Explanation::new(format!("claim {claim} {what}"), json!({ "claim": claim }))
    }

    fn insufficient(&self, node: NodeIndex, resource: Symbol, asked: i64, free: i64, allocatable: i64) -> Explanation {
        let short = asked.saturating_sub(free);
        let holders = self.holders(node, resource);
        let names = holders.iter().map(|(pod, amount)| {
            json!({"pod": pod.full_name(), "asks": evidence(resource, *amount), "priority": pod.priority})
        });
        let figures = json!({
            "resource": resource,
            "asked": evidence(resource, asked),
            "free": evidence(resource, free),
            "allocatable": evidence(resource, allocatable),
            "short": evidence(resource, short),
            "holders": names.collect::<Vec<_>>(),
        });
        let [asked_h, free_h, all_h, short_h] = [asked, free, allocatable, short].map(|a| human(resource, a));
        let told = Explanation::new(
            match free {
                ..=0 => {
                    let over = overcommitted(resource, free, "");
                    format!("the pod requests {asked_h} {resource}, but 0 of {all_h} is free ({short_h} short{over})")
                }
                _ => {
                    format!("the pod requests {asked_h} {resource}, but {free_h} of {all_h} is free ({short_h} short)")
                }
            },
            figures,
        );
        if asked > allocatable {
            return told.note(format!("the request exceeds the total allocatable {resource} of the node ({all_h})"));
        }
        match self.held_by(&holders, resource) {
            Some(note) => told.note(note),
            None => told,
        }
    }

    fn held_by(&self, holders: &[(&Pod, i64)], resource: Symbol) -> Option<String> {
        let names: Vec<String> =
            holders.iter().map(|(pod, amount)| format!("{} {}", pod.full_name(), human(resource, *amount))).collect();
        (!names.is_empty()).then(|| format!("largest requests: {}", names.join(", ")))
    }

    /// The pods of a node with the largest requests for a resource.
    fn holders(&self, node: NodeIndex, resource: Symbol) -> Vec<(&Pod, i64)> {
        let own = self.daemon_set.uid;
        let pods = self.cluster.pods_on(node).iter().map(|pod| self.cluster.pod(*pod));
        let mut pods: Vec<_> = pods
            .filter(|pod| own.is_none() || pod.owner != own)
            .map(|pod| (pod, asks(pod, resource)))
            .filter(|(_, amount)| *amount > 0)
            .collect();
        pods.sort_by(|a, b| {
            b.1.cmp(&a.1).then_with(|| (a.0.namespace.as_str(), &a.0.name).cmp(&(b.0.namespace.as_str(), &b.0.name)))
        });
        pods.truncate(MOST_HOLDERS);
        pods
    }

    fn insufficient_on<'r>(
        &self,
        resource: Symbol,
        asked: i64,
        all: impl Iterator<Item = (NodeIndex, &'r Rejection)>,
    ) -> Explanation {
        let nodes: Vec<(NodeIndex, i64, i64)> = all
            .filter_map(|(node, r)| match r {
                Rejection::Insufficient { free, allocatable, .. } => Some((node, *free, *allocatable)),
                _ => None,
            })
            .collect();
        let (low, high) = bounds(nodes.iter().map(|(_, free, _)| *free));
        let (least, most) = (human(resource, low), human(resource, high));
        let free = match (low, high) {
            (_, ..=0) => "0 is free".to_owned(),
            (..=0, _) => format!("0 to {most} is free"),
            _ if least == most => format!("{least} is free"),
            _ => format!("{least} to {most} is free"),
        };
        let short = asked.saturating_sub(low);
        let over = overcommitted(resource, low, "up to ");
        let figures = json!({
            "resource": resource,
            "asked": evidence(resource, asked),
            "free": [evidence(resource, low), evidence(resource, high)],
            "short": evidence(resource, short),
        });
        let told = Explanation::new(
            format!(
                "the pod requests {} {resource}, but {free} (up to {} short{over})",
                human(resource, asked),
                human(resource, short)
            ),
            figures,
        );
        let small = nodes.iter().filter(|(.., allocatable)| asked > *allocatable).count();
        if small > 0 {
            let have = if small == 1 { "has" } else { "have" };
            return told.note(format!(
                "{} {have} less allocatable {resource} in total than the pod requests",
                count(small, "node")
            ));
        }
        // The node with the least free capacity shows which pods could free capacity.
        let worst = nodes.iter().min_by_key(|(node, free, _)| (*free, *node));
        let note = worst.and_then(|(node, ..)| {
            Some(format!("{}: {}", self.node(*node).name, self.held_by(&self.holders(*node, resource), resource)?))
        });
        match note {
            Some(note) => told.note(note),
            None => told,
        }
    }
}

/// Returns the overcommitted amount if less than nothing is free: the figures do not add up without this amount.
fn overcommitted(resource: Symbol, free: i64, up_to: &str) -> String {
    match free {
        0.. => String::new(),
        _ => format!(", overcommitted by {up_to}{}", human(resource, free.saturating_neg())),
    }
}

/// Returns the request of a pod for a resource, as the scheduler compares requests.
pub fn asks(pod: &Pod, resource: Symbol) -> i64 {
    pod.requests.amount(resource)
}

fn bounds(amounts: impl Iterator<Item = i64>) -> (i64, i64) {
    amounts.fold((i64::MAX, i64::MIN), |(low, high), amount| (low.min(amount), high.max(amount)))
}
