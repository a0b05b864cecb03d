//! Quantities: what is shown is read back, and both roundings follow from the exact amount.

use kubectl_daemonset::model::Quantity;

use super::{corpus, fuzz, mutation};

#[test]
fn quantities_are_exact() {
    let seeds = corpus("quantities");
    let lines: Vec<Vec<u8>> =
        seeds.iter().flat_map(|seed| seed.split(|byte| *byte == b'\n')).map(<[u8]>::to_vec).collect();
    fuzz("quantities", &lines, mutation::bytes, |input| {
        let text = String::from_utf8_lossy(input);
        let Ok(quantity) = Quantity::parse(&text) else { return };
        let nano = quantity.nano_value();
        for shown in [quantity.display(true), quantity.display(false)] {
            let again = Quantity::parse(&shown).unwrap_or_else(|e| panic!("{shown}: {e}"));
            // An amount of few digits may be above the largest; with more digits it becomes the largest.
            if nano.unsigned_abs() <= i64::MAX as u128 * 1_000_000_000 {
                assert_eq!(again, quantity, "{text} is shown as {shown}");
            }
        }
        let away = |unit: i128| (nano / unit + if nano % unit == 0 { 0 } else { nano.signum() }) as i64;
        assert_eq!((quantity.value(), quantity.milli_value()), (away(1_000_000_000), away(1_000_000)), "{text}");
        if !text.trim().starts_with(['+', '-']) {
            assert_eq!(Quantity::parse(&format!("+{}", text.trim())), Ok(quantity), "{text}");
        }
    });
}
