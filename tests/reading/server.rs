//! An API server on the loopback that serves given objects: lists by page, label and field selectors, single objects.
//! It notes what it was asked. Dry runs are answered with what they send; nothing is stored.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

/// What is served.
pub struct Served {
    version: String,
    /// Objects by resource, in the order of their keys.
    objects: BTreeMap<String, Vec<Value>>,
    /// What is refused, as `VERB RESOURCE` cluster-wide or `VERB NAMESPACE/RESOURCE`; `*` is every namespace.
    pub forbidden: Vec<String>,
    /// Field selectors whose lists fail.
    pub broken: Vec<String>,
}

/// The plural of a kind, as the API has it.
fn resource(kind: &str) -> String {
    match kind {
        "PriorityClass" | "RuntimeClass" | "StorageClass" | "DeviceClass" => format!("{}es", kind.to_lowercase()),
        "ValidatingAdmissionPolicy" | "MutatingAdmissionPolicy" => kind.to_lowercase().replace("policy", "policies"),
        "CSIStorageCapacity" => "csistoragecapacities".to_owned(),
        _ => format!("{}s", kind.to_lowercase()),
    }
}

fn text<'v>(object: &'v Value, pointer: &str) -> &'v str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

impl Served {
    /// Serves these objects.
    pub fn new(version: &str, objects: impl IntoIterator<Item = Value>) -> Self {
        let mut by_resource: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for object in objects {
            by_resource.entry(resource(text(&object, "/kind"))).or_default().push(object);
        }
        for objects in by_resource.values_mut() {
            objects.sort_by_key(|o| format!("{}/{}", text(o, "/metadata/namespace"), text(o, "/metadata/name")));
        }
        Served { version: version.to_owned(), objects: by_resource, forbidden: Vec::new(), broken: Vec::new() }
    }

    fn answer(&self, path: &str, query: &BTreeMap<String, String>) -> (u16, Value) {
        if path == "/version" {
            return (200, json!({"gitVersion": self.version}));
        }
        let Some(rest) =
            path.strip_prefix("/api/v1/").or_else(|| path.strip_prefix("/apis/")?.split_once("/v1/").map(|p| p.1))
        else {
            return status(404, "NotFound", "no such path");
        };
        let parts: Vec<&str> = rest.split('/').collect();
        let (namespace, resource, name) = match parts.as_slice() {
            ["namespaces", name] => (None, "namespaces", Some(*name)),
            ["namespaces", namespace, resource] => (Some(*namespace), *resource, None),
            ["namespaces", namespace, resource, name] => (Some(*namespace), *resource, Some(*name)),
            [resource] => (None, *resource, None),
            [resource, name] => (None, *resource, Some(*name)),
            _ => return status(404, "NotFound", "no such path"),
        };
        let verb = if name.is_some() { "get" } else { "list" };
        let rule = match namespace {
            Some(namespace) => format!("{verb} {namespace}/{resource}"),
            None => format!("{verb} {resource}"),
        };
        let everywhere = format!("{verb} */{resource}");
        if self.forbidden.iter().any(|f| *f == rule || (namespace.is_some() && *f == everywhere)) {
            return status(403, "Forbidden", &format!("{resource} is forbidden: User \"u\" cannot {verb} it"));
        }
        if query.get("fieldSelector").is_some_and(|fields| self.broken.contains(fields)) {
            return status(400, "BadRequest", "the list broke");
        }
        let all = self.objects.get(resource).map_or(&[][..], Vec::as_slice);
        let here = |o: &&Value| namespace.is_none_or(|namespace| text(o, "/metadata/namespace") == namespace);
        if let Some(name) = name {
            return match all.iter().filter(here).find(|o| text(o, "/metadata/name") == name) {
                Some(object) => (200, object.clone()),
                None => status(404, "NotFound", "not found"),
            };
        }
        let mut labels = query.get("labelSelector").map_or("", String::as_str);
        let mut requirements = Vec::new();
        while !labels.is_empty() {
            // A comma inside brackets belongs to a set.
            let end = labels
                .char_indices()
                .scan(0, |depth, (i, c)| {
                    *depth += i32::from(c == '(') - i32::from(c == ')');
                    Some((i, c == ',' && *depth == 0))
                })
                .find_map(|(i, ends)| ends.then_some(i))
                .unwrap_or(labels.len());
            requirements.push(labels[..end].trim());
            labels = labels[end..].trim_start_matches(',');
        }
        let fields = query.get("fieldSelector").map_or("", String::as_str);
        let fields: Vec<&str> = fields.split(',').filter(|f| !f.is_empty()).collect();
        let found: Vec<&Value> = all
            .iter()
            .filter(here)
            .filter(|o| requirements.iter().all(|r| has_label(o, r)) && fields.iter().all(|f| has_field(o, f)))
            .collect();
        let start: usize = query.get("continue").and_then(|c| c.parse().ok()).unwrap_or(0);
        let limit: usize = query.get("limit").and_then(|l| l.parse().ok()).unwrap_or(usize::MAX);
        let end = start.saturating_add(limit).min(found.len());
        let next = if end < found.len() { end.to_string() } else { String::new() };
        let first = found.first();
        let kind = first.map_or("Thing", |o| text(o, "/kind"));
        let api_version = first.map_or("v1", |o| text(o, "/apiVersion"));
        let items: Vec<Value> = found[start.min(end)..end]
            .iter()
            .map(|o| {
                let mut item = (*o).clone();
                if let Some(item) = item.as_object_mut() {
                    item.remove("kind");
                    item.remove("apiVersion");
                }
                item
            })
            .collect();
        (
            200,
            json!({"kind": format!("{kind}List"), "apiVersion": api_version, "metadata": {"continue": next}, "items": items}),
        )
    }
}

