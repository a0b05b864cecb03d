//! A document as a whole: its DaemonSet, and what is made beside it.

use crate::manifest::fields::Rule;
use crate::manifest::problem::{Problem, Source};
use crate::manifest::render::build::{Fields, entry, fields, keep, map, put, take, text};
use crate::manifest::render::objects::{labels, match_labels, object};
use crate::manifest::render::patch;
use crate::manifest::render::rendered::{IDENTITY, MANAGED_BY, Rendered};
use crate::manifest::render::renderer::Renderer;
use crate::manifest::text::shorten;
use crate::manifest::text::{broken, demand};
use crate::yaml::{Entry, Mark, Node, Value};

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
        if own_selector.is_none() && broken(Rule::LabelValue, &self.name).is_some() {
            let message = "without a `selector` the name becomes a label, which has at most 63 characters";
            self.error(name.at, message, Some("use a shorter name, or write a `selector`"));
        }
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
        let roll = take(&mut spec, "rollOnConfigChange");
        let immutable = take(&mut spec, "immutableConfig").is_some_and(|e| e.node.bool() == Some(true));
        if let Some(roll) = roll.as_ref().filter(|e| immutable && e.node.bool() == Some(false)) {
            let message = "no effect: with `immutable_config` a change of the contents always replaces the pods";
            self.warning(roll.key_at, message, None);
        }
        let checksum = !immutable && roll.is_none_or(|e| e.node.bool() != Some(false));
        Rendered {
            namespace: self.namespace.clone(),
            daemon_set,
            unpatched,
            others,
            env_secrets: std::mem::take(&mut self.env_secrets),
            registries: std::mem::take(&mut self.registries),
            labels: object_labels,
            checksum,
            immutable,
            pull_config: None,
        }
    }

    /// The document's labels less the platform's, the identity of a new DaemonSet, and who made it.
    fn object_labels(&mut self, given: Option<Entry>, new: bool, at: Mark) -> Node {
        let mut all = given.map(|e| fields(own_keys(e).node)).unwrap_or_default();
        // Those of the platform, which are not copied, may hold anything.
        for label in all.iter().filter(|e| e.node.text().is_some_and(|t| broken(Rule::LabelValue, t).is_some())) {
            let message = format!("`{}` in `labels` must {}", shorten(&label.key), demand(Rule::LabelValue));
            self.error(label.node.at, message, Some("use an annotation for other text"));
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
                    let message = format!(
                        "the selector requires another value of `{}`; the value of the selector is used",
                        label.key
                    );
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
