//! Certificates of a kubeconfig, out of base64 or a file.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, Result};

/// Reads certificates out of `data`, base64 that stands in the field `field`, or else out of a file.
pub(crate) fn certificates(whose: &str, field: &str, data: &str, file: &str) -> Result<Option<Vec<Vec<u8>>>> {
    let told = |place: &str| Error::new(format!("cannot read {whose} ({place})"));
    let (pem, place) = match (data, file) {
        ("", "") => return Ok(None),
        ("", path) => (std::fs::read(path).map_err(|error| told(path).because(&error))?, path),
        (data, _) => {
            let pem = STANDARD.decode(data.split_whitespace().collect::<String>());
            (pem.map_err(|_| told(field).cause("the value is not base64"))?, field)
        }
    };
    let parts = pem::parse_many(&pem).map_err(|_| told(place).cause("the value is not PEM"))?;
    let certificates: Vec<_> =
        parts.into_iter().filter(|part| part.tag() == "CERTIFICATE").map(pem::Pem::into_contents).collect();
    match certificates.is_empty() {
        true => Err(told(place).cause("no certificate is in it")),
        false => Ok(Some(certificates)),
    }
}
