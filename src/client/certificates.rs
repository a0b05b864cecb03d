//! Certificates and keys of a kubeconfig, out of base64 or a file.

use std::io;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};

/// Why there is no certificate or key.
pub(crate) enum Unread {
    /// The field holds no base64.
    NotBase64,
    /// The file cannot be read.
    File(io::Error),
}

/// Returns what `data` holds in base64, or else what the file holds; `None` if both names are empty.
pub(crate) fn bytes(data: &str, file: &str) -> Result<Option<Vec<u8>>, Unread> {
    match (data, file) {
        ("", "") => Ok(None),
        ("", path) => std::fs::read(path).map(Some).map_err(Unread::File),
        (data, _) => {
            let plain = STANDARD.decode(data.split_whitespace().collect::<String>());
            plain.map(Some).map_err(|_| Unread::NotBase64)
        }
    }
}

/// Reads certificates out of `data`, base64 that stands in the field `field`, or else out of a file.
pub(crate) fn certificates(whose: &str, field: &str, data: &str, file: &str) -> Result<Option<Vec<Vec<u8>>>> {
    let told = |place: &str| Error::new(format!("cannot read {whose} ({place})"));
    let place = if data.is_empty() { file } else { field };
    let pem = bytes(data, file).map_err(|why| match why {
        Unread::NotBase64 => told(place).cause("the value is not base64"),
        Unread::File(error) => told(place).because(&error),
    })?;
    let Some(pem) = pem else { return Ok(None) };
    let parts = pem::parse_many(&pem).map_err(|_| told(place).cause("the value is not PEM"))?;
    let certificates: Vec<_> =
        parts.into_iter().filter(|part| part.tag() == "CERTIFICATE").map(pem::Pem::into_contents).collect();
    match certificates.is_empty() {
        true => Err(told(place).cause("no certificate is in it")),
        false => Ok(Some(certificates)),
    }
}
