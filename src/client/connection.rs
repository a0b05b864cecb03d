//! Requests to an API server, with our own patience: what is tried again, how long is waited, how much is taken. Lists
//! are taken while they arrive.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use hyper::body::Bytes;
use jiff::Timestamp;
use kube::Client;
use kube::client::Body;
use tokio::time::{Instant, sleep, timeout};

use crate::client::answer_headers::{retry_after, warning_text};
use crate::client::api_path::ApiPath;
use crate::client::connection_errors::{causes, is_connect, not_logged_in, unreachable};
use crate::client::kubeconfig::Target;
use crate::client::server_address::place;
use crate::client::sign_in::{Session, sign_in};
use crate::error::{Error, Result};
use crate::model::message::server::{is_of_size, is_of_webhook_down};
use crate::model::wire::protobuf;

/// How long a server is waited for, and how often it is asked.
#[derive(Debug, Clone)]
pub struct Patience {
    /// For one request with its answer, if the user bounds that.
    pub request: Option<Duration>,
    /// For the next sign of life. A server gives up on a list after 60 seconds itself.
    pub silence: Duration,
    /// How often one request is tried in all, where trying again can help.
    pub attempts: u32,
    /// Before the second attempt; doubled each time.
    pub pause: Duration,
    /// The longest pause, also where the server asks for more.
    pub longest_pause: Duration,
    /// The longest time that is spent in pauses until some request is answered well: then each is tried once.
    pub all_pauses: Duration,
    /// A server to which a connection takes longer is asked to compress. Packing 1 MB costs the server 10 ms of a core
    /// (gzip level 1, measured at Kubernetes 1.36.3), which only a slow way gives back.
    pub compressed_beyond: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Patience {
            request: None,
            silence: Duration::from_secs(75),
            attempts: 6,
            pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(30),
            all_pauses: Duration::from_secs(30),
            compressed_beyond: Duration::from_millis(5),
        }
    }
}

/// What came of a request that a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub code: u16,
    /// Empty where a list is on its way instead.
    pub body: Vec<u8>,
    /// The list that was asked for.
    pub list: Option<Incoming>,
}

/// A list on its way.
#[derive(Debug)]
pub(crate) struct Incoming {
    body: Body,
    /// It is protobuf, as opposed to JSON.
    pub is_protobuf: bool,
    deadline: Option<(Instant, Duration)>,
}

/// What a request is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub method: &'a Method,
    pub path: &'a ApiPath,
    pub media: Media,
    pub body: &'a [u8],
    pub taken: Taken,
}

/// How the answer is taken.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Taken {
    /// Whole, up to so many bytes.
    Whole(usize),
    /// As a list, while it arrives. `tried` counts the attempts at it before. Where less can be asked for, an answer that
    /// the list is too much is the caller's, once the pause that the server asks for is over.
    List { tried: u32, is_divisible: bool },
}

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum RequestError {
    /// Nothing else can be asked either: no way to the server, or no credentials.
    Fatal(Error),
    /// This request failed.
    Failed(String),
    /// The user's time for one request was over before.
    Late(String),
    /// The answer is larger than what is taken.
    TooLarge,
}

/// What a body is, and which answer is accepted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Media {
    pub body: &'static str,
    pub accept: &'static str,
}

/// The largest refusal that is taken, in bytes.
const MAX_REFUSAL: usize = 1 << 20;

/// JSON both ways.
pub(crate) const JSON: Media = Media { body: "application/json", accept: "application/json" };

/// A way to an API server.
pub struct Connection {
    target: Target,
    patience: Patience,
    place: String,
    session: tokio::sync::Mutex<Session>,
    /// A server was there: what fails now may come back.
    answered: AtomicBool,
    /// Milliseconds spent in pauses since a request was answered well.
    paused: AtomicU64,
    warnings: Mutex<BTreeSet<String>>,
    bytes: AtomicU64,
}

