//! What a field of a DaemonSet holds.

/// What a field holds, taken apart from the server's description.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A list of these.
    List(&'a str),
    /// A map of the author's keys to these.
    Map(&'a str),
    /// A type with fields of its own.
    Object(&'a str),
    /// One value: `string`, `int32`, `Quantity`.
    Scalar(&'a str),
}

impl<'a> Kind<'a> {
    /// Reads `[]EnvVar`, `map:scalar:string`, `PodSpec`, `scalar:bool`.
    pub fn of(description: &'a str) -> Self {
        if let Some(item) = description.strip_prefix("[]") {
            Self::List(item)
        } else if let Some(item) = description.strip_prefix("map:") {
            Self::Map(item)
        } else if let Some(name) = description.strip_prefix("scalar:") {
            Self::Scalar(name)
        } else {
            Self::Object(description)
        }
    }
}
