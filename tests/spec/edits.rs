//! Texts that are changed in place: what is wanted is what is read, and nothing else changes.

use kubectl_daemonset::manifest::lint::{Exempting, RULES, Surroundings, example, mend};
use kubectl_daemonset::yaml::{self, Refusal, edit, parse};
use serde_json::{Value, json};

/// The first document of the text with a value put in at a place.
fn put(text: &str, pointer: &str, value: Value) -> Result<String, Refusal> {
    let node = &parse(text).documents[0];
    let mut wanted = node.to_json();
    let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
    match wanted.pointer_mut(parent).expect("the parent is there") {
        Value::Object(map) if value.is_null() => drop(map.shift_remove(key)),
        Value::Object(map) => drop(map.insert(key.to_owned(), value)),
        Value::Array(list) if value.is_null() => drop(list.remove(key.parse().expect("a number"))),
        Value::Array(list) => list.insert(key.parse().expect("a number"), value),
        _ => panic!("{parent} holds nothing"),
    }
    edit(text, node.at, &wanted)
}

#[test]
fn what_is_not_changed_stays_byte_for_byte() {
    let text = "# head\nkind: DaemonSet   # what\nmetadata:\n  name: 'a'\n  # why\n  labels: {app: \"a\", b: c}\n\
                spec:\n  list:\n  # first\n  - key: x # one\n    effect: NoSchedule\n  - {key: y}\n\n  text: |\n    line\n";
    for (pointer, value, old, new) in [
        ("/metadata/name", json!("b"), "'a'", "'b'"),
        ("/metadata/labels/app", json!("z"), "\"a\"", "\"z\""),
        ("/metadata/labels/d", json!(1), "b: c}", "b: c, d: 1}"),
        ("/metadata/labels/b", Value::Null, ", b: c", ""),
        ("/spec/list/1", Value::Null, "  - {key: y}\n", ""),
        ("/spec/list/2", json!({"key": "z"}), "{key: y}\n", "{key: y}\n  - key: z\n"),
        ("/spec/list/0", json!({"key": "z"}), "  - key: x", "  - key: z\n  - key: x"),
        ("/spec/list/0/key", json!("z"), "key: x # one", "key: z # one"),
        ("/spec/list/0/key", Value::Null, "key: x # one\n    effect", "effect"),
        ("/spec/more", json!({"a": ["b"]}), "    line\n", "    line\n  more:\n    a:\n    - b\n"),
        ("/spec/text", json!("short"), "|\n    line\n", "short\n"),
        (
            "/spec/list",
            json!([]),
            "list:\n  # first\n  - key: x # one\n    effect: NoSchedule\n  - {key: y}\n",
            "list: []\n",
        ),
        ("/metadata/labels", json!({}), "{app: \"a\", b: c}", "{}"),
    ] {
        let found = put(text, pointer, value);
        if pointer == "/spec/list/0/key" && found == Err(Refusal::Entangled) {
            // A comment stands between the dash and what would take its place.
            continue;
        }
        assert!(text.contains(old), "{old}");
        assert_eq!(found.as_deref(), Ok(text.replacen(old, new, 1).as_str()), "{pointer}");
    }
    let windows = text.replace('\n', "\r\n");
    let changed = put(&windows, "/spec/more", json!({"a": 1})).expect("a change");
    assert_eq!(changed.matches('\n').count(), changed.matches("\r\n").count());
    let marked = format!("\u{feff}{text}");
    assert_eq!(put(&marked, "/metadata/name", json!("b")), Ok(marked.replacen("'a'", "'b'", 1)));
    let compact = "{\"kind\": \"DaemonSet\",\n \"metadata\": {\n   \"name\": \"a\"\n }}\n";
    assert_eq!(
        put(compact, "/metadata/labels", json!({"a": "b"})),
        Ok(compact.replace("\"a\"\n", "\"a\",\n   \"labels\": {\"a\":\"b\"}\n"))
    );
}

/// An anchor keeps what it has; where an alias stands, the whole is written out.
#[test]
fn aliases_keep_their_meaning() {
    let text = "spec:\n  one: &a {x: 1}\n  two: *a\n  three:\n    <<: *a\n    z: 2\n";
    let two = put(text, "/spec/two/x", json!(2)).expect("a change");
    assert_eq!(two, text.replace("two: *a", "two:\n    x: 2"));
    let three = put(text, "/spec/three/x", json!(3)).expect("a change");
    assert_eq!(three, text.replace("z: 2\n", "z: 2\n    x: 3\n"));
    assert_eq!(put(text, "/spec/one/x", json!(3)), Err(Refusal::Entangled), "the aliases would change, too");
    assert_eq!(put(text, "/spec/three/x", Value::Null), Err(Refusal::Entangled));
}

/// Changes something somewhere in a value.
fn change(at: &mut Value, depth: usize, random: &mut dyn FnMut(usize) -> usize) {
    let values =
        [json!("text"), json!(5), json!({"a": {"b": ["c", {"d": true}]}}), json!(["q"]), json!("a: b # c"), json!({})];
    let new = values[random(values.len())].clone();
    let stops = random(if depth < 4 { 8 } else { 2 }) == 0;
    match at {
        Value::Object(map) if !map.is_empty() => {
            let key = map.keys().nth(random(map.len())).expect("a key").clone();
            match random(3) {
                _ if !stops => change(&mut map[&key], depth + 1, random),
                0 => drop(map.shift_remove(&key)),
                1 => drop(map.insert(key, new)),
                _ => drop(map.insert(format!("new{}", random(9)), new)),
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let place = random(list.len());
            match random(2) {
                _ if !stops => change(&mut list[place], depth + 1, random),
                0 => drop(list.remove(place)),
                _ => list.insert(place, new),
            }
        }
        other => *other = new,
    }
}

/// Whatever is put into a document at random: the text reads as what was wanted, or it is refused; most are not.
#[test]
fn a_text_reads_as_what_was_wanted() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    let texts = [
        include_str!("../documents/everything.yaml"),
        include_str!("../documents/spec.yaml"),
        include_str!("../fuzz/corpus/documents/manifest.yaml"),
        include_str!("../../docs/examples/logs.yaml"),
        include_str!("../../docs/examples/security.yaml"),
    ];
    let (mut changed, mut refused) = (0, 0);
    for text in texts {
        let node = &parse(text).documents[0];
        for _ in 0..150 {
            let mut wanted = node.to_json();
            change(&mut wanted, 0, &mut random);
            match edit(text, node.at, &wanted) {
                Ok(text) => {
                    assert_eq!(parse(&text).documents[0].to_json(), wanted);
                    changed += 1;
                }
                Err(_) => refused += 1,
            }
        }
    }
    assert!(changed > 20 * refused, "{changed} changed, {refused} refused");
}

/// Each safe patch, written into the document that its rule is shown with, mends it.
#[test]
fn what_is_safe_is_written() {
    let mut written = 0;
    for rule in RULES.iter().filter(|rule| !rule.example.is_empty()) {
        let text = example(rule);
        let mended = mend("spec.yaml", &text, &Surroundings::default(), &Exempting::default());
        assert!(mended.refused.is_empty(), "{}: {:?}", rule.code, mended.refused);
        let again = mend("spec.yaml", &mended.text, &Surroundings::default(), &Exempting::default());
        assert!(again.mended.is_empty() && again.text == mended.text, "{}", rule.code);
        written += mended.mended.len();
        let same = yaml::parse(&text).documents[0].to_json() == yaml::parse(&mended.text).documents[0].to_json();
        assert_eq!(same, mended.mended.is_empty());
    }
    assert!(written >= 6, "{written}");
}