impl Connection {
    /// Signs in, asking the credential plugin if there is one. Nothing is sent to the server yet.
    ///
    /// # Errors
    /// A sentence for credentials, certificates or a proxy that cannot be used.
    pub async fn open(target: Target, patience: Patience) -> Result<Connection> {
        let patience = Patience { request: target.request_timeout.or(patience.request), ..patience };
        let session = sign_in(&target, 0).await?;
        Ok(Connection {
            place: place(&target.config.cluster_url),
            target,
            patience,
            session: tokio::sync::Mutex::new(session),
            answered: AtomicBool::new(false),
            paused: AtomicU64::new(0),
            warnings: Mutex::default(),
            bytes: AtomicU64::new(0),
        })
    }

    /// The client, for what is more than reading.
    pub async fn client(&self) -> Client {
        self.session.lock().await.client.clone()
    }

    /// What was chosen: context, cluster, user, namespace.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The server, as `https://host:port`.
    pub fn server(&self) -> &str {
        &self.place
    }

    /// What the server warned of, each once.
    pub fn take_warnings(&self) -> BTreeSet<String> {
        self.warnings.lock().map(|mut warnings| std::mem::take(&mut *warnings)).unwrap_or_default()
    }

    /// How many bytes of answers came so far, unpacked.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    pub(crate) async fn get(&self, path: &ApiPath, most: usize) -> Result<Answer, RequestError> {
        self.ask(Method::GET, path, &[], most).await
    }

    /// Sends a request that changes nothing, so that it may be sent again.
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &ApiPath,
        body: &[u8],
        most: usize,
    ) -> Result<Answer, RequestError> {
        self.send(method, path, JSON, body, most).await
    }

    /// Sends an idempotent request and retries it. `media` names the media types of the body and of the accepted answer.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &ApiPath,
        media: Media,
        body: &[u8],
        most: usize,
    ) -> Result<Answer, RequestError> {
        self.request(Ask { method: &method, path, media, body, taken: Taken::Whole(most) }).await
    }

    /// Sends an idempotent request and retries it.
    pub(crate) async fn request(&self, ask: Ask<'_>) -> Result<Answer, RequestError> {
        let (tried, is_divisible) = match ask.taken {
            Taken::List { tried, is_divisible } => (tried, is_divisible),
            Taken::Whole(_) => (0, false),
        };
        let mut attempt = 1 + tried;
        let mut signed_in_again = false;
        loop {
            let session = self.session().await.map_err(RequestError::Fatal)?;
            let outcome = self.once(&session, ask).await;
            let last = self.is_last(attempt);
            let pause = self.pause(attempt);
            let wait = match outcome {
                Ok((answer, headers)) => {
                    self.answered.store(true, Ordering::Relaxed);
                    self.note_warnings(&headers);
                    match answer.code {
                        401 if self.target.plugin.is_some() && !signed_in_again => {
                            signed_in_again = true;
                            self.sign_in_again(session.number).await.map_err(RequestError::Fatal)?;
                            continue;
                        }
                        401 => return Err(RequestError::Fatal(not_logged_in(&self.target, &answer.body))),
                        // A webhook was waited for by the server; once more is enough.
                        500 if attempt > 1 && is_of_webhook_down(&answer.body) => {
                            return Ok(answer);
                        }
                        code if is_divisible && !last && is_too_much(code, &answer.body) => {
                            self.rest(retry_after(&headers).unwrap_or(pause)).await;
                            return Ok(answer);
                        }
                        429 | 500 | 502 | 503 | 504 if !last => retry_after(&headers).unwrap_or(pause),
                        code => {
                            if code < 429 {
                                self.paused.store(0, Ordering::Relaxed);
                            }
                            return Ok(answer);
                        }
                    }
                }
                Err(Once::Lost(error)) => {
                    let refused = is_connect(&error) && !self.answered.load(Ordering::Relaxed);
                    if refused {
                        return Err(RequestError::Fatal(unreachable(&self.target, &error)));
                    }
                    if last && !self.answered.load(Ordering::Relaxed) {
                        return Err(RequestError::Fatal(unreachable(&self.target, &error)));
                    }
                    if last {
                        let causes = causes(&error).join(": ");
                        let times = if attempt == 1 { String::new() } else { format!(" {attempt} times, last") };
                        return Err(RequestError::Failed(format!("the connection broke{times}: {causes}")));
                    }
                    pause
                }
                // A server that says nothing for so long will hardly do better a third time.
                Err(Once::Silent(after)) if last || attempt >= 2 => {
                    return Err(self.without_answer(silent(after), RequestError::Failed));
                }
                Err(Once::Silent(_)) => pause,
                Err(Once::Late(after)) => return Err(self.without_answer(late(after), RequestError::Late)),
                Err(Once::TooLarge) => return Err(RequestError::TooLarge),
                Err(Once::NoRequest(error)) => return Err(RequestError::Failed(error)),
            };
            self.rest(wait).await;
            attempt += 1;
        }
    }

    /// The next piece of a list; nothing at its end. Whether a list that broke is asked for again, the caller decides.
    pub(crate) async fn next(&self, list: &mut Incoming) -> Result<Option<Bytes>, Interrupted> {
        loop {
            let frame = match self.in_time(list.deadline, list.body.frame()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(error))) => {
                    let causes = causes(&kube::Error::Service(Box::new(error))).join(": ");
                    return Err(Interrupted::Lost(format!("the connection broke: {causes}")));
                }
                Err(Once::Late(after)) => return Err(Interrupted::Late(late(after))),
                Err(Once::Silent(after)) => return Err(Interrupted::Silent(silent(after))),
                Err(_) => return Ok(None),
            };
            if let Ok(data) = frame.into_data() {
                self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
                return Ok(Some(data));
            }
        }
    }

    /// Pauses before another attempt, after so many; false where it would be one too many.
    pub(crate) async fn may_try_again(&self, attempts: u32) -> bool {
        if self.is_last(attempts) {
            return false;
        }
        self.rest(self.pause(attempts)).await;
        true
    }

    fn is_last(&self, attempt: u32) -> bool {
        attempt >= self.patience.attempts || self.is_out_of_patience()
    }

    /// How long to wait after so many attempts, where the server does not say.
    fn pause(&self, attempts: u32) -> Duration {
        self.patience.pause * 2u32.saturating_pow(attempts.saturating_sub(1))
    }

    async fn rest(&self, wait: Duration) {
        let wait = wait.min(self.patience.longest_pause);
        self.paused.fetch_add(u64::try_from(wait.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        sleep(wait).await;
    }

    /// Whether so much time went by in pauses, and nothing was answered well meanwhile, that trying again is left.
    fn is_out_of_patience(&self) -> bool {
        u128::from(self.paused.load(Ordering::Relaxed)) >= self.patience.all_pauses.as_millis()
    }

    /// A request that nobody answered in time; where nobody ever answered any, the next will not be answered either.
    fn without_answer(&self, why: String, otherwise: fn(String) -> RequestError) -> RequestError {
        match self.answered.load(Ordering::Relaxed) {
            true => otherwise(why),
            false => {
                RequestError::Fatal(Error::new(format!("unable to connect to the server {}", self.place)).cause(why))
            }
        }
    }

    /// Sends once, and takes the whole answer, unless it is a list.
    async fn once(&self, session: &Session, ask: Ask<'_>) -> Result<(Answer, HeaderMap), Once> {
        let mut request = Request::builder()
            .method(ask.method.clone())
            .uri(ask.path.as_str())
            .header(http::header::ACCEPT, ask.media.accept)
            .header(http::header::CONTENT_TYPE, ask.media.body);
        if session.distance.is_within(self.patience.compressed_beyond) {
            request = request.header(http::header::ACCEPT_ENCODING, "identity");
        }
        let request =
            request.body(Body::from(ask.body.to_vec())).map_err(|error| Once::NoRequest(error.to_string()))?;
        let deadline = self.patience.request.map(|within| (Instant::now() + within, within));
        let response = self.in_time(deadline, session.client.send(request)).await?.map_err(Once::Lost)?;
        let (parts, mut stream) = response.into_parts();
        let code = parts.status.as_u16();
        let media_type = parts.headers.get(http::header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_protobuf = media_type.is_some_and(|media_type| media_type.starts_with(protobuf::MEDIA_TYPE));
        let most = match ask.taken {
            Taken::List { .. } if code == 200 => {
                let list = Some(Incoming { body: stream, is_protobuf, deadline });
                return Ok((Answer { code, body: Vec::new(), list }, parts.headers));
            }
            // A refusal.
            Taken::List { .. } => MAX_REFUSAL,
            Taken::Whole(most) => most,
        };
        // What says beforehand that it is too large is not begun.
        let length =
            parts.headers.get(http::header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if length.is_some_and(|length: u64| length > most as u64) {
            return Err(Once::TooLarge);
        }
        let mut body = Vec::new();
        while let Some(frame) = self.in_time(deadline, stream.frame()).await? {
            let frame = frame.map_err(|error| Once::Lost(kube::Error::Service(Box::new(error))))?;
            let Some(data) = frame.data_ref() else { continue };
            if body.len() + data.len() > most {
                return Err(Once::TooLarge);
            }
            body.extend_from_slice(data);
            self.bytes.fetch_add(data.len() as u64, Ordering::Relaxed);
        }
        let body = if is_protobuf { protobuf::status(&body).unwrap_or(body) } else { body };
        Ok((Answer { code, body, list: None }, parts.headers))
    }

    /// Waits for the next thing, as long as patience lasts.
    async fn in_time<T>(
        &self,
        deadline: Option<(Instant, Duration)>,
        next: impl Future<Output = T>,
    ) -> Result<T, Once> {
        let silence = self.patience.silence;
        match deadline {
            Some((end, within)) if end < Instant::now() + silence => {
                let left = end.saturating_duration_since(Instant::now());
                timeout(left, next).await.map_err(|_| Once::Late(within))
            }
            _ => timeout(silence, next).await.map_err(|_| Once::Silent(silence)),
        }
    }

    /// The session, renewed where its credentials are about to end.
    async fn session(&self) -> Result<Session> {
        let mut session = self.session.lock().await;
        let soon = jiff::SignedDuration::from_secs(10);
        if session.expires.is_some_and(|end| Timestamp::now() + soon >= end) {
            *session = sign_in(&self.target, session.number + 1).await?;
        }
        Ok(session.clone())
    }

    async fn sign_in_again(&self, number: u32) -> Result<()> {
        let mut session = self.session.lock().await;
        if session.number == number {
            *session = sign_in(&self.target, number + 1).await?;
        }
        Ok(())
    }

    fn note_warnings(&self, headers: &HeaderMap) {
        const MOST: usize = 100;
        for value in headers.get_all(http::header::WARNING) {
            let Some(text) = value.to_str().ok().and_then(warning_text) else { continue };
            if let Ok(mut warnings) = self.warnings.lock()
                && warnings.len() < MOST
            {
                warnings.insert(text);
            }
        }
    }
}

/// Why a list ended before its end.
#[derive(Debug)]
pub(crate) enum Interrupted {
    /// The connection broke.
    Lost(String),
    /// No sign of life for so long.
    Silent(String),
    /// The user's time for one request is over.
    Late(String),
}

fn silent(after: Duration) -> String {
    format!("the server did not answer within {}s", after.as_secs_f32())
}

fn late(after: Duration) -> String {
    format!("no answer within the request timeout of {}s", after.as_secs_f32())
}

/// Whether a server says that what it was asked for is too much at a time: it limits its clients, ran out of time, or holds
/// a limit of its own (etcd's and gRPC's for one message).
fn is_too_much(code: u16, body: &[u8]) -> bool {
    match code {
        413 | 429 | 504 => true,
        500 => is_of_size(body),
        _ => false,
    }
}

/// How one attempt failed.
enum Once {
    /// The connection could not be made, or broke.
    Lost(kube::Error),
    /// No sign of life for so long.
    Silent(Duration),
    /// The user's time for one request is over.
    Late(Duration),
    TooLarge,
    /// It cannot even be asked.
    NoRequest(String),
}
