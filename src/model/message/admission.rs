//! Why the API server denied a pod, as its answer or the FailedCreate event says it.

/// Who denied the pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// A webhook could not be called, and its failure policy denies the pod.
    WebhookUnreachable,
    /// A webhook or a ValidatingAdmissionPolicy.
    Webhook,
    /// The API server gave up the whole request: slow or unreachable webhooks are called one after the other.
    TimedOut,
    /// The text does not say: a quota, a built-in plugin, validation.
    Other,
}

impl Denial {
    /// Reads the API server's message.
    pub fn of(text: &str) -> Self {
        if text.contains("failed calling webhook") || text.contains("failed to call webhook") {
            Denial::WebhookUnreachable
        } else if text.contains("denied the request")
            || text.contains("denied request")
            || text.contains("ValidatingAdmissionPolicy")
        {
            Denial::Webhook
        } else if is_timed_out(text) {
            Denial::TimedOut
        } else {
            Denial::Other
        }
    }
}

/// Whether a request took longer than the API server or its client waits (`WithTimeoutForNonLongRunningRequests`,
/// k8s.io/apiserver/pkg/server/filters/timeout.go v0.36). A time-out of the storage names etcd.
fn is_timed_out(text: &str) -> bool {
    const TIMED_OUT: &[&str] = &[
        "request did not complete within",
        "context deadline exceeded",
        "Client.Timeout exceeded",
        "http: Handler timeout",
        "unable to return a response in the time allotted",
    ];
    !text.contains("etcd") && TIMED_OUT.iter().any(|words| text.contains(words))
}

/// Whether the API server denied a pod because an object that the pod refers to does not exist.
pub fn names_missing_object(text: &str) -> bool {
    text.contains("not found")
}

/// Whether the API server denied a pod because a ResourceQuota is used up.
pub fn is_quota_exceeded(text: &str) -> bool {
    text.contains("exceeded quota")
}

#[cfg(test)]
mod tests {
    use crate::model::message::admission::Denial;

    #[test]
    fn the_server_says_who_denied() {
        for (text, expected) in [
            ("failed calling webhook \"w.io\": Post \"https://w\": deadline exceeded", Denial::WebhookUnreachable),
            ("admission webhook \"w.io\" denied the request: no", Denial::Webhook),
            ("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", Denial::Webhook),
            ("pods \"a\" is forbidden: exceeded quota: q", Denial::Other),
            (
                "Timeout: request did not complete within requested timeout - context deadline exceeded",
                Denial::TimedOut,
            ),
            (
                "the server was unable to return a response in the time allotted, but may still be processing",
                Denial::TimedOut,
            ),
            ("etcdserver: request timed out", Denial::Other),
            ("rpc error: etcd: context deadline exceeded", Denial::Other),
        ] {
            assert_eq!(Denial::of(text), expected, "{text}");
        }
    }
}
