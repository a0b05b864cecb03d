//! A file as documents that the rest of the program can work with.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::manifest::problem::{Problem, Source};
use crate::manifest::pull_config::PullConfig;
use crate::manifest::render::{
    CHECKSUM, Rendered, SEALED, SecretValue, annotate, contents_hash, hashed_name, make_immutable, rename,
    unsettled_name,
};
use crate::severity::Severity;
use crate::yaml::{Mark, Node};

/// What a text holds: its documents, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The documents, a List's items one by one, in order.
    pub documents: Vec<Input>,
    /// Everything that is wrong, in the order of the text.
    pub problems: Vec<Problem>,
    /// Lines on which secrets stand.
    pub(super) hidden: HashSet<u32>,
}

impl Loaded {
    /// The text again, for another look at it that shows no line of a secret either.
    pub fn source<'a>(&self, name: &'a str, text: &'a str) -> Source<'a> {
        Source::new(name, text).hiding(self.hidden.clone())
    }

    /// Whether anything found stops what was asked for.
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(Problem::is_error)
    }
}

/// In which language a document is written, and so fixes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// A `KubernetesDaemonSet`.
    Spec,
    /// A plain Kubernetes object.
    Apps,
}

/// One document.
#[derive(Debug, Clone)]
pub struct Input {
    pub(super) language: Language,
    pub(super) kind: String,
    /// The file it came from.
    pub file: String,
    /// Where it begins.
    pub at: Mark,
    /// Whether nothing stops it from being used.
    pub sound: bool,
    pub(super) node: Node,
    pub(super) rendered: Option<Rendered>,
}

/// An object that a document means.
#[derive(Debug, Clone, PartialEq)]
pub struct Object {
    /// The object as the API server takes it.
    pub value: Json,
    /// Whether it holds secret values that came with the document.
    pub secret: bool,
    /// Whether it was made of a spec.
    pub rendered: bool,
}

/// Where a secret value is read that does not stand in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretSource<'a> {
    /// A variable of the environment of this program.
    Env(&'a str),
    /// A file.
    File {
        /// As the document names it.
        path: &'a str,
        /// The file of the document.
        document: &'a str,
    },
}

impl Input {
    /// In which language it is written.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The kind of object that it is or, for a spec, renders to.
    pub fn kind(&self) -> &str {
        if self.language == Language::Spec { "DaemonSet" } else { &self.kind }
    }

    /// The name of the object.
    pub fn name(&self) -> &str {
        self.node.at_path(&["metadata", "name"]).and_then(Node::text).unwrap_or_default()
    }

    /// The namespace that the document names.
    pub fn namespace(&self) -> Option<&str> {
        let named = match &self.rendered {
            Some(rendered) => Some(rendered.namespace.as_str()),
            None => self.node.at_path(&["metadata", "namespace"]).and_then(Node::text),
        };
        named.filter(|n| !n.is_empty())
    }

    /// The document as a tree with positions: as written, keys of a spec in Kubernetes' spelling.
    pub fn node(&self) -> &Node {
        &self.node
    }

    /// The `apps/v1` DaemonSet as a tree with positions of this file; `None` for other kinds.
    pub fn daemon_set_node(&self) -> Option<&Node> {
        match &self.rendered {
            Some(rendered) => Some(&rendered.daemon_set),
            None => (self.kind == "DaemonSet").then_some(&self.node),
        }
    }

    /// The `apps/v1` DaemonSet: rendered from a spec, as written for a plain one; `None` for other kinds.
    pub fn daemon_set(&self) -> Option<Json> {
        match &self.rendered {
            Some(rendered) => {
                let mut daemon_set = with_checksum(rendered);
                for (kind, base, name) in self.new_names(rendered) {
                    rename(&mut daemon_set, kind, &base, &name);
                }
                Some(daemon_set)
            }
            None => self.daemon_set_node().map(Node::to_json),
        }
    }

    /// The context in which alone the document may be deployed, where it names one.
    pub fn context(&self) -> Option<&str> {
        const KEY: &str = "kubernetes.planton.dev/context";
        if self.language != Language::Spec {
            return None;
        }
        ["labels", "annotations"].iter().find_map(|m| self.node.at_path(&["metadata", m, KEY])?.text())
    }

    /// Whether the document names a cluster of the hosted platform, which cannot be checked here.
    pub fn targets_cluster(&self) -> bool {
        self.node.at_path(&["spec", "targetCluster"]).is_some_and(|n| !n.is_empty())
    }

