//! Where a JSON value ends: validates text and passes over it without storing anything.

use std::fmt;

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

/// The next byte from `at` on that is no white space; `at` is moved there.
#[inline]
pub(super) fn peek(text: &[u8], at: &mut usize) -> Result<u8, GaveUp> {
    loop {
        match text.get(*at) {
            Some(b' ' | b'\n' | b'\t' | b'\r') => *at += 1,
            Some(byte) => return Ok(*byte),
            None => return Err(GaveUp),
        }
    }
}

/// Where the value that starts at `at` ends; all of it must be valid.
pub(in crate::model::wire) fn end_of_value(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
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

pub(super) fn end_of_word(text: &[u8], at: usize, word: &[u8]) -> Result<usize, GaveUp> {
    if text[at..].starts_with(word) { Ok(at + word.len()) } else { Err(GaveUp) }
}

pub(super) fn end_of_number(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
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
pub(super) fn end_of_string(text: &[u8], mut at: usize) -> Result<usize, GaveUp> {
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
pub(super) fn hex(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | (*digit as char).to_digit(16)?))
}

/// Where the plain text ends that starts at `at`: at a quote, a backslash, a control character, or with the text.
#[inline]
pub(in crate::model::wire) fn end_of_plain(text: &[u8], mut at: usize) -> usize {
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
