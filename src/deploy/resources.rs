//! The kinds that are deployed: where they live, and in which order they go.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::client::api_path::{ApiPath, object_name};
use crate::client::apply::Right;

/// A kind of the API.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// Its kind.
    pub kind: &'static str,
    /// The API group, empty for the core group.
    pub group: &'static str,
    /// As in paths and RBAC rules.
    pub plural: &'static str,
    /// Whether its objects live in a namespace.
    pub namespaced: bool,
}

const RBAC: &str = "rbac.authorization.k8s.io";

/// Every kind that is deployed, in the order in which objects are applied; deletion goes the other way.
pub static RESOURCES: [Resource; 9] = [
    Resource { kind: "Namespace", group: "", plural: "namespaces", namespaced: false },
    Resource { kind: "ServiceAccount", group: "", plural: "serviceaccounts", namespaced: true },
    Resource { kind: "ClusterRole", group: RBAC, plural: "clusterroles", namespaced: false },
    Resource { kind: "ClusterRoleBinding", group: RBAC, plural: "clusterrolebindings", namespaced: false },
    Resource { kind: "Role", group: RBAC, plural: "roles", namespaced: true },
    Resource { kind: "RoleBinding", group: RBAC, plural: "rolebindings", namespaced: true },
    Resource { kind: "ConfigMap", group: "", plural: "configmaps", namespaced: true },
    Resource { kind: "Secret", group: "", plural: "secrets", namespaced: true },
    Resource { kind: "DaemonSet", group: "apps", plural: "daemonsets", namespaced: true },
];

impl Resource {
    /// The kind of an object, if it is one that is deployed.
    pub fn of(api_version: &str, kind: &str) -> Option<&'static Resource> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        RESOURCES.iter().find(|r| r.kind == kind && r.group == group && version == "v1")
    }

    /// By its kind alone.
    pub fn named(kind: &str) -> &'static Resource {
        RESOURCES.iter().find(|r| r.kind == kind).expect("only kinds of the table are named")
    }

    /// The path of all its objects; of one namespace where it has one.
    pub fn path(&self, namespace: &str) -> ApiPath {
        let api = ApiPath::of_group(self.group);
        match self.namespaced {
            true => api.in_namespace(namespace).segment(self.plural),
            false => api.segment(self.plural),
        }
    }

    /// Whether an object of a server's list is of this kind, lives in this namespace and has a name. Lists of metadata
    /// name their own kind, and items of lists of whole objects name none.
    pub fn has(&self, object: &Json, namespace: &str) -> bool {
        let kind = object.get("kind").and_then(Json::as_str);
        let text = |key: &str| object.pointer(key).and_then(Json::as_str).unwrap_or_default();
        let its_own = if self.namespaced { namespace } else { "" };
        kind.is_none_or(|kind| kind == self.kind || kind == "PartialObjectMetadata")
            && text("/metadata/namespace") == its_own
            && object_name(text("/metadata/name")).is_ok()
    }

    /// The path of the pods of a namespace.
    pub fn pods(namespace: &str) -> ApiPath {
        ApiPath::of_group("").in_namespace(namespace).segment("pods")
    }

    /// The place in the order of application.
    pub fn order(&self) -> usize {
        RESOURCES.iter().position(|r| r.kind == self.kind).unwrap_or(RESOURCES.len())
    }

    /// Kinds whose objects can be members of a deployment, besides the DaemonSet itself. A namespace is none.
    pub fn members() -> impl Iterator<Item = &'static Resource> {
        RESOURCES.iter().filter(|r| !matches!(r.kind, "Namespace" | "DaemonSet"))
    }
}

/// Which object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectId {
    /// Its kind.
    pub resource: &'static Resource,
    /// Its namespace; empty for cluster-scoped ones.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

impl ObjectId {
    /// The id of an object of a known kind.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Self {
        let resource = Resource::named(kind);
        let namespace = if resource.namespaced { namespace.to_owned() } else { String::new() };
        ObjectId { resource, namespace, name: name.to_owned() }
    }

    /// Where it lives.
    pub fn path(&self) -> ApiPath {
        self.resource.path(&self.namespace).segment(&self.name)
    }

    /// The name of its file where documents are compared, as in `kubectl diff`: `apps.v1.DaemonSet.logging.agent`.
    pub fn file_name(&self) -> String {
        let Resource { group, kind, .. } = *self.resource;
        let group = if group.is_empty() { String::new() } else { format!("{group}.") };
        format!("{group}v1.{kind}.{}.{}", self.namespace, self.name)
    }

    /// The right to do something with it.
    pub fn right(&self, verb: &'static str) -> Right {
        // `create` is decided before the object has a name.
        let name = if verb == "create" { String::new() } else { self.name.clone() };
        let Resource { group, plural, .. } = *self.resource;
        Right { verb, group, resource: plural, namespace: self.namespace.clone(), name }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.namespace.as_str() {
            "" => write!(f, "{} {}", self.resource.kind, self.name),
            namespace => write!(f, "{} {namespace}/{}", self.resource.kind, self.name),
        }
    }
}

/// The label of a member of an ApplySet (KEP-3659), whose value is the set's id.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// The label of the set's parent, here the DaemonSet itself.
pub const SET_ID: &str = "applyset.kubernetes.io/id";
/// The annotation that names the tool which keeps the set.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// The annotation that names the kinds of the members.
pub const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// The annotation that names the namespaces of members besides the parent's own.
pub const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// The annotation that names the other DaemonSets, as `NAMESPACE/NAME,...`, that an object is shared with.
pub const SHARED_WITH: &str = "kubectl-daemonset/shared-with";
/// The annotation of a namespace that was made for a DaemonSet: its set's id.
pub const MADE_FOR: &str = "kubectl-daemonset/made-for";

