//! Changes of the cluster that are tried, and how they are undone.

use crate::fix::edit::{ENFORCE, Edit};
use crate::model::labels::Operator;
use crate::model::policy::{Namespace, PriorityClass, QuotaScope, ResourceQuota, RuntimeClass};
use crate::model::resources::ResourceList;
use crate::model::{Quantity, Symbol};
use crate::store::Cluster;

/// The name of a quota that lets pods have a limited class.
pub const CLASS_QUOTA: &str = "critical-pods";

/// What must be restored after the trial of a change of the cluster.
pub enum Undo {
    /// A namespace as it was.
    Namespace(Symbol, Option<Namespace>),
    /// A service account that was not there.
    ServiceAccount(Symbol, Symbol),
    /// A quota as it was.
    Quota(Box<ResourceQuota>),
    /// The namespace of a quota that was not there.
    NewQuota(Symbol),
    /// A priority class as it was.
    PriorityClass(Symbol, Option<PriorityClass>),
    /// A runtime class as it was.
    RuntimeClass(Symbol, Option<RuntimeClass>),
}

impl Edit {
    /// Changes the cluster and returns what restores it.
    pub fn apply_to_cluster(&self, cluster: &mut Cluster) -> Option<Undo> {
        match self {
            Edit::CreateNamespace(name) => {
                let made = Namespace { name: *name, ..Default::default() };
                Some(Undo::Namespace(*name, cluster.namespaces.insert(*name, made)))
            }
            Edit::CreateServiceAccount(namespace, name) => {
                let key = (*namespace, *name);
                let new = cluster.service_accounts.insert(key, Box::default()).is_none();
                new.then_some(Undo::ServiceAccount(*namespace, *name))
            }
            Edit::CreatePriorityClass { name, value } => {
                let made = PriorityClass { name: *name, value: *value, ..Default::default() };
                Some(Undo::PriorityClass(*name, cluster.priority_classes.insert(*name, made)))
            }
            Edit::CreateRuntimeClass(name) => {
                let made = RuntimeClass { name: *name, handler: *name, ..Default::default() };
                Some(Undo::RuntimeClass(*name, cluster.runtime_classes.insert(*name, made)))
            }
            Edit::Enforce { namespace, level } => {
                let was = cluster.namespaces.get(namespace).cloned();
                let mut now = was.clone().unwrap_or_default();
                now.name = *namespace;
                now.labels = now.labels.with([(Symbol::new(ENFORCE), Symbol::new(level))]);
                cluster.namespaces.insert(*namespace, now);
                Some(Undo::Namespace(*namespace, was))
            }
            Edit::QuotaForClass { namespace, class, pods } => {
                let pods = ResourceList::from_iter([(Symbol::new("pods"), Quantity::units(*pods as i64))]);
                let used = ResourceList::from_iter([(Symbol::new("pods"), Quantity::default())]);
                cluster.quotas.entry(*namespace).or_default().push(ResourceQuota {
                    namespace: *namespace,
                    name: Symbol::new(CLASS_QUOTA),
                    hard: pods.clone(),
                    used,
                    wanted: pods,
                    scopes: vec![QuotaScope::PriorityClass(Operator::In([*class].into()))],
                });
                Some(Undo::NewQuota(*namespace))
            }
            Edit::RaiseQuota { quota: (namespace, name), hard, .. } => {
                let found = cluster.quotas.get_mut(namespace)?.iter_mut().find(|quota| quota.name == *name)?;
                let was = found.clone();
                for (resource, _, now) in hard {
                    found.hard.set(*resource, *now);
                    found.wanted.set(*resource, *now);
                }
                Some(Undo::Quota(Box::new(was)))
            }
            _ => None,
        }
    }
}

/// Restores what the trial of a change altered.
pub fn undo(cluster: &mut Cluster, undo: Undo) {
    match undo {
        Undo::Namespace(name, Some(was)) => drop(cluster.namespaces.insert(name, was)),
        Undo::Namespace(name, None) => drop(cluster.namespaces.remove(&name)),
        Undo::Quota(was) => {
            let quotas = cluster.quotas.entry(was.namespace).or_default();
            quotas.iter_mut().filter(|quota| quota.name == was.name).for_each(|quota| *quota = (*was).clone());
        }
        Undo::NewQuota(namespace) => {
            cluster.quotas.get_mut(&namespace).into_iter().for_each(|quotas| drop(quotas.pop()));
        }
        Undo::PriorityClass(name, Some(was)) => drop(cluster.priority_classes.insert(name, was)),
        Undo::PriorityClass(name, None) => drop(cluster.priority_classes.remove(&name)),
        Undo::RuntimeClass(name, Some(was)) => drop(cluster.runtime_classes.insert(name, was)),
        Undo::RuntimeClass(name, None) => drop(cluster.runtime_classes.remove(&name)),
        Undo::ServiceAccount(namespace, name) => drop(cluster.service_accounts.remove(&(namespace, name))),
    }
}
