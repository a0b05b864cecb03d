//! A document as a whole: its DaemonSet, and what is made beside it.

use crate::manifest::fields::Rule;
use crate::manifest::input::PullConfig;
use crate::manifest::problem::{Problem, Severity, Source};
use crate::manifest::read::shorten;
use crate::manifest::render::build;
use crate::manifest::render::build::{Fields, entry, fields, keep, map, one, put, take, text};
use crate::manifest::render::objects::{labels, match_labels, object};
use crate::manifest::render::patch;
use crate::manifest::text::{broken, demand};
use crate::yaml::{Entry, Mark, Node, Value};

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

/// Renders a document that was read, and tells what does not fit together in it.
pub fn render(document: Node, source: &Source<'_>) -> (Rendered, Vec<Problem>) {
    let at = document.at;
    let mut parts = fields(document);
    let newest = parts.iter().any(|e| e.key == "apiVersion" && e.node.text().is_some_and(|v| v.ends_with("v1alpha1")));
    let mut metadata = take(&mut parts, "metadata").map(|e| fields(e.node)).unwrap_or_default();
    let mut spec = take(&mut parts, "spec").map(|e| fields(e.node)).unwrap_or_default();
    let name = take(&mut metadata, "name").map_or_else(|| text("", at), |e| e.node);
    let mut renderer = Renderer {
        source,
        problems: Vec::new(),
        name: name.text().unwrap_or_default().to_owned(),
        namespace: String::new(),
        newest,
        upstream: take(&mut spec, "conventions").is_some_and(|e| e.node.text() == Some("upstream")),
        creates_account: false,
        account_at: at,
        labels: None,
        volumes: Vec::new(),
        env_secrets: Vec::new(),
        pull_secrets: Vec::new(),
        registries: Vec::new(),
        makes_pull_secret: false,
    };
    let rendered = renderer.document(name, metadata, spec, at);
    (rendered, renderer.problems)
}

pub(crate) struct Renderer<'a> {
    pub(crate) source: &'a Source<'a>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) name: String,
    pub(crate) namespace: String,
    pub(crate) newest: bool,
    pub(crate) upstream: bool,
    pub(crate) creates_account: bool,
    pub(crate) account_at: Mark,
    /// The labels of every object that is made.
    pub(crate) labels: Option<Node>,
    pub(crate) volumes: Vec<Node>,
    pub(crate) env_secrets: Vec<(String, SecretValue)>,
    pub(crate) pull_secrets: Vec<Node>,
    pub(crate) registries: Vec<Registry>,
    pub(crate) makes_pull_secret: bool,
}

