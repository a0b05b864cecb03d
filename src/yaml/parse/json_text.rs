//! JSON that YAML would not take, rewritten so that a YAML parser reads the same values.

/// JSON that YAML would not take: a character beyond the basic plane as two escapes, or a control character that only
/// JSON allows in a text. The one becomes the character, the other an escape.
pub(super) fn json_for_yaml(text: &str) -> Option<String> {
    let only_json = |c: char| matches!(c, '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}');
    let flow = text.trim_start().starts_with(['{', '[']);
    if !flow || !(text.contains("\\ud") || text.contains("\\uD") || text.contains(only_json)) {
        return None;
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_err() {
        return None;
    }
    let unit = |s: &str| u16::from_str_radix(s.strip_prefix("\\u")?.get(..4)?, 16).ok();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mut length = c.len_utf8();
        if c == '\\' {
            let pair = unit(rest).zip(rest.get(6..).and_then(unit));
            let joined = pair.and_then(|(a, b)| char::decode_utf16([a, b]).next()?.ok()).filter(|c| *c as u32 > 0xffff);
            match joined {
                Some(c) => {
                    out.push(c);
                    rest = &rest[12..];
                    continue;
                }
                // The escaped character goes along, so that `\\ud83d` stays a backslash and letters.
                None => length += rest[1..].chars().next().map_or(0, char::len_utf8),
            }
        } else if only_json(c) {
            out.push_str(&format!("\\u{:04x}", c as u32));
            rest = &rest[length..];
            continue;
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Some(out)
}
