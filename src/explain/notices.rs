//! What the reader of the input should know of it, in words.

use crate::store::Notice;

/// One sentence.
pub fn tell(notice: &Notice) -> String {
    match notice {
        Notice::Unreadable(object) => {
            let place = if object.namespace.is_empty() { String::new() } else { format!("{}/", object.namespace) };
            format!("{} {place}{} cannot be read: {}", object.kind, object.name, object.error)
        }
        Notice::Duplicate { kind, name } => {
            format!("{kind} {name} is there more than once; the newest resource version counts")
        }
        Notice::Ignored { count: 1 } => "1 object of a kind that the doctor does not look at".to_owned(),
        Notice::Ignored { count } => format!("{count} objects of kinds that the doctor does not look at"),
        Notice::VersionsDiffer { lowest, highest } => {
            format!("versions from {lowest} to {highest} are mixed; the rules of the server's hold")
        }
    }
}
