//! What decides whether a pod may be created.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::label_selector;
use crate::model::labels::Operator;
use crate::model::nullable::Nullable;
use crate::model::policy::{
    DisruptionBudget, Limit, LimitKind, LimitRange, Namespace, NamespaceNodeSelector, PriorityClass, QuotaScope,
    ResourceQuota, RuntimeClass,
};
use crate::model::resources::ResourceList;
use crate::model::wire::meta::{
    KUBE_NODE_SELECTOR, Meta, OPENSHIFT_GROUPS, OPENSHIFT_NODE_SELECTOR, OPENSHIFT_UIDS, Pairs, TOLERATIONS_WHITELIST,
};
use crate::model::wire::selector::{LabelSelector, WireToleration};

/// A namespace.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireNamespace {
    pub metadata: Meta,
}

impl From<WireNamespace> for Namespace {
    fn from(wire: WireNamespace) -> Self {
        let name = wire.metadata.symbol();
        // The API server puts this label on every namespace; a hand-written one lacks it.
        let own = (Symbol::new("kubernetes.io/metadata.name"), name);
        let annotations = &wire.metadata.annotations;
        let written = [KUBE_NODE_SELECTOR, OPENSHIFT_NODE_SELECTOR]
            .into_iter()
            .find_map(|annotation| Some((annotation, annotations.get(annotation)?)));
        let node_selector = written.and_then(|(annotation, text)| {
            let selector = label_selector::parse(text).ok()?;
            Some(NamespaceNodeSelector { annotation: Symbol::new(annotation), text: Symbol::new(text), selector })
        });
        Namespace {
            name,
            labels: wire.metadata.labels().with([own]),
            terminating: wire.metadata.deletion_timestamp.0.is_some(),
            uid_range: annotations.get(OPENSHIFT_UIDS).and_then(block),
            group_range: annotations.get(OPENSHIFT_GROUPS).and_then(block),
            restricts_tolerations: annotations.get(TOLERATIONS_WHITELIST).is_some(),
            node_selector,
        }
    }
}

/// The first block of a list: `1000700000/10000` (first and size) or `1000700000-1000709999` (`ParseBlock`,
/// openshift/library-go `pkg/security/uid/uid.go`).
fn block(text: &str) -> Option<(i64, i64)> {
    let text = text.split(',').next().unwrap_or_default();
    match (text.split_once('/'), text.split_once('-')) {
        (Some((first, size)), _) => {
            let (first, size): (i64, i64) = (first.trim().parse().ok()?, size.trim().parse().ok()?);
            Some((first, first.checked_add(size)?.checked_sub(1)?)).filter(|(least, most)| least <= most)
        }
        (None, Some((first, last))) => Some((first.trim().parse().ok()?, last.trim().parse().ok()?)),
        (None, None) => None,
    }
}

/// A priority class.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WirePriorityClass {
    pub metadata: Meta,
    value: Nullable<i32>,
    global_default: Nullable<bool>,
    preemption_policy: Option<Symbol>,
}

impl From<WirePriorityClass> for PriorityClass {
    fn from(wire: WirePriorityClass) -> Self {
        PriorityClass {
            name: wire.metadata.symbol(),
            value: wire.value.0,
            global_default: wire.global_default.0,
            preempts_never: wire.preemption_policy.is_some_and(|p| p == *"Never"),
        }
    }
}

