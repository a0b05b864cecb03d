//! One container of a spec as Kubernetes' own.

use crate::manifest::render::Renderer;
use crate::manifest::render::build::{Fields, entry, fields, items, keep, list, map, put, take, text};
use crate::yaml::{Entry, Mark, Node, Value};

impl Renderer<'_> {
    /// A container, named `default_name` where it has no name of its own.
    pub fn container(&mut self, container: Node, default_name: &str) -> Node {
        let at = container.at;
        let mut parts = fields(container);
        let mut out: Fields = Vec::new();
        let name = take(&mut parts, "name").unwrap_or_else(|| entry("name", text(default_name, at)));
        let shown = name.node.text().unwrap_or_default().to_owned();
        out.push(name);
        if let Some(image) = take(&mut parts, "image") {
            put(&mut out, "image", self.image(image.node));
        }
        for Entry { key, key_at, node } in parts {
            if node.value == Value::Null {
                continue;
            }
            match key.as_str() {
                "env" => self.environment(&mut out, Some(Entry { key, key_at, node }), &shown, at),
                "ports" => {
                    let ports = items(node).into_iter().map(|port| self.port(port)).collect();
                    put(&mut out, "ports", list(ports, key_at));
                }
                "volumeMounts" => {
                    let mounts = items(node).into_iter().map(|mount| self.mount(mount)).collect();
                    put(&mut out, "volumeMounts", list(mounts, key_at));
                }
                "livenessProbe" | "readinessProbe" | "startupProbe" => {
                    out.push(Entry { key, key_at, node: self.handler(node) });
                }
                "lifecycle" => {
                    let hooks = fields(node).into_iter().map(|mut hook| {
                        if hook.key != "stopSignal" {
                            hook.node = self.handler(hook.node);
                        }
                        hook
                    });
                    let hooks = hooks.collect();
                    out.push(Entry { key, key_at, node: map(hooks, key_at) });
                }
                _ => out.push(Entry { key, key_at, node }),
            }
        }
        if self.upstream && !out.iter().any(|e| e.key == "env") {
            self.environment(&mut out, None, &shown, at);
        }
        map(out, at)
    }

    /// `repo[:tag][@digest]`; a pull secret named beside it joins the pod's.
    fn image(&mut self, image: Node) -> Node {
        let at = image.at;
        if image.text().is_some() {
            return image;
        }
        let part = |key| image.get(key).and_then(Node::text);
        let mut reference = part("repo").unwrap_or_default().to_owned();
        for (mark, key) in [(':', "tag"), ('@', "digest")] {
            if let Some(part) = part(key) {
                reference.push(mark);
                reference.push_str(part);
            }
        }
        if image.get("tag").is_none() && image.get("digest").is_none() {
            self.error(
                at,
                "`image` has neither `tag` nor `digest`",
                Some("add a `tag` or a `digest`, or write the image as one text"),
            );
        }
        if let Some(name) = part("pullSecretName").filter(|n| !n.is_empty()) {
            self.pull_secrets.push(text(name, at));
        }
        text(reference, at)
    }

    fn port(&mut self, port: Node) -> Node {
        let at = port.at;
        let mut parts = fields(port);
        for key in ["appProtocol", "servicePort"] {
            if let Some(given) = take(&mut parts, key) {
                let shown = crate::manifest::fields::snake(key);
                self.warning(given.key_at, format!("`{shown}` has no effect: a DaemonSet has no Service"), None);
            }
        }
        parts.retain(|e| !(e.key == "name" && e.node.text() == Some("")));
        parts.retain(|e| !(e.key == "hostPort" && e.node.int() == Some(0)));
        if let Some(given) = take(&mut parts, "networkProtocol").filter(|e| e.node.text() != Some("")) {
            parts.retain(|e| !(e.key == "protocol" && e.node.text() == Some("")));
            if parts.iter().any(|e| e.key == "protocol" && e.node.text() != given.node.text()) {
                self.error(given.key_at, "`protocol` and `network_protocol` differ", Some("keep one"));
            } else if !parts.iter().any(|e| e.key == "protocol") {
                keep(&mut parts, "protocol", Some(given));
            }
        }
        map(parts, at)
    }

    /// A probe or hook: `port_number` or `port_name` become `port`.
    fn handler(&mut self, node: Node) -> Node {
        let at = node.at;
        let parts = fields(node).into_iter().map(|mut part| {
            if matches!(part.key.as_str(), "httpGet" | "tcpSocket") {
                part.node = self.request(part.node, part.key_at);
            }
            part
        });
        let parts = parts.collect();
        map(parts, at)
    }

    fn request(&mut self, node: Node, key_at: Mark) -> Node {
        let at = node.at;
        let mut parts = fields(node);
        // One that is there without a value was told when it was read.
        let said = parts.iter().any(|e| matches!(e.key.as_str(), "port" | "portNumber" | "portName"));
        let given: Vec<Entry> = ["port", "portNumber", "portName"].iter().filter_map(|k| take(&mut parts, k)).collect();
        match given.len() {
            0 if said => {}
            0 => self.error(key_at, "no port is given", Some("add `port_number` or `port_name`")),
            1 => {}
            _ => self.error(given[1].key_at, "the port is given twice", Some("keep one")),
        }
        keep(&mut parts, "port", given.into_iter().next());
        map(parts, at)
    }
}
