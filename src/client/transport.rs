//! What requests go through: kube's own layers, over connections that send what there is to send at once.
//!
//! kube's ready-made client leaves Nagle's algorithm on. The request that follows a handshake waits then until the
//! server has acknowledged the handshake, which it puts off for 40 ms: with every new connection.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Uri};
use http_body_util::BodyExt;
use hyper::rt::{Read, Write};
use hyper_timeout::TimeoutConnector;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connection, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt};
use kube::{Client, Config};
use percent_encoding::percent_decode_str;
use tower::{BoxError, Service, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

use crate::client::tls;
use crate::error::{Error, Result};

/// How far the server is: the shortest time in which a connection was made, in microseconds.
#[derive(Debug, Clone)]
pub(crate) struct Distance(Arc<AtomicU64>);

impl Distance {
    fn unknown() -> Self {
        Distance(Arc::new(AtomicU64::new(u64::MAX)))
    }

    /// Whether a connection was made within this time. Nothing is known before the first one, nor behind a proxy.
    pub(crate) fn is_within(&self, time: Duration) -> bool {
        u128::from(self.0.load(Ordering::Relaxed)) <= time.as_micros()
    }

    fn note(&self, time: Duration) {
        self.0.fetch_min(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// Makes connections, and notes how long that took.
#[derive(Clone)]
struct Timed<C> {
    inner: C,
    distance: Distance,
}

impl<C> Service<Uri> for Timed<C>
where
    C: Service<Uri>,
    C::Future: Send + 'static,
{
    type Response = C::Response;
    type Error = C::Error;
    type Future = Pin<Box<dyn Future<Output = Result<C::Response, C::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), C::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let (start, distance, made) = (Instant::now(), self.distance.clone(), self.inner.call(uri));
        Box::pin(async move {
            let made = made.await?;
            distance.note(start.elapsed());
            Ok(made)
        })
    }
}

/// A client for the server of `config`, through its proxy if it has one, that sends `authorization` with every request, and
/// how far the server is.
///
/// # Errors
/// Certificates that cannot be used, or a proxy of another kind than `http`, `https` and `socks5`.
pub(crate) fn client(config: Config, authorization: Option<HeaderValue>) -> Result<(Client, Distance)> {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    let distance = Distance::unknown();
    let client = match config.proxy_url.clone() {
        Some(proxy) => through(proxy, tcp, config, authorization)?,
        None => over(Timed { inner: tcp, distance: distance.clone() }, config, authorization)?,
    };
    Ok((client, distance))
}

fn through(proxy: Uri, tcp: HttpConnector, config: Config, authorization: Option<HeaderValue>) -> Result<Client> {
    match proxy.scheme_str() {
        Some("socks5") => over(socks(proxy, tcp), config, authorization),
        Some("http") => over(tunnel(proxy, tcp), config, authorization),
        Some("https") => {
            let tls = tls::connector(&config, tcp)?;
            over(tunnel(proxy, tls), config, authorization)
        }
        _ => Err(Error::new("the scheme of the proxy is neither http, https nor socks5")),
    }
}

fn over<C>(connector: C, config: Config, authorization: Option<HeaderValue>) -> Result<Client>
where
    C: Service<Uri> + Clone + Send + Sync + 'static,
    C::Response: Connection + Read + Write + Send + Unpin + 'static,
    C::Future: Send + 'static,
    C::Error: StdError + Send + Sync + 'static,
{
    let mut connector = TimeoutConnector::new(tls::connector(&config, connector)?);
    connector.set_connect_timeout(config.connect_timeout);
    connector.set_read_timeout(config.read_timeout);
    connector.set_write_timeout(config.write_timeout);
    let headers = config.extra_headers_layer();
    let headers = headers.map_err(|error| Error::new("cannot impersonate this user").because(&error))?;
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .layer(headers)
        .map_request(move |mut request: http::Request<Body>| {
            if let Some(value) = &authorization {
                request.headers_mut().insert(AUTHORIZATION, value.clone());
            }
            request
        })
        .map_err(BoxError::from)
        .map_response(|response: http::Response<_>| response.map(|body| BodyExt::map_err(body, BoxError::from)))
        .service(legacy::Builder::new(TokioExecutor::new()).build::<_, Body>(connector));
    Ok(Client::new(service, config.default_namespace))
}

/// The name and password of a proxy's address, still encoded.
fn user(proxy: &Uri) -> Option<&str> {
    proxy.authority()?.as_str().rsplit_once('@').map(|(user, _)| user)
}

/// A way through a SOCKS proxy, at port 1080 where none is given, as Go's `net/http` has it.
fn socks<C>(proxy: Uri, connector: C) -> SocksV5<C> {
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let user = user(&proxy).map(|user| user.split_once(':').unwrap_or((user, "")));
    let user = user.map(|(name, password)| (plain(name), plain(password)));
    let host = proxy.host().unwrap_or_default();
    let address = Uri::builder().scheme("socks5").path_and_query("/");
    let address = address.authority(format!("{host}:{}", proxy.port_u16().unwrap_or(1080))).build().unwrap_or(proxy);
    let socks = SocksV5::new(address, connector);
    match user {
        Some((name, password)) => socks.with_auth(name, password),
        None => socks,
    }
}

/// A way through a proxy, with the name and password of its address.
fn tunnel<C>(proxy: Uri, connector: C) -> Tunnel<C> {
    let user = user(&proxy).map(|user| STANDARD.encode(percent_decode_str(user).collect::<Vec<u8>>()));
    let header = user.and_then(|user| HeaderValue::from_str(&format!("Basic {user}")).ok());
    let tunnel = Tunnel::new(proxy, connector);
    match header {
        Some(header) => tunnel.with_auth(header),
        None => tunnel,
    }
}
