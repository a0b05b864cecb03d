//! Signing in: from the credentials of a kubeconfig, a plugin or an issuer to a client that sends them.

use std::time::Duration;

use jiff::Timestamp;
use kube::Client;
use kube::config::AuthInfo;

use crate::client::credential;
use crate::client::credential::{Credential, Plugin};
use crate::client::kubeconfig::Target;
use crate::client::transport::client;
use crate::error::{Error, Result};

/// A signed-in client.
#[derive(Clone)]
pub(crate) struct Session {
    pub client: Client,
    /// When the plugin's credentials end, or the file's are to be read anew.
    pub expires: Option<Timestamp>,
    /// Counts sign-ins, so that of many refused requests one signs in again.
    pub number: u32,
}

/// Makes a client with the credentials that hold now. `number` counts the sign-ins.
///
/// # Errors
/// A sentence for credentials that cannot be had or used.
pub(crate) async fn sign_in(target: &Target, number: u32) -> Result<Session> {
    let mut config = target.config.clone();
    let mut expires = None;
    if let Some(plugin) = &target.plugin {
        let credential = ask_plugin(plugin.clone(), target.interactive, target.request_timeout).await?;
        expires = credential.expires;
        credential.into_user(&mut config.auth_info);
    } else if let Some(provider) = &target.provider {
        let (token, end) = provider.token().await?;
        config.auth_info.token = Some(token.into());
        expires = end;
    } else if let Some(path) = config.auth_info.token_file.take() {
        // kube would send the newline in which such a file may end, and say so six times.
        let token = std::fs::read_to_string(&path).map_err(|error| {
            Error::new("cannot use the credentials of the kubeconfig")
                .cause(format!("cannot read the token file `{path}`"))
                .because(&error)
        })?;
        config.auth_info.token = Some(token.trim().to_owned().into());
        // Such tokens are renewed in place, and read anew as often as client-go does.
        expires = Some(Timestamp::now() + jiff::SignedDuration::from_secs(60));
    }
    check_token(&config.auth_info)?;
    let client = client(config).map_err(|error| unusable(&error))?;
    Ok(Session { client, expires, number })
}

/// A token that is no header's value: what kube is built on would panic, and show it.
fn check_token(user: &AuthInfo) -> Result<()> {
    let written = serde_json::to_value(user).unwrap_or_default();
    match written["token"].as_str().is_none_or(|token| http::HeaderValue::from_str(token).is_ok()) {
        true => Ok(()),
        false => {
            let told = Error::new("cannot use the credentials of the kubeconfig");
            Err(told.cause("the token contains invalid characters"))
        }
    }
}

/// Asks the plugin aside: it may wait for a person.
async fn ask_plugin(plugin: Plugin, interactive: bool, within: Option<Duration>) -> Result<Credential> {
    let asked = tokio::task::spawn_blocking(move || credential::ask(&plugin, interactive, within)).await;
    asked.unwrap_or_else(|_| Err(Error::new("cannot run the credential plugin")))
}

/// Why kube makes no client of this configuration. Words that could quote a credential are not repeated.
fn unusable(error: &kube::Error) -> Error {
    use kube::client::AuthError;
    use kube::config::KubeconfigError;
    let told = Error::new("cannot use the credentials of the kubeconfig");
    match error {
        kube::Error::Auth(AuthError::ReadTokenFile(io, path)) => {
            told.cause(format!("cannot read the token file `{}`", path.display())).because(io)
        }
        kube::Error::Auth(AuthError::InvalidBearerToken(_)) => told.cause("the token contains invalid characters"),
        kube::Error::Auth(_) => {
            told.cause("the authentication method is not supported").hint("use a credential plugin (`exec`)")
        }
        kube::Error::InferKubeconfig(
            error @ (KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_)),
        ) => told.because(error),
        kube::Error::RustlsTls(error) => told.because(error),
        kube::Error::ProxyProtocolUnsupported { .. } => {
            Error::new("the scheme of the proxy is neither http, https nor socks5")
        }
        _ => told,
    }
}
