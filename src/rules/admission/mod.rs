//! Simulates admission: how the API server changes the pod of the controller, and whether the API server rejects it.
//!
//! In the API server's order (`pkg/kubeapiserver/options/plugins.go` v1.36): defaults, then what changes the pod
//! (LimitRanger, ServiceAccount, Priority, RuntimeClass), from v1.37 on pod-level defaults, then the pod's own
//! validation, then what refuses it (LimitRanger, PodSecurity, ResourceQuota). The real one stops at the first refusal; here all are found.

mod admitted;
mod defaults;
pub mod hooks;
mod limit_range;
pub mod limited_class;
mod made_claims;
pub mod pod_security;
mod priority;
pub mod quota;
mod runtime_class;
pub mod scc;
mod validation;

use crate::model::default_security::ShownBy;
use crate::model::labels::Operator;
use crate::model::wire::Kind;
use crate::model::wire::workload::{THIS_REVISION, controller_labels};
use crate::model::{DaemonSet, Symbol, Version};
use crate::rules::controller;
use crate::rules::verdict::CreationRefusal;
use crate::store::Cluster;

pub use crate::rules::admission::admitted::{Admission, Assumption, QuotaAdmits, ReplacedPods, ShortOf};

impl Admission {
    /// Makes the pod of a template, in the place of those that are gone then.
    pub fn of(cluster: &Cluster, daemon_set: &DaemonSet, own: ReplacedPods<'_>) -> Self {
        let version = cluster.rules();
        let template = &daemon_set.template;
        let mut spec = template.spec.clone();
        spec.tolerations = controller::tolerations(&template.spec);
        // The controller replaces the required terms by the one that names the node.
        spec.node_affinity.required = None;
        let mut admission = Admission {
            labels: template.labels.with(controller_labels()),
            spec,
            priority: 0,
            preempts_never: false,
            refusals: Vec::new(),
            unknowns: Vec::new(),
            quota: None,
            denied_claim: None,
            assumptions: Vec::new(),
        };
        admission.name_revision(cluster, daemon_set);
        admission.check_namespace(cluster, daemon_set.namespace);
        defaults::apply(&mut admission.spec, version);
        let ranges = cluster.limit_ranges.get(&daemon_set.namespace).map_or(&[][..], Vec::as_slice);
        limit_range::default(&mut admission.spec, ranges);
        admission.check_service_account(cluster, daemon_set.namespace);
        priority::admit(cluster, &mut admission);
        runtime_class::admit(cluster, &mut admission);
        defaults::finish(&mut admission.spec, version);
        let contradictions = validation::validate(&admission.spec);
        admission.refuse(contradictions);
        admission.refuse(validation::host_ports(&admission.spec));
        admission.refuse(validation::label_keys(&template.label_keys, &admission.labels, version));
        admission.refuse(limit_range::validate(&admission.spec, ranges));
        admission.check_pod_security(cluster, daemon_set, version, own);
        limited_class::admit(cluster, daemon_set.namespace, &mut admission);
        quota::admit(cluster, daemon_set.namespace, &mut admission, own);
        if matches!(own, ReplacedPods::Seen([])) {
            scc::admit(cluster, daemon_set, &mut admission);
        }
        made_claims::admit(cluster, daemon_set.namespace, &mut admission, own);
        hooks::admit(cluster, daemon_set.namespace, &mut admission, own);
        admission.note_unseen(cluster, daemon_set.namespace);
        admission
    }

    /// Puts the stored revision's hash where the template's own revision is meant, so that pods of a deployed
    /// DaemonSet count each other by it (`matchLabelKeys: [controller-revision-hash]`).
    fn name_revision(&mut self, cluster: &Cluster, daemon_set: &DaemonSet) {
        let stored = daemon_set.uid.and_then(|uid| cluster.revisions.get(&uid)).and_then(|revision| revision.hash);
        let Some(hash) = stored else { return };
        let this = Symbol::new(THIS_REVISION);
        let key = Symbol::new("controller-revision-hash");
        self.labels = self.labels.with([(key, hash)]);
        let spread = self.spec.spread.iter_mut().filter_map(|c| c.selector.as_mut());
        let terms = self.spec.pod_affinity.iter_mut().chain(&mut self.spec.pod_anti_affinity);
        for selector in spread.chain(terms.filter_map(|t| t.selector.as_mut())) {
            for requirement in selector.requirements.iter_mut().filter(|r| r.key == key) {
                if let Operator::In(values) | Operator::NotIn(values) = &mut requirement.operator {
                    values.iter_mut().filter(|value| **value == this).for_each(|value| *value = hash);
                }
            }
        }
    }

    fn check_namespace(&mut self, cluster: &Cluster, namespace: Symbol) {
        match cluster.namespaces.get(&namespace) {
            Some(found) if found.terminating => self.refuse([CreationRefusal::NamespaceTerminating]),
            None if cluster.coverage(Kind::Namespace).is_whole() => self.refuse([CreationRefusal::NamespaceMissing]),
            _ => {}
        }
    }

    /// `default` is made with the namespace, and a kind that was not collected is assumed to be complete.
    fn check_service_account(&mut self, cluster: &Cluster, namespace: Symbol) {
        let Some(name) = self.spec.service_account.filter(|name| *name != *"default") else { return };
        let known = cluster.coverage(Kind::ServiceAccount).is_whole();
        if known && !cluster.service_accounts.contains_key(&(namespace, name)) {
            self.refuse([CreationRefusal::ServiceAccountMissing { name }]);
        }
    }

    /// `kube-system` is exempt from the default on Talos; elsewhere the exemptions are not known.
    fn check_pod_security(
        &mut self,
        cluster: &Cluster,
        daemon_set: &DaemonSet,
        version: Version,
        own: ReplacedPods<'_>,
    ) {
        let Some(namespace) = cluster.namespaces.get(&daemon_set.namespace) else { return };
        let security = &daemon_set.template.security;
        // A pod that is there shows that the platform's default was changed, or exempts the namespace.
        let has_pods = matches!(own, ReplacedPods::Seen([_, ..]));
        let default = cluster.default_security.as_ref().filter(|default| match default.shown_by {
            ShownBy::Event(denied) if denied == namespace.name => true,
            _ if default.denied_otherwise.contains(&namespace.name) => false,
            ShownBy::Event(_) => namespace.name != *"kube-system",
            ShownBy::Talos => namespace.name != *"kube-system" && !has_pods,
        });
        let refusal = pod_security::admit(&namespace.labels, default, security, &self.spec, version);
        self.refuse(refusal);
    }

    /// Records the kinds that creation depends on and that were not read.
    fn note_unseen(&mut self, cluster: &Cluster, namespace: Symbol) {
        for (kind, namespaced) in [
            (Kind::Pod, false),
            (Kind::Namespace, false),
            (Kind::ServiceAccount, true),
            (Kind::LimitRange, true),
            (Kind::ResourceQuota, true),
            (Kind::PriorityClass, false),
        ] {
            let coverage = cluster.coverage(kind);
            if !coverage.is_whole() {
                let namespace = namespaced.then_some(namespace);
                self.assumptions.push(Assumption::Kind { kind, namespace, coverage: coverage.clone() });
            }
        }
    }
}
