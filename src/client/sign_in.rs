//! Signing in: from the credentials of a kubeconfig, a plugin or an issuer to a client that sends them.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use jiff::Timestamp;
use kube::Client;
use kube::config::AuthInfo;

use crate::client::credential;
use crate::client::credential::{Credential, Plugin};
use crate::client::kubeconfig::Target;
use crate::client::secret_fields::secret;
use crate::client::transport::{Distance, client};
use crate::error::{Error, Result};

/// A signed-in client.
#[derive(Clone)]
pub(crate) struct Session {
    pub client: Client,
    /// How far the server is.
    pub distance: Distance,
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
    let authorization = authorization(&config.auth_info)?;
    let (client, distance) = client(config, authorization)?;
    Ok(Session { client, distance, expires, number })
}

/// The header that shows who asks: a name and a password, or a token.
fn authorization(user: &AuthInfo) -> Result<Option<HeaderValue>> {
    let value = match (&user.username, secret(user, "password"), secret(user, "token")) {
        (Some(name), Some(password), _) => format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))),
        (_, _, Some(token)) => format!("Bearer {token}"),
        _ => return Ok(None),
    };
    let mut value = HeaderValue::try_from(value).map_err(|_| {
        Error::new("cannot use the credentials of the kubeconfig").cause("the token contains invalid characters")
    })?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// Asks the plugin aside: it may wait for a person.
async fn ask_plugin(plugin: Plugin, interactive: bool, within: Option<Duration>) -> Result<Credential> {
    let asked = tokio::task::spawn_blocking(move || credential::ask(&plugin, interactive, within)).await;
    asked.unwrap_or_else(|_| Err(Error::new("cannot run the credential plugin")))
}
