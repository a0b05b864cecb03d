//! What the program prints, to be looked at: a file for each story, reviewed as the rest of a change is.
//!
//! `make snapshots` writes them anew and lists what changed; CONTRIBUTING.md says how to review them.

mod album;
mod codes;
mod errors;
mod help;
mod lint;
mod live;
mod manners;
mod report;
mod scenarios;
mod situations;
mod story;

#[allow(dead_code, reason = "the tests of the findings use the rest")]
#[path = "../../src/investigate/scenarios/clusters.rs"]
mod clusters;

#[allow(dead_code, reason = "the tests of connections use the rest")]
#[path = "../connection/api.rs"]
mod api;
#[path = "../connection/cluster.rs"]
mod cluster;
#[allow(dead_code, reason = "the tests of connections use the rest")]
#[path = "../connection/server.rs"]
mod server;

use kubectl_daemonset::findings::codes::Code;
