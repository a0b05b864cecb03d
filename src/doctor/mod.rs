//! From verdicts and what runs now to findings: causes, codes, explanations, remedies, the report.

pub mod codes;
pub mod report;

pub use codes::Code;
pub use report::{DaemonSetReport, DoctorReport, Finding, Severity, State};
