//! The nodes that lack a healthy pod, as `node/NAME`, for a pipe.

use std::collections::BTreeSet;
use std::io::{self, Write};

use crate::render::renderer::{Renderer, Tail};
use crate::report::{Code, DaemonSetReport, NodeReport, Source, State};

/// Writes names, each once however many DaemonSets lack a pod there.
#[derive(Default)]
pub struct Name {
    nodes: BTreeSet<String>,
}

impl Renderer for Name {
    fn begin(&mut self, _: &mut dyn Write, _: &Source) -> io::Result<()> {
        Ok(())
    }

    fn daemon_set(&mut self, _: &mut dyn Write, report: &DaemonSetReport) -> io::Result<()> {
        let lacking = report.nodes.iter().filter(|node| lacks_a_healthy_pod(node, report.deployed));
        self.nodes.extend(lacking.map(|node| node.name.clone()));
        let told = report.findings.iter().filter(|finding| NODES_LACK_A_POD.contains(&finding.code));
        self.nodes.extend(told.flat_map(|finding| finding.nodes.iter().cloned()));
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

/// Codes whose nodes lack a pod although the state and the placement of the node alone do not say so: documents of which
/// each fits, but not all together, and nodes that `--expect` names.
const NODES_LACK_A_POD: [Code; 2] = [Code::DO_NOT_FIT_TOGETHER, Code::EXPECTED];

/// Whether the node should run a pod and its pod is not healthy or, for a DaemonSet that is not deployed, would not be
/// placed.
fn lacks_a_healthy_pod(node: &NodeReport, deployed: bool) -> bool {
    if node.placement == "excluded" {
        return false;
    }
    match node.state {
        _ if !deployed => node.placement != "placed",
        State::Missing | State::Pending | State::Starting | State::Unhealthy | State::Failed | State::Terminating => {
            true
        }
        // The pod of a stranded node is ready. Of an unknown one nothing is known.
        State::None | State::Healthy | State::Stranded | State::Misscheduled | State::Unknown => false,
    }
}