/// The id of the ApplySet whose parent is this DaemonSet.
pub fn set_id(namespace: &str, name: &str) -> String {
    let hash = Sha256::digest(format!("{name}.{namespace}.DaemonSet.apps"));
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(hash))
}

/// A label of an object.
pub fn label<'a>(object: &'a Json, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("labels")?.get(key)?.as_str()
}

/// An annotation of an object.
pub fn annotation<'a>(object: &'a Json, key: &str) -> Option<&'a str> {
    object.get("metadata")?.get("annotations")?.get(key)?.as_str()
}

/// The DaemonSets that an object of the cluster is shared with, besides the one that it belongs to.
pub fn sharers(object: &Json) -> Vec<ObjectId> {
    let named = annotation(object, SHARED_WITH).unwrap_or_default().split(',').filter_map(|name| name.split_once('/'));
    named.map(|(namespace, name)| ObjectId::new("DaemonSet", namespace, name)).collect()
}

/// Sets a label or an annotation; `map` is `labels` or `annotations`.
pub fn set_in_metadata(object: &mut Json, map: &str, key: &str, value: &str) {
    let metadata = &mut object["metadata"];
    if !metadata[map].is_object() {
        metadata[map] = Json::Object(Map::new());
    }
    metadata[map][key] = value.into();
}

/// The UID of an object; empty for one that was only written.
pub fn uid(object: &Json) -> &str {
    object.pointer("/metadata/uid").and_then(Json::as_str).unwrap_or_default()
}

/// Which object was written, and what it was told: `metadata.generation` counts changes of a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    uid: String,
    generation: Option<i64>,
}

impl Written {
    /// As the server gave it back.
    pub fn of(object: &Json) -> Self {
        Written { uid: uid(object).to_owned(), generation: object["metadata"]["generation"].as_i64() }
    }

    /// Whether nobody has changed the spec, or made another object of that name, since.
    pub fn is_newest(&self, now: &Json) -> bool {
        Written::of(now) == *self
    }

    /// Whether this is what somebody made of the `other` since; an answer from before it is not.
    pub fn is_after(&self, other: &Written) -> bool {
        self.uid != other.uid || self.generation > other.generation
    }
}

/// Another tool that keeps an object as it wants it, and would undo what we change.
pub fn keeper(object: &Json) -> Option<&'static str> {
    let tracked = annotation(object, "argocd.argoproj.io/tracking-id").is_some()
        || label(object, "argocd.argoproj.io/instance").is_some();
    let fluxed = label(object, "kustomize.toolkit.fluxcd.io/name").is_some()
        || label(object, "helm.toolkit.fluxcd.io/name").is_some();
    if tracked {
        Some("Argo CD")
    } else if fluxed {
        Some("Flux")
    } else if label(object, "app.kubernetes.io/managed-by") == Some("Helm")
        || annotation(object, "meta.helm.sh/release-name").is_some()
    {
        Some("Helm")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn objects_have_their_places() {
        for (kind, path) in [
            ("Namespace", "/api/v1/namespaces/x"),
            ("DaemonSet", "/apis/apps/v1/namespaces/ns/daemonsets/x"),
            ("ClusterRole", "/apis/rbac.authorization.k8s.io/v1/clusterroles/x"),
        ] {
            assert_eq!(ObjectId::new(kind, "ns", "x").path().as_str(), path);
        }
        assert!(Resource::of("apps/v1", "Deployment").is_none());
        assert!(Resource::of("extensions/v1beta1", "DaemonSet").is_none());
    }

    #[test]
    fn a_set_id_is_a_label_value_of_the_published_form() {
        let id = set_id("logging", "fluent-bit");
        assert!(id.starts_with("applyset-") && id.ends_with("-v1") && id.len() <= 63, "{id}");
        assert_ne!(id, set_id("logging", "fluentbit"));
    }

    #[test]
    fn what_was_written_is_known_again() {
        let object = |uid: &str, generation: i64| json!({"metadata": {"uid": uid, "generation": generation}});
        let ours = Written::of(&object("u", 3));
        for (now, newest, after) in [
            (object("u", 3), true, false),
            (object("u", 4), false, true),
            // An answer that was on its way while it was written.
            (object("u", 2), false, false),
            // Deleted, and made anew by somebody.
            (object("v", 1), false, true),
        ] {
            assert_eq!((ours.is_newest(&now), Written::of(&now).is_after(&ours)), (newest, after), "{now}");
        }
    }

    #[test]
    fn other_keepers_are_known() {
        for (metadata, tool) in [
            (json!({"labels": {"app.kubernetes.io/managed-by": "Helm"}}), Some("Helm")),
            (
                json!({"labels": {"helm.toolkit.fluxcd.io/name": "x", "app.kubernetes.io/managed-by": "Helm"}}),
                Some("Flux"),
            ),
            (json!({"annotations": {"argocd.argoproj.io/tracking-id": "x"}}), Some("Argo CD")),
            (json!({"labels": {"app.kubernetes.io/managed-by": "kubectl-daemonset"}}), None),
            (json!({}), None),
        ] {
            assert_eq!(keeper(&json!({ "metadata": metadata })), tool);
        }
    }
}
