//! The quick reader of JSON against `serde_json`.

use kubectl_daemonset::model::wire::read_object;
use serde_json::Value;

use super::{corpus, fuzz, mutation};

/// A member that nobody asks for, nested deeper than the quick reader goes: it gives up, and `serde_json` reads on.
fn with_deep_member(text: &str) -> Option<(String, usize)> {
    let rest = text.trim_start().strip_prefix('{')?;
    let deep = format!("\"zz\":{}{}", "[".repeat(70), "]".repeat(70));
    let comma = if rest.trim_start().starts_with('}') { "" } else { "," };
    let added = deep.len() + comma.len();
    Some((format!("{{{deep}{comma}{rest}"), added))
}

#[test]
fn objects_are_read_alike_both_ways() {
    let seeds = corpus("objects");
    let values: Vec<Value> = seeds.iter().filter_map(|seed| serde_json::from_slice(seed).ok()).collect();
    fuzz(
        "objects",
        &seeds,
        |random, seeds| match random.once_in(3) {
            true => mutation::bytes(random, seeds),
            false => {
                let mut value = random.pick(&values).clone();
                mutation::value(random, &mut value, &values);
                value.to_string().into_bytes()
            }
        },
        |input| {
            let Some(text) = std::str::from_utf8(input).ok().map(str::trim_start) else {
                drop(read_object(input, None));
                return;
            };
            // Half a surrogate pair is a fault only where the text is wanted.
            let halves = text.contains("\\ud") || text.contains("\\uD");
            let Some((patient, added)) = with_deep_member(text).filter(|_| !halves) else {
                drop(read_object(input, None));
                return;
            };
            let one = read_object(text.as_bytes(), None);
            let other = read_object(patient.as_bytes(), None);
            match (one, other) {
                (Ok(one), Ok(other)) => {
                    // Where an error says its place, the place differs by what was added.
                    if !matches!(one.object, kubectl_daemonset::model::wire::Object::Bad(_)) {
                        assert_eq!(format!("{:?}", one.object), format!("{:?}", other.object));
                    }
                    assert_eq!(one.bytes + added, other.bytes);
                }
                // What is met first is told, and that depends on when the kind is known.
                (Err(_), Err(_)) => {}
                (one, other) => panic!("{one:?} | {other:?}"),
            }
        },
    );
}
