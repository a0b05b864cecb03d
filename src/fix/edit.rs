//! One change of a DaemonSet or of the cluster, applied to the model.
//!
//! * `trial`: changes of the cluster, and how they are undone.

pub mod trial;

use serde_json::Value;

use crate::model::affinity::{NodeAffinity, NodeTerm};
use crate::model::daemonset::{Bound, UpdateStrategy};
use crate::model::labels::{Operator, Requirement};
use crate::model::pod::{PodTerm, Port, SpreadConstraint, Volume};
use crate::model::taint::TolerationOperator;
use crate::model::{DaemonSet, Effect, Quantity, Symbol, Taint, Toleration};
use crate::store::Key;

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Edit {
    /// A toleration is added.
    Tolerate(Taint),
    /// A toleration that nearly tolerates a taint is made to.
    Correct {
        /// The toleration as it is.
        was: Toleration,
        /// The toleration as it should be.
        now: Toleration,
    },
    /// `nodeSelector` requires another label.
    Select {
        /// The key that is required now, if any.
        was: Option<Symbol>,
        /// The key to require.
        key: Symbol,
        /// The value to require.
        value: Symbol,
    },
    /// A requirement of the node affinity names another key or other values.
    Require {
        /// The requirement as it is.
        was: Requirement,
        /// As it should be.
        now: Requirement,
    },
    /// Nodes with a label are excluded.
    Exclude {
        /// The label's key.
        key: Symbol,
        /// Its value.
        value: Symbol,
    },
    /// A spread constraint no longer refuses: `whenUnsatisfiable: ScheduleAnyway`.
    SpreadAnyway(SpreadConstraint),
    /// A required term about other pods is removed.
    Drop {
        /// The list that holds the term.
        list: Terms,
        /// The term.
        term: PodTerm,
        /// The DaemonSet's namespace, which a term means where it names none.
        home: Symbol,
    },
    /// A priority class is named.
    Priority(Symbol),
    /// A priority class that does not exist is no longer named.
    NoPriorityClass(Symbol),
    /// A priority class is created.
    CreatePriorityClass {
        /// Its name.
        name: Symbol,
        /// The priority.
        value: i32,
    },
    /// Another runtime class is named, or none.
    RuntimeClass {
        /// The class as it is.
        was: Symbol,
        /// The class to name.
        now: Option<Symbol>,
    },
    /// A runtime class is created for a handler of the same name.
    CreateRuntimeClass(Symbol),
    /// The claims of a generic ephemeral volume name another storage class.
    StorageClass {
        /// The volume.
        volume: Symbol,
        /// The class as it is, if they name one.
        was: Option<Symbol>,
        /// The class to name.
        now: Symbol,
    },
    /// A container requests less.
    Request {
        /// The container.
        container: Symbol,
        /// Whether it is an init container.
        init: bool,
        /// The resource.
        resource: Symbol,
        /// What it requests now.
        was: Quantity,
        /// What it should request.
        now: Quantity,
    },
    /// A container requests another host port.
    HostPort {
        /// The container.
        container: Symbol,
        /// The port as it is.
        was: Port,
        /// The host port to request.
        now: u16,
    },
    /// Containers request what a LimitRange allows.
    Fit {
        /// The limit range.
        range: Symbol,
        /// What each container should request.
        amounts: Vec<FitAmount>,
    },
    /// A quota is raised.
    RaiseQuota {
        /// Namespace and name.
        quota: Key,
        /// Each resource, as it is and as it should be.
        hard: Vec<(Symbol, Quantity, Quantity)>,
        /// For how many pods.
        pods: u64,
    },
    /// A quota is created that lets pods have a class which the server limits.
    QuotaForClass {
        /// The namespace.
        namespace: Symbol,
        /// The class.
        class: Symbol,
        /// How many pods the quota admits.
        pods: u64,
    },
    /// The rollout deletes the old pod first instead of starting the new pod next to the old pod.
    NoSurge,
    /// A namespace is created.
    CreateNamespace(Symbol),
    /// A service account is created.
    CreateServiceAccount(Symbol, Symbol),
    /// A namespace enforces another level of Pod Security.
    Enforce {
        /// The namespace.
        namespace: Symbol,
        /// The level.
        level: &'static str,
    },
}

/// A list of required terms about other pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Terms {
    /// `podAffinity`.
    Affinity,
    /// `podAntiAffinity`.
    AntiAffinity,
}

