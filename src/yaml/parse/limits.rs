//! How much a text may ask for.

/// How much a text may ask for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text.
    pub bytes: usize,
    /// Values in all documents together, those that aliases repeat included.
    pub nodes: usize,
    /// Values that aliases repeat.
    pub aliased: usize,
    /// Maps and lists within each other.
    pub depth: usize,
}

impl Default for Limits {
    /// 64 MiB, two million values, a tenth of them repeated, a hundred levels: far above any manifest, far below
    /// what hurts.
    fn default() -> Self {
        Limits { bytes: 64 << 20, nodes: 2_000_000, aliased: 200_000, depth: 100 }
    }
}
