//! Why the API server denied a pod, as its answer or the FailedCreate event says it.

use serde_json::Value;

use crate::model::message::policy_engine::{self, PolicyViolation};

/// Who denied the pod, and what for, as far as the text says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Denial {
    /// A webhook could not be called, and its failure policy denies the pod.
    WebhookUnreachable,
    /// A webhook or a ValidatingAdmissionPolicy.
    Webhook,
    /// The webhook of a policy engine, and each policy that the pod violates.
    Policies {
        /// The webhook.
        webhook: String,
        /// The policies.
        violations: Vec<PolicyViolation>,
    },
    /// Warden, the webhook of GKE Autopilot: each constraint that the pod violates.
    Warden(Vec<WardenViolation>),
    /// Pod Security.
    PodSecurity(PodSecurityDenial),
    /// OpenShift: no SecurityContextConstraints that the ServiceAccount may use admits the pod. What those that it may use
    /// object to, each once.
    SecurityContextConstraints(Vec<SccObjection>),
    /// The server admits the PriorityClass only in namespaces with a ResourceQuota for it (`limitedResources` of the
    /// ResourceQuota plugin), and the namespace has none.
    QuotaForClassMissing,
    /// PodNodeSelector: the pod's nodeSelector contradicts the one of its namespace, or the namespace does not allow it.
    NamespaceNodeSelector,
    /// PodSecurityPolicy, which servers before v1.25 have.
    PodSecurityPolicy,
    /// The API server gave up the whole request: slow or unreachable webhooks are called one after the other.
    TimedOut,
    /// The text does not say: a quota, a built-in plugin, validation.
    Other,
}

/// A constraint of GKE Warden with its sentences.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WardenViolation {
    /// The constraint's name, such as `autogke-disallow-hostnamespaces`.
    pub constraint: String,
    /// What violates it.
    pub messages: Vec<String>,
}

/// What Pod Security said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PodSecurityDenial {
    /// The level that is enforced.
    pub level: PodSecurityLevel,
    /// The version of the checks: `latest` or `v1.N`.
    pub version: String,
    /// The checks that fail, in the server's words.
    pub checks: String,
}

impl PodSecurityDenial {
    /// The names of the checks, without what each of them found: `unrestricted capabilities`.
    pub fn names(&self) -> Vec<&str> {
        let mut depth = 0_u32;
        let parts = self.checks.split(|c: char| {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            c == ',' && depth == 0
        });
        let names = parts.map(|part| part.split_once(" (").map_or(part, |(name, _)| name).trim());
        names.filter(|name| !name.is_empty()).collect()
    }
}

/// A level of Pod Security that denies pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PodSecurityLevel {
    /// No access to the node.
    Baseline,
    /// Hardened.
    Restricted,
}

impl PodSecurityLevel {
    /// Reads the level's name; `None` for `privileged`, which forbids nothing, and for names that are not known.
    pub fn of(name: &str) -> Option<Self> {
        [PodSecurityLevel::Baseline, PodSecurityLevel::Restricted].into_iter().find(|level| level.as_str() == name)
    }

    /// The level's name.
    pub fn as_str(self) -> &'static str {
        match self {
            PodSecurityLevel::Baseline => "baseline",
            PodSecurityLevel::Restricted => "restricted",
        }
    }
}

/// A field of the pod that SecurityContextConstraints do not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the variants are fields of a pod")]
pub enum SccObjection {
    HostNetwork,
    HostPid,
    HostIpc,
    HostPorts,
    Privileged,
    HostPath,
    VolumeType,
    Capabilities,
    RunAsUser,
    SeLinux,
    Seccomp,
    FsGroup,
    SupplementalGroups,
    PrivilegeEscalation,
    ReadOnlyRoot,
    Sysctls,
    UserNamespace,
}

