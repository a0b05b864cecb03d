//! The document as a whole.

use serde_json::{Map, Value, json};

use crate::manifest::fields::DAEMON_SET;
use crate::manifest::import::config::Config;
use crate::manifest::import::convert::{fields, put, snaked, snaked_fields, take};
use crate::manifest::import::{container, defaults, residue, volumes};
use crate::manifest::load::load;
use crate::manifest::problem::Problem;
use crate::manifest::render::{CHECKSUM, IDENTITY, MANAGED_BY};
use crate::yaml::{Style, emit};

/// How to import.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Whether fields that have the value which the API server would fill in are dropped: for live objects, which
    /// have all of them.
    pub drop_defaults: bool,
    /// The namespace, where the DaemonSet names none.
    pub namespace: Option<String>,
    /// Objects that the spec should hold too, instead of referring to them.
    pub config: Option<Config>,
}

/// A spec made from a DaemonSet.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The document.
    pub document: Value,
    /// What its reader should know: what was left out, what only a patch could say.
    pub notes: Vec<String>,
}

impl Imported {
    /// The document as text, the notes as comments before it.
    pub fn text(&self) -> String {
        let mut out = String::new();
        for note in &self.notes {
            for (i, line) in note.lines().enumerate() {
                out.push_str(if i == 0 { "# " } else { "#   " });
                out.push_str(&crate::text::escape::escape(line));
                out.push('\n');
            }
        }
        out.push_str(&emit(&self.document, Style::Compact(110)));
        out
    }
}

/// Makes a spec that renders `daemon_set`; says why there can be none.
pub fn import(daemon_set: &Value, options: &Options) -> Result<Imported, String> {
    let name = daemon_set.pointer("/metadata/name").and_then(Value::as_str);
    if name.is_none_or(|n| crate::manifest::text::broken(crate::manifest::fields::Rule::DnsName, n).is_some()) {
        return Err("the name of the DaemonSet is not a DNS name".to_owned());
    }
    let containers = daemon_set.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    if containers.and_then(|c| c.first()).is_none_or(|c| !c.is_object()) {
        return Err("the DaemonSet has no container".to_owned());
    }
    let mut wanted = daemon_set.clone();
    let mut notes = Vec::new();
    defaults::drop_server_set(&mut wanted);
    if options.drop_defaults {
        defaults::drop_defaults(&mut wanted, &DAEMON_SET);
    }
    // The spec says the names without their hashes, which it renders again.
    let mut named = wanted.clone();
    let config = options.config.as_ref().map(|config| config.without_hashes(&mut named));
    let rolls = daemon_set["spec"]["template"]["metadata"]["annotations"].get(CHECKSUM).is_some();
    let mut document = built(&named, options, config.as_ref(), rolls, &mut notes);
    residue::settle(&mut document, &wanted, options.drop_defaults, &mut notes)?;
    let mut imported = Imported { document, notes };
    let problems = |imported: &Imported| load("spec", &imported.text()).problems;
    // Fields that Kubernetes does not know are kept, and said to be such.
    for problem in problems(&imported).iter().filter(|problem| problem.is_unknown_field) {
        allow_unknown(&mut imported, problem);
    }
    // What only a patch could say is held to the API server's rules like all else.
    match problems(&imported).into_iter().find(Problem::is_error) {
        None => Ok(imported),
        Some(problem) => Err(problem.message),
    }
}

/// Lets the patch in which a problem stands add fields that Kubernetes does not know.
fn allow_unknown(imported: &mut Imported, problem: &Problem) {
    let number = problem.field.as_deref().and_then(|field| field.strip_prefix("spec.patches["));
    let number = number.and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
    if let Some(patch) = number.and_then(|n| imported.document["spec"]["patches"].get_mut(n)) {
        patch["allow_unknown"] = true.into();
    }
}

