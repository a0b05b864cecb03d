//! Why a text is not changed.

/// Why a text was not changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The text is no single YAML stream that was read without a mistake, or no value begins at the place.
    NotThere,
    /// The change cannot be written without changing something else: an alias or a merge key repeats what is changed, or
    /// its layout is too unusual.
    Entangled,
}
