//! Whether a role grants a request, and a binding a role to an account: plugin/pkg/auth/authorizer/rbac/rbac.go,
//! pkg/apis/rbac/v1/evaluation_helpers.go and pkg/registry/rbac/validation/rule.go, v1.36. Rules only ever grant.

use crate::model::Symbol;
use crate::model::rbac::{Binding, PolicyRule, RoleSubject, SubjectKind};

/// What a ServiceAccount asks of the API server.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The account's namespace.
    pub account_namespace: Symbol,
    /// The account.
    pub account: Symbol,
    /// The verb.
    pub verb: &'a str,
    /// The API group; empty for the core group.
    pub group: &'a str,
    /// The resource with its subresource, or a path, which begins with `/`.
    pub resource: &'a str,
    /// The object's name; `None` for requests about many, and for those that create one.
    pub name: Option<&'a str>,
    /// The namespace; `None` for the scope of the cluster.
    pub namespace: Option<Symbol>,
}

/// Whether a rule grants a request (`RuleAllows`).
pub fn allows(rule: &PolicyRule, request: &Request<'_>) -> bool {
    if request.resource.starts_with('/') {
        return has(&rule.verbs, request.verb) && rule.urls.iter().any(|url| covers_path(url, request.resource));
    }
    is_about(rule, request)
        && has(&rule.verbs, request.verb)
        && (rule.names.is_empty() || rule.names.iter().any(|name| Some(name.as_str()) == request.name))
}

/// Whether a rule is about the group and the resource of a request, whatever its verbs and names.
pub fn is_about(rule: &PolicyRule, request: &Request<'_>) -> bool {
    has(&rule.groups, request.group) && rule.resources.iter().any(|resource| covers(resource, request.resource))
}

/// Whether a binding grants its role to the account of a request (`appliesTo`).
pub fn applies_to(binding: &Binding, request: &Request<'_>) -> bool {
    binding.subjects.iter().any(|subject| is_account(subject, binding, request))
}

/// Whether a subject is the account of a request. An account is in three groups (`MakeGroupNames`,
/// apiserver/pkg/authentication/serviceaccount/util.go, and `system:authenticated`).
fn is_account(subject: &RoleSubject, binding: &Binding, request: &Request<'_>) -> bool {
    let (namespace, account) = (request.account_namespace, request.account);
    let of_account = |prefix: &str| subject.name.as_str().strip_prefix(prefix);
    match subject.kind {
        SubjectKind::ServiceAccount => {
            subject.name == account && subject.namespace.or(binding.namespace) == Some(namespace)
        }
        SubjectKind::User => {
            let named = of_account("system:serviceaccount:").and_then(|name| name.split_once(':'));
            named == Some((namespace.as_str(), account.as_str()))
        }
        SubjectKind::Group => {
            matches!(subject.name.as_str(), "system:serviceaccounts" | "system:authenticated")
                || of_account("system:serviceaccounts:") == Some(namespace.as_str())
        }
        SubjectKind::Other => false,
    }
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|item| item == "*" || item == wanted)
}

/// `ResourceMatches`: `pods` does not cover `pods/log`, `*` and `*/log` do.
fn covers(written: &str, resource: &str) -> bool {
    let subresource = resource.split_once('/').map(|(_, subresource)| subresource);
    written == "*" || written == resource || subresource.is_some() && written.strip_prefix("*/") == subresource
}

