//! SARIF 2.1.0 of the OASIS: a run with its rules and results, for code scanning of GitHub and other readers.
//!
//! Section numbers are those of <https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html>.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::manifest::lint::Rule;
use crate::render::finding::{affected, is_folded};
use crate::render::renderer::{Renderer, Tail};
use crate::report::codes::Page;
use crate::report::{DaemonSetReport, Finding, NotChecked, Severity, Source};
use crate::text::escape;

/// The schema of the OASIS.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// Most characters of the list of nodes in a message.
const MAX_NODES: usize = 400;
/// What a path keeps as it is: the unreserved characters of RFC 3986, and slashes.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'/');

/// A run in the making.
#[derive(Default)]
pub struct Log {
    rules: BTreeMap<String, Value>,
    results: Vec<Value>,
    /// How often a fingerprint was made.
    made: HashMap<String, usize>,
}

/// Line, column and length, from 1.
pub type Spot = (u32, u32, u32);

/// A result: a finding at a place.
pub struct Result<'a> {
    /// The rule that found it.
    pub rule: Value,
    /// How bad it is.
    pub severity: Severity,
    /// The finding with what belongs to it, in lines.
    pub message: String,
    /// The file and the place in it.
    pub place: Option<(&'a str, Option<Spot>)>,
    /// The field or the object.
    pub object: Option<String>,
    /// What stays the same from run to run, and tells the result apart from others of the rule.
    pub identity: String,
    /// Why it does not count, where it is accepted.
    pub accepted: Option<&'a str>,
}

impl Log {
    /// Adds a result.
    pub fn add(&mut self, result: &Result<'_>) {
        let id = result.rule["id"].as_str().unwrap_or_default().to_owned();
        self.rules.entry(id.clone()).or_insert_with(|| result.rule.clone());
        let mut location = json!({});
        if let Some((file, place)) = result.place {
            location["physicalLocation"] = physical(file, place);
        }
        if let Some(object) = &result.object {
            location["logicalLocations"] = json!([{"fullyQualifiedName": escape::escape(object)}]);
        }
        let mut value = json!({
            "ruleId": id,
            "level": level(result.severity),
            "message": {"text": text(&result.message)},
            "locations": [location],
        });
        let print = self.fingerprint(&format!("{id}\0{}", result.identity));
        // The first is the one that GitHub reads.
        value["partialFingerprints"] = json!({"primaryLocationLineHash": print, "kubectlDaemonset/v1": print});
        if let Some(why) = result.accepted {
            value["suppressions"] = json!([{"kind": "external", "justification": escape::escape(why)}]);
        }
        self.results.push(value);
    }

    /// Returns a short hash with the number of the result among those of the same hash.
    fn fingerprint(&mut self, identity: &str) -> String {
        let hash: String = Sha256::digest(identity).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let number = self.made.entry(hash.clone()).or_default();
        *number += 1;
        format!("{hash}:{number}")
    }

    /// Writes the log. What was not checked becomes notifications of the run.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(self, out: &mut dyn Write, not_checked: &[NotChecked]) -> io::Result<()> {
        let ids: Vec<&String> = self.rules.keys().collect();
        let mut results = self.results;
        for result in &mut results {
            let index = ids.iter().position(|id| result["ruleId"] == id.as_str());
            result["ruleIndex"] = json!(index);
        }
        let notices = not_checked.iter().map(
            |entry| json!({"level": "note", "message": {"text": text(&format!("not checked: {} ({})", entry.what, entry.why))}}),
        );
        let notices: Vec<Value> = notices.collect();
        let log = json!({
            "$schema": SCHEMA,
            "version": "2.1.0",
            "runs": [{
                "tool": {"driver": {
                    "name": "kubectl-daemonset",
                    "version": env!("CARGO_PKG_VERSION"),
                    "informationUri": env!("CARGO_PKG_REPOSITORY"),
                    "rules": self.rules.values().collect::<Vec<_>>(),
                }},
                "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notices}],
                "columnKind": "unicodeCodePoints",
                "results": results,
            }],
        });
        escape::write_json(out, &log)?;
        writeln!(out)
    }
}

/// The place of a result. A file of a relative path is one of the repository.
fn physical(file: &str, place: Option<Spot>) -> Value {
    let mut physical = json!({"artifactLocation": artifact(file)});
    if let Some((line, column, length)) = place {
        physical["region"] = json!({"startLine": line, "startColumn": column, "endColumn": column + length.max(1)});
    }
    physical
}

