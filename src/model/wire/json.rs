//! JSON read quickly, for large objects of which little is wanted.
//!
//! [`Reader`] passes over what nobody asks for faster than a general parser, and gives strings without copying them.
//! It takes what API servers write and gives up on everything else: invalid text, fractions, deep nesting. Whoever
//! is given up on asks `serde_json`, which reads every text and says what is wrong with one. What the reader takes,
//! `serde_json` takes too, with the same values; the tests hold the two together.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The text is to be read by somebody more patient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaveUp;

impl fmt::Display for GaveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not read quickly")
    }
}

impl std::error::Error for GaveUp {}

impl serde::de::Error for GaveUp {
    fn custom<T: fmt::Display>(_: T) -> Self {
        GaveUp
    }
}

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

// === passing over ===

/// The next byte from `at` on that is no white space; `at` is moved there.
#[inline]
fn peek(text: &[u8], at: &mut usize) -> Result<u8, GaveUp> {
    loop {
        match text.get(*at) {
            Some(b' ' | b'\n' | b'\t' | b'\r') => *at += 1,
            Some(byte) => return Ok(*byte),
            None => return Err(GaveUp),
        }
    }
}

/// Where the value that starts at `at` ends; all of it must be valid.
fn end_of_value(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
    // What is open, the innermost in the lowest bit: an object (1) or an array (0), above a leading one.
    let mut open: u64 = 1;
    loop {
        match peek(text, &mut at)? {
            b'"' => at = end_of_string(text, at + 1)?,
            b'{' => {
                at += 1;
                if peek(text, &mut at)? != b'}' {
                    open = deeper(open, 1)?;
                    at = end_of_key(text, at)?;
                    continue;
                }
                at += 1;
            }
            b'[' => {
                at += 1;
                if peek(text, &mut at)? != b']' {
                    open = deeper(open, 0)?;
                    continue;
                }
                at += 1;
            }
            b'-' | b'0'..=b'9' => at = end_of_number(text, at)?,
            b't' => at = end_of_word(text, at, b"true")?,
            b'f' => at = end_of_word(text, at, b"false")?,
            b'n' => at = end_of_word(text, at, b"null")?,
            _ => return Err(GaveUp),
        }
        while open != 1 {
            let next = peek(text, &mut at)?;
            at += 1;
            match (next, open & 1) {
                (b'}', 1) | (b']', 0) => open >>= 1,
                (b',', 1) => {
                    at = end_of_key(text, at)?;
                    break;
                }
                (b',', 0) => break,
                _ => return Err(GaveUp),
            }
        }
        if open == 1 {
            return Ok(at);
        }
    }
}

fn deeper(open: u64, what: u64) -> Result<u64, GaveUp> {
    if open >> 63 == 1 { Err(GaveUp) } else { Ok(open << 1 | what) }
}

/// Where the key that comes next ends, with its colon.
#[inline]
fn end_of_key(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
    if peek(text, &mut at)? != b'"' {
        return Err(GaveUp);
    }
    at = end_of_string(text, at + 1)?;
    if peek(text, &mut at)? != b':' {
        return Err(GaveUp);
    }
    Ok(at + 1)
}

fn end_of_word(text: &[u8], at: usize, word: &[u8]) -> Result<usize, GaveUp> {
    if text[at..].starts_with(word) { Ok(at + word.len()) } else { Err(GaveUp) }
}

fn end_of_number(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
    at += usize::from(text[at] == b'-');
    let whole = end_of_digits(text, at)?;
    if text[at] == b'0' && whole > at + 1 {
        return Err(GaveUp);
    }
    at = whole;
    if text.get(at) == Some(&b'.') {
        at = end_of_digits(text, at + 1)?;
    }
    if let Some(b'e' | b'E') = text.get(at) {
        at += 1;
        at += usize::from(matches!(text.get(at), Some(b'+' | b'-')));
        at = end_of_digits(text, at)?;
    }
    Ok(at)
}

/// Where digits end, of which there must be one.
fn end_of_digits(text: &[u8], at: usize) -> Result<usize, GaveUp> {
    let count = text[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    if count == 0 { Err(GaveUp) } else { Ok(at + count) }
}

// Strings are looked through eight bytes at a time, each mask with the high bit of the bytes that it is about.
const ONES: u64 = u64::from_le_bytes([1; 8]);
const HIGH: u64 = ONES << 7;
const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;

/// The bytes that are zero.
#[inline]
fn zeros(word: u64) -> u64 {
    !(((word & !HIGH) + !HIGH) | word) & HIGH
}

/// Where the string ends whose text starts at `at`, with its closing quote.
#[inline]
fn end_of_string(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
    loop {
        if let Some(eight) = text[at..].first_chunk() {
            let word = u64::from_le_bytes(*eight);
            let quotes = zeros(word ^ QUOTES);
            let backslashes = zeros(word ^ BACKSLASHES);
            let controls = zeros(word & (ONES * 0xe0));
            if quotes | backslashes | controls == 0 {
                at += 8;
                continue;
            }
            // Of escapes the quote's is the one that is met everywhere; others, and what is cut, are looked at one by one.
            let escaped = backslashes << 8;
            let closing = quotes & !escaped;
            let other = controls | (escaped & !quotes) | (backslashes & 1 << 63);
            let first = closing & closing.wrapping_neg();
            if other & first.wrapping_sub(1) == 0 {
                if closing != 0 {
                    return Ok(at + closing.trailing_zeros() as usize / 8 + 1);
                }
                at += 8;
                continue;
            }
            at += (quotes | backslashes | controls).trailing_zeros() as usize / 8;
        }
        match text.get(at) {
            Some(b'"') => return Ok(at + 1),
            Some(b'\\') => at = end_of_escape(text, at)?,
            None | Some(0..0x20) => return Err(GaveUp),
            Some(_) => at += 1,
        }
    }
}

fn end_of_escape(text: &[u8], at: usize) -> Result<usize, GaveUp> {
    match text.get(at + 1) {
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => hex(text, at + 2).map(|_| at + 6).ok_or(GaveUp),
        _ => Err(GaveUp),
    }
}

/// The number of four hexadecimal digits.
fn hex(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | (*digit as char).to_digit(16)?))
}

/// Where the plain text ends that starts at `at`: at a quote, a backslash, a control character, or with the text.
#[inline]
fn end_of_plain(text: &[u8], mut at: usize) -> usize {
    while let Some(eight) = text[at..].first_chunk() {
        let word = u64::from_le_bytes(*eight);
        let found = zeros(word ^ QUOTES) | zeros(word ^ BACKSLASHES) | zeros(word & (ONES * 0xe0));
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let plain = text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
    plain.map_or(text.len(), |plain| at + plain)
}

// === serde ===

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

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum
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