/// `NonResourceURLMatches`.
fn covers_path(written: &str, path: &str) -> bool {
    let prefix = written.ends_with('*').then(|| written.trim_end_matches('*'));
    written == path || prefix.is_some_and(|prefix| path.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::rbac::RoleKind;

    const fn request<'a>(verb: &'a str, group: &'a str, resource: &'a str, name: Option<&'a str>) -> Asked<'a> {
        Asked { verb, group, resource, name }
    }

    struct Asked<'a> {
        verb: &'a str,
        group: &'a str,
        resource: &'a str,
        name: Option<&'a str>,
    }

    fn whole<'a>(asked: &Asked<'a>) -> Request<'a> {
        Request {
            account_namespace: "agents".into(),
            account: "agent".into(),
            verb: asked.verb,
            group: asked.group,
            resource: asked.resource,
            name: asked.name,
            namespace: None,
        }
    }

    fn rule(verbs: &[&str], groups: &[&str], resources: &[&str], names: &[&str], urls: &[&str]) -> PolicyRule {
        let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        PolicyRule {
            verbs: list(verbs),
            groups: list(groups),
            resources: list(resources),
            names: list(names),
            urls: list(urls),
        }
    }

    #[test]
    fn a_rule_grants_what_it_names() {
        for (rule, asked, expected) in [
            (rule(&["get"], &[""], &["pods"], &[], &[]), request("get", "", "pods", None), true),
            (rule(&["get"], &[""], &["pods"], &[], &[]), request("list", "", "pods", None), false),
            (rule(&["*"], &["*"], &["*"], &[], &[]), request("list", "apps", "daemonsets/status", None), true),
            (rule(&["get"], &["apps"], &["pods"], &[], &[]), request("get", "", "pods", None), false),
            (rule(&["get"], &[""], &["pods"], &[], &[]), request("get", "", "pods/log", None), false),
            (rule(&["get"], &[""], &["*/log"], &[], &[]), request("get", "", "pods/log", None), true),
            (rule(&["get"], &[""], &["*/log"], &[], &[]), request("get", "", "log", None), false),
            (rule(&["get"], &[""], &["pods/*"], &[], &[]), request("get", "", "pods/log", None), false),
            (rule(&["get"], &[""], &["pods"], &["a"], &[]), request("get", "", "pods", Some("a")), true),
            (rule(&["get"], &[""], &["pods"], &["a"], &[]), request("get", "", "pods", Some("b")), false),
            (rule(&["list"], &[""], &["pods"], &["a"], &[]), request("list", "", "pods", None), false),
            (rule(&["get"], &[], &[], &[], &["/metrics"]), request("get", "", "/metrics", None), true),
            (rule(&["get"], &[], &[], &[], &["/healthz/*"]), request("get", "", "/healthz/ping", None), true),
            (rule(&["get"], &[], &[], &[], &["/healthz/*"]), request("get", "", "/healthz", None), false),
            (rule(&["get"], &["*"], &["*"], &[], &[]), request("get", "", "/metrics", None), false),
        ] {
            assert_eq!(allows(&rule, &whole(&asked)), expected, "{rule:?} {} {}", asked.verb, asked.resource);
        }
    }

    #[test]
    fn a_binding_applies_to_its_subjects() {
        use SubjectKind::{Group, Other, ServiceAccount, User};
        let binding = |namespace: Option<&str>, kind, of: Option<&str>, name: &str| Binding {
            namespace: namespace.map(Into::into),
            name: "b".into(),
            role_kind: RoleKind::ClusterRole,
            role: "r".into(),
            subjects: vec![RoleSubject { kind, namespace: of.map(Into::into), name: name.into() }],
        };
        for (binding, expected) in [
            (binding(None, ServiceAccount, Some("agents"), "agent"), true),
            (binding(None, ServiceAccount, Some("other"), "agent"), false),
            (binding(None, ServiceAccount, None, "agent"), false),
            (binding(Some("agents"), ServiceAccount, None, "agent"), true),
            (binding(Some("other"), ServiceAccount, None, "agent"), false),
            (binding(None, User, None, "system:serviceaccount:agents:agent"), true),
            (binding(None, User, None, "agent"), false),
            (binding(None, Group, None, "system:serviceaccounts"), true),
            (binding(None, Group, None, "system:serviceaccounts:agents"), true),
            (binding(None, Group, None, "system:serviceaccounts:other"), false),
            (binding(None, Group, None, "system:authenticated"), true),
            (binding(None, Other, Some("agents"), "agent"), false),
        ] {
            let applies = applies_to(&binding, &whole(&request("get", "", "pods", None)));
            assert_eq!(applies, expected, "{binding:?}");
        }
    }
}
