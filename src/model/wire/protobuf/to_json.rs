//! A message as the JSON text that the API server would have written.

use crate::model::time::civil;
use crate::model::wire::json::{end_of_plain, end_of_value};
use crate::model::wire::protobuf::fields::{Fields, Unusual, Value};
use crate::model::wire::protobuf::schema::{Count, Field, Kind, Schema, schema};

/// How deep messages may be nested; those of Kubernetes are not half as deep.
const DEEPEST: u32 = 48;
/// How much text an object may become. An API server stores none above a few MiB.
const LARGEST: usize = 64 << 20;

/// How much of an object is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Detail {
    /// What a diagnosis reads of pods and nodes.
    Lean,
    /// All but who manages which field, which is most of an object.
    Unmanaged,
    /// Every field of the schema.
    Whole,
}

/// Writes objects of one kind, one after the other.
#[derive(Debug)]
pub struct ToJson {
    schema: &'static Schema,
    message: u16,
    detail: Detail,
    text: Vec<u8>,
}

impl ToJson {
    /// For objects of a kind; nothing for a kind that is not known in protobuf.
    pub fn new(kind: &str, detail: Detail) -> Option<Self> {
        let schema = schema();
        Some(ToJson { schema, message: schema.find(kind)?, detail, text: Vec::new() })
    }

    /// The text of one object.
    ///
    /// # Errors
    /// The message is not what an API server writes, or too large.
    pub fn object(&mut self, message: &[u8]) -> Result<&[u8], Unusual> {
        self.text.clear();
        self.message(message, self.message, 0)?;
        Ok(&self.text)
    }

    fn message(&mut self, bytes: &[u8], message: u16, depth: u32) -> Result<(), Unusual> {
        self.text.push(b'{');
        self.members(bytes, message, depth, &mut true)?;
        self.text.push(b'}');
        Ok(())
    }

    /// Writes the members of a message; `is_first` is cleared with the first one.
    fn members(&mut self, bytes: &[u8], message: u16, depth: u32, is_first: &mut bool) -> Result<(), Unusual> {
        if depth > DEEPEST || self.text.len() > LARGEST {
            return Err(Unusual);
        }
        let fields = &self.schema.message(message).fields;
        let mut last = 0;
        // What closes the list or the map that the last field began.
        let mut open: Option<u8> = None;
        for field in Fields::new(bytes) {
            let (number, value) = field?;
            let known = usize::try_from(number).ok().and_then(|number| fields.get(number)?.as_ref());
            let Some(field) = known else { continue };
            // Servers write fields by number, and the values of one together.
            let goes_on = number == last;
            if number < last || (goes_on && open.is_none()) {
                return Err(Unusual);
            }
            let is_passed_over = match self.detail {
                Detail::Lean => field.is_passed_over,
                Detail::Unmanaged => field.name == "managedFields",
                Detail::Whole => false,
            };
            if is_passed_over {
                continue;
            }
            if !goes_on {
                self.text.extend(open.take());
            }
            last = number;
            match field.count {
                Count::Filled if value.is_empty() => {}
                Count::One | Count::Filled => {
                    self.one(field, value, depth, is_first)?;
                }
                Count::List => {
                    self.begin(field, goes_on, b'[', is_first)?;
                    open = Some(b']');
                    self.value(field.kind, value, depth)?;
                }
                Count::Map => {
                    self.begin(field, goes_on, b'{', is_first)?;
                    open = Some(b'}');
                    self.entry(field.kind, value.bytes()?, depth)?;
                }
            }
        }
        self.text.extend(open);
        Ok(())
    }

    fn one(&mut self, field: &Field, value: Value<'_>, depth: u32, is_first: &mut bool) -> Result<(), Unusual> {
        if let Kind::Inline(message) = field.kind {
            return self.members(value.bytes()?, message, depth + 1, is_first);
        }
        // A time that is not set is left out, as servers since v1.34 do in JSON.
        if matches!(field.kind, Kind::Time | Kind::MicroTime) && value.is_empty() {
            return Ok(());
        }
        self.key(field, is_first);
        self.value(field.kind, value, depth)
    }

    /// The key of a list or a map, or the comma behind what stands in it.
    fn begin(&mut self, field: &Field, goes_on: bool, bracket: u8, is_first: &mut bool) -> Result<(), Unusual> {
        if self.text.len() > LARGEST {
            return Err(Unusual);
        }
        if goes_on {
            self.text.push(b',');
        } else {
            self.key(field, is_first);
            self.text.push(bracket);
        }
        Ok(())
    }

    fn key(&mut self, field: &Field, is_first: &mut bool) {
        if !std::mem::replace(is_first, false) {
            self.text.push(b',');
        }
        // Names of fields are letters and digits.
        self.text.push(b'"');
        self.text.extend_from_slice(field.name.as_bytes());
        self.text.extend_from_slice(b"\":");
    }

    /// An entry of a map: a message of a key and a value.
    fn entry(&mut self, kind: Kind, bytes: &[u8], depth: u32) -> Result<(), Unusual> {
        let mut fields = Fields::new(bytes);
        let (Some(Ok((1, key))), Some(Ok((2, value))), None) = (fields.next(), fields.next(), fields.next()) else {
            return Err(Unusual);
        };
        self.string(key.bytes()?);
        self.text.push(b':');
        self.value(kind, value, depth)
    }

