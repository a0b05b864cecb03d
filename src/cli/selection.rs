//! Which DaemonSets are asked about: those of documents, or those of the cluster by name, labels and namespace.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::client::Scope;
use crate::error::{Error, Result};
use crate::explain::notices;
use crate::findings::Subject;
use crate::manifest::{Input, Language, Loaded};
use crate::model::label_selector;
use crate::model::wire::{Kind, ObjectError};
use crate::model::{DaemonSet, Selector, Symbol};
use crate::rules;
use crate::store::{Builder, Cluster, Coverage, DataRequest, DataRequests, Notice};

/// Where the cluster comes from, and which namespace is meant where none is named.
pub struct Place {
    /// Whether it is read from its API server.
    pub live: bool,
    /// The namespace of `-n`.
    pub flag: Option<String>,
    /// The context's namespace, or `default`.
    pub namespace: String,
}

impl Place {
    /// A saved cluster.
    pub fn snapshot(flag: Option<&str>) -> Self {
        Place { live: false, flag: flag.map(str::to_owned), namespace: flag.unwrap_or("default").to_owned() }
    }
}

/// What was asked for.
pub struct Selection<'a> {
    /// DaemonSets by name.
    names: Vec<&'a str>,
    /// Those that have such labels.
    labels: Option<Selector>,
    /// Those of every namespace.
    pub everywhere: bool,
    /// Whether the pods of every node are read, whatever decides.
    pub all_pods: bool,
    /// The documents that bring their own.
    loaded: &'a Loaded,
    /// Where they are looked for.
    pub place: Place,
}

impl<'a> Selection<'a> {
    /// `names` as they were typed (`NAME`, `ds/NAME`), `selector` as that of `-l`.
    ///
    /// # Errors
    /// A name of another kind, a selector that is none.
    pub fn new(
        names: &'a [String],
        selector: Option<&str>,
        everywhere: bool,
        loaded: &'a Loaded,
        place: Place,
    ) -> Result<Self> {
        let labels =
            selector.map(|text| label_selector::parse(text).map_err(|why| Error::new(format!("-l {text}: {why}"))));
        let names: Result<Vec<&str>> = names.iter().map(|name| plain_name(name)).collect();
        Ok(Selection { names: names?, labels: labels.transpose()?, everywhere, all_pods: everywhere, loaded, place })
    }

    /// Whether documents are asked about.
    pub fn is_written(&self) -> bool {
        !self.loaded.documents.is_empty()
    }

    /// What is asked about: the DaemonSets of the documents, else those of the cluster that are meant.
    ///
    /// # Errors
    /// There is none of that name, or none at all; a document that cannot be read, or is of another namespace.
    pub fn of(&self, cluster: &mut Cluster) -> Result<Vec<Subject>> {
        if self.is_written() { self.written(cluster) } else { self.deployed(cluster) }
    }

    /// Whether a DaemonSet of the cluster is asked about.
    pub fn means(&self, daemon_set: &DaemonSet) -> bool {
        (self.everywhere || daemon_set.namespace == *self.place.namespace)
            && (self.names.is_empty() || self.names.iter().any(|name| daemon_set.name == **name))
            && self.labels.as_ref().is_none_or(|labels| labels.matches(&daemon_set.labels))
    }

    /// The DaemonSets of the documents.
    fn written(&self, cluster: &mut Cluster) -> Result<Vec<Subject>> {
        let mut asked = Vec::new();
        for document in &self.loaded.documents {
            let Some(mut value) = document.daemon_set() else { continue };
            let namespace = match (document.namespace(), &self.place.flag) {
                (Some(own), Some(flag)) if own != flag => {
                    return Err(Error::new(format!(
                        "the namespace from the provided object \"{own}\" does not match the namespace \"{flag}\". \
                         You must pass '--namespace={own}' to perform this operation."
                    )));
                }
                (Some(own), _) => own.to_owned(),
                (None, _) => self.place.namespace.clone(),
            };
            value["metadata"]["namespace"] = namespace.into();
            let daemon_set = daemon_set(document, &value)?;
            let deployed = cluster.daemon_set(daemon_set.namespace, daemon_set.name).and_then(|d| d.uid);
            let spec = (document.language() == Language::Spec).then(|| Arc::new(document.node().to_json()));
            let adopts = if deployed.is_none() { cluster.adopt(&daemon_set) } else { None };
            asked.push(Subject { daemon_set, deployed, adopts, written: Some(document.language()), spec });
        }
        asked.sort_by_key(|a| (a.daemon_set.namespace.as_str(), a.daemon_set.name.as_str()));
        Ok(asked)
    }

