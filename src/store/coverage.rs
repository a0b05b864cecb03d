//! How much of a kind the source shows.

use std::fmt;

/// How much of a kind is known. Absent is not empty: where nothing was looked at, nothing is concluded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Coverage {
    /// All objects of the kind are here.
    Whole,
    /// The source holds none, which may mean that nobody collected them.
    #[default]
    NotCollected,
    /// The source holds some, and fewer than something in it counts.
    Fewer {
        /// How many it holds.
        listed: usize,
    },
    /// The server refused.
    Forbidden {
        /// The verb that would be needed.
        verb: &'static str,
        /// On which resource.
        resource: &'static str,
    },
    /// It was tried and failed.
    Failed {
        /// Why.
        why: String,
    },
}

impl Coverage {
    /// Whether a name that is not here does not exist.
    pub fn is_whole(&self) -> bool {
        *self == Coverage::Whole
    }

    /// Whether somebody wanted them and did not get them: what is not here may be there.
    pub fn is_denied(&self) -> bool {
        matches!(self, Coverage::Fewer { .. } | Coverage::Forbidden { .. } | Coverage::Failed { .. })
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Coverage::Whole => f.write_str("looked at"),
            Coverage::NotCollected => f.write_str("none in the source"),
            Coverage::Fewer { listed } => write!(f, "{listed} in the source, fewer than a DaemonSet counts"),
            Coverage::Forbidden { verb, resource } => write!(f, "forbidden: needs `{verb}` on `{resource}`"),
            Coverage::Failed { why } => f.write_str(why),
        }
    }
}
