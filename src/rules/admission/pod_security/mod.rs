//! PodSecurity: the level that a namespace enforces.
//!
//! `staging/src/k8s.io/pod-security-admission/policy` v1.36, with the checks that other versions add or drop. The
//! level and the version of the checks come from the namespace's labels; a level that nobody knows counts as
//! restricted. The level of a namespace without a label, and exemptions, stand in the API server's own configuration;
//! the level is judged by where something shows it.
//!
//! * `checks`: the pod that is checked, and what both levels ask of it.
//! * `baseline`, `restricted`: the checks of each level.

mod baseline;
mod checks;
mod restricted;

use crate::model::default_security::DefaultSecurity;
use crate::model::message::admission::PodSecurityLevel;
use crate::model::security::PodSecurity;
use crate::model::{Labels, PodSpec, Symbol, Version};
use crate::rules::admission::pod_security::checks::Checks;
use crate::rules::verdict::CreationRefusal;

/// Holds the pod against the namespace's level, or against the `default` level where the namespace has no label. `spec` is
/// the pod with its defaults, whose host ports count.
pub fn admit(
    labels: &Labels,
    default: Option<&DefaultSecurity>,
    pod: &PodSecurity,
    spec: &PodSpec,
    server: Version,
) -> Option<CreationRefusal> {
    let label = |name: &str| labels.get(Symbol::new(&format!("pod-security.kubernetes.io/{name}")));
    let enforce = label("enforce");
    let (level, unknown_level) = match (enforce, default) {
        (None, None) => return None,
        (None, Some(default)) => (default.level, None),
        (Some(name), _) if name == *"privileged" => return None,
        // An unknown level is enforced as restricted.
        (Some(name), _) => match PodSecurityLevel::of(name.as_str()) {
            Some(level) => (level, None),
            None => (PodSecurityLevel::Restricted, Some(name)),
        },
    };
    let default = default.filter(|_| enforce.is_none());
    let pinned = match default {
        Some(default) => pinned_minor(&default.version),
        None => label("enforce-version")
            .filter(|_| unknown_level.is_none())
            .and_then(|version| pinned_minor(version.as_str())),
    };
    let version = pinned.map_or_else(|| "latest".to_owned(), |minor| format!("v1.{minor}"));
    // Checks newer than the server are not known to it.
    let checks = Checks { pod, spec, minor: pinned.map_or(server.minor, |minor| minor.min(server.minor)) };
    let mut violations = checks.baseline(level == PodSecurityLevel::Restricted);
    if level == PodSecurityLevel::Restricted {
        violations.extend(checks.restricted());
    }
    (!violations.is_empty()).then(|| CreationRefusal::PodSecurity {
        level: level.as_str(),
        version,
        violations,
        unknown_level,
        default: default.map(|default| default.shown_by),
    })
}

/// The checks of the baseline level that the pod fails, by the server's newest checks.
pub fn baseline(pod: &PodSecurity, spec: &PodSpec, server: Version) -> Vec<(String, String)> {
    Checks { pod, spec, minor: server.minor }.baseline(false)
}

