//! ConfigMaps, Secrets and keys that a pod needs.
//!
//! A volume waits for each object and each key of its `items` that is not optional (`SetUpAt`,
//! `pkg/volume/configmap/configmap.go`, `pkg/volume/secret/secret.go`, `pkg/volume/projected/projected.go`); an inline CSI
//! volume for its `nodePublishSecretRef` (`pkg/volume/csi/csi_mounter.go`). A container is not created without those of its
//! environment (`makeEnvironmentVariables`, `pkg/kubelet/kubelet_pods.go`). Without a Secret of `imagePullSecrets` the kubelet
//! pulls all the same, which only images that anybody may pull survive (`getPullSecretsForPod`,
//! `pkg/kubelet/kubelet_pods.go`). All of v1.37.

use crate::model::Symbol;
use crate::model::pod_fields::{ContainerFields, KeyRef, KeysFields, ObjectRef, PodFields, VolumeFields};
use crate::model::wire::Kind;
use crate::rules::verdict::{ObjectUser, StartObstacle};
use crate::store::Cluster;

/// One reference of a pod to a ConfigMap or a Secret that must exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectReference {
    /// `ConfigMap` or `Secret`.
    pub kind: Kind,
    /// Its name.
    pub name: Symbol,
    /// The keys that must be there.
    pub keys: Vec<Symbol>,
    /// What refers to it.
    pub user: ObjectUser,
}

impl ObjectReference {
    /// A Secret that images are pulled with.
    pub(super) fn pull_secret(name: Symbol) -> Self {
        ObjectReference { kind: Kind::Secret, name, keys: Vec::new(), user: ObjectUser::ImagePull }
    }
}

/// Every reference of a pod that is not optional: volumes first, then the environment, then pull secrets.
pub fn references(fields: &PodFields) -> Vec<ObjectReference> {
    let mut found = Vec::new();
    for volume in fields.volumes.iter() {
        of_volume(volume, &mut found);
    }
    for container in fields.init_containers.iter().chain(fields.containers.iter()) {
        of_environment(container, &mut found);
    }
    for secret in fields.image_pull_secrets.iter() {
        add(Kind::Secret, &secret.name, Vec::new(), ObjectUser::ImagePull, &mut found);
    }
    found
}

fn add(kind: Kind, name: &str, keys: Vec<Symbol>, user: ObjectUser, found: &mut Vec<ObjectReference>) {
    // A reference without a name is refused before any kubelet sees it, or means nothing.
    if !name.is_empty() {
        found.push(ObjectReference { kind, name: Symbol::new(name), keys, user });
    }
}

fn of_volume(volume: &VolumeFields, found: &mut Vec<ObjectReference>) {
    let user = ObjectUser::Volume(Symbol::new(&volume.name));
    let mut keys_of = |kind: Kind, source: &KeysFields| {
        if !*source.optional {
            let keys = source.items.iter().map(|item| Symbol::new(&item.key)).collect();
            add(kind, source.object(), keys, user, found);
        }
    };
    let sources = volume.projected.iter().flat_map(|projected| projected.sources.iter());
    let projected: Vec<_> = sources.map(|source| (&source.config_map, &source.secret)).collect();
    for (config_map, secret) in std::iter::once((&volume.config_map, &volume.secret)).chain(projected) {
        config_map.iter().for_each(|source| keys_of(Kind::ConfigMap, source));
        secret.iter().for_each(|source| keys_of(Kind::Secret, source));
    }
    if let Some(secret) = volume.csi.as_ref().and_then(|csi| csi.node_publish_secret_ref.as_ref()) {
        add(Kind::Secret, &secret.name, Vec::new(), user, found);
    }
}

fn of_environment(container: &ContainerFields, found: &mut Vec<ObjectReference>) {
    let user = ObjectUser::Environment(Symbol::new(&container.name));
    let mut whole = |kind: Kind, object: &Option<ObjectRef>| {
        if let Some(object) = object.as_ref().filter(|object| !*object.optional) {
            add(kind, &object.name, Vec::new(), user, found);
        }
    };
    for from in container.env_from.iter() {
        whole(Kind::ConfigMap, &from.config_map_ref);
        whole(Kind::Secret, &from.secret_ref);
    }
    let mut key = |kind: Kind, of: &Option<KeyRef>| {
        if let Some(of) = of.as_ref().filter(|of| !*of.optional) {
            add(kind, &of.name, vec![Symbol::new(&of.key)], user, found);
        }
    };
    for variable in container.env.iter() {
        key(Kind::ConfigMap, &variable.value_from.config_map_key_ref);
        key(Kind::Secret, &variable.value_from.secret_key_ref);
    }
}

/// What of all that does not exist: each object and each key once, for the first that refers to it.
pub(super) fn failures(cluster: &Cluster, namespace: Symbol, references: &[ObjectReference]) -> Vec<StartObstacle> {
    let mut found: Vec<StartObstacle> = Vec::new();
    for ObjectReference { kind, name, keys, user } in references.iter().cloned() {
        let object = cluster.config_objects.get(&(kind, (namespace, name)));
        let missing = match object {
            None if cluster.coverage(kind).is_whole() => vec![StartObstacle::ObjectMissing { kind, name, user }],
            None => Vec::new(),
            Some(object) => {
                let known = object.keys.as_deref();
                let is_missing = |key: &Symbol| known.is_some_and(|known| !known.contains(key));
                let missing = keys.into_iter().filter(is_missing);
                missing.map(|key| StartObstacle::KeyMissing { kind, name, key, user }).collect()
            }
        };
        for failure in missing {
            if !found.iter().any(|known| is_same_object(known, &failure)) {
                found.push(failure);
            }
        }
    }
    found
}

fn is_same_object(a: &StartObstacle, b: &StartObstacle) -> bool {
    use StartObstacle::{KeyMissing, ObjectMissing};
    match (a, b) {
        (ObjectMissing { kind, name, .. }, ObjectMissing { kind: other, name: of, .. }) => (kind, name) == (other, of),
        (KeyMissing { kind, name, key, .. }, KeyMissing { kind: other, name: of, key: k, .. }) => {
            (kind, name, key) == (other, of, k)
        }
        _ => false,
    }
}
