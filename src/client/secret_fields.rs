//! The fields of a user that kube keeps secret.

use kube::config::AuthInfo;

/// Returns such a field by its name in the kubeconfig. kube shows them to a serializer only.
pub(crate) fn secret(user: &AuthInfo, field: &str) -> Option<String> {
    let written = serde_json::to_value(user).unwrap_or_default();
    written[field].as_str().map(str::to_owned)
}