impl SccObjection {
    /// What a text of OpenShift's admission plugin names it by
    /// (openshift/apiserver-library-go `pkg/securitycontextconstraints/sccmatching/{provider,checks}.go`,
    /// `user/mustrunasrange.go`, `capabilities/mustrunas.go`, `seccomp/strategy.go`, `sysctl/mustmatchpatterns.go`).
    const PHRASES: [(&'static str, SccObjection); 18] = [
        ("Allowing privilege escalation for containers is not allowed", SccObjection::PrivilegeEscalation),
        ("ReadOnlyRootFilesystem", SccObjection::ReadOnlyRoot),
        ("sysctl", SccObjection::Sysctls),
        ("supplementalGroups", SccObjection::SupplementalGroups),
        ("hostUsers", SccObjection::UserNamespace),
        ("Host network is not allowed", SccObjection::HostNetwork),
        ("Host PID is not allowed", SccObjection::HostPid),
        ("Host IPC is not allowed", SccObjection::HostIpc),
        ("Host ports are not allowed", SccObjection::HostPorts),
        ("Privileged containers are not allowed", SccObjection::Privileged),
        ("hostPath volumes are not allowed", SccObjection::HostPath),
        ("volumes are not allowed", SccObjection::VolumeType),
        ("capability may not be added", SccObjection::Capabilities),
        ("must be in the ranges", SccObjection::RunAsUser),
        ("runAsUser", SccObjection::RunAsUser),
        ("seLinuxOptions", SccObjection::SeLinux),
        ("seccomp", SccObjection::Seccomp),
        ("fsGroup", SccObjection::FsGroup),
    ];

    /// What the pod asks for, in the API's words.
    pub fn as_str(self) -> &'static str {
        match self {
            SccObjection::HostNetwork => "hostNetwork",
            SccObjection::HostPid => "hostPID",
            SccObjection::HostIpc => "hostIPC",
            SccObjection::HostPorts => "host ports",
            SccObjection::Privileged => "privileged",
            SccObjection::HostPath => "hostPath volumes",
            SccObjection::VolumeType => "volume types",
            SccObjection::Capabilities => "added capabilities",
            SccObjection::RunAsUser => "runAsUser",
            SccObjection::SeLinux => "seLinuxOptions",
            SccObjection::Seccomp => "seccompProfile",
            SccObjection::FsGroup => "fsGroup",
            SccObjection::SupplementalGroups => "supplementalGroups",
            SccObjection::PrivilegeEscalation => "allowPrivilegeEscalation",
            SccObjection::ReadOnlyRoot => "readOnlyRootFilesystem",
            SccObjection::Sysctls => "sysctls",
            SccObjection::UserNamespace => "hostUsers",
        }
    }
}

impl Denial {
    /// Reads the API server's message.
    pub fn of(text: &str) -> Self {
        if text.contains("failed calling webhook") || text.contains("failed to call webhook") {
            Denial::WebhookUnreachable
        } else if text.contains("GKE Warden rejected the request") {
            Denial::Warden(warden_violations(text))
        } else if let Some((webhook, violations)) = policy_engine::violations(text) {
            Denial::Policies { webhook, violations }
        } else if text.contains("denied the request")
            || text.contains("denied request")
            || text.contains("ValidatingAdmissionPolicy")
        {
            Denial::Webhook
        } else if let Some(denial) = pod_security(text) {
            Denial::PodSecurity(denial)
        } else if text.contains("unable to validate against any security context constraint") {
            Denial::SecurityContextConstraints(scc_objections(text))
        } else if text.contains("insufficient quota to match these scopes") && text.contains("PriorityClass") {
            Denial::QuotaForClassMissing
        } else if text.contains("pod node label selector conflicts with its namespace node label selector")
            || text.contains("pod node label selector labels conflict with its namespace whitelist")
        {
            Denial::NamespaceNodeSelector
        } else if text.contains("no providers available to validate pod request")
            || text.contains("unable to validate against any pod security policy")
            || text.contains("PodSecurityPolicy: unable to admit pod")
        {
            Denial::PodSecurityPolicy
        } else if is_timed_out(text) {
            Denial::TimedOut
        } else {
            Denial::Other
        }
    }
}

/// Who in the API server denied a pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenyingPlugin {
    /// `NamespaceLifecycle`.
    Namespace,
    /// `ServiceAccount`.
    ServiceAccount,
    /// `Priority`.
    Priority,
    /// `RuntimeClass`.
    RuntimeClass,
    /// `LimitRanger`.
    LimitRanger,
    /// `PodSecurity`.
    PodSecurity,
    /// `SecurityContextConstraint` of OpenShift.
    SecurityContextConstraints,
    /// A webhook or a policy, also one that cannot be called.
    Hook,
    /// `ResourceQuota`.
    ResourceQuota,
    /// Validation of the pod.
    Validation,
    /// Another one, or the text does not say.
    Other,
}

