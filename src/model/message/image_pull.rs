//! Why an image cannot be pulled, as the runtime and the registry say it.

/// What the words of a runtime or a registry come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullFailure {
    /// The registry answers later: a time-out, too many requests, an error of the server or of the network.
    Passing,
    /// The registry has no such image, or none for this platform.
    Absent,
    /// The registry does not give the image to this account.
    Unauthorized,
    /// The text does not say.
    Other,
}

impl PullFailure {
    /// Reads the text of a container's status or of an event. What passes decides first: containerd wraps a `503` in
    /// `failed to resolve reference`, and a time-out of the authorization server names the authorization.
    pub fn of(text: &str) -> Self {
        const PASSING: &[&str] = &[
            "timeout",
            "timed out",
            "deadline exceeded",
            "toomanyrequests",
            "too many requests",
            "connection refused",
            "connection reset",
            "no such host",
            "temporary failure",
            "no route to host",
            "unexpected eof",
            "internal server error",
            "bad gateway",
            "service unavailable",
            "gateway time",
        ];
        const ABSENT: &[&str] = &[
            "not found",
            "manifest unknown",
            "name unknown",
            "no match for platform",
            "no matching manifest",
            "no image found in image index",
            "does not exist",
        ];
        const UNAUTHORIZED: &[&str] =
            &["unauthorized", "forbidden", "access denied", "authentication required", "no basic auth credentials"];
        let text = text.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
        if says(PASSING) {
            PullFailure::Passing
        } else if says(UNAUTHORIZED) {
            PullFailure::Unauthorized
        } else if says(ABSENT) {
            PullFailure::Absent
        } else {
            PullFailure::Other
        }
    }

    /// Whether the message of a `Failed` event is about a pull and says more than that it failed: the kubelet writes
    /// "Error: ErrImagePull" and "Error: ImagePullBackOff" beside it (pkg/kubelet/images/image_manager.go v1.36).
    pub fn is_told_by(message: &str) -> bool {
        message.starts_with("Failed to pull image") || message.starts_with("Failed to inspect image")
    }

    /// Whether waiting cannot fix it.
    pub fn is_lasting(self) -> bool {
        matches!(self, PullFailure::Absent | PullFailure::Unauthorized)
    }
}

/// Returns the pull secrets that the kubelet could not read: "Unable to retrieve some image pull secrets (a, b);
/// attempting to pull the image may not succeed." (`getPullSecretsForPod`, pkg/kubelet/kubelet_pods.go v1.36).
pub fn unread_secrets(message: &str) -> Vec<String> {
    let names = message.split_once("image pull secrets (").and_then(|(_, rest)| rest.split_once(')'));
    let names = names.map_or("", |(names, _)| names).split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use crate::model::message::image_pull::{PullFailure, unread_secrets};

    #[test]
    fn pull_secrets_that_are_not_there_are_named() {
        let message = "Unable to retrieve some image pull secrets (regcred, quay); attempting to pull may not succeed.";
        assert_eq!(unread_secrets(message), ["regcred", "quay"]);
        assert!(unread_secrets("Unable to retrieve").is_empty());
    }

    #[test]
    fn what_a_registry_says_is_read() {
        for (text, expected) in [
            (
                "Back-off pulling image \"r/a:9\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and \
                 unpack image \"r/a:9\": failed to resolve reference \"r/a:9\": r/a:9: not found",
                PullFailure::Absent,
            ),
            ("manifest for r/a:9 not found: manifest unknown: manifest unknown", PullFailure::Absent),
            ("no match for platform in manifest: not found", PullFailure::Absent),
            (
                "pull access denied, repository does not exist or may require authorization: server message: \
                 insufficient_scope: authorization failed",
                PullFailure::Unauthorized,
            ),
            ("failed to authorize: failed to fetch oauth token: 401 Unauthorized", PullFailure::Unauthorized),
            (
                "failed to resolve reference \"r/a:9\": unexpected status from HEAD request to \
                 https://r/v2/a/manifests/9: 503 Service Unavailable",
                PullFailure::Passing,
            ),
            ("toomanyrequests: You have reached your pull rate limit", PullFailure::Passing),
            ("dial tcp 192.0.2.1:443: i/o timeout", PullFailure::Passing),
            ("Back-off pulling image \"r/a:9\"", PullFailure::Other),
        ] {
            assert_eq!(PullFailure::of(text), expected, "{text}");
        }
    }
}
