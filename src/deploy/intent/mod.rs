//! What the documents ask for: one DaemonSet with what belongs to it, each object marked as ours.
//!
//! * `marks`: the labels and annotations that make the objects one ApplySet.
//! * `stored_form`: an object in the form that the server stores.
//! * `together`: which DaemonSet an object belongs to, and which share it.

mod marks;
mod stored_form;
mod together;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::client::api_path::{namespace_name, object_name};
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::intent::stored_form::encode;
use crate::deploy::plan::LocalSource;
use crate::deploy::resources::{ObjectId, Resource, set_in_metadata};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::manifest::{Input, Language, Object, Problem, SecretSource};
use crate::yaml::Node;

pub use crate::deploy::intent::stored_form::forget_the_server;

/// A DaemonSet and what belongs to it, in the order of application.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The namespace of the DaemonSet.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// All objects, the DaemonSet last.
    pub objects: Vec<DesiredObject>,
    /// The context in which alone the document may be deployed, where it names one.
    pub context: Option<String>,
    /// Whether the document names a cluster that cannot be checked here.
    pub targets_cluster: bool,
    /// What of this machine is in the objects.
    pub local_sources: Vec<LocalSource>,
    /// Objects of the documents that belong to DaemonSets which are deployed together with this one.
    pub beside: Vec<DesiredObject>,
    /// The sets of the DaemonSets that are deployed together with this one.
    pub together: Vec<String>,
    /// Namespaces that a DaemonSet before this one makes, too.
    pub repeated: Vec<ObjectId>,
}

/// An object of the documents, with the DaemonSets, by number, whose specs it was rendered from.
struct Placed {
    wanted: DesiredObject,
    owners: BTreeSet<usize>,
}

/// Objects of the documents that belong to no DaemonSet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Kinds with the names of their objects, in the order of the documents.
    pub kinds: Vec<(String, Vec<String>)>,
    /// Namespace and name of the DaemonSets.
    pub daemon_sets: Vec<(String, String)>,
}

/// Why documents cannot be deployed.
#[derive(Debug)]
pub enum Unfit {
    /// A value cannot be read where the document says that it is.
    Problems(Vec<Problem>),
    /// They hold objects that are not needed around a DaemonSet.
    Foreign(Foreign),
    /// They do not make one deployment.
    Error(Error),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Unfit::Error(error)
    }
}