impl DenyingPlugin {
    /// Reads the API server's message (plugin/pkg/admission and k8s.io/apiserver/pkg/admission/plugin v1.36).
    pub fn of(text: &str) -> Self {
        const WORDS: &[(&str, DenyingPlugin)] = &[
            ("failed calling webhook", DenyingPlugin::Hook),
            ("failed to call webhook", DenyingPlugin::Hook),
            ("denied the request", DenyingPlugin::Hook),
            ("denied request", DenyingPlugin::Hook),
            ("being terminated", DenyingPlugin::Namespace),
            ("namespaces \"", DenyingPlugin::Namespace),
            ("error looking up service account", DenyingPlugin::ServiceAccount),
            ("PriorityClass with name", DenyingPlugin::Priority),
            ("insufficient quota to match these scopes", DenyingPlugin::ResourceQuota),
            ("RuntimeClass \"", DenyingPlugin::RuntimeClass),
            ("violates PodSecurity", DenyingPlugin::PodSecurity),
            ("against any security context constraint", DenyingPlugin::SecurityContextConstraints),
            ("exceeded quota", DenyingPlugin::ResourceQuota),
            ("failed quota", DenyingPlugin::ResourceQuota),
            ("status unknown for quota", DenyingPlugin::ResourceQuota),
            ("usage per Container", DenyingPlugin::LimitRanger),
            ("usage per Pod", DenyingPlugin::LimitRanger),
            ("limit to request ratio per", DenyingPlugin::LimitRanger),
            ("is invalid: ", DenyingPlugin::Validation),
        ];
        WORDS.iter().find(|(words, _)| text.contains(words)).map_or(DenyingPlugin::Other, |(_, plugin)| *plugin)
    }
}

/// Constraints that are read of one answer.
const MAX_CONSTRAINTS: usize = 32;

/// What stands behind `Violations details:`, a JSON object of `[denied by NAME]` and lists of sentences. An event may have
/// been cut: then the names alone are read.
fn warden_violations(text: &str) -> Vec<WardenViolation> {
    const BEFORE: &str = "[denied by ";
    let name = |key: &str| key.strip_prefix(BEFORE).and_then(|rest| rest.strip_suffix(']')).unwrap_or(key).to_owned();
    let details = text.split_once("Violations details:").map_or("", |(_, details)| details.trim_start());
    let object = serde_json::Deserializer::from_str(details).into_iter::<Value>().next();
    if let Some(Ok(Value::Object(object))) = object {
        let sentences = |value: Value| match value {
            Value::Array(all) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Value::String(one) => vec![one],
            _ => Vec::new(),
        };
        let all = object.into_iter().take(MAX_CONSTRAINTS);
        return all
            .map(|(key, value)| WardenViolation { constraint: name(&key), messages: sentences(value) })
            .collect();
    }
    let names = text.split(BEFORE).skip(1).filter_map(|rest| rest.split_once(']')).take(MAX_CONSTRAINTS);
    names.map(|(name, _)| WardenViolation { constraint: name.to_owned(), messages: Vec::new() }).collect()
}

/// Reads `violates PodSecurity "LEVEL:VERSION": CHECKS` (k8s.io/pod-security-admission/admission/admission.go v0.36).
fn pod_security(text: &str) -> Option<PodSecurityDenial> {
    let (_, rest) = text.split_once("violates PodSecurity \"")?;
    let (policy, rest) = rest.split_once('"')?;
    let (level, version) = policy.split_once(':').unwrap_or((policy, "latest"));
    let level = PodSecurityLevel::of(level)?;
    let checks = rest.trim_start_matches(':').trim().to_owned();
    Some(PodSecurityDenial { level, version: version.to_owned(), checks })
}

