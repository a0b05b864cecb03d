//! The state before a deployment, which `--rollback-on-failure` restores. Until the rollout succeeded the state is kept in
//! a Secret of the set, because ConfigMaps and Secrets have no revisions: also a run that was killed can go back.

use std::io::{Read, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::{Map, Value as Json, json};

use crate::deploy::desired_object::DesiredObject;
use crate::deploy::field_ownership::owned;
use crate::deploy::intent::{Intent, forget_the_server};
use crate::deploy::plan::Action;
use crate::deploy::resources::{ObjectId, PART_OF, Resource, set_in_metadata, uid};

/// Key of the Secret's data that holds the state: JSON, compressed with gzip.
const KEY: &str = "state";
/// Maximum size of the data of a Secret, in bytes (`MaxSecretSize`, pkg/apis/core/types.go, v1.36).
const MAX_SECRET: usize = 1 << 20;
/// Maximum size of a state, in bytes: what a Secret holds, compressed as far as gzip compresses text.
const MAX_STATE: u64 = 64 << 20;

/// The state before a deployment.
#[derive(Clone, PartialEq)]
pub struct RollbackState {
    /// The UID of the DaemonSet.
    uid: String,
    /// `metadata.generation` of the DaemonSet when the first of the deployments that did not succeed began.
    first: i64,
    /// The same of the last of these deployments.
    last: i64,
    /// The objects in the form in which they are applied again, in the order of application; the DaemonSet is the last.
    objects: Vec<Json>,
}

impl RollbackState {
    /// Returns the id of the Secret that holds the state before a deployment.
    pub fn id(intent: &Intent) -> ObjectId {
        ObjectId::new("Secret", &intent.namespace, &format!("{}-rollback", intent.name))
    }

    /// Returns the state of the objects that a deployment changes, and of the DaemonSet. `before` and `actions` are in the
    /// order of the intent. `None` if the DaemonSet is new: no previous state is worth going back to.
    pub fn of<'a>(
        intent: &Intent,
        before: &[Option<Json>],
        actions: impl Iterator<Item = &'a Action>,
    ) -> Option<RollbackState> {
        let daemon_set = before.last()?.as_ref()?;
        let generation = daemon_set["metadata"]["generation"].as_i64().unwrap_or_default();
        let mut objects = Vec::new();
        for ((wanted, before), action) in intent.objects.iter().zip(before).zip(actions) {
            let is_changed = matches!(action, Action::Change(_) | Action::Adopt(_));
            let counts = is_changed && wanted.id.resource.kind != "Namespace" || wanted.id.resource.kind == "DaemonSet";
            let before = before.as_ref().filter(|_| counts);
            objects.extend(before.map(|before| applied_again(&wanted.object, before)));
        }
        let uid = uid(daemon_set).to_owned();
        Some(RollbackState { uid, first: generation, last: generation, objects })
    }

    /// Returns this state with the older state that deployments left behind which did not succeed: what the older state
    /// holds was changed since. An older state does not count if the rollout succeeded after all (`is_done`), or if
    /// another client changed the DaemonSet.
    #[must_use]
    pub fn after(mut self, older: Option<RollbackState>, is_done: bool) -> RollbackState {
        let is_next = |older: &RollbackState| {
            let untouched = self.last == older.first;
            older.uid == self.uid && (untouched || self.last <= older.last + 1 && !is_done)
        };
        let Some(older) = older.filter(is_next) else { return self };
        self.first = older.first;
        let is_older = |object: &Json| older.objects.iter().any(|other| id_of(other) == id_of(object));
        self.objects.retain(|object| !is_older(object));
        self.objects.extend(older.objects);
        self.objects.sort_by_key(|object| id_of(object).map(|id| id.resource.order()));
        self
    }

    /// Returns the objects to apply, in their order, with their ids.
    pub fn objects(&self) -> impl Iterator<Item = DesiredObject> {
        self.objects.iter().filter_map(|object| {
            let id = id_of(object)?;
            let secret = id.resource.kind == "Secret";
            Some(DesiredObject { id, object: object.clone(), secret, rendered: false })
        })
    }

    /// Returns the Secret that holds the state, or `None` if the state is larger than a Secret can be.
    pub fn to_secret(&self, intent: &Intent) -> Option<DesiredObject> {
        let id = RollbackState::id(intent);
        let state = json!({"uid": self.uid, "first": self.first, "last": self.last, "objects": self.objects});
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(state.to_string().as_bytes()).ok()?;
        let packed = packed.finish().ok().filter(|packed| packed.len() < MAX_SECRET)?;
        let mut object = json!({"apiVersion": "v1", "kind": "Secret", "type": "kubectl-daemonset/rollback",
            "metadata": {"name": id.name, "namespace": id.namespace}, "data": {(KEY): BASE64.encode(packed)}});
        set_in_metadata(&mut object, "labels", PART_OF, &intent.set_id());
        Some(DesiredObject { id, object, secret: true, rendered: false })
    }

    /// Reads the Secret that holds a state; `None` if the Secret holds something else.
    pub fn of_secret(secret: &Json) -> Option<RollbackState> {
        let packed = BASE64.decode(secret["data"][KEY].as_str()?).ok()?;
        let mut text = Vec::new();
        GzDecoder::new(packed.as_slice()).take(MAX_STATE).read_to_end(&mut text).ok()?;
        let mut state: Json = serde_json::from_slice(&text).ok()?;
        let Json::Array(objects) = state["objects"].take() else { return None };
        let number = |key: &str| state[key].as_i64();
        Some(RollbackState {
            uid: state["uid"].as_str()?.to_owned(),
            first: number("first")?,
            last: number("last")?,
            objects,
        })
    }
}

