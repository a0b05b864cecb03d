//! What is wrong with the name of an image, in words.

use crate::model::image_name::{ImageNameFault, fault};

/// The rule that the name of an image breaks, as the end of a sentence; `None` where a kubelet can read the name.
pub fn broken_image_rule(name: &str) -> Option<&'static str> {
    Some(match fault(name)? {
        ImageNameFault::Scheme => "an image name has no scheme such as `https://`",
        ImageNameFault::Blank => "an image name has no spaces",
        ImageNameFault::Placeholder => "it contains a placeholder that was not replaced",
        ImageNameFault::Identifier => "it is the ID of an image, which names no repository",
        ImageNameFault::Capital => "the repository must be lower case",
        ImageNameFault::Registry => "the registry must be a host name or IP address with an optional port",
        ImageNameFault::TooLong => "the repository is longer than 255 characters",
        ImageNameFault::Path => "the repository must be words of `a-z`, `0-9`, `.`, `_` and `-`, separated by `/`",
        ImageNameFault::Tag => "the tag must be 1 to 128 letters, digits, `_`, `.` or `-`",
        ImageNameFault::Digest => "the digest must be `sha256:` and 64 hexadecimal digits in lower case",
    })
}
