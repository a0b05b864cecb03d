//! The pod: containers, scheduling in its two spellings, accounts.

use crate::manifest::render::Renderer;
use crate::manifest::render::build::{Fields, entry, fields, items, keep, list, map, one, put, take, text};
use crate::yaml::{Entry, Mark, Node, Value};

const REQUIRED: &str = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED: &str = "preferredDuringSchedulingIgnoredDuringExecution";

impl Renderer<'_> {
    /// The pod spec, from what stands directly in the spec and under `pod`.
    pub fn pod_spec(&mut self, spec: &mut Fields, pod: &mut Fields, selector: &Node, at: Mark) -> Node {
        let mut scheduling = take(pod, "scheduling").map(|e| fields(e.node)).unwrap_or_default();
        for volume in take(pod, "volumes").map(|e| items(e.node)).unwrap_or_default() {
            self.named_volume(volume);
        }
        let mut out: Fields = Vec::new();
        let containers = self.containers(spec, at);
        if let Some(init) = take(pod, "initContainers") {
            let containers = items(init.node).into_iter().map(|c| self.container(c, "")).collect();
            put(&mut out, "initContainers", list(containers, init.key_at));
        }
        put(&mut out, "containers", containers);
        if let Some(account) = self.service_account(spec, pod) {
            put(&mut out, "serviceAccountName", account);
        }
        if let Some(secrets) = self.image_pull_secrets(pod, at) {
            put(&mut out, "imagePullSecrets", secrets);
        }
        self.node_choice(&mut out, spec, &mut scheduling, pod);
        self.spread(&mut out, &mut scheduling, pod, selector);
        if let Some(given) = take(&mut scheduling, "schedulerName") {
            self.once(&mut out, pod, "schedulerName", given);
        }
        out.extend(pod.drain(..).filter(|e| e.node.value != Value::Null));
        if let Some(volumes) = self.volumes(at) {
            put(&mut out, "volumes", volumes);
        }
        map(out, at)
    }

    fn containers(&mut self, spec: &mut Fields, at: Mark) -> Node {
        let Some(given) = take(spec, "container") else { return list(Vec::new(), at) };
        let mut parts = fields(given.node);
        let mut containers = Vec::new();
        if let Some(app) = take(&mut parts, "app") {
            let name = if self.newest { "app" } else { "daemonset-container" };
            let mut app = self.container(app.node, name);
            if self.upstream {
                upstream_resources(&mut app);
            }
            containers.push(app);
        }
        for sidecar in take(&mut parts, "sidecars").map(|e| items(e.node)).unwrap_or_default() {
            containers.push(self.container(sidecar, ""));
        }
        list(containers, given.key_at)
    }

    fn named_volume(&mut self, volume: Node) {
        let known = |v: &Node| {
            v.get("name").is_some() && v.get("name").and_then(Node::text) == volume.get("name").and_then(Node::text)
        };
        if self.volumes.iter().any(known) {
            let name = volume.get("name").and_then(Node::text).unwrap_or_default().to_owned();
            self.error(volume.at, format!("duplicate volume `{name}`"), Some("keep one"));
        } else {
            self.volumes.push(volume);
        }
    }

    /// The one ServiceAccount that is meant by any of its spellings.
    fn service_account(&mut self, spec: &mut Fields, pod: &mut Fields) -> Option<Node> {
        let mut given: Vec<Entry> = Vec::new();
        given.extend(take(spec, "serviceAccountName"));
        if let Some(reference) = take(pod, "serviceAccount") {
            let at = reference.key_at;
            given.extend(self.referred(reference.node, "`service_account`").map(|n| Entry {
                key: String::new(),
                key_at: at,
                node: n,
            }));
        }
        given.extend(take(pod, "serviceAccountName"));
        given.retain(|e| e.node.text() != Some(""));
        if let Some(other) = given.iter().find(|e| e.node.text() != given[0].node.text()) {
            self.error(other.key_at, "two different ServiceAccounts are named", Some("keep one"));
        }
        let named = given.into_iter().next().map(|e| e.node);
        if self.creates_account && named.is_none() {
            return Some(text(self.name.clone(), self.account_at));
        }
        named
    }

    fn image_pull_secrets(&mut self, pod: &mut Fields, at: Mark) -> Option<Node> {
        let mut names: Vec<Node> = Vec::new();
        for secret in take(pod, "imagePullSecrets").map(|e| items(e.node)).unwrap_or_default() {
            let name = secret.get("name").cloned();
            names.extend(name.or_else(|| self.referred(secret, "the pull secret")));
        }
        for name in std::mem::take(&mut self.pull_secrets) {
            if !names.iter().any(|n| n.text() == name.text()) {
                names.push(name);
            }
        }
        if let Some(registries) = take(pod, "imageRegistries") {
            self.registries(registries);
        }
        if self.makes_pull_secret {
            names.push(text(format!("{}-image-pull-secret", self.name), at));
        }
        let secrets: Vec<Node> = names.into_iter().map(|name| one("name", name)).collect();
        (!secrets.is_empty()).then(|| list(secrets, at))
    }

    /// Node selector, tolerations and affinity, which stand in the spec or under `pod.scheduling`.
    fn node_choice(&mut self, out: &mut Fields, spec: &mut Fields, scheduling: &mut Fields, pod: &mut Fields) {
        let selector = take(spec, "nodeSelector");
        match (selector, take(scheduling, "nodeSelector")) {
            (Some(a), Some(b)) => {
                let mut labels = fields(a.node);
                for label in fields(b.node) {
                    match labels.iter().find(|e| e.key == label.key) {
                        Some(known) if known.node.text() != label.node.text() => {
                            let message = format!("`{}` is required with two values", label.key);
                            self.error(label.key_at, message, Some("keep one: a node has one value per label"));
                        }
                        Some(_) => {}
                        None => labels.push(label),
                    }
                }
                put(out, "nodeSelector", map(labels, a.key_at));
            }
            (a, b) => keep(out, "nodeSelector", a.or(b)),
        }
        self.affinity(out, scheduling, pod);
        match (take(spec, "tolerations"), take(scheduling, "tolerations")) {
            (Some(a), Some(b)) => {
                let all = items(a.node).into_iter().chain(items(b.node)).collect();
                put(out, "tolerations", list(all, a.key_at));
            }
            (a, b) => keep(out, "tolerations", a.or(b)),
        }
    }

    fn affinity(&mut self, out: &mut Fields, scheduling: &mut Fields, pod: &mut Fields) {
        let own = take(pod, "affinity");
        let at = own.as_ref().map(|e| e.key_at);
        let mut affinity = own.map(|e| fields(e.node)).unwrap_or_default();
        let mut first = at;
        for (key, node) in [("nodeAffinity", true), ("podAffinity", false), ("podAntiAffinity", false)] {
            let Some(given) = take(scheduling, key) else { continue };
            first = first.or(Some(given.key_at));
            if affinity.iter().any(|e| e.key == key) {
                let message = format!("`{}` is also set under `pod.affinity`", crate::manifest::fields::snake(key));
                self.error(given.key_at, message, Some("keep one"));
                continue;
            }
            let built = if node { node_affinity(given.node) } else { pod_affinity(given.node) };
            affinity.push(Entry { node: built, ..given });
        }
        if let Some(at) = first {
            put(out, "affinity", map(affinity, at));
        }
    }

    fn spread(&mut self, out: &mut Fields, scheduling: &mut Fields, pod: &mut Fields, selector: &Node) {
        let Some(given) = take(scheduling, "topologySpreadConstraints") else { return };
        let constraints: Vec<Node> = items(given.node)
            .into_iter()
            .map(|constraint| {
                let at = constraint.at;
                let mut parts = fields(constraint);
                let labels = take(&mut parts, "matchLabels").filter(|e| !e.node.is_empty());
                if parts.iter().any(|e| e.key == "labelSelector") {
                    if let Some(labels) = labels {
                        self.error(
                            labels.key_at,
                            "`match_labels` and `label_selector` cannot be combined",
                            Some("keep one"),
                        );
                    }
                } else {
                    let counted = labels.map_or_else(|| selector.clone(), |e| one("matchLabels", e.node));
                    put(&mut parts, "labelSelector", counted);
                }
                map(parts, at)
            })
            .collect();
        let built = list(constraints, given.key_at);
        self.once(out, pod, "topologySpreadConstraints", Entry { node: built, ..given });
    }

    /// Keeps a field of `pod.scheduling`, unless it stands directly under `pod` too.
    fn once(&mut self, out: &mut Fields, pod: &Fields, key: &str, given: Entry) {
        if pod.iter().any(|e| e.key == key) {
            let message =
                format!("`{}` is set under both `pod` and `pod.scheduling`", crate::manifest::fields::snake(key));
            self.error(given.key_at, message, Some("keep one"));
        } else {
            keep(out, key, Some(given));
        }
    }

    /// A text, or the `value` of a reference; references to other resources are refused.
    pub fn referred(&mut self, node: Node, what: &str) -> Option<Node> {
        if node.text().is_some() {
            return Some(node);
        }
        let at = node.at;
        let mut parts = fields(node);
        let value = take(&mut parts, "value");
        if let Some(reference) = take(&mut parts, "valueFrom") {
            self.unresolvable(reference.key_at, what);
            return None;
        }
        let value = value.map(|e| e.node).filter(|n| n.text() != Some(""));
        if value.is_none() {
            self.error(at, format!("{what} has no value"), Some("write the name itself"));
        }
        value
    }
}

