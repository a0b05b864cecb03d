//! The report as JSON, one DaemonSet at a time.

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::render::renderer::{Renderer, Tail};
use crate::report::{API_VERSION, DaemonSetReport, KIND, Source};
use crate::text::escape;

/// Writes JSON.
#[derive(Default)]
pub struct Json {
    daemon_sets: usize,
}

impl Renderer for Json {
    fn begin(&mut self, out: &mut dyn Write, source: &Source) -> io::Result<()> {
        write!(out, "{{\n  \"apiVersion\": \"{API_VERSION}\",\n  \"kind\": \"{KIND}\",\n")?;
        write!(out, "  \"source\": ")?;
        pretty(out, source, 2)?;
        write!(out, ",\n  \"daemonSets\": [")
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let comma = if self.daemon_sets == 0 { "" } else { "," };
        self.daemon_sets += 1;
        write!(out, "{comma}\n    ")?;
        pretty(out, report, 4)
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        let close = if self.daemon_sets == 0 { "]" } else { "\n  ]" };
        write!(out, "{close},\n  \"notChecked\": ")?;
        pretty(out, &tail.not_checked, 2)?;
        write!(out, ",\n  \"notices\": ")?;
        pretty(out, &tail.notices, 2)?;
        if let Some(changes) = tail.changes {
            write!(out, ",\n  \"nodeChanges\": ")?;
            pretty(out, changes, 2)?;
        }
        write!(out, ",\n  \"summary\": ")?;
        pretty(out, &tail.summary, 2)?;
        writeln!(out, "\n}}")
    }
}

/// Writes a value over lines, those after the first moved in by `indent` columns.
fn pretty(out: &mut dyn Write, value: &impl Serialize, indent: usize) -> io::Result<()> {
    let mut out = BufWriter::new(Indented { out, indent });
    escape::write_json(&mut out, value)?;
    out.into_inner().map(drop).map_err(io::IntoInnerError::into_error)
}

/// Moves every line but the first in. In JSON no string holds a line break.
struct Indented<'w> {
    out: &'w mut dyn Write,
    indent: usize,
}

impl Write for Indented<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        for (i, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if i > 0 {
                write!(self.out, "\n{:1$}", "", self.indent)?;
            }
            self.out.write_all(line)?;
        }
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
