//! A server's address without what its URL may hide.

use http::Uri;
use http::uri::Authority;

/// `host:port` without the user and password that may stand before it.
pub(crate) fn host_and_port(authority: &Authority) -> &str {
    let text = authority.as_str();
    text.rsplit_once('@').map_or(text, |(_, rest)| rest)
}

/// A server without what its URL may hide: user, password, query.
pub(crate) fn place(uri: &Uri) -> String {
    let port = uri.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", uri.scheme_str().unwrap_or("https"), uri.host().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_named_without_its_secrets() {
        for (uri, named) in
            [("https://user:pass@host:6443/path?token=x", "https://host:6443"), ("http://[::1]/", "http://[::1]")]
        {
            assert_eq!(place(&uri.parse().unwrap()), named);
        }
    }
}
