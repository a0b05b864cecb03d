//! Changes of a spec, which may say the same thing in several places: each is written where the thing stands.

use serde_json::{Map, Value, json};

use crate::fix::edit::{Edit, Terms};
use crate::manifest::load;
use crate::model::{DaemonSet, Symbol};
use crate::store::Builder;

type Path = &'static [&'static str];

/// A spec whose DaemonSet is changed.
pub struct Spec<'a> {
    /// The document, its keys in Kubernetes' spelling.
    pub written: &'a Value,
    /// Its DaemonSet.
    pub was: &'a DaemonSet,
    /// The DaemonSet with the changes made.
    pub fixed: &'a DaemonSet,
}

impl Spec<'_> {
    /// What is changed, by place. `None` where the place is the usual one, `Some(None)` where it cannot be written.
    pub fn changes(&self, edit: &Edit) -> Option<Option<Vec<(Path, Value)>>> {
        Some(match edit {
            Edit::Tolerate(_) | Edit::Correct { .. } => {
                let all = self.fixed.template.spec.tolerations.iter().map(crate::fix::terms::toleration).collect();
                Some(self.tolerations(Value::Array(all)))
            }
            Edit::Select { was, key, value } => Some(self.select(*was, *key, *value)),
            Edit::Require { .. } | Edit::Exclude { .. } => {
                self.at("/spec/pod/scheduling/nodeAffinity")?;
                self.node_affinity()
            }
            Edit::SpreadAnyway(_) => self.spread(),
            Edit::Drop { list, .. } => {
                let place = format!("/spec/pod/scheduling/{}", list.field());
                self.at(&place)?;
                self.pod_affinity(*list, &place)
            }
            Edit::HostPort { container, .. } => self.ports(*container),
            Edit::NoSurge => Some(self.no_surge()),
            _ => return None,
        })
    }

    /// What stands at a place.
    fn at(&self, pointer: &str) -> Option<&Value> {
        self.written.pointer(pointer).filter(|value| !value.is_null())
    }

    /// Both lists are one.
    fn tolerations(&self, all: Value) -> Vec<(Path, Value)> {
        const UNDER: Path = &["spec", "pod", "scheduling", "tolerations"];
        let (beside, under) = (self.at("/spec/tolerations"), self.at("/spec/pod/scheduling/tolerations"));
        match (beside, under) {
            (None, Some(_)) => vec![(UNDER, all)],
            (Some(_), Some(_)) => vec![(&["spec", "tolerations"], all), (UNDER, Value::Null)],
            (_, None) => vec![(&["spec", "tolerations"], all)],
        }
    }

    /// The old key is taken away wherever it stands.
    fn select(&self, was: Option<Symbol>, key: Symbol, value: Symbol) -> Vec<(Path, Value)> {
        const PLACES: [(Path, &str); 2] = [
            (&["spec", "nodeSelector"], "/spec/nodeSelector"),
            (&["spec", "pod", "scheduling", "nodeSelector"], "/spec/pod/scheduling/nodeSelector"),
        ];
        let mut labels = Map::new();
        if let Some(was) = was {
            labels.insert(was.to_string(), Value::Null);
        }
        labels.insert(key.to_string(), json!(value));
        let asks =
            |pointer: &str| was.is_some_and(|was| self.at(pointer).is_some_and(|map| map.get(was.as_str()).is_some()));
        let mut found: Vec<Path> = PLACES.iter().filter(|(_, at)| asks(at)).map(|(path, _)| *path).collect();
        if found.is_empty() {
            let there = PLACES.iter().find(|(_, at)| self.at(at).is_some()).unwrap_or(&PLACES[0]);
            labels.retain(|_, value| !value.is_null());
            found.push(there.0);
        }
        found.into_iter().map(|path| (path, Value::Object(labels.clone()))).collect()
    }

    fn node_affinity(&self) -> Option<Vec<(Path, Value)>> {
        let terms = crate::fix::terms::node_terms(self.fixed)?;
        Some(vec![(&["spec", "pod", "scheduling", "nodeAffinity"], json!({ "required": terms }))])
    }

    /// The terms that stay, as they are written.
    fn pod_affinity(&self, list: Terms, place: &str) -> Option<Vec<(Path, Value)>> {
        let (was, now) = (&self.was.template.written, &self.fixed.template.written);
        let (was, now, path): (_, _, Path) = match list {
            Terms::Affinity => (&was.pod_affinity, &now.pod_affinity, &["spec", "pod", "scheduling", "podAffinity"]),
            Terms::AntiAffinity => {
                (&was.pod_anti_affinity, &now.pod_anti_affinity, &["spec", "pod", "scheduling", "podAntiAffinity"])
            }
        };
        let terms = self.at(place)?.get("required")?.as_array().filter(|terms| terms.len() == was.len())?;
        let mut left = now.iter().peekable();
        let stays = |(_, was): &(&Value, &Value)| left.next_if(|term| term == was).is_some();
        let terms: Vec<&Value> = terms.iter().zip(was).filter(stays).map(|(term, _)| term).collect();
        Some(vec![(path, json!({ "required": terms }))])
    }

    /// All constraints as they are written, but for what is changed of them.
    fn spread(&self) -> Option<Vec<(Path, Value)>> {
        const FIELD: &str = "topologySpreadConstraints";
        let under = self.at("/spec/pod/scheduling/topologySpreadConstraints");
        let (path, written): (Path, _) = match under {
            Some(under) => (&["spec", "pod", "scheduling", FIELD], under),
            None => (&["spec", "pod", FIELD], self.at("/spec/pod/topologySpreadConstraints")?),
        };
        let now = &self.fixed.template.written.spread;
        let mut all = written.as_array().filter(|all| all.len() == now.len())?.clone();
        for (constraint, now) in all.iter_mut().zip(now) {
            let constraint = constraint.as_object_mut()?;
            if now["whenUnsatisfiable"] == "ScheduleAnyway" {
                constraint.insert("whenUnsatisfiable".to_owned(), now["whenUnsatisfiable"].clone());
                constraint.remove("minDomains");
            }
        }
        Some(vec![(path, Value::Array(all))])
    }

    /// All ports of the container as they are written, but for what is changed of them.
    fn ports(&self, container: Symbol) -> Option<Vec<(Path, Value)>> {
        // A sidecar's patch would replace the list of all of them.
        let was = self.was.template.spec.containers.first().filter(|first| first.name == container)?;
        let now = self.fixed.template.spec.containers.first()?;
        let written = self.at("/spec/container/app/ports")?.as_array()?;
        let mut all = Some(written.clone()).filter(|all| all.len() == was.ports.len())?;
        for (port, (was, now)) in all.iter_mut().zip(was.ports.iter().zip(&now.ports)) {
            if was.host_port != now.host_port {
                *port.get_mut("hostPort")? = now.host_port.into();
            }
        }
        Some(vec![(&["spec", "container", "app", "ports"], Value::Array(all))])
    }

    /// Bounds stand in a block or without one, and must not in both.
    fn no_surge(&self) -> Vec<(Path, Value)> {
        let strategy = self.at("/spec/updateStrategy");
        let flat: Vec<&str> = ["maxUnavailable", "maxSurge"]
            .into_iter()
            .filter(|key| strategy.is_some_and(|s| s.get(key).is_some()))
            .collect();
        let bounds = json!({"maxUnavailable": 1, "maxSurge": 0});
        let block = flat.is_empty() || strategy.is_some_and(|strategy| strategy.get("rollingUpdate").is_some());
        let changed = if block {
            let mut changed = json!({ "rollingUpdate": bounds });
            flat.into_iter().for_each(|key| changed[key] = Value::Null);
            changed
        } else {
            bounds
        };
        vec![(&["spec", "updateStrategy"], changed)]
    }
}

/// The DaemonSet of the spec with a merge patch laid over it. `None` where that is no sound spec.
pub fn pasted(written: &Value, change: &Value, namespace: Symbol) -> Option<DaemonSet> {
    let mut document = written.clone();
    merge(&mut document, change);
    let loaded = load("", &document.to_string());
    if loaded.has_errors() {
        return None;
    }
    let mut rendered = loaded.documents.first()?.daemon_set()?;
    rendered["metadata"]["namespace"] = json!(namespace);
    let mut builder = Builder::new();
    builder.read(rendered.to_string().as_bytes(), None).ok()?;
    builder.finish(None).daemon_sets.pop()
}

/// Lays a merge patch over a document (RFC 7396).
fn merge(document: &mut Value, change: &Value) {
    let Value::Object(change) = change else {
        *document = change.clone();
        return;
    };
    if !document.is_object() {
        *document = json!({});
    }
    for (key, value) in change {
        match (value, document.as_object_mut()) {
            (Value::Null, Some(map)) => drop(map.remove(key)),
            _ => merge(&mut document[key], value),
        }
    }
}
