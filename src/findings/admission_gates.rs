//! What decides on the creation of the pods and was not asked: admission plugins of the API server's own configuration, and
//! rules of managed services.

use crate::findings::Subject;
use crate::model::Symbol;
use crate::model::default_security::has_own_level;
use crate::model::policy::NamespaceNodeSelector;
use crate::model::wire::meta::KUBE_NODE_SELECTOR;
use crate::rules::admission::hooks::CaughtBy;
use crate::rules::admission::scc::{self, SccVerdict};
use crate::rules::admission::{Admission, hooks, pod_security};
use crate::rules::needs::ADMISSION_HOOKS;
use crate::store::{Cluster, Coverage};

/// Something that can deny or change the pods and was not asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AdmissionGate {
    /// Warden, the webhook of GKE Autopilot.
    Autopilot,
    /// A webhook that is asked about the pods.
    Webhook(CaughtBy),
    /// An admission policy that is bound for the pods.
    Policy(CaughtBy),
    /// Webhooks and admission policies, of which the source holds none, or of which some kinds could not be read.
    HooksNotRead(Coverage),
    /// SecurityContextConstraints (OpenShift), for pods that ask for more than every account may have.
    SecurityContextConstraints {
        /// The ServiceAccount of the pods.
        account: Symbol,
        /// The checks of the baseline level that the pod fails.
        checks: Vec<String>,
    },
    /// The admission plugin PodNodeSelector, which is off by default.
    PodNodeSelector {
        /// The namespace.
        namespace: Symbol,
        /// The annotation.
        annotation: Symbol,
        /// The selector that the plugin adds.
        selector: Symbol,
    },
    /// The admission plugin PodTolerationRestriction, which is off by default.
    PodTolerationRestriction {
        /// The namespace.
        namespace: Symbol,
    },
    /// The Pod Security level of namespaces without a label, which nothing shows.
    DefaultPodSecurity {
        /// The namespace.
        namespace: Symbol,
        /// The checks of the baseline level that the pod fails.
        checks: Vec<String>,
    },
}

/// Returns what can deny or change pods of a document and was not asked.
pub fn gates(cluster: &Cluster, asked: &Subject, admission: &Admission) -> Vec<AdmissionGate> {
    let mut all = Vec::new();
    if cluster.platform.gke_autopilot {
        all.push(AdmissionGate::Autopilot);
    }
    all.extend(hooks::webhooks(cluster, asked.daemon_set.namespace, admission).map(AdmissionGate::Webhook));
    all.extend(hooks::policies(cluster, asked.daemon_set.namespace, admission).map(AdmissionGate::Policy));
    all.extend(hooks_not_read(cluster).map(AdmissionGate::HooksNotRead));
    all.extend(constraints(cluster, asked, admission));
    all.extend(node_selector(cluster, asked));
    let namespace = cluster.namespaces.get(&asked.daemon_set.namespace);
    all.extend(
        namespace
            .filter(|namespace| namespace.restricts_tolerations)
            .map(|namespace| AdmissionGate::PodTolerationRestriction { namespace: namespace.name }),
    );
    all.extend(default_level(cluster, asked, admission));
    all
}

/// Why webhooks and policies are not known: a source that holds one of the kinds was asked for all of them.
fn hooks_not_read(cluster: &Cluster) -> Option<Coverage> {
    let mut all = ADMISSION_HOOKS.iter().map(|kind| cluster.coverage(*kind));
    let denied = all.clone().find(|coverage| matches!(coverage, Coverage::Forbidden { .. } | Coverage::Failed { .. }));
    let is_collected = all.any(|coverage| *coverage != Coverage::NotCollected);
    denied.cloned().or_else(|| (!is_collected).then_some(Coverage::NotCollected))
}

/// The SCCs of OpenShift, where the pod asks for more than the one that every account may use (restricted-v2).
fn constraints(cluster: &Cluster, asked: &Subject, admission: &Admission) -> Option<AdmissionGate> {
    let security = &asked.daemon_set.template.security;
    let violations = pod_security::baseline(security, &admission.spec, cluster.rules());
    let mut checks: Vec<String> = violations.into_iter().map(|(check, _)| check).collect();
    let contexts = security.containers.iter().chain(security.init_containers.iter()).map(|c| &c.security_context);
    if contexts.chain([&security.security_context]).flatten().any(|context| context.run_as_user.is_some()) {
        checks.push("runAsUser".to_owned());
    }
    let account = admission.spec.service_account.unwrap_or_else(|| Symbol::new("default"));
    let is_known = scc::verdict(cluster, &asked.daemon_set, admission) != SccVerdict::Unknown;
    let decides = cluster.platform.openshift && !checks.is_empty() && !is_known;
    decides.then_some(AdmissionGate::SecurityContextConstraints { account, checks })
}

/// What PodNodeSelector would add. OpenShift's controller honours the annotation instead.
fn node_selector(cluster: &Cluster, asked: &Subject) -> Option<AdmissionGate> {
    let namespace = cluster.namespaces.get(&asked.daemon_set.namespace)?;
    let found = namespace.node_selector.as_ref().filter(|_| !cluster.platform.openshift)?;
    let NamespaceNodeSelector { annotation, text, selector } = found;
    let labels = selector.as_labels().filter(|labels| !labels.is_empty())?;
    let own = &asked.daemon_set.template.spec.node_affinity.selector;
    let decides = annotation.as_str() == KUBE_NODE_SELECTOR && !labels.iter().all(|label| own.contains(label));
    decides.then_some(AdmissionGate::PodNodeSelector {
        namespace: namespace.name,
        annotation: *annotation,
        selector: *text,
    })
}

/// The default level where the namespace has no label and nothing shows the level. The API servers of GKE, EKS and AKS
/// enforce none.
fn default_level(cluster: &Cluster, asked: &Subject, admission: &Admission) -> Option<AdmissionGate> {
    let namespace = cluster.namespaces.get(&asked.daemon_set.namespace)?;
    let is_known = cluster.default_security.is_some() || cluster.platform.privileged_by_default;
    // OpenShift sets the labels of namespaces by the SCCs of their accounts.
    if is_known || has_own_level(&namespace.labels) || cluster.platform.openshift || namespace.name == *"kube-system" {
        return None;
    }
    let security = &asked.daemon_set.template.security;
    let violations = pod_security::baseline(security, &admission.spec, cluster.rules());
    let checks: Vec<String> = violations.into_iter().map(|(check, _)| check).collect();
    let namespace = namespace.name;
    (!checks.is_empty()).then_some(AdmissionGate::DefaultPodSecurity { namespace, checks })
}
