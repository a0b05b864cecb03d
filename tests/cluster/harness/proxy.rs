//! What stands between a client and the API server: it passes requests on, and fails as it is told to.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::{cluster::Cluster, process::Process};

/// kubectl's own proxy, which speaks plain HTTP, gone with this value, and with the test however it ends.
pub struct Proxy {
    _process: Process,
    address: SocketAddr,
}

/// One request as it came.
pub struct Request {
    head: String,
    body: Vec<u8>,
}

/// What becomes of a request.
#[derive(Clone)]
pub enum WriteOutcome {
    /// It is passed on, and answered.
    Pass,
    /// It is answered by the proxy: status, headers, body. The server never has it.
    Answer(u16, &'static str, Value),
    /// It is carried out, and answered by the proxy all the same.
    AnswerAfter(u16, &'static str, Value),
    /// The connection is closed; the server never has it.
    CutBefore,
    /// It is carried out, and the connection is closed instead of an answer.
    CutAfter,
    /// Nothing comes back for so long that nobody waits for it. The flag is set then; before, it is carried out or not.
    Hold { carried_out: bool, then: Arc<AtomicBool> },
}

type Decide = dyn Fn(&Request) -> WriteOutcome + Send + Sync;

impl Proxy {
    /// Before this cluster.
    pub fn start(cluster: &Cluster) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let kubectl = cluster.binaries().kubectl().display().to_string();
        let kubeconfig = format!("--kubeconfig={}", cluster.kubeconfig("admin").display());
        let arguments = ["keep", "--", &kubectl, "proxy", "--port=0", &kubeconfig];
        let log = cluster.folder().join(format!("proxy-{}.log", NUMBER.fetch_add(1, Ordering::Relaxed)));
        let command = cluster.command(cluster.binaries().cluster(), &arguments);
        let mut process = Process::start("kubectl proxy", command, &log, None).unwrap_or_else(|why| panic!("{why}"));
        let address = cluster.until("kubectl proxy says its address", Duration::from_secs(60), || {
            assert_eq!(process.ended(), None);
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            said.lines().find_map(|line| line.strip_prefix("Starting to serve on ")?.parse().ok())
        });
        Self { _process: process, address }
    }

    /// A server that does to each request what `decide` says: its address for `--server`. It ends with the test.
    pub fn server(&self, decide: impl Fn(&Request) -> WriteOutcome + Send + Sync + 'static) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, upstream) = (listener.local_addr().unwrap(), self.address);
        let decide: Arc<Decide> = Arc::new(decide);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (Ok(connection), decide) = (connection, Arc::clone(&decide)) else { return };
                std::thread::spawn(move || pass(connection, upstream, &*decide));
            }
        });
        format!("http://{address}")
    }
}

impl Request {
    /// `PATCH /apis/...?... HTTP/1.1`.
    pub fn line(&self) -> &str {
        self.head.lines().next().unwrap_or_default()
    }

    /// Whether it changes something, were it carried out.
    pub fn writes(&self) -> bool {
        let line = self.line();
        ["PATCH ", "POST ", "DELETE "].iter().any(|verb| line.starts_with(verb))
            && !line.contains("dryRun")
            && !line.contains("selfsubjectaccessreviews")
            && !String::from_utf8_lossy(&self.body).contains("\"dryRun\"")
    }

    /// Whether its line has all of these.
    pub fn has(&self, parts: &[&str]) -> bool {
        parts.iter().all(|part| self.line().contains(part))
    }
}

/// One request and its answer.
fn pass(mut client: TcpStream, upstream: SocketAddr, decide: &Decide) -> Option<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte).ok()?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    client.read_exact(&mut body).ok()?;
    let request = Request { head, body };
    let answer = |client: &mut TcpStream, code: u16, headers: &str, body: &Value| {
        let (body, colon) = (body.to_string(), if headers.is_empty() { "" } else { "\r\n" });
        let head = format!(
            "HTTP/1.1 {code} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n{headers}{colon}\r\n",
            body.len()
        );
        client.write_all(format!("{head}{body}").as_bytes()).ok()
    };
    match decide(&request) {
        WriteOutcome::Pass => client.write_all(&carry_out(&request, upstream)?).ok(),
        WriteOutcome::Answer(code, headers, body) => answer(&mut client, code, headers, &body),
        WriteOutcome::AnswerAfter(code, headers, body) => {
            carry_out(&request, upstream)?;
            answer(&mut client, code, headers, &body)
        }
        WriteOutcome::CutBefore => None,
        WriteOutcome::CutAfter => {
            carry_out(&request, upstream)?;
            None
        }
        WriteOutcome::Hold { carried_out, then } => {
            if carried_out {
                carry_out(&request, upstream)?;
            }
            then.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_secs(20));
            None
        }
    }
}

fn carry_out(request: &Request, upstream: SocketAddr) -> Option<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).ok()?;
    let lines = request.head.lines().filter(|l| !l.is_empty() && !l.to_ascii_lowercase().starts_with("connection:"));
    let kept: Vec<&str> = lines.collect();
    server.write_all(format!("{}\r\nConnection: close\r\n\r\n", kept.join("\r\n")).as_bytes()).ok()?;
    server.write_all(&request.body).ok()?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).ok()?;
    Some(answer)
}
