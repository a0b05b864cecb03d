//! The report as YAML, one DaemonSet at a time, written so that kubectl reads the same values.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use crate::render::renderer::{Renderer, Tail};
use crate::report::{API_VERSION, DaemonSetReport, KIND, Source};
use crate::yaml::{Style, emit};

/// Writes YAML.
#[derive(Default)]
pub struct Yaml {
    daemon_sets: usize,
}

impl Renderer for Yaml {
    fn begin(&mut self, out: &mut dyn Write, source: &Source) -> io::Result<()> {
        block(out, &json!({"apiVersion": API_VERSION, "kind": KIND, "source": value(source)?}))
    }

    fn daemon_set(&mut self, out: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        if self.daemon_sets == 0 {
            writeln!(out, "daemonSets:")?;
        }
        self.daemon_sets += 1;
        block(out, &Value::Array(vec![value(report)?]))
    }

    fn end(&mut self, out: &mut dyn Write, tail: &Tail<'_>) -> io::Result<()> {
        if self.daemon_sets == 0 {
            writeln!(out, "daemonSets: []")?;
        }
        let Tail { not_checked, notices, changes, summary, node: _ } = tail;
        block(out, &json!({"notChecked": value(not_checked)?, "notices": notices}))?;
        if let Some(changes) = changes {
            block(out, &json!({"nodeChanges": value(changes)?}))?;
        }
        block(out, &json!({"summary": value(summary)?}))
    }
}

fn value(of: &impl Serialize) -> io::Result<Value> {
    Ok(serde_json::to_value(of)?)
}

fn block(out: &mut dyn Write, value: &Value) -> io::Result<()> {
    out.write_all(emit(value, Style::Block).as_bytes())
}
