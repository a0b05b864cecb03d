//! Makes the evidence of a cause of the rules from the verdict's own enums.
//!
//! [`EvidenceContext::of`] makes the evidence of a cause on one node, [`EvidenceContext::of_all`] that of one cause on several
//! nodes.

mod context;
mod controller;
mod creation;
mod other;
mod pods;
mod scheduler;
mod start;

use crate::findings::evidence::{Evidence, Gate, NoEvidence};
pub use crate::findings::evidence_of::context::EvidenceContext;
use crate::rules::{Cause, KubeletRefusal, Rejection};
use crate::store::NodeIndex;

impl EvidenceContext<'_> {
    /// Returns the evidence of a cause on one node.
    pub fn of(&self, cause: &Cause, node: NodeIndex) -> Evidence {
        match cause {
            Cause::Exclusion(exclusion) => self.exclusion(exclusion, self.node(node)),
            Cause::Creation(refusal) => creation::of(refusal, self.daemon_set.namespace),
            Cause::Gate(gate) => Gate { gate: *gate }.into(),
            Cause::Rejection(rejection) | Cause::Kubelet(KubeletRefusal::Unfit(rejection)) => {
                self.rejection(rejection, node)
            }
            Cause::Unknown(unknown) => other::unknown(unknown),
            Cause::Race(race) => other::race(race),
            Cause::Kubelet(refusal) => other::kubelet(refusal),
            Cause::Start(failure) => start::of(failure),
        }
    }

    /// Returns the evidence of one cause on several nodes.
    pub fn of_all(&self, causes: &[(NodeIndex, &Cause)]) -> Evidence {
        match causes {
            [] => NoEvidence {}.into(),
            [(node, cause)] => self.of(cause, *node),
            [(node, Cause::Exclusion(exclusion)), ..] => {
                self.exclusion_of_all(exclusion, *node, causes.iter().map(|(node, _)| self.node(*node)))
            }
            [(node, Cause::Rejection(rejection)), ..] => {
                let all = causes.iter().filter_map(|(node, cause)| match cause {
                    Cause::Rejection(rejection) => Some((*node, rejection)),
                    _ => None,
                });
                let all: Vec<(NodeIndex, &Rejection)> = all.collect();
                self.rejection_of_all(rejection, *node, &all)
            }
            [(node, cause), ..] => self.of(cause, *node),
        }
    }
}
