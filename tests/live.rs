//! Reading from an API server, against one on the loopback that misbehaves in every way that servers, proxies and
//! networks do.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use kubectl_daemonset::client::admission::would_admit;
use kubectl_daemonset::client::logs::{LastLines, LogOf, last_lines};
use kubectl_daemonset::client::{Connection, Environment, Flags, Found, Patience, Query, Reader, Secret, Target};
use kubectl_daemonset::error::Error;
use kubectl_daemonset::investigate::Admitted;
use kubectl_daemonset::model::wire::Kind;
use kubectl_daemonset::store::Coverage;
use kubectl_daemonset::store::{ItemSink, ListKind, Origin, Taken, TakenKind};

/// One request as the server saw it.
#[derive(Debug, Clone)]
struct Subject {
    method: String,
    path: String,
    query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    body: String,
}

/// What the server does.
enum Reply {
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Announces the whole body, sends half and closes.
    Cut(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Says nothing, for as long as the test lasts.
    Silence,
    /// Sends the head and half the body, then nothing.
    Stall(Vec<u8>),
    /// Sends this over and over, so many times.
    Flood(&'static [u8], usize),
}

fn json(code: u16, value: &serde_json::Value) -> Reply {
    Reply::Answer(code, Vec::new(), value.to_string().into_bytes())
}

type Handler = dyn Fn(&Subject, usize) -> Reply + Send + Sync;

/// An API server of the test's own making; it ends with the test.
struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Subject>>>,
}

impl Server {
    /// Answers by the handler, which gets the request and how many came before it.
    fn new(handler: impl Fn(&Subject, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, handler): (_, Arc<Handler>) = (Arc::clone(&asked), Arc::new(handler));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, handler) = (Arc::clone(&seen), Arc::clone(&handler));
                // A client that goes away in the middle is part of the tests.
                std::thread::spawn(move || drop(serve(stream.unwrap(), &seen, &*handler)));
            }
        });
        Server { port, asked }
    }

    fn flags(&self) -> Flags {
        Flags { server: Some(format!("http://127.0.0.1:{}", self.port)), ..Flags::default() }
    }

    fn asked(&self) -> Vec<Subject> {
        self.asked.lock().unwrap().clone()
    }

    async fn reader(&self) -> Reader {
        self.reader_as(&self.flags(), Patience::default()).await.unwrap()
    }

    async fn reader_as(&self, flags: &Flags, patience: Patience) -> Result<Reader, Error> {
        // Credentials are kept for TLS alone, which this server does not speak: it is put in the place of one that does.
        let secure = format!("https://127.0.0.1:{}", self.port);
        let flags = Flags { server: Some(secure), ..flags.clone() };
        let mut target = Target::choose(&flags, &Environment::default())?;
        target.config.cluster_url = format!("http://127.0.0.1:{}", self.port).parse().expect("an address");
        let patience =
            Patience { pause: Duration::from_millis(5), longest_pause: Duration::from_millis(1500), ..patience };
        Ok(Reader::new(Arc::new(Connection::open(target, patience).await?)))
    }
}

fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Subject>>, handler: &Handler) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let mut words = line.split_whitespace();
        let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default());
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let query = query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
        let mut headers = BTreeMap::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            let Some((name, value)) = header.trim_end().split_once(": ") else { break };
            headers.insert(name.to_ascii_lowercase(), value.to_owned());
        }
        let length = headers.get("content-length").and_then(|l| l.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        let body = String::from_utf8_lossy(&body).into_owned();
        let asked = Subject { method, path: path.to_owned(), query, headers, body };
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(asked.clone());
            seen.len() - 1
        };
        let head = |code: u16, length: usize| {
            format!("HTTP/1.1 {code} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n")
        };
        match handler(&asked, before) {
            Reply::Answer(code, more, body) => {
                let mut head = head(code, body.len());
                if more.iter().any(|(name, _)| *name == "content-type") {
                    head = head.replace("content-type: application/json\r\n", "");
                }
                let more: String = more.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                stream.write_all(format!("{head}{more}\r\n").as_bytes())?;
                stream.write_all(&body)?;
            }
            Reply::Cut(body) => {
                stream.write_all(format!("{}\r\n", head(200, body.len())).as_bytes())?;
                stream.write_all(&body[..body.len() / 2])?;
                return stream.shutdown(std::net::Shutdown::Both);
            }
            Reply::Close => return stream.shutdown(std::net::Shutdown::Both),
            Reply::Silence => std::thread::sleep(Duration::from_secs(60)),
            Reply::Stall(body) => {
                stream.write_all(format!("{}\r\n", head(200, body.len())).as_bytes())?;
                stream.write_all(&body[..body.len() / 2])?;
                std::thread::sleep(Duration::from_secs(60));
            }
            Reply::Flood(piece, times) => {
                stream.write_all(format!("{}\r\n", head(200, piece.len() * times)).as_bytes())?;
                for _ in 0..times {
                    stream.write_all(piece)?;
                }
            }
        }
    }
}

/// Notes names.
#[derive(Default)]
struct Names(Vec<String>);

impl ItemSink for Names {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, _: &Origin) -> Result<Taken, serde_json::Error> {
        let mut values = serde_json::Deserializer::from_slice(json).into_iter::<serde_json::Value>();
        let value = values.next().expect("the reader gives no empty text")?;
        let kind = value["kind"].as_str().or_else(|| list?.of_items()).unwrap_or("?");
        let namespace = value["metadata"]["namespace"].as_str().map(|n| format!("{n}/")).unwrap_or_default();
        self.0.push(format!("{kind} {namespace}{}", value["metadata"]["name"].as_str().unwrap_or("?")));
        Ok(Taken { bytes: values.byte_offset(), kind: TakenKind::Known })
    }
}

/// The pods that the server has, in the order of their keys.
fn pods() -> Vec<(String, String)> {
    let mut pods = Vec::new();
    for namespace in ["a-b", "a", "c"] {
        pods.extend((0..400).map(|i| (namespace.to_owned(), format!("p{i:03}"))));
    }
    pods
}

fn names() -> Vec<String> {
    pods().iter().map(|(namespace, name)| format!("Pod {namespace}/{name}")).collect()
}

/// A page of the pods behind `continue`, which is an offset here; all of them without a limit.
fn page(asked: &Subject) -> serde_json::Value {
    let number = |name: &str| asked.query.get(name).and_then(|v| v.trim_start_matches('t').parse().ok());
    let (start, limit): (usize, usize) = (number("continue").unwrap_or(0), number("limit").unwrap_or(usize::MAX));
    let pods = pods();
    let end = start.saturating_add(limit).min(pods.len());
    let items: Vec<_> = pods[start..end]
        .iter()
        .map(|(namespace, name)| serde_json::json!({"metadata": {"namespace": namespace, "name": name}}))
        .collect();
    let next = if end < pods.len() { format!("t{end}") } else { String::new() };
    serde_json::json!({"kind": "PodList", "apiVersion": "v1", "metadata": {"continue": next}, "items": items})
}

fn status(code: u16, reason: &str, message: &str) -> Reply {
    json(code, &serde_json::json!({"kind": "Status", "code": code, "reason": reason, "message": message}))
}

async fn list(reader: &Reader) -> (Result<Coverage, String>, Vec<String>) {
    let mut sink = Names::default();
    let outcome = reader.list(&Query::all(Kind::Pod), &mut sink).await;
    (outcome.map_err(|error| error.to_string()), sink.0)
}

