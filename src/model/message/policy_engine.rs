//! What the webhooks of policy engines list: several policies in one answer.

/// Most violations that are read of one answer.
const MAX_VIOLATIONS: usize = 16;

/// A policy that a pod violates, as a policy engine says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyViolation {
    /// The policy or constraint, with its rule if the engine names one: `disallow-host-path/host-path`.
    pub policy: String,
    /// What violates it.
    pub message: String,
}

/// The webhook and the policies of an answer; `None` where the answer lists none, or one constraint of Gatekeeper, whose
/// own sentence is short.
pub fn violations(text: &str) -> Option<(String, Vec<PolicyViolation>)> {
    let (_, rest) = text.split_once("admission webhook \"")?;
    let (webhook, rest) = rest.split_once('"')?;
    let (_, answer) = rest.split_once("denied the request:")?;
    let found = match answer.split_once("was blocked due to the following policies") {
        Some((_, list)) => kyverno(list),
        None => gatekeeper(answer),
    };
    let is_worth = found.len() > 1 || answer.contains("was blocked due to") && !found.is_empty();
    is_worth.then(|| (webhook.to_owned(), found))
}

/// Kyverno writes YAML: policies, in each its rules with what they say (pkg/webhooks/utils/block.go, `GetBlockedMessages`,
/// Kyverno v1.14).
fn kyverno(list: &str) -> Vec<PolicyViolation> {
    let mut found: Vec<PolicyViolation> = Vec::new();
    let mut policy = "";
    for line in list.lines().filter(|line| !line.trim().is_empty()) {
        let depth = line.len() - line.trim_start().len();
        let rule = line.trim().split_once(':').filter(|(name, _)| !name.contains([' ', '\'', '"']));
        match (depth, rule) {
            (0, Some((name, _))) => policy = name,
            (1..=2, Some((name, message))) if !policy.is_empty() && found.len() < MAX_VIOLATIONS => {
                let message = unquoted(message).to_owned();
                found.push(PolicyViolation { policy: format!("{policy}/{name}"), message });
            }
            _ => {
                if let Some(last) = found.last_mut() {
                    last.message.push(' ');
                    last.message.push_str(unquoted(line));
                }
            }
        }
    }
    found
}

/// Gatekeeper writes `[constraint] sentence`, one a line (pkg/webhook/policy.go, `getValidationMessages`, Gatekeeper v3.19).
fn gatekeeper(answer: &str) -> Vec<PolicyViolation> {
    let lines = answer.lines().map(str::trim);
    let parts = lines.filter_map(|line| {
        let (policy, message) = line.strip_prefix('[')?.split_once(']')?;
        Some(PolicyViolation { policy: policy.to_owned(), message: message.trim().to_owned() })
    });
    parts.take(MAX_VIOLATIONS).collect()
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_start_matches(['>', '-', '|']).trim().trim_matches('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_policy_is_read() {
        let kyverno = "admission webhook \"validate.kyverno.svc-fail\" denied the request: \n\nresource Pod/a/ was blocked \
            due to the following policies \n\ndisallow-host-path:\n  host-path: 'validation error: HostPath volumes are\n    \
            forbidden.'\nrequire-limits:\n  check: 'limits are required.'\n";
        let (webhook, found) = violations(kyverno).expect("policies");
        assert_eq!(webhook, "validate.kyverno.svc-fail");
        let all: Vec<_> = found.iter().map(|v| (v.policy.as_str(), v.message.as_str())).collect();
        let expected = [
            ("disallow-host-path/host-path", "validation error: HostPath volumes are forbidden."),
            ("require-limits/check", "limits are required."),
        ];
        assert_eq!(all, expected);
        let gatekeeper = "admission webhook \"validation.gatekeeper.sh\" denied the request: [a] no\n[b] not either";
        assert_eq!(violations(gatekeeper).map(|(_, found)| found.len()), Some(2));
        for one in
            ["admission webhook \"w\" denied the request: [a] no", "admission webhook \"w\" denied the request: no"]
        {
            assert_eq!(violations(one), None, "{one}");
        }
    }
}
