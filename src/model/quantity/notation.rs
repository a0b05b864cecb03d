//! The notation of quantities: a number, and a suffix that is a power of ten or of two.
//!
//! Grammar and bounds follow `k8s.io/apimachinery/pkg/api/resource` v1.36.

use crate::model::quantity::natural::Natural;

/// Billionths in a unit.
pub(super) const NANO: i128 = 1_000_000_000;

/// Returns the amount that a text writes, in billionths of a unit; `None` if the text does not follow the grammar.
pub(super) fn nano(text: &str) -> Option<i128> {
    if let Some(nano) = whole_units(text.as_bytes()) {
        return Some(nano);
    }
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let (negative, rest) = match text.as_bytes()[0] {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = |s: &str| s.bytes().take_while(u8::is_ascii_digit).count();
    let (whole, rest) = rest.split_at(digits(rest));
    let (fraction, suffix) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(digits(rest)),
        None => ("", rest),
    };
    let scale = Scale::parse(suffix)?;
    let whole = whole.trim_start_matches('0');
    let mut fraction = fraction.trim_end_matches('0').to_owned();
    if fraction.len() > LONGEST_FRACTION {
        // What follows is not nothing, which is all that rounding up needs to know.
        fraction.truncate(LONGEST_FRACTION);
        fraction.push('1');
    }
    let nano = if whole.len() > LONGEST_WHOLE { MAX } else { magnitude(whole, &fraction, scale) };
    Some(if negative { -nano } else { nano })
}

/// The amount as nearly all are written: a whole number of up to nine digits, and a common suffix.
fn whole_units(text: &[u8]) -> Option<i128> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, suffix) = text.split_at(digits);
    if !(1..=9).contains(&digits) {
        return None;
    }
    let unit = match suffix {
        b"" => NANO,
        b"m" => 1_000_000,
        b"Ki" => NANO << 10,
        b"Mi" => NANO << 20,
        b"Gi" => NANO << 30,
        _ => return None,
    };
    let number = number.iter().fold(0u64, |number, digit| number * 10 + u64::from(digit - b'0'));
    Some(i128::from(number) * unit)
}

/// What follows the number: a power of ten, or one of two.
#[derive(Clone, Copy)]
enum Scale {
    Ten(i32),
    Two(u32),
}

impl Scale {
    fn parse(suffix: &str) -> Option<Self> {
        Some(match suffix {
            "n" => Scale::Ten(-9),
            "u" => Scale::Ten(-6),
            "m" => Scale::Ten(-3),
            "" => Scale::Ten(0),
            "k" => Scale::Ten(3),
            "M" => Scale::Ten(6),
            "G" => Scale::Ten(9),
            "T" => Scale::Ten(12),
            "P" => Scale::Ten(15),
            "E" => Scale::Ten(18),
            "Ki" => Scale::Two(10),
            "Mi" => Scale::Two(20),
            "Gi" => Scale::Two(30),
            "Ti" => Scale::Two(40),
            "Pi" => Scale::Two(50),
            "Ei" => Scale::Two(60),
            _ => {
                let exponent = suffix.strip_prefix(['e', 'E'])?;
                let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
                if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
                    return None;
                }
                // Beyond these bounds every amount is either nothing but a rounding, or too large.
                Scale::Ten(i32::try_from(exponent.parse::<i64>().ok()?.clamp(-4_000, 4_000)).ok()?)
            }
        })
    }
}

/// Beyond so many digits before the point every scale gives the largest amount or nearly nothing.
const LONGEST_WHOLE: usize = 200;
/// So many digits after the point decide any amount; text of any length costs no more than this.
const LONGEST_FRACTION: usize = 100;

/// The largest amount, 2^63-1 units, in billionths.
const MAX: i128 = i64::MAX as i128 * NANO;

