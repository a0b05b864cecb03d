//! Words a rule that an account lacks, and which object should grant it.

use crate::explain::next_step;
use crate::explain::units::some;
use crate::findings::cause::{Gap, MissingRule, NearRule, RbacName};
use crate::report::{Note, NoteKind};

/// Most verbs or names of a rule that are listed.
const MAX_LISTED: usize = 5;

/// Returns the clause that names the missing rule and the object that should grant it.
pub(crate) fn because(rule: &MissingRule) -> String {
    let what = format!("{} on {}", rule.verb, resource(rule));
    let (scope, account) = (scope(rule), account(rule));
    match &rule.gap {
        Some(Gap::RoleLacksRule { role, .. }) => {
            format!("{}, bound to {account}, does not grant {what} {scope}", named(role))
        }
        Some(Gap::RoleDoesNotExist { binding, role, is_proven }) => {
            let binding = binding.as_ref().map_or_else(|| "a binding".to_owned(), named);
            let state = if *is_proven { "does not exist" } else { "is not in the source" };
            let role = named(role);
            format!("{binding} refers to {role}, which {state}: {account} lacks {what} {scope}")
        }
        Some(Gap::OtherScope { binding, .. }) => {
            let only = binding.namespace.as_deref().unwrap_or_default();
            format!("{} grants {what} to {account} in namespace {only} only, not {scope}", named(binding))
        }
        Some(Gap::OtherSubject { binding, subject, .. }) => {
            format!("{} grants {what} to {}, not to {account}", named(binding), named(subject))
        }
        Some(Gap::GrantedNow { binding }) => {
            format!("{account} lacked {what} {scope}, which {} grants now", named(binding))
        }
        Some(Gap::NotBound { .. }) | None => {
            let roles = if rule.namespace.is_some() { "no Role or ClusterRole" } else { "no ClusterRole" };
            format!("{roles} grants {what} {scope} to {account}")
        }
    }
}

/// Returns what to do about it, with the command that confirms it.
pub(crate) fn advice(rule: &MissingRule) -> Vec<Option<Note>> {
    let next = |text: String| Some(Note::new(NoteKind::Advice, text));
    let needed = needed(rule);
    let account = account(rule);
    let (role_kind, binding_kind) = match &rule.namespace {
        Some(_) => ("Role", "RoleBinding"),
        None => ("ClusterRole", "ClusterRoleBinding"),
    };
    let place = rule.namespace.as_ref().map(|namespace| format!(" in namespace {namespace}")).unwrap_or_default();
    let mut notes = match &rule.gap {
        Some(Gap::RoleLacksRule { role, is_aggregated, near }) => {
            let change = match is_aggregated {
                true => format!(
                    "add the rule {needed} to a ClusterRole that the aggregationRule of {} selects: a controller \
                     overwrites the rules of {} itself",
                    named(role),
                    role.name
                ),
                false => format!("add the rule {needed} to {}", named(role)),
            };
            vec![near.as_ref().map(|near| near_miss(near, role, rule)), next(change)]
        }
        Some(Gap::RoleDoesNotExist { binding, role, .. }) => {
            let recreate = binding.as_ref().map(|binding| {
                Note::from(format!("roleRef cannot be changed: another role requires a new {}", binding.object_kind))
            });
            vec![next(format!("create {} with the rule {needed}, or bind a role that exists", named(role))), recreate]
        }
        Some(Gap::OtherScope { binding, role }) => {
            let is_bound_elsewhere = role.object_kind == "ClusterRole";
            let change = match (&rule.namespace, is_bound_elsewhere) {
                (_, true) => format!("bind {} with a {binding_kind}{place} to {account}", named(role)),
                (None, false) => format!(
                    "bind a ClusterRole with the rule {needed} with a ClusterRoleBinding to {account}, or let the program \
                     ask for namespace {} only",
                    binding.namespace.as_deref().unwrap_or_default()
                ),
                (Some(_), false) => format!("bind a Role with the rule {needed}{place} to {account}"),
            };
            vec![next(change)]
        }
        Some(Gap::OtherSubject { binding, subject, is_absent }) => {
            let absent = is_absent.then(|| Note::new(NoteKind::NearMiss, format!("{} does not exist", named(subject))));
            let is_beside = subject.object_kind == "ServiceAccount"
                && !is_absent
                && subject.namespace.as_deref() == Some(rule.account_namespace.as_str());
            let other = match is_beside {
                true => format!(", or set serviceAccountName: {} in the template", subject.name),
                false => String::new(),
            };
            let entry =
                format!("{{kind: ServiceAccount, name: {}, namespace: {}}}", rule.account, rule.account_namespace);
            vec![absent, next(format!("add {entry} to the subjects of {}{other}", named(binding)))]
        }
        Some(Gap::GrantedNow { .. }) => {
            vec![Some(Note::from(
                "the log is older than the grant; the next start of the container has the permission",
            ))]
        }
        Some(Gap::NotBound { role: Some(role) }) => {
            vec![next(format!(
                "bind {}, to which no binding refers, with a {binding_kind}{place} to {account}",
                named(role)
            ))]
        }
        Some(Gap::NotBound { role: None }) | None => {
            vec![next(format!("bind a {role_kind} with the rule {needed}{place} to {account}"))]
        }
    };
    notes.push(next_step::can_i(rule));
    notes
}

fn near_miss(near: &NearRule, role: &RbacName, rule: &MissingRule) -> Note {
    let name = &role.name;
    let text = match near {
        NearRule::Names { names } => {
            let many = match &rule.name {
                Some(_) => String::new(),
                None => format!(": resourceNames do not apply to {}", rule.verb),
            };
            format!("a rule of {name} grants {} for the names {}{many}", rule.verb, some(names, MAX_LISTED))
        }
        NearRule::Verbs { verbs } => format!("a rule of {name} grants {} on it", some(verbs, MAX_LISTED)),
        NearRule::Group { group } => {
            format!("a rule of {name} has {} in API group \"{group}\", not \"{}\"", rule.resource, rule.group)
        }
        NearRule::Subresource { resource } => {
            format!("a rule of {name} has {resource}, which does not cover {}", rule.resource)
        }
    };
    Note::new(NoteKind::NearMiss, text)
}

/// The smallest rule that grants the request.
fn needed(rule: &MissingRule) -> String {
    let MissingRule { verb, resource, group, .. } = rule;
    match resource.starts_with('/') {
        true => format!("{{nonResourceURLs: [{resource}], verbs: [{verb}]}}"),
        false => format!("{{apiGroups: [\"{group}\"], resources: [{resource}], verbs: [{verb}]}}"),
    }
}

fn account(rule: &MissingRule) -> String {
    format!("ServiceAccount {}/{}", rule.account_namespace, rule.account)
}

fn scope(rule: &MissingRule) -> String {
    match &rule.namespace {
        Some(namespace) => format!("in namespace {namespace}"),
        None => "in the whole cluster".to_owned(),
    }
}

/// `pods/log`, `leases (API group coordination.k8s.io)`.
fn resource(rule: &MissingRule) -> String {
    match rule.group.as_str() {
        "" => rule.resource.clone(),
        group => format!("{} (API group {group})", rule.resource),
    }
}

/// `ClusterRole agent`, `RoleBinding logging/agent`.
fn named(of: &RbacName) -> String {
    match &of.namespace {
        Some(namespace) => format!("{} {namespace}/{}", of.object_kind, of.name),
        None => format!("{} {}", of.object_kind, of.name),
    }
}
