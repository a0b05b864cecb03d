//! Text that is not UTF-8: Windows PowerShell writes UTF-16 with `>`.

/// Returns the text of a file in UTF-16, or why the file cannot be read; `None` if the file is not in UTF-16. kubectl reads
/// UTF-16 if a byte order mark says so (its YAML parser does), and not without the mark.
pub fn utf_16(bytes: &[u8]) -> Option<Result<String, &'static str>> {
    let (read, bytes): (fn([u8; 2]) -> u16, _) = match bytes {
        [0xff, 0xfe, rest @ ..] => (u16::from_le_bytes, rest),
        [0xfe, 0xff, rest @ ..] => (u16::from_be_bytes, rest),
        [first, 0, ..] if *first != 0 => return Some(Err("UTF-16 text without a byte order mark")),
        [0, second, ..] if *second != 0 => return Some(Err("UTF-16 text without a byte order mark")),
        _ => return None,
    };
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return Some(Err("UTF-16 text that breaks off within a character"));
    }
    let text: Result<String, _> = char::decode_utf16(pairs.iter().copied().map(read)).collect();
    Some(text.map_err(|_| "not UTF-16 text, although its byte order mark says so"))
}

#[cfg(test)]
mod tests {
    use super::utf_16;

    #[test]
    fn a_mark_says_the_byte_order() {
        assert_eq!(utf_16(b"\xff\xfea\0:\0"), Some(Ok("a:".to_owned())));
        assert_eq!(utf_16(b"\xfe\xff\0a\0:"), Some(Ok("a:".to_owned())));
        assert_eq!(utf_16(b"kind: Pod"), None);
        assert_eq!(utf_16(b""), None);
        for broken in [&b"k\0i\0"[..], b"\xff\xfea", b"\xff\xfe\0\xd8"] {
            assert!(matches!(utf_16(broken), Some(Err(_))), "{broken:?}");
        }
    }
}
