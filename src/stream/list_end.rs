//! How a list that arrives ends: well, or not.

/// Why a list cannot be read.
#[derive(Debug)]
pub enum ListFault {
    /// It is protobuf that API servers do not write: the list is to be asked for as JSON.
    Unusual,
    /// In a sentence.
    Wrong(String),
}

/// What a list said of itself in the end.
#[derive(Debug)]
pub struct End {
    /// Where the next page starts; nothing on the last one.
    pub continuation: Option<String>,
    /// It is a list, as opposed to a single object.
    pub is_list: bool,
}
