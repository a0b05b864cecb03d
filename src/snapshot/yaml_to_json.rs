//! One YAML document as JSON text, within bounds of depth and size whatever its aliases make of it.

use crate::yaml::{Limits, Mark, Mistake, Node, Value, parse_within};

/// How deep a document may nest.
const DEEPEST: usize = 100;
/// How much JSON one document may become, so that aliases of aliases end somewhere.
const LARGEST_JSON: usize = 64 << 20;

/// Converts the one document of `text`, an empty one to `null`; says whether anything in it has an anchor.
///
/// # Errors
/// The first mistake: the text is no YAML, nests too deep, becomes too much, or has keys that JSON has not.
pub(crate) fn convert(text: &str) -> Result<(Vec<u8>, bool), Mistake> {
    let mut parsed = parse_within(text, Limits { depth: DEEPEST, ..Limits::default() });
    // Nobody wrote a saved cluster by hand: a key that stands twice says that the file is broken.
    parsed.mistakes.append(&mut parsed.repeated);
    if !parsed.mistakes.is_empty() {
        return Err(parsed.mistakes.swap_remove(0));
    }
    let Some(node) = parsed.documents.first() else { return Ok((b"null".to_vec(), parsed.has_anchors)) };
    if let Some(second) = parsed.documents.get(1) {
        return Err(mistake(second.at, "a second document without `---` before it".to_owned()));
    }
    let mut json = Vec::with_capacity(text.len());
    write(node, &mut json)?;
    Ok((json, parsed.has_anchors))
}

fn mistake(at: Mark, message: String) -> Mistake {
    Mistake { at, message, hint: None }
}

/// Writes a value. The parser bounds the depth.
fn write(node: &Node, json: &mut Vec<u8>) -> Result<(), Mistake> {
    match &node.value {
        Value::Null => json.extend_from_slice(b"null"),
        Value::Bool(truth) => json.extend_from_slice(if *truth { b"true" } else { b"false" }),
        Value::Number(number) => json.extend_from_slice(number.to_string().as_bytes()),
        Value::Text(text) => write_text(text, node.at, json)?,
        Value::List(items) => {
            json.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    json.push(b',');
                }
                write(item, json)?;
            }
            json.push(b']');
        }
        Value::Map(entries) => {
            json.push(b'{');
            for (i, entry) in entries.iter().enumerate() {
                if i > 0 {
                    json.push(b',');
                }
                write_text(&entry.key, entry.key_at, json)?;
                json.push(b':');
                write(&entry.node, json)?;
            }
            json.push(b'}');
        }
    }
    if json.len() > LARGEST_JSON {
        return Err(mistake(node.at, format!("becomes larger than {} MiB", LARGEST_JSON >> 20)));
    }
    Ok(())
}

fn write_text(text: &str, at: Mark, json: &mut Vec<u8>) -> Result<(), Mistake> {
    serde_json::to_writer(json, text).map_err(|error| mistake(at, error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        match convert(text) {
            Ok((json, _)) => String::from_utf8(json).unwrap(),
            Err(error) => format!("error: {}", error.message),
        }
    }

    #[test]
    fn values_become_the_same_values() {
        for (yaml, wanted) in [
            ("", "null"),
            ("# only words\n", "null"),
            ("a: 1\nb: [x, 'y', \"z\\n\"]\n", r#"{"a":1,"b":["x","y","z\n"]}"#),
            ("a: {}\nb: []\nc:\n", r#"{"a":{},"b":[],"c":null}"#),
            ("a: -3\nb: 1.5\nc: true\nd: ~\n", r#"{"a":-3,"b":1.5,"c":true,"d":null}"#),
            ("8080: x\ntrue: z\n", r#"{"8080":"x","true":"z"}"#),
            ("a: |\n  one\n  two\nb: >-\n  three\n  four\n", r#"{"a":"one\ntwo\n","b":"three four"}"#),
            ("a: &x [1]\nb: *x\n", r#"{"a":[1],"b":[1]}"#),
            // What is not quoted is what kubectl takes it for.
            ("a: yes\nb: 0640\nc: 1_000\n", r#"{"a":true,"b":416,"c":1000}"#),
            ("\"0640\": \"1_000\"\n", r#"{"0640":"1_000"}"#),
        ] {
            assert_eq!(json(yaml), wanted, "{yaml}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(json(&deep(100)), deep(100));
        assert!(json(&deep(102)).contains("nests deeper than 100 levels"), "{}", json(&deep(102)));
        assert!(json(&deep(100_000)).starts_with("error: "));

        let mut bomb = String::from("a: &a [xxxxxxxxxxxxxxxxxxxx]\n");
        for level in 1..12 {
            let (last, name) = ((b'a' + level - 1) as char, (b'a' + level) as char);
            let refs = vec![format!("*{last}"); 12].join(",");
            bomb += &format!("{name}: &{name} [{refs}]\n");
        }
        let told = json(&bomb);
        assert!(told.starts_with("error: "), "{} bytes came out", told.len());

        let wide = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), vec!["*a"; 1000].join(","));
        assert!(json(&wide).contains("too many values"));
    }
}
