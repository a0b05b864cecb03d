//! Webhooks, admission policies and what stands behind Services.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::admission_hook::{AdmissionPolicy, HookRule, HookScope, PolicyBinding, ServiceEndpoints, Webhook};
use crate::model::labels::Selector;
use crate::model::nullable::Nullable;
use crate::model::wire::meta::Meta;
use crate::model::wire::selector::LabelSelector;

/// A list whose items are not looked at.
type Any = Nullable<Vec<serde::de::IgnoredAny>>;

/// A ValidatingWebhookConfiguration or MutatingWebhookConfiguration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireWebhooks {
    pub metadata: Meta,
    webhooks: Nullable<Vec<WireWebhook>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireWebhook {
    name: Nullable<Symbol>,
    failure_policy: Option<Symbol>,
    client_config: Nullable<WireClient>,
    rules: Nullable<Vec<WireRule>>,
    namespace_selector: Option<LabelSelector>,
    object_selector: Option<LabelSelector>,
    match_conditions: Any,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireClient {
    service: Option<WireService>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireService {
    name: Nullable<Symbol>,
    namespace: Nullable<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireRule {
    operations: Nullable<Vec<Symbol>>,
    api_groups: Nullable<Vec<Symbol>>,
    api_versions: Nullable<Vec<Symbol>>,
    resources: Nullable<Vec<Symbol>>,
    scope: Option<Symbol>,
    resource_names: Any,
}

impl From<WireRule> for HookRule {
    fn from(wire: WireRule) -> Self {
        HookRule {
            operations: wire.operations.0,
            groups: wire.api_groups.0,
            versions: wire.api_versions.0,
            resources: wire.resources.0,
            scope: wire.scope,
            has_names: !wire.resource_names.is_empty(),
        }
    }
}

fn selector(wire: Option<LabelSelector>) -> Selector {
    wire.map(Into::into).unwrap_or_default()
}

/// Whether a failure policy denies; it is Fail where the field is missing.
fn fails(policy: Option<Symbol>) -> bool {
    policy.is_none_or(|policy| policy != *"Ignore")
}

impl WireWebhooks {
    /// The webhooks.
    pub fn narrow(self, mutates: bool) -> Vec<Webhook> {
        let configuration = self.metadata.symbol();
        let webhook = |wire: WireWebhook| Webhook {
            configuration,
            name: wire.name.0,
            mutates,
            fails: fails(wire.failure_policy),
            is_conditional: !wire.match_conditions.is_empty(),
            service: wire.client_config.0.service.map(|service| (service.namespace.0, service.name.0)),
            scope: HookScope {
                // A webhook without rules is asked about nothing.
                rules: Some(wire.rules.0.into_iter().map(Into::into).collect()),
                excluded: Vec::new(),
                namespaces: selector(wire.namespace_selector),
                objects: selector(wire.object_selector),
            },
        };
        self.webhooks.0.into_iter().map(webhook).collect()
    }
}

/// A ValidatingAdmissionPolicy or MutatingAdmissionPolicy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireAdmissionPolicy {
    pub metadata: Meta,
    spec: Nullable<WirePolicySpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WirePolicySpec {
    failure_policy: Option<Symbol>,
    match_constraints: Nullable<WireMatch>,
    match_conditions: Any,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireMatch {
    resource_rules: Nullable<Vec<WireRule>>,
    exclude_resource_rules: Nullable<Vec<WireRule>>,
    namespace_selector: Option<LabelSelector>,
    object_selector: Option<LabelSelector>,
}

impl From<WireMatch> for HookScope {
    fn from(wire: WireMatch) -> Self {
        let rules = |wire: Nullable<Vec<WireRule>>| wire.0.into_iter().map(HookRule::from).collect::<Vec<_>>();
        HookScope {
            rules: Some(rules(wire.resource_rules)).filter(|rules| !rules.is_empty()),
            excluded: rules(wire.exclude_resource_rules),
            namespaces: selector(wire.namespace_selector),
            objects: selector(wire.object_selector),
        }
    }
}

impl WireAdmissionPolicy {
    /// The policy.
    pub fn narrow(self, mutates: bool) -> AdmissionPolicy {
        let name = self.metadata.symbol();
        let spec = self.spec.0;
        AdmissionPolicy {
            name,
            mutates,
            fails: fails(spec.failure_policy),
            is_conditional: !spec.match_conditions.is_empty(),
            scope: spec.match_constraints.0.into(),
        }
    }
}

/// The binding of a policy.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WirePolicyBinding {
    pub metadata: Meta,
    spec: Nullable<WireBindingSpec>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireBindingSpec {
    policy_name: Nullable<Symbol>,
    validation_actions: Nullable<Vec<Symbol>>,
    match_resources: Nullable<WireMatch>,
    param_ref: Nullable<WireParam>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireParam {
    name: Option<Symbol>,
}

impl WirePolicyBinding {
    /// The binding.
    pub fn narrow(self, mutates: bool) -> PolicyBinding {
        let spec = self.spec.0;
        PolicyBinding {
            policy: spec.policy_name.0,
            mutates,
            denies: mutates || spec.validation_actions.iter().any(|action| *action == *"Deny"),
            param: spec.param_ref.0.name,
            scope: spec.match_resources.0.into(),
        }
    }
}

/// A part of what stands behind a Service.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct WireEndpointSlice {
    pub metadata: Meta,
    endpoints: Nullable<Vec<WireEndpoint>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEndpoint {
    conditions: Nullable<WireEndpointConditions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEndpointConditions {
    ready: Option<bool>,
    serving: Option<bool>,
}

impl WireEndpointSlice {
    /// The Service, by namespace and name, and its endpoints; `None` for a slice of no Service. An endpoint that does not
    /// say otherwise is ready; kube-proxy falls back to terminating endpoints that serve.
    pub fn narrow(self) -> Option<((Symbol, Symbol), ServiceEndpoints)> {
        let service = self.metadata.labels().get(Symbol::new("kubernetes.io/service-name"))?;
        let serves = |endpoint: &&WireEndpoint| {
            endpoint.conditions.0.ready.unwrap_or(true) || endpoint.conditions.0.serving == Some(true)
        };
        let serving = self.endpoints.iter().filter(serves).count();
        Some(((self.metadata.namespace.0, service), ServiceEndpoints { serving }))
    }
}
