//! What API servers say of a request that they refuse.

/// What a refusal is about, where another step helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerRefusal {
    /// A webhook could not be called (`apiserver/pkg/admission/plugin/webhook/errors`, v1.36).
    WebhookDown,
    /// The namespace is being deleted (admission plugin NamespaceLifecycle, v1.36).
    NamespaceTerminating,
    /// A quota is exceeded (admission plugin ResourceQuota, v1.36).
    QuotaExceeded,
    /// Permissions that the user does not have would be granted (`registry/rbac/escalation_check.go`, v1.36).
    PermissionsNotHeld,
    /// The user may not create pods (`apiserver/pkg/endpoints/handlers/responsewriters/errors.go`, v1.36).
    MayNotCreatePods,
    /// A webhook has side effects, so that the server asks it in no dry run.
    NoDryRun,
}

/// What the API server says of a webhook that it could not call.
const WEBHOOK_DOWN: &str = "failed calling webhook";

impl ServerRefusal {
    /// Reads the server's message.
    pub fn of(message: &str) -> Option<Self> {
        let said = [
            ("cannot create resource \"pods\"", ServerRefusal::MayNotCreatePods),
            ("does not support dry run", ServerRefusal::NoDryRun),
            (WEBHOOK_DOWN, ServerRefusal::WebhookDown),
            ("because it is being terminated", ServerRefusal::NamespaceTerminating),
            ("exceeded quota", ServerRefusal::QuotaExceeded),
            ("is attempting to grant RBAC permissions not currently held", ServerRefusal::PermissionsNotHeld),
        ];
        said.into_iter().find(|(words, _)| message.contains(words)).map(|(_, refusal)| refusal)
    }
}

/// Whether an answer of the server, which need not be read as JSON, says that a webhook could not be called.
pub fn is_of_webhook_down(body: &[u8]) -> bool {
    contains(body, WEBHOOK_DOWN)
}

/// Whether an answer of the server says that what it was asked for is larger than one message between it and etcd
/// (`google.golang.org/grpc/rpc_util.go` v1.79, `etcd/api/v3rpc/rpctypes/error.go` v3.6).
pub fn is_of_size(body: &[u8]) -> bool {
    contains(body, "message larger than max") || contains(body, "request is too large")
}

fn contains(body: &[u8], words: &str) -> bool {
    memchr::memmem::find(body, words.as_bytes()).is_some()
}

/// Whether a refused dry run of a pod is about a ServiceAccount that is not there
/// (`plugin/pkg/admission/serviceaccount/admission.go`, v1.36).
pub fn names_service_account(message: &str, namespace: &str, name: &str) -> bool {
    message.contains(&format!("service account {namespace}/{name}"))
}

/// Returns the field manager of a conflict: `conflict with "MANAGER" with subresource "scale" using apps/v1 at TIME`.
pub fn conflicting_manager(conflict: &str) -> Option<&str> {
    Some(conflict.strip_prefix("conflict with \"")?.split_once('"')?.0)
}

/// Whether the kubelet says, in the place of a log, that the runtime has removed the container or its log since the pod's
/// status was written: it has said 200 before it looks (`GetKubeletContainerLogs`, v1.36).
pub fn is_no_log(line: &str, namespace: &str, pod: &str) -> bool {
    let names_file = || line.contains(&format!("/{namespace}_{pod}_"));
    line.starts_with("unable to retrieve container logs for ")
        || line.starts_with("failed to try resolving symlinks in path \"") && names_file()
        || line.starts_with("failed to open log file \"") && names_file()
}

/// Whether the server says that the kubelet has no log of the run before the present one
/// (`previous terminated container "c" in pod "p" not found`).
pub fn is_log_not_found(message: &str) -> bool {
    message.contains("not found")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_apart() {
        for (message, refusal) in [
            ("Internal error occurred: failed calling webhook \"a.b\": no endpoints", Some(ServerRefusal::WebhookDown)),
            (
                "unable to create new content in namespace n because it is being terminated",
                Some(ServerRefusal::NamespaceTerminating),
            ),
            (
                "daemonsets.apps \"a\" is forbidden: exceeded quota: q, requested: count=1",
                Some(ServerRefusal::QuotaExceeded),
            ),
            (
                "pods is forbidden: User \"u\" cannot create resource \"pods\" in API group \"\" in the namespace \"n\"",
                Some(ServerRefusal::MayNotCreatePods),
            ),
            ("admission webhook \"a.b\" does not support dry run", Some(ServerRefusal::NoDryRun)),
            ("pods \"a\" is forbidden: no", None),
        ] {
            assert_eq!(ServerRefusal::of(message), refusal, "{message}");
        }
        assert_eq!(conflicting_manager("conflict with \"helm\" using apps/v1"), Some("helm"));
        assert_eq!(conflicting_manager("conflict with something"), None);
        assert!(is_of_webhook_down(br#"{"message":"failed calling webhook x"}"#) && !is_of_webhook_down(b"failed"));
        let size = b"rpc error: code = ResourceExhausted desc = grpc: trying to send message larger than max (2 vs. 1)";
        assert!(is_of_size(size) && is_of_size(b"etcdserver: request is too large") && !is_of_size(b"too many"));
    }

    #[test]
    fn the_kubelets_own_words_are_no_log() {
        let missing = "failed to open log file \"/var/log/pods/n_p_uid/c/0.log\": no such file";
        assert!(is_no_log(missing, "n", "p") && !is_no_log(missing, "n", "other"));
        assert!(!is_no_log("failed to open log file \"/etc/agent.log\"", "n", "p"), "the program's own words");
        assert!(is_no_log("unable to retrieve container logs for containerd://0", "n", "p"));
    }
}