fn artifact(file: &str) -> Value {
    let slashes = file.replace('\\', "/");
    let encode = |path: &str| utf8_percent_encode(path, PATH).to_string();
    let is_drive = slashes.as_bytes().get(1) == Some(&b':');
    match slashes.strip_prefix('/') {
        _ if file == "-" => json!({"uri": "stdin"}),
        Some(path) => json!({"uri": format!("file:///{}", encode(path))}),
        None if is_drive => json!({"uri": format!("file:///{}:{}", &slashes[..1], encode(&slashes[2..]))}),
        None => {
            let path = slashes.trim_start_matches("./");
            json!({"uri": encode(path), "uriBaseId": "%SRCROOT%"})
        }
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Words of a message: brackets would begin a link (3.11.6), and braces around a number name an argument (3.11.5).
fn text(words: &str) -> String {
    let lines: Vec<String> = words.lines().map(line).collect();
    lines.join("\n")
}

fn line(words: &str) -> String {
    let words = escape::escape(words);
    let mut out = String::with_capacity(words.len());
    let mut rest = &*words;
    while let Some(c) = rest.chars().next() {
        let digits = rest[c.len_utf8()..].chars().take_while(char::is_ascii_digit).count();
        match c {
            '{' if digits > 0 && rest[1 + digits..].starts_with('}') => {
                out.push_str(&format!("{{{}}}", &rest[..digits + 2]));
                rest = &rest[digits + 2..];
                continue;
            }
            '[' | ']' | '\\' => out.extend(['\\', c]),
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// A rule with its page as help.
fn rule(id: &str, title: &str, about: &str, severity: Severity, page: &str) -> Value {
    json!({
        "id": id,
        "shortDescription": {"text": title},
        "fullDescription": {"text": about},
        "help": {"text": page, "markdown": page},
        "helpUri": format!("{}/blob/main/docs/codes/{id}.md", env!("CARGO_PKG_REPOSITORY")),
        "defaultConfiguration": {"level": level(severity)},
    })
}

/// The rule of a code of `doctor`.
pub fn rule_of_page(page: &Page) -> Value {
    rule(&page.code.to_string(), page.title, page.means, page.severity, &page.markdown())
}

/// A rule of `lint`.
pub fn rule_of_lint(found: &Rule) -> Value {
    rule(found.code, found.title, found.why, Severity::Warning, &found.markdown())
}

/// The rule of documents that are wrong whatever their purpose.
pub fn rule_of_documents() -> Value {
    json!({
        "id": "document",
        "shortDescription": {"text": "the document is invalid"},
        "fullDescription": {"text": "A field that the API server would reject or ignore, or a text that cannot be read."},
        "defaultConfiguration": {"level": "error"},
    })
}

/// Collects findings; what the author chose is none.
#[derive(Default)]
pub struct Sarif {
    log: Log,
}

impl Renderer for Sarif {
    fn begin(&mut self, _: &mut dyn Write, _: &Source) -> io::Result<()> {
        Ok(())
    }

    fn daemon_set(&mut self, _: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let name = format!("{}/{}", report.namespace, report.name);
        for finding in report.findings.iter().filter(|finding| !is_folded(finding, &report.findings)) {
            let location = finding.location.as_ref();
            let field = location.map(|location| location.field.as_str()).unwrap_or_default();
            self.log.add(&Result {
                rule: rule_of_page(finding.code.page()),
                severity: finding.severity,
                message: message(&name, finding),
                place: location.map(|at| (at.file.as_str(), Some((at.line, at.column, at.length)))),
                object: Some(if field.is_empty() { name.clone() } else { format!("{name}: {field}") }),
                identity: format!("{name}\0{field}"),
                accepted: None,
            });
        }
        for ignored in &report.ignored {
            let page = ignored.code.page();
            let nodes = crate::text::count(ignored.node_count, "node");
            self.log.add(&Result {
                rule: rule_of_page(page),
                severity: page.severity,
                message: format!("{name}: {} ({nodes})", page.title),
                place: None,
                object: Some(name.clone()),
                identity: format!("{name}\0{}", ignored.by),
                accepted: Some(&ignored.by),
            });
        }
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        std::mem::take(&mut self.log).write(out, tail.not_checked)
    }
}

/// The headline, the nodes, what is behind it, the fix.
fn message(name: &str, finding: &Finding) -> String {
    let mut lines = vec![format!("{name}: {}", finding.message)];
    if finding.node_count > 0 {
        lines.push(affected(finding, MAX_NODES));
    }
    lines.extend(finding.notes.iter().map(ToString::to_string));
    if let Some(fix) = &finding.fix {
        lines.push(format!("fix: {}", fix.summary));
        lines.extend(fix.patch.lines().map(str::to_owned));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_cluster_are_no_links_and_no_arguments() {
        assert_eq!(text("see [x](https://e) {0} {a}\n\u{1b}"), "see \\[x\\](https://e) {{0}} {a}\n\\\\u{1b}");
    }

    #[test]
    fn a_path_becomes_a_uri() {
        assert_eq!(artifact("./a b/ä.yaml")["uri"], "a%20b/%C3%A4.yaml");
        assert_eq!(artifact("a.yaml")["uriBaseId"], "%SRCROOT%");
        assert_eq!(artifact("/a/b.yaml"), json!({"uri": "file:///a/b.yaml"}));
        assert_eq!(artifact("C:\\a\\b.yaml"), json!({"uri": "file:///C:/a/b.yaml"}));
    }

    #[test]
    fn two_results_of_one_identity_are_numbered() {
        let mut log = Log::default();
        assert_eq!(log.fingerprint("a").split(':').nth(1), Some("1"));
        assert_eq!(log.fingerprint("b").split(':').nth(1), Some("1"));
        assert_eq!(log.fingerprint("a").split(':').nth(1), Some("2"));
    }
}
