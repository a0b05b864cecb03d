//! An admission webhook that the real API server calls, over TLS with the cluster's own authority.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::TcpListener,
    task::JoinHandle,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

use super::cluster::Cluster;

/// What the webhook answers.
#[derive(Clone, Debug)]
pub enum Says {
    /// The object may not be, for this reason.
    Denied(&'static str),
    /// It is changed by this JSON patch.
    Patched(Value),
}

/// A running webhook, until dropped.
pub struct Webhook {
    address: SocketAddr,
    /// The authority's certificate, as configurations carry it.
    authority: String,
    task: JoinHandle<()>,
    asked: Arc<Mutex<Vec<Value>>>,
}

type Decide = dyn Fn(&Value) -> Says + Send + Sync;

impl Webhook {
    /// Starts one on loopback that answers what `decide` says of the request's object.
    pub fn start(cluster: &Cluster, decide: impl Fn(&Value) -> Says + Send + Sync + 'static) -> Self {
        let acceptor = acceptor(cluster.folder());
        let listener = Cluster::wait(TcpListener::bind("127.0.0.1:0")).expect("there is a free port");
        let address = listener.local_addr().expect("it is bound");
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (seen, decide): (_, Arc<Decide>) = (Arc::clone(&asked), Arc::new(decide));
        let task = Cluster::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, seen, decide) = (acceptor.clone(), Arc::clone(&seen), Arc::clone(&decide));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        // A client that goes away has got its answer.
                        let _ = serve(stream, &seen, &*decide).await;
                    }
                });
            }
        });
        let authority = std::fs::read(cluster.folder().join("ca.crt")).expect("the cluster has an authority");
        Self { address, authority: STANDARD.encode(authority), task, asked }
    }

    /// A configuration of `kind` that sends every pod created in the namespace here, and fails where nobody answers.
    pub fn configuration(&self, kind: &str, name: &str, namespace: &str) -> Value {
        configuration(kind, name, namespace, &format!("https://{}/", self.address), &self.authority)
    }

    /// The requests that came so far.
    pub fn asked(&self) -> Vec<Value> {
        self.asked.lock().expect("nobody panics with it in hand").clone()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A configuration whose server is not there.
pub fn webhook_of_nobody(name: &str, namespace: &str) -> Value {
    // Nothing listens on the first port.
    configuration("ValidatingWebhookConfiguration", name, namespace, "https://127.0.0.1:1/", "")
}

fn configuration(kind: &str, name: &str, namespace: &str, url: &str, authority: &str) -> Value {
    let mut client = json!({ "url": url });
    if !authority.is_empty() {
        client["caBundle"] = json!(authority);
    }
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name},
        "webhooks": [{
            "name": format!("{name}.policy.example"), "clientConfig": client, "failurePolicy": "Fail",
            "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 2,
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}],
    })
}

fn acceptor(folder: &Path) -> TlsAcceptor {
    let certificates =
        CertificateDer::pem_file_iter(folder.join("serving.crt")).expect("the cluster has a certificate");
    let certificates = certificates.collect::<Result<Vec<_>, _>>().expect("the certificate can be read");
    let key = PrivateKeyDer::from_pem_file(folder.join("serving.key")).expect("the cluster has a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks TLS")
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .expect("the key is that of the certificate");
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    seen: &Mutex<Vec<Value>>,
    decide: &Decide,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        let review: Value = serde_json::from_slice(&body).unwrap_or_default();
        let request = &review["request"];
        let mut response = json!({"uid": request["uid"], "allowed": true});
        match decide(&request["object"]) {
            Says::Denied(why) => {
                response["allowed"] = json!(false);
                response["status"] = json!({"code": 403, "message": why});
            }
            Says::Patched(patch) => {
                response["patchType"] = json!("JSONPatch");
                response["patch"] = json!(STANDARD.encode(patch.to_string()));
            }
        }
        seen.lock().expect("nobody panics with it in hand").push(request.clone());
        let answer = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
        let answer = answer.to_string();
        let head =
            format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", answer.len());
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(answer.as_bytes()).await?;
        stream.flush().await?;
    }
}
