//! JUnit XML: a test suite per DaemonSet, a test case per cause. CI systems (GitLab, Jenkins, GitHub's actions) show it
//! beside the results of other tests.
//!
//! There is no standard of the format; the attributes are those of Apache Ant's `junitreport` that all readers know.

use std::borrow::Cow;
use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use crate::render::renderer::{Gate, Renderer, Tail};
use crate::render::status_line::status_line;
use crate::report::{DaemonSetReport, Finding, Source};
use crate::text::escape;

/// The name of the test case that a DaemonSet without a finding passes.
pub const HEALTHY: &str = "nothing to fix";
/// The name of the test case of nodes that are unknown.
const UNKNOWN: &str = "every node is known";

/// Writes test cases. What makes the command fail is a failure; other findings pass.
pub struct Junit {
    gate: Gate,
    suites: Vec<Suite>,
}

/// One DaemonSet, or one file.
pub struct Suite {
    /// Its name.
    pub name: String,
    /// What a person would like to know of it.
    pub status: String,
    /// The causes.
    pub cases: Vec<Case>,
}

/// One cause.
pub struct Case {
    /// Without figures, so that it is the same in every run.
    pub name: String,
    /// What it came to.
    pub result: Outcome,
}

/// What a case came to, with its text.
pub enum Outcome {
    /// It passed.
    Passed(String),
    /// It failed.
    Failed {
        /// The code.
        kind: String,
        /// The fact, in one sentence.
        message: String,
        /// What belongs to it.
        body: String,
    },
    /// It was not looked at, or accepted.
    Skipped(String),
}

impl Outcome {
    /// A failure.
    pub fn failed(kind: &str, message: &str, body: String) -> Self {
        Outcome::Failed { kind: kind.to_owned(), message: message.to_owned(), body }
    }
}

/// Lines that XML can hold.
fn lines(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.lines().map(escape).collect();
    lines.join("\n")
}

/// Text that XML can hold, and that nothing acts on. XML 1.0 has no escape for U+FFFE and U+FFFF (section 2.2).
fn escape(text: &str) -> Cow<'_, str> {
    match escape::escape(text) {
        text if text.contains(['\u{fffe}', '\u{ffff}']) => text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}").into(),
        text => text,
    }
}

impl Junit {
    /// Returns a renderer that calls those findings failures.
    pub fn new(gate: Gate) -> Self {
        Junit { gate, suites: Vec::new() }
    }

    fn case(&self, finding: &Finding) -> Case {
        let name = format!("{}: {}", finding.code, finding.code.page().title);
        let body = body(finding);
        let result = match finding.severity >= self.gate.least {
            true => Outcome::failed(&finding.code.to_string(), &finding.message, body),
            false => Outcome::Passed(format!("{}: {}\n{body}", finding.severity, finding.message)),
        };
        Case { name, result }
    }
}

/// What stands below the headline: nodes, notes, the fix.
fn body(finding: &Finding) -> String {
    let mut lines = Vec::new();
    if finding.node_count > 0 {
        lines.push(format!("nodes: {}", finding.nodes.join(", ")));
    }
    lines.extend(finding.notes.iter().map(ToString::to_string));
    for line in finding.log.iter().flat_map(|log| &log.lines) {
        lines.push(format!("| {line}"));
    }
    if let Some(fix) = &finding.fix {
        lines.push(format!("fix: {}", fix.summary));
        lines.extend(fix.patch.lines().map(str::to_owned));
    }
    lines.join("\n")
}

/// Gives cases of one name a number, since readers tell them apart by their names.
pub fn number(cases: &mut [Case]) {
    for at in 1..cases.len() {
        let (before, from) = cases.split_at_mut(at);
        let same = before.iter().filter(|case| case.name.split(" #").next() == Some(from[0].name.as_str())).count();
        if same > 0 {
            from[0].name = format!("{} #{}", from[0].name, same + 1);
        }
    }
}

impl Suite {
    fn count(&self, is: fn(&Outcome) -> bool) -> String {
        self.cases.iter().filter(|case| is(&case.result)).count().to_string()
    }