impl Intent {
    /// Reads documents that are sound: an intent for each DaemonSet, in their order. `given` is the user's `-n`, `default`
    /// the context's namespace; `read` gives secrets that stand elsewhere.
    ///
    /// # Errors
    /// There is no DaemonSet, a kind that is not deployed, two objects of one name, a namespace other than `given`, or a
    /// secret that cannot be read.
    pub fn all(
        documents: &[Input],
        given: Option<&str>,
        default: &str,
        read: &dyn Fn(SecretSource<'_>) -> Result<String, String>,
    ) -> Result<Vec<Intent>, Unfit> {
        let mains: Vec<&Input> = documents.iter().filter(|document| document.kind() == "DaemonSet").collect();
        if mains.is_empty() {
            return Err(Error::new("cannot find a DaemonSet in the input").into());
        }
        let namespace = |main: &Input| main.namespace().or(given).unwrap_or(default).to_owned();
        let mut intents: Vec<Intent> = Vec::new();
        for main in &mains {
            intents.push(Intent {
                namespace: namespace(main),
                name: main.name().to_owned(),
                objects: Vec::new(),
                context: main.context().map(str::to_owned),
                targets_cluster: documents.iter().any(Input::targets_cluster),
                local_sources: Vec::new(),
                beside: Vec::new(),
                together: Vec::new(),
                repeated: Vec::new(),
            });
        }
        if let Some(foreign) = foreign(documents, &intents) {
            return Err(Unfit::Foreign(foreign));
        }
        let first = intents[0].namespace.clone();
        let common = match intents.iter().all(|intent| intent.namespace == first) {
            true => first,
            false => given.unwrap_or(default).to_owned(),
        };
        let mut objects: Vec<Placed> = Vec::new();
        for document in documents {
            let main = mains.iter().position(|main| std::ptr::eq(*main, document));
            for made in document.objects(read).map_err(Unfit::Problems)? {
                let owners: BTreeSet<usize> = main.filter(|_| made.rendered).into_iter().collect();
                let own = main.map_or(&common, |number| &intents[number].namespace);
                let wanted = desired(made, given, own)?;
                match main.filter(|_| wanted.id.resource.kind == "DaemonSet") {
                    Some(number) if !intents.iter().any(|i| i.objects.iter().any(|w| w.id == wanted.id)) => {
                        intents[number].objects.push(wanted);
                        continue;
                    }
                    _ => {}
                }
                let same = objects.iter_mut().find(|placed| placed.wanted.id == wanted.id);
                let is_one = match same {
                    Some(placed) => placed.unite(&wanted, &owners),
                    None => wanted.id.resource.kind != "DaemonSet",
                };
                if !is_one {
                    return Err(Error::new(format!("{} is defined twice in the documents", wanted.id)).into());
                }
                if !objects.iter().any(|placed| placed.wanted.id == wanted.id) {
                    objects.push(Placed { wanted, owners });
                }
            }
        }
        Intent::distribute(&mut intents, objects);
        let sets: Vec<String> = intents.iter().map(Intent::set_id).collect();
        for (number, intent) in intents.iter_mut().enumerate() {
            intent.together =
                sets.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, s)| s.clone()).collect();
            intent.objects.sort_by_key(|wanted| wanted.id.resource.order());
            intent.mark();
        }
        Ok(intents)
    }

    /// `NAMESPACE/NAME` of the DaemonSet.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The spec of the DaemonSet's pods.
    fn template(&self) -> &Json {
        let daemon_set = self.objects.iter().find(|wanted| wanted.id.resource.kind == "DaemonSet");
        daemon_set.map_or(&Json::Null, |wanted| &wanted.object["spec"]["template"]["spec"])
    }

    /// The DaemonSet.
    pub fn daemon_set(&self) -> &DesiredObject {
        self.objects.last().expect("an intent has its DaemonSet, last")
    }

    /// The namespace among the objects, where the documents make it.
    pub fn own_namespace(&self) -> Option<&DesiredObject> {
        self.objects.iter().find(|w| w.id.resource.kind == "Namespace" && w.id.name == self.namespace)
    }

    /// Keeps the selector of the DaemonSet that is there, which cannot change: the template gets the labels that it
    /// asks for. Gives the labels where that changed anything.
    pub fn keep_selector(&mut self, live: &Json) -> Option<Vec<String>> {
        let theirs = live.pointer("/spec/selector")?.clone();
        let wanted = self.objects.last_mut()?;
        if wanted.object.pointer("/spec/selector") == Some(&theirs) {
            return None;
        }
        let labels: Map<String, Json> =
            theirs.get("matchLabels").and_then(Json::as_object).cloned().unwrap_or_default();
        wanted.object["spec"]["selector"] = theirs;
        for (key, value) in &labels {
            set_in_metadata(&mut wanted.object["spec"]["template"], "labels", key, value.as_str().unwrap_or_default());
        }
        Some(labels.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect())
    }

    /// Whether the documents may be deployed to a context.
    ///
    /// # Errors
    /// The document names another context, or a cluster that cannot be checked while the context was not chosen
    /// expressly.
    pub fn guard(&self, context: Option<&str>, expressly: bool) -> Result<()> {
        if let Some(wanted) = &self.context
            && context != Some(wanted.as_str())
        {
            let here = context.map_or("no context".to_owned(), |c| format!("context `{c}`"));
            let message = format!("the document is for context `{wanted}`, but this is {here}");
            return Err(Error::new(message)
                .hint(format!("use `--context {wanted}`"))
                .exit(ExitCode::RefusedBeforeWrite));
        }
        if self.targets_cluster && self.context.is_none() && !expressly {
            let message = "cannot check the `target_cluster` of the document against this cluster";
            return Err(Error::new(message)
                .hint("choose the cluster with `--context NAME`")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        Ok(())
    }
}

/// The objects that are not needed around a DaemonSet, by kind; `None` if there is none.
fn foreign(documents: &[Input], intents: &[Intent]) -> Option<Foreign> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for document in documents.iter().filter(|document| document.language() == Language::Apps) {
        let version = document.node().get("apiVersion").and_then(Node::text).unwrap_or_default();
        if Resource::of(version, document.kind()).is_some() {
            continue;
        }
        let name = match document.namespace() {
            Some(namespace) => format!("{namespace}/{}", document.name()),
            None => document.name().to_owned(),
        };
        match kinds.iter_mut().find(|(kind, _)| kind == document.kind()) {
            Some((_, names)) => names.push(name),
            None => kinds.push((document.kind().to_owned(), vec![name])),
        }
    }
    let daemon_sets = intents.iter().map(|intent| (intent.namespace.clone(), intent.name.clone())).collect();
    (!kinds.is_empty()).then_some(Foreign { kinds, daemon_sets })
}

/// The object as it is applied. `own` is the namespace of an object that names none.
fn desired(made: Object, given: Option<&str>, own: &str) -> Result<DesiredObject> {
    let Object { value: mut object, secret, rendered } = made;
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let Some(resource) = Resource::of(&version, &kind) else {
        return Err(Error::new(format!("cannot deploy objects of kind {kind} ({version})"))
            .hint("apply other objects with `kubectl apply`"));
    };
    let named = text("/metadata/namespace");
    let namespace = if named.is_empty() { own.to_owned() } else { named };
    let id = ObjectId::new(resource.kind, &namespace, &name);
    object_name(&name)?;
    if resource.namespaced {
        namespace_name(&namespace)?;
    }
    if let Some(given) = given.filter(|given| resource.namespaced && *given != namespace) {
        let message = format!("{id} has namespace `{namespace}`, but `-n` is `{given}`");
        return Err(Error::new(message).hint("remove `-n`, or change the document"));
    }
    if resource.namespaced {
        object["metadata"]["namespace"] = namespace.into();
    }
    if secret {
        encode(&mut object, &id)?;
    }
    forget_the_server(&mut object);
    Ok(DesiredObject { id, object, secret, rendered })
}

#[cfg(test)]
mod tests;
