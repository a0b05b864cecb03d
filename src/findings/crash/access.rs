//! Requests that the API server forbids: which role, binding or account is at fault.

use crate::findings::cause::{CrashField, Gap, MissingRule, NearRule, RbacName};
use crate::findings::crash::container::CrashedContainer;
use crate::model::message::log::Forbidden;
use crate::model::rbac::{Binding, PolicyRule, Role, RoleKind, RoleSubject, SubjectKind};
use crate::model::wire::Kind;
use crate::rules::rbac::{Request, allows, applies_to, is_about};
use crate::store::Cluster;

impl CrashedContainer<'_> {
    /// The rule that the account lacks, with the object that should grant it.
    pub fn forbidden(&self, forbidden: &Forbidden) -> Option<CrashField> {
        let (account_namespace, account) = forbidden.account()?;
        let request = Request {
            account_namespace: account_namespace.into(),
            account: account.into(),
            verb: &forbidden.verb,
            group: &forbidden.group,
            resource: &forbidden.resource,
            name: forbidden.name.as_deref(),
            namespace: forbidden.namespace.as_deref().map(Into::into),
        };
        Some(CrashField::Rule(MissingRule {
            account_namespace: account_namespace.to_owned(),
            account: account.to_owned(),
            verb: forbidden.verb.clone(),
            resource: forbidden.resource.clone(),
            group: forbidden.group.clone(),
            namespace: forbidden.namespace.clone(),
            name: forbidden.name.clone(),
            gap: Grants { cluster: self.cluster, request }.gap(forbidden.missing_role.as_ref()),
        }))
    }
}

/// The roles and bindings of a cluster, seen from one request.
struct Grants<'a> {
    cluster: &'a Cluster,
    request: Request<'a>,
}

