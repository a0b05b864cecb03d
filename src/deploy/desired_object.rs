//! One object as it should be in the cluster.

use std::fmt;

use serde_json::Value as Json;

use crate::deploy::resources::ObjectId;

/// One object that is wanted.
#[derive(Clone, PartialEq)]
pub struct DesiredObject {
    /// Which.
    pub id: ObjectId,
    /// The object as it is applied.
    pub object: Json,
    /// Whether it holds values that are never shown.
    pub secret: bool,
    /// Whether it was made of a spec.
    pub rendered: bool,
}

impl DesiredObject {
    /// The values that are never shown, as texts and as they stand in the object.
    pub fn secrets(&self) -> Vec<String> {
        use base64::Engine;
        use base64::engine::general_purpose::STANDARD;
        let data = self.object["data"].as_object().filter(|_| self.secret);
        let stored = data.into_iter().flatten().filter_map(|(_, value)| value.as_str());
        stored
            .flat_map(|value| {
                let text = STANDARD.decode(value).ok().and_then(|bytes| String::from_utf8(bytes).ok());
                text.into_iter().chain([value.to_owned()])
            })
            .filter(|text| !text.is_empty())
            .collect()
    }
}

impl fmt::Debug for DesiredObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DesiredObject({})", self.id)
    }
}
