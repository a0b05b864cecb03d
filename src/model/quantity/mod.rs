//! Amounts: exact integers in Kubernetes' quantity notation.

mod natural;
mod notation;

use std::fmt;

use crate::model::quantity::notation::{NANO, nano};

/// An amount as Kubernetes writes it (`250m`, `1.5Gi`, `1e3`), held exactly in billionths of a unit.
///
/// Grammar and rounding follow `k8s.io/apimachinery/pkg/api/resource` v1.36: what is finer than a billionth is
/// rounded away from zero; an amount above 2^63-1 units that is not written with 18 digits or fewer becomes 2^63-1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity(i128);

/// Text that is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a quantity such as `250m`, `1.5` or `64Mi`")]
pub struct QuantityError(pub String);

impl Quantity {
    /// Nothing.
    pub const ZERO: Quantity = Quantity(0);

    /// An amount of whole units.
    pub const fn units(units: i64) -> Self {
        Quantity(units as i128 * NANO)
    }

    /// An amount in thousandths of a unit.
    pub const fn milli(milli: i64) -> Self {
        Quantity(milli as i128 * 1_000_000)
    }

    /// Reads the notation. Surrounding white space is allowed, as in the API's JSON reader.
    ///
    /// # Errors
    /// The text does not follow the grammar.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        match nano(text) {
            Some(nano) => Ok(Quantity(nano)),
            None => Err(QuantityError(text.chars().take(40).collect())),
        }
    }

    /// Thousandths of a unit, rounded away from zero (Go's `MilliValue`, which cpu is compared by).
    pub fn milli_value(self) -> i64 {
        wrap(away_from_zero(self.0, 1_000_000))
    }

    /// Whole units, rounded away from zero (Go's `Value`, which everything but cpu is compared by).
    pub fn value(self) -> i64 {
        wrap(away_from_zero(self.0, NANO))
    }

    /// The amount rounded away from zero to thousandths, as the API server stores every resource.
    #[must_use]
    pub fn round_up_to_milli(self) -> Self {
        Quantity(away_from_zero(self.0, 1_000_000).saturating_mul(1_000_000))
    }

    /// Whether there is nothing of it.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Billionths of a unit.
    pub fn nano_value(self) -> i128 {
        self.0
    }

    /// How the amount is best read: binary multiples where they are exact and large, else decimal.
    pub fn display(self, binary: bool) -> String {
        if self.0 % NANO != 0 {
            return if self.0 % 1_000_000 == 0 { format!("{}m", self.0 / 1_000_000) } else { format!("{}n", self.0) };
        }
        let units = self.0 / NANO;
        if binary && units != 0 {
            for (power, suffix) in [(60, "Ei"), (50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
                if units % (1i128 << power) == 0 {
                    return format!("{}{suffix}", units >> power);
                }
            }
        }
        units.to_string()
    }
}

fn away_from_zero(value: i128, unit: i128) -> i128 {
    // Most amounts fit into a machine word, which is divided many times faster.
    if let (Ok(value), Ok(unit)) = (i64::try_from(value), i64::try_from(unit)) {
        let quotient = value / unit;
        return i128::from(if value % unit == 0 { quotient } else { quotient + value.signum() });
    }
    let quotient = value / unit;
    if value % unit == 0 { quotient } else { quotient + value.signum() }
}

/// What Go's `big.Int.Int64` gives for a number that does not fit: its low 64 bits (until 1.38 saturates).
fn wrap(value: i128) -> i64 {
    value as i64
}

impl std::ops::Add for Quantity {
    type Output = Quantity;
    fn add(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_add(other.0))
    }
}

impl std::ops::AddAssign for Quantity {
    fn add_assign(&mut self, other: Quantity) {
        *self = *self + other;
    }
}

impl std::ops::Sub for Quantity {
    type Output = Quantity;
    fn sub(self, other: Quantity) -> Quantity {
        Quantity(self.0.saturating_sub(other.0))
    }
}

impl std::ops::Mul<u64> for Quantity {
    type Output = Quantity;
    fn mul(self, times: u64) -> Quantity {
        Quantity(self.0.saturating_mul(i128::from(times)))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display(true))
    }
}

impl<'de> serde::Deserialize<'de> for Quantity {
    /// Reads a string, or a bare number as hand-written manifests have it.
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl serde::de::Visitor<'_> for Reader {
            type Value = Quantity;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a quantity such as `250m`, `1.5` or `64Mi`")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Quantity, E> {
                Quantity::parse(text).map_err(E::custom)
            }
            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Quantity, E> {
                Ok(Quantity::units(number))
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Quantity, E> {
                Ok(Quantity(i128::from(number) * NANO))
            }
            fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Quantity, E> {
                Quantity::parse(&format!("{number:e}")).map_err(E::custom)
            }
            fn visit_unit<E: serde::de::Error>(self) -> Result<Quantity, E> {
                Ok(Quantity::ZERO)
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounding_is_away_from_zero() {
        for (text, milli, value) in
            [("1", 1000, 1), ("1n", 1, 1), ("1001u", 2, 1), ("-1500m", -1500, -2), ("100.1", 100_100, 101)]
        {
            let quantity = Quantity::parse(text).expect(text);
            assert_eq!((quantity.milli_value(), quantity.value()), (milli, value), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_shown_is_read_back(nano in -1_000_000_000_000_000_000i128..1_000_000_000_000_000_000) {
            let quantity = Quantity(nano);
            prop_assert_eq!(Quantity::parse(&quantity.display(true)), Ok(quantity));
            prop_assert_eq!(Quantity::parse(&quantity.display(false)), Ok(quantity));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,40}") {
            drop(Quantity::parse(&text));
        }
    }
}
