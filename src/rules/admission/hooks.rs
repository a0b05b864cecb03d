//! Webhooks and admission policies that the API server asks about the pods. What these answer cannot be known; whether they
//! are asked can.

use std::collections::BTreeMap;

use crate::model::admission_hook::{PolicyBinding, Webhook};
use crate::model::wire::Kind;
use crate::model::{Labels, Symbol};
use crate::rules::admission::admitted::{Admission, ReplacedPods};
use crate::rules::verdict::CreationRefusal;
use crate::store::Cluster;

/// A webhook or policy that is asked about the pods.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaughtBy {
    /// Its name.
    pub name: Symbol,
    /// Whether it may change the pods.
    pub mutates: bool,
    /// Whether the pods are denied if it fails.
    pub fails: bool,
    /// Whether expressions may leave the pods out.
    pub is_conditional: bool,
    /// Whether the webhook's Service has an endpoint that takes connections; `None` where nothing shows it.
    pub has_endpoint: Option<bool>,
    /// The parameters that a binding of the policy names.
    pub param: Option<Symbol>,
}

/// Refuses the pod where a webhook that denies on failure certainly cannot be called: its Service has EndpointSlices, and
/// none has an endpoint that serves. A pod that is there proves that the webhook answered once, so that nothing is certain.
pub(super) fn admit(cluster: &Cluster, namespace: Symbol, admission: &mut Admission, own: ReplacedPods<'_>) {
    if !matches!(own, ReplacedPods::Seen([])) {
        return;
    }
    let labels = namespace_labels(cluster, namespace);
    let dead = cluster.webhooks.iter().filter_map(|webhook| {
        let service = webhook.service.filter(|_| webhook.fails && !webhook.is_conditional)?;
        let is_dead = has_endpoint(cluster, webhook) == Some(false);
        let catches = is_dead && webhook.scope.catches_pod(labels.as_ref()?, &admission.labels);
        catches.then_some(CreationRefusal::WebhookWithoutEndpoint { webhook: webhook.name, service })
    });
    let dead: Vec<CreationRefusal> = dead.collect();
    admission.refuse(dead);
}

/// The webhooks that are asked about the pods, by name.
pub fn webhooks(cluster: &Cluster, namespace: Symbol, admission: &Admission) -> impl Iterator<Item = CaughtBy> {
    let labels = namespace_labels(cluster, namespace).unwrap_or_default();
    let catches = |webhook: &&Webhook| webhook.scope.catches_pod(&labels, &admission.labels);
    let mut all: Vec<CaughtBy> = cluster
        .webhooks
        .iter()
        .filter(catches)
        .map(|webhook| CaughtBy {
            name: webhook.name,
            mutates: webhook.mutates,
            fails: webhook.fails,
            is_conditional: webhook.is_conditional,
            has_endpoint: has_endpoint(cluster, webhook),
            param: None,
        })
        .collect();
    all.sort_by_key(|caught| (!caught.mutates, caught.name.as_str()));
    all.into_iter()
}

/// The namespaces of the Services by which the API server reaches webhooks that are asked about the pods.
pub fn service_namespaces(cluster: &Cluster, namespace: Symbol, admission: &Admission) -> impl Iterator<Item = Symbol> {
    let labels = namespace_labels(cluster, namespace).unwrap_or_default();
    let caught = cluster.webhooks.iter().filter(move |webhook| webhook.scope.catches_pod(&labels, &admission.labels));
    caught.filter_map(|webhook| webhook.service.map(|(namespace, _)| namespace))
}

/// The policies that a binding puts into force for the pods, by name. A binding that only warns or audits denies nothing.
pub fn policies(cluster: &Cluster, namespace: Symbol, admission: &Admission) -> impl Iterator<Item = CaughtBy> {
    let labels = namespace_labels(cluster, namespace).unwrap_or_default();
    let mut all: BTreeMap<(bool, &'static str), CaughtBy> = BTreeMap::new();
    for policy in cluster.admission_policies.iter().filter(|p| p.scope.catches_pod(&labels, &admission.labels)) {
        let binds = |binding: &&PolicyBinding| {
            binding.policy == policy.name
                && binding.mutates == policy.mutates
                && binding.denies
                && binding.scope.catches_pod(&labels, &admission.labels)
        };
        if let Some(binding) = cluster.policy_bindings.iter().find(binds) {
            let caught = CaughtBy {
                name: policy.name,
                mutates: policy.mutates,
                fails: policy.fails,
                is_conditional: policy.is_conditional,
                has_endpoint: None,
                param: binding.param,
            };
            all.entry((!policy.mutates, policy.name.as_str())).or_insert(caught);
        }
    }
    all.into_values()
}

fn has_endpoint(cluster: &Cluster, webhook: &Webhook) -> Option<bool> {
    let known = cluster.endpoints.get(&webhook.service?);
    known.filter(|_| cluster.coverage(Kind::EndpointSlice).is_whole()).map(|endpoints| endpoints.serving > 0)
}

/// The labels of the namespace. One that is not known has at least its name.
fn namespace_labels(cluster: &Cluster, namespace: Symbol) -> Option<Labels> {
    Some(match cluster.namespaces.get(&namespace) {
        Some(namespace) => namespace.labels.clone(),
        None => Labels::default().with([(Symbol::new("kubernetes.io/metadata.name"), namespace)]),
    })
}
