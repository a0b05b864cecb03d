//! Whole objects as the server has them, for whoever makes a document of them. Secrets are not among the kinds.

use serde_json::{Value as Json, json};

use crate::client::api_path::{ApiPath, namespace_name, object_name};
use crate::client::connection::{Connection, RequestError};
use crate::client::status::Status;
use crate::error::Result;
use crate::store::Coverage;

/// The largest answer that is taken. An object is at most 1.5 MiB.
const MOST: usize = 64 << 20;
/// How many objects are asked for at a time.
const PAGE: u32 = 500;

/// The kinds that a document can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the variants are Kubernetes' own kinds")]
pub enum WholeKind {
    DaemonSet,
    ConfigMap,
    ServiceAccount,
    Role,
    RoleBinding,
    ClusterRole,
    ClusterRoleBinding,
}

impl WholeKind {
    /// Its API version, name, resource, and whether it lives in a namespace.
    fn entry(self) -> (&'static str, &'static str, &'static str, bool) {
        const RBAC: &str = "rbac.authorization.k8s.io/v1";
        match self {
            WholeKind::DaemonSet => ("apps/v1", "DaemonSet", "daemonsets", true),
            WholeKind::ConfigMap => ("v1", "ConfigMap", "configmaps", true),
            WholeKind::ServiceAccount => ("v1", "ServiceAccount", "serviceaccounts", true),
            WholeKind::Role => (RBAC, "Role", "roles", true),
            WholeKind::RoleBinding => (RBAC, "RoleBinding", "rolebindings", true),
            WholeKind::ClusterRole => (RBAC, "ClusterRole", "clusterroles", false),
            WholeKind::ClusterRoleBinding => (RBAC, "ClusterRoleBinding", "clusterrolebindings", false),
        }
    }

    /// The kind's name.
    pub fn as_str(self) -> &'static str {
        self.entry().1
    }

    /// Where its objects are.
    fn path(self, namespace: &str) -> Result<ApiPath> {
        let (version, _, resource, namespaced) = self.entry();
        let api = ApiPath::of_api(version);
        Ok(match namespaced {
            true => api.in_namespace(namespace_name(namespace)?).segment(resource),
            false => api.segment(resource),
        })
    }

    /// The object with the kind that items of lists do not carry.
    fn complete(self, mut object: Json) -> Json {
        let (version, kind, ..) = self.entry();
        object["apiVersion"] = json!(version);
        object["kind"] = json!(kind);
        object
    }
}

/// What became of something that was asked for.
#[derive(Debug)]
pub enum Seen<T> {
    /// This is it.
    Here(T),
    /// No object has this name.
    Missing,
    /// The object could not be read.
    Not(Coverage),
}

/// The object of that name. A name that none can have, such as one with a slash, is not asked for.
///
/// # Errors
/// The server cannot be reached, or knows no such user.
pub async fn object(connection: &Connection, kind: WholeKind, namespace: &str, name: &str) -> Result<Seen<Json>> {
    let Ok(name) = object_name(name) else { return Ok(Seen::Missing) };
    let path = kind.path(namespace)?.segment(name);
    Ok(match answer(connection, kind, "get", &path).await? {
        Seen::Here(object) if object.is_object() => Seen::Here(kind.complete(object)),
        Seen::Here(_) => Seen::Not(Coverage::Failed { why: "cannot read the server's answer".to_owned() }),
        other => other,
    })
}

/// All objects of a kind; of the namespace, where the kind lives in one.
///
/// # Errors
/// As [`object`].
pub async fn objects(connection: &Connection, kind: WholeKind, namespace: &str) -> Result<Seen<Vec<Json>>> {
    let first = kind.path(namespace)?.query("limit", &PAGE.to_string());
    let mut items = Vec::new();
    let mut token = String::new();
    loop {
        let path = match token.as_str() {
            "" => first.clone(),
            token => first.clone().query("continue", token),
        };
        let mut page = match answer(connection, kind, "list", &path).await? {
            Seen::Here(page) => page,
            Seen::Missing => return Ok(Seen::Missing),
            Seen::Not(coverage) => return Ok(Seen::Not(coverage)),
        };
        if let Some(Json::Array(more)) = page.get_mut("items").map(Json::take) {
            items.extend(more.into_iter().filter(Json::is_object).map(|item| kind.complete(item)));
        }
        match page.pointer("/metadata/continue").and_then(Json::as_str) {
            Some(next) if !next.is_empty() && next == token => {
                let why = "the server repeats the same page".to_owned();
                return Ok(Seen::Not(Coverage::Failed { why }));
            }
            Some(next) if !next.is_empty() => token = next.to_owned(),
            _ => return Ok(Seen::Here(items)),
        }
    }
}

async fn answer(connection: &Connection, kind: WholeKind, verb: &'static str, path: &ApiPath) -> Result<Seen<Json>> {
    let failed = |why: String| Ok(Seen::Not(Coverage::Failed { why }));
    match connection.get(path, MOST).await {
        Ok(answer) => match answer.code {
            200 => match serde_json::from_slice(&answer.body) {
                Ok(value) => Ok(Seen::Here(value)),
                Err(error) => failed(format!("cannot read the server's answer: {error}")),
            },
            404 if Status::is_absence(&answer.body) => Ok(Seen::Missing),
            403 => Ok(Seen::Not(Coverage::Forbidden { verb, resource: kind.entry().2 })),
            code => failed(Status::of(&answer.body).sentence(code)),
        },
        Err(RequestError::Fatal(error)) => Err(error),
        Err(RequestError::Failed(why) | RequestError::Late(why)) => failed(why),
        Err(RequestError::TooLarge) => failed(format!("the server's answer is larger than {} MiB", MOST >> 20)),
    }
}
