//! What the API server says when it forbids a request (`NewForbidden` and `authorizer` reasons in
//! `apiserver/pkg/endpoints/handlers/responsewriters/errors.go` v1.36, `forbiddenMessage`).

use crate::model::rbac::RoleKind;

/// A request that the API server forbade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// The user name.
    pub user: String,
    /// The verb.
    pub verb: String,
    /// The resource with its subresource: `nodes`, `pods/log`; or a path, which begins with `/`.
    pub resource: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The namespace; `None` for a request at the scope of the cluster.
    pub namespace: Option<String>,
    /// The name of the object, if the request is about one.
    pub name: Option<String>,
    /// The kind and the name of a role that a binding of the user names and that does not exist.
    pub missing_role: Option<(RoleKind, String)>,
}

impl Forbidden {
    /// The namespace and the name of the ServiceAccount, if the user is one.
    pub fn account(&self) -> Option<(&str, &str)> {
        self.user.strip_prefix("system:serviceaccount:")?.split_once(':')
    }
}

/// Reads `R.G "NAME" is forbidden: User "U" cannot VERB resource "R" in API group "G" in the namespace "N"`, the form for
/// paths (`cannot get path "/metrics"`), and the form without quotes around the resource that servers before v1.12 wrote.
/// Behind it RBAC names roles that bindings refer to and that do not exist.
pub fn forbidden(line: &str) -> Option<Forbidden> {
    // A message inside of another one has its quotes escaped, once or twice.
    let line = line.replace('\\', "");
    let (before, rest) = line.split_once("forbidden: User \"")?;
    let name = before.strip_suffix("\" is ").and_then(|before| before.rsplit_once('"')).map(|(_, name)| name);
    let (user, rest) = rest.split_once('"')?;
    let rest = rest.trim_start().strip_prefix("cannot ")?;
    let (verb, rest) = rest.split_once(' ')?;
    let (resource, group, rest) = if let Some(rest) = rest.strip_prefix("path \"") {
        let (path, rest) = rest.split_once('"').filter(|(path, _)| path.starts_with('/'))?;
        (path, "", rest)
    } else if let Some(rest) = rest.strip_prefix("resource \"") {
        let (resource, rest) = rest.split_once('"')?;
        let group = rest.trim_start().strip_prefix("in API group \"");
        let (group, rest) = group.and_then(|rest| rest.split_once('"')).unwrap_or(("", rest));
        (resource, group, rest)
    } else {
        let (whole, rest) = rest.split_once(' ')?;
        let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
        (resource, group, rest)
    };
    let namespace = rest.trim_start().strip_prefix("in the namespace \"").and_then(|rest| rest.split_once('"'));
    let is_word =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-./*_".contains(c));
    (is_word(resource) && is_word(verb)).then(|| Forbidden {
        user: user.to_owned(),
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        group: group.to_owned(),
        namespace: namespace.map(|(namespace, _)| namespace.to_owned()),
        name: name.filter(|name| !name.is_empty()).map(str::to_owned),
        missing_role: missing_role(rest),
    })
}

/// Reads `RBAC: clusterrole.rbac.authorization.k8s.io "R" not found`, of several the first.
fn missing_role(text: &str) -> Option<(RoleKind, String)> {
    let (_, text) = text.split_once("RBAC: ")?;
    let (before, rest) = text.split_once("role.rbac.authorization.k8s.io \"")?;
    let (name, rest) = rest.split_once('"')?;
    let kind = if before.ends_with("cluster") { RoleKind::ClusterRole } else { RoleKind::Role };
    rest.starts_with(" not found").then(|| (kind, name.to_owned()))
}
