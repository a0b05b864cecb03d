//! A request that is sent just once: for what a person waits for, and what another try would not mend.

use std::time::Duration;

use http::Request;
use http_body_util::BodyExt;
use kube::client::Body;
use tokio::time::timeout;

use crate::client::connection::Connection;

/// Sends the request and takes the answer's code and at most so many bytes of its body, all within that time.
///
/// # Errors
/// A sentence why there is no answer.
pub(crate) async fn once(
    connection: &Connection,
    request: Request<Body>,
    most: usize,
    within: Duration,
) -> Result<(u16, Vec<u8>), String> {
    let asked = async {
        let response = connection.client().await.send(request).await.map_err(|error| error.to_string())?;
        let code = response.status().as_u16();
        let mut stream = response.into_body();
        let mut body = Vec::new();
        while let Some(frame) = stream.frame().await {
            let frame = frame.map_err(|error| format!("the connection broke: {error}"))?;
            body.extend_from_slice(frame.data_ref().map_or(&[][..], |data| data));
            if body.len() >= most {
                body.truncate(most);
                break;
            }
        }
        Ok((code, body))
    };
    timeout(within, asked).await.unwrap_or_else(|_| Err(format!("no answer within {}s", within.as_secs())))
}
