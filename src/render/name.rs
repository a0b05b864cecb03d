//! The nodes that lack a wanted pod, as `node/NAME`, for a pipe.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::render::renderer::{Renderer, Tail};
use crate::report::{DaemonSetReport, NodeReport, Source, State};

/// Writes names, each once however many DaemonSets miss there.
#[derive(Default)]
pub struct Name {
    nodes: BTreeSet<String>,
}

impl Renderer for Name {
    fn begin(&mut self, _: &mut dyn Write, _: &Source) -> io::Result<()> {
        Ok(())
    }

    fn daemon_set(&mut self, _: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let lacking = report.nodes.iter().filter(|node| lacks_a_pod(node, report.deployed));
        self.nodes.extend(lacking.map(|node| node.name.clone()));
        Ok(())
    }

    fn end(&mut self, out: &mut dyn Write, _: &Tail<'_>) -> io::Result<()> {
        // A node's name is a DNS name; one that is not would reach a shell, and is left out.
        let safe = |name: &&String| name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        for name in self.nodes.iter().filter(safe) {
            writeln!(out, "node/{name}")?;
        }
        Ok(())
    }
}

/// Whether a pod is wanted on the node, and is not bound there or, for one not deployed, would not be.
fn lacks_a_pod(node: &NodeReport, deployed: bool) -> bool {
    if node.placement == "excluded" {
        return false;
    }
    if deployed {
        matches!(node.state, State::Missing | State::Pending | State::Failed | State::Terminating)
    } else {
        node.placement != "placed"
    }
}
