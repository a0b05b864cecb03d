//! Lists in protobuf: the same objects as in JSON, and nothing that is not what a server writes.
//!
//! The corpus has a list of each kind in both forms, made up by the real types (`tests/cluster/protobuf`, `fill`).

use std::fs;
use std::path::{Path, PathBuf};

use kubectl_daemonset::model::wire::protobuf::{Detail, ToJson};
use kubectl_daemonset::stream::arriving::Form;
use serde_json::{Map, Value};

use super::both_forms::read;
use super::{fuzz, mutation};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/protobuf")
}

/// The kinds of the corpus with both forms of their lists.
fn pairs() -> Vec<(String, Vec<u8>, Vec<u8>)> {
    let files = fs::read_dir(folder()).expect("a folder").flatten().map(|file| file.path());
    let binary = files.filter(|file| file.extension().is_some_and(|ending| ending == "pb"));
    let file = |path: &Path| fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut pairs: Vec<_> = binary
        .map(|path| {
            let kind = path.file_stem().expect("a name").to_string_lossy().into_owned();
            (kind, file(&path), file(&path.with_extension("json")))
        })
        .collect();
    pairs.sort();
    assert!(pairs.len() > 30, "{} kinds", pairs.len());
    pairs
}

/// Bytes are not read, `null` says no more than a field that is left out, nor does a map without entries
/// (`nodeAllocatableResourceClaimStatuses`), which protobuf cannot tell from none.
fn without_bytes_and_nulls(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_bytes_and_nulls),
        Value::Object(members) => {
            let is_empty_map = |key: &str, value: &Value| key == "resources" && *value == Value::Object(Map::new());
            members.retain(|key, value| !value.is_null() && key != "caBundle" && !is_empty_map(key, value));
            members.values_mut().for_each(without_bytes_and_nulls);
        }
        _ => {}
    }
}

#[test]
fn lists_in_protobuf_and_in_json_have_the_same_objects() {
    for (kind, binary, json) in pairs() {
        let (expected, ended) = read(Form::Json, &json, usize::MAX);
        assert!(ended.is_ok() && expected.texts.len() == 2, "{kind}: {ended:?}");
        assert!(!expected.facts.iter().any(|facts| facts.contains("cannot be read")), "{kind}: {:?}", expected.facts);
        for piece in [1, 61, usize::MAX] {
            let (pieces, ended) = read(Form::Json, &json, piece);
            assert!(ended.is_ok() && pieces.texts == expected.texts, "{kind} in pieces of {piece}: {ended:?}");
            for detail in [Detail::Whole, Detail::Unmanaged, Detail::Lean] {
                if detail != Detail::Whole && !matches!(kind.as_str(), "Pod" | "Node") {
                    continue;
                }
                let (objects, ended) = read(Form::Protobuf(detail), &binary, piece);
                assert!(ended.is_ok(), "{kind} in pieces of {piece}: {ended:?}");
                assert_eq!(objects.facts, expected.facts, "{kind}, {detail:?}");
                if detail == Detail::Whole {
                    for (mut one, mut other) in objects.texts.into_iter().zip(expected.texts.clone()) {
                        without_bytes_and_nulls(&mut one);
                        without_bytes_and_nulls(&mut other);
                        assert_eq!(one, other, "{kind}");
                    }
                }
            }
        }
    }
}

#[test]
fn whatever_arrives_is_an_object_or_a_refusal() {
    let seeds: Vec<Vec<u8>> = pairs().into_iter().map(|(_, binary, _)| binary).collect();
    fuzz("protobuf", &seeds, mutation::bytes, |input| {
        let piece = 1 + input.len() % 997;
        for detail in [Detail::Whole, Detail::Lean] {
            // What leaves the reader is JSON, or the sink would have panicked over its own parser's word.
            let (objects, ended) = read(Form::Protobuf(detail), input, piece);
            let (whole, at_once) = read(Form::Protobuf(detail), input, usize::MAX);
            assert!(objects.texts == whole.texts && ended.is_ok() == at_once.is_ok(), "{ended:?} {at_once:?}");
        }
        for kind in ["Pod", "Node", "DaemonSet", "ResourceSlice"] {
            let mut to_json = ToJson::new(kind, Detail::Whole).expect("a kind");
            if let Ok(json) = to_json.object(input) {
                assert!(serde_json::from_slice::<Value>(json).is_ok(), "{kind}: {}", String::from_utf8_lossy(json));
                assert!(json.len() <= 64 * input.len() + 64, "{} bytes of {}", json.len(), input.len());
            }
        }
    });
}