impl Grants<'_> {
    /// Where the grant ends. What proves the fault comes first, then what is nearest to a grant.
    fn gap(&self, missing: Option<&(RoleKind, String)>) -> Option<Gap> {
        let named = missing.map(|(kind, name)| {
            let names_it = |binding: &&Binding| binding.role_kind == *kind && binding.role.as_str() == name.as_str();
            let binding = self.bindings().into_iter().filter(|binding| self.is_in_scope(binding)).find(names_it);
            let namespace = self.request.namespace.filter(|_| *kind == RoleKind::Role);
            let role = RbacName {
                object_kind: kind.as_str(),
                namespace: namespace.map(|n| n.to_string()),
                name: name.clone(),
            };
            Gap::RoleDoesNotExist { binding: binding.map(name_of), role, is_proven: true }
        });
        let bindings = self.bindings();
        if bindings.is_empty() {
            return named;
        }
        let of_account: Vec<&Binding> =
            bindings.iter().copied().filter(|binding| applies_to(binding, &self.request)).collect();
        let in_scope: Vec<&Binding> = of_account.iter().copied().filter(|binding| self.is_in_scope(binding)).collect();
        if let Some(binding) = in_scope.iter().copied().find(|binding| self.grants(binding)) {
            return Some(Gap::GrantedNow { binding: name_of(binding) });
        }
        let absent = || {
            let binding = in_scope.iter().copied().find(|binding| self.role(binding).is_none())?;
            let kind = if binding.role_kind == RoleKind::Role { Kind::Role } else { Kind::ClusterRole };
            Some(Gap::RoleDoesNotExist {
                binding: Some(name_of(binding)),
                role: role_ref(binding),
                is_proven: self.cluster.coverage(kind).is_whole(),
            })
        };
        let other_scope = || {
            let binding = of_account.iter().copied().find(|binding| self.grants(binding))?;
            Some(Gap::OtherScope { binding: name_of(binding), role: role_ref(binding) })
        };
        named
            .or_else(absent)
            .or_else(other_scope)
            .or_else(|| self.other_subject(&bindings))
            .or_else(|| self.lacking_role(&in_scope))
            .or_else(|| Some(Gap::NotBound { role: self.unbound_role(&bindings) }))
    }

    /// Every binding, by kind, namespace and name.
    fn bindings(&self) -> Vec<&Binding> {
        let mut all: Vec<&Binding> = self.cluster.bindings.values().collect();
        all.sort_by_key(|binding| (binding.namespace.map(|n| n.as_str()), binding.name.as_str()));
        all
    }

    /// Whether a binding grants anything in the scope of the request.
    fn is_in_scope(&self, binding: &Binding) -> bool {
        binding.namespace.is_none() || binding.namespace == self.request.namespace
    }

    fn role(&self, binding: &Binding) -> Option<&Role> {
        let namespace = binding.namespace.filter(|_| binding.role_kind == RoleKind::Role);
        self.cluster.roles.get(&(namespace, binding.role))
    }

    fn grants(&self, binding: &Binding) -> bool {
        self.role(binding).is_some_and(|role| role.rules.iter().any(|rule| allows(rule, &self.request)))
    }

    /// A binding that grants the rule to a subject that is nearly the account: of that name in another namespace or of
    /// another kind, or in the account's namespace one that does not exist or, where the pod names no account, the only
    /// one. Roles that grant everything are bound for other reasons.
    fn other_subject(&self, bindings: &[&Binding]) -> Option<Gap> {
        let request = &self.request;
        let grants = |binding: &&&Binding| {
            let rules = self.role(binding).into_iter().flat_map(|role| &role.rules);
            self.is_in_scope(binding) && rules.filter(|rule| is_specific(rule)).any(|rule| allows(rule, request))
        };
        let granted: Vec<(&Binding, &RoleSubject)> = bindings
            .iter()
            .filter(grants)
            .flat_map(|binding| binding.subjects.iter().map(move |subject| (*binding, subject)))
            .collect();
        let is_account = |subject: &RoleSubject| subject.kind == SubjectKind::ServiceAccount;
        let namespace = |(binding, subject): &(&Binding, &RoleSubject)| subject.namespace.or(binding.namespace);
        let is_absent = |pair: &(&Binding, &RoleSubject)| {
            let key = namespace(pair).map(|namespace| (namespace, pair.1.name));
            is_account(pair.1)
                && self.cluster.coverage(Kind::ServiceAccount).is_whole()
                && key.is_none_or(|key| !self.cluster.service_accounts.contains_key(&key))
        };
        let same_name = |pair: &&(&Binding, &RoleSubject)| pair.1.name == request.account;
        let is_beside =
            |pair: &&(&Binding, &RoleSubject)| is_account(pair.1) && namespace(pair) == Some(request.account_namespace);
        let beside: Vec<_> = granted.iter().filter(is_beside).collect();
        let by_default =
            || beside.first().copied().filter(|_| request.account.as_str() == "default" && beside.len() == 1);
        let absent = || beside.iter().copied().find(|pair| is_absent(pair));
        let found = granted.iter().filter(|pair| is_absent(pair)).find(same_name);
        let found = found.or_else(|| granted.iter().find(same_name)).or_else(absent).or_else(by_default)?;
        let (binding, subject) = found;
        Some(Gap::OtherSubject {
            binding: name_of(binding),
            subject: RbacName {
                object_kind: match subject.kind {
                    SubjectKind::User => "User",
                    SubjectKind::Group => "Group",
                    SubjectKind::ServiceAccount | SubjectKind::Other => "ServiceAccount",
                },
                namespace: namespace(found).filter(|_| is_account(subject)).map(|namespace| namespace.to_string()),
                name: subject.name.to_string(),
            },
            is_absent: is_absent(found),
        })
    }

    /// The role of the account that is nearest to the rule. A ClusterRole that holds everywhere is not the place for a rule
    /// of one namespace, unless it has a rule that nearly grants it.
    fn lacking_role(&self, in_scope: &[&Binding]) -> Option<Gap> {
        let roles = in_scope.iter().filter(|binding| names_account(binding)).filter_map(|binding| {
            let role = self.role(binding).filter(|role| !role.is_built_in)?;
            let near = role.rules.iter().filter_map(|rule| self.near(rule)).min_by_key(|(rank, _)| *rank);
            let is_place = near.is_some() || self.request.namespace == binding.namespace;
            let (rank, near) = near.map_or((u8::MAX, None), |(rank, near)| (rank, Some(near)));
            is_place.then_some((rank, *binding, role, near))
        });
        let (_, binding, role, near) = roles.min_by_key(|(rank, ..)| *rank)?;
        Some(Gap::RoleLacksRule { role: role_ref(binding), is_aggregated: role.is_aggregated, near })
    }

    /// What a rule has instead of what is asked for, and how near that is, 0 the nearest.
    fn near(&self, rule: &PolicyRule) -> Option<(u8, NearRule)> {
        let request = &self.request;
        let has_verb = || rule.verbs.iter().any(|verb| verb == "*" || verb == request.verb);
        if is_about(rule, request) {
            return Some(match has_verb() {
                true => (0, NearRule::Names { names: rule.names.clone() }),
                false => (1, NearRule::Verbs { verbs: rule.verbs.clone() }),
            });
        }
        let has_resource = rule.resources.iter().any(|resource| resource == request.resource);
        if let (true, true, Some(group)) = (has_resource, has_verb(), rule.groups.first()) {
            return Some((2, NearRule::Group { group: group.clone() }));
        }
        let bare = |resource: &str| resource.split('/').next().unwrap_or_default().to_owned();
        let wanted = bare(request.resource);
        let has_group = rule.groups.iter().any(|group| group == "*" || group == request.group);
        let resource = rule.resources.iter().find(|resource| bare(resource) == wanted && !wanted.is_empty());
        let resource = resource.filter(|_| has_group)?;
        Some((3, NearRule::Subresource { resource: resource.clone() }))
    }

    /// The one role with the rule to which no binding refers.
    fn unbound_role(&self, bindings: &[&Binding]) -> Option<RbacName> {
        let request = &self.request;
        let is_bound = |role: &Role| {
            bindings.iter().any(|binding| self.role(binding).is_some_and(|bound| std::ptr::eq(bound, role)))
        };
        let grants = |role: &&Role| {
            (role.namespace.is_none() || role.namespace == request.namespace)
                && !role.is_built_in
                && role.rules.iter().filter(|rule| is_specific(rule)).any(|rule| allows(rule, request))
                && !is_bound(role)
        };
        let mut roles = self.cluster.roles.values().filter(grants);
        let role = roles.next().filter(|_| roles.next().is_none())?;
        let kind = if role.namespace.is_some() { RoleKind::Role } else { RoleKind::ClusterRole };
        Some(RbacName {
            object_kind: kind.as_str(),
            namespace: role.namespace.map(|namespace| namespace.to_string()),
            name: role.name.to_string(),
        })
    }
}

/// Whether a rule names its resources.
fn is_specific(rule: &PolicyRule) -> bool {
    rule.resources.iter().all(|resource| resource != "*") && rule.urls.iter().all(|url| url != "*")
}

/// Whether a binding names accounts one by one: a role of a group is no place for a rule of one account.
fn names_account(binding: &Binding) -> bool {
    binding.subjects.iter().all(|subject| subject.kind != SubjectKind::Group)
}

fn name_of(binding: &Binding) -> RbacName {
    RbacName {
        object_kind: if binding.namespace.is_some() { "RoleBinding" } else { "ClusterRoleBinding" },
        namespace: binding.namespace.map(|namespace| namespace.to_string()),
        name: binding.name.to_string(),
    }
}

fn role_ref(binding: &Binding) -> RbacName {
    let namespace = binding.namespace.filter(|_| binding.role_kind == RoleKind::Role);
    RbacName {
        object_kind: binding.role_kind.as_str(),
        namespace: namespace.map(|namespace| namespace.to_string()),
        name: binding.role.to_string(),
    }
}
