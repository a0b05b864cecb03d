//! Everything that Kubernetes' own types can say has a way into a spec.
//!
//! The types are walked by deserialising them from a source that offers every field they ask for.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use k8s_openapi::api::apps::v1::DaemonSet;
use kubectl_daemonset::manifest::fields::{DAEMON_SET, Field, Object, Rule, Shape};
use kubectl_daemonset::manifest::{ImportOptions, import, load};
use serde::Deserialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

/// A source that has everything, and notes what was asked for.
#[derive(Clone)]
struct Everything {
    path: String,
    asked: Rc<RefCell<BTreeSet<String>>>,
}

struct Fields {
    left: Vec<&'static str>,
    current: &'static str,
    of: Everything,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some(name) = self.left.pop() else { return Ok(None) };
        self.current = name;
        let key: StrDeserializer<'_, Error> = name.into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let path = format!("{}/{}", self.of.path, self.current);
        self.of.asked.borrow_mut().insert(path.clone());
        seed.deserialize(Everything { path, asked: self.of.asked.clone() })
    }
}

struct One(Option<Everything>);

impl<'de> SeqAccess<'de> for One {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        self.0.take().map(|item| seed.deserialize(item)).transpose()
    }
}

impl<'de> Deserializer<'de> for Everything {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(1).map_err(|_: Error| serde::de::Error::custom(format!("{}: any", self.path)))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_bool(true)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i32(1)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_i64(1)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let time = self.path.ends_with("Timestamp") || self.path.ends_with("Time") || self.path.ends_with("/time");
        let text = match self.path.as_str() {
            "/apiVersion" => "apps/v1",
            "/kind" => "DaemonSet",
            _ if time => "2026-01-01T00:00:00Z",
            _ => "x",
        };
        visitor.visit_str(text)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Error> {
        if name == "FieldsV1" {
            return visitor.visit_newtype_struct(json!({}).into_deserializer()).map_err(serde::de::Error::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(One(Some(self)))
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_map(Fields { left: Vec::new(), current: "", of: self })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_map(Fields { left: fields.to_vec(), current: "", of: self })
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum identifier
        ignored_any
    }
}

/// All paths of fields that Kubernetes' types of a DaemonSet have.
fn kubernetes_fields() -> BTreeSet<String> {
    let asked = Rc::new(RefCell::new(BTreeSet::new()));
    DaemonSet::deserialize(Everything { path: String::new(), asked: asked.clone() })
        .expect("a DaemonSet of everything");
    asked.take()
}

/// The fields of the table on a path through it.
fn along(path: &str) -> Option<Vec<&'static Field>> {
    let mut object: Option<&'static Object> = Some(&DAEMON_SET);
    let mut out = Vec::new();
    for name in path.split('/').skip(1) {
        let field = object?.exact(name)?;
        out.push(field);
        object = inner(&field.shape);
    }
    Some(out)
}

fn inner(shape: &Shape) -> Option<&'static Object> {
    match shape {
        Shape::Object(object) => Some(object),
        Shape::List(item) => inner(item),
        _ => None,
    }
}

#[test]
fn the_table_has_every_field_of_kubernetes() {
    let fields = kubernetes_fields();
    assert!(fields.len() > 700, "{} fields were walked", fields.len());
    // Not read at all, or whole: nothing in them is an author's.
    let opaque = [
        "/status",
        "/metadata/managedFields",
        "/spec/template/metadata/managedFields",
        "/spec/template/spec/ephemeralContainers",
    ];
    let within_opaque = |path: &str| {
        let claim = path.contains("/volumeClaimTemplate/metadata/")
            && !path.ends_with("labels")
            && !path.ends_with("annotations");
        claim || opaque.iter().any(|o| path.starts_with(&format!("{o}/")))
    };
    let missing: Vec<&String> = fields.iter().filter(|p| !within_opaque(p) && along(p).is_none()).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

fn sample(shape: &Shape) -> Value {
    match shape {
        Shape::Bool => true.into(),
        Shape::Int(low, high) => (1.max(*low)).min(*high).into(),
        Shape::Text(rule) => text(*rule).into(),
        Shape::Quantity => "1Mi".into(),
        Shape::Bound | Shape::Port => 1.into(),
        Shape::Words(words) => (*words.iter().find(|w| !w.is_empty()).expect("a word")).into(),
        Shape::List(item) => json!([sample(item)]),
        Shape::Map(rule, item) => json!({text(*rule): sample(item)}),
        Shape::Object(object) => {
            let required = object.all().into_iter().filter(|f| f.required);
            let mut value: Value = required.map(|f| (f.name.to_owned(), sample(&f.shape))).collect();
            // What the API server asks for beside, or what makes an empty map mean something.
            let (key, more) = match object.name {
                "Container" => ("image", json!("x")),
                "KeySelector" | "LocalObjectReference" => ("name", json!("x")),
                "LabelSelectorRequirement" | "NodeSelectorRequirement" => ("operator", json!("Exists")),
                "HostAlias" => ("hostnames", json!(["x"])),
                "ObjectFieldSelector" => ("fieldPath", json!("metadata.name")),
                "ResourceFieldSelector" => ("resource", json!("limits.cpu")),
                "DaemonSetUpdateStrategy" => ("type", json!("RollingUpdate")),
                _ => return value,
            };
            value[key] = more;
            value
        }
        Shape::Either(shapes) => sample(&shapes[0]),
        Shape::Any => "x".into(),
    }
}

fn text(rule: Rule) -> &'static str {
    match rule {
        Rule::Ip => "10.0.0.1",
        _ => "x",
    }
}

