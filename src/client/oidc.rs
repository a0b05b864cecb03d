//! Signing in by OpenID Connect, the one way that kubectl still has built in (`auth-provider: oidc`): an ID token, and a
//! new one from the issuer when the ID token has ended. By client-go, `plugin/pkg/client/auth/oidc`.
//!
//! kube would ask the issuer without the kubeconfig's certificates for it, and through no proxy.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Request, Uri};
use http_body_util::{BodyExt, Limited};
use jiff::{SignedDuration, Timestamp};
use kube::Config;
use kube::client::Body;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::client::certificates::certificates;
use crate::client::flags::Environment;
use crate::client::proxy::proxy;
use crate::client::transport::client;
use crate::error::{Error, Result};

/// The most that is read of an issuer's answer.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Longest time for one answer of the issuer.
const MAX_WAIT: Duration = Duration::from_secs(30);

/// A user's entry of the kubeconfig.
pub struct Provider {
    issuer: String,
    client_id: String,
    client_secret: String,
    /// What vouches for the issuer; nothing where the system's certificates do.
    trusted: Option<Vec<Vec<u8>>>,
    environment: Environment,
    tokens: Mutex<Tokens>,
}

/// The two tokens change when the issuer gives new ones. The kubeconfig is not written.
struct Tokens {
    id: String,
    refresh: String,
}

impl Provider {
    /// Reads the entry.
    ///
    /// # Errors
    /// What client-go requires is missing, or the issuer's certificates cannot be read.
    pub(crate) fn of(config: &HashMap<String, String>, environment: &Environment) -> Result<Provider> {
        let text = |name: &str| config.get(name).cloned().unwrap_or_default();
        for name in ["idp-issuer-url", "client-id"] {
            if text(name).is_empty() {
                return Err(Error::new(format!("Must provide {name}")));
            }
        }
        let (data, file) = (text("idp-certificate-authority-data"), text("idp-certificate-authority"));
        Ok(Provider {
            issuer: text("idp-issuer-url"),
            client_id: text("client-id"),
            client_secret: text("client-secret"),
            trusted: certificates(
                "the issuer's certificate authority",
                "idp-certificate-authority-data",
                &data,
                &file,
            )?,
            environment: environment.clone(),
            tokens: Mutex::new(Tokens { id: text("id-token"), refresh: text("refresh-token") }),
        })
    }

    /// The ID token and when it ends; asks the issuer for a new one if it has ended.
    ///
    /// # Errors
    /// There is none and none can be had. Nothing that the issuer says is repeated.
    pub(crate) async fn token(&self) -> Result<(String, Option<Timestamp>)> {
        let mut tokens = self.tokens.lock().await;
        if let Some(end) = end_of(&tokens.id).filter(|end| Timestamp::now() + SignedDuration::from_secs(10) < *end) {
            return Ok((tokens.id.clone(), Some(end)));
        }
        if tokens.refresh.is_empty() {
            return Err(told("No valid id-token, and cannot refresh without refresh-token"));
        }
        let place = format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'));
        let metadata = self.ask(&place, None, String::new()).await?;
        let endpoint = metadata["token_endpoint"].as_str().ok_or_else(|| told("the issuer has no token endpoint"))?;
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (id, secret) = (encode(&self.client_id), encode(&self.client_secret));
        let form = format!("grant_type=refresh_token&refresh_token={}", encode(&tokens.refresh));
        // As Go's oauth2: the client's name in a header, or, where the issuer refuses that, in the form.
        let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
        let given = match self.ask(endpoint, Some(&basic), form.clone()).await {
            Ok(given) => given,
            Err(_) => self.ask(endpoint, None, format!("{form}&client_id={id}&client_secret={secret}")).await?,
        };
        let new = given["id_token"].as_str().ok_or_else(|| told("the issuer returned no ID token"))?;
        new.clone_into(&mut tokens.id);
        if let Some(refresh) = given["refresh_token"].as_str() {
            refresh.clone_into(&mut tokens.refresh);
        }
        Ok((tokens.id.clone(), end_of(&tokens.id)))
    }

    /// Asks for JSON: by POST if there is a form.
    async fn ask(&self, place: &str, authorization: Option<&str>, form: String) -> Result<Value> {
        let uri: Uri = place.parse().map_err(|_| told("the issuer's address is not a URL"))?;
        let (Some("https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(told("the issuer's address is not https"));
        };
        let server: Uri =
            format!("https://{authority}").parse().map_err(|_| told("the issuer's address is not a URL"))?;
        let mut config = Config::new(server);
        config.root_cert.clone_from(&self.trusted);
        config.proxy_url = proxy(None, &config.cluster_url, &self.environment)?;
        config.connect_timeout = Some(MAX_WAIT);
        let host = authority.host().to_owned();
        let failed = |why: String| told(&format!("cannot reach the issuer `{host}`")).cause(why);
        let (client, _) = client(config, None).map_err(|error| failed(error.to_string()))?;
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder().uri(path).header(ACCEPT, "application/json");
        if !form.is_empty() {
            request = request.method("POST").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request =
            request.body(Body::from(form.into_bytes())).map_err(|_| told("the issuer's address is not a URL"))?;
        let answer = async {
            let response = client.send(request).await.map_err(|error| failed(causes(&error)))?;
            let status = response.status();
            if !status.is_success() {
                return Err(failed(format!("the issuer answered {status}")));
            }
            let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
            Ok(body.map_err(|_| failed("the answer is incomplete or too large".to_owned()))?.to_bytes())
        };
        let answer = timeout(MAX_WAIT, answer).await.map_err(|_| failed("no answer within 30s".to_owned()))??;
        serde_json::from_slice(&answer).map_err(|_| failed("the answer is not JSON".to_owned()))
    }
}

fn told(cause: &str) -> Error {
    Error::new("cannot use the credentials of the kubeconfig").cause(format!("OIDC: {cause}"))
}

/// The innermost cause, which tells what is wrong with a connection.
fn causes(error: &dyn std::error::Error) -> String {
    let mut last: &dyn std::error::Error = error;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// When a token ends, by its own claim; nothing where it is no token.
fn end_of(token: &str) -> Option<Timestamp> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?.trim_end_matches('=')).ok()?;
    let claims: Value = serde_json::from_slice(&claims).ok()?;
    Timestamp::from_second(claims["exp"].as_i64()?).ok()
}
