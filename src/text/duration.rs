//! Durations as Go and kubectl read them.

use std::time::Duration;

/// Parses a duration as Go's `time.ParseDuration` does (src/time/format.go, Go 1.24): `90s`, `1h30m`, `1.5h`, `250ms`,
/// and `0` without a unit. A negative duration is none.
///
/// # Errors
/// A sentence that says what a duration looks like.
pub fn parse(text: &str) -> Result<Duration, String> {
    // Go counts nanoseconds in 64 bits.
    const MAX_SECONDS: f64 = i64::MAX as f64 / 1e9;
    const UNITS: [(&str, f64); 8] = [
        ("ms", 1e-3),
        ("us", 1e-6),
        ("\u{b5}s", 1e-6),
        ("\u{3bc}s", 1e-6),
        ("ns", 1e-9),
        ("h", 3600.0),
        ("m", 60.0),
        ("s", 1.0),
    ];
    let wrong = || format!("`{text}` is not a duration such as `90s`, `1h30m` or `0`");
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let value: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let (unit, seconds) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit)).ok_or_else(wrong)?;
        rest = &rest[unit.len()..];
        sum += value * seconds;
    }
    if sum > MAX_SECONDS {
        return Err(wrong());
    }
    Duration::try_from_secs_f64(sum).map_err(|_| wrong())
}

/// Parses a duration where `0` means without end.
///
/// # Errors
/// As [`parse`].
pub fn parse_limit(text: &str) -> Result<Option<Duration>, String> {
    parse(text).map(|duration| Some(duration).filter(|duration| !duration.is_zero()))
}

/// Parses `--request-timeout`, which takes whole seconds without a unit as well (`ParseTimeout`,
/// client-go/tools/clientcmd/overrides.go, v1.36); kubectl's other durations do not.
///
/// # Errors
/// As [`parse`].
pub fn parse_request_timeout(text: &str) -> Result<Option<Duration>, String> {
    match text.parse::<u32>() {
        Ok(seconds) => Ok(Some(Duration::from_secs(seconds.into())).filter(|duration| !duration.is_zero())),
        Err(_) => parse_limit(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_gos() {
        for (text, millis) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("30s", Some(30_000)),
            ("1m30s", Some(90_000)),
            ("1h30m", Some(5_400_000)),
            ("1.5h", Some(5_400_000)),
            (".5s", Some(500)),
            ("+1s", Some(1_000)),
            ("250ms", Some(250)),
            ("1500us", Some(1)),
            ("1500\u{b5}s", Some(1)),
            ("", None),
            ("30", None),
            ("s", None),
            (".s", None),
            ("1d", None),
            ("-1s", None),
            ("PT2M", None),
            ("2minutes", None),
            ("1m 30s", None),
            ("1..5s", None),
            ("1e400s", None),
            ("9999999999h", None),
        ] {
            assert_eq!(parse(text).ok().map(|d| d.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn a_request_timeout_may_have_no_unit() {
        for (text, seconds) in
            [("30", Some(Some(30))), ("0", Some(None)), ("0s", Some(None)), ("1m", Some(Some(60))), ("-1", None)]
        {
            let parsed = parse_request_timeout(text).ok();
            assert_eq!(parsed.map(|limit| limit.map(|d| d.as_secs())), seconds, "{text}");
        }
    }
}
