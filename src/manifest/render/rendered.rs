//! What a spec renders to, before secret values are read.

use crate::manifest::pull_config::PullConfig;
use crate::manifest::render::build;
use crate::manifest::render::build::{entry, map, one, put, text};
use crate::yaml::{Node, Value};

/// The annotation of the pods that changes when a rendered ConfigMap or Secret does.
pub const CHECKSUM: &str = "kubectl-daemonset/config-checksum";

/// What stands in place of a checksum of secret values until the cluster is asked for the key of the Secret.
pub const SEALED: &str = "made-by-deploy";

/// Who made an object.
pub const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "kubectl-daemonset");

/// The labels by which a new DaemonSet finds its pods.
pub const IDENTITY: [&str; 2] = ["app.kubernetes.io/name", "app.kubernetes.io/instance"];

/// What a spec renders to.
#[derive(Debug, Clone)]
pub struct Rendered {
    /// The namespace of everything.
    pub namespace: String,
    /// The `apps/v1` DaemonSet.
    pub daemon_set: Node,
    /// The same before `patches`, where there are any.
    pub unpatched: Option<Node>,
    /// Namespace, ServiceAccount, RBAC and ConfigMaps, in the order in which they are applied.
    pub others: Vec<Node>,
    /// Keys and values of the Secret `<name>-env-secrets`.
    pub env_secrets: Vec<(String, SecretValue)>,
    /// What `<name>-image-pull-secret` is made of.
    pub registries: Vec<Registry>,
    /// The labels of the Secrets.
    pub labels: Node,
    /// Whether a checksum of what is rendered goes onto the pods.
    pub checksum: bool,
    /// Whether ConfigMaps and Secrets are immutable, with a hash of their contents in their names.
    pub immutable: bool,
    /// Credentials from a docker config file, which join those for registries.
    pub pull_config: Option<PullConfig>,
}

impl Rendered {
    /// Lets the pods use a pull Secret.
    pub fn add_pull_secret(&mut self, name: &str) {
        let at = self.daemon_set.at;
        let Some(pod) = self.daemon_set.at_path_mut(&["spec", "template", "spec"]) else { return };
        let Value::Map(parts) = &mut pod.value else { return };
        let secret = one("name", text(name, at));
        match parts.iter_mut().find(|e| e.key == "imagePullSecrets").map(|e| &mut e.node.value) {
            Some(Value::List(items)) if items.iter().any(|i| i.get("name").and_then(Node::text) == Some(name)) => {}
            Some(Value::List(items)) => items.push(secret),
            _ => put(parts, "imagePullSecrets", build::list(vec![secret], at)),
        }
    }
}

/// The value of a secret, or where it is read.
#[derive(Clone, PartialEq)]
pub enum SecretValue {
    /// The value stands in the file.
    Literal(String),
    /// A variable of the environment of this program.
    Env(String),
    /// A file.
    File(String),
}

/// Credentials for one registry.
#[derive(Clone)]
pub struct Registry {
    /// Its address.
    pub server: String,
    /// User name.
    pub username: String,
    /// Password.
    pub password: String,
    /// Mail address.
    pub email: Option<String>,
}

impl std::fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretValue::Literal(_) => f.write_str("Literal(..)"),
            SecretValue::Env(name) => f.debug_tuple("Env").field(name).finish(),
            SecretValue::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").field("server", &self.server).finish_non_exhaustive()
    }
}

/// `{metadata: {labels}}` with one more annotation.
pub fn annotate(template: &mut Node, key: &str, value: &str) {
    let at = template.at;
    let Value::Map(parts) = &mut template.value else { return };
    if !parts.iter().any(|e| e.key == "metadata") {
        parts.insert(0, entry("metadata", map(Vec::new(), at)));
    }
    let Some(meta) = parts.iter_mut().find(|e| e.key == "metadata") else { return };
    let Value::Map(meta) = &mut meta.node.value else { return };
    match meta.iter_mut().find(|e| e.key == "annotations").map(|e| &mut e.node.value) {
        Some(Value::Map(annotations)) => annotations.push(entry(key, text(value, at))),
        _ => put(meta, "annotations", one(key, text(value, at))),
    }
}
