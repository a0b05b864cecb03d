//! `--fail-if-unschedulable` and `--fail-if-preempting`: refuse a deployment because of its prediction. A guard never
//! passes if data that decides could not be read.

use crate::deploy::pod_probe::Probe;
use crate::deploy::prediction::Prediction;
use crate::deploy::unseen_data::Unseen;
use crate::error::Error;
use crate::exit_code::ExitCode;
use crate::rules::Placement;

/// The bounds that a deployment must keep.
#[derive(Debug, Clone, Copy, Default)]
pub struct Guards {
    /// So many nodes or more without their pod refuse it.
    pub unschedulable: Option<usize>,
    /// So many nodes or more with evicted pods refuse it.
    pub preempting: Option<usize>,
}

const NOTHING_WRITTEN: &str = "nothing was written; the prediction above lists the nodes";

impl Guards {
    /// Whether the deployment is refused because admission rejects the pods, and for nothing else.
    pub fn is_admissions(&self, prediction: &Prediction, probe: &Probe) -> bool {
        let enough_nodes = self.unschedulable.is_some_and(|bound| prediction.without() < bound.max(1));
        enough_nodes && matches!(probe, Probe::Refused(_))
    }

    /// Returns why the deployment is refused, if it is: with exit code 3.
    pub fn refusal(&self, prediction: &Prediction, probe: &Probe) -> Option<Error> {
        // What is known to fail is the better answer, whatever else is not known.
        self.known(prediction, probe).or_else(|| self.unknown(prediction))
    }

    fn known(&self, prediction: &Prediction, probe: &Probe) -> Option<Error> {
        if let Some(bound) = self.unschedulable {
            let without = prediction.without();
            if without >= bound.max(1) {
                let message = match without {
                    1 => "1 eligible node would get no pod".to_owned(),
                    _ => format!("{without} eligible nodes would get no pod"),
                };
                return Some(refused(message).hint(NOTHING_WRITTEN));
            }
        }
        if let (Probe::Refused(why), true) = (probe, self.is_admissions(prediction, probe)) {
            return Some(refused("admission would reject a pod of the template").cause(why));
        }
        let bound = self.preempting?;
        let evicting = prediction.preempting();
        (evicting >= bound.max(1)).then(|| {
            let message = match evicting {
                1 => "pods on 1 node would be evicted".to_owned(),
                _ => format!("pods on {evicting} nodes would be evicted"),
            };
            refused(message).hint(NOTHING_WRITTEN)
        })
    }

    /// Compares the worst possible result with the bounds.
    fn unknown(&self, prediction: &Prediction) -> Option<Error> {
        let nodes = prediction.unknown();
        let reaches = |bound: Option<usize>, known: usize| bound.is_some_and(|bound| known + nodes >= bound.max(1));
        let too_many =
            reaches(self.unschedulable, prediction.without()) || reaches(self.preempting, prediction.preempting());
        let decides = |unseen: &&Unseen| {
            self.unschedulable.is_some() && unseen.decides_placement()
                || self.preempting.is_some() && unseen.decides_victims()
        };
        let unseen: Vec<&Unseen> = prediction.unseen.iter().filter(decides).collect();
        if unseen.is_empty() && !too_many {
            return None;
        }
        let mut error = refused("cannot tell what happens on every node");
        for unseen in &unseen {
            error = error.cause(unseen.to_string());
        }
        for group in prediction.groups.iter().filter(|group| group.placement == Placement::Unknown) {
            error = error.cause(format!("{} unknown: {}", group.nodes.len(), group.why));
        }
        let mut permissions: Vec<String> = Vec::new();
        for permission in unseen.iter().filter_map(|unseen| unseen.permission()) {
            if !permissions.contains(&permission) {
                permissions.push(permission);
            }
        }
        if !permissions.is_empty() {
            error = error.hint(format!("grant {}", permissions.join(", ")));
        }
        Some(error.hint("nothing was written; remove `--fail-if-...` to deploy anyway"))
    }
}

fn refused(message: impl Into<String>) -> Error {
    Error::new(message).exit(ExitCode::RefusedBeforeWrite)
}
