//! Which DaemonSets an investigation is about: those of documents, or those of the cluster by name, labels and
//! namespace; and the other objects of the documents, which lie over the cluster.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::explain::notices;
use crate::findings::Subject;
use crate::investigate::prefetch::ahead;
use crate::investigate::scope::Scope;
use crate::investigate::selection::Selection;
use crate::manifest::{Language, Origin};
use crate::model::wire::{Kind, Object, read_object};
use crate::model::{DaemonSet, Symbol};
use crate::rules;
use crate::store::{Builder, Cluster, Coverage, DataRequest, DataRequests, Notice};

/// A DaemonSet of a document.
#[derive(Debug, Clone)]
pub struct Document {
    /// The DaemonSet.
    pub daemon_set: DaemonSet,
    /// The DaemonSet as it would be applied, with all its fields and its namespace.
    pub object: Value,
    /// The language that the document is written in.
    pub language: Language,
    /// A spec as it is written, its keys in Kubernetes' spelling; `None` for what is none.
    pub spec: Option<Arc<Value>>,
    /// The document, each value with its place.
    pub origin: Option<Arc<Origin>>,
}

impl Document {
    /// Reads a DaemonSet, written in `apps/v1`, in the namespace that it names.
    ///
    /// # Errors
    /// A field has a type that no server takes: why, in one sentence.
    pub fn of(object: Value) -> Result<Self, String> {
        match read_object(object.to_string().as_bytes(), None) {
            Ok(read) => match read.object {
                Object::DaemonSet(daemon_set, _) => {
                    Ok(Document { daemon_set: *daemon_set, object, language: Language::Apps, spec: None, origin: None })
                }
                Object::Bad(error) => Err(notices::tell(&Notice::Unreadable(error))),
                _ => Err("the object is no DaemonSet".to_owned()),
            },
            Err(error) => Err(error.to_string()),
        }
    }

    fn key(&self) -> (Symbol, Symbol) {
        (self.daemon_set.namespace, self.daemon_set.name)
    }
}

/// What an investigation is about.
#[derive(Debug)]
pub struct Subjects {
    about: About,
    /// The other objects of the documents, as JSON texts.
    overlay: Vec<String>,
    /// Whether the pods of every node are read, whatever decides.
    pub all_pods: bool,
    /// What else is read.
    more: Vec<DataRequest>,
}

#[derive(Debug)]
enum About {
    Deployed(Selection),
    Written(Vec<Document>),
}

impl Subjects {
    /// DaemonSets of the cluster.
    pub fn deployed(selection: Selection) -> Self {
        let all_pods = selection.everywhere;
        Subjects { about: About::Deployed(selection), overlay: Vec::new(), all_pods, more: Vec::new() }
    }

