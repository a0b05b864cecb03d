//! Webhooks and policies that the API server asks about an object.

use crate::model::labels::Selector;
use crate::model::{Labels, Symbol};

/// Which requests a webhook or a policy is about.
#[derive(Debug, Clone, Default)]
pub struct HookScope {
    /// Rules of which one must match; `None` where there is no such field, which matches everything.
    pub rules: Option<Vec<HookRule>>,
    /// Rules of which none may match.
    pub excluded: Vec<HookRule>,
    /// The namespaces that are meant.
    pub namespaces: Selector,
    /// The objects that are meant.
    pub objects: Selector,
}

/// One rule.
#[derive(Debug, Clone, Default)]
pub struct HookRule {
    /// Operations, or `*`.
    pub operations: Vec<Symbol>,
    /// API groups, or `*`.
    pub groups: Vec<Symbol>,
    /// API versions, or `*`.
    pub versions: Vec<Symbol>,
    /// Resources, with or without a subresource.
    pub resources: Vec<Symbol>,
    /// `Cluster`, `Namespaced` or `*`.
    pub scope: Option<Symbol>,
    /// Whether it names single objects.
    pub has_names: bool,
}

/// A webhook of a configuration.
#[derive(Debug, Clone, Default)]
pub struct Webhook {
    /// The configuration.
    pub configuration: Symbol,
    /// The webhook.
    pub name: Symbol,
    /// Whether it may change objects.
    pub mutates: bool,
    /// Whether objects are denied where it cannot be called (`failurePolicy: Fail`).
    pub fails: bool,
    /// Whether expressions may leave an object out (`matchConditions`).
    pub is_conditional: bool,
    /// Its Service, by namespace and name, unless it has a URL.
    pub service: Option<(Symbol, Symbol)>,
    /// What it is asked about.
    pub scope: HookScope,
}

/// A ValidatingAdmissionPolicy or MutatingAdmissionPolicy.
#[derive(Debug, Clone, Default)]
pub struct AdmissionPolicy {
    /// Its name.
    pub name: Symbol,
    /// Whether it changes objects.
    pub mutates: bool,
    /// Whether a failure of its expressions denies the object.
    pub fails: bool,
    /// Whether expressions may leave an object out (`matchConditions`).
    pub is_conditional: bool,
    /// What it is about.
    pub scope: HookScope,
}

/// What puts a policy into force.
#[derive(Debug, Clone, Default)]
pub struct PolicyBinding {
    /// The policy.
    pub policy: Symbol,
    /// Whether it is the binding of a MutatingAdmissionPolicy.
    pub mutates: bool,
    /// Whether a violation denies the object, rather than warns.
    pub denies: bool,
    /// The parameters that it names (`paramRef.name`).
    pub param: Option<Symbol>,
    /// What it is about, of what the policy is about.
    pub scope: HookScope,
}

/// What stands behind a Service.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServiceEndpoints {
    /// How many of its endpoints take connections: ready ones, and terminating ones that still serve.
    pub serving: usize,
}

impl HookScope {
    /// Whether the API server asks about a new pod with these labels in a namespace with those
    /// (`ShouldCallHook`, k8s.io/apiserver pkg/admission/plugin/webhook/generic/webhook.go, and `Matches`,
    /// pkg/admission/plugin/policy/matching/matching.go, v0.36). Pods have one API version, so that `matchPolicy` decides
    /// nothing.
    pub fn catches_pod(&self, namespace: &Labels, pod: &Labels) -> bool {
        self.namespaces.matches(namespace)
            && self.objects.matches(pod)
            && !self.excluded.iter().any(HookRule::matches_new_pod)
            && self.rules.as_ref().is_none_or(|rules| rules.iter().any(HookRule::matches_new_pod))
    }
}

impl HookRule {
    /// Whether it matches the creation of a pod whose name nobody knows
    /// (k8s.io/apiserver pkg/admission/plugin/webhook/predicates/rules/rules.go v0.36).
    fn matches_new_pod(&self) -> bool {
        let has =
            |list: &[Symbol], wanted: &str| list.iter().any(|item| matches!(item.as_str(), "*") || *item == *wanted);
        let is_pods = |resource: &Symbol| {
            let (name, subresource) = resource.as_str().split_once('/').unwrap_or((resource.as_str(), ""));
            matches!(name, "*" | "pods") && matches!(subresource, "" | "*")
        };
        let is_namespaced = self.scope.is_none_or(|scope| matches!(scope.as_str(), "*" | "Namespaced"));
        is_namespaced
            && !self.has_names
            && has(&self.operations, "CREATE")
            && has(&self.groups, "")
            && has(&self.versions, "v1")
            && self.resources.iter().any(is_pods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(group: &str, version: &str, operation: &str, resource: &str, scope: &str) -> HookRule {
        let scope = (!scope.is_empty()).then(|| scope.into());
        let [groups, versions, operations, resources] = [group, version, operation, resource].map(|s| vec![s.into()]);
        HookRule { operations, groups, versions, resources, scope, has_names: false }
    }

    #[test]
    fn rules_catch_new_pods_by_wildcards_too() {
        for (group, version, operation, resource, scope, expected) in [
            ("", "v1", "CREATE", "pods", "", true),
            ("*", "*", "*", "*", "*", true),
            ("*", "*", "*", "*/*", "Namespaced", true),
            ("", "v1", "CREATE", "pods/*", "", true),
            ("", "v1", "CREATE", "pods/ephemeralcontainers", "", false),
            ("", "v1", "CREATE", "*/status", "", false),
            ("", "v1", "CREATE", "pods", "Cluster", false),
            ("", "v1", "UPDATE", "pods", "", false),
            ("apps", "v1", "CREATE", "pods", "", false),
            ("", "v2", "CREATE", "pods", "", false),
        ] {
            let found = rule(group, version, operation, resource, scope).matches_new_pod();
            assert_eq!(found, expected, "{group} {version} {operation} {resource} {scope}");
        }
    }

    #[test]
    fn excluded_rules_and_names_leave_pods_out() {
        let pods = || rule("", "v1", "CREATE", "pods", "");
        let none = Labels::default();
        let scope = |rules, excluded| HookScope { rules, excluded, ..HookScope::default() };
        assert!(scope(None, vec![]).catches_pod(&none, &none));
        assert!(scope(Some(vec![pods()]), vec![]).catches_pod(&none, &none));
        assert!(!scope(Some(vec![]), vec![]).catches_pod(&none, &none));
        assert!(!scope(None, vec![pods()]).catches_pod(&none, &none));
        let named = HookRule { has_names: true, ..pods() };
        assert!(!scope(Some(vec![named]), vec![]).catches_pod(&none, &none));
    }
}
