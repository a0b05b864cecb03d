//! `null` where Go's JSON means "nothing".

use serde::Deserialize;

/// A value that may be written as `null`, which means its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Nullable<T>(pub T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Nullable(Option::deserialize(deserializer)?.unwrap_or_default()))
    }
}

impl<T> std::ops::Deref for Nullable<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}