/// What the constraints object to that the account may use; the others only say that they are "not usable".
fn scc_objections(text: &str) -> Vec<SccObjection> {
    let mut found: Vec<SccObjection> = Vec::new();
    let mut field = "";
    let mut parts = text.split("Invalid value: ").peekable();
    while let Some(part) = parts.next() {
        // The field stands before the value; what is wrong stands behind it, and before the next field.
        let next = part.trim_end_matches([' ', ':']).rsplit([' ', '[']).next().unwrap_or_default();
        let said = part.rsplit_once(next).filter(|_| parts.peek().is_some()).map_or(part, |(said, _)| said);
        let says = |phrase: &str| said.contains(phrase) || field.contains(phrase);
        if !field.is_empty() {
            found
                .extend(SccObjection::PHRASES.iter().find(|(phrase, _)| says(phrase)).map(|(_, objection)| *objection));
        }
        field = next;
    }
    found.sort_unstable();
    found.dedup();
    found
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
    use super::*;

    #[test]
    fn the_server_says_who_denied() {
        for (text, expected) in [
            ("failed calling webhook \"w.io\": Post \"https://w\": deadline exceeded", Denial::WebhookUnreachable),
            ("admission webhook \"w.io\" denied the request: no", Denial::Webhook),
            ("ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", Denial::Webhook),
            ("pods \"a\" is forbidden: exceeded quota: q", Denial::Other),
            (
                "insufficient quota to match these scopes: [{PriorityClass In [system-node-critical]}]",
                Denial::QuotaForClassMissing,
            ),
            (
                "pods \"a\" is forbidden: pod node label selector conflicts with its namespace node label selector",
                Denial::NamespaceNodeSelector,
            ),
            ("pods \"a\" is forbidden: no providers available to validate pod request", Denial::PodSecurityPolicy),
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

    #[test]
    fn the_plugin_is_known_by_its_words() {
        for (text, expected) in [
            ("pods \"a\" is forbidden: exceeded quota: q, requested: pods=1", DenyingPlugin::ResourceQuota),
            ("pods \"a\" is forbidden: minimum memory usage per Container is 128Mi", DenyingPlugin::LimitRanger),
            ("pods \"a\" is forbidden: violates PodSecurity \"baseline:latest\": x", DenyingPlugin::PodSecurity),
            ("admission webhook \"w\" denied the request: exceeded quota", DenyingPlugin::Hook),
            ("pods \"a\" is forbidden: no PriorityClass with name x was found", DenyingPlugin::Priority),
            ("pods \"a\" is forbidden: error looking up service account a/b", DenyingPlugin::ServiceAccount),
            ("Pod \"a\" is invalid: spec.containers[0].image: Required value", DenyingPlugin::Validation),
            ("etcdserver: request timed out", DenyingPlugin::Other),
        ] {
            assert_eq!(DenyingPlugin::of(text), expected, "{text}");
        }
    }

    #[test]
    fn warden_names_every_constraint() {
        let text = "admission webhook \"warden\" denied the request: GKE Warden rejected the request because it violates \
            one or more constraints. Violations details: {\"[denied by autogke-no-host-port]\":[\"container a specifies \
            host ports [80].\"],\"[denied by autogke-disallow-privilege]\":[\"container a is privileged\",\"b too\"]}\n\
            Requested by user: 'x'";
        let Denial::Warden(violations) = Denial::of(text) else { panic!("{text}") };
        let all: Vec<_> = violations.iter().map(|v| (v.constraint.as_str(), v.messages.len())).collect();
        assert_eq!(all, [("autogke-no-host-port", 1), ("autogke-disallow-privilege", 2)]);
        let cut = &text[..text.find("is privileged").unwrap()];
        let Denial::Warden(violations) = Denial::of(cut) else { panic!("{cut}") };
        assert_eq!(violations.len(), 2, "a text that was cut names the constraints");
    }

    #[test]
    fn pod_security_names_level_and_version() {
        let text = "pods \"a\" is forbidden: violates PodSecurity \"restricted:v1.30\": runAsNonRoot != true (pod)";
        let Denial::PodSecurity(denial) = Denial::of(text) else { panic!("{text}") };
        assert_eq!((denial.level, denial.version.as_str()), (PodSecurityLevel::Restricted, "v1.30"));
        assert_eq!(denial.checks, "runAsNonRoot != true (pod)");
        let checks =
            "host namespaces (hostNetwork=true), privileged (containers \"a\", \"b\" must not set it)".to_owned();
        assert_eq!(PodSecurityDenial { checks, ..denial }.names(), ["host namespaces", "privileged"]);
    }

    #[test]
    fn constraints_of_old_and_new_servers_are_read() {
        use SccObjection::{Capabilities, HostNetwork, HostPath, HostPorts, Privileged, RunAsUser, VolumeType};
        let head = "unable to validate against any security context constraint: ";
        for (text, expected) in [
            (
                "[provider \"anyuid\": Forbidden: not usable by user or serviceaccount, provider restricted-v2: \
                 .spec.securityContext.hostNetwork: Invalid value: true: Host network is not allowed to be used, \
                 spec.volumes[0]: Invalid value: \"hostPath\": hostPath volumes are not allowed to be used, provider \
                 restricted-v2: .containers[0].privileged: Invalid value: true: Privileged containers are not allowed, \
                 provider restricted-v2: .containers[0].containers[0].hostPort: Invalid value: 9808: Host ports are not \
                 allowed to be used]",
                &[HostNetwork, HostPorts, Privileged, HostPath][..],
            ),
            (
                "[spec.volumes[1]: Invalid value: \"nfs\": nfs volumes are not allowed to be used \
                 spec.containers[0].securityContext.runAsUser: Invalid value: 0: must be in the ranges: [1, 2] \
                 capabilities.add: Invalid value: \"NET_ADMIN\": capability may not be added]",
                &[VolumeType, Capabilities, RunAsUser],
            ),
            ("[]", &[]),
        ] {
            let text = format!("{head}{text}");
            assert_eq!(Denial::of(&text), Denial::SecurityContextConstraints(expected.to_vec()), "{text}");
        }
    }
}
