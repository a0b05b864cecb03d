//! From verdicts and what runs now to findings: causes, codes, explanations, remedies, the report.

pub mod codes;
pub mod near;
pub mod report;
pub mod taints;
pub mod tell;
pub mod units;

pub use codes::Code;
pub use report::{DaemonSetReport, DoctorReport, Finding, Severity, State};
