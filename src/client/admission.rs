//! Asking the API server what it would make of a pod. `dryRun=All` is part of the path here and of no other's choice:
//! nothing is ever stored.

use std::time::Duration;

use http::Request;
use kube::client::Body;
use serde_json::Value as Json;

use crate::client::api_path::{ApiPath, namespace_name};
use crate::client::connection::Connection;
use crate::client::single_shot::once;
use crate::client::status::Status;
use crate::investigate::Admitted;
use crate::model::message::server::ServerRefusal;

/// Webhooks are given up to 30 seconds by the server, one after another.
const WITHIN: Duration = Duration::from_secs(45);
/// A pod is at most 1.5 MiB.
const MOST: usize = 4 << 20;

/// Asks what becomes of a pod in its namespace, without storing it.
pub async fn would_admit(connection: &Connection, namespace: &str, pod: &Json) -> Admitted {
    let Ok(namespace) = namespace_name(namespace) else {
        return Admitted::NotAsked("the name of the namespace is not valid".to_owned());
    };
    let path = ApiPath::of_group("").in_namespace(namespace).segment("pods");
    let path = path.query("dryRun", "All").query("fieldManager", "kubectl-daemonset");
    let request = Request::post(path.as_str())
        .header(http::header::ACCEPT, "application/json")
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(Body::from(pod.to_string().into_bytes()));
    let request = match request {
        Ok(request) => request,
        Err(error) => return Admitted::NotAsked(error.to_string()),
    };
    match once(connection, request, MOST, WITHIN).await {
        Ok((200..=202, body)) => match serde_json::from_slice(&body) {
            Ok(pod) => Admitted::Made(pod),
            Err(error) => Admitted::NotAsked(format!("cannot read the server's answer: {error}")),
        },
        Ok((code, body)) => {
            let told = Status::of(&body).sentence(code);
            match (code, ServerRefusal::of(&told)) {
                // Whoever may not create pods learns nothing of admission.
                (403, Some(ServerRefusal::MayNotCreatePods)) => Admitted::Forbidden,
                (_, Some(ServerRefusal::NoDryRun)) => Admitted::NotAsked(told),
                (401 | 429 | 502..=504, _) => Admitted::NotAsked(told),
                _ => Admitted::Refused { code, message: told },
            }
        }
        Err(why) => Admitted::NotAsked(why),
    }
}
