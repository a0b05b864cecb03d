//! Proxies on the loopback that carry everything to one port, and note for whom.

use std::io::{BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use crate::server::read_request;

/// A proxy of the test's own making; it ends with the test's process.
pub struct Proxy {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

type Greeting = fn(&mut TcpStream, &Mutex<Vec<String>>) -> std::io::Result<()>;

impl Proxy {
    /// Tunnels by `CONNECT`.
    pub fn http(to: u16) -> Self {
        Self::start(to, connect)
    }

    /// Speaks SOCKS 5; asks for a name and password where the client has them.
    pub fn socks5(to: u16) -> Self {
        Self::start(to, socks5)
    }

    fn start(to: u16, greet: Greeting) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let noted = Arc::clone(&noted);
                // A client that goes away in the middle is no trouble of the test's.
                std::thread::spawn(move || drop(carry(stream, to, greet, &noted)));
            }
        });
        Proxy { port, seen }
    }

    /// Each tunnel: how and where to, and with which credentials.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().expect("no panic").clone()
    }
}

fn carry(mut stream: TcpStream, to: u16, greet: Greeting, noted: &Mutex<Vec<String>>) -> std::io::Result<()> {
    greet(&mut stream, noted)?;
    let mut server = TcpStream::connect(("127.0.0.1", to))?;
    let (mut from, mut back) = (stream.try_clone()?, server.try_clone()?);
    std::thread::spawn(move || drop(std::io::copy(&mut from, &mut back)));
    std::io::copy(&mut server, &mut stream)?;
    Ok(())
}

fn connect(stream: &mut TcpStream, noted: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let asked = read_request(&mut BufReader::with_capacity(1, stream.try_clone()?))?.expect("a request");
    let who = asked.header("proxy-authorization").join(" ");
    noted.lock().expect("no panic").push(format!("{} {} {who}", asked.method, asked.target).trim().to_owned());
    stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n")
}

/// RFC 1928 and 1929, as far as a client that names a host needs it.
fn socks5(stream: &mut TcpStream, noted: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let mut methods = vec![0; usize::from(head[1])];
    stream.read_exact(&mut methods)?;
    let mut who = String::new();
    if methods.contains(&2) {
        stream.write_all(&[5, 2])?;
        stream.read_exact(&mut [0])?;
        let mut next = || {
            let mut length = [0];
            stream.read_exact(&mut length)?;
            let mut text = vec![0; usize::from(length[0])];
            stream.read_exact(&mut text)?;
            std::io::Result::Ok(String::from_utf8_lossy(&text).into_owned())
        };
        who = format!(" {}:{}", next()?, next()?);
        stream.write_all(&[1, 0])?;
    } else {
        stream.write_all(&[5, 0])?;
    }
    let mut request = [0; 4];
    stream.read_exact(&mut request)?;
    let length = match request[3] {
        1 => 4,
        4 => 16,
        _ => {
            let mut length = [0];
            stream.read_exact(&mut length)?;
            usize::from(length[0])
        }
    };
    let mut host = vec![0; length];
    stream.read_exact(&mut host)?;
    let mut port = [0; 2];
    stream.read_exact(&mut port)?;
    let host = if request[3] == 3 { String::from_utf8_lossy(&host).into_owned() } else { format!("{host:?}") };
    noted.lock().expect("no panic").push(format!("SOCKS5 {host}:{}{who}", u16::from_be_bytes(port)));
    stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
}