/// A runtime class.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireRuntimeClass {
    pub metadata: Meta,
    handler: Nullable<Symbol>,
    overhead: Nullable<WireOverhead>,
    scheduling: Nullable<WireScheduling>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireOverhead {
    pod_fixed: ResourceList,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireScheduling {
    node_selector: Pairs,
    tolerations: Nullable<Vec<WireToleration>>,
}

impl From<WireRuntimeClass> for RuntimeClass {
    fn from(wire: WireRuntimeClass) -> Self {
        RuntimeClass {
            name: wire.metadata.symbol(),
            handler: wire.handler.0,
            overhead: wire.overhead.0.pod_fixed,
            node_selector: wire.scheduling.0.node_selector.0,
            tolerations: wire.scheduling.0.tolerations.0.into_iter().map(Into::into).collect(),
        }
    }
}

/// A limit range.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireLimitRange {
    pub metadata: Meta,
    spec: Nullable<WireLimitRangeSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireLimitRangeSpec {
    limits: Nullable<Vec<WireLimit>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireLimit {
    #[serde(rename = "type")]
    kind: Nullable<String>,
    max: ResourceList,
    min: ResourceList,
    default: ResourceList,
    default_request: ResourceList,
    max_limit_request_ratio: ResourceList,
}

impl From<WireLimitRange> for LimitRange {
    fn from(wire: WireLimitRange) -> Self {
        LimitRange {
            namespace: wire.metadata.namespace.0,
            name: wire.metadata.symbol(),
            limits: wire.spec.0.limits.0.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<WireLimit> for Limit {
    fn from(wire: WireLimit) -> Self {
        Limit {
            kind: match wire.kind.as_str() {
                "Container" => LimitKind::Container,
                "Pod" => LimitKind::Pod,
                "PersistentVolumeClaim" => LimitKind::Claim,
                _ => LimitKind::Other,
            },
            max: wire.max,
            min: wire.min,
            default_limit: wire.default,
            default_request: wire.default_request,
            max_ratio: wire.max_limit_request_ratio,
        }
        .with_defaults()
    }
}

/// A resource quota.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireQuota {
    pub metadata: Meta,
    spec: Nullable<WireQuotaSpec>,
    status: Nullable<WireQuotaStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireQuotaSpec {
    hard: ResourceList,
    scopes: Nullable<Vec<Symbol>>,
    scope_selector: Nullable<WireScopeSelector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireScopeSelector {
    match_expressions: Nullable<Vec<WireScopeExpression>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireScopeExpression {
    scope_name: Nullable<Symbol>,
    operator: Nullable<Symbol>,
    values: Nullable<Vec<Symbol>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireQuotaStatus {
    hard: ResourceList,
    used: ResourceList,
}

impl From<WireQuota> for ResourceQuota {
    fn from(wire: WireQuota) -> Self {
        let spec = wire.spec.0;
        let plain = spec.scopes.0.into_iter().map(|name| scope(name, Operator::Exists));
        let selected = spec.scope_selector.0.match_expressions.0.into_iter().map(|expression| {
            let values = expression.values.0.into_boxed_slice();
            let operator = match expression.operator.as_str() {
                "In" => Operator::In(values),
                "NotIn" => Operator::NotIn(values),
                "DoesNotExist" => Operator::DoesNotExist,
                _ => Operator::Exists,
            };
            scope(expression.scope_name.0, operator)
        });
        ResourceQuota {
            namespace: wire.metadata.namespace.0,
            name: wire.metadata.symbol(),
            hard: wire.status.0.hard,
            used: wire.status.0.used,
            wanted: spec.hard,
            scopes: plain.chain(selected).collect(),
        }
    }
}

fn scope(name: Symbol, operator: Operator) -> QuotaScope {
    match name.as_str() {
        "Terminating" => QuotaScope::Terminating,
        "NotTerminating" => QuotaScope::NotTerminating,
        "BestEffort" => QuotaScope::BestEffort,
        "NotBestEffort" => QuotaScope::NotBestEffort,
        "CrossNamespacePodAffinity" => QuotaScope::CrossNamespacePodAffinity,
        "PriorityClass" => QuotaScope::PriorityClass(operator),
        "VolumeAttributesClass" => QuotaScope::VolumeAttributesClass(operator),
        _ => QuotaScope::Unknown(name),
    }
}

/// A service account, of which the name and the pull secrets matter.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireServiceAccount {
    pub metadata: Meta,
    image_pull_secrets: Nullable<Vec<WireSecretName>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireSecretName {
    name: Nullable<Symbol>,
}

impl WireServiceAccount {
    /// The names of the Secrets that pods of the account pull images with.
    pub fn pull_secrets(&self) -> Box<[Symbol]> {
        self.image_pull_secrets.iter().map(|secret| secret.name.0).collect()
    }
}

/// A disruption budget.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireBudget {
    pub metadata: Meta,
    spec: Nullable<WireBudgetSpec>,
    status: Nullable<WireBudgetStatus>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireBudgetSpec {
    selector: Option<LabelSelector>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireBudgetStatus {
    disruptions_allowed: Nullable<i32>,
}

impl From<WireBudget> for DisruptionBudget {
    fn from(wire: WireBudget) -> Self {
        DisruptionBudget {
            namespace: wire.metadata.namespace.0,
            selector: wire.spec.0.selector.map(Into::into),
            allowed: wire.status.0.disruptions_allowed.0,
        }
    }
}
