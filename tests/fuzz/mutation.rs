//! Changes of an input: of its bytes, and of the values of JSON.

use serde_json::{Map, Value, json};

use super::random::Random;

/// Text on which readers of YAML, JSON and Kubernetes' notations decide.
const TOKENS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    ",",
    "-",
    "- ",
    "\"",
    "'",
    "\\",
    "\\u0000",
    "\\ud83d",
    "\n",
    "\n  ",
    "\t",
    "\r\n",
    "#",
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "!!int ",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.2\n",
    "? ",
    "null",
    "~",
    "true",
    "yes",
    "on",
    "0",
    "-1",
    "0o17",
    "0x1f",
    "1e309",
    "1_000",
    ".inf",
    ".nan",
    "9223372036854775807",
    "18446744073709551616",
    "250m",
    "1Gi",
    "\u{feff}",
    "\u{2028}",
    "\u{1b}[31m",
    "é",
    "😀",
    "\0",
];

/// Some changes of the bytes of a seed.
pub fn bytes(random: &mut Random, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut text = random.pick(seeds).clone();
    for _ in 0..=random.below(4) {
        let at = random.below(text.len() + 1);
        let end = (at + 1 + random.below(24)).min(text.len());
        match random.below(7) {
            0 if at < text.len() => text[at] = random.next() as u8,
            1 => drop(text.drain(at.min(end)..end)),
            2 => text.truncate(at),
            3 => {
                let part = text[at.min(end)..end].to_vec();
                let place = random.below(text.len() + 1);
                text.splice(place..place, part);
            }
            4 => {
                let other = random.pick(seeds);
                let from = random.below(other.len() + 1);
                let part = &other[from..(from + random.below(200)).min(other.len())];
                text.splice(at..at, part.iter().copied());
            }
            _ => {
                let token = random.pick(TOKENS).bytes();
                text.splice(at..if random.once_in(2) { end.max(at) } else { at }, token);
            }
        }
    }
    text
}

/// Values that are at the end of what a field may have, or of another type.
fn odd(random: &mut Random) -> Value {
    match random.below(22) {
        0 => Value::Null,
        1 => json!(""),
        2 => json!({}),
        3 => json!([]),
        4 => json!(0),
        5 => json!(-1),
        6 => json!(i64::MAX),
        7 => json!(u64::MAX),
        8 => json!(1.5),
        9 => json!("0"),
        10 => json!("9223372036854775807"),
        11 => json!("-1Ei"),
        12 => json!("1e400"),
        13 => json!("101%"),
        14 => json!("2026-13-45T00:00:00Z"),
        15 => json!("9999-12-31T23:59:59Z"),
        16 => json!("\u{1b}[31m\u{202e}"),
        17 => json!("a".repeat(300)),
        18 => json!(true),
        19 => json!([null, {}, ""]),
        20 => json!({"": null}),
        _ => json!("Exists"),
    }
}

/// Changes a value in some places: drops, doubles, replaces and exchanges what stands there.
pub fn value(random: &mut Random, value: &mut Value, others: &[Value]) {
    for _ in 0..=random.below(5) {
        let mut other = random.pick(others).clone();
        let donor = descend(random, &mut other).take();
        let place = descend(random, value);
        match (place, random.below(6)) {
            (Value::Array(items), 0..=1) if !items.is_empty() => {
                let at = random.below(items.len());
                match random.once_in(2) {
                    true => drop(items.remove(at)),
                    false => items.push(items[at].clone()),
                }
            }
            (Value::Object(members), 0..=2) if !members.is_empty() => change_member(random, members, donor),
            (place, 3) => *place = odd(random),
            // The same type, from elsewhere.
            (Value::String(text), _) if donor.is_string() => *text = donor.as_str().unwrap_or_default().to_owned(),
            (place, 4) => *place = donor,
            (Value::Number(number), _) => *number = number.as_i64().unwrap_or(1).wrapping_mul(-3).into(),
            (Value::String(text), _) => text.push('x'),
            (Value::Bool(on), _) => *on = !*on,
            (place, _) => *place = odd(random),
        }
    }
}

fn change_member(random: &mut Random, members: &mut Map<String, Value>, donor: Value) {
    let keys: Vec<String> = members.keys().cloned().collect();
    let (one, other) = (random.pick(&keys), random.pick(&keys));
    match random.below(4) {
        0 => drop(members.remove(one)),
        1 => {
            let taken = members.remove(one).unwrap_or_default();
            members.insert(other.clone(), taken);
        }
        2 => drop(members.insert(one.clone(), donor)),
        _ => drop(members.insert(one.clone(), odd(random))),
    }
}

/// Some place below a value, the deeper ones as likely as those above.
fn descend<'v>(random: &mut Random, value: &'v mut Value) -> &'v mut Value {
    let mut at = value;
    for _ in 0..random.below(9) {
        let inner = match at {
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            _ => 0,
        };
        if inner == 0 {
            break;
        }
        let index = random.below(inner);
        at = match at {
            Value::Array(items) => &mut items[index],
            Value::Object(members) => members.values_mut().nth(index).expect("counted"),
            _ => unreachable!("it holds something"),
        };
    }
    at
}
