//! What is made beside the DaemonSet.

use crate::manifest::render::Renderer;
use crate::manifest::render::build::{Fields, entry, fields, items, keep, list, map, one, put, take, text};
use crate::yaml::{Entry, Mark, Node};

impl Renderer<'_> {
    /// Namespace, ServiceAccount, RBAC and ConfigMaps, in the order in which they are applied.
    pub fn others(&mut self, spec: &mut Fields, account: Option<&str>) -> Vec<Node> {
        let mut objects = Vec::new();
        self.namespace_object(spec, &mut objects);
        let annotations = take(spec, "serviceAccountAnnotations");
        if self.creates_account {
            let name = account.unwrap_or(&self.name).to_owned();
            let meta = self.meta(text(name, self.account_at), true, None, annotations);
            objects.push(object("v1", "ServiceAccount", meta, Vec::new(), self.account_at));
        } else if let Some(given) = annotations {
            self.error(
                given.key_at,
                "no ServiceAccount is created for these annotations",
                Some("add `create_service_account: true`"),
            );
        }
        if let Some(rbac) = take(spec, "rbac") {
            self.rbac(rbac, account, &mut objects);
        }
        for config in take(spec, "configMaps").map(|e| fields(e.node)).unwrap_or_default() {
            objects.push(self.config_map(config));
        }
        objects
    }

    fn namespace_object(&mut self, spec: &mut Fields, objects: &mut Vec<Node>) {
        let create = take(spec, "createNamespace");
        let labels = take(spec, "namespaceLabels");
        let annotations = take(spec, "namespaceAnnotations");
        if let Some(create) = create.filter(|e| e.node.bool() == Some(true)) {
            let name = text(self.namespace.clone(), create.key_at);
            let meta = self.meta(name, false, labels, annotations);
            objects.push(object("v1", "Namespace", meta, Vec::new(), create.key_at));
        } else if let Some(given) = labels.or(annotations) {
            self.warning(
                given.key_at,
                "no effect: the spec does not create the namespace",
                Some("add `create_namespace: true`, or label the namespace yourself".to_owned()),
            );
        }
    }

    fn rbac(&mut self, rbac: Entry, account: Option<&str>, objects: &mut Vec<Node>) {
        let at = rbac.key_at;
        let Some(account) = account else {
            let hint = "add `create_service_account: true`, or name one with `service_account_name`";
            return self.error(at, "`rbac` needs a ServiceAccount, and the spec names none", Some(hint));
        };
        let mut parts = fields(rbac.node);
        let subject = map(
            vec![
                entry("kind", text("ServiceAccount", at)),
                entry("name", text(account, at)),
                entry("namespace", text(self.namespace.clone(), at)),
            ],
            at,
        );
        let cluster_name = format!("{}:{}", self.namespace, self.name);
        for (key, kind, name) in
            [("clusterRules", "ClusterRole", cluster_name), ("namespaceRules", "Role", self.name.clone())]
        {
            let Some(rules) = take(&mut parts, key).filter(|e| !e.node.is_empty()) else { continue };
            self.rules(&rules.node, kind);
            let namespaced = kind == "Role";
            let meta = self.meta(text(name.clone(), at), namespaced, None, None);
            objects.push(object(
                "rbac.authorization.k8s.io/v1",
                kind,
                meta,
                vec![Entry { key: "rules".to_owned(), ..rules }],
                at,
            ));
            let reference = map(
                vec![
                    entry("apiGroup", text("rbac.authorization.k8s.io", at)),
                    entry("kind", text(kind, at)),
                    entry("name", text(name.clone(), at)),
                ],
                at,
            );
            let meta = self.meta(text(name, at), namespaced, None, None);
            let binding = vec![entry("roleRef", reference), entry("subjects", list(vec![subject.clone()], at))];
            objects.push(object("rbac.authorization.k8s.io/v1", &format!("{kind}Binding"), meta, binding, at));
        }
    }

    /// A rule names verbs, and either groups and resources or paths.
    fn rules(&mut self, rules: &Node, kind: &str) {
        for rule in rules.items() {
            let filled = |key| rule.get(key).is_some_and(|n| !n.items().is_empty());
            if !filled("verbs") {
                self.error(rule.at, "this rule has no `verbs`", Some("add verbs such as [get, list, watch]"));
            }
            if filled("nonResourceURLs") {
                if kind == "Role" {
                    self.error(rule.at, "`non_resource_urls` is allowed only in `cluster_rules`", None);
                }
                continue;
            }
            for key in ["apiGroups", "resources"] {
                if !filled(key) {
                    let shown = crate::manifest::fields::snake(key);
                    self.error(rule.at, format!("this rule has no `{shown}`"), Some("write \"\" for the core group"));
                }
            }
        }
    }

    /// A ConfigMap: one text under a key of the ConfigMap's own name, or its parts.
    fn config_map(&mut self, config: Entry) -> Node {
        let at = config.key_at;
        let name = text(config.key.clone(), at);
        if config.node.text().is_some() {
            let data = map(vec![entry(config.key, config.node)], at);
            let meta = self.meta(name, true, None, None);
            return object("v1", "ConfigMap", meta, vec![entry("data", data)], at);
        }
        let mut parts = fields(config.node);
        let (labels, annotations) = (take(&mut parts, "labels"), take(&mut parts, "annotations"));
        let meta = self.meta(name, true, labels, annotations);
        object("v1", "ConfigMap", meta, parts, at)
    }

    /// Credentials for registries: kept for the one Secret that is made of them.
    pub fn registries(&mut self, given: Entry) {
        for registry in items(given.node) {
            let part = |key| registry.get(key).and_then(Node::text).unwrap_or_default().to_owned();
            let server = part("server");
            if self.registries.iter().any(|r| r.server == server) {
                self.secret_error(registry.at, format!("duplicate registry `{server}`"), Some("keep one"));
                continue;
            }
            let email = registry.get("email").and_then(Node::text).map(str::to_owned);
            self.registries.push(crate::manifest::render::Registry {
                server,
                username: part("username"),
                password: part("password"),
                email,
            });
        }
        self.makes_pull_secret |= !self.registries.is_empty();
    }

    /// Metadata of an object: the document's labels, those given, and who made it.
    pub fn meta(&self, name: Node, namespaced: bool, labels: Option<Entry>, annotations: Option<Entry>) -> Node {
        let at = name.at;
        let mut meta = vec![entry("name", name)];
        if namespaced {
            put(&mut meta, "namespace", text(self.namespace.clone(), at));
        }
        let mut all = labels.map(|e| fields(e.node)).unwrap_or_default();
        for label in self.labels.iter().flat_map(|l| l.entries()) {
            if !all.iter().any(|e| e.key == label.key) {
                all.push(label.clone());
            }
        }
        put(&mut meta, "labels", map(all, at));
        keep(&mut meta, "annotations", annotations.filter(|e| !e.node.is_empty()));
        map(meta, at)
    }
}

/// An object of these parts.
pub fn object(api_version: &str, kind: &str, meta: Node, rest: Fields, at: Mark) -> Node {
    let mut out =
        vec![entry("apiVersion", text(api_version, at)), entry("kind", text(kind, at)), entry("metadata", meta)];
    out.extend(rest);
    map(out, at)
}

/// A map of one label.
pub fn labels(pairs: &[(&str, &str)], at: Mark) -> Node {
    map(pairs.iter().map(|(k, v)| entry(*k, text(*v, at))).collect(), at)
}

/// `{matchLabels: ...}`.
pub fn match_labels(labels: Node) -> Node {
    one("matchLabels", labels)
}
