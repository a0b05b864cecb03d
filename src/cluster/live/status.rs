//! What an API server says when it refuses.

use serde::Deserialize;

/// A `v1` `Status`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::cluster) struct Status {
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
    pub(in crate::cluster) fn of(body: &[u8]) -> Status {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// Where a list that expired can go on, from a newer state of the cluster.
    pub(in crate::cluster) fn continuation(self) -> Option<String> {
        self.metadata.continuation.filter(|token| !token.is_empty())
    }

    /// The sentence, bounded, or the bare code.
    pub(in crate::cluster) fn sentence(&self, code: u16) -> String {
        const LONGEST: usize = 500;
        match self.message.as_deref().filter(|message| !message.is_empty()) {
            Some(message) => message.chars().take(LONGEST).collect(),
            None => format!("the server answered with HTTP status {code}"),
        }
    }
}