/// The amount of `whole.fraction` at `scale`, in billionths, rounded up.
fn magnitude(whole: &str, fraction: &str, scale: Scale) -> i128 {
    let digits = whole.len() + fraction.len();
    let short = digits <= 18;
    let mut number = Natural::parse(whole, fraction);
    // value = number * 10^(ten - fraction digits) * 2^two, wanted in units of 10^-9
    let (ten, two) = match scale {
        Scale::Ten(power) => (power, 0),
        Scale::Two(power) => (0, power),
    };
    if number.is_zero() {
        return 0;
    }
    let power = i64::from(ten) - fraction.len() as i64 + 9;
    if power > 60 {
        return MAX;
    }
    for _ in 0..two {
        number.multiply(2);
    }
    if power >= 0 {
        for _ in 0..power {
            number.multiply(10);
        }
    } else {
        let mut inexact = false;
        for _ in 0..-power {
            if number.is_zero() {
                break;
            }
            inexact |= number.divide_by_ten() != 0;
        }
        if inexact {
            number.increment();
        }
    }
    match number.to_i128() {
        // Amounts of few digits are kept as they are written, however large: `Value()` then wraps as Go's does.
        Some(nano) if short || nano <= MAX => nano,
        _ => MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Quantity;
    use proptest::prelude::*;

    #[test]
    fn the_whole_grammar() {
        for (text, nano) in [
            ("0", 0),
            ("1", NANO),
            ("+1", NANO),
            ("-1", -NANO),
            ("250m", NANO / 4),
            ("1.5", 3 * NANO / 2),
            (".5", NANO / 2),
            ("5.", 5 * NANO),
            ("1e3", 1000 * NANO),
            ("1E3", 1000 * NANO),
            ("1e-3", NANO / 1000),
            ("1e+2", 100 * NANO),
            ("1E", 1_000_000_000_000_000_000 * NANO),
            ("1Ki", 1024 * NANO),
            ("1.5Gi", 3 * 512 * 1024 * 1024 * NANO),
            ("100n", 100),
            ("1u", 1000),
            (" 7 ", 7 * NANO),
            ("0.0000000001", 1),
            ("-0.0000000001", -1),
            ("1n", 1),
            ("0.1n", 1),
            ("9223372036854775807", MAX),
            ("9223372036854775808", MAX),
            ("99999999999999999999999999", MAX),
            ("8Ei", 8 * (1i128 << 60) * NANO),
            ("00012", 12 * NANO),
            ("", -7),
            ("4x", -7),
            ("1 Gi", -7),
            ("1gi", -7),
            ("e3x", -7),
            ("1e", -7),
            ("1e2.5", -7),
            ("0x10", -7),
            ("--1", -7),
            ("1KiB", -7),
        ] {
            match Quantity::parse(text) {
                Ok(quantity) => assert_eq!(quantity.nano_value(), nano, "{text}"),
                Err(_) => assert_eq!(nano, -7, "{text} should be read"),
            }
        }
    }

    /// Billionths of `whole.fraction` times powers of ten and of two, rounded up, as the API bounds them.
    fn on_paper(whole: &str, fraction: &str, ten: i32, two: u32) -> i128 {
        let mut digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|digit| digit - b'0').collect();
        let add = |digits: &mut Vec<u8>, each: fn(u8) -> u8, mut carry: u8| {
            for digit in digits.iter_mut().rev() {
                let sum = each(*digit) + carry;
                (*digit, carry) = (sum % 10, sum / 10);
            }
            if carry > 0 {
                digits.insert(0, carry);
            }
        };
        (0..two).for_each(|_| add(&mut digits, |digit| 2 * digit, 0));
        let shift = i64::from(ten) + 9 - fraction.len() as i64;
        if shift >= 0 {
            digits.extend((0..shift).map(|_| 0));
        } else {
            let kept = digits.len().saturating_sub(shift.unsigned_abs() as usize);
            let dropped = digits.split_off(kept);
            if dropped.iter().any(|digit| *digit > 0) {
                add(&mut digits, |digit| digit, 1);
            }
        }
        let number =
            digits.iter().try_fold(0i128, |number, digit| number.checked_mul(10)?.checked_add((*digit).into()));
        let written = whole.trim_start_matches('0').len() + fraction.trim_end_matches('0').len();
        match number {
            Some(nano) if written <= 18 || nano <= MAX => nano,
            _ => MAX,
        }
    }

    proptest! {
        /// Against a slow exact model: a fraction of two integers, compared by cross multiplication.
        #[test]
        fn agrees_with_exact_fractions(whole in 0u64..1_000_000, fraction in "[0-9]{0,12}", suffix in 0usize..13) {
            let (name, up, down): (&str, i128, i128) = [
                ("n", 1, NANO), ("u", 1, 1_000_000), ("m", 1, 1000), ("", 1, 1), ("k", 1000, 1), ("M", 1_000_000, 1),
                ("G", NANO, 1), ("Ki", 1 << 10, 1), ("Mi", 1 << 20, 1), ("Gi", 1 << 30, 1), ("e2", 100, 1), ("e-2", 1, 100), ("E+1", 10, 1),
            ][suffix];
            let text = format!("{whole}.{fraction}{name}");
            let ten = 10i128.pow(fraction.len() as u32);
            let numerator = (i128::from(whole) * ten + fraction.parse::<i128>().unwrap_or(0)) * up;
            let denominator = ten * down;
            let nano = Quantity::parse(&text).expect("it is a quantity").nano_value();
            // nano is the smallest integer with nano / 10^9 >= numerator / denominator
            prop_assert!(nano * denominator >= numerator * NANO, "{text}");
            prop_assert!((nano - 1) * denominator < numerator * NANO, "{text}");
        }

        /// Against sums on paper: decimal digits in a row, doubled one by one, every suffix, sign and size.
        #[test]
        fn agrees_with_sums_on_paper(
            sign in "[+-]?", whole in "[0-9]{1,30}", fraction in "[0-9]{0,20}", suffix in 0usize..16, power in -40i32..40,
        ) {
            let (name, ten, two) = [
                ("n", -9, 0), ("u", -6, 0), ("m", -3, 0), ("", 0, 0), ("k", 3, 0), ("M", 6, 0), ("G", 9, 0), ("T", 12, 0),
                ("P", 15, 0), ("E", 18, 0), ("Ki", 0, 10), ("Mi", 0, 20), ("Gi", 0, 30), ("Ti", 0, 40), ("Pi", 0, 50),
                ("Ei", 0, 60),
            ][suffix];
            let power_of_ten = format!("e{power}");
            for (name, ten, two) in [(name, ten, two), (&*power_of_ten, power, 0)] {
                let text = format!("{sign}{whole}.{fraction}{name}");
                let nano = on_paper(&whole, &fraction, ten, two);
                let nano = if sign == "-" { -nano } else { nano };
                let quantity = Quantity::parse(&text).expect("it is a quantity");
                prop_assert_eq!(quantity.nano_value(), nano, "{}", text);
                let milli = (0..).map(|i| nano.signum() * (nano.abs() / 1_000_000 + i)).find(|m| (m * 1_000_000).abs() >= nano.abs());
                prop_assert_eq!(i128::from(quantity.milli_value()), milli.expect("there is one") as i64 as i128, "{}", text);
            }
        }

        /// A sign is read the long way.
        #[test]
        fn whole_numbers_are_read_alike_both_ways(whole in "[0-9]{1,10}", suffix in "(|m|Ki|Mi|Gi|k|n)") {
            let text = format!("{whole}{suffix}");
            prop_assert_eq!(Quantity::parse(&text), Quantity::parse(&format!("+{text}")));
        }
    }
}
