//! The last lines of a container's log.

use std::time::Duration;

use http::Request;
use kube::client::Body;

use crate::client::api_path::{ApiPath, object_name};
use crate::client::connection::Connection;
use crate::client::single_shot::once;
use crate::client::status::Status;
use crate::model::container_log::{ContainerLog, LogAnswer, LogKey, MAX_LOG_LINES};
use crate::model::message::server::{is_log_not_found, is_no_log};

/// A log that waits for a node which does not answer is not worth waiting for.
const WITHIN: Duration = Duration::from_secs(5);
/// So much of a log is taken at most.
const MOST: usize = 256 << 10;
/// So much of each line is asked for.
const OF_LINE: usize = 4 << 10;

/// What came of asking for a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastLines {
    /// These are the lines, the oldest first.
    Here {
        /// The lines.
        lines: Vec<String>,
        /// Whether they are of the run before the present one.
        previous: bool,
    },
    /// The user may not read logs.
    Forbidden,
    /// The log does not exist, or the node does not return it.
    Failed(String),
}

/// The log of one container.
#[derive(Debug, Clone, Copy)]
pub struct LogOf<'a> {
    /// Its pod's namespace.
    pub namespace: &'a str,
    /// Its pod.
    pub pod: &'a str,
    /// Its name.
    pub container: &'a str,
    /// Of the run before the present one.
    pub previous: bool,
}

/// Asks once for the last lines of a log.
pub(crate) async fn read(connection: &Connection, key: &LogKey) -> LogAnswer {
    let LogKey { namespace, pod, container, previous } = key;
    let of = LogOf { namespace: namespace.as_str(), pod, container, previous: *previous };
    match last_lines(connection, of, MAX_LOG_LINES).await {
        // The lines may be of another run than was asked for.
        LastLines::Here { lines, previous } => {
            LogAnswer::Read(ContainerLog::of_last(lines.iter().map(String::as_str), previous))
        }
        LastLines::Forbidden => LogAnswer::Forbidden,
        LastLines::Failed(why) => LogAnswer::Failed(why),
    }
}

/// Asks once for the last `lines` lines that a container wrote.
pub async fn last_lines(connection: &Connection, of: LogOf<'_>, lines: usize) -> LastLines {
    match ask(connection, of, lines).await {
        // The run before may be forgotten already; what the present one says is better than nothing.
        LastLines::Failed(why) if of.previous && (is_log_not_found(&why) || is_of_kubelet(&why, of)) => {
            match ask(connection, LogOf { previous: false, ..of }, lines).await {
                LastLines::Here { lines, previous } if !lines.is_empty() => LastLines::Here { lines, previous },
                _ => LastLines::Failed(why),
            }
        }
        other => other,
    }
}

fn is_of_kubelet(line: &str, of: LogOf<'_>) -> bool {
    is_no_log(line, of.namespace, of.pod)
}

async fn ask(connection: &Connection, of: LogOf<'_>, lines: usize) -> LastLines {
    let (Ok(namespace), Ok(pod), Ok(container)) =
        (object_name(of.namespace), object_name(of.pod), object_name(of.container))
    else {
        return LastLines::Failed("the name of the pod is not valid".to_owned());
    };
    let previous = of.previous;
    let bytes = MOST.min(OF_LINE.saturating_mul(lines.max(1)));
    let path = ApiPath::of_group("").in_namespace(namespace).segment("pods").segment(pod).segment("log");
    let path = path.query("container", container).query("previous", &previous.to_string());
    let path = path.query("tailLines", &lines.to_string()).query("limitBytes", &bytes.to_string());
    let request = match Request::get(path.as_str()).header(http::header::ACCEPT, "*/*").body(Body::empty()) {
        Ok(request) => request,
        Err(error) => return LastLines::Failed(error.to_string()),
    };
    match once(connection, request, MOST, WITHIN).await {
        Ok((200, body)) => {
            let text = String::from_utf8_lossy(&body);
            let all: Vec<&str> = text.lines().collect();
            if let [line] = *all
                && is_of_kubelet(line, of)
            {
                return LastLines::Failed(line.to_owned());
            }
            let from = all.len().saturating_sub(lines);
            LastLines::Here { lines: all[from..].iter().map(|line| (*line).to_owned()).collect(), previous }
        }
        Ok((403, _)) => LastLines::Forbidden,
        Ok((code, body)) => LastLines::Failed(Status::of(&body).sentence(code)),
        Err(why) => LastLines::Failed(why),
    }
}
