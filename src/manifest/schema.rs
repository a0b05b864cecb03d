//! The JSON Schema of the document, made from the table of fields.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::manifest::fields::{DOCUMENT, Object, Rule, Shape, snake};

/// The schema (draft 7, which editors' YAML servers read). Names are completed in snake_case; Kubernetes' spelling is
/// accepted everywhere.
pub fn schema() -> Value {
    let mut definitions = BTreeMap::new();
    define(&DOCUMENT, &mut definitions);
    let mut schema = Map::from_iter([
        ("$schema".to_owned(), "http://json-schema.org/draft-07/schema#".into()),
        ("title".to_owned(), DOCUMENT.name.into()),
    ]);
    if let Some(Value::Object(root)) = definitions.remove(DOCUMENT.name) {
        schema.extend(root);
    }
    schema.insert("definitions".to_owned(), definitions.into_iter().collect());
    Value::Object(schema)
}

fn define(object: &'static Object, definitions: &mut BTreeMap<&'static str, Value>) {
    if definitions.contains_key(object.name) {
        return;
    }
    definitions.insert(object.name, Value::Null);
    let mut properties = Map::new();
    let mut others = Map::new();
    let mut demands = Vec::new();
    for field in object.all() {
        let mut value = shaped(&field.shape, definitions);
        if let Some(fields) = value.as_object_mut() {
            // Siblings of a reference are ignored in draft 7.
            if let Some(reference) = fields.remove("$ref") {
                fields.insert("allOf".to_owned(), json!([{ "$ref": reference }]));
            }
            fields.insert("description".to_owned(), field.doc.into());
            if let Some(default) = field.default.and_then(|d| serde_json::from_str::<Value>(d).ok()) {
                fields.insert("default".to_owned(), default);
            }
        }
        let name = if object.name == DOCUMENT.name { field.name.to_owned() } else { field.snake().into_owned() };
        let spellings = spellings(field.name);
        let rest: Vec<&String> = spellings.iter().filter(|s| **s != name).collect();
        if !rest.is_empty() {
            let pattern: Vec<&str> = rest.iter().map(|s| s.as_str()).collect();
            others.insert(format!("^({})$", pattern.join("|")), value.clone());
        }
        if field.required {
            let each: Vec<Value> = spellings.iter().map(|s| json!({ "required": [s] })).collect();
            demands.push(if each.len() == 1 { each[0].clone() } else { json!({ "anyOf": each }) });
        }
        properties.insert(name, value);
    }
    let mut out = Map::from_iter([
        ("type".to_owned(), "object".into()),
        ("description".to_owned(), object.doc.into()),
        ("properties".to_owned(), Value::Object(properties)),
        ("additionalProperties".to_owned(), false.into()),
    ]);
    if !others.is_empty() {
        out.insert("patternProperties".to_owned(), Value::Object(others));
    }
    if !demands.is_empty() {
        out.insert("allOf".to_owned(), Value::Array(demands));
    }
    definitions.insert(object.name, Value::Object(out));
}

/// snake_case, Kubernetes' own spelling, and the plain camelCase of the snake_case one.
fn spellings(name: &str) -> Vec<String> {
    let snake = snake(name).into_owned();
    let mut camel = String::new();
    let mut upper = false;
    for c in snake.chars() {
        match c {
            '_' => upper = true,
            c if upper => {
                camel.push(c.to_ascii_uppercase());
                upper = false;
            }
            c => camel.push(c),
        }
    }
    let mut all = vec![snake, name.to_owned(), camel];
    all.dedup();
    if all.first() == all.last() {
        all.truncate(1);
    }
    all
}

fn shaped(shape: &Shape, definitions: &mut BTreeMap<&'static str, Value>) -> Value {
    match shape {
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::Int(low, high) => {
            let mut number = Map::from_iter([("type".to_owned(), "integer".into())]);
            if *low != i64::MIN {
                number.insert("minimum".to_owned(), (*low).into());
            }
            if *high != i64::MAX {
                number.insert("maximum".to_owned(), (*high).into());
            }
            json!({ "anyOf": [number, {"type": "string", "pattern": "^-?[0-9]+$"}] })
        }
        Shape::Text(rule) => text(*rule),
        Shape::Quantity => json!({
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "string", "pattern": "^[+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([numkMGTPE]|[KMGTPE]i|[eE][-+]?[0-9]+)?$"},
            ]
        }),
        Shape::Bound => json!({
            "anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]+%?$"}]
        }),
        Shape::Port => json!({
            "anyOf": [{"type": "integer", "minimum": 1, "maximum": 65535}, {"type": "string", "minLength": 1, "maxLength": 15}]
        }),
        Shape::Words(words) => json!({ "type": "string", "enum": words }),
        Shape::List(item) => json!({ "type": "array", "items": shaped(item, definitions) }),
        Shape::Map(rule, item) => {
            let mut map = Map::from_iter([
                ("type".to_owned(), "object".into()),
                ("additionalProperties".to_owned(), shaped(item, definitions)),
            ]);
            if let Value::Object(names) = text(*rule)
                && names.len() > 1
            {
                map.insert("propertyNames".to_owned(), Value::Object(names));
            }
            Value::Object(map)
        }
        Shape::Object(object) => {
            define(object, definitions);
            json!({ "$ref": format!("#/definitions/{}", object.name) })
        }
        Shape::Either(shapes) => {
            let all: Vec<Value> = shapes.iter().map(|s| shaped(s, definitions)).collect();
            json!({ "anyOf": all })
        }
        Shape::Any => json!({}),
    }
}

/// What a regular expression can say of a rule; the rest is told by `lint` and `render`.
fn text(rule: Rule) -> Value {
    let pattern = match rule {
        Rule::Free => return json!({ "type": "string" }),
        Rule::NotEmpty | Rule::Ip => return json!({ "type": "string", "minLength": 1 }),
        Rule::Namespace => "^([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)?$",
        Rule::Time => "^[0-9]{4}-[0-9]{2}-[0-9]{2}T",
        Rule::DnsLabel => "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",
        Rule::DnsName => "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        Rule::LabelKey => "^([a-z0-9][-.a-z0-9]*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        Rule::AnnotationKey => "^([A-Za-z0-9][-.A-Za-z0-9]*/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$",
        Rule::LabelValue => "^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$",
        Rule::EnvName => "^[A-Za-z_][A-Za-z0-9_]*$",
        Rule::AnyEnvName => "^[ -<>-~]+$",
        Rule::PortName => "^([a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?)?$",
        Rule::DataKey => "^[-._a-zA-Z0-9]{1,253}$",
        Rule::Digest => "^sha256:[a-fA-F0-9]{64}$",
        Rule::RelativePath => "^([^/].*)?$",
    };
    json!({ "type": "string", "pattern": pattern })
}
