//! Names of images that no kubelet reads (`InvalidImageName`).
//!
//! `ParseNormalizedNamed` and `regexp.go` of github.com/distribution/reference v0.6.0, which `applyDefaultImageTag`
//! (`pkg/kubelet/images/image_manager.go`, v1.37) calls: `[domain/]path[:tag][@digest]`.

use crate::model::Symbol;
use crate::model::pod_fields::PodFields;
use crate::rules::verdict::StartObstacle;

/// The longest repository name, without tag and digest, in bytes (`RepositoryNameTotalLengthMax`).
const MAX_NAME: usize = 255;

/// The containers whose image name cannot be read. A template without an image waits for somebody to fill it in.
pub(super) fn failures(fields: &PodFields) -> impl Iterator<Item = StartObstacle> {
    let containers = fields.init_containers.iter().chain(fields.containers.iter());
    let bad = containers.filter(|container| !container.image.is_empty() && !is_reference(&container.image));
    bad.map(|container| StartObstacle::ImageName {
        container: Symbol::new(&container.name),
        image: Symbol::new(&container.image),
    })
}

/// Whether a kubelet can read the name.
fn is_reference(text: &str) -> bool {
    // Ids of images are no names.
    if text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
        return false;
    }
    let (name, digest) = match text.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (text, None),
    };
    let (domain, rest) = split_domain(name);
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    let full = domain.map_or(0, |domain| domain.len() + 1) + path.len();
    domain.is_none_or(is_domain)
        && path.split('/').all(is_path_component)
        && full <= MAX_NAME
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
}

/// The part before the first slash is a domain if it has a dot, a port or a capital letter, or is `localhost`
/// (`splitDockerDomain`).
fn split_domain(name: &str) -> (Option<&str>, &str) {
    match name.split_once('/') {
        Some((first, rest))
            if first.contains(['.', ':']) || first == "localhost" || first.bytes().any(|b| b.is_ascii_uppercase()) =>
        {
            (Some(first), rest)
        }
        _ => (None, name),
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        // An IPv6 address.
        Some((address, port)) => {
            let valid = !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':');
            match port {
                "" => return valid,
                port if !valid || !port.starts_with(':') => return false,
                port => ("", Some(&port[1..])),
            }
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let has_host = text.starts_with('[') || host.split('.').all(label);
    has_host && port.is_none_or(|port| !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()))
}

/// Lower-case letters and digits, in parts that `.`, `_`, `__` or dashes separate.
fn is_path_component(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    let bytes = text.as_bytes();
    let ends = |b: Option<&u8>| b.is_some_and(|b| is_word(*b));
    let separators = text.split(|c: char| c.is_ascii_digit() || c.is_ascii_lowercase());
    ends(bytes.first())
        && ends(bytes.last())
        && separators.filter(|s| !s.is_empty()).all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

fn is_tag(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().all(|b| is_word(b) || b == b'.' || b == b'-')
}

/// A digest of an algorithm that is known, with the length it has.
fn is_digest(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    let hex = text.split_once(':').map_or("", |(_, hex)| hex);
    hex.len() == length && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_names_are_read() {
        let digest = "a".repeat(64);
        for name in [
            "busybox",
            "busybox:1.36",
            "registry.example/team/agent:v1",
            "registry.example:5000/agent",
            "localhost/agent:dev",
            "Registry/agent",
            "[fd00::1]:5000/agent",
            "a__b/c-d--e.f:A_b.c-1",
            &format!("busybox@sha256:{digest}"),
            &format!("busybox:1@sha256:{digest}"),
        ] {
            assert!(is_reference(name), "{name}");
        }
        for name in [
            "Busybox",
            "registry.example/Team/agent",
            "registry.example/agent:",
            "registry.example/agent:v1:v2",
            "registry.example//agent",
            "https://registry.example/agent",
            "agent:v1 ",
            "$(IMAGE)",
            "{{ image }}",
            "a___b",
            "registry.example/agent@sha256:abc",
            "registry.example/-agent",
            &digest,
            &"a".repeat(256),
        ] {
            assert!(!is_reference(name), "{name}");
        }
    }
}
