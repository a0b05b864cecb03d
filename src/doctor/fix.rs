//! Changes that mend nodes, tried on the facts before they are told.

use super::Asked;
use super::report::Fix;
use super::whole::Draft;
use crate::facts::Cluster;
use crate::placement::Verdict;

/// A change for a finding, tried.
pub fn find(_cluster: &mut Cluster, _asked: &Asked, _draft: &Draft, _verdicts: &[Verdict]) -> Option<Fix> {
    None
}
