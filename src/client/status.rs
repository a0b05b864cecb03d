//! What an API server says when it refuses.

use serde::Deserialize;

/// A `v1` `Status`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Status {
    /// `Status`, where it is one.
    kind: Option<String>,
    /// One word, such as `Expired`.
    pub reason: Option<String>,
    /// A sentence.
    pub message: Option<String>,
    metadata: ListMeta,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ListMeta {
    #[serde(rename = "continue")]
    continuation: Option<String>,
}

impl Status {
    /// Reads the body of an answer; what is no `Status` says nothing.
    pub(crate) fn of(body: &[u8]) -> Status {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Whether an answer with code 404 is an API server's word that it has no such path or object. Others say 404 too:
    /// a proxy, a login page, a balancer without a server behind it; what they do not know is not for that empty.
    pub(crate) fn is_absence(body: &[u8]) -> bool {
        let status = Status::of(body);
        // What a server says where it does not serve the group at all.
        body.trim_ascii() == b"404 page not found" || status.kind.as_deref() == Some("Status")
    }

    /// Where a list that expired can go on, from a newer state of the cluster.
    pub(crate) fn continuation(self) -> Option<String> {
        self.metadata.continuation.filter(|token| !token.is_empty())
    }

    /// The sentence, bounded, or the bare code.
    pub(crate) fn sentence(&self, code: u16) -> String {
        const LONGEST: usize = 500;
        match self.message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => message.chars().take(LONGEST).collect(),
            None => format!("the server answered HTTP status {code}"),
        }
    }
}
