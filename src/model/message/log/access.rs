//! What the API server says when it forbids a request (`NewForbidden` and `authorizer` reasons in
//! `apiserver/pkg/endpoints/handlers/responsewriters/errors.go` v1.36, `forbiddenMessage`).

/// A request that the API server forbade.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forbidden {
    /// The user name.
    pub user: String,
    /// The verb.
    pub verb: String,
    /// The resource with its subresource: `nodes`, `pods/log`.
    pub resource: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The namespace; `None` for a request at the scope of the cluster.
    pub namespace: Option<String>,
}

impl Forbidden {
    /// The namespace and the name of the ServiceAccount, if the user is one.
    pub fn account(&self) -> Option<(&str, &str)> {
        self.user.strip_prefix("system:serviceaccount:")?.split_once(':')
    }
}

/// Reads `User "U" cannot VERB resource "R" in API group "G" in the namespace "N"`, and the form without quotes around
/// the resource that servers before v1.12 wrote.
pub fn forbidden(line: &str) -> Option<Forbidden> {
    // A message inside of another one has its quotes escaped, once or twice.
    let line = line.replace('\\', "");
    let rest = &line[line.find("forbidden: User \"").map(|at| at + "forbidden: User \"".len())?..];
    let (user, rest) = rest.split_once('"')?;
    let rest = rest.trim_start().strip_prefix("cannot ")?;
    let (verb, rest) = rest.split_once(' ')?;
    let (resource, group, rest) = match rest.strip_prefix("resource \"") {
        Some(rest) => {
            let (resource, rest) = rest.split_once('"')?;
            let group = rest.trim_start().strip_prefix("in API group \"");
            let (group, rest) = group.and_then(|rest| rest.split_once('"')).unwrap_or(("", rest));
            (resource, group, rest)
        }
        None => {
            let (whole, rest) = rest.split_once(' ')?;
            let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
            (resource, group, rest)
        }
    };
    let namespace = rest.trim_start().strip_prefix("in the namespace \"").and_then(|rest| rest.split_once('"'));
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-./".contains(c));
    (is_word(resource) && is_word(verb)).then(|| Forbidden {
        user: user.to_owned(),
        verb: verb.to_owned(),
        resource: resource.to_owned(),
        group: group.to_owned(),
        namespace: namespace.map(|(namespace, _)| namespace.to_owned()),
    })
}