/// The id of an object of a kind that is deployed.
fn id_of(object: &Json) -> Option<ObjectId> {
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str);
    let resource = Resource::of(text("/apiVersion")?, text("/kind")?)?;
    Some(ObjectId::new(resource.kind, text("/metadata/namespace").unwrap_or_default(), text("/metadata/name")?))
}

/// Returns the object `before` as it is applied to restore it: its contents, and of its labels and annotations those that the
/// document sets or that this tool set before. The mark of ownership stays also on what was adopted.
pub fn applied_again(wanted: &Json, before: &Json) -> Json {
    let mut object = before.clone();
    for map in ["labels", "annotations"] {
        let (now, was) = (&wanted["metadata"][map], before["metadata"][map].as_object());
        let ours = &owned(before)["f:metadata"][format!("f:{map}")];
        let is_ours = |key: &String| now.get(key).is_some() || ours.get(format!("f:{key}")).is_some();
        let mut kept: Map<String, Json> =
            was.into_iter().flatten().filter(|(key, _)| is_ours(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
        for (key, value) in now.as_object().into_iter().flatten().filter(|(key, _)| key.starts_with("applyset.")) {
            kept.entry(key.clone()).or_insert_with(|| value.clone());
        }
        if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove(map);
            if !kept.is_empty() {
                metadata.insert(map.to_owned(), Json::Object(kept));
            }
        }
    }
    forget_the_server(&mut object);
    for key in ["ownerReferences", "finalizers"] {
        object["metadata"].as_object_mut().map(|metadata| metadata.remove(key));
    }
    for key in ["apiVersion", "kind"] {
        object[key] = wanted[key].clone();
    }
    object
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::load;

    const SPEC: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent}
spec: {namespace: logging, config_maps: {conf: \"a: 2\"}, container: {app: {image: 'r/agent:2'}}}
";

    fn intent() -> Intent {
        let loaded = load("x.yaml", SPEC);
        Intent::all(&loaded.documents, None, "default", &|_| Err("nothing is read".to_owned())).unwrap().remove(0)
    }

    fn state(config: &str, generation: i64) -> RollbackState {
        let intent = intent();
        let mut before: Vec<Option<Json>> = intent.objects.iter().map(|w| Some(w.object.clone())).collect();
        for object in before.iter_mut().flatten() {
            object["metadata"]["uid"] = "u".into();
            object["metadata"]["labels"]["theirs"] = "x".into();
            if object["kind"] == "ConfigMap" {
                object["data"]["conf"] = config.into();
            } else {
                object["metadata"]["generation"] = generation.into();
            }
        }
        let actions = vec![Action::Change(Vec::new()); before.len()];
        RollbackState::of(&intent, &before, actions.iter()).unwrap()
    }

    fn config(state: &RollbackState) -> Json {
        let object = state.objects().find(|wanted| wanted.id.resource.kind == "ConfigMap").unwrap().object;
        object["data"]["conf"].clone()
    }

    #[test]
    fn a_state_survives_its_secret_without_what_others_set() {
        let state = state("a: 1", 3);
        let secret = state.to_secret(&intent()).unwrap();
        assert_eq!(secret.id.to_string(), "Secret logging/agent-rollback");
        assert!(!secret.object.to_string().contains("a: 1"));
        let again = RollbackState::of_secret(&secret.object).unwrap();
        assert!(again == state);
        assert!(again.objects.iter().all(|object| object["metadata"]["labels"]["theirs"].is_null()));
        assert!(again.objects.iter().all(|object| object["metadata"]["uid"].is_null()));
        assert!(again.objects.last().unwrap()["kind"] == "DaemonSet");
    }

    #[test]
    fn what_runs_left_that_did_not_succeed_counts_until_a_rollout_succeeds() {
        // (generation at the first run, at the second, whether the rollout is done, what counts).
        for (first, second, is_done, expected) in [
            // Killed after the ConfigMap and before the DaemonSet, which is as it was.
            (3, 3, true, "a: 1"),
            // Killed while the pods rolled.
            (3, 4, false, "a: 1"),
            // It succeeded after all.
            (3, 4, true, "a: 2"),
            // Somebody else changed the DaemonSet since.
            (3, 5, false, "a: 2"),
        ] {
            let merged = state("a: 2", second).after(Some(state("a: 1", first)), is_done);
            assert_eq!(config(&merged), expected, "{first} {second} {is_done}");
        }
        // Killed twice.
        let twice = state("a: 2", 4).after(Some(state("a: 1", 3)), false);
        assert_eq!(config(&state("a: 3", 5).after(Some(twice), false)), "a: 1");
    }

    #[test]
    fn a_state_that_no_secret_holds_is_told() {
        let mut state = state("", 1);
        let fits = state.to_secret(&intent()).is_some();
        let mut random = vec![0; 2 << 20];
        ring::rand::SecureRandom::fill(&ring::rand::SystemRandom::new(), &mut random).unwrap();
        state.objects[0]["data"]["conf"] = BASE64.encode(random).into();
        assert!(state.to_secret(&intent()).is_none() && fits);
    }
}