fn put(value: &mut Value, path: &[&'static Field]) {
    let Some((field, rest)) = path.split_first() else { return };
    let fields = value.as_object_mut().expect("a map of fields");
    let next = fields.entry(field.name).or_insert_with(|| sample(&field.shape));
    let next = if matches!(field.shape, Shape::List(_)) { &mut next[0] } else { next };
    if !rest.is_empty() {
        put(next, rest);
    }
}

/// What an object that a field stands in must have too, and names that its rules ask for.
fn complete(key: &str, value: &mut Value) {
    fn or(value: &mut Value, name: &str, given: Value) {
        if value.get(name).is_none_or(Value::is_null) {
            value[name] = given;
        }
    }
    match key {
        "limits" | "requests" | "overhead" if value.get("x").is_some() => *value = json!({"memory": "1Mi"}),
        "configMap" | "configMapRef" => or(value, "name", "x".into()),
        "secret" if value.get("name").is_none() => or(value, "secretName", "x".into()),
        "nfs" => value["path"] = "/x".into(),
        "iscsi" => {
            value["iqn"] = "iqn.2001-04.example:x".into();
            value["secretRef"] = json!({"name": "x"});
            if value.get("initiatorName").is_some() {
                value["initiatorName"] = "iqn.2001-04.example:y".into();
            }
        }
        "fc" if value.get("wwids").is_none() => {
            or(value, "targetWWNs", json!(["x"]));
            or(value, "lun", 1.into());
        }
        "resourceFieldRef" if value.get("divisor").is_some() => value["divisor"] = "1".into(),
        "azureDisk" => value["diskURI"] = "https://x".into(),
        "scaleIO" | "storageos" => or(value, "volumeName", "x".into()),
        "flocker" if value.get("datasetUUID").is_none() => or(value, "datasetName", "x".into()),
        "ephemeral" => {
            or(value, "volumeClaimTemplate", json!({"spec": {}}));
            let claim = &mut value["volumeClaimTemplate"]["spec"];
            claim["accessModes"] = json!(["ReadWriteOnce"]);
            claim["resources"]["requests"] = json!({"storage": "1Gi"});
        }
        "secretRef" | "nodePublishSecretRef" => or(value, "name", "x".into()),
        "serviceAccountToken" => or(value, "path", "x".into()),
        "clusterTrustBundle" if value.get("name").is_none() => or(value, "signerName", "x".into()),
        "podCertificate" => {
            value["keyType"] = "ED25519".into();
            if value.get("maxExpirationSeconds").is_some() {
                value["maxExpirationSeconds"] = 3600.into();
            }
            if value.get("certificateChainPath").is_none() && value.get("credentialBundlePath").is_none() {
                value["keyPath"] = "x".into();
            }
        }
        _ => {}
    }
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(key, value)| complete(key, value)),
        Value::Array(items) => items.iter_mut().for_each(|item| complete_item(key, item)),
        _ => {}
    }
}