    fn write<W: Write>(&self, out: &mut Writer<W>) -> io::Result<()> {
        let counts = [
            self.cases.len().to_string(),
            self.count(|outcome| matches!(outcome, Outcome::Failed { .. })),
            self.count(|outcome| matches!(outcome, Outcome::Skipped(_))),
        ];
        let [tests, failures, skipped] = counts;
        let suite = out.create_element("testsuite").with_attributes([
            ("name", &*escape(&self.name)),
            ("tests", &tests),
            ("failures", &failures),
            ("errors", "0"),
            ("skipped", &skipped),
            ("time", "0"),
        ]);
        suite.write_inner_content(|out| {
            for case in &self.cases {
                case.write(out, &self.name)?;
            }
            if !self.status.is_empty() {
                out.create_element("system-out").write_text_content(BytesText::new(&lines(&self.status)))?;
            }
            Ok(())
        })?;
        Ok(())
    }
}

impl Case {
    fn write<W: Write>(&self, out: &mut Writer<W>, suite: &str) -> io::Result<()> {
        let case = out.create_element("testcase").with_attributes([
            ("name", &*escape(&self.name)),
            ("classname", &*escape(suite)),
            ("time", "0"),
        ]);
        match &self.result {
            Outcome::Passed(text) if text.is_empty() => case.write_empty()?,
            Outcome::Passed(text) => case.write_inner_content(|out| {
                out.create_element("system-out").write_text_content(BytesText::new(&lines(text)))?;
                Ok(())
            })?,
            Outcome::Failed { kind, message, body } => case.write_inner_content(|out| {
                let failure = out.create_element("failure");
                let failure = failure.with_attributes([("type", kind.as_str()), ("message", &*escape(message))]);
                failure.write_text_content(BytesText::new(&lines(body)))?;
                Ok(())
            })?,
            Outcome::Skipped(why) => case.write_inner_content(|out| {
                out.create_element("skipped").with_attribute(("message", &*escape(why))).write_empty()?;
                Ok(())
            })?,
        };
        Ok(())
    }
}

impl Renderer for Junit {
    fn begin(&mut self, _: &mut dyn Write, _: &Source) -> io::Result<()> {
        Ok(())
    }

    fn daemon_set(&mut self, _: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let mut cases: Vec<Case> = report.findings.iter().map(|finding| self.case(finding)).collect();
        if report.nodes_unknown > 0 && self.gate.unknown {
            let message = format!("{} of the nodes asked about unknown", report.nodes_unknown);
            cases.push(Case {
                name: UNKNOWN.to_owned(),
                result: Outcome::Failed { kind: "unknown".to_owned(), message, body: String::new() },
            });
        }
        cases.extend(report.ignored.iter().map(|ignored| Case {
            name: format!("{}: {}", ignored.code, ignored.code.page().title),
            result: Outcome::Skipped(format!("ignored: {}", ignored.by)),
        }));
        if cases.is_empty() {
            cases.push(Case { name: HEALTHY.to_owned(), result: Outcome::Passed(String::new()) });
        }
        number(&mut cases);
        let name = format!("{}/{}", report.namespace, report.name);
        self.suites.push(Suite { name, status: status_line(report), cases });
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        let not_checked = tail.not_checked.iter();
        let cases: Vec<Case> = not_checked
            .map(|entry| Case {
                name: format!("not checked: {}", entry.what),
                result: Outcome::Skipped(entry.why.clone()),
            })
            .collect();
        if !cases.is_empty() {
            self.suites.push(Suite { name: "not checked".to_owned(), status: String::new(), cases });
        }
        write_suites(out, "kubectl daemonset doctor", &self.suites)
    }
}

/// Writes the suites of a command.
///
/// # Errors
/// The output cannot be written.
pub fn write_suites(out: &mut dyn Write, command: &str, suites: &[Suite]) -> io::Result<()> {
    let mut writer = Writer::new_with_indent(&mut *out, b' ', 2);
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let root = writer.create_element("testsuites").with_attribute(("name", command));
    root.write_inner_content(|writer| suites.iter().try_for_each(|suite| suite.write(writer)))?;
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_of_one_name_are_numbered() {
        let case = |name: &str| Case { name: name.to_owned(), result: Outcome::Passed(String::new()) };
        let mut cases = ["a", "b", "a", "a"].map(case);
        number(&mut cases);
        assert_eq!(cases.map(|case| case.name), ["a", "b", "a #2", "a #3"]);
    }
}
