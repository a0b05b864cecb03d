//! What whoever takes objects says of each.

/// What became of one object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// How many bytes the object had, with the white space before it.
    pub bytes: usize,
    /// Whether it was of use.
    pub kind: TakenKind,
}

/// Whether an object was of use to whoever took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenKind {
    /// Of a kind that it reads.
    Known,
    /// Of a kind that it has no use for.
    Ignored,
    /// It says no kind, and the list (so far) tells none; nothing was recorded.
    Kindless,
}
