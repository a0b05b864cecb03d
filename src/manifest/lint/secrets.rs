//! Rules about secrets that stand where many can read them: variables, arguments, connection strings.

use serde_json::json;

use crate::manifest::fields::Rule;
use crate::manifest::input::Language;
use crate::manifest::lint::containers::{containers, name_of};
use crate::manifest::lint::linter::Linter;
use crate::manifest::text::{broken, shorten};
use crate::severity::Severity;
use crate::text::secrets::{is_reference, is_secret_name};
use crate::yaml::{Node, Value};

/// Parts of values that only connection strings and keys have, whatever their variable is called.
const IN_VALUES: [&str; 6] =
    ["accountkey=", "sharedaccesskey=", "password=", "pwd=", "-----begin private key", "-----begin rsa private key"];

impl Linter<'_> {
    /// DS919: a secret that everybody can read who can read the DaemonSet.
    pub(crate) fn secrets(&mut self) {
        for container in containers(self.pod).collect::<Vec<_>>() {
            for variable in container.get("env").map(Node::items).unwrap_or_default() {
                let name = name_of(variable);
                let value = variable.get("value").and_then(Node::text).unwrap_or_default();
                if is_secret_named(name, value) || holds_credentials(value) {
                    let message = format!("the value of `{name}` is in the DaemonSet, where many users can read it");
                    let patch = self.secret_patch(container, name);
                    self.tell("DS919", Severity::Warning, variable.at, message, patch);
                    self.hide_last();
                }
            }
            for list in ["command", "args"] {
                self.words(container.get(list).map(Node::items).unwrap_or_default());
            }
        }
    }

    /// `--flag=value`, and `--flag value` as two words.
    fn words(&mut self, words: &[Node]) {
        for (place, word) in words.iter().enumerate() {
            let Some(text) = word.text() else { continue };
            let flag = text.starts_with('-').then(|| text.trim_start_matches('-'));
            let next = || words.get(place + 1).and_then(Node::text).filter(|next| !next.starts_with('-'));
            let named = flag.and_then(|flag| match flag.split_once('=') {
                Some((name, value)) => Some((name, value)),
                None => next().map(|value| (flag, value)),
            });
            let message = match named {
                Some((name, value)) if is_flag(name) && is_secret_named(name, value) => format!(
                    "the value of the flag `{}` is in the DaemonSet, where many users can read it",
                    shorten(name)
                ),
                _ if !text.contains(char::is_whitespace) && holds_credentials(text) => {
                    "an argument holds credentials, which many users can read in the DaemonSet".to_owned()
                }
                _ => continue,
            };
            self.tell("DS919", Severity::Warning, word.at, message, None);
            self.hide_last();
        }
    }

    /// A patch that takes a variable from a Secret, in the shape in which the document writes its variables; `None`
    /// where the document does not write it, or its name can be no key.
    fn secret_patch(&self, container: &Node, name: &str) -> Option<String> {
        let key = broken(Rule::DataKey, name).is_none().then_some(name)?;
        let source = json!({"name": "name-of-a-secret", "key": key});
        if self.input.language() == Language::Apps {
            let variable = json!({"name": name, "value": null, "valueFrom": {"secretKeyRef": source}});
            return self.container_patch(container, json!({"env": [variable]}));
        }
        let env = self.written(container)?.get("env")?;
        let listed = matches!(env.value, Value::List(_));
        let variables = if listed { env } else { env.get("variables")? };
        let change = if matches!(variables.value, Value::List(_)) {
            variables.items().iter().find(|v| name_of(v) == name)?;
            json!([{"name": name, "value": null, "secret_key_ref": source}])
        } else {
            match variables.get(name)?.get("value") {
                Some(_) => json!({name: {"value": null, "secret_key_ref": source}}),
                None => json!({name: {"secret_key_ref": source}}),
            }
        };
        self.container_patch(
            container,
            if listed { json!({"env": change}) } else { json!({"env": {"variables": change}}) },
        )
    }
}

fn is_flag(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// Whether a variable or flag of this name has a secret as its value, and not a place, a switch or a reference.
fn is_secret_named(name: &str, value: &str) -> bool {
    is_secret_name(name) && !is_reference(value)
}

/// Whether a value holds a key or a password itself: a connection string, or a URL with a password.
fn holds_credentials(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let part = IN_VALUES.iter().filter_map(|part| Some(&value[lower.find(part)? + part.len()..])).next();
    let given = part.is_some_and(|rest| !rest.is_empty() && !is_reference(rest));
    let password = || {
        let (_, rest) = value.split_once("://")?;
        let (user, _) = rest.split('/').next()?.split_once('@')?;
        let (_, password) = user.split_once(':')?;
        Some(!password.is_empty() && !password.contains('$') && !password.starts_with('<'))
    };
    given || password() == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_told_from_its_place() {
        for (name, value, secret) in [
            ("API_TOKEN", "q1w2e3", true),
            ("STORAGE_ACCOUNT_KEY", "q1w2e3==", true),
            ("api-token", "q1w2e3", true),
            ("TOKEN_PATH", "run/token", false),
            ("SECRET_NAME", "shipper", false),
            ("AWS_ACCESS_KEY_ID", "abc", false),
            ("API_TOKEN", "$(OTHER)", false),
            ("API_TOKEN", "/run/token", false),
            ("PASSWORD", "true", false),
            ("PATH", "x", false),
        ] {
            assert_eq!(is_secret_named(name, value), secret, "{name}={value}");
        }
    }

    #[test]
    fn credentials_are_found_within_values() {
        for (value, found) in [
            ("AccountName=logs;AccountKey=q1w2e3==", true),
            ("postgres://user:hush@db:5432/logs", true),
            ("postgres://user:$(PASSWORD)@db/logs", false),
            ("postgres://db:5432/logs", false),
            ("Server=db;Password=", false),
            ("https://logs.example/?a=b:c@d", false),
            ("-----BEGIN PRIVATE KEY-----MII", true),
        ] {
            assert_eq!(holds_credentials(value), found, "{value}");
        }
    }
}
