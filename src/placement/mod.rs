//! The rules. Facts in, verdict with evidence out; no I/O, no client, no terminal.