/// The list must be whole, each object once, whatever the server does on the way.
async fn survives(what: &str, handler: impl Fn(&Subject, usize) -> Reply + Send + Sync + 'static) -> Vec<Subject> {
    let server = Server::new(handler);
    let (outcome, got) = list(&server.reader().await.with_pages(100)).await;
    assert_eq!(outcome, Ok(Coverage::Whole), "{what}");
    assert!(got == names(), "{what}: {} of {} objects", got.len(), names().len());
    server.asked()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_come_in_pages_of_500_without_a_resource_version() {
    let server = Server::new(|asked, _| json(200, &page(asked)));
    let reader = server.reader().await;
    let (outcome, got) = list(&reader).await;
    assert_eq!(outcome, Ok(Coverage::Whole));
    assert!(got == names());
    let asked = server.asked();
    let pages: Vec<_> = asked.iter().map(|a| (a.path.as_str(), a.query.get("continue").map(String::as_str))).collect();
    assert_eq!(pages, [("/api/v1/pods", None), ("/api/v1/pods", Some("t500")), ("/api/v1/pods", Some("t1000"))]);
    for asked in &asked {
        assert_eq!(asked.query.get("limit").map(String::as_str), Some("500"));
        assert!(!asked.query.contains_key("resourceVersion"));
        assert!(asked.headers["user-agent"].starts_with("kubectl-daemonset/"), "{:?}", asked.headers);
        assert_eq!(asked.method, "GET");
    }
    assert_eq!(reader.objects(), 1200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_are_asked_as_they_are_meant() {
    let server = Server::new(|_, _| json(200, &serde_json::json!({"kind": "List", "items": []})));
    let reader = server.reader().await;
    let query =
        Query::all(Kind::Pod).in_namespace("logging").with_labels("app in (a, b),!c").with_fields("spec.nodeName=n&1");
    reader.list(&query, &mut Names::default()).await.unwrap();
    reader.list(&Query::all(Kind::CSINode), &mut Names::default()).await.unwrap();
    reader.list(&Query::all(Kind::PodDisruptionBudget), &mut Names::default()).await.unwrap();
    let asked = server.asked();
    assert_eq!(asked[0].path, "/api/v1/namespaces/logging/pods");
    assert_eq!(asked[0].query["labelSelector"], "app%20in%20%28a%2C%20b%29%2C%21c");
    assert_eq!(asked[0].query["fieldSelector"], "spec.nodeName%3Dn%261");
    assert_eq!(asked[1].path, "/apis/storage.k8s.io/v1/csinodes");
    assert_eq!(asked[2].path, "/apis/policy/v1/poddisruptionbudgets");
    for name in ["../../x", "a/b", "", "a?b", "..", "a b"] {
        let error = reader.list(&Query::all(Kind::Pod).in_namespace(name), &mut Names::default()).await.unwrap_err();
        assert!(error.message.ends_with("is not a valid namespace name"), "{error}");
    }
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn passing_trouble_is_survived() {
    let asked = survives("busy", |asked, n| {
        if n == 2 { Reply::Answer(429, vec![("retry-after", "1".into())], Vec::new()) } else { json(200, &page(asked)) }
    })
    .await;
    assert_eq!(asked.len(), 13);
    survives(
        "failing",
        |asked, n| if n % 3 == 1 { status(500, "InternalError", "x") } else { json(200, &page(asked)) },
    )
    .await;
    survives("overloaded", |asked, n| if n % 2 == 0 { status(503, "", "") } else { json(200, &page(asked)) }).await;
    survives("cut", |asked, n| {
        if n % 4 == 3 { Reply::Cut(page(asked).to_string().into_bytes()) } else { json(200, &page(asked)) }
    })
    .await;
    survives("closed", |asked, n| if n % 5 == 4 { Reply::Close } else { json(200, &page(asked)) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_is_given_the_time_it_asks_for() {
    let start = Instant::now();
    survives("busy", |asked, n| {
        if n == 0 { Reply::Answer(429, vec![("retry-after", "1".into())], Vec::new()) } else { json(200, &page(asked)) }
    })
    .await;
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_expires_goes_on() {
    let asked = survives("with a token for the rest", |asked, n| match n {
        4 => json(
            410,
            &serde_json::json!({"kind": "Status", "code": 410, "reason": "Expired", "metadata": {"continue": "t400"}}),
        ),
        _ => json(200, &page(asked)),
    })
    .await;
    assert_eq!(asked.len(), 13);
    assert_eq!(asked[5].query["continue"], "t400");
    let asked = survives("from the start", |asked, n| match n {
        5 => status(410, "Expired", "The provided continue parameter is too old"),
        _ => json(200, &page(asked)),
    })
    .await;
    assert_eq!(asked.iter().filter(|a| !a.query.contains_key("continue")).count(), 2);

    let server = Server::new(|asked, _| match asked.query.contains_key("continue") {
        true => status(410, "Expired", "too old"),
        false => json(200, &page(asked)),
    });
    let (outcome, got) = list(&server.reader().await).await;
    let Ok(Coverage::Failed { why }) = outcome else { panic!("{outcome:?}") };
    assert_eq!(why, "the list was read only up to `a/p099`: the list expired 4 times while the pages were read");
    assert!(got == names()[..500]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_are_values_that_name_what_is_needed() {
    let server = Server::new(|asked, _| match asked.path.as_str() {
        "/api/v1/nodes" | "/api/v1/nodes/n" => status(403, "Forbidden", "nodes is forbidden: User \"u\" cannot list"),
        "/apis/resource.k8s.io/v1/deviceclasses" => Reply::Answer(404, Vec::new(), b"404 page not found".to_vec()),
        "/api/v1/nodes/there" => json(200, &serde_json::json!({"kind": "Node", "metadata": {"name": "there"}})),
        "/api/v1/nodes/gone" => status(404, "NotFound", "nodes \"gone\" not found"),
        _ => status(400, "BadRequest", "unable to parse \u{1b}[31m"),
    });
    let reader = server.reader().await;
    let mut sink = Names::default();
    let coverage = async |kind| reader.list(&Query::all(kind), &mut Names::default()).await.unwrap();
    assert_eq!(coverage(Kind::Node).await, Coverage::Forbidden { verb: "list", resource: "nodes" });
    assert_eq!(coverage(Kind::DeviceClass).await, Coverage::Whole);
    assert_eq!(coverage(Kind::Pod).await, Coverage::Failed { why: "unable to parse \u{1b}[31m".into() });
    let forbidden = Found::NotSeen(Coverage::Forbidden { verb: "get", resource: "nodes" });
    assert_eq!(reader.get(Kind::Node, None, "n", &mut sink).await.unwrap(), forbidden);
    assert_eq!(reader.get(Kind::Node, None, "gone", &mut sink).await.unwrap(), Found::Missing);
    assert_eq!(reader.get(Kind::Node, None, "there", &mut sink).await.unwrap(), Found::Here);
    assert_eq!(sink.0, ["Node there"]);
}

/// A page that says 404 to everything is no API server, and its emptiness no fact.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_web_server_is_no_empty_cluster() {
    for reply in [(404, "<html>not here</html>"), (200, "<html>welcome</html>"), (200, "{\"hello\": 1}"), (200, "")] {
        let server = Server::new(move |_, _| Reply::Answer(reply.0, Vec::new(), reply.1.into()));
        let (outcome, got) = list(&server.reader().await).await;
        assert!(matches!(outcome, Ok(Coverage::Failed { .. })), "{reply:?}: {outcome:?}");
        assert!(got.is_empty() || got == ["? ?"], "{got:?}");
        assert!(!format!("{outcome:?}").contains("welcome"), "the body is shown: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_ends_in_a_sentence() {
    let patience = || Patience { silence: Duration::from_millis(300), ..Patience::default() };
    let start = Instant::now();
    let server = Server::new(|_, _| Reply::Silence);
    let (outcome, _) = list(&server.reader_as(&server.flags(), patience()).await.unwrap()).await;
    assert!(outcome.is_err(), "{outcome:?}");

    let server = Server::new(|asked, n| match n {
        0 => json(200, &page(asked)),
        _ => Reply::Stall(page(asked).to_string().into_bytes()),
    });
    let (outcome, got) = list(&server.reader_as(&server.flags(), patience()).await.unwrap()).await;
    let Ok(Coverage::Failed { why }) = outcome else { panic!("{outcome:?}") };
    // Half of the second page has arrived.
    assert!(why.starts_with("the list was read only up to `a/p"), "{why}");
    assert!(why.ends_with(": the server did not answer within 0.3s"), "{why}");
    assert!((500..1000).contains(&got.len()) && got == names()[..got.len()], "{} objects", got.len());

    let server = Server::new(|_, _| Reply::Silence);
    let flags = Flags { request_timeout: Some(Duration::from_millis(200)), ..server.flags() };
    let (outcome, _) = list(&server.reader_as(&flags, Patience::default()).await.unwrap()).await;
    let why = outcome.unwrap_err();
    assert!(why.ends_with(": no answer within the request timeout of 0.2s"), "{why}");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_without_end_ends() {
    for (what, reply) in [("503", 503), ("429", 429), ("closed", 0)] {
        let server = Server::new(move |_, _| if reply == 0 { Reply::Close } else { status(reply, "x", "try later") });
        let (outcome, _) = list(&server.reader().await).await;
        // Where nobody ever answered there is no server.
        let failed = if reply == 0 { outcome.is_err() } else { matches!(outcome, Ok(Coverage::Failed { .. })) };
        assert!(failed, "{what}: {outcome:?}");
        assert!(server.asked().len() <= 6, "{what}: asked {} times", server.asked().len());
    }
}

/// A server that is down fails every request; that is not found out anew, a minute long, for each.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn patience_ends_and_comes_back() {
    let server = Server::new(|asked, n| match n {
        // The third list is tried once. What is answered well gives the patience back.
        0..13 | 16.. => status(503, "x", "later"),
        _ => json(200, &page(asked)),
    });
    let patience = Patience { all_pauses: Duration::from_millis(300), ..Patience::default() };
    let reader = server.reader_as(&server.flags(), patience).await.unwrap();
    // Six attempts take 155 ms in pauses.
    let mut asked = Vec::new();
    for _ in 0..5 {
        let before = server.asked().len();
        let (outcome, _) = list(&reader).await;
        asked.push((server.asked().len() - before, matches!(outcome, Ok(Coverage::Whole))));
    }
    assert_eq!(asked, [(6, false), (6, false), (1, false), (3, true), (6, false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_is_cut_off() {
    let server = Server::new(|_, _| Reply::Flood(&[b' '; 1 << 16], 1 << 14));
    let start = Instant::now();
    let (outcome, _) = list(&server.reader().await).await;
    assert_eq!(outcome, Ok(Coverage::Failed { why: "the server's answer is larger than 64 MiB".into() }));
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}

/// A server of this version; `handler` answers for lists, by how many were asked for before.
fn of_version(version: &'static str, handler: impl Fn(&Subject, usize) -> Reply + Send + Sync + 'static) -> Server {
    let lists = std::sync::atomic::AtomicUsize::new(0);
    Server::new(move |asked, _| match asked.path.as_str() {
        "/version" => json(200, &serde_json::json!({"gitVersion": version})),
        _ => handler(asked, lists.fetch_add(1, std::sync::atomic::Ordering::SeqCst)),
    })
}

/// Reads the pods as a diagnosis does, and tells how many were asked for at a time.
async fn limits(server: &Server, patience: Patience) -> (Result<Coverage, String>, Vec<String>, Vec<Option<String>>) {
    let reader = server.reader_as(&server.flags(), patience).await.unwrap();
    reader.server_version().await.unwrap();
    let (outcome, got) = list(&reader).await;
    let lists = server.asked().into_iter().filter(|asked| asked.path == "/api/v1/pods");
    (outcome, got, lists.map(|mut asked| asked.query.remove("limit")).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_kindest_way_to_list_is_chosen() {
    let limit = |limit: u32| Some(limit.to_string());
    for (version, expected) in [
        ("v1.36.3", vec![None]),
        ("v1.33.0-eks-1", vec![None]),
        ("v1.32.9", vec![limit(2000)]),
        ("unheard of", vec![limit(500), limit(500), limit(500)]),
    ] {
        let server = of_version(version, |asked, _| json(200, &page(asked)));
        let (outcome, got, limits) = limits(&server, Patience::default()).await;
        assert_eq!((outcome, limits), (Ok(Coverage::Whole), expected), "{version}");
        assert!(got == names(), "{version}");
        assert!(server.asked().iter().all(|asked| !asked.query.contains_key("resourceVersion")));
    }
    // Events are in no cache: a list of all is one of etcd.
    let server = of_version("v1.36.3", |_, _| json(200, &serde_json::json!({"kind": "EventList", "items": []})));
    let reader = server.reader().await;
    reader.server_version().await.unwrap();
    reader.list(&Query::all(Kind::Event), &mut Names::default()).await.unwrap();
    assert_eq!(server.asked()[1].query["limit"], "500");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_is_too_much_is_asked_for_in_parts() {
    let limit = |limit: u32| Some(limit.to_string());
    let whole = |asked: &Subject| !asked.query.contains_key("limit");
    let large = "rpc error: code = ResourceExhausted desc = grpc: trying to send message larger than max (2 vs. 1)";
    for refusal in [(429, ""), (504, ""), (413, ""), (500, large)] {
        let server = of_version("v1.36.3", move |asked, _| match whole(asked) {
            true => status(refusal.0, "x", refusal.1),
            false => json(200, &page(asked)),
        });
        let (outcome, got, limits) = limits(&server, Patience::default()).await;
        assert_eq!(outcome, Ok(Coverage::Whole), "{refusal:?}");
        assert_eq!(limits, [None, limit(500), limit(500), limit(500)], "{refusal:?}");
        assert!(got == names(), "{refusal:?}");
    }
    // A page that is too much becomes smaller, and the list goes on where it is.
    let server = of_version("v1.36.3", move |asked, n| match n {
        0 => status(504, "Timeout", "x"),
        2 => status(429, "TooManyRequests", "x"),
        _ => json(200, &page(asked)),
    });
    let (outcome, got, limits) = limits(&server, Patience::default()).await;
    assert_eq!((outcome, got == names()), (Ok(Coverage::Whole), true));
    assert_eq!(limits[..4], [None, limit(500), limit(500), limit(100)]);
    assert_eq!(server.asked()[4].query["continue"], "t500");
    // The pause that the server asks for is made before.
    let server = of_version("v1.36.3", move |asked, n| match n {
        0 => Reply::Answer(429, vec![("retry-after", "1".into())], Vec::new()),
        _ => json(200, &page(asked)),
    });
    let start = Instant::now();
    assert_eq!(limits_of(&server).await, [None, limit(500), limit(500), limit(500)]);
    assert!(start.elapsed() >= Duration::from_secs(1));
    // A server that is busy all the time is left in peace.
    let server = of_version("v1.36.3", |_, _| status(429, "TooManyRequests", "later"));
    assert_eq!(limits_of(&server).await, [None, limit(500), limit(100), limit(100), limit(100), limit(100)]);
}

async fn limits_of(server: &Server) -> Vec<Option<String>> {
    limits(server, Patience::default()).await.2
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_breaks_goes_on_in_pages() {
    let body = |asked: &Subject| page(asked).to_string().into_bytes();
    for (what, cut) in [("cut", true), ("stalls", false)] {
        let server = of_version("v1.36.3", move |asked, n| match n {
            0 if cut => Reply::Cut(body(asked)),
            0 => Reply::Stall(body(asked)),
            _ => json(200, &page(asked)),
        });
        let patience = Patience { silence: Duration::from_millis(300), ..Patience::default() };
        let (outcome, got, limits) = limits(&server, patience).await;
        assert_eq!(outcome, Ok(Coverage::Whole), "{what}");
        assert!(got == names(), "{what}: {} of {} objects", got.len(), names().len());
        assert_eq!(limits[..2], [None, Some("500".to_owned())], "{what}");
    }
    // What takes longer as a whole than the user gives a request may take less in pages.
    let server = of_version("v1.36.3", move |asked, n| match n {
        0 => Reply::Stall(body(asked)),
        _ => json(200, &page(asked)),
    });
    let flags = Flags { request_timeout: Some(Duration::from_millis(300)), ..server.flags() };
    let reader = server.reader_as(&flags, Patience::default()).await.unwrap();
    reader.server_version().await.unwrap();
    let (outcome, got) = list(&reader).await;
    assert_eq!((outcome, got == names()), (Ok(Coverage::Whole), true));
}

/// A server that has no end of breaking is not asked without end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_that_always_breaks_ends() {
    let server = of_version("v1.36.3", |asked, _| Reply::Cut(page(asked).to_string().into_bytes()));
    let (outcome, got, _) = limits(&server, Patience::default()).await;
    let Ok(Coverage::Failed { why }) = outcome else { panic!("{outcome:?}") };
    assert!(why.starts_with("the list was read only up to `") && why.contains(": the connection broke: "), "{why}");
    // Pages that were asked for ahead are given up.
    let asked = server.asked().into_iter().filter(|asked| !asked.query.contains_key("continue")).count();
    assert!(asked == 1 + 6 && got == names()[..got.len()], "asked {asked} times, {} objects", got.len());
}

const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";

/// A list of pods in protobuf, and the names in it.
fn protobuf() -> (Vec<u8>, Vec<String>) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz/corpus/protobuf");
    let list: serde_json::Value = serde_json::from_slice(&std::fs::read(folder.join("Pod.json")).unwrap()).unwrap();
    let name = |pod: &serde_json::Value| {
        let text = |key: &str| pod["metadata"][key].as_str().unwrap_or_default().to_owned();
        let namespace = Some(text("namespace")).filter(|namespace| !namespace.is_empty());
        format!("Pod {}{}", namespace.map(|n| format!("{n}/")).unwrap_or_default(), text("name"))
    };
    let names = list["items"].as_array().unwrap().iter().map(name).collect();
    (std::fs::read(folder.join("Pod.pb")).unwrap(), names)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn built_in_kinds_are_asked_for_in_protobuf() {
    let (body, expected) = protobuf();
    let server = of_version("v1.36.3", move |asked, _| match asked.headers["accept"].starts_with(PROTOBUF) {
        true if asked.path == "/api/v1/pods" => {
            Reply::Answer(200, vec![("content-type", PROTOBUF.into())], body.clone())
        }
        _ => json(200, &serde_json::json!({"kind": "List", "items": []})),
    });
    let reader = server.reader().await;
    assert_eq!(list(&reader).await, (Ok(Coverage::Whole), expected));
    for kind in Kind::all().filter(|kind| !matches!(kind, Kind::Secret | Kind::ConfigMap | Kind::DoctorSnapshot)) {
        reader.list(&Query::all(kind), &mut Names::default()).await.unwrap();
    }
    let accepts = |asked: &Subject| (asked.headers["accept"].clone(), asked.path.contains("openshift"));
    for (accept, is_foreign) in server.asked().iter().map(accepts) {
        let expected = if is_foreign { "application/json".to_owned() } else { format!("{PROTOBUF},application/json") };
        assert_eq!(accept, expected);
    }
}

/// What no API server writes is asked for as JSON, and read once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unusual_protobuf_is_asked_for_as_json() {
    let (good, _) = protobuf();
    let flipped = |at: usize| {
        let mut body = good.clone();
        body[at] ^= 0x55;
        body
    };
    for body in [b"k8s\0".to_vec(), b"no".to_vec(), good[..good.len() / 2].to_vec(), flipped(0), flipped(9)] {
        let server = of_version("v1.36.3", move |asked, _| match asked.headers["accept"].starts_with(PROTOBUF) {
            true => Reply::Answer(200, vec![("content-type", PROTOBUF.into())], body.clone()),
            false => json(200, &page(asked)),
        });
        let (outcome, got, limits) = limits(&server, Patience::default()).await;
        assert_eq!((outcome, limits.len()), (Ok(Coverage::Whole), 2));
        assert!(got.ends_with(&names()[names().len() - 400..]), "{} objects", got.len());
    }
    // Nor may a server answer so that was asked for JSON alone.
    let server =
        of_version("v1.36.3", |_, _| Reply::Answer(200, vec![("content-type", PROTOBUF.into())], b"no".into()));
    let (outcome, _, limits) = limits(&server, Patience::default()).await;
    assert!(matches!(outcome, Ok(Coverage::Failed { .. })) && limits.len() == 2, "{outcome:?}");
}

/// A refusal in protobuf is read like one in JSON.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refusals_in_protobuf_are_values_too() {
    // `{"message": "no way", "reason": "BadRequest", "code": 400}`
    let said = b"k8s\0\x0a\x0c\x0a\x02v1\x12\x06Status\x12\x17\x1a\x06no way\x22\x0aBadRequest\x30\x90\x03";
    let server =
        of_version("v1.36.3", |_, _| Reply::Answer(400, vec![("content-type", PROTOBUF.into())], said.to_vec()));
    let (outcome, ..) = limits(&server, Patience::default()).await;
    assert_eq!(outcome, Ok(Coverage::Failed { why: "no way".into() }));
}

/// Long lists cost a server most: it is asked for two of them at a time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_long_lists_are_read_at_a_time() {
    let open = Arc::new(Mutex::new((0, 0)));
    let counted = Arc::clone(&open);
    let server = of_version("v1.36.3", move |_, _| {
        let now = |change: i32| {
            let mut open = counted.lock().unwrap();
            open.0 += change;
            open.1 = open.1.max(open.0);
        };
        now(1);
        std::thread::sleep(Duration::from_millis(50));
        now(-1);
        json(200, &serde_json::json!({"kind": "List", "items": []}))
    });
    let reader = server.reader().await;
    let kinds = [Kind::Node, Kind::Pod, Kind::ReplicaSet, Kind::EndpointSlice, Kind::Pod];
    let queries: Vec<Query> = kinds.into_iter().map(Query::all).collect();
    reader.list_together(&queries, &mut Names::default()).await.unwrap();
    assert_eq!(*open.lock().unwrap(), (0, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compressed_answers_are_unpacked() {
    let server = Server::new(|asked, n| {
        // The first request is sent before it is known how far the server is.
        if n > 0 && !asked.headers["accept-encoding"].contains("gzip") {
            return json(200, &page(asked));
        }
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(page(asked).to_string().as_bytes()).unwrap();
        Reply::Answer(200, vec![("content-encoding", "gzip".into())], encoder.finish().unwrap())
    });
    for (beyond, expected) in [(Duration::ZERO, "gzip"), (Duration::from_secs(10), "identity")] {
        let before = server.asked().len();
        let patience = Patience { compressed_beyond: beyond, ..Patience::default() };
        let (outcome, got) = list(&server.reader_as(&server.flags(), patience).await.unwrap()).await;
        assert_eq!(outcome, Ok(Coverage::Whole));
        assert!(got == names());
        let asked = server.asked().split_off(before + 1);
        assert!(asked.iter().all(|asked| asked.headers["accept-encoding"] == expected), "{expected}: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_rights_and_warnings() {
    let server = Server::new(|asked, _| match asked.path.as_str() {
        "/version" => json(200, &serde_json::json!({"gitVersion": "v1.36.3", "major": "1"})),
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            assert_eq!(asked.method, "POST");
            json(201, &serde_json::json!({"status": {"allowed": true}}))
        }
        _ => Reply::Answer(
            200,
            vec![("warning", "299 - \"v1 is old\"".into())],
            br#"{"kind":"PodList","items":[]}"#.into(),
        ),
    });
    let reader = server.reader().await;
    assert_eq!(reader.server_version().await.unwrap().as_deref(), Some("v1.36.3"));
    assert_eq!(reader.may("list", Kind::Node, None).await.unwrap(), Some(true));
    list(&reader).await.0.unwrap();
    list(&reader).await.0.unwrap();
    assert_eq!(Vec::from_iter(reader.connection().take_warnings()), ["v1 is old"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_asks_is_told_to_the_server_and_to_nobody_else() {
    const CANARY: &str = "canary-6f1d";
    let server = Server::new(|_, _| status(401, "Unauthorized", "Unauthorized"));
    let flags = Flags {
        token: Some(Secret(CANARY.into())),
        impersonate: Some("jane".into()),
        impersonate_uid: Some("7".into()),
        impersonate_groups: vec!["dev".into()],
        impersonate_extra: vec![("scopes".into(), "view".into())],
        ..server.flags()
    };
    let target = Target::choose(&flags, &Environment::default()).unwrap();
    assert!(!format!("{flags:?} {target:?}").contains(CANARY));
    let (outcome, _) = list(&server.reader_as(&flags, Patience::default()).await.unwrap()).await;
    let error = outcome.unwrap_err();
    assert!(error.starts_with("you must be logged in to the server http://127.0.0.1:"), "{error}");
    assert!(!error.contains(CANARY));
    let asked = &server.asked()[0].headers;
    assert_eq!(asked["authorization"], format!("Bearer {CANARY}"));
    let told = ["impersonate-user", "impersonate-uid", "impersonate-group", "impersonate-extra-scopes"];
    assert_eq!(told.map(|name| asked[name].as_str()), ["jane", "7", "dev", "view"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_told_at_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let flags = Flags { server: Some(format!("http://user:canary@127.0.0.1:{port}")), ..Flags::default() };
    let target = Target::choose(&flags, &Environment::default()).unwrap();
    let reader = Reader::new(Arc::new(Connection::open(target, Patience::default()).await.unwrap()));
    let start = Instant::now();
    let error = list(&reader).await.0.unwrap_err();
    assert!(error.starts_with(&format!("the connection to the server 127.0.0.1:{port} was refused")), "{error}");
    assert!(error.to_lowercase().contains("connection refused") && !error.contains("canary"), "{error}");
    assert!(start.elapsed() < Duration::from_secs(2));
}

/// Secrets of every sort, where people and programs put them, and what a diagnosis reads beside them.
fn full_of_secrets(path: &str) -> serde_json::Value {
    const C: &str = "canary-3b7e";
    let metadata = |name: &str| {
        serde_json::json!({"name": name, "namespace": "logging", "uid": format!("uid-{name}"), "labels": {"app": "agent"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": C, "note": C},
            "managedFields": [{"manager": "helm", "operation": C, "fieldsV1": {"f:spec": {"f:template": {C: {}}}}}], "ownerReferences": [{"kind": "DaemonSet", "uid": "u", "name": C, "controller": true}]})
    };
    let probe = serde_json::json!({"exec": {"command": [C]}, "httpGet": {"port": 1, "path": C, "httpHeaders": [{"name": "a", "value": C}]}});
    let container = serde_json::json!({"name": "main", "image": "agent:1", "command": [C], "args": [C], "workingDir": C,
        "env": [{"name": "A", "value": C}], "envFrom": [{"secretRef": {"name": "s", "note": C}}], "volumeMounts": [{"name": "v", "mountPath": "/v", "subPathExpr": C}],
        "livenessProbe": probe, "lifecycle": {"preStop": {"exec": {"command": [C]}}},
        "ports": [{"containerPort": 1, "hostPort": 2, "hostIP": "10.77.77.77"}], "resources": {"requests": {"cpu": "1"}}});
    let spec = serde_json::json!({"nodeName": "n1", "containers": [container], "initContainers": [container],
        "hostname": C, "hostAliases": [{"hostnames": [C]}], "imagePullSecrets": [{"name": C}], "dnsConfig": {"searches": [C]},
        "volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"k": C}}}, {"name": "f", "flexVolume": {"options": {"p": C}}},
            {"name": "s", "secret": {"secretName": "s", "note": C}}, {"name": "n", "nfs": {"server": C}}]});
    let ended = serde_json::json!({"terminated": {"exitCode": 1, "reason": "Error", "message": C}});
    let items = match path.rsplit('/').next().unwrap() {
        "nodes" => vec![serde_json::json!({"metadata": metadata("n1"), "spec": {"providerID": C},
            "status": {"addresses": [{"address": C}], "allocatable": {"cpu": "4"}, "images": [{"names": [C]}], "nodeInfo": {"machineID": C, "kubeletVersion": "v1.36.3"}}})],
        "pods" => vec![serde_json::json!({"metadata": metadata("agent-x1"), "spec": spec,
            "status": {"phase": "Running", "podIP": C, "hostIP": C, "containerStatuses": [{"name": "main", "state": ended, "lastState": ended}]}})],
        "daemonsets" => vec![serde_json::json!({"metadata": metadata("agent"),
            "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": metadata("x"), "spec": spec}}})],
        "controllerrevisions" => {
            vec![
                serde_json::json!({"metadata": metadata("agent-1"), "revision": 1, "data": {"spec": {"template": {"metadata": metadata("x"), "spec": spec}}}}),
            ]
        }
        "persistentvolumes" => vec![
            serde_json::json!({"metadata": metadata("pv"), "spec": {"csi": {"driver": "d", "volumeHandle": "h", "volumeAttributes": {"k": C}}, "nfs": {"server": C}}}),
        ],
        "namespaces" => vec![serde_json::json!({"metadata": metadata("logging")})],
        _ => vec![],
    };
    serde_json::json!({"kind": "XList", "apiVersion": "v1", "metadata": {}, "items": items})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_holds_what_decides_and_no_secrets() {
    use kubectl_daemonset::client::snapshot_lists::save;
    use kubectl_daemonset::snapshot::write::Detail;
    use kubectl_daemonset::store::Builder;
    for redact_names in [false, true] {
        let server = Server::new(|asked, _| match asked.path.as_str() {
            "/version" => json(200, &serde_json::json!({"gitVersion": "v1.36.3"})),
            path if path.ends_with("selfsubjectaccessreviews") => {
                json(201, &serde_json::json!({"status": {"allowed": !asked.body.contains("\"resourcequotas\"")}}))
            }
            "/api/v1/limitranges" => status(500, "InternalError", "etcd is away"),
            path => {
                let mut list = full_of_secrets(path);
                let kinds = Kind::all().map(|kind| (kind.resource(), kind)).collect::<BTreeMap<_, _>>();
                let (resource, group) = (path.rsplit('/').next().unwrap(), path.rsplit('/').nth(2).unwrap());
                list["kind"] = format!("{}List", kinds[resource]).into();
                list["apiVersion"] = if path.starts_with("/apis") { format!("{group}/v1") } else { "v1".into() }.into();
                json(200, &list)
            }
        });
        let reader = server.reader().await;
        let detail = if redact_names { Detail::HashedNames } else { Detail::Names };
        let (bytes, saved) = save(&reader, Vec::new(), detail, "2026-01-01T00:00:00Z".into()).await.unwrap();
        let missing: Vec<_> = saved.not_checked.iter().map(|m| (m.resource, m.why.as_str())).collect();
        assert_eq!(
            missing,
            [("resourcequotas", "forbidden: needs `list` on `resourcequotas`"), ("limitranges", "etcd is away")]
        );
        assert!(
            server
                .asked()
                .iter()
                .all(|asked| asked.method == "GET" || asked.path.ends_with("selfsubjectaccessreviews"))
        );
        assert!(
            !server.asked().iter().any(|asked| asked.path.contains("secrets") || asked.path.contains("configmaps"))
        );

        let mut text = String::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
        assert!(!text.contains("canary") && !text.contains("10.77.77.77"), "{text}");
        let list: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(list["items"][0]["kind"], "DoctorSnapshot");
        assert_eq!(list["items"][0]["serverVersion"], "v1.36.3");
        for named in ["\"n1\"", "\"agent-x1\"", "\"logging\""] {
            assert_eq!(text.contains(named), !redact_names, "{named} in {text}");
        }

        let place = Home::new();
        let path = place.0.path().join("saved");
        std::fs::write(&path, bytes).unwrap();
        let mut builder = Builder::new();
        kubectl_daemonset::snapshot::read(&[path], &mut std::io::empty(), &mut builder).unwrap();
        let cluster = builder.finish(None);
        assert_eq!((cluster.nodes.len(), cluster.pods.len(), cluster.daemon_sets.len()), (1, 1, 1));
        assert_eq!(cluster.pods_on(0).len(), 1, "the pod is on its node under either name");
        assert_eq!(cluster.coverage(Kind::LimitRange), &Coverage::Failed { why: "etcd is away".into() });
        assert!(matches!(cluster.coverage(Kind::ResourceQuota), Coverage::Failed { .. }));
        assert_eq!(cluster.coverage(Kind::PersistentVolumeClaim), &Coverage::Whole);
    }
}

/// What is sent of a ConfigMap or Secret: its values only to whoever asks for more than the metadata.
fn config_object(asked: &Subject, managed: &serde_json::Value) -> Reply {
    let is_metadata =
        asked.headers["accept"].starts_with("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    let name = asked.path.rsplit('/').next().unwrap_or_default();
    let mut object = serde_json::json!({"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata",
        "metadata": {"name": name, "namespace": "a", "managedFields": [{"fieldsV1": {"f:data": managed}}]}});
    if !is_metadata || asked.headers["accept"].contains(',') {
        object["data"] = serde_json::json!({"token": "canary-8"});
    }
    json(200, &object)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_of_a_secret_are_read_and_no_value_is_sent() {
    let server = Server::new(|asked, _| match asked.path.rsplit('/').next() {
        Some("none") => status(404, "NotFound", "not found"),
        Some("denied") => status(403, "Forbidden", "no"),
        Some("broken") => Reply::Answer(200, Vec::new(), br#"{"data": {"token": "canary-9"}, "metadata": 7}"#.to_vec()),
        _ => config_object(asked, &serde_json::json!({".": {}, "f:token": {}, "f:ca.crt": {}})),
    });
    let reader = server.reader().await;
    for kind in [Kind::Secret, Kind::ConfigMap] {
        let (found, object) = reader.get_keys(kind, "a", "s").await.unwrap();
        let mut keys: Vec<&str> = object.iter().flat_map(|o| o.keys.iter().flatten()).map(|key| key.as_str()).collect();
        keys.sort_unstable();
        assert_eq!((found, keys), (Found::Here, vec!["ca.crt", "token"]));
        assert_eq!(reader.get_keys(kind, "a", "none").await.unwrap(), (Found::Missing, None));
        let (denied, _) = reader.get_keys(kind, "a", "denied").await.unwrap();
        assert_eq!(denied, Found::NotSeen(Coverage::Forbidden { verb: "get", resource: kind.resource() }));
        let (found, object) = reader.get_keys(kind, "a", "broken").await.unwrap();
        assert!(matches!(found, Found::NotSeen(Coverage::Failed { .. })) && object.is_none(), "{found:?}");
        assert!(!format!("{found:?}").contains("canary"), "{found:?}");
    }
    let paths: Vec<String> = server.asked().iter().map(|asked| format!("{} {}", asked.method, asked.path)).collect();
    assert_eq!(paths[0], "GET /api/v1/namespaces/a/secrets/s");
    let accepts = server.asked();
    let accepts = accepts.iter().map(|asked| asked.headers["accept"].as_str());
    assert!(accepts.clone().all(|accept| accept.contains("as=PartialObjectMetadata") && !accept.contains(',')));
}

/// The whole program: a template that refers to a ConfigMap and a Secret in every way.
#[test]
fn a_diagnosis_asks_for_no_value_of_a_secret() {
    let server = Server::new(|asked, _| {
        let of = |kind: &str, items: serde_json::Value| {
            json(200, &serde_json::json!({"apiVersion": "v1", "kind": kind, "items": items}))
        };
        match asked.path.as_str() {
            "/version" => json(200, &serde_json::json!({"gitVersion": "v1.36.3"})),
            "/api/v1/nodes" => of(
                "NodeList",
                serde_json::json!([{"metadata": {"name": "n1"}, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
                    "conditions": [{"type": "Ready", "status": "True"}]}}]),
            ),
            "/api/v1/namespaces" => of("NamespaceList", serde_json::json!([{"metadata": {"name": "a"}}])),
            "/apis/apps/v1/namespaces/a/daemonsets" => json(
                200,
                &serde_json::json!({"apiVersion": "apps/v1", "kind": "DaemonSetList", "items": [{
                    "metadata": {"name": "agent", "namespace": "a", "uid": "u", "creationTimestamp": "2026-01-01T00:00:00Z"},
                    "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}}, "spec": {
                        "imagePullSecrets": [{"name": "registry"}],
                        "volumes": [{"name": "v", "secret": {"secretName": "mounted"}}, {"name": "w", "configMap": {"name": "file"}},
                            {"name": "x", "projected": {"sources": [{"secret": {"name": "projected"}}]}}],
                        "containers": [{"name": "c", "image": "i:1", "envFrom": [{"secretRef": {"name": "all"}}],
                            "env": [{"name": "T", "valueFrom": {"secretKeyRef": {"name": "one", "key": "token"}}},
                                {"name": "L", "valueFrom": {"secretKeyRef": {"name": "one", "key": "lost"}}}]}]}}}}]}),
            ),
            path if path.contains("/secrets") || path.contains("/configmaps") => {
                config_object(asked, &serde_json::json!({"f:token": {}}))
            }
            _ => of("List", serde_json::json!([])),
        }
    });
    let home = Home::new();
    let url = format!("http://127.0.0.1:{}", server.port);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    command.args(["doctor", "agent", "-n", "a", "-o", "json", "--server", &url]).current_dir(home.0.path());
    let ran =
        command.env_clear().env("HOME", home.0.path()).stdin(std::process::Stdio::null()).output().expect("it runs");
    let told = String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert!(!told.contains("canary"), "{told}");
    let asked = server.asked();
    let of_values: Vec<&Subject> =
        asked.iter().filter(|a| a.path.contains("/secrets") || a.path.contains("/configmaps")).collect();
    let mut names: Vec<&str> = of_values.iter().filter_map(|a| a.path.rsplit('/').next()).collect();
    names.sort_unstable();
    assert_eq!(names, ["all", "file", "mounted", "one", "projected", "registry"], "each object by its name: {told}");
    for asked in of_values {
        let accept = &asked.headers["accept"];
        assert!(accept.contains("as=PartialObjectMetadata") && !accept.contains(','), "{} {accept}", asked.path);
    }
    assert!(told.contains("lost"), "the key that the Secret lacks is found by its metadata: {told}");
}

/// The program itself, as people run it.
#[test]
fn the_command_leaves_a_whole_file_or_none() {
    let home = Home::new();
    let run = |server: &Server, more: &[&str]| {
        let server = format!("http://127.0.0.1:{}", server.port);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
        command.args(["snapshot", "--server", &server]).args(more).current_dir(home.0.path());
        command.env_clear().env("HOME", home.0.path()).stdin(std::process::Stdio::null()).output().unwrap()
    };
    let left = || {
        let mut names: Vec<_> = std::fs::read_dir(home.0.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let good = Server::new(|asked, _| match asked.method.as_str() {
        "POST" => json(201, &serde_json::json!({"status": {"allowed": true}})),
        _ => Reply::Answer(
            200,
            vec![("warning", "299 - \"v1 is \u{9b}old\"".into())],
            br#"{"kind":"PodList","apiVersion":"v1","items":[{"metadata":{"name":"p"}}]}"#.into(),
        ),
    });
    let ran = run(&good, &["--file", "out.gz"]);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!((ran.status.code(), ran.stdout.len()), (Some(0), 0), "{told}");
    assert_eq!(left(), ["out.gz"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(home.0.path().join("out.gz")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let piped = run(&good, &[]);
    assert_eq!(piped.status.code(), Some(0));
    assert!(piped.stdout.starts_with(b"\x1f\x8b"));

    let bad = Server::new(|asked, _| match asked.path.as_str() {
        "/api/v1/nodes" => status(401, "Unauthorized", "Unauthorized"),
        path if path.ends_with("reviews") => json(201, &serde_json::json!({"status": {"allowed": true}})),
        _ => json(200, &serde_json::json!({"kind": "PodList", "items": []})),
    });
    let before = std::fs::read(home.0.path().join("out.gz")).unwrap();
    let ran = run(&bad, &["--file", "out.gz"]);
    let told = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(1));
    assert!(told.starts_with("error: you must be logged in to the server"), "{told}");
    assert_eq!(left(), ["out.gz"], "nothing unfinished is left");
    assert_eq!(std::fs::read(home.0.path().join("out.gz")).unwrap(), before, "what was there before is as it was");
    let nobody = Server::new(|_, _| json(201, &serde_json::json!({"status": {"allowed": false}})));
    let ran = run(&nobody, &["--file", "none.gz"]);
    assert_eq!((ran.status.code(), left().len()), (Some(1), 1));
}

/// A cluster in which the container of a DaemonSet crashes, and only its previous log says why.
fn crashing(asked: &Subject, logs: bool) -> Reply {
    let ago = |minutes: i64| {
        let then = jiff::Timestamp::now() - jiff::SignedDuration::from_mins(minutes);
        then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
    };
    let (labels, created) = (serde_json::json!({"app": "agent", "controller-revision-hash": "r1"}), ago(60));
    let spec = serde_json::json!({"nodeName": "n1", "containers": [{"name": "main", "image": "agent:1",
            "env": [{"name": "API_TOKEN", "value": "q1w2e3r4"}], "args": ["--token=q1w2e3r4"],
            "volumeMounts": [{"name": "logs", "mountPath": "/var/log", "readOnly": true}]}],
        "volumes": [{"name": "logs", "hostPath": {"path": "/var/log"}}]});
    let ended = serde_json::json!({"exitCode": 1, "reason": "Error", "startedAt": ago(2), "finishedAt": ago(1)});
    let pod = serde_json::json!({"metadata": {"name": "agent-x1", "namespace": "logging", "labels": labels,
            "creationTimestamp": created, "ownerReferences": [{"kind": "DaemonSet", "name": "agent", "uid": "u", "controller": true}]},
        "spec": spec, "status": {"phase": "Running", "startTime": created,
            "conditions": [{"type": "Ready", "status": "False"}],
            "containerStatuses": [{"name": "main", "restartCount": 9, "lastState": {"terminated": ended},
                "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}});
    let daemon_set = serde_json::json!({"metadata": {"name": "agent", "namespace": "logging", "uid": "u",
            "creationTimestamp": created},
        "spec": {"selector": {"matchLabels": {"app": "agent"}}, "template": {"metadata": {"labels": {"app": "agent"}}, "spec": spec}},
        "status": {"desiredNumberScheduled": 1, "currentNumberScheduled": 1}});
    let node = serde_json::json!({"metadata": {"name": "n1", "creationTimestamp": created},
        "status": {"allocatable": {"cpu": "4", "pods": "10"}, "nodeInfo": {"kubeletVersion": "v1.36.3"},
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": created}]}});
    if asked.path.ends_with("/pods/agent-x1/log") {
        return match (logs, asked.query["previous"].as_str()) {
            (false, _) => status(403, "Forbidden", "no"),
            (true, "true") => Reply::Answer(
                200,
                Vec::new(),
                b"login with token=q1w2e3r4\nopen /var/log/positions.yml: read-only file system\n".into(),
            ),
            (true, _) => Reply::Answer(200, Vec::new(), b"starting\n".into()),
        };
    }
    if asked.method == "POST" {
        return json(201, &serde_json::json!({"status": {"allowed": true}}));
    }
    let kinds = Kind::all().map(|kind| (kind.resource(), kind)).collect::<BTreeMap<_, _>>();
    let items = match asked.path.rsplit('/').next().unwrap() {
        "version" => return json(200, &serde_json::json!({"gitVersion": "v1.36.3"})),
        "nodes" => vec![node],
        "pods" => vec![pod],
        "daemonsets" => vec![daemon_set],
        _ => Vec::new(),
    };
    match kinds.get(asked.path.rsplit('/').next().unwrap()) {
        Some(kind) => {
            let version = if kind.group().is_empty() { "v1".to_owned() } else { format!("{}/v1", kind.group()) };
            json(200, &serde_json::json!({"kind": format!("{kind}List"), "apiVersion": version, "items": items}))
        }
        None => status(404, "NotFound", "not found"),
    }
}

/// What is found of a crash in a live cluster is found again in its snapshot, if the snapshot keeps logs.
#[test]
fn the_cause_of_a_crash_is_found_in_a_snapshot_with_logs() {
    let home = Home::new();
    let run = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
        command.args(args).current_dir(home.0.path());
        let ran = command.env_clear().env("HOME", home.0.path()).stdin(std::process::Stdio::null()).output().unwrap();
        let [out, told] = [ran.stdout, ran.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        (ran.status.code(), out, told)
    };
    let finding = |report: &str| report.split("\n\n").find(|part| part.starts_with("error[DS425]")).unwrap().to_owned();
    let server = Server::new(|asked, _| crashing(asked, true));
    let address = format!("http://127.0.0.1:{}", server.port);
    let (_, live, _) = run(&["doctor", "agent", "-n", "logging", "--server", &address]);
    let cause = finding(&live);
    assert!(cause.contains("readOnly: true") && cause.contains("/var/log/positions.yml"), "{live}");

    let (code, _, told) = run(&["snapshot", "--logs", "20", "--file", "saved.tar.gz", "--server", &address]);
    assert_eq!((code, told.as_str()), (Some(0), "saved 3 objects and 2 logs in saved.tar.gz\n"));
    let (_, saved, _) = run(&["doctor", "agent", "-n", "logging", "--snapshot", "saved.tar.gz"]);
    assert_eq!(finding(&saved), cause);
    let packed = std::fs::File::open(home.0.path().join("saved.tar.gz")).unwrap();
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(packed));
    let mut texts = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let (path, mut bytes) = (entry.path().unwrap().display().to_string(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        let mut text = String::new();
        if flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).is_err() {
            text = String::from_utf8(bytes).unwrap();
        }
        assert!(!text.contains("q1w2e3r4"), "{path}: {text}");
        texts.push((path, text));
    }
    let place = "namespaces/logging/pods/agent-x1/main";
    assert_eq!(texts[1], (format!("{place}/current.log"), "starting\n".to_owned()));
    assert_eq!(texts[2].0, format!("{place}/previous.log"));
    assert!(texts[2].1.starts_with("login with token=***\n"), "{}", texts[2].1);

    run(&["snapshot", "--file", "less.json.gz", "--server", &address]);
    let (_, less, _) = run(&["doctor", "agent", "-n", "logging", "--snapshot", "less.json.gz"]);
    assert!(!finding(&less).contains("likely cause"), "off by default: {less}");
    let (code, _, told) = run(&["snapshot", "--logs", "5", "--redact-names", "--file", "x", "--server", &address]);
    assert_eq!(code, Some(1), "logs are full of names: {told}");

    let silent = Server::new(|asked, _| crashing(asked, false));
    let address = format!("http://127.0.0.1:{}", silent.port);
    let (code, _, told) = run(&["snapshot", "--logs", "20", "--file", "none.tar.gz", "--server", &address]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("not checked: logs: forbidden: needs `get` on `pods/log`"), "{told}");
}

/// A directory with kubeconfigs.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Home(tempfile::tempdir().unwrap())
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn environment(&self) -> Environment {
        let path = std::env::var_os("PATH");
        Environment { home: Some(self.0.path().to_owned()), path, ..Environment::default() }
    }
}

const KUBECONFIG: &str = "
apiVersion: v1
kind: Config
current-context: one
contexts:
- {name: one, context: {cluster: c1, user: u1, namespace: logging}}
- {name: two, context: {cluster: c2, user: nobody}}
clusters:
- {name: c1, cluster: {server: 'https://one.example:6443', tls-server-name: inner, insecure-skip-tls-verify: true}}
- {name: c2, cluster: {server: 'https://two.example', proxy-url: 'socks5://proxy.example:1080'}}
users:
- {name: u1, user: {token: canary-1, tokenFile: token}}
- {name: u2, user: {token: canary-2}}
";

#[test]
fn a_kubeconfig_is_read_as_kubectl_reads_it() {
    let home = Home::new();
    home.write(".kube/config", KUBECONFIG);
    let choose = |flags: &Flags| Target::choose(flags, &home.environment());
    let one = choose(&Flags::default()).unwrap();
    assert_eq!(
        (one.config.cluster_url.to_string().as_str(), one.namespace.as_str()),
        ("https://one.example:6443/", "logging")
    );
    assert_eq!(
        (one.context.as_deref(), one.cluster.as_deref(), one.user.as_deref()),
        (Some("one"), Some("c1"), Some("u1"))
    );
    assert!(one.config.accept_invalid_certs && one.config.proxy_url.is_none() && !one.config.default_retry);
    // The file beside the kubeconfig, not the token: it is the one that is kept fresh.
    assert!(one.config.auth_info.token.is_none());
    assert!(one.config.auth_info.token_file.unwrap().ends_with(".kube/token"));

    let flags = |change: fn(&mut Flags)| {
        let mut flags = Flags::default();
        change(&mut flags);
        choose(&flags)
    };
    let two = flags(|f| f.context = Some("two".into())).unwrap();
    assert_eq!(
        (two.namespace.as_str(), two.config.proxy_url.unwrap().to_string()),
        ("default", "socks5://proxy.example:1080/".into())
    );
    let mixed = flags(|f| (f.cluster, f.namespace) = (Some("c2".into()), Some("x".into()))).unwrap();
    assert_eq!((mixed.config.cluster_url.host(), mixed.namespace.as_str()), (Some("two.example"), "x"));
    // Another server does not inherit the name that this one's certificate has.
    assert_eq!(one.config.tls_server_name.as_deref(), Some("inner"));
    let other = flags(|f| f.server = Some("three.example:1".into())).unwrap();
    assert_eq!(
        (other.config.cluster_url.to_string().as_str(), other.config.tls_server_name),
        ("https://three.example:1/", None)
    );
    let trusted = flags(|f| f.insecure_skip_tls_verify = Some(false)).unwrap();
    assert!(!trusted.config.accept_invalid_certs);

    let told = |change| flags(change).unwrap_err().to_string();
    assert_eq!(told(|f| f.context = Some("x".into())), "context was not found for specified context: x");
    assert_eq!(told(|f| f.cluster = Some("x".into())), "no server found for cluster \"x\"");
    assert_eq!(told(|f| f.user = Some("x".into())), "auth info \"x\" does not exist");
    assert_eq!(
        told(|f| f.server = Some("ftp://x".into())),
        "the server is not a URL such as `https://host:6443`: the scheme is neither http nor https"
    );
    assert!(flags(|f| f.impersonate_groups = vec!["g".into()]).is_err());
    assert!(told(|f| f.certificate_authority = Some("none.pem".into())).contains("(none.pem)"));
}

#[test]
fn several_kubeconfigs_are_merged_and_missing_ones_passed_over() {
    let home = Home::new();
    let first = home
        .write("first", "current-context: ''\nclusters: [{name: c1, cluster: {server: 'https://first.example'}}]\n");
    let second = home.write("second", KUBECONFIG);
    let list =
        std::env::join_paths([home.0.path().join("missing"), first.clone(), second, PathBuf::new(), first]).unwrap();
    let environment = Environment { kubeconfig: Some(list), ..home.environment() };
    let target = Target::choose(&Flags::default(), &environment).unwrap();
    assert_eq!((target.config.cluster_url.host(), target.context.as_deref()), (Some("first.example"), Some("one")));

    let named = Flags { kubeconfig: Some(home.0.path().join("missing")), ..Flags::default() };
    assert!(Target::choose(&named, &environment).is_err());
    let error = Target::choose(&Flags::default(), &home.environment()).unwrap_err();
    assert!(error.causes[0].contains(".kube/config"), "{error}");
}

#[test]
fn names_of_a_kubeconfig_are_told_in_bounded_length() {
    let home = Home::new();
    let long = "x".repeat(100_000);
    home.write(
        ".kube/config",
        &format!("contexts:\n- name: {long}\n  context: {{cluster: c}}\ncurrent-context: {long}y\n"),
    );
    let told = Target::choose(&Flags::default(), &home.environment()).unwrap_err();
    let told = format!("{told} {told:?}");
    assert!(told.contains("xxx") && told.len() < 5_000, "{} characters", told.len());
}

#[test]
fn a_broken_kubeconfig_is_told_without_showing_it() {
    let home = Home::new();
    for text in [
        "users: [{name: u, user: {token: canary-7\n",
        "users: {token: canary-7}\n",
        "users:\n- name: u\n  user:\n    token: [canary-7]\n",
    ] {
        home.write(".kube/config", text);
        let error = Target::choose(&Flags::default(), &home.environment()).unwrap_err().to_string();
        assert!(!error.contains("canary"), "{error}");
    }
}

#[test]
fn proxies_are_chosen_as_go_chooses_them() {
    let proxy = |server: &str, no_proxy: &str| {
        let flags = Flags { server: Some(server.into()), ..Flags::default() };
        let environment = Environment {
            https_proxy: Some("http://user:canary@proxy.example:3128".into()),
            no_proxy: Some(no_proxy.into()),
            ..Environment::default()
        };
        Target::choose(&flags, &environment).unwrap().config.proxy_url.is_some()
    };
    for (server, no_proxy, proxied) in [
        ("https://api.example:6443", "", true),
        // kube 5.0 would except the proxy itself here, and send all that goes to the server through it below.
        ("https://api.example:6443", "proxy.example", true),
        ("https://api.example:6443", "api.example", false),
        ("https://api.example:6443", "example,,", false),
        ("https://api.example:6443", ".example", false),
        ("https://example", ".example", true),
        ("https://api.example:6443", "*.example", false),
        ("https://api.example:6443", "api.example:443", true),
        ("https://api.example:6443", "api.example:6443", false),
        ("https://myapi.example", "api.example", true),
        ("https://10.1.2.3", "10.0.0.0/8", false),
        ("https://11.1.2.3", "10.0.0.0/8,fd00::/8", true),
        ("https://[fd00::1]", "fd00::/8", false),
        ("https://api.example", "*", false),
        ("https://127.0.0.1:6443", "", false),
        ("http://api.example", "", false),
    ] {
        assert_eq!(proxy(server, no_proxy), proxied, "{server} with NO_PROXY={no_proxy}");
    }
    let flags = Flags { server: Some("https://api.example".into()), ..Flags::default() };
    let environment = Environment { https_proxy: Some("ftp://user:canary@proxy".into()), ..Environment::default() };
    let error = Target::choose(&flags, &environment).unwrap_err().to_string();
    assert_eq!(error, "cannot use the proxy of `HTTPS_PROXY`: the scheme is neither http, https nor socks5");
}

#[cfg(unix)]
mod plugins {
    use super::*;

    /// A kubeconfig whose user signs in by this shell script.
    async fn sign_in(script: &str, more: &str) -> (Result<Coverage, String>, Vec<Subject>, String) {
        let server = Server::new(|asked, _| match asked.headers.get("authorization").map(String::as_str) {
            Some("Bearer stale") | None => status(401, "Unauthorized", "Unauthorized"),
            Some(_) => json(200, &page(asked)),
        });
        let home = Home::new();
        home.write("plugin.sh", script);
        let mode = if more.contains("Mode") { "" } else { "      interactiveMode: IfAvailable\n" };
        let port = server.port;
        home.write(
            ".kube/config",
            &format!(
                "current-context: c\ncontexts: [{{name: c, context: {{cluster: c, user: u}}}}]\n\
                 clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:{port}'}}}}]\n\
                 users:\n- name: u\n  user:\n    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      \
                 command: sh\n      args: ['{}/plugin.sh']\n      env: [{{name: WHO, value: me}}]\n{mode}{more}",
                home.0.path().display()
            ),
        );
        let mut target = Target::choose(&Flags::default(), &home.environment()).unwrap();
        // The plugin runs for TLS alone, which this server does not speak.
        target.config.cluster_url = format!("http://127.0.0.1:{port}").parse().unwrap();
        let outcome = match Connection::open(target, Patience::default()).await {
            Ok(connection) => list(&Reader::new(Arc::new(connection))).await.0,
            Err(error) => Err(error.to_string()),
        };
        let log = std::fs::read_to_string(home.0.path().join("log")).unwrap_or_default();
        (outcome, server.asked(), log)
    }

    fn script(body: &str) -> String {
        format!("cd \"$(dirname \"$0\")\"\necho \"$WHO $KUBERNETES_EXEC_INFO\" >> log\n{body}\n")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_plugin_is_asked_once() {
        let script = script(r#"echo '{"kind":"ExecCredential","status":{"token":"good"}}'"#);
        let (outcome, asked, log) = sign_in(&script, "      provideClusterInfo: true\n").await;
        assert_eq!(outcome, Ok(Coverage::Whole));
        assert_eq!(asked[0].headers["authorization"], "Bearer good");
        assert_eq!(log.lines().count(), 1, "{log}");
        assert!(
            log.starts_with("me {")
                && log.contains("\"interactive\":false")
                && log.contains("\"server\":\"https://127.0.0.1"),
            "{log}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn credentials_that_are_refused_are_renewed_once() {
        let stale = script(
            r#"if [ $(wc -l < log) = 1 ]; then T=stale; else T=good; fi; echo "{\"status\":{\"token\":\"$T\"}}""#,
        );
        let (outcome, asked, log) = sign_in(&stale, "").await;
        assert_eq!(outcome, Ok(Coverage::Whole));
        assert_eq!(
            (asked[0].headers["authorization"].as_str(), asked[1].headers["authorization"].as_str()),
            ("Bearer stale", "Bearer good")
        );
        assert_eq!(log.lines().count(), 2);
        let (outcome, _, log) = sign_in(&script(r#"echo '{"status":{"token":"stale"}}'"#), "").await;
        assert!(outcome.unwrap_err().starts_with("you must be logged in"));
        assert_eq!(log.lines().count(), 2);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_plugin_that_fails_is_told_without_what_it_printed() {
        for (body, more, why) in [
            ("echo canary-9; exit 3", "", "the plugin ended with exit status: 3"),
            ("echo 'canary-9: {'", "", "the output of the plugin is not an `ExecCredential`"),
            (
                "echo '{\"status\":{\"clientKeyData\":\"canary-9\"}}'",
                "",
                "the plugin returned a certificate without a key, or a key without a certificate",
            ),
            ("echo '{\"status\":{}}'", "", "the plugin returned neither a token nor a certificate"),
            (
                "cat",
                "      interactiveMode: Always\n",
                "the plugin needs a terminal to ask for input, and standard input is not a terminal",
            ),
        ] {
            let (outcome, asked, _) = sign_in(&script(body), more).await;
            assert_eq!(outcome.unwrap_err(), format!("cannot get credentials from the credential plugin `sh`: {why}"));
            assert!(asked.is_empty());
        }
    }

    #[test]
    fn a_plugin_that_the_user_forbids_does_not_run() {
        let home = Home::new();
        let user = "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: login, interactiveMode: Never}}}]\n";
        home.write(
            ".kube/config",
            &(KUBECONFIG.replace("user: u1", "user: u").split("users:").next().unwrap().to_owned() + user),
        );
        let program = home.write("bin/login", "");
        std::fs::set_permissions(program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let login = home.0.path().join("bin/login").display().to_string();
        for (kuberc, allowed) in [
            ("", true),
            ("credentialPluginPolicy: AllowAll\n", true),
            ("credentialPluginPolicy: DenyAll\n", false),
            ("credentialPluginPolicy: Allowlist\n", false),
            ("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: other}, {name: login}]\n", true),
            ("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{command: LOGIN}]\n", true),
            ("credentialPluginPolicy: Allowlist\ncredentialPluginAllowlist: [{name: /other/login}]\n", false),
            ("credentialPluginPolicy: Unheard\n", false),
            ("credentialPluginPolicy: [\n", false),
        ] {
            let path = home.write("kuberc", &kuberc.replace("LOGIN", &login));
            let bin = home.0.path().join("bin").into_os_string();
            let environment = Environment { kuberc: Some(path), path: Some(bin), ..home.environment() };
            let target = Target::choose(&Flags::default(), &environment);
            assert_eq!(target.is_ok(), allowed, "{kuberc}: {:?}", target.map(|_| ()));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logs_are_asked_for_once_and_bounded() {
    let server = Server::new(|asked, _| match asked.path.rsplit('/').nth(1) {
        Some("fine") => Reply::Answer(200, Vec::new(), b"one\ntwo \x1b[31m\nthree\xff\n".to_vec()),
        Some("flood") => Reply::Flood(b"a line that is not the last\n", 1 << 20),
        Some("secret") => status(403, "Forbidden", "pods \"secret\" is forbidden: cannot get resource \"pods/log\""),
        Some("new") if asked.query["previous"] == "true" => {
            status(400, "BadRequest", "previous terminated container \"c\" in pod \"new\" not found")
        }
        Some("removed") if asked.query["previous"] == "true" => {
            Reply::Answer(200, Vec::new(), b"unable to retrieve container logs for containerd://c0ffee".to_vec())
        }
        Some("removed") if asked.query["previous"] == "false" => Reply::Answer(200, Vec::new(), Vec::new()),
        Some("rotated") if asked.query["previous"] == "true" => {
            let why = "failed to try resolving symlinks in path \"/var/log/pods/a_rotated_u1/c/1.log\": lstat";
            Reply::Answer(200, Vec::new(), why.into())
        }
        Some("rotated") => Reply::Answer(200, Vec::new(), b"failed to open log file \"/data/agent.log\"".to_vec()),
        Some("new") => Reply::Answer(200, Vec::new(), b"just begun".to_vec()),
        _ => status(500, "InternalError", "Get \"https://10.0.0.1:10250/containerLogs\": dial tcp: no route to host"),
    });
    let reader = server.reader().await;
    let connection = Arc::clone(reader.connection());
    let lines = |pod: &'static str| {
        let connection = Arc::clone(&connection);
        async move { last_lines(&connection, LogOf { namespace: "a", pod, container: "c", previous: true }, 2).await }
    };
    let here = |lines: &[&str], previous: bool| LastLines::Here {
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
        previous,
    };
    assert_eq!(
        lines("fine").await,
        here(&["two \x1b[31m", "three\u{fffd}"], true),
        "the last lines, whatever is in them"
    );
    assert_eq!(lines("secret").await, LastLines::Forbidden);
    // A line of the agent's own may look like one of the kubelet's.
    assert_eq!(lines("rotated").await, here(&["failed to open log file \"/data/agent.log\""], false));
    assert_eq!(lines("new").await, here(&["just begun"], false), "of the run before nothing is left");
    let LastLines::Failed(why) = lines("removed").await else { panic!("what the kubelet says is no line of a log") };
    assert!(why.starts_with("unable to retrieve container logs"), "{why}");
    let LastLines::Failed(why) = lines("gone").await else { panic!("no node, no log") };
    assert!(why.contains("no route to host"), "{why}");
    let LastLines::Here { lines: flood, .. } = lines("flood").await else { panic!("a long log is a log") };
    assert_eq!(flood.len(), 2);
    assert!(matches!(lines("../../x").await, LastLines::Failed(_)));
    let asked = server.asked();
    let query = &asked[0].query;
    let expected = [("container", "c"), ("previous", "true"), ("tailLines", "2"), ("limitBytes", "8192")];
    for (key, value) in expected {
        assert_eq!(query[key], value, "{key}");
    }
    assert_eq!(asked.iter().filter(|a| a.path.contains("/gone/")).count(), 1, "another try mends no node");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn admission_is_asked_without_storing_anything() {
    let server = Server::new(|asked, _| match asked.path.split('/').nth(4) {
        Some("fine") => Reply::Answer(201, Vec::new(), asked.body.clone().into_bytes()),
        Some("rights") => {
            status(403, "Forbidden", "pods is forbidden: User \"me\" cannot create resource \"pods\" in API group \"\"")
        }
        Some("security") => {
            status(403, "Forbidden", "pods \"a-x\" is forbidden: violates PodSecurity \"baseline:latest\"")
        }
        Some("down") => status(500, "InternalError", "Internal error occurred: failed calling webhook \"w\""),
        Some("stores") => status(400, "BadRequest", "admission webhook \"w\" does not support dry run"),
        _ => Reply::Answer(200, Vec::new(), b"no JSON".to_vec()),
    });
    let reader = server.reader().await;
    let pod = serde_json::json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "a-"}});
    let ask = async |namespace: &str| would_admit(reader.connection(), namespace, &pod).await;
    assert!(matches!(ask("fine").await, Admitted::Made(made) if made == pod));
    assert!(matches!(ask("rights").await, Admitted::Forbidden));
    assert!(
        matches!(ask("security").await, Admitted::Refused { message, .. } if message.contains("violates PodSecurity"))
    );
    assert!(
        matches!(ask("down").await, Admitted::Refused { message, .. } if message.contains("failed calling webhook"))
    );
    assert!(matches!(ask("stores").await, Admitted::NotAsked(why) if why.contains("does not support dry run")));
    assert!(matches!(ask("garbage").await, Admitted::NotAsked(_)));
    assert!(matches!(ask("a/b").await, Admitted::NotAsked(_)));
    let asked = server.asked();
    assert_eq!(asked.len(), 6, "each is asked once");
    for asked in asked {
        assert_eq!((asked.method.as_str(), asked.query["dryRun"].as_str()), ("POST", "All"));
    }
}
