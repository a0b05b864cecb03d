//! Which proxy, if any, stands between us and the server.

use http::Uri;

use crate::client::flags::Environment;
use crate::error::{Error, Result};

/// The proxy, if any: the cluster's own, or the environment's unless the server is excepted from it.
///
/// kube compares `NO_PROXY` with the proxy's host instead of the server's, so this is ours.
pub(crate) fn proxy(named: Option<String>, server: &Uri, environment: &Environment) -> Result<Option<Uri>> {
    let (text, from) = match named {
        Some(text) => (text, "`proxy-url` of the cluster"),
        None => {
            let of_scheme = match server.scheme_str() {
                Some("http") => (&environment.http_proxy, "`HTTP_PROXY`"),
                _ => (&environment.https_proxy, "`HTTPS_PROXY`"),
            };
            match of_scheme {
                (Some(text), from) if !is_excepted(server, environment.no_proxy.as_deref()) => (text.clone(), from),
                _ => return Ok(None),
            }
        }
    };
    let text = if text.contains("://") { text } else { format!("http://{text}") };
    // The URL may hold a password: it is not shown.
    let told = |cause: &str| Error::new(format!("cannot use the proxy of {from}")).cause(cause);
    let uri: Uri = text.parse().map_err(|_| told("the value is not a URL"))?;
    match uri.scheme_str() {
        Some("http" | "https" | "socks5") if uri.host().is_some() => Ok(Some(uri)),
        Some("socks5h") => {
            text.replacen("socks5h", "socks5", 1).parse().map(Some).map_err(|_| told("the value is not a URL"))
        }
        _ => Err(told("the scheme is neither http, https nor socks5")),
    }
}

/// Whether `NO_PROXY` excepts the server, as Go reads it: hosts with their sub-domains, addresses, ranges, `*`. The
/// machine itself is always excepted.
fn is_excepted(server: &Uri, no_proxy: Option<&str>) -> bool {
    let host = server.host().unwrap_or_default().trim_matches(['[', ']']).trim_end_matches('.').to_ascii_lowercase();
    let address: Option<std::net::IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
        return true;
    }
    let port = server.port_u16().unwrap_or(if server.scheme_str() == Some("http") { 80 } else { 443 });
    no_proxy.unwrap_or_default().split(',').map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        if let Some((network, bits)) = entry.split_once('/') {
            return address.is_some_and(|address| in_network(address, network, bits));
        }
        let (name, wanted) = match entry.rsplit_once(':') {
            Some((name, digits)) if !name.contains(':') || name.ends_with(']') => (name, digits.parse::<u16>().ok()),
            _ => (entry.as_str(), None),
        };
        if wanted.is_some_and(|wanted| wanted != port) {
            return false;
        }
        let name = name.trim_matches(['[', ']']);
        if let Ok(excepted) = name.parse::<std::net::IpAddr>() {
            return address == Some(excepted);
        }
        let domain = name.strip_prefix('*').unwrap_or(name);
        match domain.strip_prefix('.') {
            Some(parent) => host.ends_with(domain) && host.len() > domain.len() && !parent.is_empty(),
            None => host == domain || host.ends_with(&format!(".{domain}")),
        }
    })
}

/// Whether an address is in a range such as `10.0.0.0/8`.
fn in_network(address: std::net::IpAddr, network: &str, bits: &str) -> bool {
    use std::net::IpAddr::{V4, V6};
    let Ok(bits) = bits.parse::<u32>() else { return false };
    match (address, network.parse()) {
        (V4(address), Ok(V4(network))) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (V6(address), Ok(V6(network))) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}
