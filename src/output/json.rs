//! The report as JSON, one DaemonSet at a time.

use std::io::{self, Write};

use serde::Serialize;

use super::{Renderer, Tail};
use crate::doctor::report::{API_VERSION, DaemonSetReport, KIND, Source};

/// Writes JSON.
#[derive(Default)]
pub struct Json {
    daemon_sets: usize,
}

impl Renderer for Json {
    fn begin(&mut self, out: &mut dyn Write, source: &Source) -> io::Result<()> {
        write!(out, "{{\n  \"apiVersion\": \"{API_VERSION}\",\n  \"kind\": \"{KIND}\",\n")?;
        write!(out, "  \"source\": {},\n  \"daemonSets\": [", pretty(source, 2)?)
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let comma = if self.daemon_sets == 0 { "" } else { "," };
        self.daemon_sets += 1;
        write!(out, "{comma}\n    {}", pretty(report, 4)?)
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        let close = if self.daemon_sets == 0 { "]" } else { "\n  ]" };
        writeln!(out, "{close},\n  \"notLookedAt\": {},", pretty(&tail.not_looked_at, 2)?)?;
        writeln!(out, "  \"notices\": {},", pretty(&tail.notices, 2)?)?;
        if let Some(changes) = tail.changes {
            writeln!(out, "  \"nodeChanges\": {},", pretty(changes, 2)?)?;
        }
        writeln!(out, "  \"summary\": {}\n}}", pretty(&tail.summary, 2)?)
    }
}

/// A value over lines, those after the first moved in by `indent` columns.
fn pretty(value: &impl Serialize, indent: usize) -> io::Result<String> {
    let text = serde_json::to_string_pretty(value)?;
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(indent))))
}