    /// All objects in the order in which they are applied. `read` gives the values of secrets that stand elsewhere;
    /// its error is the end of a sentence.
    pub fn objects(
        &self,
        read: &dyn Fn(SecretSource<'_>) -> Result<String, String>,
    ) -> Result<Vec<Object>, Vec<Problem>> {
        let Some(rendered) = &self.rendered else {
            let secret = self.kind == "Secret";
            return Ok(vec![Object { value: self.node.to_json(), secret, rendered: false }]);
        };
        let mut problems = Vec::new();
        let secrets = self.secrets(rendered, read, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let mut objects: Vec<Object> = rendered
            .others
            .iter()
            .map(|node| Object { value: node.to_json(), secret: false, rendered: true })
            .collect();
        objects.extend(secrets.into_iter().map(|value| Object { value, secret: true, rendered: true }));
        objects.push(Object { value: with_checksum(rendered), secret: false, rendered: true });
        for (kind, base, name) in self.new_names(rendered) {
            for object in &mut objects {
                let value = &mut object.value;
                if value["kind"] == kind && value["metadata"]["name"] == base.as_str() {
                    make_immutable(value, &base, &name);
                }
                rename(value, kind, &base, &name);
            }
        }
        Ok(objects)
    }

    /// Kind, name and new name of the ConfigMaps and Secrets that are immutable. A Secret has no hash yet: only `deploy`
    /// knows the key under which its contents are hashed.
    fn new_names(&self, rendered: &Rendered) -> Vec<(&'static str, String, String)> {
        if !rendered.immutable {
            return Vec::new();
        }
        let configs = rendered.others.iter().filter(|n| n.get("kind").and_then(Node::text) == Some("ConfigMap"));
        let configs = configs.map(|node| {
            let object = node.to_json();
            let base = object["metadata"]["name"].as_str().unwrap_or_default().to_owned();
            let name = hashed_name(&base, &contents_hash(&object));
            ("ConfigMap", base, name)
        });
        let has_pull_secret = !rendered.registries.is_empty() || rendered.pull_config.is_some();
        let secrets = [
            (!rendered.env_secrets.is_empty(), format!("{}-env-secrets", self.name())),
            (has_pull_secret, format!("{}-image-pull-secret", self.name())),
        ];
        let secrets = secrets.into_iter().filter(|(exists, _)| *exists).map(|(_, base)| {
            let name = unsettled_name(&base);
            ("Secret", base, name)
        });
        configs.chain(secrets).collect()
    }

    fn secrets(
        &self,
        rendered: &Rendered,
        read: &dyn Fn(SecretSource<'_>) -> Result<String, String>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Json> {
        let mut made = Vec::new();
        let mut secret = |name: String, kind: &str, data: serde_json::Map<String, Json>| {
            let metadata = json!({"name": name, "namespace": rendered.namespace, "labels": rendered.labels.to_json()});
            made.push(json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}));
        };
        if !rendered.env_secrets.is_empty() {
            let mut data = serde_json::Map::new();
            for (key, value) in &rendered.env_secrets {
                let value = match value {
                    SecretValue::Literal(value) => Ok(value.clone()),
                    SecretValue::Env(name) => read(SecretSource::Env(name)),
                    SecretValue::File(path) => read(SecretSource::File { path, document: &self.file }),
                };
                match value {
                    Ok(value) => drop(data.insert(key.clone(), BASE64.encode(value).into())),
                    Err(why) => problems.push(self.problem(format!("cannot read the secret `{key}`: {why}"))),
                }
            }
            secret(format!("{}-env-secrets", self.name()), "Opaque", data);
        }
        if !rendered.registries.is_empty() || rendered.pull_config.is_some() {
            let mut auths = rendered.pull_config.as_ref().map(|c| c.auths.clone()).unwrap_or_default();
            for registry in &rendered.registries {
                let auth = BASE64.encode(format!("{}:{}", registry.username, registry.password));
                let mut entry = json!({"username": registry.username, "password": registry.password, "auth": auth});
                if let Some(email) = &registry.email {
                    entry["email"] = email.clone().into();
                }
                auths.insert(registry.server.clone(), entry);
            }
            let config = BASE64.encode(json!({ "auths": auths }).to_string());
            let data = serde_json::Map::from_iter([(".dockerconfigjson".to_owned(), config.into())]);
            secret(format!("{}-image-pull-secret", self.name()), "kubernetes.io/dockerconfigjson", data);
        }
        made
    }

    /// Adds the credentials of a docker config file to the image pull Secret, which the pods then use.
    pub fn use_pull_config(&mut self, config: &PullConfig) {
        let name = format!("{}-image-pull-secret", self.name());
        let Some(rendered) = &mut self.rendered else { return };
        rendered.add_pull_secret(&name);
        rendered.pull_config = Some(config.clone());
    }

    fn problem(&self, message: String) -> Problem {
        let (file, at) = (self.file.clone(), Some(self.at));
        Problem {
            severity: Severity::Error,
            code: None,
            file,
            at,
            field: None,
            message,
            hint: None,
            source: None,
            is_unknown_field: false,
        }
    }
}

/// The DaemonSet, its pods marked with a checksum of the ConfigMaps rendered with it. Where Secrets are rendered too, the
/// checksum is made when the DaemonSet is deployed: without a key that only the Secret has it would give short secrets
/// away.
fn with_checksum(rendered: &Rendered) -> Json {
    let configs = rendered.others.iter().filter(|n| n.get("kind").and_then(Node::text) == Some("ConfigMap"));
    let mut hash = Sha256::new();
    let mut any = false;
    for data in configs.map(Node::to_json) {
        any = true;
        for key in ["data", "binaryData"] {
            hash.update(format!("{}\0{key}\0{}\0", data["metadata"]["name"], data[key]));
        }
    }
    let has_secrets =
        !rendered.env_secrets.is_empty() || !rendered.registries.is_empty() || rendered.pull_config.is_some();
    if !(any || has_secrets) || !rendered.checksum {
        return rendered.daemon_set.to_json();
    }
    let sum = match has_secrets {
        true => SEALED.to_owned(),
        false => hash.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect::<String>(),
    };
    let mut daemon_set = rendered.daemon_set.clone();
    if let Some(template) = daemon_set.at_path_mut(&["spec", "template"]) {
        annotate(template, CHECKSUM, &sum);
    }
    daemon_set.to_json()
}
