//! An object in the form that the server stores: without what only a server sets, `stringData` encoded.

use serde_json::{Value as Json, json};

use crate::deploy::resources::ObjectId;
use crate::error::{Error, Result};
use crate::manifest::LAST_APPLIED;

/// Drops what only a server sets, which stands in manifests that were read from one: as a wish it would be refused.
pub fn forget_the_server(object: &mut Json) {
    const METADATA: [&str; 8] = [
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
        "selfLink",
        "managedFields",
    ];
    const ANNOTATIONS: [&str; 2] = [LAST_APPLIED, "deprecated.daemonset.template.generation"];
    if let Some(object) = object.as_object_mut() {
        object.remove("status");
    }
    let Some(metadata) = object["metadata"].as_object_mut() else { return };
    METADATA.iter().for_each(|key| drop(metadata.remove(*key)));
    if let Some(annotations) = metadata.get_mut("annotations").and_then(Json::as_object_mut) {
        ANNOTATIONS.iter().for_each(|key| drop(annotations.remove(*key)));
    }
}

/// `stringData` as the server stores it.
pub(super) fn encode(secret: &mut Json, id: &ObjectId) -> Result<()> {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    let Some(Json::Object(texts)) = secret.as_object_mut().and_then(|s| s.remove("stringData")) else {
        return Ok(());
    };
    if !secret["data"].is_object() {
        secret["data"] = json!({});
    }
    for (key, value) in texts {
        let Some(text) = value.as_str() else {
            return Err(Error::new(format!("`{key}` in `stringData` of {id} must be text")));
        };
        secret["data"][key] = STANDARD.encode(text).into();
    }
    Ok(())
}
