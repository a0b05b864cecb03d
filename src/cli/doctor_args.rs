//! The arguments of `doctor`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

use crate::cli::files::Files;
use crate::cli::outputs::OutputArgs;
use crate::explain;
use crate::findings::{Expect, IgnoreRule};
use crate::model::Version;
use crate::snapshot;
use crate::text::duration;

/// Show for every node why a DaemonSet's pod runs or does not run there
///
/// Checks the named DaemonSets (`NAME`, `ds/NAME`), all DaemonSets of the namespace, all DaemonSets of the cluster with
/// -A, or documents that are not deployed yet with -f. Reads the live cluster, or a saved cluster with --snapshot.
///
/// Exit codes: 0 no finding at or above --fail-on, 1 the command could not run, 2 findings, or pods that are still
/// starting when the time of --wait is over.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("files", |files| files.required(false).help(FILES)))]
pub struct DoctorArgs {
    /// Check these DaemonSets: NAME or ds/NAME; or the DaemonSet of a pod on the pod's node: pod/NAME. Default: all
    /// DaemonSets of the namespace
    #[arg(value_name = "NAME")]
    pub(super) names: Vec<String>,
    /// Check the DaemonSets of all namespaces
    #[arg(short = 'A', long)]
    pub(super) all_namespaces: bool,
    /// Check only DaemonSets whose labels match
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub(super) selector: Option<String>,
    #[command(flatten)]
    pub(super) files: Files,
    /// Read a saved cluster: a file, directory or archive of Kubernetes objects, or the output of `snapshot`; repeatable
    #[arg(long, value_name = "PATH")]
    pub(super) snapshot: Vec<PathBuf>,
    /// Limit the unpacked size of saved clusters. Default: 8Gi, and 500 times the size of a file
    #[arg(long, value_name = "SIZE", requires = "snapshot", value_parser = snapshot::parse_limit)]
    pub(super) snapshot_limit: Option<snapshot::Limits>,
    /// Check only this node
    #[arg(long, value_name = "NODE")]
    pub(super) node: Option<String>,
    #[command(flatten)]
    pub(super) output: OutputArgs,
    /// Exit with code 2 if the report has one of these; errors always count
    #[arg(
        help_heading = "Judgement",
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "error",
        value_name = "SEVERITY"
    )]
    pub(super) fail_on: Vec<FailOn>,
    /// Require a healthy pod on these nodes: `all` or a label selector
    #[arg(help_heading = "Judgement", long, value_name = "all|SELECTOR", value_parser = expect)]
    pub(super) expect: Option<Expect>,
    /// Ignore a finding: `CODE` or `CODE@NODESELECTOR`; repeatable
    #[arg(help_heading = "Judgement", long, value_name = "CODE[@NODESELECTOR]", value_parser = ignore_rule)]
    pub(super) ignore: Vec<IgnoreRule>,
    /// Do not let a DaemonSet ignore findings with its own annotation; use this flag for changes that you do not trust
    #[arg(help_heading = "Judgement", long)]
    pub(super) no_exemptions: bool,
    /// Ignore problems of nodes and pods younger than this
    #[arg(help_heading = "Judgement", long, value_name = "DURATION", default_value = "2m", value_parser = seconds)]
    pub(super) grace: i64,
    /// Accept a document that no node is eligible for
    #[arg(help_heading = "Judgement", long, requires = "files")]
    pub(super) allow_zero: bool,
    /// Simulate this Kubernetes version. Default: the version of the server, otherwise of the kubelets
    #[arg(help_heading = "Judgement", long, value_name = "VERSION", value_parser = version)]
    pub(super) server_version: Option<Version>,
    /// List every node, also healthy and excluded nodes
    #[arg(help_heading = "Output", long)]
    pub(super) all_nodes: bool,
    /// Read the pods of every node, also where the pods do not change the result. The report then lists every reason. A
    /// saved cluster is always read completely
    #[arg(long)]
    pub(super) all_pods: bool,
    /// Show the last N log lines of failed containers, one pod per cause. The logs are read for causes in any case.
    /// Default: 3 on a terminal, 0 in a pipe or with -o json, yaml or name
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=500))]
    pub(super) logs: Option<u16>,
    /// Ask the API server whether admission accepts one pod of each DaemonSet. The request has dryRun=All, so that nothing
    /// is stored. The request needs the permission to create pods
    #[arg(long, conflicts_with = "snapshot")]
    pub(super) probe_admission: bool,
    /// Write the document of -f with the first fix of each finding in it to this file. Comments and order stay. After each
    /// fix the document is judged again; fixes that do not help, or that change other objects, are named and left out
    #[arg(help_heading = "Output", long, value_name = "FILE", requires = "files")]
    pub(super) fix_out: Option<PathBuf>,
    /// Wait until no pod is within --grace, then report. A saved cluster does not change: --wait reads live clusters only
    #[arg(help_heading = "Waiting", long, conflicts_with = "snapshot")]
    pub(super) wait: bool,
    /// Stop waiting after this time: report, and exit with code 2 if pods are still starting; 0 means no limit
    #[arg(
        help_heading = "Waiting",
        long,
        value_name = "DURATION",
        default_value = "0",
        requires = "wait",
        value_parser = limit
    )]
    pub(super) timeout: Limit,
}

/// A time that may be none.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit(pub(super) Option<Duration>);

fn limit(text: &str) -> Result<Limit, String> {
    duration::parse_limit(text).map(Limit)
}

const FILES: &str =
    "Check a spec or DaemonSet as if applied now: a file, a directory of YAML and JSON files, or `-`; repeatable";

const EXAMPLES: &str = "\
Examples:
  # Why is fluent-bit not on every node?
  kubectl daemonset doctor fluent-bit -n logging

  # Why does this pod not run?
  kubectl daemonset doctor pod/fluent-bit-x7k2p -n logging

  # Wait until every pod has had its time to start, then report
  kubectl daemonset doctor fluent-bit -n logging --wait --timeout 5m

  # Is any agent missing anywhere?
  kubectl daemonset doctor -A

  # Which DaemonSets are missing on one node, and why?
  kubectl daemonset doctor --node node-17

  # Check a document against a saved cluster, before deploying it
  kubectl daemonset doctor -f agent.yaml --snapshot prod.json.gz";

/// What makes the exit code 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Error,
    Warning,
    Unknown,
}

fn expect(text: &str) -> Result<Expect, String> {
    Expect::parse(text).map_err(|error| explain::policy::error(&error))
}

fn ignore_rule(text: &str) -> Result<IgnoreRule, String> {
    IgnoreRule::parse(text, "--ignore").map_err(|error| explain::policy::error(&error))
}

fn seconds(text: &str) -> Result<i64, String> {
    let seconds = duration::parse(text)?.as_secs();
    Ok(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| format!("`{text}` is not a version such as `1.36`"))
}
