//! The spec language: what is read, what is told, what is rendered.

#![expect(clippy::print_stdout, reason = "a test that cannot check something says so")]

#[allow(dead_code, reason = "snapshots of live clusters are elsewhere")]
#[path = "snapshots/album.rs"]
mod album;
#[path = "spec/api_server.rs"]
mod api_server;
#[path = "spec/bad_input.rs"]
mod bad_input;
#[path = "spec/commands.rs"]
mod commands;
#[path = "spec/corpus.rs"]
mod corpus;
#[path = "spec/coverage.rs"]
mod coverage;
#[path = "spec/docs.rs"]
mod docs;
#[path = "spec/edits.rs"]
mod edits;
#[path = "spec/generations.rs"]
mod generations;
#[path = "spec/kubectl_reads.rs"]
mod kubectl_reads;
#[path = "spec/lints.rs"]
mod lints;
#[path = "spec/live.rs"]
mod live;
#[path = "summary/mod.rs"]
mod summary;
#[path = "spec/told.rs"]
mod told;
#[path = "spec/typed.rs"]
mod typed;
#[path = "spec/upstream.rs"]
mod upstream;
