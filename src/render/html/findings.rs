//! The findings of a DaemonSet as HTML: what can be read, copied and printed without a script.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::findings::codes::Code;
use crate::render::finding::{affected, is_folded, not_eligible};
use crate::render::html::escape::{html, lines};
use crate::render::status_line::status_line;
use crate::report::{DaemonSetReport, Finding, LogReport, NoteKind, Severity};
use crate::text::count;

/// Characters that a list of nodes may take.
const MAX_NODES: usize = 240;

/// One DaemonSet.
pub struct Section {
    /// Namespace and name.
    pub name: String,
    /// Its status in a line.
    pub status: String,
    /// Its findings, or a line if there is nothing to fix.
    pub html: String,
    /// The worst finding.
    pub worst: Option<Severity>,
    /// How many nodes lack a healthy pod.
    pub lacking: usize,
}

impl Section {
    /// Words a DaemonSet; `number` is its place in the data, and `codes` counts what was found.
    pub fn of(report: &DaemonSetReport, number: usize, codes: &mut BTreeMap<Code, usize>) -> Self {
        let name = format!("{}/{}", report.namespace, report.name);
        let worst = report.findings.iter().map(|finding| finding.severity).max();
        let status = status_line(report);
        let mut out = format!(
            "<section class=\"daemonset\" data-ds=\"{number}\"><h3>{}</h3>\n<p class=\"status\">{}</p>\n",
            html(&name),
            html(&status)
        );
        let mut used: BTreeMap<Code, usize> = BTreeMap::new();
        for (index, finding) in report.findings.iter().enumerate() {
            let of_code = used.entry(finding.code).or_default();
            *of_code += 1;
            let id = anchor(finding.code, &name, *of_code);
            let first = codes.entry(finding.code).or_default();
            *first += 1;
            let is_folded = !report.of_one_node && is_folded(finding, &report.findings);
            out.push_str(&article(finding, &id, index, is_folded, *first == 1));
        }
        if let Some(line) = not_eligible(&report.findings).filter(|_| !report.of_one_node) {
            let _ = writeln!(out, "<p class=\"aside\">{}</p>", html(&line));
        }
        for ignored in &report.ignored {
            let nodes = count(ignored.node_count, "node");
            let _ =
                writeln!(out, "<p class=\"aside\">ignored: {} on {nodes} ({})</p>", ignored.code, html(&ignored.by));
        }
        out.push_str("</section>\n");
        Section { name, status, html: out, worst, lacking: report.nodes_lacking }
    }

    /// The class of its summary: the worst severity.
    pub fn class(&self) -> String {
        self.worst.map_or_else(String::new, |worst| format!("folded {worst}"))
    }

    /// Whether a person should look at it.
    pub fn needs_attention(&self) -> bool {
        self.worst > Some(Severity::Info) || self.lacking > 0
    }
}

/// Returns the name by which a link finds a finding: `DS210:logging/agent`.
fn anchor(code: Code, name: &str, number: usize) -> String {
    let name = percent_encoding::utf8_percent_encode(name, percent_encoding::CONTROLS);
    match number {
        1 => format!("{code}:{name}"),
        n => format!("{code}:{name}:{n}"),
    }
}

/// One finding. `index` is its place among those of the DaemonSet. A finding that is folded is only shown where a node is
/// opened.
fn article(finding: &Finding, id: &str, index: usize, is_folded: bool, is_first: bool) -> String {
    let (severity, code) = (finding.severity, finding.code);
    let hidden = if is_folded { " hidden" } else { "" };
    let mut out = format!(
        "<article class=\"finding {severity}\" id=\"{}\" data-finding=\"{index}\" data-code=\"{code}\"{hidden}>\n",
        html(id)
    );
    if is_first {
        // A link to the code alone leads to its first finding.
        let _ = write!(out, "<a id=\"{code}\"></a>");
    }
    let _ = writeln!(
        out,
        "<h4><span class=\"badge\">{severity}</span> <a class=\"code\" href=\"#{}\">{code}</a> <span class=\"message\">{}</span></h4>",
        html(id),
        html(&finding.message)
    );
    if finding.node_count > 0 {
        let _ = writeln!(out, "<p class=\"nodes\">{}</p>", html(&affected(finding, MAX_NODES)));
    }
    for note in &finding.notes {
        match note.kind {
            NoteKind::Next => {
                let effect = note.effect.as_ref().map(|effect| format!(" ({})", html(effect))).unwrap_or_default();
                let _ = writeln!(out, "<p class=\"next\">next: {}{effect}</p>", command(&note.text));
            }
            _ => {
                let _ = writeln!(out, "<p class=\"note\">{}{}</p>", note.kind, html(&note.text));
            }
        }
    }
    if let Some(log) = &finding.log {
        out.push_str(&log_lines(log));
    }
    if let Some(fix) = &finding.fix {
        let effect = match (fix.nodes_fixed, fix.nodes_broken) {
            (0, 0) => String::new(),
            (fixed, 0) => format!(" (fixes {})", count(fixed, "node")),
            (fixed, broken) => format!(" (fixes {}, breaks {broken})", count(fixed, "node")),
        };
        let _ = writeln!(out, "<p class=\"fix\">fix: {}{effect}</p>", html(&fix.summary));
        if let Some(managed) = &fix.managed_by {
            let _ = writeln!(out, "<p class=\"note\">note: {}</p>", html(&managed.note));
        }
        let _ = writeln!(out, "<pre class=\"copy\"><code>{}</code></pre>", lines(&fix.patch));
    }
    let _ = writeln!(out, "<p class=\"about\"><a href=\"#about-{code}\">What {code} means</a></p>");
    out.push_str("</article>\n");
    out
}

/// A command that can be copied.
pub fn command(text: &str) -> String {
    format!("<code class=\"copy\">{}</code>", html(text))
}

fn log_lines(log: &LogReport) -> String {
    let run = if log.previous { " (previous run)" } else { "" };
    let name = format!("{}/{}, container {}", log.namespace, log.pod, log.container);
    let text: Vec<String> = log.lines.iter().map(|line| html(line)).collect();
    format!("<p class=\"note\">log of {}{run}:</p>\n<pre><code>{}</code></pre>\n", html(&name), text.join("\n"))
}