impl Terms {
    /// The field of `affinity`.
    pub fn field(self) -> &'static str {
        match self {
            Terms::Affinity => "podAffinity",
            Terms::AntiAffinity => "podAntiAffinity",
        }
    }
}

/// Request and limit that a container should have for one resource; `None` if unchanged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FitAmount {
    /// The container.
    pub container: Symbol,
    /// The resource.
    pub resource: Symbol,
    /// Its request.
    pub request: Option<Quantity>,
    /// Its limit.
    pub limit: Option<Quantity>,
}

impl Edit {
    /// Changes the DaemonSet.
    pub fn apply(&self, daemon_set: &mut DaemonSet) {
        let written = &mut daemon_set.template.written;
        let spec = &mut daemon_set.template.spec;
        match self {
            Edit::Tolerate(taint) => spec.tolerations.push(tolerating(taint)),
            Edit::Correct { was, now } => {
                spec.tolerations.iter_mut().filter(|t| *t == was).for_each(|toleration| *toleration = *now);
            }
            Edit::Select { was, key, value } => {
                let kept = spec.node_affinity.selector.iter().filter(|(k, _)| Some(*k) != *was && k != key).copied();
                spec.node_affinity.selector = kept.chain([(*key, *value)]).collect();
            }
            Edit::Require { was, now } => {
                for term in spec.node_affinity.required.iter_mut().flatten() {
                    for requirement in term.expressions.iter_mut().filter(|r| *r == was) {
                        *requirement = now.clone();
                    }
                }
            }
            Edit::Exclude { key, value } => exclude(&mut spec.node_affinity, *key, *value),
            Edit::SpreadAnyway(was) => {
                if let Some(place) = spec.spread.iter().position(|constraint| constraint == was) {
                    spec.spread.remove(place);
                    if let Some(constraint) = written.refusing_spread().nth(place).and_then(Value::as_object_mut) {
                        constraint["whenUnsatisfiable"] = "ScheduleAnyway".into();
                        // minDomains is valid with DoNotSchedule only; a patch removes it with null.
                        constraint.get_mut("minDomains").into_iter().for_each(|least| *least = Value::Null);
                    }
                }
            }
            Edit::Drop { list, term, .. } => {
                let (terms, written) = match list {
                    Terms::Affinity => (&mut spec.pod_affinity, &mut written.pod_affinity),
                    Terms::AntiAffinity => (&mut spec.pod_anti_affinity, &mut written.pod_anti_affinity),
                };
                if let Some(place) = terms.iter().position(|there| there == term) {
                    terms.remove(place);
                    if place < written.len() {
                        written.remove(place);
                    }
                }
            }
            Edit::Priority(class) => {
                spec.priority_class = Some(*class);
                spec.priority = None;
            }
            Edit::NoPriorityClass(_) => spec.priority_class = None,
            Edit::RuntimeClass { now, .. } => spec.runtime_class = *now,
            Edit::StorageClass { volume, now, .. } => {
                for found in &mut spec.volumes {
                    if let Volume::Ephemeral(claim) = found
                        && claim.name == *volume
                    {
                        claim.class = Some(*now);
                    }
                }
            }
            Edit::Request { container, init, resource, now, .. } => {
                let containers = if *init { &mut spec.init_containers } else { &mut spec.containers };
                for found in containers.iter_mut().filter(|c| c.name == *container) {
                    found.resources.requests.set(*resource, *now);
                }
            }
            Edit::HostPort { container, was, now } => {
                for found in spec.containers.iter_mut().filter(|c| c.name == *container) {
                    found.ports.iter_mut().filter(|port| *port == was).for_each(|port| port.host_port = *now);
                }
            }
            Edit::Fit { amounts, .. } => {
                for FitAmount { container, resource, request, limit } in amounts {
                    let all = spec.containers.iter_mut().chain(&mut spec.init_containers);
                    for found in all.filter(|c| c.name == *container) {
                        request.iter().for_each(|amount| found.resources.requests.set(*resource, *amount));
                        limit.iter().for_each(|amount| found.resources.limits.set(*resource, *amount));
                    }
                }
            }
            Edit::NoSurge => {
                daemon_set.update =
                    UpdateStrategy::RollingUpdate { max_unavailable: Bound::Count(1), max_surge: Bound::Count(0) };
            }
            Edit::CreateNamespace(_)
            | Edit::CreateServiceAccount(..)
            | Edit::CreatePriorityClass { .. }
            | Edit::CreateRuntimeClass(_)
            | Edit::Enforce { .. }
            | Edit::QuotaForClass { .. }
            | Edit::RaiseQuota { .. } => {}
        }
    }

