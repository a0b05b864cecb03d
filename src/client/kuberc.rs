//! kubectl's preferences (`~/.kube/kuberc`), as far as they are a rule and not a habit: which credential plugins may
//! run.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::client::executable::{LookUp, look_up};
use crate::error::{Error, Result};

/// The preferences that bear on plugins (`kubectl.config.k8s.io`, kind `Preference`).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preference {
    credential_plugin_policy: Option<String>,
    credential_plugin_allowlist: Option<Vec<Allowed>>,
}

/// A plugin that may run; the field's name changed between versions.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Allowed {
    name: Option<String>,
    command: Option<String>,
}

/// Where the preferences are; nothing where the user switched them off.
pub(crate) fn location() -> Option<PathBuf> {
    if env::var("KUBECTL_KUBERC").is_ok_and(|value| matches!(value.as_str(), "false" | "0" | "FALSE" | "False")) {
        return None;
    }
    match env::var_os("KUBERC").filter(|path| !path.is_empty()) {
        Some(path) if path == "off" => None,
        Some(path) => Some(PathBuf::from(path)),
        None => env::home_dir().map(|home| home.join(".kube").join("kuberc")),
    }
}

/// Whether the plugin may run. Without preferences every one may.
///
/// # Errors
/// The user's policy forbids it, or cannot be read and so might.
pub(crate) fn check(command: &str, kuberc: &Path, path: Option<&OsStr>) -> Result<()> {
    let told = || Error::new(format!("cannot run the credential plugin `{command}`"));
    let text = match std::fs::read_to_string(kuberc) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(told()
                .cause(format!("cannot read `{}`, which may forbid the plugin", kuberc.display()))
                .because(&error));
        }
    };
    let preference = serde_yaml::from_str::<Option<Preference>>(&text)
        .map_err(|_| told().cause(format!("`{}`, which may forbid the plugin, is not valid", kuberc.display())))?
        .unwrap_or_default();
    let policy = preference.credential_plugin_policy.as_deref().unwrap_or_default();
    let allowed = match policy {
        "" | "AllowAll" => true,
        "Allowlist" => {
            let wanted = resolve(command, path);
            let list = preference.credential_plugin_allowlist.unwrap_or_default();
            let mut names = list.iter().filter_map(|entry| entry.command.as_deref().or(entry.name.as_deref()));
            wanted.is_some() && names.any(|name| resolve(name, path) == wanted)
        }
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    let why = format!("`credentialPluginPolicy: {policy}` in `{}` forbids the plugin", kuberc.display());
    Err(told().cause(why).hint("add the plugin to `credentialPluginAllowlist` in that file if you trust the plugin"))
}

/// The program that a name stands for, if it may be run at all.
fn resolve(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    match look_up(name, path) {
        LookUp::Found(program) => Some(program),
        LookUp::Relative | LookUp::Missing => None,
    }
}
