//! `--request-timeout`, as kubectl reads it.

use std::time::Duration;

/// Reads a Go duration (`1m30s`, `250ms`, `1.5h`), or a bare number of seconds; `0` is none.
///
/// # Errors
/// A sentence that says what would be read.
pub fn parse_timeout(text: &str) -> Result<Option<Duration>, String> {
    let told = || format!("`{text}` is not a duration such as `30s`, `1m30s` or `0`");
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Some(Duration::from_secs(seconds.into())).filter(|d| !d.is_zero()));
    }
    let mut rest = text;
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(told)?;
        let value: f64 = rest[..digits].parse().map_err(|_| told())?;
        rest = &rest[digits..];
        let units = [("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("ns", 1e-9), ("h", 3600.0), ("m", 60.0), ("s", 1.0)];
        let (unit, seconds) = units.iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(told)?;
        rest = &rest[unit.len()..];
        sum += value * seconds;
    }
    if text.is_empty() {
        return Err(told());
    }
    Duration::try_from_secs_f64(sum).map(|d| Some(d).filter(|d| !d.is_zero())).map_err(|_| told())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, millis) in [
            ("0", Some(None)),
            ("0s", Some(None)),
            ("30", Some(Some(30_000))),
            ("30s", Some(Some(30_000))),
            ("1m30s", Some(Some(90_000))),
            ("1.5h", Some(Some(5_400_000))),
            ("250ms", Some(Some(250))),
            ("", None),
            ("s", None),
            ("1d", None),
            ("-1s", None),
            ("1m 30s", None),
            ("1..5s", None),
            ("1e400s", None),
        ] {
            let parsed = parse_timeout(text).ok().map(|d| d.map(|d| d.as_millis()));
            assert_eq!(parsed, millis, "{text}");
        }
    }
}
