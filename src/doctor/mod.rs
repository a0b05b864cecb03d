//! From verdicts and what runs now to findings: causes, codes, explanations, remedies, the report.
