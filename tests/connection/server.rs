//! A web server on the loopback that the test answers for: with TLS or without, well or badly behaved.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

/// One request as the server saw it.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    pub method: String,
    /// With its query, or `host:port` where a proxy is asked for a tunnel.
    pub target: String,
    /// Names in lower case, in the order in which they came.
    pub headers: Vec<(String, String)>,
    pub body: String,
    /// The name that the TLS handshake asked for.
    pub sni: Option<String>,
    /// The common name of the client's certificate.
    pub client: Option<String>,
}

impl Subject {
    /// The path without its query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query's value of this name, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        query.split('&').filter_map(|pair| pair.split_once('=')).find(|(k, _)| *k == name).map(|(_, v)| decoded(v))
    }

    /// The values of this header.
    pub fn header(&self, name: &str) -> Vec<&str> {
        self.headers.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str()).collect()
    }
}

/// Undoes the encoding of a query's value.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let digits: String = rest.by_ref().take(2).map(char::from).collect();
                bytes.push(u8::from_str_radix(&digits, 16).expect("two digits"));
            }
            byte => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the server does.
#[derive(Clone)]
pub enum Reply {
    /// Answers with this status, these more headers, this body. A `content-type` replaces JSON's.
    Answer(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// Announces the whole body, sends half and closes.
    Cut(Vec<u8>),
    /// Closes without a word.
    Close,
    /// Says nothing for as long as the client waits.
    Silence,
    /// Sends the head and half the body, then nothing for as long as the client waits.
    Stall(Vec<u8>),
    /// Sends this over and over, so many times.
    Flood(&'static [u8], usize),
    /// No HTTP at all.
    Raw(Vec<u8>),
}

/// A JSON answer.
pub fn json(code: u16, value: &Value) -> Reply {
    Reply::Answer(code, Vec::new(), value.to_string().into_bytes())
}

/// A `Status` that refuses.
pub fn status(code: u16, reason: &str, message: &str) -> Reply {
    json(
        code,
        &serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": message}),
    )
}

type Handler = dyn Fn(&Subject, usize) -> Reply + Send + Sync;

/// A server of the test's own making; it ends with the test's process.
pub struct Server {
    pub port: u16,
    asked: Arc<Mutex<Vec<Subject>>>,
    tls: bool,
}

impl Server {
    /// Answers by the handler, which gets the request and how many came before it.
    pub fn http(handler: impl Fn(&Subject, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self::start(None, Arc::new(handler))
    }

    /// The same with TLS.
    pub fn https(
        config: Arc<ServerConfig>,
        handler: impl Fn(&Subject, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(config), Arc::new(handler))
    }

    fn start(tls: Option<Arc<ServerConfig>>, handler: Arc<Handler>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, with_tls) = (Arc::clone(&asked), tls.is_some());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, handler, tls) = (Arc::clone(&seen), Arc::clone(&handler), tls.clone());
                // A client that goes away in the middle is part of the tests.
                std::thread::spawn(move || drop(accept(stream, tls, &seen, &*handler)));
            }
        });
        Server { port, asked, tls: with_tls }
    }

    /// Its address by number, without a slash at the end.
    pub fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", if self.tls { "https" } else { "http" }, self.port)
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<Subject> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn accept(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    seen: &Mutex<Vec<Subject>>,
    handler: &Handler,
) -> std::io::Result<()> {
    let about = Subject::default();
    let Some(tls) = tls else { return serve(stream, &about, seen, handler) };
    let connection = ServerConnection::new(tls).expect("a usable configuration");
    let mut stream = StreamOwned::new(connection, stream);
    while stream.conn.is_handshaking() {
        stream.conn.complete_io(&mut stream.sock)?;
    }
    let client = stream.conn.peer_certificates().and_then(|chain| chain.first()).map(common_name);
    let about = Subject { sni: stream.conn.server_name().map(str::to_owned), client, ..about };
    serve(stream, &about, seen, handler)
}

