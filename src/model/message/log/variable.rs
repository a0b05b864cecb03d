//! Environment variables that a program misses.

use crate::model::message::log::line::Lines;
use crate::model::message::log::logged::LoggedError;

/// What says that something is missing, in lower case.
const MISSING: &[&str] = &[
    "missing",
    "required",
    "not set",
    "isn't set",
    "must be set",
    "must set",
    "should be set",
    "not found",
    "not defined",
    "undefined",
    "unset",
    "not provided",
    "not specified",
    "must be provided",
    "must be specified",
    "must be defined",
    "not present",
    "notpresent",
    "is empty",
    "be empty",
    "needs to be set",
    "please set",
    "has to be set",
];

/// Reads a variable that the line, or the lines around it, call missing.
pub fn missing(lines: &Lines<'_>, number: usize) -> Option<LoggedError> {
    let (line, lower) = (lines.get(number), lines.lower(number));
    let name = in_a_lookup(lines, number)
        .or_else(|| by_a_shell(line))
        .or_else(|| of_a_type(lines, number))
        .or_else(|| between(line, "EnvVar(\"", "\""))
        .or_else(|| between(line, "required key ", " missing value"))
        .or_else(|| between(line, "Could not resolve placeholder '", "'"))
        .or_else(|| {
            let is_missing = MISSING.iter().any(|word| lower.contains(word));
            let is_named = ["environment variable", "env var", "environment value", "env variable", " env "]
                .iter()
                .find_map(|word| lower.find(word));
            match is_named.filter(|_| is_missing) {
                Some(at) => nearest_name(line, at)
                    .or_else(|| lines.after(number, 3).find_map(|below| nearest_name(lines.get(below), 0))),
                None => is_missing.then(|| said_of(line))?,
            }
        })?;
    Some(LoggedError::MissingVariable { name })
}

/// `KeyError: 'NAME'` below `os.environ[...]`, `key not found: "NAME" (KeyError)` of `ENV.fetch`.
fn in_a_lookup(lines: &Lines<'_>, number: usize) -> Option<String> {
    let line = lines.get(number);
    let near = |words: &[&str]| {
        let around = lines.before(number, 6).chain([number]).chain(lines.after(number, 2));
        let mut around = around.map(|near| lines.lower(near));
        around.any(|near| words.iter().any(|word| near.contains(word)))
    };
    if let Some(name) =
        between(line, "KeyError: '", "'").filter(|_| near(&["environ", "getenv", "env[", "<frozen os>", "/os.py"]))
    {
        return Some(name);
    }
    between(line, "key not found: \"", "\"").filter(|_| near(&["env", "fetch"]))
}

/// A field of pydantic's settings, which are read from variables: the name stands above `Field required [type=missing`
/// (pydantic_core v2), in the case of the program.
fn of_a_type(lines: &Lines<'_>, number: usize) -> Option<String> {
    let is_missing = lines.lower(number).trim_start().starts_with("field required [type=missing");
    let is_of_settings = || lines.before(number, 16).any(|above| lines.lower(above).contains("for settings"));
    let above = number.checked_sub(1).filter(|_| is_missing && is_of_settings())?;
    let name = lines.get(above).trim().to_ascii_uppercase();
    is_name(&name, false).then_some(name)
}

/// `NAME: unbound variable` of bash, `NAME: parameter not set` of dash and busybox.
fn by_a_shell(line: &str) -> Option<String> {
    const SAID: &[&str] = &[": unbound variable", ": parameter not set", ": parameter null or not set"];
    let at = SAID.iter().find_map(|said| line.find(said))?;
    let name = line[..at].rsplit([' ', ':']).next()?;
    is_name(name, false).then(|| name.to_owned())
}

/// The name of which the line says that it is missing: `NODE_NAME must be set`, `missing NODE_NAME`.
fn said_of(line: &str) -> Option<String> {
    let words = line.split(|c: char| c.is_whitespace() || "\"'`=".contains(c));
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.iter().enumerate().find_map(|(place, word)| {
        let name = trimmed(word);
        let said = |word: Option<&&str>| word.map(|word| trimmed(word).to_ascii_lowercase()).unwrap_or_default();
        let next = said(words.get(place + 1));
        let before = said(place.checked_sub(1).and_then(|place| words.get(place)));
        let is_said =
            ["is", "must", "not", "isn't", "env", "required", "should", "needs", "has", "cannot", "undefined"]
                .contains(&next.as_str());
        let is_missing = ["missing", "variable", "set", "env", "define", "provide"].contains(&before.as_str());
        (is_name(name, true) && (is_said || is_missing)).then(|| name.to_owned())
    })
}

/// The name that stands nearest to a byte.
fn nearest_name(line: &str, at: usize) -> Option<String> {
    let mut place = 0;
    let mut found: Vec<(usize, &str)> = Vec::new();
    for word in line.split_inclusive(|c: char| c.is_whitespace() || "\"'`,:;()[]{}=".contains(c)) {
        let start = place;
        place += word.len();
        let word = trimmed(word);
        if is_name(word, false) {
            found.push((start.abs_diff(at), word));
        }
    }
    // A name with an underscore is hardly another word in capitals.
    let all = found.iter().min_by_key(|(distance, word)| (!word.contains('_'), *distance));
    all.map(|(_, word)| (*word).to_owned())
}

fn trimmed(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

/// Whether a word is written as variables are. Words of loggers are no names.
fn is_name(word: &str, underscored: bool) -> bool {
    const OTHERS: &[&str] = &[
        "ERROR", "FATAL", "WARN", "WARNING", "INFO", "DEBUG", "PANIC", "TRACE", "ENV", "JSON", "YAML", "HTTP", "API",
        "URL", "TLS", "ERR", "NOT", "MUST", "CRITICAL", "UTC", "EOF", "IP", "ID", "OK", "CA", "KEY",
    ];
    let chars = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    word.len() >= 2
        && word.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && word.chars().all(chars)
        && (!underscored || word.contains('_'))
        && !OTHERS.contains(&word)
}

fn between(line: &str, before: &str, after: &str) -> Option<String> {
    let rest = line.split_once(before)?.1;
    let name = rest.split_once(after)?.0;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    is_name.then(|| name.to_owned())
}
