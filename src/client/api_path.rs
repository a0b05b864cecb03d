//! The one place where URLs of the API are built: from segments and query pairs, each percent-encoded.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::{Error, Result};

/// What stands in a query as it is: the unreserved characters of RFC 3986.
const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// What stands in a path as it is. Names of RBAC objects have colons.
const SEGMENT: &AsciiSet = &QUERY.remove(b':');
/// The largest name of a namespace, in bytes (`DNS1123LabelMaxLength`).
const MAX_LABEL: usize = 63;

/// A path of the API server, with its query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiPath {
    text: String,
    has_query: bool,
}

impl ApiPath {
    /// A path of one segment, such as `/version` or `/apis`.
    pub fn root(segment: &str) -> Self {
        ApiPath { text: String::new(), has_query: false }.segment(segment)
    }

    /// The path of an API by its version: `/api/v1`, `/apis/apps/v1`.
    pub fn of_api(api_version: &str) -> Self {
        match api_version.split_once('/') {
            Some((group, version)) => Self::root("apis").segment(group).segment(version),
            None => Self::root("api").segment(api_version),
        }
    }

    /// The path of the API in which a group is read and written, which is v1 for every group that is used.
    pub fn of_group(group: &str) -> Self {
        match group {
            "" => Self::root("api").segment("v1"),
            group => Self::root("apis").segment(group).segment("v1"),
        }
    }

    /// The path within a namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        self.segment("namespaces").segment(namespace)
    }

    /// The path with one more segment: a resource, a name, a subresource.
    #[must_use]
    pub fn segment(mut self, segment: &str) -> Self {
        debug_assert!(!self.has_query, "a segment behind the query");
        self.text.push('/');
        match segment {
            // What is between may take such a segment for a step in the tree.
            "." | ".." => self.text.push_str(&"%2E".repeat(segment.len())),
            _ => self.text.extend(utf8_percent_encode(segment, SEGMENT)),
        }
        self
    }

    /// The path with one more pair in its query.
    #[must_use]
    pub fn query(mut self, key: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.extend(utf8_percent_encode(key, QUERY));
        self.text.push('=');
        self.text.extend(utf8_percent_encode(value, QUERY));
        self
    }

    /// Returns the path as a request needs it.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for ApiPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Returns the name of an object if some API server may know it (a subset of `IsValidPathSegmentName`,
/// k8s.io/apimachinery/pkg/api/validation/path, v1.36).
///
/// # Errors
/// No API server has an object of that name.
pub fn object_name(name: &str) -> Result<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | ':');
    if name.is_empty() || name == "." || name == ".." || !name.chars().all(plain) {
        return Err(Error::new(format!("`{name}` is not a valid object name")));
    }
    Ok(name)
}

/// Returns the name of a namespace if one can have it (`IsDNS1123Label`, k8s.io/apimachinery/pkg/util/validation,
/// v1.36).
///
/// # Errors
/// No namespace has that name.
pub fn namespace_name(name: &str) -> Result<&str> {
    if is_dns_label(name) {
        return Ok(name);
    }
    Err(Error::new(format!("`{name}` is not a valid namespace name"))
        .hint("use at most 63 lower case letters, digits or `-`, with a letter or digit at both ends"))
}

/// Whether a text is a lower case RFC 1123 label.
pub fn is_dns_label(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=MAX_LABEL).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('-') && !name.ends_with('-')
}

/// Returns a value as it stands in a field selector (`EscapeValue`, k8s.io/apimachinery/pkg/fields, v1.36).
pub fn field_value(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if matches!(c, '\\' | ',' | '=') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_segment_or_its_pair() {
        let evil = "a/b?c=d&e=f#g%2F h";
        let path = ApiPath::of_group("").in_namespace(evil).segment("pods").query("labelSelector", evil);
        let (way, query) = path.as_str().split_once('?').unwrap();
        assert_eq!(way.split('/').count(), 6, "{path}");
        assert!(!query.contains(['&', '#', '?', '/', ' ']) && query.matches('=').count() == 1, "{path}");
        assert_eq!(ApiPath::root("..").as_str(), "/%2E%2E");
    }

    #[test]
    fn paths_are_those_of_the_api() {
        assert_eq!(ApiPath::of_api("v1").as_str(), "/api/v1");
        assert_eq!(ApiPath::of_api("apps/v1").segment("daemonsets").as_str(), "/apis/apps/v1/daemonsets");
        let role = ApiPath::of_group("rbac.authorization.k8s.io").segment("clusterroles").segment("system:node");
        assert_eq!(role.as_str(), "/apis/rbac.authorization.k8s.io/v1/clusterroles/system:node");
        let list = ApiPath::of_group("").segment("pods").query("labelSelector", "a.b/c=d,e in (f)").query("limit", "5");
        assert_eq!(list.as_str(), "/api/v1/pods?labelSelector=a.b%2Fc%3Dd%2Ce%20in%20%28f%29&limit=5");
    }

    #[test]
    fn namespaces_have_names_of_one_label() {
        let long = "a".repeat(64);
        for name in ["", "-a", "a-", "A", "a.b", "a/b", "..", "kube-system/configmaps?labelSelector=&x=", &long] {
            assert!(namespace_name(name).is_err(), "{name}");
        }
        assert!(["a", "0", "kube-system", &long[..63]].into_iter().all(|name| namespace_name(name).is_ok()));
    }

    #[test]
    fn values_of_fields_are_escaped() {
        assert_eq!(field_value("a,b=c\\"), "a\\,b\\=c\\\\");
    }
}
