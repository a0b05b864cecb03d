//! Mounts that bring their volume along, and the volumes of the pod.

use crate::manifest::render::Renderer;
use crate::manifest::render::build::{Fields, entry, fields, keep, list, map, number, one, put, take, text, truth};
use crate::yaml::{Entry, Mark, Node, Value};

const SOURCES: [&str; 6] = ["hostPath", "configMap", "secret", "emptyDir", "pvc", "serviceAccountToken"];

impl Renderer<'_> {
    /// The mount alone; its volume is added to the pod's.
    pub fn mount(&mut self, mount: Node) -> Node {
        let at = mount.at;
        let mut parts = fields(mount);
        let name = parts.iter().find(|e| e.key == "name").and_then(|e| e.node.text()).unwrap_or_default().to_owned();
        let host_type = take(&mut parts, "hostPathType");
        // A source without a value was told when it was read; the volume is meant to be there.
        let valueless = parts.iter().find(|e| e.node.value == Value::Null && SOURCES.contains(&e.key.as_str()));
        if let Some(source) = valueless {
            let source = Entry { key: "emptyDir".to_owned(), key_at: source.key_at, node: map(Vec::new(), at) };
            self.add_volume(map(vec![entry("name", text(&name, at)), source], at));
        }
        let mut sources: Vec<Entry> = SOURCES.iter().filter_map(|key| take(&mut parts, key)).collect();
        if sources.len() > 1 {
            let second = sources[1].key_at;
            self.error(second, format!("mount `{name}` has more than one source"), Some("keep one"));
        }
        if let Some(given) = &host_type
            && sources.first().is_none_or(|s| s.key != "hostPath")
        {
            self.error(given.key_at, "`host_path_type` needs `host_path`", None);
        }
        if !sources.is_empty() {
            let source = sources.remove(0);
            self.key_as_directory(&source, &parts, &name);
            if source.key == "serviceAccountToken" && !parts.iter().any(|e| e.key == "readOnly") {
                put(&mut parts, "readOnly", truth(true, source.key_at));
            }
            let volume = map(vec![entry("name", text(name, at)), self.volume_source(source, host_type)], at);
            self.add_volume(volume);
        }
        map(parts, at)
    }

    /// The volume source that an inline source means.
    fn volume_source(&mut self, source: Entry, host_type: Option<Entry>) -> Entry {
        let Entry { key, key_at, node } = source;
        let (key, node) = match key.as_str() {
            "hostPath" => {
                let mut parts = match node.value {
                    Value::Map(parts) => parts,
                    _ => vec![entry("path", node)],
                };
                if let Some(given) = host_type {
                    if parts.iter().any(|e| e.key == "type") {
                        self.error(given.key_at, "the type of the path is set twice", Some("keep `type`"));
                    } else {
                        keep(&mut parts, "type", Some(given));
                    }
                }
                ("hostPath", map(parts, key_at))
            }
            "configMap" => ("configMap", self.mounted_keys("name", node)),
            "secret" => ("secret", self.mounted_keys("secretName", node)),
            "pvc" => ("persistentVolumeClaim", node),
            "serviceAccountToken" => {
                let mut parts = fields(node);
                parts.retain(|e| !(e.key == "expirationSeconds" && e.node.int() == Some(0)));
                let seconds = parts.iter().find(|e| e.key == "expirationSeconds").map(|e| &e.node);
                if let Some(short) = seconds.filter(|n| n.int().is_some_and(|n| (1..600).contains(&n))) {
                    self.error(short.at, "`expiration_seconds` must be at least 600", None);
                }
                if !parts.iter().any(|e| e.key == "expirationSeconds") {
                    put(&mut parts, "expirationSeconds", number(3600, key_at));
                }
                if !parts.iter().any(|e| e.key == "path") {
                    put(&mut parts, "path", text("token", key_at));
                }
                let source = one("serviceAccountToken", map(parts, key_at));
                ("projected", one("sources", list(vec![source], key_at)))
            }
            _ => ("emptyDir", node),
        };
        Entry { key: key.to_owned(), key_at, node }
    }

    /// A ConfigMap or Secret source: `key` and `path` become one item.
    fn mounted_keys(&mut self, name_key: &str, node: Node) -> Node {
        let at = node.at;
        let mut parts = fields(node);
        let mut out: Fields = Vec::new();
        keep(&mut out, name_key, take(&mut parts, "name"));
        let (key, path) = (take(&mut parts, "key"), take(&mut parts, "path"));
        match (key, path) {
            (Some(key), path) => {
                if parts.iter().any(|e| e.key == "items") {
                    self.error(key.key_at, "`key` and `items` cannot be combined", Some("keep `items`"));
                }
                let path = path.map_or_else(|| key.node.clone(), |p| p.node);
                let item = map(vec![entry("key", key.node), entry("path", path)], key.key_at);
                put(&mut out, "items", list(vec![item], key.key_at));
            }
            (None, Some(path)) => {
                self.error(path.key_at, "`path` needs `key`", Some("add the `key` that becomes this file"));
            }
            (None, None) => {}
        }
        out.append(&mut parts);
        map(out, at)
    }

    /// A key mounted at what looks like a file's path becomes a directory of that name, with the file in it.
    fn key_as_directory(&mut self, source: &Entry, mount: &Fields, name: &str) {
        let key = source.node.get("key").and_then(Node::text);
        let file = source.node.get("path").and_then(Node::text).or(key);
        let sub_path = mount.iter().any(|e| e.key == "subPath" || e.key == "subPathExpr");
        let Some((file, target)) = file.zip(mount.iter().find(|e| e.key == "mountPath")) else { return };
        let path = target.node.text().unwrap_or_default();
        if !sub_path && path.rsplit('/').next() == Some(file) {
            let message = format!("`{path}` becomes a directory that contains `{file}`, not a file");
            let hint = format!("add `sub_path: {file}` to mount `{name}`, or mount at the directory");
            self.warning(target.node.at, message, Some(hint));
            if let Some(problem) = self.problems.last_mut() {
                problem.code = Some("DS921");
            }
        }
    }

    /// Adds a volume of the pod; the same volume again is no other one.
    pub fn add_volume(&mut self, volume: Node) {
        let name = |node: &Node| node.get("name").and_then(Node::text).map(str::to_owned);
        let Some(wanted) = name(&volume) else { return self.volumes.push(volume) };
        match self.volumes.iter().find(|v| name(v).as_deref() == Some(&wanted)) {
            None => self.volumes.push(volume),
            Some(known) if known.to_json() == volume.to_json() => {}
            Some(known) => {
                let message = format!("volume `{wanted}` has another source at line {}", known.at.line);
                self.error(volume.at, message, Some("rename one of the volumes"));
            }
        }
    }

    /// All volumes, in the order in which they were met.
    pub fn volumes(&mut self, at: Mark) -> Option<Node> {
        let volumes = std::mem::take(&mut self.volumes);
        (!volumes.is_empty()).then(|| list(volumes, at))
    }
}