    /// The DaemonSets of the cluster that are meant.
    fn deployed(&self, cluster: &Cluster) -> Result<Vec<Subject>> {
        let namespace = Symbol::new(&self.place.namespace);
        let in_place = |d: &&DaemonSet| self.everywhere || d.namespace == namespace;
        let all: Vec<&DaemonSet> = cluster.daemon_sets.iter().filter(in_place).collect();
        let mut picked: Vec<&DaemonSet> = Vec::new();
        for name in &self.names {
            match all.iter().find(|d| d.name == **name) {
                Some(found) => picked.push(found),
                None => return Err(unknown_name(cluster, name, &self.place.namespace)),
            }
        }
        if self.names.is_empty() {
            picked = all;
        }
        if let Some(labels) = &self.labels {
            picked.retain(|d| labels.matches(&d.labels));
        }
        picked.sort_by_key(|d| (d.namespace.as_str(), d.name.as_str()));
        picked.dedup_by_key(|d| (d.namespace, d.name));
        if picked.is_empty() {
            let place = (!self.everywhere).then_some(self.place.namespace.as_str());
            if let Some(error) = unreadable(cluster, place).next().filter(|_| self.labels.is_none()) {
                return Err(cannot_read(error));
            }
            let coverage = cluster.coverage(Kind::DaemonSet);
            let place = match self.everywhere {
                true => "the cluster".to_owned(),
                false => format!("namespace {}", self.place.namespace),
            };
            let error = Error::new(format!("there is no DaemonSet to look at in {place}"));
            return Err(match (coverage.is_whole(), self.everywhere) {
                (false, _) => {
                    error.cause(format!("daemonsets: {coverage}")).hint("-f FILE looks at one that is not deployed")
                }
                (_, false) => error.hint("-A looks at those of all namespaces"),
                _ => error.hint("-f FILE looks at one that is not deployed"),
            });
        }
        Ok(picked.into_iter().cloned().map(Subject::deployed).collect())
    }

    /// Says that those of these names may be there all the same, and why that is not known.
    pub fn not_known(&self, why: &Coverage) -> Error {
        let (names, namespace) = (self.names.join(", "), &self.place.namespace);
        Error::new(format!("it is not known whether there is a DaemonSet {names} in namespace {namespace}"))
            .cause(format!("daemonsets: {why}"))
    }

    /// Where the DaemonSets are that are asked about, and those of the documents' names.
    ///
    /// # Errors
    /// Those of the documents.
    pub fn scope(&self) -> Result<Scope> {
        if self.is_written() {
            let asked = self.written(&mut Cluster::default())?;
            let mut namespaces: Vec<String> = asked.iter().map(|a| a.daemon_set.namespace.to_string()).collect();
            namespaces.dedup();
            return Ok(Scope { namespaces, names: asked.iter().map(|a| a.daemon_set.name.to_string()).collect() });
        }
        if self.everywhere {
            return Ok(Scope::default());
        }
        let names = self.names.iter().map(|name| (*name).to_owned()).collect();
        Ok(Scope { namespaces: vec![self.place.namespace.clone()], names })
    }

    /// What the DaemonSets that are asked about need before any node is looked at: what their templates refer to, their
    /// own pods and their revisions. `daemon_sets` are those of the scope.
    ///
    /// # Errors
    /// Those of the documents.
    pub fn needs(&self, daemon_sets: &[DaemonSet]) -> Result<DataRequests> {
        let mut questions = DataRequests::default();
        let mut names: HashSet<(Symbol, Symbol)> = HashSet::new();
        for asked in self.written(&mut Cluster::default())? {
            questions.add(rules::needs(&asked.daemon_set));
            let key = (asked.daemon_set.namespace, asked.daemon_set.name);
            if !daemon_sets.iter().any(|d| (d.namespace, d.name) == key) {
                questions.add(rules::needs::adopted(&asked.daemon_set));
            }
            names.insert(key);
        }
        if !self.is_written() {
            for name in &self.names {
                let key = (Symbol::new(&self.place.namespace), Symbol::new(name));
                // Whoever mistypes a name is told of those that come near.
                if !daemon_sets.iter().any(|d| (d.namespace, d.name) == key) {
                    questions.ask(DataRequest::List(Kind::DaemonSet, None));
                }
            }
        }
        let is_asked = |d: &&DaemonSet| match self.is_written() {
            true => names.contains(&(d.namespace, d.name)),
            false => self.means(d),
        };
        for daemon_set in daemon_sets.iter().filter(is_asked) {
            if !self.is_written() {
                questions.add(rules::needs(daemon_set));
            }
            questions.add(rules::needs::own(daemon_set));
        }
        if self.all_pods && !self.is_written() {
            // They come with all the others.
            questions.open.retain(|question| !matches!(question, DataRequest::Selected(Kind::Pod, ..)));
        }
        Ok(questions)
    }

