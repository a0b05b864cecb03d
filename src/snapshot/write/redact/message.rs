//! Sentences of Kubernetes, which name what nothing else in a snapshot names: Secrets, addresses, images.

use crate::snapshot::write::redact::names::Names;
use crate::snapshot::write::redact::words::{COMMON, SYSTEM_FOLDERS, is_of_people};

impl Names {
    /// A path of a node: what every machine has stays.
    pub(crate) fn path(&self, path: &str) -> String {
        let segment = |segment: &str| match segment.is_empty() || SYSTEM_FOLDERS.contains(&segment) {
            true => segment.to_owned(),
            false => self.hashed(segment),
        };
        path.split('/').map(segment).collect::<Vec<_>>().join("/")
    }

    /// A sentence of Kubernetes: besides names, what only sentences name.
    pub(crate) fn message(&self, text: &str) -> String {
        let ends_token = |c: char| c.is_whitespace() || "\"'`,;()[]{}=<>".contains(c);
        let text = self.without_urls(text);
        let mut out = String::with_capacity(text.len());
        let (mut quoted, mut opened) = (false, false);
        for piece in text.split_inclusive(ends_token) {
            let token = piece.trim_end_matches(ends_token);
            let word = token.trim_end_matches(['.', ':', '!', '?']);
            let closes = piece.ends_with('"');
            // A single word in quotes is a name; a sentence in quotes is not.
            out += &self.token(word, quoted && opened && closes && word == token);
            out += &piece[word.len()..];
            quoted ^= closes;
            opened = closes;
        }
        out
    }

    /// Replaces all of an address but its scheme: hosts, paths and queries with tokens.
    fn without_urls(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("://") {
            let end = after.find(|c: char| c.is_whitespace() || "\"'`<>".contains(c)).unwrap_or(after.len());
            let url = after[..end].trim_end_matches(['.', ',', ':', ';', ')']);
            out = out + before + "://" + &self.hashed(url);
            rest = &after[url.len()..];
        }
        out + rest
    }

    /// A token of a message. A token that stands alone in quotes names something.
    fn token(&self, word: &str, quoted: bool) -> String {
        if word.is_empty() || word.contains("://") || self.kept.contains(word) && !self.is_name(word) {
            return word.to_owned();
        }
        let is_address = |word: &str| word.parse::<std::net::IpAddr>().is_ok() && !self.is_name(word);
        if is_address(word) {
            return self.hashed(word);
        }
        if let Some((host, port)) = word.rsplit_once(':').filter(|(host, _)| is_address(host)) {
            return format!("{}:{port}", self.hashed(host));
        }
        let lower = word.to_ascii_lowercase();
        if self.values.contains(word) || self.is_name(word) {
            return self.hashed(word);
        }
        if self.is_name(&lower) {
            return self.hashed(&lower);
        }
        if word.contains('@') {
            return self.hashed(word);
        }
        if let Some(account) = word.strip_prefix("system:serviceaccount:") {
            let hashed = |name: &str| if COMMON.contains(&name) { name.to_owned() } else { self.hashed(name) };
            let names = account.split(':').map(hashed);
            return format!("system:serviceaccount:{}", names.collect::<Vec<_>>().join(":"));
        }
        if word.starts_with('/') {
            return self.path(word);
        }
        if word.contains('/') {
            return self.slashed(word);
        }
        // Objects have no capitals in their names; reasons and plugins begin with one.
        let may_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._".contains(c);
        if quoted && is_of_people(word) && word.chars().all(may_name) {
            return self.hashed(word);
        }
        self.replaced(word)
    }

    /// Words around slashes: the key of a label, an image, or a namespace and a name.
    fn slashed(&self, word: &str) -> String {
        let key = self.key(word);
        if key != word {
            return key;
        }
        let (first, rest) = word.split_once('/').unwrap_or((word, ""));
        let is_product = first.contains('.') && !first.contains(':');
        let is_count = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        // Registries, repositories with tags: a product's registry says no less about who uses it.
        if rest.contains(':') || rest.contains('/') || first.contains(':') {
            return self.hashed(word);
        }
        if is_product || is_count(first) {
            return self.replaced(word);
        }
        format!("{}/{}", self.token(first, true), self.token(rest, true))
    }
}
