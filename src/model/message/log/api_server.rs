//! What the API server answers, apart from what it forbids, in the words of client-go and of those who wrap it.

use crate::model::message::log::logged::LoggedError;
use crate::model::message::quoted;

/// How network plugins say that the node has no range of pod addresses, in lower case.
const NO_POD_CIDR: &[&str] = &[
    "pod cidr not assigned",
    "failed to get pod cidr",
    "podcidr is not set",
    "podcidr not available",
    "podcidr is empty",
    "no podcidr",
];

/// Reads the answer of a line.
pub fn answer(line: &str, lower: &str) -> Option<LoggedError> {
    no_kind(line).or_else(|| no_node(line)).or_else(|| {
        // client-go words 401 without a message as `StatusReasonUnauthorized` (apimachinery/pkg/api/errors/errors.go v1.36).
        let is_unauthorized = lower.contains("asked for the client to provide credentials")
            || lower.contains("*v1.") && lower.contains(": unauthorized");
        match is_unauthorized {
            true => Some(LoggedError::Unauthorized),
            false => NO_POD_CIDR.iter().any(|word| lower.contains(word)).then_some(LoggedError::NoPodCidr),
        }
    })
}

/// A kind or a resource that the API server does not know: `no matches for kind "K" in version "G/V"` (apimachinery
/// `NoKindMatchError`), `the server could not find the requested resource (get R.G)` (`NewGenericServerResponse`), and a
/// CustomResourceDefinition that is not found. Kinds of groups without a dot are built in.
fn no_kind(line: &str) -> Option<LoggedError> {
    let line = line.replace('\\', "");
    let (name, group) = if let Some((_, rest)) = line.split_once("no matches for kind ") {
        let name = quoted(rest)?.to_owned();
        // `in version "G/V"`, or `in group "G"`.
        let (_, version) = rest.split_once(" in ")?.1.split_once(' ')?;
        (name, quoted(version)?.split('/').next()?.to_owned())
    } else if let Some((_, rest)) = line.split_once("could not find the requested resource (") {
        let resource = rest.split([' ', ')']).nth(1)?;
        let (name, group) = resource.split_once('.')?;
        (name.to_owned(), group.to_owned())
    } else {
        let (_, rest) = line.split_once("customresourcedefinitions.apiextensions.k8s.io ")?;
        let (name, group) = quoted(rest).filter(|_| rest.contains("not found"))?.split_once('.')?;
        (name.to_owned(), group.to_owned())
    };
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c));
    (is_word(&name) && is_word(&group) && group.contains('.')).then_some(LoggedError::NoSuchKind { name, group })
}

/// A node that does not exist: `nodes "N" not found`.
fn no_node(line: &str) -> Option<LoggedError> {
    let line = line.replace('\\', "");
    let rest = ["nodes \"", "node \""].iter().find_map(|word| Some(line.split_once(word)?.1))?;
    let (name, rest) = rest.split_once('"')?;
    (rest.starts_with(" not found") && !name.is_empty()).then(|| LoggedError::NoSuchNode { name: name.to_owned() })
}
