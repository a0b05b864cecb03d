//! What the report of one DaemonSet is made of.

use std::cell::RefCell;

use crate::explain::ExplainContext;
use crate::findings::{Expect, IgnoreRule, Index, Settings, Subject, admission_drift};
use crate::rules::admission::Admission;
use crate::store::{Cluster, DataRequests};

/// One DaemonSet on its cluster, with how to judge it. What the report rests on and the cluster lacks is added to
/// `questions`.
pub(super) struct ReportInputs<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) index: &'a Index,
    pub(super) asked: &'a Subject,
    pub(super) settings: &'a Settings,
    pub(super) admission: &'a Admission,
    pub(super) expect: Option<&'a Expect>,
    pub(super) ignore: &'a [IgnoreRule],
    pub(super) drifts: &'a [admission_drift::PodDrift],
    pub(super) scene: ExplainContext<'a>,
    pub(super) questions: RefCell<DataRequests>,
}
