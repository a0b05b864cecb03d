//! Names whose values are secrets, and texts of others in which such values are concealed: known patterns, no guarantee.

/// Parts of names of variables, flags and fields whose values are secrets.
const TELLING: [&str; 18] = [
    "PASSWORD",
    "PASSWD",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "CREDENTIAL",
    "ACCOUNT_KEY",
    "ACCESS_KEY",
    "STORAGE_KEY",
    "SHARED_KEY",
    "LICENSE_KEY",
    "SIGNING_KEY",
    "ENCRYPTION_KEY",
    "CONNECTION_STRING",
    "CONNECTIONSTRING",
    "PASSPHRASE",
];
/// Ends of names whose values say where a secret is, or something about it.
const PLACES: [&str; 22] = [
    "_FILE",
    "_FILES",
    "_PATH",
    "_NAME",
    "_NAMES",
    "_DIR",
    "_URL",
    "_URI",
    "_ENDPOINT",
    "_ENABLED",
    "_NAMESPACE",
    "_ID",
    "_TTL",
    "_TYPE",
    "_AUDIENCE",
    "_EXPIRATION",
    "_SECONDS",
    "_INTERVAL",
    "_ISSUER",
    "_LENGTH",
    "_MODE",
    "_PROVIDER",
];

/// Whether a variable, flag or field of this name has a secret as its value, and not a place or a switch.
pub fn is_secret_name(name: &str) -> bool {
    let upper = screaming(name);
    TELLING.iter().any(|part| upper.contains(part)) && !PLACES.iter().any(|end| upper.ends_with(end))
}

/// Whether a value says where something is, or nothing.
pub fn is_reference(value: &str) -> bool {
    let word = matches!(value.to_ascii_lowercase().as_str(), "" | "true" | "false" | "none" | "null" | "yes" | "no");
    word || value.starts_with(['/', '$', '%', '<'])
        || value.starts_with("file:")
        || value.starts_with("./")
        || value.starts_with("http://")
        || value.starts_with("https://")
        || value.contains("$(")
        || value.contains("${")
        || value.parse::<f64>().is_ok()
}

/// `secretName`, `secret-name` and `secret.name` as `SECRET_NAME`.
fn screaming(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut is_after_lower = false;
    for c in name.chars() {
        if c.is_ascii_uppercase() && is_after_lower {
            out.push('_');
        }
        is_after_lower = c.is_ascii_lowercase();
        out.push(if matches!(c, '-' | '.') { '_' } else { c.to_ascii_uppercase() });
    }
    out
}

/// What stands in the place of a secret.
pub const CONCEALED: &str = "***";

/// Returns the lines of a log with `***` in the place of what looks like a secret: values of names that
/// [`is_secret_name`] knows, credentials in headers and URLs, tokens of known shapes, private keys.
pub fn conceal_lines<'l>(lines: impl IntoIterator<Item = &'l str>) -> Vec<String> {
    let lines: Vec<&str> = lines.into_iter().collect();
    let is_end = |line: &str| line.contains("-----END ") && line.contains("PRIVATE KEY");
    let is_begin = |line: &str| line.contains("-----BEGIN ") && line.contains("PRIVATE KEY");
    // The beginning of a key may stand before the first line.
    let first_border = lines.iter().position(|line| is_begin(line) || is_end(line));
    let mut in_key = first_border.is_some_and(|at| is_end(lines[at]) && !is_begin(lines[at]));
    let conceal = |line: &&str| match (is_begin(line), is_end(line)) {
        (begins, ends) if begins || ends => {
            in_key = begins && !ends;
            CONCEALED.to_owned()
        }
        _ if in_key => CONCEALED.to_owned(),
        _ => conceal_line(line),
    };
    lines.iter().map(conceal).collect()
}

