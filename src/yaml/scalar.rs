//! Scalars as kubectl reads them: sigs.k8s.io/yaml over go-yaml v2, `resolve.go`.

use serde_json::Number;

/// What an unquoted scalar is.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    /// Nothing, `~` or `null`.
    Null,
    /// One of the truth words of YAML 1.1.
    Bool(bool),
    /// A number; integral floats below 2^53 are integers, since JSON writes them so.
    Number(Number),
    /// `.nan`, `.inf`: numbers that JSON cannot hold, which kubectl refuses.
    NotFinite,
    /// The merge key `<<`.
    Merge,
    /// Text.
    Text,
}

/// Resolves an unquoted, untagged scalar by go-yaml v2's table: YAML 1.1 words, Go's integer prefixes with `_`
/// anywhere, plain decimal floats. Dates and base 60 stay text.
pub fn resolve(text: &str) -> Scalar {
    let Some(&first) = text.as_bytes().first() else { return Scalar::Null };
    match first {
        b'~' | b'y' | b'Y' | b'n' | b'N' | b't' | b'T' | b'f' | b'F' | b'o' | b'O' if text.len() <= 5 => word(text),
        b'<' if text == "<<" => Scalar::Merge,
        b'.' => dotted(text),
        b'0'..=b'9' | b'+' | b'-' => number(text),
        _ => Scalar::Text,
    }
}

fn word(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" => Scalar::Null,
        _ => Scalar::Text,
    }
}

fn dotted(text: &str) -> Scalar {
    match text {
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" => return Scalar::NotFinite,
        _ => {}
    }
    // Go's ParseFloat takes an underscore between digits.
    let bytes = text.as_bytes();
    let lone = |i: usize| {
        let digit = |j: Option<usize>| j.and_then(|j| bytes.get(j)).is_some_and(u8::is_ascii_digit);
        bytes[i] == b'_' && !(digit(i.checked_sub(1)) && digit(Some(i + 1)))
    };
    if (0..bytes.len()).any(lone) { Scalar::Text } else { float(&text.replace('_', "")) }
}

fn number(text: &str) -> Scalar {
    if matches!(text, "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF") {
        return Scalar::NotFinite;
    }
    let plain: std::borrow::Cow<'_, str> = if text.contains('_') { text.replace('_', "").into() } else { text.into() };
    let (negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, &plain[1..]),
        Some(b'+') => (false, &plain[1..]),
        _ => (false, &plain[..]),
    };
    if let Some(value) = magnitude(digits) {
        if negative && value <= 1 << 63 {
            return Scalar::Number(Number::from((value as i64).wrapping_neg()));
        }
        // Go's unsigned parse takes no sign.
        if !negative && (value <= i64::MAX as u64 || !plain.starts_with('+')) {
            return Scalar::Number(Number::from(value));
        }
    }
    float(&plain)
}

