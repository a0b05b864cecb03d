//! Which DaemonSets the arguments ask about: those of documents, or those of the cluster by name, labels and namespace.

use std::sync::Arc;

use serde_json::Value;

use crate::cli::pod_argument::daemon_set_of;
use crate::error::{Error, Result};
use crate::investigate::{Document, Selection, Subjects};
use crate::manifest::{Input, Language, Loaded, Origin};
use crate::model::label_selector;

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

/// DaemonSets of the cluster: `names` as they were typed (`NAME`, `ds/NAME`), `selector` as that of `-l`.
///
/// # Errors
/// A name of another kind, a selector that is none.
pub fn deployed(names: &[String], selector: Option<&str>, everywhere: bool, place: &Place) -> Result<Subjects> {
    let labels =
        selector.map(|text| label_selector::parse(text).map_err(|why| Error::new(format!("-l {text}: {why}"))));
    let names: Result<Vec<String>> = names.iter().map(|name| plain_name(name).map(str::to_owned)).collect();
    let namespace = place.namespace.clone();
    Ok(Subjects::deployed(Selection { names: names?, labels: labels.transpose()?, everywhere, namespace }))
}

/// DaemonSets of documents, whose other objects lie over the cluster.
///
/// # Errors
/// A document that cannot be read, or is of another namespace.
pub fn written(loaded: &Loaded, place: &Place) -> Result<Subjects> {
    let documents: Result<Vec<Document>> =
        loaded.documents.iter().filter_map(|document| daemon_set(document, place)).collect();
    let documents = documents?;
    // Secret values decide nothing here and are not read.
    let objects = loaded.documents.iter().flat_map(|d| d.objects(&|_| Ok(String::new())).unwrap_or_default());
    let others = objects.map(|object| object.value).filter(|object| object["kind"] != "DaemonSet");
    let others: Vec<Value> = others.map(|object| in_namespace(object, place)).collect();
    Ok(Subjects::written(documents, &others))
}

/// The DaemonSet of a document, in the namespace that is meant.
fn daemon_set(document: &Input, place: &Place) -> Option<Result<Document>> {
    let mut object = document.daemon_set()?;
    let namespace = match (document.namespace(), &place.flag) {
        (Some(own), Some(flag)) if own != flag => {
            return Some(Err(Error::new(format!(
                "the namespace from the provided object \"{own}\" does not match the namespace \"{flag}\". \
                 You must pass '--namespace={own}' to perform this operation."
            ))));
        }
        (Some(own), _) => own.to_owned(),
        (None, _) => place.namespace.clone(),
    };
    object["metadata"]["namespace"] = namespace.into();
    let spec = (document.language() == Language::Spec).then(|| Arc::new(document.node().to_json()));
    let read = Document::of(object).map_err(|why| {
        Error::new(format!("{}:{}: cannot read the DaemonSet", document.file, document.at.line)).cause(why)
    });
    let origin = Origin::of(document).map(Arc::new);
    Some(read.map(|read| Document { language: document.language(), spec, origin, ..read }))
}

fn in_namespace(mut object: Value, place: &Place) -> Value {
    let namespaced = !matches!(object["kind"].as_str(), Some("Namespace" | "PriorityClass" | "RuntimeClass" | "Node"));
    if namespaced && object["metadata"]["namespace"].is_null() {
        object["metadata"]["namespace"] = place.namespace.as_str().into();
    }
    object
}

/// `NAME` of `NAME`, `ds/NAME`, `daemonset/NAME` or `daemonsets.apps/NAME`; the DaemonSet of `pod/NAME`.
fn plain_name(name: &str) -> Result<&str> {
    match name.split_once('/') {
        None => Ok(name),
        Some(("ds" | "daemonset" | "daemonsets" | "daemonset.apps" | "daemonsets.apps", name)) => Ok(name),
        Some(("pod" | "pods" | "po", pod)) => daemon_set_of(pod),
        Some((kind, _)) => {
            Err(Error::new(format!("`{kind}` is not a DaemonSet")).hint("use NAME, ds/NAME or pod/NAME"))
        }
    }
}
