//! An API server over a fixed set of objects: lists by page and selector, single objects, discovery, reviews of
//! rights. It stores nothing.

use serde_json::{Value, json};

use super::server::{Reply, Subject, json as answer, status};

/// A kind as discovery tells it: group and version, kind, resource, whether it lives in a namespace.
type Served = (&'static str, &'static str, &'static str, bool);

const KINDS: &[Served] = &[
    ("v1", "Node", "nodes", false),
    ("v1", "Pod", "pods", true),
    ("v1", "Namespace", "namespaces", false),
    ("v1", "ServiceAccount", "serviceaccounts", true),
    ("v1", "LimitRange", "limitranges", true),
    ("v1", "ResourceQuota", "resourcequotas", true),
    ("v1", "PersistentVolumeClaim", "persistentvolumeclaims", true),
    ("v1", "PersistentVolume", "persistentvolumes", false),
    ("v1", "Event", "events", true),
    ("v1", "ConfigMap", "configmaps", true),
    ("v1", "Secret", "secrets", true),
    ("apps/v1", "DaemonSet", "daemonsets", true),
    ("apps/v1", "ControllerRevision", "controllerrevisions", true),
    ("apps/v1", "Deployment", "deployments", true),
    ("apps/v1", "StatefulSet", "statefulsets", true),
    ("apps/v1", "ReplicaSet", "replicasets", true),
    ("batch/v1", "Job", "jobs", true),
    ("scheduling.k8s.io/v1", "PriorityClass", "priorityclasses", false),
    ("node.k8s.io/v1", "RuntimeClass", "runtimeclasses", false),
    ("storage.k8s.io/v1", "StorageClass", "storageclasses", false),
    ("storage.k8s.io/v1", "CSINode", "csinodes", false),
    ("storage.k8s.io/v1", "VolumeAttachment", "volumeattachments", false),
    ("storage.k8s.io/v1", "CSIStorageCapacity", "csistoragecapacities", true),
    ("storage.k8s.io/v1", "CSIDriver", "csidrivers", false),
    ("resource.k8s.io/v1", "DeviceClass", "deviceclasses", false),
    ("resource.k8s.io/v1", "ResourceClaim", "resourceclaims", true),
    ("resource.k8s.io/v1", "ResourceClaimTemplate", "resourceclaimtemplates", true),
    ("resource.k8s.io/v1", "ResourceSlice", "resourceslices", false),
    ("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", true),
    ("rbac.authorization.k8s.io/v1", "Role", "roles", true),
    ("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings", true),
    ("rbac.authorization.k8s.io/v1", "ClusterRole", "clusterroles", false),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "clusterrolebindings", false),
];

/// What the server holds.
#[derive(Clone, Default)]
pub struct Api {
    pub objects: Vec<Value>,
    /// What stands before every path, such as `/k8s/clusters/c-1`.
    pub prefix: &'static str,
    /// The largest page, whatever is asked for.
    pub page: usize,
}

/// A path taken apart.
struct Place<'p> {
    served: &'static Served,
    namespace: Option<&'p str>,
    name: Option<&'p str>,
    sub: Option<&'p str>,
}

impl Api {
    pub fn new(objects: Vec<Value>) -> Self {
        Api { objects, prefix: "", page: usize::MAX }
    }

    /// The resource that a path is about, as in RBAC; `version` and the like for what is none.
    pub fn resource(path: &str) -> String {
        match place(path) {
            Some(Place { served, sub: Some(sub), .. }) => format!("{}/{sub}", served.2),
            Some(place) => place.served.2.to_owned(),
            None => path.rsplit('/').next().unwrap_or_default().to_owned(),
        }
    }

    /// Answers a request as an API server does.
    pub fn answer(&self, asked: &Subject) -> Reply {
        let not_found = || status(404, "NotFound", "the server could not find the requested resource");
        let Some(path) = asked.path().strip_prefix(self.prefix) else { return not_found() };
        match path {
            "/version" => return answer(200, &json!({"major": "1", "minor": "36", "gitVersion": "v1.36.3"})),
            "/api" => return answer(200, &json!({"kind": "APIVersions", "versions": ["v1"]})),
            "/apis" => return answer(200, &groups()),
            "/api/v1" => return answer(200, &resources("v1")),
            path if path.ends_with("accessreviews") => {
                return answer(201, &json!({"kind": "SelfSubjectAccessReview", "status": {"allowed": true}}));
            }
            path => {
                if let Some(version) = path.strip_prefix("/apis/").filter(|v| KINDS.iter().any(|k| k.0 == *v)) {
                    return answer(200, &resources(version));
                }
            }
        }
        let Some(place) = place(path) else { return not_found() };
        let found = self.objects.iter().filter(|object| {
            let metadata = &object["metadata"];
            object["apiVersion"] == place.served.0
                && object["kind"] == place.served.1
                && place.namespace.is_none_or(|namespace| metadata["namespace"] == namespace)
                && place.name.is_none_or(|name| metadata["name"] == name)
        });
        match (place.name, place.sub) {
            (Some(_), Some("log")) => {
                Reply::Answer(200, vec![("content-type", "text/plain".to_owned())], b"a line of the log\n".to_vec())
            }
            (Some(name), None) => match found.into_iter().next() {
                Some(object) => answer(200, object),
                None => {
                    let (version, _, resource, _) = place.served;
                    let dot = version.split_once('/').map_or(String::new(), |(group, _)| format!(".{group}"));
                    status(404, "NotFound", &format!("{resource}{dot} \"{name}\" not found"))
                }
            },
            (Some(_), Some(_)) => not_found(),
            (None, _) => self.list(asked, place.served, found),
        }
    }