    /// The document that a written DaemonSet comes from, in the namespace that is meant.
    pub fn document_of(&self, asked: &Subject) -> Option<Value> {
        asked.written?;
        let namespace = asked.daemon_set.namespace.as_str();
        let meant = |document: &&Input| document.namespace().unwrap_or(&self.place.namespace) == namespace;
        let all = self.loaded.documents.iter().filter(meant).filter_map(Input::daemon_set);
        let mut named = all.filter(|value| value["metadata"]["name"] == asked.daemon_set.name.as_str());
        let mut value = named.next()?;
        value["metadata"]["namespace"] = namespace.into();
        Some(value)
    }

    /// Lays the objects of the documents over the cluster, but for DaemonSets, which are what is asked about.
    ///
    /// # Errors
    /// One that cannot be read.
    pub fn overlay(&self, builder: &mut Builder) -> Result<()> {
        builder.overlay();
        for document in &self.loaded.documents {
            // Secret values decide nothing here and are not read.
            let objects = document.objects(&|_| Ok(String::new())).unwrap_or_default();
            for mut object in objects.into_iter().map(|o| o.value).filter(|o| o["kind"] != "DaemonSet") {
                let namespaced =
                    !matches!(object["kind"].as_str(), Some("Namespace" | "PriorityClass" | "RuntimeClass" | "Node"));
                if namespaced && object["metadata"]["namespace"].is_null() {
                    object["metadata"]["namespace"] = self.place.namespace.as_str().into();
                }
                let text = object.to_string();
                builder
                    .read(text.as_bytes(), None)
                    .map_err(|e| Error::new("cannot read an object of the files").because(&e))?;
            }
        }
        Ok(())
    }
}

fn daemon_set(document: &Input, value: &Value) -> Result<DaemonSet> {
    let mut builder = Builder::new();
    builder
        .read(value.to_string().as_bytes(), None)
        .map_err(|e| Error::new("cannot read the DaemonSet").because(&e))?;
    let mut cluster = builder.finish(None);
    cluster.daemon_sets.pop().ok_or_else(|| {
        let why = cluster.notices.first().map(notices::tell).unwrap_or_default();
        Error::new(format!("{}:{}: cannot read the DaemonSet", document.file, document.at.line)).cause(why)
    })
}

/// `NAME` of `NAME`, `ds/NAME`, `daemonset/NAME` or `daemonsets.apps/NAME`.
fn plain_name(name: &str) -> Result<&str> {
    match name.split_once('/') {
        None => Ok(name),
        Some(("ds" | "daemonset" | "daemonsets" | "daemonset.apps" | "daemonsets.apps", name)) => Ok(name),
        Some((kind, _)) => Err(Error::new(format!("`{kind}` is no DaemonSet")).hint("names are NAME or ds/NAME")),
    }
}

/// Returns the DaemonSets that are there and cannot be read, in a namespace or everywhere.
fn unreadable<'c>(cluster: &'c Cluster, namespace: Option<&str>) -> impl Iterator<Item = &'c ObjectError> {
    let errors = cluster.notices.iter().filter_map(|notice| match notice {
        Notice::Unreadable(error) if error.kind == Kind::DaemonSet => Some(error),
        _ => None,
    });
    errors.filter(move |error| namespace.is_none_or(|namespace| error.namespace == *namespace))
}

fn cannot_read(error: &ObjectError) -> Error {
    let (namespace, name) = (&error.namespace, &error.name);
    Error::new(format!("cannot read DaemonSet {namespace}/{name}")).cause(error.error.to_string())
}

fn unknown_name(cluster: &Cluster, name: &str, namespace: &str) -> Error {
    if let Some(error) = unreadable(cluster, Some(namespace)).find(|error| error.name == *name) {
        return cannot_read(error);
    }
    let error = Error::new(format!("there is no DaemonSet {name} in namespace {namespace}"));
    let elsewhere: Vec<&DaemonSet> = cluster.daemon_sets.iter().filter(|d| d.name == *name).collect();
    if let Some(found) = elsewhere.first() {
        return error.hint(format!("there is one in namespace {0}: add `-n {0}`", found.namespace));
    }
    let near = |d: &&DaemonSet| strsim::damerau_levenshtein(d.name.as_str(), name);
    match cluster.daemon_sets.iter().filter(|d| near(d) <= 2).min_by_key(near) {
        Some(close) => error.hint(format!("did you mean `{}` in namespace {}?", close.name, close.namespace)),
        None => error,
    }
}
