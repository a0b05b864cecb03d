//! A docker config file, as far as a cluster can use it.

use serde_json::Value as Json;

/// Credentials for registries, as a docker config file has them.
#[derive(Clone)]
pub struct PullConfig {
    /// Credentials by registry.
    pub auths: serde_json::Map<String, Json>,
}

impl PullConfig {
    /// Reads a docker config file; what stands there for credential helpers cannot be used by a cluster.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Json = serde_json::from_str(text).map_err(|_| "the file is not JSON".to_owned())?;
        let auths = config.get("auths").and_then(Json::as_object).cloned().unwrap_or_default();
        let usable = |entry: &Json| entry.get("auth").is_some() || entry.get("username").is_some();
        let auths: serde_json::Map<_, _> = auths.into_iter().filter(|(_, entry)| usable(entry)).collect();
        if auths.is_empty() {
            return Err("the file has no credentials under `auths`; a credential helper is not supported".to_owned());
        }
        Ok(PullConfig { auths })
    }
}

impl std::fmt::Debug for PullConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.auths.keys()).finish()
    }
}
