//! A small web server on the loopback: a folder of downloads, an API server that only lists, one that says nothing.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::json;

/// What it answers with.
pub enum Site {
    /// Files of a folder.
    Folder(PathBuf),
    /// Lists of names.
    Cluster,
    /// Takes the request and never answers.
    Silence,
}

/// It ends with the test's process.
pub struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// Starts it on a free port.
    pub fn start(site: Site) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (site, asked) = (Arc::new(site), Arc::new(Mutex::new(Vec::new())));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (site, seen) = (Arc::clone(&site), Arc::clone(&seen));
                // A client that goes away is none of our business.
                std::thread::spawn(move || drop(serve(stream, &site, &seen)));
            }
        });
        Server { port, asked }
    }

    /// Its address, without a slash at the end.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Each request, as `METHOD PATH ACCEPT`.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("no panic").clone()
    }
}

fn serve(stream: TcpStream, site: &Site, seen: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut stream = stream;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let request = line.trim().to_owned();
        let mut accept = String::new();
        loop {
            let mut header = String::new();
            reader.read_line(&mut header)?;
            match header.trim().split_once(':') {
                Some((name, value)) if name.eq_ignore_ascii_case("accept") => accept = value.trim().to_owned(),
                Some(_) => {}
                None => break,
            }
        }
        let mut words = request.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        seen.lock().expect("no panic").push(format!("{method} {target} {accept}"));
        let path = target.split('?').next().unwrap_or_default();
        let found = match site {
            Site::Folder(folder) => std::fs::read(folder.join(path.trim_start_matches('/'))).ok(),
            Site::Cluster => list(path),
            Site::Silence => loop {
                std::thread::park();
            },
        };
        let (status, body) = match found {
            Some(body) => ("200 OK", body),
            None => ("404 Not Found", b"{\"kind\":\"Status\",\"code\":404}".to_vec()),
        };
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )?;
        stream.write_all(&body)?;
    }
}

/// The objects that such a cluster has.
fn list(path: &str) -> Option<Vec<u8>> {
    let names = match path {
        "/api/v1/namespaces" => vec!["default", "kube-system", "logging", "evil\u{1b}[31m"],
        "/api/v1/nodes" => vec!["n02", "n01"],
        "/apis/apps/v1/namespaces/default/daemonsets" => vec!["fluent-bit", "node-exporter"],
        "/apis/apps/v1/namespaces/logging/daemonsets" => vec!["vector"],
        _ => return None,
    };
    let items: Vec<_> = names.iter().map(|name| json!({"metadata": {"name": name}})).collect();
    Some(json!({"kind": "PartialObjectMetadataList", "items": items}).to_string().into_bytes())
}