/// Builds the document, with what `config` holds; `rolls` says that a change of it replaces the pods.
fn built(wanted: &Value, options: &Options, config: Option<&Config>, rolls: bool, notes: &mut Vec<String>) -> Value {
    let mut metadata = fields(wanted.get("metadata").cloned());
    let mut body = fields(wanted.get("spec").cloned());
    let mut template = fields(take(&mut body, "template"));
    let mut pod = fields(take(&mut template, "spec"));
    let name = take(&mut metadata, "name").unwrap_or_default();

    let mut spec = Map::new();
    let namespace = take(&mut metadata, "namespace").filter(|n| n.as_str().is_some_and(|n| !n.is_empty()));
    let namespace = namespace.or_else(|| options.namespace.clone().map(Value::String)).unwrap_or_else(|| {
        notes.push("the manifest has no namespace".to_owned());
        "default".into()
    });
    spec.insert("namespace".to_owned(), namespace.clone());

    let pod_spec = DAEMON_SET.at(&["spec", "template", "spec"]);
    let (inline, listed) = volumes::placed(&pod);
    let containers = container::containers(take(&mut pod, "containers"), &inline);
    let mut containers = containers.into_iter();
    let mut group = Map::new();
    put(&mut group, "app", containers.next().map(unnamed));
    let sidecars: Vec<Value> = containers.collect();
    put(&mut group, "sidecars", (!sidecars.is_empty()).then_some(Value::Array(sidecars)));
    spec.insert("container".to_owned(), Value::Object(group));

    let mut out = Map::new();
    let init = container::containers(take(&mut pod, "initContainers"), &inline);
    put(&mut out, "init_containers", (!init.is_empty()).then_some(Value::Array(init)));
    take(&mut pod, "volumes");
    let volume = &pod_spec.exact("volumes").expect("pods have volumes").shape;
    put(&mut out, "volumes", (!listed.is_empty()).then(|| snaked(&Value::Array(listed), volume)).flatten());

    for (key, to) in [("nodeSelector", "node_selector"), ("tolerations", "tolerations")] {
        let shape = &pod_spec.exact(key).expect("a field of the pod").shape;
        put(&mut spec, to, take(&mut pod, key).and_then(|v| snaked(&v, shape)));
    }
    let body_fields = DAEMON_SET.at(&["spec"]);
    for key in ["updateStrategy", "minReadySeconds", "revisionHistoryLimit"] {
        let shape = &body_fields.exact(key).expect("a field of the DaemonSet").shape;
        put(&mut spec, &crate::manifest::fields::snake(key), take(&mut body, key).and_then(|v| snaked(&v, shape)));
    }
    let account = take(&mut pod, "serviceAccountName").filter(Value::is_string);
    put(&mut spec, "service_account_name", account);
    if let Some(Value::Array(secrets)) = pod.get("imagePullSecrets") {
        let names: Option<Vec<Value>> = secrets.iter().map(|s| s.get("name").cloned()).collect();
        if let Some(names) = names.filter(|n| n.iter().all(Value::is_string)) {
            take(&mut pod, "imagePullSecrets");
            out.insert("image_pull_secrets".to_owned(), Value::Array(names));
        }
    }
    take(&mut pod, "serviceAccount");
    out.extend(snaked_fields(&pod, pod_spec));
    identity(&mut spec, &mut out, &body, template, &name);
    if let Some(config) = config {
        config.take_in(&mut spec, wanted, rolls, notes);
    }
    if !out.is_empty() {
        spec.insert("pod".to_owned(), Value::Object(out));
    }
    // The labels that a spec gives every object anyway.
    let is_new = !spec.contains_key("selector");
    if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
        labels.retain(|key, value| {
            let is_identity = is_new && IDENTITY.contains(&key.as_str()) && *value == name;
            !is_identity && (key.as_str(), value.as_str()) != (MANAGED_BY.0, Some(MANAGED_BY.1))
        });
    }
    let mut meta = Map::new();
    meta.insert("name".to_owned(), name);
    for key in ["labels", "annotations"] {
        let kept = take(&mut metadata, key).filter(|v| v.as_object().is_some_and(|m| !m.is_empty()));
        put(&mut meta, key, kept.and_then(|v| texts_only(&v)));
    }
    json!({
        "apiVersion": "kubernetes.project-planton.org/v1",
        "kind": "KubernetesDaemonSet",
        "metadata": meta,
        "spec": spec,
    })
}

/// The selector, unless it is the one that a new spec gets, and the labels and annotations that it does not bring.
fn identity(
    spec: &mut Map<String, Value>,
    pod: &mut Map<String, Value>,
    body: &Map<String, Value>,
    mut template: Map<String, Value>,
    name: &Value,
) {
    let mut metadata = fields(take(&mut template, "metadata"));
    let mut labels = fields(take(&mut metadata, "labels"));
    labels.retain(|_, v| v.is_string());
    let selector_fields = DAEMON_SET.at(&["spec", "selector"]);
    let selector = body.get("selector").and_then(Value::as_object).map(|s| snaked_fields(s, selector_fields));
    let mut selector = selector.unwrap_or_default();
    if selector.is_empty() {
        // There is none, which is a mistake: one that fits keeps the rest readable, and a patch takes it away.
        selector.insert("match_labels".to_owned(), Value::Object(labels.clone()));
    }
    let wanted = fields(selector.get("match_labels").cloned());
    let new = selector.len() == 1
        && wanted.len() == IDENTITY.len()
        && IDENTITY.iter().all(|key| wanted.get(*key) == Some(name))
        && labels.contains_key("app");
    labels.retain(|key, value| wanted.get(key) != Some(value));
    if new && labels.get("app").is_some_and(|v| v == "daemonset") {
        labels.shift_remove("app");
    }
    if !new {
        spec.insert("selector".to_owned(), Value::Object(selector));
    }
    let mut first = Map::new();
    put(&mut first, "labels", (!labels.is_empty()).then_some(Value::Object(labels)));
    let annotations = take(&mut metadata, "annotations").and_then(|v| texts_only(&v));
    put(&mut first, "annotations", annotations.filter(|v| v.as_object().is_some_and(|m| !m.is_empty())));
    put(&mut first, "finalizers", take(&mut metadata, "finalizers"));
    first.append(pod);
    *pod = first;
}

fn texts_only(map: &Value) -> Option<Value> {
    let kept = map.as_object()?.iter().filter(|(_, v)| v.is_string());
    Some(Value::Object(kept.map(|(k, v)| (k.clone(), v.clone())).collect()))
}

/// The main container's name goes where it is the one that it would get anyway.
fn unnamed(mut app: Value) -> Value {
    if let Some(app) = app.as_object_mut()
        && app.get("name").is_some_and(|n| n == "daemonset-container")
    {
        app.shift_remove("name");
    }
    app
}