/// `v1.N` to the letter (`ParseVersion`); all else is the latest.
fn pinned_minor(version: &str) -> Option<u16> {
    let minor = version.strip_prefix("v1.")?;
    let plain = minor.bytes().all(|byte| byte.is_ascii_digit()) && (minor == "0" || !minor.starts_with('0'));
    if plain { minor.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fails(enforce: &[(&str, &str)], pod: &str) -> Vec<String> {
        let labels = enforce.iter().map(|(k, v)| (format!("pod-security.kubernetes.io/{k}"), *v)).collect::<Vec<_>>();
        let labels: Labels = labels.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let pod: PodSecurity = serde_json::from_str(pod).expect("a pod");
        match admit(&labels, None, &pod, &PodSpec::default(), Version::NEWEST) {
            Some(CreationRefusal::PodSecurity { violations, .. }) => {
                violations.into_iter().map(|(check, _)| check).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn levels_and_versions() {
        let agent = r#"{"hostNetwork":true,"volumes":[{"name":"log","hostPath":{"path":"/var/log"}}],
            "containers":[{"name":"a","securityContext":{"privileged":true,"capabilities":{"add":["NET_RAW","KILL"]}}}]}"#;
        let good = r#"{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},
            "containers":[{"name":"a","securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}"#;
        let plain = r#"{"containers":[{"name":"a"}]}"#;
        let probe = r#"{"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"127.0.0.1","port":1}}}]}"#;
        let raw = r#"{"containers":[{"name":"a","securityContext":{"capabilities":{"add":["NET_RAW"]}}}]}"#;
        let unconfined = r#"{"containers":[{"name":"a","securityContext":{"seccompProfile":{"type":"Unconfined"}}}]}"#;
        let none: &[&str] = &[];
        for (enforce, pod, expected) in [
            (&[][..], agent, none),
            (&[("enforce", "privileged")], agent, none),
            (
                &[("enforce", "baseline")],
                agent,
                &["host namespaces", "privileged", "non-default capabilities", "hostPath volumes"],
            ),
            (&[("enforce", "baseline")], plain, none),
            (&[("enforce", "restricted")], good, none),
            (
                &[("enforce", "restricted")],
                plain,
                &[
                    "allowPrivilegeEscalation != false",
                    "unrestricted capabilities",
                    "runAsNonRoot != true",
                    "seccompProfile",
                ],
            ),
            (
                &[("enforce", "restricted"), ("enforce-version", "v1.21")],
                raw,
                &[
                    "non-default capabilities",
                    "allowPrivilegeEscalation != false",
                    "runAsNonRoot != true",
                    "seccompProfile",
                ],
            ),
            (
                &[("enforce", "restricted"), ("enforce-version", "v1.0")],
                raw,
                &["non-default capabilities", "runAsNonRoot != true"],
            ),
            (&[("enforce", "baseline"), ("enforce-version", "v1.18")], unconfined, none),
            (&[("enforce", "baseline"), ("enforce-version", "v1.19")], unconfined, &["seccompProfile"]),
            (&[("enforce", "baseline"), ("enforce-version", "v1.18.1")], unconfined, &["seccompProfile"]),
            (&[("enforce", "baseline"), ("enforce-version", "1.18")], unconfined, &["seccompProfile"]),
            (
                &[("enforce", "restricted"), ("enforce-version", "v1.20")],
                plain,
                &["allowPrivilegeEscalation != false", "runAsNonRoot != true", "seccompProfile"],
            ),
            (
                &[("enforce", "paranoid")],
                plain,
                &[
                    "allowPrivilegeEscalation != false",
                    "unrestricted capabilities",
                    "runAsNonRoot != true",
                    "seccompProfile",
                ],
            ),
            (&[("enforce", "baseline")], probe, &["probe or lifecycle host"]),
            (&[("enforce", "baseline"), ("enforce-version", "v1.33")], probe, none),
        ] {
            assert_eq!(fails(enforce, pod), expected, "{enforce:?} {pod}");
        }
    }

    #[test]
    fn profiles_were_annotations_once() {
        let annotated = |annotations: &[(Option<&str>, &str)]| {
            let mut pod: PodSecurity = serde_json::from_str(r#"{"containers":[{"name":"a"}]}"#).expect("a pod");
            pod.seccomp_annotations = annotations.iter().map(|(c, p)| (c.map(str::to_owned), p.to_string())).collect();
            let labels = [("enforce", "baseline"), ("enforce-version", "v1.18")];
            let labels = labels.map(|(key, value)| (format!("pod-security.kubernetes.io/{key}"), value));
            let labels: Labels = labels.iter().map(|(k, v)| (k.as_str(), *v)).collect();
            admit(&labels, None, &pod, &PodSpec::default(), Version::NEWEST).is_none()
        };
        assert!(annotated(&[(None, "runtime/default"), (Some("a"), "localhost/a.json")]));
        assert!(annotated(&[(Some("gone"), "unconfined")]), "of a container that is not there");
        assert!(!annotated(&[(None, "unconfined")]));
        assert!(!annotated(&[(Some("a"), "unconfined")]));
    }
}