    /// Whether the change is of the cluster and not of the DaemonSet.
    pub fn is_of_cluster(&self) -> bool {
        matches!(
            self,
            Edit::CreateNamespace(_)
                | Edit::CreateServiceAccount(..)
                | Edit::CreatePriorityClass { .. }
                | Edit::CreateRuntimeClass(_)
                | Edit::Enforce { .. }
                | Edit::QuotaForClass { .. }
                | Edit::RaiseQuota { .. }
        )
    }

    /// Whether the change would undo or repeat a change that was made already.
    pub fn undoes(&self, made: &Edit) -> bool {
        match (self, made) {
            (Edit::Tolerate(_) | Edit::Select { .. } | Edit::SpreadAnyway(_) | Edit::Drop { .. }, _) => self == made,
            (Edit::Correct { was, .. }, Edit::Correct { now, .. }) => was == now,
            (Edit::Require { was, .. }, Edit::Require { now, .. }) => was == now,
            (Edit::Request { container, resource, .. }, Edit::Request { container: of, resource: known, .. }) => {
                (container, resource) == (of, known)
            }
            (Edit::HostPort { container, was, .. }, Edit::HostPort { container: of, now, .. }) => {
                container == of && was.host_port == *now
            }
            _ => std::mem::discriminant(self) == std::mem::discriminant(made),
        }
    }

    /// Returns the side effect of the change.
    pub fn risk(&self) -> &'static str {
        match self {
            // Without the class a sandbox may be gone.
            Edit::Enforce { .. } | Edit::RuntimeClass { now: None, .. } => "weakens-security",
            Edit::CreateNamespace(_)
            | Edit::CreateServiceAccount(..)
            | Edit::CreatePriorityClass { .. }
            | Edit::CreateRuntimeClass(_)
            | Edit::QuotaForClass { .. }
            | Edit::RaiseQuota { .. } => "none",
            _ => "rolls-pods",
        }
    }
}

/// The label by which a namespace enforces Pod Security.
pub use crate::model::default_security::ENFORCE;

/// The smallest toleration for a taint.
pub fn tolerating(taint: &Taint) -> Toleration {
    let exists = taint.value.as_str().is_empty();
    Toleration {
        key: Some(taint.key),
        operator: if exists { TolerationOperator::Exists } else { TolerationOperator::Equal },
        operator_omitted: false,
        value: taint.value,
        effect: Some(Ok::<Effect, Symbol>(taint.effect)),
        seconds: None,
    }
}

fn exclude(affinity: &mut NodeAffinity, key: Symbol, value: Symbol) {
    let requirement = Requirement { key, operator: Operator::NotIn([value].into()) };
    let with = |term: &NodeTerm| NodeTerm {
        expressions: term.expressions.iter().cloned().chain([requirement.clone()]).collect(),
        ..term.clone()
    };
    affinity.required = Some(match &affinity.required {
        Some(terms) => terms.iter().map(with).collect(),
        None => [NodeTerm { expressions: [requirement].into(), fields: [].into(), usable: true }].into(),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pod::Container;

    #[test]
    fn only_the_port_that_is_meant_moves() {
        let port = |protocol: &str, host_ip: &str| Port {
            container_port: 53,
            host_port: 53,
            protocol: protocol.into(),
            host_ip: host_ip.into(),
            host_ip_given: true,
        };
        let ports = vec![port("UDP", "0.0.0.0"), port("TCP", "10.0.0.1"), port("TCP", "10.0.0.2")];
        let mut daemon_set = DaemonSet::default();
        let container = Container { name: "dns".into(), ports: ports.clone(), ..Default::default() };
        daemon_set.template.spec.containers = vec![container];
        Edit::HostPort { container: "dns".into(), was: ports[1], now: 54 }.apply(&mut daemon_set);
        let now = Port { host_port: 54, ..ports[1] };
        assert_eq!(daemon_set.template.spec.containers[0].ports, [ports[0], now, ports[2]]);
    }
}
