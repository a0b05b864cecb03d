//! Why there is no connection, in kubectl's words.

use crate::client::kubeconfig::Target;
use crate::client::server_address::{host_and_port, place};
use crate::client::status::Status;
use crate::error::Error;
use crate::text::list::name as shown;

/// The server does not know the user.
pub(crate) fn not_logged_in(target: &Target, body: &[u8]) -> Error {
    let status = Status::of(body);
    let told = Error::new(format!("you must be logged in to the server {}", place(&target.config.cluster_url)))
        .cause(status.sentence(401));
    if target.config.cluster_url.scheme_str() != Some("https") {
        return told.hint("no credentials are sent over http://; use the https:// address of the server");
    }
    match &target.user {
        Some(user) => {
            told.hint(format!("the credentials of user `{}` in the kubeconfig are missing or expired", shown(user)))
        }
        None => told.hint("no user is chosen: name a context with one, or `--user` or `--token`"),
    }
}

/// There is no way to the server; in kubectl's words, which people know and search for.
pub(crate) fn unreachable(target: &Target, error: &kube::Error) -> Error {
    let told = match is_refused(error) {
        true => format!(
            "the connection to the server {} was refused - did you specify the right host or port?",
            target.config.cluster_url.authority().map_or("", host_and_port)
        ),
        false => format!("unable to connect to the server {}", place(&target.config.cluster_url)),
    };
    let told = causes(error).into_iter().fold(Error::new(told), Error::cause);
    match &target.context {
        Some(context) => told.hint(format!("the server is that of context `{}`", shown(context))),
        None => told,
    }
}

/// What went wrong, outermost first, without repeating what an outer sentence says already.
pub(crate) fn causes(error: &kube::Error) -> Vec<String> {
    let mut told = Vec::<String>::new();
    let mut next = std::error::Error::source(error);
    while let Some(error) = next {
        let text = error.to_string();
        match told.last_mut() {
            Some(last) if last.contains(&text) => {}
            Some(last) if text.contains(last.as_str()) => *last = text,
            _ => told.push(text),
        }
        next = error.source();
    }
    if told.is_empty() {
        told.push("the request could not be sent".to_owned());
    }
    told
}

/// Whether the connection was never made.
pub(crate) fn is_connect(error: &kube::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<hyper_util::client::legacy::Error>() {
            return error.is_connect();
        }
        next = error.source();
    }
    false
}

/// Whether somebody is there who does not listen.
fn is_refused(error: &kube::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<std::io::Error>();
        if io.is_some_and(|io| io.kind() == std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        next = error.source();
    }
    false
}
