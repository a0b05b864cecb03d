//! TLS of a connection: who is trusted, and the certificate that is shown.
//!
//! kube could do this, too. Its connector runs the programs of a kubeconfig for itself to see whether they give a
//! certificate; here every program is run by [`crate::client::credential`], which the user's policy governs.

use std::sync::Arc;

use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use kube::Config;
use kube::config::AuthInfo;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ClientConfig, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::{self, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_platform_verifier::Verifier;

use crate::client::certificates::{Unread, bytes};
use crate::client::secret_fields::secret;
use crate::error::{Error, Result};

/// A connector that speaks TLS over `inner` to `https` servers, as `config` wants it: its certificate authority (else the
/// system's), its client certificate, and the name to look for in the server's certificate.
///
/// # Errors
/// A certificate or key that cannot be read or used.
pub(crate) fn connector<C>(config: &Config, inner: C) -> Result<HttpsConnector<C>> {
    let builder = HttpsConnectorBuilder::new().with_tls_config(client_config(config)?).https_or_http();
    let builder = match config.tls_server_name.clone() {
        Some(name) => {
            let name = ServerName::try_from(name);
            let name = name.map_err(|error| Error::new("cannot use the `tls-server-name`").because(&error))?;
            builder.with_server_name_resolver(FixedServerNameResolver::new(name))
        }
        None => builder,
    };
    Ok(builder.enable_http1().wrap_connector(inner))
}

fn client_config(config: &Config) -> Result<ClientConfig> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(config, &provider)?;
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| Error::new("cannot set up TLS").because(&error))?;
    let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
    match identity(&config.auth_info)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .map_err(|error| unusable().cause("the client key cannot be used").because(&error)),
        None => Ok(builder.with_no_client_auth()),
    }
}

/// Who decides whether the server's certificate is to be trusted.
fn verifier(config: &Config, provider: &Arc<CryptoProvider>) -> Result<Arc<dyn ServerCertVerifier>> {
    if config.accept_invalid_certs {
        return Ok(Arc::new(AnyCertificate(Arc::clone(provider))));
    }
    let Some(trusted) = &config.root_cert else {
        let system = Verifier::new(Arc::clone(provider));
        let system = system.map_err(|error| Error::new("cannot use the system's certificates").because(&error))?;
        return Ok(Arc::new(system));
    };
    let refused = || Error::new("cannot use the cluster's certificate authority");
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(CertificateDer::from(certificate.clone())).map_err(|error| refused().because(&error))?;
    }
    let builder = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider));
    Ok(builder.build().map_err(|error| refused().because(&error))?)
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The client certificate with its chain, and its key. Both stand in files or in the kubeconfig.
fn identity(user: &AuthInfo) -> Result<Option<Identity>> {
    let certificate_data = user.client_certificate_data.as_deref();
    let certificate = part("client certificate", certificate_data, user.client_certificate.as_deref())?;
    let key = part("client key", secret(user, "client-key-data").as_deref(), user.client_key.as_deref())?;
    let (Some(certificate), Some(key)) = (certificate, key) else { return Ok(None) };
    let mut chain = Vec::new();
    let mut keys = [None, None, None];
    for text in [key, certificate] {
        let mut rest = &text[..];
        loop {
            // What the parser says may quote the text.
            let section = pem::from_buf(&mut rest).map_err(|_| unusable().cause("a certificate or key is not PEM"))?;
            let Some((kind, der)) = section else { break };
            match kind {
                SectionKind::Certificate => chain.push(CertificateDer::from(der)),
                SectionKind::PrivateKey => keys[0] = Some(PrivateKeyDer::Pkcs8(der.into())),
                SectionKind::RsaPrivateKey => keys[1] = Some(PrivateKeyDer::Pkcs1(der.into())),
                SectionKind::EcPrivateKey => keys[2] = Some(PrivateKeyDer::Sec1(der.into())),
                _ => {}
            }
        }
    }
    let key = keys.into_iter().flatten().next();
    let key = key.ok_or_else(|| unusable().cause("the client key holds no private key in PEM"))?;
    match chain.is_empty() {
        true => Err(unusable().cause("the client certificate holds no certificate in PEM")),
        false => Ok(Some((chain, key))),
    }
}

/// The text of a certificate or key: base64 in the kubeconfig, else a file.
fn part(what: &str, data: Option<&str>, file: Option<&str>) -> Result<Option<Vec<u8>>> {
    let file = file.unwrap_or_default();
    bytes(data.unwrap_or_default(), file).map_err(|why| match why {
        Unread::NotBase64 => unusable().cause(format!("the {what} is not base64")),
        Unread::File(error) => unusable().cause(format!("cannot read the {what} `{file}`")).because(&error),
    })
}

fn unusable() -> Error {
    Error::new("cannot use the credentials of the kubeconfig")
}

/// Trusts every server: `insecure-skip-tls-verify`. A signature by a certificate that nobody vouches for proves nothing,
/// and old certificates that Go takes could not be read to check it.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer,
        _: &[CertificateDer],
        _: &ServerName,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