/// Go's `ParseUint` with base 0: `0x`, `0o`, `0b`, a leading zero for octal.
fn magnitude(digits: &str) -> Option<u64> {
    let (radix, rest) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if rest.starts_with('+') { None } else { u64::from_str_radix(rest, radix).ok() }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, read as a float.
fn float(plain: &str) -> Scalar {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = match unsigned.find(['e', 'E']) {
        Some(i) => (&unsigned[..i], Some(&unsigned[i + 1..])),
        None => (unsigned, None),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let well_formed = all_digits(whole)
        && all_digits(part)
        && !(whole.is_empty() && part.is_empty())
        && exponent.is_none_or(|e| {
            let e = e.strip_prefix(['+', '-']).unwrap_or(e);
            !e.is_empty() && all_digits(e)
        });
    match plain.parse::<f64>() {
        Ok(value) if well_formed && value.is_finite() => {
            if value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0 {
                Scalar::Number(Number::from(value as i64))
            } else {
                Number::from_f64(value).map_or(Scalar::Text, Scalar::Number)
            }
        }
        _ => Scalar::Text,
    }
}

/// Whether `text` may be written without quotes: every YAML reader, of version 1.1 or 1.2, takes it as this text.
pub fn is_plain_text(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else { return false };
    // Words, numbers, dates and base 60 of any version begin with a letter, a digit, a sign, a dot, `~`, `=` or `<`.
    let starts_well = match first {
        b'/' | b'_' | b'$' => true,
        b'-' => bytes[1..].iter().find(|b| **b != b'-').is_some_and(u8::is_ascii_alphabetic) && bytes.len() > 2,
        _ => first.is_ascii_alphanumeric(),
    };
    if !starts_well || matches!(last, b' ' | b':') || bytes.len() > 1024 {
        return false;
    }
    for (i, &b) in bytes.iter().enumerate() {
        let fine = match b {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => true,
            b'/' | b'_' | b'$' | b'.' | b'-' | b'+' | b'=' | b'@' | b'%' | b';' | b'(' | b')' | b'!' | b'~' | b'*'
            | b'<' | b'>' | b'&' | b'|' | b'^' | b'?' => true,
            b',' => first.is_ascii_alphabetic() || first == b'-',
            b' ' => bytes.get(i + 1) != Some(&b'#'),
            b':' => bytes.get(i + 1) != Some(&b' '),
            _ => false,
        };
        if !fine {
            return false;
        }
    }
    if first.is_ascii_digit() {
        // A number, date or time in some version: letters other than an exponent's make it text in all of them.
        let number_like = bytes.iter().all(|b| b.is_ascii_hexdigit() || b"xXoObB_.:+-TtZz ".contains(b));
        return !number_like && resolve(text) == Scalar::Text;
    }
    resolve(text) == Scalar::Text && !text.eq_ignore_ascii_case("nan") && !text.eq_ignore_ascii_case("inf")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unquoted_scalars_are_what_go_yaml_v2_makes_of_them() {
        let number = |n: i64| Scalar::Number(n.into());
        let float = |f: f64| Scalar::Number(Number::from_f64(f).unwrap());
        for (text, scalar) in [
            ("0640", number(416)),
            ("1_000", number(1000)),
            ("1__0", number(10)),
            ("08", number(8)),
            ("0o17", number(15)),
            ("0b11", number(3)),
            ("-0b11", number(-3)),
            ("0x_1F", number(31)),
            ("+5", number(5)),
            ("-9223372036854775808", number(i64::MIN)),
            ("18446744073709551615", Scalar::Number(u64::MAX.into())),
            ("99999999999999999999", float(1e20)),
            ("1e3", number(1000)),
            ("1.0", number(1)),
            (".5", float(0.5)),
            (".1_0", float(0.1)),
            ("1.5e30", float(1.5e30)),
            ("1e400", Scalar::Text),
            ("yes", Scalar::Bool(true)),
            ("n", Scalar::Bool(false)),
            ("Off", Scalar::Bool(false)),
            ("oN", Scalar::Text),
            ("~", Scalar::Null),
            ("", Scalar::Null),
            ("null", Scalar::Null),
            ("<<", Scalar::Merge),
            ("=", Scalar::Text),
            ("2026-01-01", Scalar::Text),
            ("12:30:45", Scalar::Text),
            ("1.2.3", Scalar::Text),
            ("100m", Scalar::Text),
            (".", Scalar::Text),
            ("-", Scalar::Text),
            ("+", Scalar::Text),
            ("0x", Scalar::Text),
            ("-.inf", Scalar::NotFinite),
            (".NaN", Scalar::NotFinite),
            ("nan", Scalar::Text),
            ("infinity", Scalar::Text),
            ("1e", Scalar::Text),
        ] {
            assert_eq!(resolve(text), scalar, "{text}");
        }
    }

    #[test]
    fn what_any_reader_could_take_for_something_else_is_quoted() {
        for text in [
            "",
            "y",
            "No",
            "on",
            "~",
            "null",
            "1",
            "1_0",
            "0x1",
            "1e3",
            "1.5",
            "2026-01-01",
            "12:30:45",
            "12:30",
            "<<",
            "=",
            ".inf",
            "NaN",
            "nan",
            "Inf",
            "- a",
            "a: b",
            "a #b",
            "a:",
            " a",
            "a ",
            "#a",
            "{a",
            "[a",
            "*a",
            "&a",
            "!a",
            "%a",
            "@a",
            "`a",
            "'a",
            "\"a",
            "a\nb",
            "a\tb",
            "ä",
            "0o17",
            "0b1",
            "2026-01-01T00:00:00Z",
            "+1",
            "?",
        ] {
            assert!(!is_plain_text(text), "{text:?}");
        }
        for text in [
            "a",
            "100m",
            "64Mi",
            "10%",
            "/var/log",
            "fluent/fluent-bit:3.1.0",
            "a b",
            "1.2.3-rc1",
            "--x",
            "-v=2",
            "a,b",
        ] {
            assert!(is_plain_text(text), "{text:?}");
        }
    }
}
