//! Names of images: which of them a kubelet can read (`InvalidImageName` otherwise).
//!
//! `ParseNormalizedNamed`, `Parse` and `regexp.go` of github.com/distribution/reference v0.6.0, which `ParseImageName`
//! (`pkg/util/parsers/parsers.go`, Kubernetes v1.36 and v1.37) calls for `applyDefaultImageTag` of
//! `pkg/kubelet/images/image_manager.go`: `[domain/]path[:tag][@digest]`. The API server takes any text.

/// The longest path of a repository, without registry, tag and digest, in bytes (`RepositoryNameTotalLengthMax`).
const MAX_PATH: usize = 255;

/// Why a kubelet cannot read the name of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageNameFault {
    /// It starts with a scheme, as an address does.
    Scheme,
    /// White space stands in it, or around it.
    Blank,
    /// What should have been put in for a placeholder was not: `$(IMAGE)`, `{{ image }}`, `<image>`.
    Placeholder,
    /// The id of an image, which names no repository.
    Identifier,
    /// The path has capital letters.
    Capital,
    /// The registry is no host name with an optional port.
    Registry,
    /// The path is longer than 255 bytes.
    TooLong,
    /// The path is not of words with `/` between them.
    Path,
    /// The tag is empty, longer than 128 characters, or has a character that tags do not have.
    Tag,
    /// The digest is of an unknown algorithm, or is not as long as its algorithm makes it.
    Digest,
}

/// Why a kubelet cannot read the name; `None` where it can.
pub fn fault(text: &str) -> Option<ImageNameFault> {
    let fault = grammar(text)?;
    // What is wrong by the grammar has a cause that is seen before it.
    Some(if text.contains("{{") || text.contains("${") || text.contains("$(") || text.starts_with('<') {
        ImageNameFault::Placeholder
    } else if text.contains(char::is_whitespace) {
        ImageNameFault::Blank
    } else if text.contains("://") {
        ImageNameFault::Scheme
    } else {
        fault
    })
}

fn grammar(text: &str) -> Option<ImageNameFault> {
    if text.len() == 64 && text.bytes().all(is_lower_hex) {
        return Some(ImageNameFault::Identifier);
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
    let on_hub = domain.is_none_or(|domain| matches!(domain, "docker.io" | "index.docker.io"));
    let official = if on_hub && !path.contains('/') { "library/".len() } else { 0 };
    if domain.is_some_and(|domain| !is_domain(domain)) {
        Some(ImageNameFault::Registry)
    } else if path.chars().any(char::is_uppercase) {
        Some(ImageNameFault::Capital)
    } else if !path.split('/').all(is_path_component) {
        Some(ImageNameFault::Path)
    } else if official + path.len() > MAX_PATH {
        Some(ImageNameFault::TooLong)
    } else if tag.is_some_and(|tag| !is_tag(tag)) {
        Some(ImageNameFault::Tag)
    } else if digest.is_some_and(|digest| !is_digest(digest)) {
        Some(ImageNameFault::Digest)
    } else {
        None
    }
}

fn is_lower_hex(b: u8) -> bool {
    b.is_ascii_digit() || (b'a'..=b'f').contains(&b)
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
    hex.len() == length && hex.bytes().all(is_lower_hex)
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
            &"a".repeat(247),
            &format!("registry.example/{}", "a".repeat(255)),
        ] {
            assert_eq!(fault(name), None, "{name}");
        }
        for (name, why) in [
            ("Busybox", ImageNameFault::Capital),
            ("registry.example/Team/agent", ImageNameFault::Capital),
            ("registry.example/agent:", ImageNameFault::Tag),
            ("registry.example/agent:v1:v2", ImageNameFault::Tag),
            ("registry.example/agent:v1+build", ImageNameFault::Tag),
            ("registry.example//agent", ImageNameFault::Path),
            ("/agent", ImageNameFault::Path),
            (":v1", ImageNameFault::Path),
            ("https://registry.example/agent", ImageNameFault::Scheme),
            ("docker://registry.example/agent", ImageNameFault::Scheme),
            ("agent:v1 ", ImageNameFault::Blank),
            ("registry.example/my agent", ImageNameFault::Blank),
            ("$(IMAGE)", ImageNameFault::Placeholder),
            ("{{ image }}", ImageNameFault::Placeholder),
            ("${REGISTRY}/agent:v1", ImageNameFault::Placeholder),
            ("<your-image>", ImageNameFault::Placeholder),
            ("a___b", ImageNameFault::Path),
            ("registry.example/agent@sha256:abc", ImageNameFault::Digest),
            (&format!("registry.example/agent@SHA256:{digest}"), ImageNameFault::Digest),
            (&format!("registry.example/agent@sha256:{}", "A".repeat(64)), ImageNameFault::Digest),
            ("registry.example/-agent", ImageNameFault::Path),
            ("registry_1.example/agent", ImageNameFault::Registry),
            ("registry.example:port/agent", ImageNameFault::Registry),
            (&digest, ImageNameFault::Identifier),
            (&"a".repeat(248), ImageNameFault::TooLong),
            (&format!("registry.example/{}", "a".repeat(256)), ImageNameFault::TooLong),
        ] {
            assert_eq!(fault(name), Some(why), "{name}");
        }
    }
}