/// Returns a text of one or more lines as [`conceal_lines`] does.
pub fn conceal(text: &str) -> String {
    conceal_lines(text.split('\n')).join("\n")
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// Reads the line word by word, and looks behind each at what may be its value.
fn conceal_line(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = rest.find(is_word) {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        out.push_str(if is_token(word) { CONCEALED } else { word });
        rest = after;
        if let Some((kept, secret)) = secret_behind(word, after) {
            out.push_str(&after[..kept]);
            out.push_str(CONCEALED);
            rest = &after[kept + secret..];
        }
    }
    out.push_str(rest);
    out
}

/// How many bytes behind the word stay, and how many after these are a secret.
fn secret_behind(word: &str, after: &str) -> Option<(usize, usize)> {
    let lower = word.to_ascii_lowercase();
    if let Some(address) = after.strip_prefix("://") {
        let end = address.find(|c: char| c.is_whitespace() || "/?#\"'<>".contains(c)).unwrap_or(address.len());
        let user = &address[..address[..end].rfind('@')?];
        let kept = user.find(':').map_or(0, |colon| colon + 1);
        return (kept < user.len()).then_some((3 + kept, user.len() - kept));
    }
    if matches!(lower.as_str(), "bearer" | "basic") {
        let value = after.strip_prefix(' ')?;
        let end = value.find(|c: char| c.is_whitespace() || "\"',;".contains(c)).unwrap_or(value.len());
        // `basic authentication failed` is no header.
        let is_encoded = value[..end].contains(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase());
        return (end >= 8 && is_encoded).then_some((1, end));
    }
    let Separated { kept, value, quote, is_loose } = separated(after).or_else(|| next_word(word, after))?;
    if matches!(lower.as_str(), "authorization" | "proxy-authorization" | "cookie" | "set-cookie") {
        let end = value.find(['"', '\'']).unwrap_or(value.len());
        return (end > 0).then_some((kept, end));
    }
    let is_password = ["password", "passwd", "passphrase"].iter().any(|part| lower.contains(part)) || lower == "pwd";
    let is_signature = lower == "sig" || lower.ends_with("signature");
    if !(is_secret_name(word) || lower == "pwd" || is_signature) {
        return None;
    }
    let end = match quote {
        Some(quote) => value.find(quote).unwrap_or(value.len()),
        None => value.find(|c: char| c.is_whitespace() || ",;&)]}\"'\\".contains(c)).unwrap_or(value.len()),
    };
    // `token=q1w2: rejected`
    let secret = value[..end].trim_end_matches(':');
    let is_number = secret.parse::<f64>().is_ok();
    let is_place = is_reference(secret) && !(is_password && is_number);
    // `secret: not found` says something; `token: q1w2e3r4` gives something away.
    let is_prose = is_loose && !is_password && !secret.contains(|c: char| c.is_ascii_digit()) && secret.len() < 16;
    (!secret.is_empty() && !is_place && !is_prose).then_some((kept, secret.len()))
}

/// A value behind its name.
struct Separated<'t> {
    /// Bytes before the value.
    kept: usize,
    /// The text that begins with the value.
    value: &'t str,
    quote: Option<&'t str>,
    /// Whether a colon and a blank stand before it, as in a sentence.
    is_loose: bool,
}

/// What stands behind `=` or `:`, each with blanks and quotes around it, also with escaped ones.
fn separated(after: &str) -> Option<Separated<'_>> {
    let quotes = ["\\\"", "\"", "'"];
    let without_quote = |text: &str| quotes.iter().find_map(|quote| text.strip_prefix(quote).map(|_| quote.len()));
    let mut at = without_quote(after).unwrap_or(0);
    at += after[at..].len() - after[at..].trim_start_matches(' ').len();
    let separator = after[at..].chars().next().filter(|c| matches!(c, '=' | ':'))?;
    at += 1;
    let blanks = after[at..].len() - after[at..].trim_start_matches(' ').len();
    at += blanks;
    let quote = quotes.into_iter().find(|quote| after[at..].starts_with(quote));
    at += quote.map_or(0, str::len);
    let is_loose = separator == ':' && blanks > 0 && quote.is_none();
    Some(Separated { kept: at, value: &after[at..], quote, is_loose })
}

/// What stands behind a flag and a blank: `--password hunter2`.
fn next_word<'t>(word: &str, after: &'t str) -> Option<Separated<'t>> {
    let value = after.strip_prefix(' ').filter(|value| word.starts_with("--") && !value.starts_with('-'))?;
    Some(Separated { kept: 1, value, quote: None, is_loose: false })
}

/// What tokens of well-known services begin with.
const PREFIXES: [&str; 24] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "glrt-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xoxs-",
    "AIza",
    "sk_live_",
    "rk_live_",
    "hvs.",
    "hvb.",
    "npm_",
    "pypi-",
    "dop_v1_",
    "SG.",
    "ya29.",
    "AGE-SECRET-KEY-",
    "dckr_pat_",
];
/// No token of these services is shorter.
const MIN_TOKEN: usize = 20;