fn status(code: u16, reason: &str, message: &str) -> (u16, Value) {
    (code, json!({"kind": "Status", "code": code, "reason": reason, "message": message}))
}

fn has_label(object: &Value, requirement: &str) -> bool {
    let label = |key: &str| object["metadata"]["labels"].get(key).and_then(Value::as_str);
    let set = |values: &str| -> Vec<String> {
        values.trim_matches(['(', ')']).split(',').map(|v| v.trim().to_owned()).collect()
    };
    if let Some((key, values)) = requirement.split_once(" notin ") {
        return label(key).is_none_or(|v| !set(values).iter().any(|s| s == v));
    }
    if let Some((key, values)) = requirement.split_once(" in ") {
        return label(key).is_some_and(|v| set(values).iter().any(|s| s == v));
    }
    if let Some((key, value)) = requirement.split_once('=') {
        return label(key) == Some(value);
    }
    match requirement.strip_prefix('!') {
        Some(key) => label(key).is_none(),
        None => label(requirement).is_some(),
    }
}

fn has_field(object: &Value, field: &str) -> bool {
    let (key, value, equal) = match field.split_once("!=") {
        Some((key, value)) => (key, value, false),
        None => field.split_once('=').map_or((field, "", true), |(key, value)| (key, value, true)),
    };
    (text(object, &format!("/{}", key.replace('.', "/"))) == value) == equal
}

/// A server that ends with whoever started it.
pub struct Server {
    /// Where it listens.
    pub port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts.
    pub fn start(served: Served) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of the loopback");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, served) = (Arc::clone(&asked), Arc::new(served));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, served, Ok(stream)) = (Arc::clone(&seen), Arc::clone(&served), stream) else { continue };
                std::thread::spawn(move || drop(serve(stream, &seen, &served)));
            }
        });
        Server { port, asked }
    }

    /// What it was asked, in byte order: the path with what selects, without `limit`, and `continue` as `…`.
    pub fn asked(&self) -> Vec<String> {
        let mut asked = self.asked.lock().expect("nobody fails while asking").clone();
        asked.sort();
        asked
    }
}

fn serve(stream: TcpStream, seen: &Mutex<Vec<String>>, served: &Served) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = BufWriter::new(stream);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            if header.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) =
                header.split_once(':').filter(|(n, _)| n.eq_ignore_ascii_case("content-length"))
            {
                length = value.trim().parse().unwrap_or_else(|_| panic!("{name} is a number"));
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query: BTreeMap<String, String> =
            query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.to_owned(), decode(v))).collect();
        let mut note = format!("{method} {path}");
        for key in ["labelSelector", "fieldSelector"] {
            if let Some(value) = query.get(key) {
                note.push_str(&format!(" {value}"));
            }
        }
        if query.contains_key("continue") {
            note.push_str(" …");
        }
        seen.lock().expect("nobody fails while asking").push(note);
        let is_dry_run = query.get("dryRun").is_some_and(|run| run == "All");
        let (code, body) = match method {
            "GET" => served.answer(path, &query),
            "POST" if path.ends_with("/selfsubjectaccessreviews") => (201, json!({"status": {"allowed": true}})),
            // Admission changes nothing here, and nothing is stored.
            "POST" | "PATCH" if is_dry_run => (200, serde_json::from_slice(&body).unwrap_or_default()),
            _ => status(405, "MethodNotAllowed", "nothing is written here"),
        };
        let body = body.to_string();
        write!(
            writer,
            "HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        writer.flush()?;
    }
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next().unwrap_or(b'0'), rest.next().unwrap_or(b'0')];
                u8::from_str_radix(&String::from_utf8_lossy(&digits), 16).unwrap_or(b'?')
            }
            byte => byte,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
