//! One YAML document as JSON text, within bounds of depth and size whatever its aliases make of it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// How deep a document may nest.
const DEEPEST: usize = 100;
/// How much JSON one document may become, so that aliases of aliases end somewhere.
const LARGEST_JSON: usize = 64 << 20;

/// Converts the one document of `text`; an empty one is `null`.
///
/// # Errors
/// The text is no YAML, nests too deep, becomes too much, or has keys that JSON has not.
pub(super) fn convert(text: &str) -> Result<Vec<u8>, serde_yaml::Error> {
    let mut json = Vec::with_capacity(text.len());
    if text.trim().is_empty() {
        return Ok(b"null".to_vec());
    }
    Writer { json: &mut json, depth: 0 }.deserialize(serde_yaml::Deserializer::from_str(text))?;
    Ok(json)
}

/// Writes whatever value it meets.
struct Writer<'j> {
    json: &'j mut Vec<u8>,
    depth: usize,
}

impl Writer<'_> {
    /// A writer for what is inside.
    fn inner<E: serde::de::Error>(&mut self) -> Result<Writer<'_>, E> {
        if self.depth == DEEPEST {
            return Err(E::custom(format!("nests deeper than {DEEPEST} levels")));
        }
        Ok(Writer { depth: self.depth + 1, json: self.json })
    }

    fn write<E: serde::de::Error>(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), E> {
        serde_json::to_writer(&mut *self.json, value).map_err(E::custom)?;
        self.bounded()
    }

    fn punctuation<E: serde::de::Error>(&mut self, byte: u8) -> Result<(), E> {
        self.json.push(byte);
        self.bounded()
    }

    fn bounded<E: serde::de::Error>(&self) -> Result<(), E> {
        if self.json.len() > LARGEST_JSON {
            return Err(E::custom(format!("becomes larger than {} MiB", LARGEST_JSON >> 20)));
        }
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Writer<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Writer<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that JSON knows")
    }

    fn visit_unit<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.write(&())
    }

    /// A document of nothing but comments.
    fn visit_none<E: serde::de::Error>(mut self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_bool<E: serde::de::Error>(mut self, value: bool) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_i64<E: serde::de::Error>(mut self, value: i64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_u64<E: serde::de::Error>(mut self, value: u64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_f64<E: serde::de::Error>(mut self, value: f64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_str<E: serde::de::Error>(mut self, value: &str) -> Result<(), E> {
        self.write(value)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        self.punctuation(b'[')?;
        let mut first = true;
        loop {
            let length = self.json.len();
            if !first {
                self.punctuation(b',')?;
            }
            if seq.next_element_seed(self.inner()?)?.is_none() {
                self.json.truncate(length);
                return self.punctuation(b']');
            }
            first = false;
        }
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.punctuation(b'{')?;
        let mut first = true;
        loop {
            let length = self.json.len();
            if !first {
                self.punctuation(b',')?;
            }
            if map.next_key_seed(Key(self.inner()?))?.is_none() {
                self.json.truncate(length);
                return self.punctuation(b'}');
            }
            self.punctuation(b':')?;
            map.next_value_seed(self.inner()?)?;
            first = false;
        }
    }

    fn visit_enum<A: serde::de::EnumAccess<'de>>(self, _: A) -> Result<(), A::Error> {
        Err(A::Error::custom("a tag of its own (`!...`)"))
    }
}

/// Writes a key: JSON's are strings, so numbers and truths become what they say.
struct Key<'j>(Writer<'j>);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a string")
    }

    fn visit_str<E: serde::de::Error>(mut self, value: &str) -> Result<(), E> {
        self.0.write(value)
    }

    fn visit_bool<E: serde::de::Error>(mut self, value: bool) -> Result<(), E> {
        self.0.write(&value.to_string())
    }

    fn visit_i64<E: serde::de::Error>(mut self, value: i64) -> Result<(), E> {
        self.0.write(&value.to_string())
    }

    fn visit_u64<E: serde::de::Error>(mut self, value: u64) -> Result<(), E> {
        self.0.write(&value.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        match convert(text) {
            Ok(json) => String::from_utf8(json).unwrap(),
            Err(error) => format!("error: {error}"),
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
            ("8080: x\ntrue: y\n", r#"{"8080":"x","true":"y"}"#),
            ("a: |\n  one\n  two\nb: >-\n  three\n  four\n", r#"{"a":"one\ntwo\n","b":"three four"}"#),
            ("a: &x [1]\nb: *x\n", r#"{"a":[1],"b":[1]}"#),
            ("\"0640\": \"1_000\"\n", r#"{"0640":"1_000"}"#),
        ] {
            assert_eq!(json(yaml), wanted, "{yaml}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
        assert_eq!(json(&deep(100)), deep(100));
        assert!(json(&deep(101)).contains("nests deeper than 100 levels"), "{}", json(&deep(101)));
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
        assert!(json(&wide).contains("becomes larger than 64 MiB"));
    }
}
