//! The spec language: what is read, what is told, what is rendered.

#![expect(clippy::print_stdout, reason = "a test that cannot check something says so")]

#[path = "spec/corpus.rs"]
mod corpus;
#[path = "spec/generations.rs"]
mod generations;
#[path = "spec/told.rs"]
mod told;
#[path = "spec/upstream.rs"]
mod upstream;
