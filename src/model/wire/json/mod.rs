//! JSON read quickly, for large objects of which little is wanted.
//!
//! [`Reader`] passes over what nobody asks for faster than a general parser, and gives strings without copying them.
//! It takes what API servers write and gives up on everything else: invalid text, fractions, deep nesting. Whoever
//! is given up on asks `serde_json`, which reads every text and says what is wrong with one. What the reader takes,
//! `serde_json` takes too, with the same values; the tests hold the two together.
//!
//! * `skip`: where a value, a string or a number ends, read without storing it.
//! * `reader`: the values that somebody asks for, given to serde.

mod reader;
mod skip;

pub use crate::model::wire::json::reader::Reader;
pub use crate::model::wire::json::skip::GaveUp;
pub(super) use crate::model::wire::json::skip::{end_of_plain, end_of_value};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde::de::IgnoredAny;
    use serde_json::Value;

    use super::*;

    /// Whatever the reader takes, `serde_json` takes as well: the same value, the same number of bytes.
    fn compare(text: &[u8]) {
        // A stream of values wants something between scalars, and objects are all that is read here.
        if !matches!(text.first(), Some(b'{' | b'[')) {
            return;
        }
        let mut reader = Reader::new(text);
        if let Ok(value) = Value::deserialize(&mut reader) {
            let mut patient = serde_json::Deserializer::from_slice(text).into_iter::<Value>();
            let theirs = patient.next().map(|value| value.expect("serde_json takes it, too"));
            let shown = String::from_utf8_lossy(text);
            assert_eq!((Some(value), reader.offset()), (theirs, patient.byte_offset()), "{shown}");
        }
        if let Ok(end) = end_of_value(text, 0) {
            let mut patient = serde_json::Deserializer::from_slice(text).into_iter::<IgnoredAny>();
            let shown = String::from_utf8_lossy(text);
            assert!(patient.next().is_some_and(|value| value.is_ok()), "{shown}");
            assert_eq!(end, patient.byte_offset(), "{shown}");
        }
    }

    fn taken(text: &str) -> bool {
        compare(text.as_bytes());
        Value::deserialize(&mut Reader::new(text.as_bytes())).is_ok() && end_of_value(text.as_bytes(), 0).is_ok()
    }

    #[test]
    fn what_api_servers_write_is_taken() {
        for text in [
            r#"{"a":1,"b":[true,false,null,-17],"c":{"d":"x","e":{}},"f":[]}"#,
            "{ \"a\" :\t[ 1 , 2 ]\r\n, \"b\" : { } }",
            r#"{"k:{\"type\":\"Ready\"}":{".":{},"f:status":{}},"n":"a\\b\/\n\t\u003c日本"}"#,
            r#"["123456\"","1234567\"","12345678\"","\\\\\\\"","\"\"\"\"\"\"\"\"\"","ends in a backslash\\"]"#,
        ] {
            assert!(taken(text), "{text}");
        }
    }

    #[test]
    fn what_is_not_valid_is_not_taken() {
        for text in [
            "",
            "{",
            "[1,]",
            "[,1]",
            "[1 2]",
            "{\"a\":1,}",
            "{\"a\" 1}",
            "{a:1}",
            "{\"a\":1]",
            "[1}",
            "[01]",
            "[-]",
            "[1.]",
            "[.5]",
            "[1e]",
            "[+1]",
            "[tru]",
            "[\"a\u{1}\"]",
            "[\"1234567\u{1}\"]",
            "[\"\\x\"]",
            "[\"\\u12g4\"]",
            "[\"abcdefg\\",
            "[\"abcdefg\\\"",
        ] {
            assert!(!taken(text), "{text}");
            assert!(end_of_value(text.as_bytes(), 0).is_err(), "{text}");
        }
        compare(b"[\"\xff\"]");
        compare(b"{\"\xff\":1}");
    }

    #[test]
    fn deep_nesting_is_left_to_others() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(taken(&nested(50)));
        assert!(!taken(&nested(64)));
        assert!(!taken(&nested(100_000)));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            "[ -~\\\\\"\n\u{1}é日😀]{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z\\\\\"]{0,9}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_are_read_as_serde_json_reads_them(value in value(), pretty in any::<bool>()) {
            let value = Value::Array(vec![value]);
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
            let text = text.expect("a value is written");
            compare(text.as_bytes());
            prop_assert_eq!(end_of_value(text.as_bytes(), 0), Ok(text.len()));
        }

        #[test]
        fn damaged_text_is_never_taken_for_something_else(
            value in value(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..4),
        ) {
            let mut text = Value::Array(vec![value]).to_string().into_bytes();
            for (place, byte, how) in changes {
                let at = place.index(text.len());
                match how {
                    0 => text[at] = byte,
                    1 => text.insert(at, b"\"\\{}[],:0-.eu \n"[byte as usize % 15]),
                    _ if text.len() > 1 => drop(text.remove(at)),
                    _ => {}
                }
            }
            compare(&text);
        }
    }
}
