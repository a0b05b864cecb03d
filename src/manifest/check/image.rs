//! Names of images, as every kubelet takes them apart before it asks a runtime.
//!
//! `ParseNormalizedNamed` (github.com/distribution/reference v0.6, normalize.go and regexp.go), by way of
//! `ParseImageName` (kubernetes pkg/util/parsers, v1.36): what it refuses is InvalidImageName on every node.

/// Why no kubelet reads the name of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFault {
    /// `https://` or the like before it.
    Scheme,
    /// White space within.
    Blank,
    /// A capital letter in the repository.
    Capital,
    /// Something that is no digest after `@`.
    Digest,
    /// Something that is no tag after `:`.
    Tag,
    /// 64 hexadecimal digits alone, which are an identifier.
    Identifier,
    /// More than 255 characters before tag and digest.
    TooLong,
    /// Another form.
    Other,
}

impl ImageFault {
    /// Returns the end of the sentence "the image ...".
    pub fn told(self) -> &'static str {
        match self {
            ImageFault::Scheme => "begins with a scheme such as https://",
            ImageFault::Blank => "has a blank in it",
            ImageFault::Capital => "has a capital letter in its repository, which must be lower case",
            ImageFault::Digest => "has a digest that is not `sha256:` and 64 hexadecimal digits",
            ImageFault::Tag => "has a tag that is not at most 128 letters, digits, `_`, `-` and `.`",
            ImageFault::Identifier => "is an identifier, not a name",
            ImageFault::TooLong => "has a repository of more than 255 characters",
            ImageFault::Other => "is not of the form REGISTRY/REPOSITORY:TAG",
        }
    }
}

/// Returns why no kubelet reads this name; `None` if every kubelet does.
pub fn image_fault(image: &str) -> Option<ImageFault> {
    if image.contains("://") {
        return Some(ImageFault::Scheme);
    }
    if image.contains(char::is_whitespace) {
        return Some(ImageFault::Blank);
    }
    if image.len() == 64 && image.bytes().all(is_hexadecimal) {
        return Some(ImageFault::Identifier);
    }
    let (domain, rest) = match image.split_once('/') {
        Some((first, rest)) if is_domain(first) => (Some(first), rest),
        _ => (None, image),
    };
    let (rest, digest) = match rest.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (rest, None),
    };
    let (path, tag) = match rest.split_once(':') {
        Some((path, tag)) => (path, Some(tag)),
        None => (rest, None),
    };
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Some(ImageFault::Capital);
    }
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return Some(ImageFault::Digest);
    }
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return Some(ImageFault::Tag);
    }
    if !path.split('/').all(is_component) || domain.is_some_and(|domain| !is_host(domain)) {
        return Some(ImageFault::Other);
    }
    // Without a registry it is docker.io, and with one word its `library`.
    let registry = domain.map_or("docker.io".len(), str::len);
    let library = if domain.is_none() && !path.contains('/') { "library/".len() } else { 0 };
    (registry + 1 + library + path.len() > 255).then_some(ImageFault::TooLong)
}

/// Whether the part before the first slash is a registry (`splitDockerDomain`).
fn is_domain(part: &str) -> bool {
    part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|b| b.is_ascii_uppercase())
}

fn is_host(domain: &str) -> bool {
    let (host, port) = match domain.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (domain, None),
    };
    let label = |part: &str| {
        !part.is_empty()
            && !part.starts_with('-')
            && !part.ends_with('-')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let address = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
    let named = match address {
        Some(address) => !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b == b':'),
        None => host.split('.').all(label),
    };
    named && port.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
}

/// Small letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
fn is_component(part: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let outer = |b: Option<&u8>| b.is_some_and(|b| inner(*b));
    if !outer(bytes.first()) || !outer(bytes.last()) {
        return false;
    }
    let mut separators = part.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit()).filter(|s| !s.is_empty());
    separators.all(|s| matches!(s, "." | "_" | "__") || s.bytes().all(|b| b == b'-'))
}

fn is_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&tag.len())
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

fn is_digest(digest: &str) -> bool {
    let length = |algorithm: &str| match algorithm {
        "sha256" => Some(64),
        "sha384" => Some(96),
        "sha512" => Some(128),
        _ => None,
    };
    digest.split_once(':').is_some_and(|(algorithm, digits)| {
        length(algorithm) == Some(digits.len()) && digits.bytes().all(is_hexadecimal)
    })
}

fn is_hexadecimal(byte: u8) -> bool {
    byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_kubelet_reads_is_taken() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        for image in [
            "busybox",
            "busybox:1.36",
            "localhost/tool:1",
            "Registry.example:5000/team/ship__per.x-y:V1.0_rc",
            "registry.example/a--b/c:_x",
            "[::1]:5000/a:b",
            &format!("registry.example/a@{digest}"),
            &format!("registry.example/a:v1@{digest}"),
        ] {
            assert_eq!(image_fault(image), None, "{image}");
        }
    }

    #[test]
    fn what_no_kubelet_reads_is_named() {
        for (image, fault) in [
            ("https://registry.example/a:v1", ImageFault::Scheme),
            ("registry.example/a: v1", ImageFault::Blank),
            ("registry.example/Shipper:v1", ImageFault::Capital),
            ("registry.example/a@sha256:0123abc", ImageFault::Digest),
            ("registry.example/a@md5:0123456789abcdef0123456789abcdef", ImageFault::Digest),
            ("registry.example/a:", ImageFault::Tag),
            ("registry.example/a:v1:v2", ImageFault::Tag),
            ("registry.example/a:-x", ImageFault::Tag),
            ("registry.example/a___b", ImageFault::Other),
            ("registry.example//a", ImageFault::Other),
            ("registry.example:x/a", ImageFault::Other),
            ("-registry.example/a", ImageFault::Other),
            ("", ImageFault::Other),
        ] {
            assert_eq!(image_fault(image), Some(fault), "{image}");
        }
        assert_eq!(image_fault(&"a".repeat(64)), Some(ImageFault::Identifier));
        assert_eq!(image_fault(&"x".repeat(300)), Some(ImageFault::TooLong));
    }
}
