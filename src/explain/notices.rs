//! Words what the reader should know of the input.

use crate::findings::admission_probe::ProbeNotice;
use crate::store::Notice;

/// Words one notice.
pub fn tell(notice: &Notice) -> String {
    match notice {
        Notice::Unreadable(object) => {
            let place = if object.namespace.is_empty() { String::new() } else { format!("{}/", object.namespace) };
            format!("cannot read {} {place}{}: {}", object.kind, object.name, object.error)
        }
        Notice::Duplicate { kind, name } => {
            format!("{kind} {name} appears more than once; the newest resourceVersion is used")
        }
        Notice::Ignored { count: 1 } => "1 object ignored: the doctor does not use its kind".to_owned(),
        Notice::Ignored { count } => format!("{count} objects ignored: the doctor does not use their kinds"),
        Notice::VersionsDiffer { lowest, highest } => {
            format!("versions from {lowest} to {highest} are mixed; the rules of the server version are used")
        }
    }
}

/// Words what the reader should know of the answer to a dry run.
pub fn of_probe(notice: &ProbeNotice) -> String {
    match notice {
        ProbeNotice::Rejected(message) => format!("the API server rejected a dry-run pod: {message}"),
        ProbeNotice::AcceptedAgainstRules => {
            "the API server accepts a dry-run pod, although the rules predict a rejection".to_owned()
        }
    }
}
