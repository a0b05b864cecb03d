//! Kubernetes quantities, as far as a file can be checked for them.

/// A quantity in billionths, rounded up, saturating; `None` where the text is no quantity.
///
/// The grammar is apimachinery's: a signed decimal with one of the suffixes `n u m k M G T P E`, `Ki` to `Ei`, or an
/// exponent.
pub fn parse(text: &str) -> Option<i128> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let end = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.len() + part.len() == 0 || part.contains('.') {
        return None;
    }
    let (power_of_ten, power_of_two) = scale(suffix)?;
    let digits = format!("{whole}{part}");
    let mut value: i128 = match digits.trim_start_matches('0') {
        "" => 0,
        d if d.len() > 36 => i128::MAX,
        d => d.parse().ok()?,
    };
    let shift = i64::from(power_of_ten) + 9 - part.len() as i64;
    value = value.saturating_mul(1i128 << power_of_two);
    for _ in 0..shift.clamp(0, 60) {
        value = value.saturating_mul(10);
    }
    let mut inexact = false;
    for _ in 0..(-shift).clamp(0, 60) {
        inexact |= value % 10 != 0;
        value /= 10;
    }
    value = value.saturating_add(i128::from(inexact));
    Some(if negative { -value } else { value })
}

fn scale(suffix: &str) -> Option<(i32, u32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (-9, 0),
        "u" => (-6, 0),
        "m" => (-3, 0),
        "k" => (3, 0),
        "M" => (6, 0),
        "G" => (9, 0),
        "T" => (12, 0),
        "P" => (15, 0),
        "E" => (18, 0),
        "Ki" => (0, 10),
        "Mi" => (0, 20),
        "Gi" => (0, 30),
        "Ti" => (0, 40),
        "Pi" => (0, 50),
        "Ei" => (0, 60),
        exponent => {
            let digits = exponent.strip_prefix(['e', 'E'])?;
            let value: i32 = digits.parse().ok()?;
            (value.clamp(-60, 60), 0)
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::manifest::quantity::parse;

    #[test]
    fn quantities_are_read_exactly() {
        for (text, nanos) in [
            ("1", 1_000_000_000),
            ("100m", 100_000_000),
            ("64Mi", 67_108_864_000_000_000),
            ("0.5", 500_000_000),
            (".5Ki", 512_000_000_000),
            ("1e3", 1_000_000_000_000),
            ("1E3", 1_000_000_000_000),
            ("1E", 1_000_000_000_000_000_000_000_000_000),
            ("-1", -1_000_000_000),
            ("+1k", 1_000_000_000_000),
            ("0.1n", 1),
            ("1.", 1_000_000_000),
        ] {
            assert_eq!(parse(text), Some(nanos), "{text}");
        }
        for text in ["", "4x", "Mi", "1 Mi", "1.2.3", "0x10", "1mi", "--1", "1e", "e3", ".", "1_000"] {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse("99999999999999999999999999999999999999999999"), Some(i128::MAX));
    }
}
