//! Saved clusters in UTF-16: Windows PowerShell writes so with `>`.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result};

/// Reads UTF-16 as UTF-8, without the byte order mark.
pub(super) struct Utf16<R> {
    reader: BufReader<R>,
    unit: fn([u8; 2]) -> u16,
    /// Text that was not given yet, and how far it was.
    text: String,
    given: usize,
    /// The first half of a character.
    half: Option<u16>,
}

impl<R: Read> Utf16<R> {
    /// A reader that stands before the byte order mark.
    pub(super) fn new(reader: R, is_little_endian: bool) -> Self {
        let unit = if is_little_endian { u16::from_le_bytes } else { u16::from_be_bytes };
        Utf16 { reader: BufReader::with_capacity(1 << 16, reader), unit, text: String::new(), given: 0, half: None }
    }

    /// Reads what follows; no text at the end.
    fn refill(&mut self) -> Result<()> {
        let broken = || Error::new(ErrorKind::InvalidData, "not UTF-16 text, although its byte order mark says so");
        self.text.clear();
        self.given = 0;
        while self.text.is_empty() {
            let mut units: Vec<u16> = self.half.take().into_iter().collect();
            let bytes = self.reader.fill_buf()?;
            let (pairs, rest) = bytes.as_chunks::<2>();
            units.extend(pairs.iter().copied().map(self.unit));
            let taken = pairs.len() * 2;
            if taken == 0 {
                if rest.is_empty() {
                    return if units.is_empty() { Ok(()) } else { Err(broken()) };
                }
                // A byte that stands alone at the end of a buffer.
                let mut pair = [rest[0], 0];
                self.reader.consume(1);
                self.reader.read_exact(&mut pair[1..]).map_err(|_| broken())?;
                units.push((self.unit)(pair));
            }
            self.reader.consume(taken);
            self.half = units.last().copied().filter(|unit| (0xd800..0xdc00).contains(unit));
            units.truncate(units.len() - usize::from(self.half.is_some()));
            for character in char::decode_utf16(units) {
                self.text.extend(Some(character.map_err(|_| broken())?).filter(|character| *character != '\u{feff}'));
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.given == self.text.len() {
            self.refill()?;
        }
        let rest = &self.text.as_bytes()[self.given..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, or three.
    struct Slow<'b>(&'b [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            let count = self.1.min(buffer.len()).min(self.0.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn bytes(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn text_is_the_same_in_whatever_pieces_it_comes() {
        let text = "{\"kind\": \"Pod\", \"ü\": \"🦀\"}";
        let packed = bytes(&format!("\u{feff}{text}"));
        for step in [1, 2, 3, 64] {
            let mut read = String::new();
            Utf16::new(Slow(&packed, step), true).read_to_string(&mut read).expect("UTF-16");
            assert_eq!(read, text, "{step} bytes at a time");
        }
    }

    #[test]
    fn half_a_character_is_an_error() {
        let packed = bytes("a🦀");
        for end in [packed.len() - 1, packed.len() - 2] {
            let mut read = String::new();
            assert!(Utf16::new(Slow(&packed[..end], 64), true).read_to_string(&mut read).is_err(), "{end} bytes");
        }
    }
}