fn complete_item(list: &str, item: &mut Value) {
    let lacks = |name: &str| item.get(name).is_none();
    match list {
        "resourceClaims" if lacks("resourceClaimTemplateName") => item["resourceClaimName"] = "x".into(),
        "envFrom" if lacks("secretRef") && lacks("configMapRef") => item["secretRef"] = json!({"name": "x"}),
        "options" if lacks("name") => item["name"] = "x".into(),
        "restartPolicyRules" => item["exitCodes"]["operator"] = "In".into(),
        "topologySpreadConstraints" | "requiredDuringSchedulingIgnoredDuringExecution"
            if !lacks("matchLabelKeys") || !lacks("mismatchLabelKeys") =>
        {
            item["labelSelector"] = json!({"matchLabels": {"y": "x"}});
        }
        "preferredDuringSchedulingIgnoredDuringExecution" => {
            if let Some(term) = item.get_mut("podAffinityTerm")
                && (term.get("matchLabelKeys").is_some() || term.get("mismatchLabelKeys").is_some())
            {
                term["labelSelector"] = json!({"matchLabels": {"y": "x"}});
            }
        }
        "sources" if lacks("configMap") => {
            if let Some(secret) = item.get_mut("secret") {
                secret["name"] = "x".into();
            }
        }
        _ => {}
    }
    complete("", item);
}

/// What must stand beside a field for it to be valid.
fn beside(document: &mut Value, path: &str) {
    complete("", document);
    let pod = &mut document["spec"]["template"]["spec"];
    fill_downward(pod);
    if path.ends_with("/hostProcess") {
        pod["hostNetwork"] = true.into();
        pod["securityContext"]["windowsOptions"]["hostProcess"] = true.into();
    }
    if path.contains("/claims") {
        pod["resourceClaims"] = json!([{"name": "x", "resourceClaimName": "x"}]);
    }
    if path.contains("/volumeDevices") {
        pod["volumes"] = json!([{"name": "x", "persistentVolumeClaim": {"claimName": "x"}}]);
    }
    for list in ["containers", "initContainers"] {
        if let Some(container) = pod.get_mut(list).and_then(|l| l.get_mut(0))
            && container.get("restartPolicyRules").is_some()
        {
            container["restartPolicy"] = "OnFailure".into();
        }
    }
    for (list, key) in [("containers", 0), ("initContainers", 0)] {
        let Some(container) = pod.get_mut(list).and_then(|l| l.get_mut(key)).and_then(Value::as_object_mut) else {
            continue;
        };
        let parts = ["livenessProbe", "readinessProbe", "startupProbe", "lifecycle"];
        if list == "initContainers" && parts.iter().any(|p| container.contains_key(*p)) {
            container.insert("restartPolicy".to_owned(), "Always".into());
        }
        for part in parts {
            let probe = container.get_mut(part).and_then(Value::as_object_mut);
            let handled = |p: &serde_json::Map<String, Value>| {
                ["exec", "httpGet", "tcpSocket", "grpc", "sleep"].iter().any(|h| p.contains_key(*h))
            };
            let Some(probe) = probe else { continue };
            give_command(probe);
            if part != "lifecycle" && !handled(probe) {
                probe.insert("exec".to_owned(), json!({"command": ["x"]}));
            }
            for hook in
                probe.iter_mut().filter(|(k, _)| k.as_str() == "postStart" || k.as_str() == "preStop").map(|(_, v)| v)
            {
                let hook = hook.as_object_mut().expect("a hook");
                give_command(hook);
                if !handled(hook) {
                    hook.insert("sleep".to_owned(), json!({"seconds": 1}));
                }
            }
        }
    }
    if path.contains("/matchFields") {
        fix_fields(document);
        return;
    }
    let pod = &mut document["spec"]["template"]["spec"];
    let mut toleration = |key: &str, value: Value| pod["tolerations"][0][key] = value;
    match path {
        p if p.ends_with("valueFrom") => {
            for list in ["containers", "initContainers"] {
                if let Some(source) = pod.pointer_mut(&format!("/{list}/0/env/0/valueFrom")) {
                    *source = json!({"fieldRef": {"fieldPath": "spec.nodeName"}});
                }
            }
        }
        p if p.ends_with("/localhostProfile") => set_all(document, "type", "Localhost"),
        p if p.ends_with("/values") => set_all(document, "operator", "In"),
        p if p.ends_with("tolerations/tolerationSeconds") => {
            toleration("operator", "Exists".into());
            toleration("effect", "NoExecute".into());
        }
        p if p.ends_with("tolerations/key") || p.ends_with("tolerations/effect") || p.ends_with("tolerations") => {
            toleration("operator", "Exists".into());
        }
        p if p.ends_with("tolerations/value") => toleration("key", "x".into()),
        _ => {}
    }
}