/// The limits and requests that the upstream schema declares for a main container without any.
fn upstream_resources(app: &mut Node) {
    let at = app.at;
    let Value::Map(parts) = &mut app.value else { return };
    if parts.iter().any(|e| e.key == "resources") {
        return;
    }
    let amounts =
        |cpu: &str, memory: &str| map(vec![entry("cpu", text(cpu, at)), entry("memory", text(memory, at))], at);
    let resources = vec![entry("limits", amounts("1000m", "1Gi")), entry("requests", amounts("50m", "100Mi"))];
    put(parts, "resources", map(resources, at));
}

fn node_affinity(node: Node) -> Node {
    let at = node.at;
    let mut parts = fields(node);
    let mut out: Fields = Vec::new();
    if let Some(required) = take(&mut parts, "required") {
        out.push(entry(REQUIRED, one("nodeSelectorTerms", required.node)));
    }
    if let Some(preferred) = take(&mut parts, "preferred") {
        out.push(entry(PREFERRED, weighted(preferred.node, "preference", |term| term)));
    }
    map(out, at)
}

fn pod_affinity(node: Node) -> Node {
    let at = node.at;
    let mut parts = fields(node);
    let mut out: Fields = Vec::new();
    if let Some(required) = take(&mut parts, "required") {
        let at = required.node.at;
        out.push(entry(REQUIRED, list(items(required.node).into_iter().map(pod_term).collect(), at)));
    }
    if let Some(preferred) = take(&mut parts, "preferred") {
        out.push(entry(PREFERRED, weighted(preferred.node, "podAffinityTerm", pod_term)));
    }
    map(out, at)
}

fn pod_term(node: Node) -> Node {
    let at = node.at;
    let mut parts = fields(node);
    if let Some(labels) = take(&mut parts, "matchLabels") {
        parts.insert(0, entry("labelSelector", one("matchLabels", labels.node)));
    }
    map(parts, at)
}

fn weighted(node: Node, key: &str, inner: fn(Node) -> Node) -> Node {
    let at = node.at;
    let terms = items(node).into_iter().map(|term| {
        let at = term.at;
        let mut parts = fields(term);
        let term = take(&mut parts, "term");
        let mut out: Fields = Vec::new();
        keep(&mut out, "weight", take(&mut parts, "weight"));
        out.extend(term.map(|e| entry(key, inner(e.node))));
        map(out, at)
    });
    list(terms.collect(), at)
}
