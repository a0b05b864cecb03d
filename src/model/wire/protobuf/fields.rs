//! The wire format of protobuf (<https://protobuf.dev/programming-guides/encoding/>): fields by number, without their
//! meaning.

/// The bytes are not what an API server writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unusual;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// A number or a truth value.
    Number(u64),
    /// A text, a message, or bytes.
    Bytes(&'a [u8]),
    /// A fixed number, which no field that is read is.
    Fixed,
}

impl<'a> Value<'a> {
    /// Whether it is what the field has where nothing is set.
    pub fn is_empty(&self) -> bool {
        matches!(self, Value::Number(0) | Value::Bytes([]))
    }

    /// The bytes of a text or a message.
    ///
    /// # Errors
    /// It is a number.
    pub fn bytes(self) -> Result<&'a [u8], Unusual> {
        if let Value::Bytes(bytes) = self { Ok(bytes) } else { Err(Unusual) }
    }

    /// The number.
    ///
    /// # Errors
    /// It is none.
    pub fn number(self) -> Result<u64, Unusual> {
        if let Value::Number(number) = self { Ok(number) } else { Err(Unusual) }
    }
}

/// The fields of a message, in the order in which they stand there.
#[derive(Debug, Clone)]
pub struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    /// Those of these bytes.
    pub fn new(message: &'a [u8]) -> Self {
        Fields { rest: message }
    }

    /// What follows the field that was read last.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn field(&mut self) -> Result<(u32, Value<'a>), Unusual> {
        let tag = varint(&mut self.rest)?;
        let number = u32::try_from(tag >> 3).ok().filter(|number| *number > 0).ok_or(Unusual)?;
        let value = match tag & 7 {
            0 => Value::Number(varint(&mut self.rest)?),
            2 => {
                let length = usize::try_from(varint(&mut self.rest)?).map_err(|_| Unusual)?;
                Value::Bytes(self.take(length)?)
            }
            1 => self.take(8).map(|_| Value::Fixed)?,
            5 => self.take(4).map(|_| Value::Fixed)?,
            _ => return Err(Unusual),
        };
        Ok((number, value))
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Unusual> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Unusual)?;
        self.rest = rest;
        Ok(taken)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u32, Value<'a>), Unusual>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() { None } else { Some(self.field()) }
    }
}

/// Takes a number of at most ten bytes.
///
/// # Errors
/// It is longer, or the bytes end before.
#[inline]
pub fn varint(rest: &mut &[u8]) -> Result<u64, Unusual> {
    let bytes = *rest;
    if let [byte @ 0..0x80, after @ ..] = bytes {
        *rest = after;
        return Ok(u64::from(*byte));
    }
    let mut number = 0;
    for (place, byte) in bytes.iter().enumerate().take(10) {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if *byte < 0x80 {
            *rest = &bytes[place + 1..];
            return Ok(number);
        }
    }
    Err(Unusual)
}