/// Files of the pod's own fields have a source, amounts in them a container, and fields are known as those of v1.
fn fill_downward(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                if key == "fieldRef" && value.get("apiVersion").is_some() {
                    value["apiVersion"] = "v1".into();
                }
                let files = value.get_mut("items").and_then(Value::as_array_mut).filter(|_| key == "downwardAPI");
                for file in files.into_iter().flatten() {
                    if file.get("resourceFieldRef").is_some() {
                        file["resourceFieldRef"]["containerName"] = "main".into();
                    } else if file.get("fieldRef").is_none() {
                        file["fieldRef"] = json!({"fieldPath": "metadata.name"});
                    }
                }
                fill_downward(value);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fill_downward),
        _ => {}
    }
}

/// What is run has a name.
fn give_command(handler: &mut serde_json::Map<String, Value>) {
    if let Some(exec) = handler.get_mut("exec").filter(|e| **e == json!({})) {
        exec["command"] = json!(["x"]);
    }
}

/// Fields of nodes are matched by name only.
fn fix_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value.get_mut(0).filter(|_| key == "matchFields") {
                    Some(item) => *item = json!({"key": "metadata.name", "operator": "In", "values": ["x"]}),
                    None => fix_fields(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(fix_fields),
        _ => {}
    }
}

/// Sets a field wherever it stands.
fn set_all(value: &mut Value, name: &str, to: &str) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                if key == name { *value = to.into() } else { set_all(value, name, to) }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|i| set_all(i, name, to)),
        _ => {}
    }
}

/// What the API server refuses in a DaemonSet, or an old name of another field.
const REFUSED: [&str; 8] = [
    "/template/spec/resources/claims",
    "/template/spec/resources/claims/name",
    "/template/spec/resources/claims/request",
    "/activeDeadlineSeconds",
    "/ephemeralContainers",
    "/readinessProbe/terminationGracePeriodSeconds",
    "/spec/serviceAccount",
    // Alone it is refused, since maxUnavailable is then 1: a spec adds the partner.
    "/rollingUpdate/maxSurge",
];

/// Each field alone, in a DaemonSet that is as small as it can be, comes through import and render without a patch.
#[test]
fn every_field_can_be_said_in_a_spec() {
    let base = json!({
        "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "x", "namespace": "x"},
        "spec": {
            "selector": {"matchLabels": {"x": "x"}},
            "template": {
                "metadata": {"labels": {"x": "x"}},
                "spec": {"containers": [{"name": "main", "image": "x"}], "volumes": [{"name": "x", "emptyDir": {}}]},
            },
        },
    });
    let mut without = BTreeSet::new();
    let mut tried = 0;
    for path in kubernetes_fields() {
        let template_meta = path.strip_prefix("/spec/template/metadata/");
        if !path.starts_with("/spec/")
            || template_meta.is_some_and(|f| !["labels", "annotations", "finalizers"].contains(&f))
        {
            // What else stands in a template's metadata is set by the server or ignored by the controller.
            continue;
        }
        let Some(fields) = along(&path) else { continue };
        let mut wanted = base.clone();
        put(&mut wanted, &fields);
        beside(&mut wanted, &path);
        let source = path.strip_prefix("/spec/template/spec/volumes/").and_then(|p| p.split('/').next());
        if source.is_some_and(|s| s != "name" && s != "emptyDir") {
            let volume = wanted["spec"]["template"]["spec"]["volumes"][0].as_object_mut().expect("a volume");
            volume.shift_remove("emptyDir");
        }
        let imported = match import(&wanted, &ImportOptions::default()) {
            Ok(imported) => imported,
            Err(_) if REFUSED.iter().any(|r| path.ends_with(r)) => continue,
            Err(why) => panic!("{path}: {why}"),
        };
        let loaded = load("spec.yaml", &imported.text());
        let rendered = loaded.documents[0].daemon_set().expect("a DaemonSet");
        let same = rendered["spec"] == wanted["spec"];
        if !same {
            without.insert(format!("{path}: is lost"));
        }
        if imported.document["spec"].get("patches").is_some() && !REFUSED.iter().any(|r| path.ends_with(r)) {
            without.insert(format!("{path}: {}", imported.notes[0]));
        }
        tried += 1;
    }
    assert!(tried > 600, "{tried} fields were tried");
    let paths: Vec<&str> = without.iter().map(String::as_str).collect();
    assert!(paths.is_empty(), "{tried} tried, {} without:\n{}", paths.len(), paths.join("\n"));
}
