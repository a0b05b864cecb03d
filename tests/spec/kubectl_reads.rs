//! What is written is read back as the same: by our own reader, by serde_yaml, and by a real kubectl where the
//! variable `KUBECTL_DAEMONSET_TEST_KUBECTL` names one.

use std::io::Write;
use std::process::{Command, Stdio};

use kubectl_daemonset::yaml::{Style, emit, parse};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Texts that one reader or another takes for something else.
const AWKWARD: [&str; 82] = [
    "",
    " ",
    "y",
    "Y",
    "n",
    "N",
    "yes",
    "Yes",
    "no",
    "NO",
    "on",
    "On",
    "off",
    "OFF",
    "true",
    "False",
    "null",
    "Null",
    "~",
    "0",
    "1",
    "-1",
    "+1",
    "0640",
    "0o17",
    "0x1F",
    "0b11",
    "1_000",
    "1__0",
    "08",
    "1e3",
    "1.5",
    ".5",
    "1.",
    ".inf",
    "-.INF",
    ".nan",
    "NaN",
    "inf",
    "2026-01-01",
    "2026-01-01T00:00:00Z",
    "12:30",
    "12:30:45",
    "190:20:30",
    "<<",
    "=",
    "-",
    "--",
    "---",
    "...",
    "- a",
    "? a",
    ": a",
    "a: b",
    "a:b",
    "a:",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "%a",
    "@a",
    "`a",
    "'a'",
    "\"a\"",
    "{a}",
    "[a]",
    "a,b",
    "|",
    ">",
    "a\nb",
    "a\n",
    "\na",
    "a\n\n",
    " a\nb",
    "a\r\nb",
    "a\tb",
    "a ",
    "日本語 🎉",
    "\u{85}\u{2028}\u{feff}\u{7f}\u{0}",
];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => prop::sample::select(AWKWARD.to_vec()).prop_map(str::to_owned),
        2 => "[-+.0-9_xobeEyYnN:~ #]{0,8}",
        2 => "[ -~\n\t]{0,40}",
        1 => any::<String>(),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => (-1e9f64..1e9).prop_map(|f| json!(f)),
        1 => Just(Value::Null),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..5).prop_map(|e| Value::Object(e.into_iter().collect())),
        ]
    })
}

/// Floats as JSON: what is whole is an integer.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|w| same(v, w)))
        }
        _ => a == b,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_back(value in value()) {
        let document = json!({ "a": value });
        for style in [Style::Block, Style::Compact(60)] {
            let written = emit(&document, style);
            let read = parse(&written);
            prop_assert!(read.mistakes.is_empty(), "{:?}\n{}", read.mistakes, written);
            prop_assert!(same(&read.documents[0].to_json(), &document), "{:?}\n{}", read.documents[0].to_json(), written);
            let theirs: Value = serde_yaml::from_str(&written).expect("YAML for serde_yaml");
            prop_assert!(same(&theirs, &document), "serde_yaml: {theirs}\n{written}");
        }
    }

    /// Nothing that is read makes the reader panic, JSON is read as JSON.
    #[test]
    fn anything_can_be_read(text in "[-a-c:{}\\[\\],&*!|>'\"#%@\n \t?<0-9~.]{0,60}", value in value()) {
        parse(&text);
        let json = json!([value]).to_string();
        let read = parse(&json);
        prop_assert!(read.mistakes.is_empty(), "{:?} {json}", read.mistakes);
        prop_assert!(same(&read.documents[0].to_json(), &json!([value])), "{json}");
    }
}

#[test]
fn long_texts_and_surrogates_are_read_back() {
    let long = "x: \"y\"\n".repeat(150_000);
    let document = json!({"a": long, "b": "z".repeat(1 << 20)});
    assert_eq!(parse(&emit(&document, Style::Block)).documents[0].to_json(), document);
    let json = r#"{"a": "\ud83c\udf89\/\\ud83c", "b": "\u00e9"}"#;
    assert_eq!(parse(json).documents[0].to_json(), json!({"a": "🎉/\\ud83c", "b": "é"}));
}

/// A ConfigMap of all awkward texts through a real kubectl, which needs no cluster for this.
#[test]
fn a_real_kubectl_reads_the_same() {
    let Some(kubectl) = std::env::var_os("KUBECTL_DAEMONSET_TEST_KUBECTL") else {
        println!("not checked: KUBECTL_DAEMONSET_TEST_KUBECTL names no kubectl");
        return;
    };
    let data: Map<String, Value> = AWKWARD.iter().enumerate().map(|(i, t)| (format!("k{i}"), (*t).into())).collect();
    for style in [Style::Block, Style::Compact(100)] {
        let document = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}, "data": data});
        let mut child = Command::new(&kubectl)
            .args(["annotate", "--local", "-o", "json", "-f", "-", "read=yes"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a kubectl that starts");
        let written = emit(&document, style);
        child.stdin.take().expect("a pipe").write_all(written.as_bytes()).expect("kubectl reads");
        let output = child.wait_with_output().expect("kubectl ends");
        let read: Value = serde_json::from_slice(&output.stdout).expect("JSON from kubectl");
        assert_eq!(read["data"], document["data"], "{written}");
    }
}

/// A YAML reader looks for the `:` of a key no further than 1,024 characters.
#[test]
fn long_keys_are_read_back() {
    for length in [100, 1000, 1021, 1022, 1024, 5000] {
        for c in ["k", "\u{1}", "\"", "日", "\u{e0041}"] {
            let key = c.repeat(length);
            let document =
                json!({"a": {&key: "text", "b": [{&key: {"c": 1}}, {&key: ["d", {&key: []}]}]}, &key: "x\ny\n"});
            for style in [Style::Block, Style::Compact(110)] {
                let written = emit(&document, style);
                let theirs: Value = serde_yaml::from_str(&written).expect("YAML for serde_yaml");
                assert_eq!(theirs, document, "{length} times {c:?}");
                let ours = parse(&written);
                assert_eq!(ours.mistakes, [], "{length} times {c:?}");
                assert_eq!(ours.documents[0].to_json(), document, "{length} times {c:?}");
            }
        }
    }
}
