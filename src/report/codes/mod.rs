//! Stable codes, one per cause, each with its page: those of the rules' causes and those that formats know by name. A code
//! that one cause alone has stands beside its evidence (`src/findings/cause/`).

mod cluster;
mod controller;
mod creation;
mod pod;
mod rollout;
mod scheduler;
mod unknown;

use std::borrow::Cow;
use std::fmt;

use crate::manifest::fill;
use crate::report::Severity;

/// A stable code such as `DS101`. Codes are never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub(crate) u16);

/// What one code means: the text of `explain` and of its page in `docs/codes/`.
#[derive(Debug)]
pub struct Page {
    /// The code.
    pub code: Code,
    /// What it is, in a few words.
    pub title: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// What it means and by which rule of Kubernetes.
    pub means: &'static str,
    /// What can be done.
    pub remedy: &'static str,
}

/// Names codes and writes their pages in one place.
macro_rules! pages {
    ($( $(#[$doc:meta])* $name:ident = $number:literal, $severity:ident, $title:literal, $means:literal, $remedy:literal; )*) => {
        impl crate::report::codes::Code {
            $( #[doc = $title] pub const $name: crate::report::codes::Code = crate::report::codes::Code($number); )*
        }
        /// The pages of this hundred.
        pub(crate) static PAGES: &[crate::report::codes::Page] = &[
            $( crate::report::codes::Page {
                code: crate::report::codes::Code($number),
                title: $title,
                severity: crate::report::Severity::$severity,
                means: $means,
                remedy: $remedy,
            }, )*
        ];
    };
}
pub(crate) use pages;

impl Code {
    /// Whether it says that the controller creates no pod on a node (`DS1xx`).
    pub fn is_exclusion(self) -> bool {
        (100..110).contains(&self.0) || self == Code::PROJECT_SELECTOR
    }

    /// Whether other findings of the same DaemonSet usually cause it: a consequence stands below its causes.
    pub fn is_consequence(self) -> bool {
        [Code::STATUS_NOT_READY, Code::STATUS_DIFFERS, Code::EXPECTED, Code::MISSING].contains(&self)
    }

    /// Whether it says that the author's own choice excludes a node: a selector, an affinity, a taint that keeps nodes for
    /// certain workloads.
    pub fn is_choice(self) -> bool {
        let choices =
            [Code::NODE_SELECTOR, Code::NODE_AFFINITY, Code::NODE_NAME, Code::TAINT, Code::CONTROL_PLANE_TAINT];
        choices.contains(&self) || self == Code::PROJECT_SELECTOR
    }

    /// Whether it is about the state of nodes and not about the DaemonSet: all DaemonSets on these nodes have it.
    pub fn is_node_fact(self) -> bool {
        [Code::NODE_NOT_READY, Code::VIRTUAL_NODE, Code::STATE_TAINT, Code::STARTUP_TAINT, Code::LEAVING_TAINT]
            .contains(&self)
    }

    /// Whether it says that the source lacks what decides, rather than that no simulation can know it.
    pub fn is_of_missing_data(self) -> bool {
        [Code::NOT_COLLECTED, Code::UNREADABLE].contains(&self)
    }

    /// Whether it says that the rollout cannot go on, or goes on to pods that fail. Such a finding stands above the others
    /// of its severity.
    pub fn is_of_stuck_rollout(self) -> bool {
        [Code::ROLLOUT_STUCK, Code::ROLLOUT_NODES, Code::NEW_REVISION_FAILS].contains(&self)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("DS{:03}", self.0))
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl schemars::JsonSchema for Code {
    fn schema_name() -> Cow<'static, str> {
        "Code".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({"type": "string", "pattern": "^DS[0-9]{3}$"})
    }
}

/// Every page of these files, by code.
pub fn listed() -> impl Iterator<Item = &'static Page> {
    [controller::PAGES, scheduler::PAGES, creation::PAGES, pod::PAGES, rollout::PAGES, cluster::PAGES, unknown::PAGES]
        .into_iter()
        .flatten()
}

impl Page {
    /// The page as Markdown: what `docs/codes/` holds and `explain` prints.
    pub fn markdown(&self) -> String {
        let Page { code, title, severity, means, remedy } = self;
        format!(
            "# {code}: {title}\n\nUsually {severity}.\n\n## What it means\n\n{}\n\n## What to do\n\n{}\n",
            fill(means),
            fill(remedy)
        )
    }
}