/// The common name of a certificate of [`Authority::client`]: what follows the OID 2.5.4.3.
fn common_name(certificate: &CertificateDer<'_>) -> String {
    const OID: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
    let bytes = certificate.as_ref();
    // The issuer's name comes first, the subject's last.
    let at = bytes.windows(OID.len()).rposition(|window| window == OID).expect("a common name") + OID.len();
    let length = usize::from(bytes[at + 1]);
    String::from_utf8_lossy(&bytes[at + 2..at + 2 + length]).into_owned()
}

/// Reads one request; nothing where the client is done.
pub fn read_request(reader: &mut impl BufRead) -> std::io::Result<Option<Subject>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let Some((name, value)) = header.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, l)| l.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Subject { method, target, headers, body, ..Subject::default() }))
}

fn serve(
    stream: impl Read + Write,
    about: &Subject,
    seen: &Mutex<Vec<Subject>>,
    handler: &Handler,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(asked) = read_request(&mut stream)? {
        let asked = Subject { sni: about.sni.clone(), client: about.client.clone(), ..asked };
        let before = {
            let mut seen = seen.lock().expect("no panic");
            seen.push(asked.clone());
            seen.len() - 1
        };
        let out = stream.get_mut();
        let head = |code: u16, kind: &str, length: usize| {
            format!("HTTP/1.1 {code} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n")
        };
        match handler(&asked, before) {
            Reply::Answer(code, more, body) => {
                let kind = more.iter().find(|(name, _)| *name == "content-type").map(|(_, kind)| kind.as_str());
                let others = more.iter().filter(|(name, _)| *name != "content-type");
                let others: String = others.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
                let head = head(code, kind.unwrap_or("application/json"), body.len());
                out.write_all(format!("{head}{others}\r\n").as_bytes())?;
                out.write_all(&body)?;
                out.flush()?;
            }
            Reply::Cut(body) => {
                out.write_all(format!("{}\r\n", head(200, "application/json", body.len())).as_bytes())?;
                out.write_all(&body[..body.len() / 2])?;
                return out.flush();
            }
            Reply::Close => return Ok(()),
            Reply::Silence => return wait_for_end(stream),
            Reply::Stall(body) => {
                out.write_all(format!("{}\r\n", head(200, "application/json", body.len())).as_bytes())?;
                out.write_all(&body[..body.len() / 2])?;
                out.flush()?;
                return wait_for_end(stream);
            }
            Reply::Flood(piece, times) => {
                out.write_all(format!("{}\r\n", head(200, "application/json", piece.len() * times)).as_bytes())?;
                for _ in 0..times {
                    out.write_all(piece)?;
                }
                out.flush()?;
            }
            Reply::Raw(bytes) => {
                out.write_all(&bytes)?;
                return out.flush();
            }
        }
    }
    Ok(())
}

/// Until the client gives up.
fn wait_for_end(mut stream: impl Read) -> std::io::Result<()> {
    loop {
        match stream.read(&mut [0; 64]) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(error) => return Err(error),
        }
    }
}

/// Who vouches for servers and clients of a test.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate with its key, as PEM and ready for rustls.
pub struct Identity {
    pub certificate: String,
    pub key: String,
    chain: Vec<CertificateDer<'static>>,
    der: Vec<u8>,
}

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "test authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().expect("a key");
        Authority { issuer: CertifiedIssuer::self_signed(params, key).expect("a certificate") }
    }

    /// Its certificate.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A server's identity for these names and addresses, valid in these years.
    pub fn server(&self, names: &[&str], years: (i32, i32)) -> Identity {
        let names = names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let mut params = CertificateParams::new(names).expect("plain names");
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.sign(params)
    }

    /// A client's identity.
    pub fn client(&self, name: &str) -> Identity {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.sign(params)
    }

    fn sign(&self, params: CertificateParams) -> Identity {
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            chain: vec![certificate.der().clone()],
            der: key.serialize_der(),
        }
    }

    /// How a server of this identity shakes hands: it takes clients of this authority, and those that show nothing.
    pub fn serving(&self, identity: &Identity) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(self.issuer.der().clone()).expect("a certificate");
        let clients = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let clients = clients.allow_unauthenticated().build().expect("a verifier");
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.der.clone()));
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let config = config.expect("usable versions").with_client_cert_verifier(clients);
        Arc::new(config.with_single_cert(identity.chain.clone(), key).expect("a usable identity"))
    }
}
