//! Credential plugins, as kubectl runs them: once, with its own standard input only where a person can answer.
//!
//! kube would run the plugin twice, hand it standard input in every pipe, and print what it said when it fails,
//! which may hold a token.

use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine;
use jiff::Timestamp;
use kube::config::{AuthInfo, ExecConfig, ExecInteractiveMode};
use serde::Deserialize;

use crate::client::executable::{LookUp, look_up};
use crate::client::flags::Environment;
use crate::client::kuberc;
use crate::error::{Error, Result};

/// A credential plugin that was found and that the user's policy allows: the only program that is ever run.
#[derive(Clone)]
pub struct Plugin {
    exec: ExecConfig,
    program: PathBuf,
}

impl Plugin {
    /// Finds the plugin's program as kubectl does, and asks the user's policy whether it may run.
    ///
    /// # Errors
    /// The program is not found, or only in the current directory; the policy forbids it.
    pub fn allowed(exec: ExecConfig, environment: &Environment) -> Result<Plugin> {
        let name = exec.command.as_deref().unwrap_or_default();
        let path = environment.path.as_deref();
        if let Some(kuberc) = &environment.kuberc {
            kuberc::check(name, kuberc, path)?;
        }
        let why = match look_up(name, path) {
            LookUp::Found(program) => return Ok(Plugin { exec, program }),
            LookUp::Relative => format!(
                "`PATH` finds `{name}` through an empty or relative entry, which depends on the current directory"
            ),
            LookUp::Missing => format!("executable `{name}` not found in `PATH`"),
        };
        let told = Error::new(format!("cannot get credentials from the credential plugin `{name}`")).cause(why);
        Err(match &exec.install_hint {
            Some(hint) => told.hint(hint.trim()),
            None => told,
        })
    }
}

/// What a plugin gave, and how long it holds.
pub struct Credential {
    token: Option<String>,
    certificate: Option<(String, String)>,
    /// When it is no longer valid.
    pub expires: Option<Timestamp>,
}

#[derive(Deserialize)]
struct ExecCredential {
    status: Option<Status>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

impl Credential {
    /// Puts it into the user of a kubeconfig.
    pub fn into_user(self, user: &mut AuthInfo) {
        if let Some(token) = self.token {
            user.token = Some(token.into());
        }
        if let Some((certificate, key)) = self.certificate {
            let encode = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
            user.client_certificate_data = Some(encode(certificate));
            user.client_key_data = Some(encode(key).into());
        }
    }
}

/// The most that is read of a plugin. Credentials are a few KiB.
const MOST: u64 = 1 << 20;

/// Runs the plugin and reads what it gives. Blocks until it ends, since a person may be signing in; `within` bounds
/// that where nobody can.
///
/// # Errors
/// A sentence that names the plugin and how it ended, never what it printed on standard output.
pub fn ask(plugin: &Plugin, interactive: bool, within: Option<Duration>) -> Result<Credential> {
    let Plugin { exec: plugin, program } = plugin;
    let name = plugin.command.as_deref().unwrap_or_default();
    let failed = || Error::new(format!("cannot get credentials from the credential plugin `{name}`"));
    let interactive = match plugin.interactive_mode {
        Some(ExecInteractiveMode::Never) => false,
        Some(ExecInteractiveMode::Always) if !interactive => {
            return Err(
                failed().cause("the plugin needs a terminal to ask for input, and standard input is not a terminal")
            );
        }
        _ => interactive,
    };
    let mut command = Command::new(program);
    command.args(plugin.args.iter().flatten());
    for pair in plugin.env.iter().flatten() {
        if let (Some(name), Some(value)) = (pair.get("name"), pair.get("value")) {
            command.env(name, value);
        }
    }
    let mut spec = serde_json::json!({"interactive": interactive});
    if let Some(cluster) = &plugin.cluster {
        spec["cluster"] = serde_json::to_value(cluster).map_err(|error| failed().because(&error))?;
    }
    let info = serde_json::json!({"apiVersion": plugin.api_version, "kind": "ExecCredential", "spec": spec});
    command.env("KUBERNETES_EXEC_INFO", info.to_string());
    command.stdin(if interactive { Stdio::inherit() } else { Stdio::null() });
    command.stdout(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.spawn().map_err(|error| {
        let told = failed().because(&error);
        match &plugin.install_hint {
            Some(hint) if error.kind() == std::io::ErrorKind::NotFound => told.hint(hint.trim()),
            _ => told,
        }
    })?;
    let output = match printed(&mut child, within.filter(|_| !interactive)) {
        Ok(output) => output,
        Err(why) => {
            // It may have ended meanwhile.
            let _ = child.kill();
            let _ = child.wait();
            return Err(failed().cause(why));
        }
    };
    let status = child.wait().map_err(|error| failed().because(&error))?;
    if !status.success() {
        return Err(failed().cause(format!("the plugin ended with {status}")));
    }
    read(&output).map_err(|why| failed().cause(why))
}

/// What the plugin prints until it closes its standard output, or why that is not waited for. A thread that still
/// reads, because something that the plugin started holds the pipe, is left alone.
fn printed(child: &mut Child, within: Option<Duration>) -> Result<Vec<u8>, String> {
    let Some(stdout) = child.stdout.take() else { return Ok(Vec::new()) };
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = Vec::new();
        let read = stdout.take(MOST).read_to_end(&mut output).map(|_| output);
        drop(send.send(read));
    });
    let read = match within {
        Some(within) => receive
            .recv_timeout(within)
            .map_err(|_| format!("the plugin did not end within the request timeout of {}s", within.as_secs_f32()))?,
        None => receive.recv().map_err(|_| "cannot read the output of the plugin".to_owned())?,
    };
    let output = read.map_err(|error| format!("cannot read the output of the plugin: {error}"))?;
    match output.len() as u64 == MOST {
        true => Err("the output of the plugin is too large".to_owned()),
        false => Ok(output),
    }
}

fn read(output: &[u8]) -> Result<Credential, &'static str> {
    let text = std::str::from_utf8(output).map_err(|_| "the output of the plugin is not UTF-8 text")?;
    let given: ExecCredential =
        serde_yaml::from_str(text).map_err(|_| "the output of the plugin is not an `ExecCredential`")?;
    let status = given.status.ok_or("the output of the plugin has no `status`")?;
    let certificate = match (status.client_certificate_data, status.client_key_data) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => return Err("the plugin returned a certificate without a key, or a key without a certificate"),
    };
    if status.token.is_none() && certificate.is_none() {
        return Err("the plugin returned neither a token nor a certificate");
    }
    let expires = status.expiration_timestamp.map(|time| time.parse()).transpose();
    let expires = expires.map_err(|_| "the `expirationTimestamp` is not a time")?;
    Ok(Credential { token: status.token, certificate, expires })
}