/// Whether a word is a token by its own shape: a JSON Web Token, a key of AWS, a token of a well-known service.
fn is_token(word: &str) -> bool {
    let is_jwt = || word.starts_with("eyJ") && word.matches('.').count() >= 2;
    let is_aws = || {
        (word.starts_with("AKIA") || word.starts_with("ASIA"))
            && word.len() == MIN_TOKEN
            && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    word.len() >= MIN_TOKEN && (is_jwt() || is_aws() || PREFIXES.iter().any(|prefix| word.starts_with(prefix)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_secret_is_concealed() {
        for (line, concealed) in [
            ("password=hunter2 host=db", "password=*** host=db"),
            ("DB_PASSWORD='two words' ok", "DB_PASSWORD='***' ok"),
            (r#"{"token":"q1w2e3","user":"jane"}"#, r#"{"token":"***","user":"jane"}"#),
            (r#"msg="{\"client_secret\": \"a b\"}""#, r#"msg="{\"client_secret\": \"***\"}""#),
            ("connecting to postgres://app:hunter2@db:5432/x", "connecting to postgres://app:***@db:5432/x"),
            ("clone https://ghtoken@example.org/r", "clone https://***@example.org/r"),
            ("Authorization: Bearer abcdefghij", "Authorization: ***"),
            ("got header bearer abcdefgh1j, retrying", "got header bearer ***, retrying"),
            ("curl -H 'Cookie: session=1; b=2' x", "curl -H 'Cookie: ***' x"),
            ("run --api-key k3y --port 80", "run --api-key *** --port 80"),
            ("GET /x?sig=abc%3D&se=2026 200", "GET /x?sig=***&se=2026 200"),
            ("jwt eyJhbGciOi.eyJzdWIiOi.c2lnbmF0dXJl end", "jwt *** end"),
            ("key AKIAABCDEFGHIJKLMNOP denied", "key *** denied"),
            ("clone with ghp_abcdefghijklmnopqrst", "clone with ***"),
            ("token: q1w2e3r4", "token: ***"),
            ("password: letmein", "password: ***"),
            ("AccountKey=abc/def+g==;EndpointSuffix=x", "AccountKey=***;EndpointSuffix=x"),
        ] {
            assert_eq!(conceal_line(line), concealed);
        }
    }

    #[test]
    fn what_says_why_a_container_fails_stays() {
        for line in [
            "secret \"s\" not found",
            "failed to read secret: not found",
            "open /var/run/secrets/kubernetes.io/serviceaccount/token: permission denied",
            "token_file=/var/run/token",
            "secrets is forbidden: User \"system:serviceaccount:a:b\" cannot list resource \"secrets\"",
            "invalid token: 401 Unauthorized",
            "dial tcp 10.0.0.1:443: connect: connection refused",
            "get https://10.0.0.1:443/api/v1/nodes?limit=500: x509: certificate signed by unknown authority",
            "bind: address already in use",
            "secretName: tls-2026",
            "basic authentication failed",
            "tokens=5 secret_ttl=30",
        ] {
            assert_eq!(conceal_line(line), line);
        }
    }

    #[test]
    fn a_private_key_is_concealed_to_its_end_wherever_the_log_begins() {
        let key = ["a", "-----BEGIN RSA PRIVATE KEY-----", "MIIEow", "-----END RSA PRIVATE KEY-----", "z"];
        assert_eq!(conceal_lines(key), ["a", CONCEALED, CONCEALED, CONCEALED, "z"]);
        assert_eq!(conceal_lines(key[2..].to_vec()), [CONCEALED, CONCEALED, "z"]);
        assert_eq!(conceal_lines(key[..3].to_vec()), ["a", CONCEALED, CONCEALED]);
        assert_eq!(conceal("a\n-----BEGIN PRIVATE KEY-----\nx"), "a\n***\n***");
    }

    #[test]
    fn text_of_every_kind_is_taken() {
        for line in ["", "é=ü", "password=", "token:\"", "://@", "a://", "--token ", "secret = \\\"", "pässword=x"] {
            assert!(conceal_line(line).len() <= line.len() + 8, "{line}");
        }
    }
}