    /// DaemonSets of documents, with the other `objects` of these laid over the cluster.
    pub fn written<'v>(mut documents: Vec<Document>, objects: impl IntoIterator<Item = &'v Value>) -> Self {
        documents.sort_by_key(|d| (d.daemon_set.namespace.as_str(), d.daemon_set.name.as_str()));
        let overlay = objects.into_iter().map(Value::to_string).collect();
        Subjects { about: About::Written(documents), overlay, all_pods: false, more: Vec::new() }
    }

    /// Asks for something else that whoever judges needs of every cluster.
    pub fn also(&mut self, request: DataRequest) {
        self.more.push(request);
    }

    /// Whether documents are asked about.
    pub fn is_written(&self) -> bool {
        matches!(self.about, About::Written(_))
    }

    /// Returns the document that a subject was written in.
    pub fn document(&self, subject: &Subject) -> Option<&Document> {
        let key = (subject.daemon_set.namespace, subject.daemon_set.name);
        match &self.about {
            About::Written(documents) => documents.iter().find(|document| document.key() == key),
            About::Deployed(_) => None,
        }
    }

    /// Finds what is asked about: the DaemonSets of the documents, else those of the cluster that are meant.
    ///
    /// # Errors
    /// There is none of that name, or none at all.
    pub fn find(&self, cluster: &mut Cluster) -> Result<Vec<Subject>> {
        let documents = match &self.about {
            About::Deployed(selection) => return selection.find(cluster),
            About::Written(documents) => documents,
        };
        let of_document = |document: &Document| {
            let daemon_set = document.daemon_set.clone();
            let deployed = cluster.daemon_set(daemon_set.namespace, daemon_set.name).and_then(|d| d.uid);
            let adopts = if deployed.is_none() { cluster.adopt(&daemon_set) } else { None };
            let (spec, origin) = (document.spec.clone(), document.origin.clone());
            Subject { daemon_set, deployed, adopts, written: Some(document.language), spec, origin }
        };
        Ok(documents.iter().map(of_document).collect())
    }

    /// Lays the objects of the documents over the cluster, but for DaemonSets, which are what is asked about.
    ///
    /// # Errors
    /// One that cannot be read.
    pub(crate) fn overlay(&self, builder: &mut Builder) -> Result<()> {
        builder.overlay();
        for object in &self.overlay {
            builder
                .read(object.as_bytes(), None)
                .map_err(|e| Error::new("cannot read an object of the files").because(&e))?;
        }
        Ok(())
    }

    /// Returns where the DaemonSets are that are asked about, and those of the documents' names.
    pub fn scope(&self) -> Scope {
        let documents = match &self.about {
            About::Deployed(selection) => return selection.scope(),
            About::Written(documents) => documents,
        };
        let mut namespaces: Vec<String> = documents.iter().map(|d| d.daemon_set.namespace.to_string()).collect();
        namespaces.dedup();
        Scope { namespaces, names: documents.iter().map(|d| d.daemon_set.name.to_string()).collect() }
    }

    /// Returns what the DaemonSets that are asked about need before any node is looked at: what their templates refer
    /// to, their own pods and their revisions. `daemon_sets` are those of the scope.
    pub fn needs(&self, daemon_sets: &[DaemonSet]) -> DataRequests {
        let mut requests = DataRequests::default();
        requests.open.extend(self.more.iter().cloned());
        match &self.about {
            About::Written(documents) => {
                let mut names: HashSet<(Symbol, Symbol)> = HashSet::new();
                for document in documents {
                    requests.add(rules::needs(&document.daemon_set));
                    requests.add(rules::needs::admission_hooks());
                    if !daemon_sets.iter().any(|d| (d.namespace, d.name) == document.key()) {
                        requests.add(rules::needs::adopted(&document.daemon_set));
                    }
                    names.insert(document.key());
                }
                let replaced = daemon_sets.iter().filter(|d| names.contains(&(d.namespace, d.name)));
                replaced.for_each(|daemon_set| requests.add(rules::needs::own(daemon_set)));
            }
            About::Deployed(selection) => {
                if selection.lacks_a_name(daemon_sets) {
                    // Whoever mistypes a name is told of those that come near.
                    requests.ask(DataRequest::List(Kind::DaemonSet, None));
                }
                for daemon_set in daemon_sets.iter().filter(|d| selection.means(d)) {
                    requests.add(rules::needs(daemon_set));
                    requests.add(rules::needs::own(daemon_set));
                }
                if self.all_pods {
                    // They come with all the others.
                    let is_of_pods = |r: &DataRequest| matches!(r, DataRequest::Selected(Kind::Pod, ..));
                    requests.open.retain(|request| !is_of_pods(request));
                }
            }
        }
        requests
    }

    /// Returns what is sure to be asked once the DaemonSets and what these need are there, whatever the nodes are.
    pub fn ahead(&self, cluster: &Cluster) -> DataRequests {
        match &self.about {
            About::Written(_) => DataRequests::default(),
            About::Deployed(selection) => {
                ahead(cluster, cluster.daemon_sets.iter().filter(|d| selection.means(d)), self.all_pods)
            }
        }
    }

    /// Says that what was not found may exist all the same, if that is so.
    pub(crate) fn absent(&self, absent: Error, unseen: Option<&Coverage>) -> Error {
        match (&self.about, unseen) {
            (About::Deployed(selection), Some(why)) => selection.not_known(why),
            _ => absent,
        }
    }
}
