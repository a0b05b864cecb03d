//! Which refusals of a node the real scheduler reports: it stops at the first plugin that refuses.

use std::collections::HashSet;

use crate::rules::evaluation::Evaluation;
use crate::rules::verdict::{Exclusion, Plugin, Reason, Rejection};

impl Evaluation<'_> {
    /// Adds the scheduler's refusals in its own order and marks what it tells: what the first plugin that refuses
    /// says, at the point where it refuses. What the controller said already is not said again.
    pub(super) fn add_rejections(
        &self,
        rejections: &mut Vec<Rejection>,
        exclusions: &[Exclusion],
        telling: bool,
        reasons: &mut Vec<Reason>,
    ) {
        /// Of fewer an index is not worth its making.
        const MANY: usize = 16;
        if rejections.len() > 1 {
            rejections.sort_by_key(|r| (!r.is_before_nodes(), r.plugin()));
        }
        let first = rejections.first().map(|r| (r.is_before_nodes(), r.plugin()));
        let index: Option<HashSet<&Exclusion>> = (exclusions.len() > MANY).then(|| exclusions.iter().collect());
        let excludes = |exclusion: Exclusion| match &index {
            Some(index) => index.contains(&exclusion),
            None => exclusions.contains(&exclusion),
        };
        let said = |rejection: &Rejection| match rejection {
            Rejection::UntoleratedTaint { taint } => excludes(Exclusion::Taint { taint: *taint }),
            Rejection::NodeSelector { key, wanted, actual } => {
                excludes(Exclusion::NodeSelector { key: *key, wanted: *wanted, actual: *actual })
            }
            _ => false,
        };
        if !exclusions.is_empty() {
            rejections.retain(|rejection| !said(rejection));
        }
        // A pod that the scheduler does not even try gets no message of it.
        let telling = telling && !rejections.iter().any(Rejection::is_before_queue);
        let mut told_one = false;
        // Of claims that wait, and of those that are bound: what the first that is refused is refused for.
        let mut of_claims = [None, None];
        for rejection in rejections.drain(..) {
            let of_first = Some((rejection.is_before_nodes(), rejection.plugin())) == first;
            let tells = match rejection.plugin() {
                _ if rejection.is_before_nodes() => !told_one,
                Plugin::NodeResourcesFit => true,
                Plugin::VolumeBinding => {
                    let bound = matches!(rejection, Rejection::VolumeAffinity { .. } | Rejection::VolumeGone { .. });
                    let kind = std::mem::discriminant(&rejection);
                    *of_claims[usize::from(bound)].get_or_insert(kind) == kind
                }
                _ => !told_one,
            };
            let told = telling && of_first && tells;
            told_one |= told;
            reasons.push(Reason { reported_by_scheduler: told, cause: rejection.into() });
        }
    }
}