    fn list<'o>(&self, asked: &Subject, served: &Served, found: impl Iterator<Item = &'o Value>) -> Reply {
        let (fields, labels) = (asked.query("fieldSelector"), asked.query("labelSelector"));
        let mut found: Vec<&Value> = found
            .filter(|o| selected(fields.as_deref(), |path| text_at(o, path)))
            .filter(|o| selected(labels.as_deref(), |key| o["metadata"]["labels"][key].as_str().map(str::to_owned)))
            .collect();
        let key = |o: &Value| (text_at(o, "metadata.namespace"), text_at(o, "metadata.name"));
        found.sort_by_key(|o| key(o));
        let start: usize = asked.query("continue").and_then(|token| token.parse().ok()).unwrap_or(0);
        let limit = asked.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(usize::MAX).min(self.page);
        let end = start.saturating_add(limit).min(found.len());
        let next = if end < found.len() { end.to_string() } else { String::new() };
        let kindless = |o: &&Value| {
            let mut o = (*o).clone();
            o.as_object_mut().expect("an object").retain(|key, _| key != "kind" && key != "apiVersion");
            o
        };
        let items: Vec<Value> = found[start.min(end)..end].iter().map(kindless).collect();
        answer(
            200,
            &json!({"kind": format!("{}List", served.1), "apiVersion": served.0,
            "metadata": {"resourceVersion": "1000", "continue": next}, "items": items}),
        )
    }
}

fn place(path: &str) -> Option<Place<'_>> {
    let (version, rest) = match path.strip_prefix("/api/v1/") {
        Some(rest) => ("v1", rest),
        None => {
            let rest = path.strip_prefix("/apis/")?;
            let at = rest.match_indices('/').nth(1)?.0;
            (&rest[..at], &rest[at + 1..])
        }
    };
    let words: Vec<&str> = rest.split('/').collect();
    let (namespace, words) = match words.as_slice() {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        words => (None, words),
    };
    let served = KINDS.iter().find(|(v, _, resource, _)| *v == version && Some(resource) == words.first())?;
    Some(Place { served, namespace, name: words.get(1).copied(), sub: words.get(2).copied() })
}

fn text_at(object: &Value, path: &str) -> Option<String> {
    let value = path.split('.').try_fold(object, |value, key| value.get(key))?;
    value.as_str().map(str::to_owned).or_else(|| Some(value.to_string()))
}

/// Whether a selector of equalities, sets and existence picks what has these values.
fn selected(selector: Option<&str>, value: impl Fn(&str) -> Option<String>) -> bool {
    let Some(selector) = selector else { return true };
    let mut terms = vec![String::new()];
    let mut depth = 0;
    for c in selector.chars() {
        match c {
            ',' if depth == 0 => terms.push(String::new()),
            c => {
                depth += i32::from(c == '(') - i32::from(c == ')');
                terms.last_mut().expect("one term").push(c);
            }
        }
    }
    terms.iter().map(|term| term.trim()).filter(|term| !term.is_empty()).all(|term| {
        if let Some((key, values)) = term.split_once(" notin ").or_else(|| term.split_once(" in ")) {
            let wanted = !term.contains(" notin ");
            let values = values.trim_matches(['(', ')', ' ']);
            let has = value(key.trim()).is_some_and(|have| values.split(',').any(|v| v.trim() == have));
            return has == wanted;
        }
        if let Some((key, wanted)) = term.split_once("!=") {
            return value(key.trim()).unwrap_or_default() != wanted.trim();
        }
        if let Some((key, wanted)) = term.split_once('=') {
            return value(key.trim()).unwrap_or_default() == wanted.trim_start_matches('=').trim();
        }
        match term.strip_prefix('!') {
            Some(key) => value(key.trim()).is_none(),
            None => value(term).is_some(),
        }
    })
}

fn groups() -> Value {
    let mut versions: Vec<&str> = KINDS.iter().map(|kind| kind.0).filter(|version| *version != "v1").collect();
    versions.dedup();
    let group = |version: &&str| {
        let told = json!({"groupVersion": version, "version": "v1"});
        json!({"name": version.split('/').next(), "versions": [told], "preferredVersion": told})
    };
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": versions.iter().map(group).collect::<Vec<_>>()})
}

fn resources(version: &str) -> Value {
    let of_version = KINDS.iter().filter(|kind| kind.0 == version);
    let told = of_version.map(|(_, kind, resource, namespaced)| {
        json!({"name": resource, "singularName": kind.to_lowercase(), "namespaced": namespaced, "kind": kind,
               "verbs": ["get", "list", "watch"]})
    });
    json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": version, "resources": told.collect::<Vec<_>>()})
}
