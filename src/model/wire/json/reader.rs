//! A serde deserializer over the JSON of a Kubernetes object: reads what is asked for and passes over the rest.

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use crate::model::wire::json::skip::{
    GaveUp, end_of_number, end_of_plain, end_of_string, end_of_value, end_of_word, hex, peek,
};

/// How deep what is wanted may be nested.
const DEEPEST: u32 = 60;

/// Reads one value that a text begins with.
pub struct Reader<'de> {
    text: &'de [u8],
    at: usize,
    depth: u32,
    /// A string whose escapes were resolved.
    plain: String,
}

impl<'de> Reader<'de> {
    /// Starts at the beginning of the text.
    pub fn new(text: &'de [u8]) -> Self {
        Reader { text, at: 0, depth: 0, plain: String::new() }
    }

    /// How many bytes were taken.
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The next byte that is no white space; it is not taken.
    #[inline]
    fn peek(&mut self) -> Result<u8, GaveUp> {
        peek(self.text, &mut self.at)
    }

    #[inline]
    fn expect(&mut self, wanted: u8) -> Result<(), GaveUp> {
        if self.peek()? != wanted {
            return Err(GaveUp);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &[u8]) -> Result<(), GaveUp> {
        self.at = end_of_word(self.text, self.at, word)?;
        Ok(())
    }

    /// An integer of up to 18 digits.
    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GaveUp> {
        let start = self.at;
        self.at = end_of_number(self.text, start)?;
        let (negative, digits) = match &self.text[start..self.at] {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        if digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) || (negative && digits == b"0") {
            return Err(GaveUp);
        }
        let number = digits.iter().fold(0u64, |number, digit| number * 10 + u64::from(digit - b'0'));
        if negative { visitor.visit_i64(-(number as i64)) } else { visitor.visit_u64(number) }
    }

    /// The string whose opening quote comes next.
    #[inline]
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, GaveUp> {
        let start = self.at + 1;
        let end = end_of_plain(self.text, start);
        if self.text.get(end) == Some(&b'"') {
            self.at = end + 1;
            return visitor.visit_borrowed_str(std::str::from_utf8(&self.text[start..end]).map_err(|_| GaveUp)?);
        }
        self.at = end_of_string(self.text, start)?;
        self.resolve(start, self.at - 1)?;
        visitor.visit_str(&self.plain)
    }

    /// Resolves the escapes of a string that was found to be whole.
    fn resolve(&mut self, mut at: usize, end: usize) -> Result<(), GaveUp> {
        let text = self.text;
        self.plain.clear();
        while at < end {
            let next = end_of_plain(text, at).min(end);
            self.plain.push_str(std::str::from_utf8(&text[at..next]).map_err(|_| GaveUp)?);
            if next == end {
                break;
            }
            at = next + 2;
            self.plain.push(match text[next + 1] {
                b'b' => '\u{8}',
                b'f' => '\u{c}',
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                b'u' => {
                    at += 4;
                    // Halves of a pair are no characters.
                    hex(text, next + 2).and_then(char::from_u32).ok_or(GaveUp)?
                }
                other => other as char,
            });
        }
        Ok(())
    }

    fn enter(&mut self) -> Result<(), GaveUp> {
        self.at += 1;
        self.depth += 1;
        if self.depth > DEEPEST { Err(GaveUp) } else { Ok(()) }
    }
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = GaveUp;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        match self.peek()? {
            b'"' => self.string(visitor),
            b'{' => {
                self.enter()?;
                let mut members = Parts { reader: self, first: true, over: false };
                let value = visitor.visit_map(&mut members)?;
                members.leave(value)
            }
            b'[' => {
                self.enter()?;
                let mut elements = Parts { reader: self, first: true, over: false };
                let value = visitor.visit_seq(&mut elements)?;
                elements.leave(value)
            }
            b'-' | b'0'..=b'9' => self.integer(visitor),
            b't' => {
                self.word(b"true")?;
                visitor.visit_bool(true)
            }
            b'f' => {
                self.word(b"false")?;
                visitor.visit_bool(false)
            }
            b'n' => {
                self.word(b"null")?;
                visitor.visit_unit()
            }
            _ => Err(GaveUp),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        if self.peek()? == b'n' {
            self.word(b"null")?;
            return visitor.visit_none();
        }
        visitor.visit_some(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        self.at = end_of_value(self.text, self.at)?;
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, GaveUp> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GaveUp> {
        if self.peek()? != b'"' {
            return Err(GaveUp);
        }
        let start = self.at + 1;
        let end = end_of_plain(self.text, start);
        let name = &self.text[start..end];
        // Nearly every name of a field is plain, and is compared byte by byte.
        if self.text.get(end) == Some(&b'"') && name.is_ascii() {
            self.at = end + 1;
            return visitor.visit_borrowed_bytes(name);
        }
        self.string(visitor)
    }

    /// A list in the place of an object is none ([`Strict`](crate::model::wire::strict::Strict)).
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GaveUp> {
        if self.peek()? == b'[' { Err(GaveUp) } else { self.deserialize_any(visitor) }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map enum
    }
}

/// What stands in an object or an array.
struct Parts<'r, 'de> {
    reader: &'r mut Reader<'de>,
    first: bool,
    over: bool,
}

impl Parts<'_, '_> {
    /// Whether another part follows; behind the last one the closing bracket is taken.
    #[inline]
    fn next(&mut self, close: u8) -> Result<bool, GaveUp> {
        let found = self.reader.peek()?;
        if found == close {
            self.reader.at += 1;
            self.over = true;
            return Ok(false);
        }
        if !std::mem::take(&mut self.first) {
            self.reader.expect(b',')?;
        }
        Ok(true)
    }

    fn leave<T>(self, value: T) -> Result<T, GaveUp> {
        self.reader.depth -= 1;
        // Somebody who has not read to the end may have been surprised by what he found.
        if self.over { Ok(value) } else { Err(GaveUp) }
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = GaveUp;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, GaveUp> {
        if !self.next(b'}')? {
            return Ok(None);
        }
        if self.reader.peek()? != b'"' {
            return Err(GaveUp);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, GaveUp> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = GaveUp;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, GaveUp> {
        if !self.next(b']')? {
            return Ok(None);
        }
        seed.deserialize(&mut *self.reader).map(Some)
    }
}