    fn value(&mut self, kind: Kind, value: Value<'_>, depth: u32) -> Result<(), Unusual> {
        match kind {
            Kind::Text => self.string(value.bytes()?),
            // Numbers are signed, in two's complement.
            Kind::Int => self.number(value.number()? as i64),
            Kind::Bool => {
                self.text.extend_from_slice(if value.number()? == 0 { b"false" } else { b"true" });
            }
            Kind::Quantity => match Fields::new(value.bytes()?).next().transpose()? {
                Some((1, amount)) => self.string(amount.bytes()?),
                Some(_) => return Err(Unusual),
                None => self.text.extend_from_slice(b"\"0\""),
            },
            Kind::IntOrString => self.int_or_string(value.bytes()?)?,
            Kind::Time => self.time(value.bytes()?, false)?,
            Kind::MicroTime => self.time(value.bytes()?, true)?,
            Kind::Raw => self.raw(value.bytes()?)?,
            Kind::Message(message) => self.message(value.bytes()?, message, depth + 1)?,
            // In a list or a map nothing is inline.
            Kind::Inline(_) => return Err(Unusual),
        }
        Ok(())
    }

    /// `IntOrString`: its type, the number, the text.
    fn int_or_string(&mut self, bytes: &[u8]) -> Result<(), Unusual> {
        let (mut is_text, mut number, mut text) = (false, 0, &b""[..]);
        for field in Fields::new(bytes) {
            match field? {
                (1, kind) => is_text = kind.number()? == 1,
                (2, value) => number = value.number()? as i64,
                (3, value) => text = value.bytes()?,
                _ => {}
            }
        }
        if is_text {
            self.string(text)
        } else {
            self.number(number)
        }
        Ok(())
    }

    /// Seconds and nanoseconds.
    fn time(&mut self, bytes: &[u8], has_micros: bool) -> Result<(), Unusual> {
        let (mut seconds, mut nanos) = (0, 0);
        for field in Fields::new(bytes) {
            match field? {
                (1, value) => seconds = value.number()? as i64,
                (2, value) => nanos = value.number()?,
                _ => {}
            }
        }
        let (year, month, day) = civil(seconds.div_euclid(86_400)).filter(|(year, ..)| *year <= 9999).ok_or(Unusual)?;
        let second = seconds.rem_euclid(86_400) as u32;
        let mut text = *b"\"0000-00-00T00:00:00.000000";
        let parts = [(1..5, year), (6..8, month), (9..11, day), (12..14, second / 3600), (15..17, second / 60 % 60)];
        for (place, number) in
            parts.into_iter().chain([(18..20, second % 60), (21..27, (nanos / 1000 % 1_000_000) as u32)])
        {
            digits(&mut text[place], number);
        }
        self.text.extend_from_slice(if has_micros { &text[..] } else { &text[..20] });
        self.text.extend_from_slice(b"Z\"");
        Ok(())
    }

    /// JSON as it was stored; it must be whole.
    fn raw(&mut self, bytes: &[u8]) -> Result<(), Unusual> {
        let raw = match Fields::new(bytes).next().transpose()? {
            Some((1, raw)) => raw.bytes()?,
            Some(_) => return Err(Unusual),
            None => b"",
        };
        let raw = raw.trim_ascii();
        if raw.is_empty() {
            self.text.extend_from_slice(b"null");
            return Ok(());
        }
        if std::str::from_utf8(raw).is_err() || end_of_value(raw, 0) != Ok(raw.len()) {
            return Err(Unusual);
        }
        self.text.extend_from_slice(raw);
        Ok(())
    }

    fn number(&mut self, number: i64) {
        match u8::try_from(number) {
            Ok(digit @ 0..=9) => self.text.push(b'0' + digit),
            _ => self.text.extend_from_slice(number.to_string().as_bytes()),
        }
    }

    /// A text. What is no UTF-8 becomes U+FFFD, byte by byte, as Go writes it.
    fn string(&mut self, bytes: &[u8]) {
        self.text.push(b'"');
        if std::str::from_utf8(bytes).is_ok() {
            self.escape(bytes);
        } else {
            for chunk in bytes.utf8_chunks() {
                self.escape(chunk.valid().as_bytes());
                for _ in chunk.invalid() {
                    self.text.extend_from_slice("\u{fffd}".as_bytes());
                }
            }
        }
        self.text.push(b'"');
    }

    fn escape(&mut self, text: &[u8]) {
        let mut at = 0;
        loop {
            let end = end_of_plain(text, at);
            self.text.extend_from_slice(&text[at..end]);
            match text.get(end) {
                None => return,
                Some(byte @ (b'"' | b'\\')) => self.text.extend_from_slice(&[b'\\', *byte]),
                Some(b'\n') => self.text.extend_from_slice(b"\\n"),
                Some(byte) => self.text.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            }
            at = end + 1;
        }
    }
}

/// Writes a number with zeros before it. There are many times in a list, and the standard library is slow at this.
fn digits(place: &mut [u8], mut number: u32) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}
