//! What is wrong with a text, and what to do about it.

use crate::yaml::Mark;

/// Something that YAML, or kubectl's reading of it, does not allow.
#[derive(Debug, Clone, PartialEq)]
pub struct Mistake {
    /// Where.
    pub at: Mark,
    /// A fragment without a final period.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// The library's sentence as a fragment, and what usually causes it.
pub(super) fn syntax_error(error: &granit_parser::ScanError) -> (String, Option<String>) {
    use granit_parser::ErrorKind;
    let hint = match error.kind() {
        ErrorKind::TabNotAllowed | ErrorKind::TabInBlockIndentation => "indent with spaces",
        ErrorKind::InvalidIndentation | ErrorKind::ExpectedBlockMappingKey => {
            "look at the indentation of this line and the one before"
        }
        _ => return (format!("not YAML: {}", error.info()), None),
    };
    (format!("not YAML: {}", error.info()), Some(hint.to_owned()))
}