impl Renderer<'_> {
    fn document(&mut self, name: Node, mut metadata: Fields, mut spec: Fields, at: Mark) -> Rendered {
        let namespace = take(&mut spec, "namespace");
        if let Some(namespace) = namespace.and_then(|given| self.referred(given.node, "`namespace`")) {
            self.namespace = namespace.text().unwrap_or_default().to_owned();
            if !self.namespace.is_empty() && broken(Rule::DnsLabel, &self.namespace).is_some() {
                self.error(namespace.at, format!("`namespace` must {}", demand(Rule::DnsLabel)), None);
            }
        }
        if let Some(create) = take(&mut spec, "createServiceAccount") {
            self.creates_account = create.node.bool() == Some(true);
            self.account_at = create.key_at;
        }
        let mut pod = take(&mut spec, "pod").map(|e| fields(e.node)).unwrap_or_default();
        let own_selector = take(&mut spec, "selector");
        let identity = || IDENTITY.map(|key| (key, self.name.as_str()));
        let selector = match &own_selector {
            Some(own) => own.node.clone(),
            None => match_labels(labels(&identity(), at)),
        };
        let object_labels = self.object_labels(take(&mut metadata, "labels"), own_selector.is_none(), at);
        self.labels = Some(object_labels.clone());
        let template_meta = self.template_meta(&mut pod, &selector, own_selector.is_none(), at);
        let pod_spec = self.pod_spec(&mut spec, &mut pod, &selector, at);
        let account = pod_spec.get("serviceAccountName").and_then(Node::text).map(str::to_owned);
        let others = self.others(&mut spec, account.as_deref());
        let template = map(vec![entry("metadata", template_meta), entry("spec", pod_spec)], at);
        let mut body: Fields = Vec::new();
        put(&mut body, "selector", selector);
        if let Some(strategy) = take(&mut spec, "updateStrategy") {
            keep(&mut body, "updateStrategy", self.strategy(strategy));
        }
        keep(&mut body, "minReadySeconds", take(&mut spec, "minReadySeconds"));
        keep(&mut body, "revisionHistoryLimit", take(&mut spec, "revisionHistoryLimit"));
        put(&mut body, "template", template);
        let annotations = take(&mut metadata, "annotations").map(own_keys);
        let meta = self.meta(name, true, None, annotations);
        let daemon_set = object("apps/v1", "DaemonSet", meta, vec![entry("spec", map(body, at))], at);
        let (daemon_set, unpatched) = match take(&mut spec, "patches") {
            Some(patches) => (self.patched(daemon_set.clone(), &patches.node), Some(daemon_set)),
            None => (daemon_set, None),
        };
        let checksum = take(&mut spec, "rollOnConfigChange").is_none_or(|e| e.node.bool() != Some(false));
        Rendered {
            namespace: self.namespace.clone(),
            daemon_set,
            unpatched,
            others,
            env_secrets: std::mem::take(&mut self.env_secrets),
            registries: std::mem::take(&mut self.registries),
            labels: object_labels,
            checksum,
            pull_config: None,
        }
    }

    /// The document's labels less the platform's, the identity of a new DaemonSet, and who made it.
    fn object_labels(&mut self, given: Option<Entry>, new: bool, at: Mark) -> Node {
        let mut all = given.map(|e| fields(own_keys(e).node)).unwrap_or_default();
        // Those of the platform, which are not copied, may hold anything.
        for label in all.iter().filter(|e| e.node.text().is_some_and(|t| broken(Rule::LabelValue, t).is_some())) {
            let message = format!("`{}` in `labels` must {}", shorten(&label.key), demand(Rule::LabelValue));
            self.error(label.node.at, message, Some("a text of any kind can be an annotation"));
        }
        let mut add = |key: &str, value: &str| {
            if !all.iter().any(|e| e.key == key) {
                all.push(entry(key, text(value, at)));
            }
        };
        if new {
            IDENTITY.iter().for_each(|key| add(key, &self.name));
        }
        add(MANAGED_BY.0, MANAGED_BY.1);
        map(all, at)
    }

    /// Labels and annotations of the pods: those of the selector win; a new DaemonSet's pods also carry the label by
    /// which the first generation's users find their logs.
    fn template_meta(&mut self, pod: &mut Fields, selector: &Node, new: bool, at: Mark) -> Node {
        let mut all = selector.get("matchLabels").map(|n| n.entries().to_vec()).unwrap_or_default();
        for label in take(pod, "labels").map(|e| fields(e.node)).unwrap_or_default() {
            match all.iter().find(|e| e.key == label.key) {
                Some(known) if known.node.text() != label.node.text() => {
                    let message = format!("the selector asks for another value of `{}`, which wins", label.key);
                    self.warning(label.key_at, message, None);
                }
                Some(_) => {}
                None => all.push(label),
            }
        }
        if new && !all.iter().any(|e| e.key == "app") {
            all.push(entry("app", text("daemonset", at)));
        }
        let mut meta: Fields = Vec::new();
        if !all.is_empty() {
            put(&mut meta, "labels", map(all, at));
        }
        keep(&mut meta, "annotations", take(pod, "annotations").filter(|e| !e.node.is_empty()));
        keep(&mut meta, "finalizers", take(pod, "finalizers"));
        map(meta, at)
    }

    fn patched(&mut self, daemon_set: Node, patches: &Node) -> Node {
        let mut target = daemon_set;
        let text = |patch: &Node, key| patch.get(key).and_then(Node::text).is_some_and(|t| !t.is_empty());
        for patch in patches.items().iter().filter(|p| text(p, "op") && text(p, "path")) {
            if let Err(message) = patch::apply(&mut target, patch) {
                self.error(patch.at, message, Some("paths begin at the DaemonSet: /spec/template/spec/..."));
            }
        }
        target
    }

    pub(crate) fn error(&mut self, at: Mark, message: impl Into<String>, hint: Option<&str>) {
        let mut problem = self.source.problem(Severity::Error, at, message);
        problem.hint = hint.map(str::to_owned);
        self.problems.push(problem);
    }

    /// An error at a line that may hold a secret: the line is not shown.
    pub(crate) fn secret_error(&mut self, at: Mark, message: impl Into<String>, hint: Option<&str>) {
        self.error(at, message, hint);
        if let Some(problem) = self.problems.last_mut() {
            problem.source = None;
        }
    }

    pub(crate) fn warning(&mut self, at: Mark, message: impl Into<String>, hint: Option<String>) {
        let mut problem = self.source.problem(Severity::Warning, at, message);
        problem.hint = hint;
        self.problems.push(problem);
    }

    pub(crate) fn unresolvable(&mut self, at: Mark, what: &str) {
        let message =
            format!("{what} refers to another resource of the hosted platform, which cannot be resolved here");
        let mut problem = self.source.problem(Severity::Error, at, message);
        problem.hint = Some("write the value itself".to_owned());
        problem.source = None;
        self.problems.push(problem);
    }
}

/// Labels or annotations without those that steer the hosted platform's own tools.
fn own_keys(given: Entry) -> Entry {
    const DOMAINS: [&str; 5] = ["planton.dev", "planton.ai", "project-planton.org", "openmcf.org", "pulumi.com"];
    let foreign = |key: &str| {
        let prefix = key.split('/').next().unwrap_or_default();
        key.contains('/') && DOMAINS.iter().any(|d| prefix == *d || prefix.ends_with(&format!(".{d}")))
    };
    let at = given.node.at;
    let kept = fields(given.node).into_iter().filter(|e| !foreign(&e.key) && e.node.value != Value::Null).collect();
    Entry { node: map(kept, at), ..given }
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
