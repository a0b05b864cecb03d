use std::cell::RefCell;
use std::fmt;

use serde::Deserialize;
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::schema::{Count, Field, Kind, schema};
use super::*;
use crate::model::wire::node::WireNode;
use crate::model::wire::pod::WirePod;

/// A field of a text or a message.
fn part(number: u8, content: &[u8]) -> Vec<u8> {
    let mut bytes = vec![number << 3 | 2, u8::try_from(content.len()).expect("a short one")];
    bytes.extend_from_slice(content);
    bytes
}

fn number(number: u8, value: &[u8]) -> Vec<u8> {
    [&[number << 3], value].concat()
}

fn json(kind: &str, message: &[u8]) -> Option<String> {
    let mut to_json = ToJson::new(kind, Detail::Whole)?;
    to_json.object(message).ok().map(|json| String::from_utf8(json.to_vec()).expect("JSON is text"))
}

#[test]
fn messages_become_the_json_of_the_api() {
    let entry = |key: &[u8], value: &[u8]| [part(1, key), part(2, value)].concat();
    // A name, a creation time, two labels, a finalizer.
    let time = number(1, &[0x8c, 0xc7, 0xb6, 0xd0, 0x06]);
    let meta =
        [part(1, b"n"), part(8, &time), part(11, &entry(b"a", b"1")), part(11, &entry(b"b", b"\"")), part(14, b"f")];
    let amount = entry(b"cpu", &part(1, b"250m"));
    let node = [part(1, &meta.concat()), part(2, &number(4, &[1])), part(3, &part(2, &amount))].concat();
    assert_eq!(
        json("Node", &node).expect("a node"),
        r#"{"metadata":{"name":"n","creationTimestamp":"2026-05-20T12:05:32Z","labels":{"a":"1","b":"\""},"finalizers":["f"]},"spec":{"unschedulable":true},"status":{"allocatable":{"cpu":"250m"}}}"#
    );
    // A negative number, what is empty, a time that is not set, a field that nobody knows.
    let class = [part(1, &part(8, b"")), number(2, &[&[0xff; 9][..], &[1]].concat()), number(3, &[0]), part(4, b"")];
    let class = [class.concat(), part(15, b"new")].concat();
    assert_eq!(json("PriorityClass", &class).as_deref(), Some(r#"{"metadata":{},"value":-1}"#));
}

#[test]
fn what_no_server_writes_is_left_to_json() {
    for (what, bytes) in [
        ("a field out of order", [part(2, b""), part(1, b"")].concat()),
        ("a field that comes twice", [part(1, b""), part(1, b"")].concat()),
        ("a number for a message", number(1, &[1])),
        ("half a field", part(1, b"\x0a\x05ab")),
        ("a group", vec![1 << 3 | 3]),
        ("the field 0", vec![2, 0]),
        ("a number without end", vec![0xff; 11]),
        ("a map without a value", part(1, &part(11, &part(1, b"k")))),
        ("a time after the year 9999", part(1, &part(8, &number(1, &[0xff, 0xff, 0xff, 0xff, 0xff, 0x7f])))),
    ] {
        assert_eq!(json("Node", &bytes), None, "{what}");
    }
    assert_eq!(json("Node", &[]).as_deref(), Some("{}"));
    assert!(ToJson::new("Unheard", Detail::Whole).is_none());
    // JSON inside: whole, or nothing.
    let data = |raw: &[u8]| part(2, &part(1, raw));
    assert_eq!(json("ControllerRevision", &data(b"{\"a\": [1]}\n")).as_deref(), Some("{\"data\":{\"a\": [1]}}"));
    for raw in [&b"{"[..], b"{}}", b"1,\"x\":2", b"[\"\xff\"]", b"k8s\0"] {
        assert_eq!(json("ControllerRevision", &data(raw)), None);
    }
}

#[test]
fn a_refusal_in_protobuf_is_read() {
    let said =
        [part(1, &part(3, b"t")), part(2, b"Failure"), part(3, b"no"), part(4, b"Expired"), number(6, &[0x9a, 3])];
    let answer = [MAGIC.to_vec(), part(1, &[part(1, b"v1"), part(2, b"Status")].concat()), part(2, &said.concat())];
    assert_eq!(
        status(&answer.concat()).map(|json| String::from_utf8(json).expect("text")).as_deref(),
        Some(
            r#"{"kind":"Status","metadata":{"continue":"t"},"status":"Failure","message":"no","reason":"Expired","code":410}"#
        )
    );
    assert_eq!(status(b"no"), None);
}

/// Gives a struct every field that it asks for, with the simplest value that the schema allows, and notes those that the
/// schema does not have.
#[derive(Clone, Copy)]
struct Probe<'m> {
    field: Field,
    missing: &'m RefCell<Vec<String>>,
}

#[derive(Debug)]
struct Odd(String);

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Odd {}

impl Error for Odd {
    fn custom<T: fmt::Display>(what: T) -> Self {
        Odd(what.to_string())
    }
}

/// The field of this name that is read of pods and nodes, also of what stands inline.
fn find(message: u16, name: &str) -> Option<Field> {
    schema().message(message).fields.iter().flatten().filter(|field| !field.is_passed_over).find_map(
        |field| match field.kind {
            Kind::Inline(inner) => find(inner, name),
            _ => (field.name == name).then_some(*field),
        },
    )
}

impl<'de> Probe<'_> {
    fn one<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        match self.field.kind {
            Kind::Text | Kind::Time | Kind::MicroTime => visitor.visit_str("x"),
            Kind::Quantity => visitor.visit_str("1"),
            Kind::Int | Kind::IntOrString => visitor.visit_u64(1),
            Kind::Bool => visitor.visit_bool(true),
            Kind::Raw | Kind::Message(_) | Kind::Inline(_) => {
                visitor.visit_map(Members { probe: self, fields: vec![] })
            }
        }
    }
}

impl<'de> Deserializer<'de> for Probe<'_> {
    type Error = Odd;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        let one = Probe { field: Field { count: Count::One, ..self.field }, ..self };
        match self.field.count {
            Count::One | Count::Filled => self.one(visitor),
            Count::List => visitor.visit_seq(Items(Some(one))),
            Count::Map => visitor.visit_map(Members { probe: one, fields: vec![Field { name: "k", ..one.field }] }),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Odd> {
        let Kind::Message(message) = self.field.kind else {
            return Err(Odd(format!("{name} is no message")));
        };
        let mut found = Vec::new();
        for field in fields {
            match find(message, field) {
                Some(field) => found.push(field),
                None => self.missing.borrow_mut().push(format!("{}.{field}", schema().message(message).name)),
            }
        }
        visitor.visit_map(Members { probe: self, fields: found })
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Odd> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum identifier
    }
}

struct Items<'m>(Option<Probe<'m>>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Odd;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Odd> {
        self.0.take().map(|probe| seed.deserialize(probe)).transpose()
    }
}

struct Members<'m> {
    probe: Probe<'m>,
    fields: Vec<Field>,
}

impl<'de> MapAccess<'de> for Members<'_> {
    type Error = Odd;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Odd> {
        let name = self.fields.last().map(|field| field.name);
        name.map(|name| seed.deserialize::<StrDeserializer<'_, Odd>>(name.into_deserializer())).transpose()
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Odd> {
        let field = self.fields.pop().ok_or_else(|| Odd("no field".to_owned()))?;
        seed.deserialize(Probe { field, ..self.probe })
    }
}

#[test]
fn every_field_that_rules_ask_of_pods_and_nodes_is_read() {
    let missing = RefCell::default();
    let probe = |kind: &str| {
        let kind = Kind::Message(schema().find(kind).expect("a kind"));
        Probe { field: Field { name: "", kind, count: Count::One, is_passed_over: false }, missing: &missing }
    };
    let pod = WirePod::deserialize(probe("Pod")).expect("a pod");
    assert!(pod.spec.node_name.is_some(), "{pod:?}");
    WireNode::deserialize(probe("Node")).expect("a node");
    assert_eq!(missing.into_inner(), Vec::<String>::new());
}

#[test]
fn every_built_in_kind_is_known() {
    use crate::model::wire::Kind as K;
    let unknown: Vec<K> = K::all().filter(|kind| !knows(*kind)).collect();
    // Of ConfigMaps and Secrets only metadata is asked for; the other two are no kinds of Kubernetes.
    assert_eq!(unknown, [K::ConfigMap, K::Secret, K::SecurityContextConstraints, K::DoctorSnapshot]);
}
