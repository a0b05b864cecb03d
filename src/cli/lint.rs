//! `lint`: a document held against rules.

use std::collections::{BTreeMap, HashSet};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::exemption_files::{ExemptionFiles, ignored};
use crate::cli::files::{Files, no_document};
use crate::cli::outputs::{Output, OutputParser, destinations};
use crate::cli::runtime::{block_on, connect};
use crate::cli::whole_file::{WholeFile, rewrite};
use crate::client::Fetcher;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::investigate::{LINT_KINDS, read_for_lint};
use crate::manifest::lint::{Exempting, Exemption, HostPort, NodeAround, Report, SelectorAround, Surroundings, mend};
use crate::manifest::{Problem, Severity, load};
use crate::model::labels::Operator;
use crate::model::wire::Kind;
use crate::model::{Labels, Selector};
use crate::render::Theme;
use crate::render::lint::{Fixes, Linted, write_json, write_junit, write_sarif, write_text};
use crate::render::problem::write_problem;
use crate::render::unified::{Side, unified};
use crate::snapshot;
use crate::store::{Builder, Cluster, Coverage};
use crate::text::escape::escape;

/// Check a spec or a plain DaemonSet against rules for pods on every node
///
/// The severity depends on the purpose of the DaemonSet: a network plugin may be privileged, a log collector should not
/// be. The annotation `kubectl-daemonset/lint-ignore: CODE reason; CODE reason` exempts a document from rules. The file
/// `.kubectl-daemonset.yaml` in the directory of the document, or in the nearest directory above, exempts all documents:
/// `lint: {ignore: [{code: CODE, reason: REASON, name: NAME}]}`, where `name` limits the exemption to one DaemonSet.
///
/// No cluster is needed. With --live, --context, --cluster, --server or --kubeconfig, lint also reads the cluster: it
/// finds selectors that no node matches, selectors that overlap, and host ports that are in use.
///
/// Exit codes: 0 no finding at or above --fail-on, 1 the input cannot be read, 2 findings.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Lint {
    #[command(flatten)]
    files: Files,
    /// Check against a saved cluster: a file, directory or archive of Kubernetes objects; repeatable
    #[arg(long, value_name = "PATH")]
    snapshot: Vec<PathBuf>,
    /// Limit the unpacked size of saved clusters. Default: 8Gi, and 500 times the size of a file
    #[arg(long, value_name = "SIZE", requires = "snapshot", value_parser = snapshot::parse_limit)]
    snapshot_limit: Option<snapshot::Limits>,
    /// Check against the cluster of the kubeconfig
    #[arg(long, conflicts_with = "snapshot")]
    live: bool,
    /// Write the findings in this format; FORMAT=FILE writes them to a file; repeatable
    #[arg(
        short,
        long,
        default_value = "text",
        value_name = "FORMAT[=FILE]",
        value_parser = OutputParser::<Format>::new()
    )]
    output: Vec<Output<Format>>,
    /// Write the findings to this file instead of standard output. The file is written in whole or not at all
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Ignore a rule: `CODE` or `CODE=REASON`; repeatable. What is ignored is counted
    #[arg(long, value_name = "CODE[=REASON]", value_parser = ignored)]
    ignore: Vec<Exemption>,
    /// Do not let a document exempt itself with an annotation, or a file beside it; use this flag for changes that you do
    /// not trust
    #[arg(long)]
    no_exemptions: bool,
    /// Write the patches that make no choice for the author into the files. Comments, order and quotes stay. The difference
    /// is shown first
    #[arg(long)]
    fix: bool,
    /// Show what --fix would write, and write nothing
    #[arg(long, requires = "fix")]
    dry_run: bool,
    /// Show also the notes that most sound manifests get; without this flag lint counts them. Always on with --fail-on=note
    #[arg(long)]
    notes: bool,
    /// Exit with code 2 for findings of this severity or above
    #[arg(long, value_enum, default_value_t = FailOn::Error, value_name = "SEVERITY")]
    fail_on: FailOn,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset lint -f agent.yaml

  # Show what would be fixed, then fix it
  kubectl daemonset lint -f agent.yaml --fix --dry-run
  kubectl daemonset lint -f agent.yaml --fix

  # Check also against a saved cluster
  kubectl daemonset lint -f agent.yaml --snapshot prod.json.gz";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Findings with their places, for people.
    Text,
    /// The findings as JSON.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// JUnit XML: a test case per finding, for a CI system.
    Junit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
}

/// Runs `lint`.
///
/// # Errors
/// Files, the snapshot, or the cluster where one is named.
pub fn run(args: &Lint, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let forms = destinations(&args.output, args.out.as_deref())?;
    // Files are begun before anything is read: one that cannot be written ends the command.
    let begun: Result<Vec<Option<WholeFile>>> =
        forms.iter().map(|(_, file)| file.map(WholeFile::begin).transpose()).collect();
    let begun = begun?;
    // Before a cluster is asked: a file that is not there ends it.
    let texts = args.files.read()?;
    let around = match args.snapshot.as_slice() {
        [] if args.live || connection.names_cluster() => around(&block_on(live(connection, context.stderr))?),
        [] => Surroundings::default(),
        paths => {
            let mut builder = Builder::new();
            let limits = args.snapshot_limit.unwrap_or_default();
            snapshot::read_within(limits, paths, &mut std::io::stdin().lock(), &mut builder)?;
            around(&builder.finish(None))
        }
    };
    let mut problems: Vec<Problem> = Vec::new();
    let mut reports: Vec<Report> = Vec::new();
    let mut fixes = Fixes { written: args.fix && !args.dry_run, ..Fixes::default() };
    let (mut any, mut empty) = (false, None);
    let mut files = ExemptionFiles::default();
    let names: Vec<String> = texts.iter().map(|(name, _)| name.clone()).collect();
    for (name, mut text) in texts {
        let mut more = args.ignore.clone();
        if !args.no_exemptions {
            more.extend_from_slice(files.of(&name, context)?);
        }
        let exempting = Exempting { refuse_annotations: args.no_exemptions, more: &more };
        if args.fix {
            text = fixed(args, (&name, text), &around, (&exempting, &mut fixes), context)?;
        }
        let loaded = load(&name, &text);
        if loaded.documents.is_empty() && loaded.problems.is_empty() {
            empty.get_or_insert(name);
            continue;
        }
        if loaded.documents.is_empty() {
            return Err(unreadable(&name, &loaded.problems, context)?);
        }
        any = true;
        let source = loaded.source(&name, &text);
        let daemon_sets = loaded.documents.iter().filter(|d| d.kind() == "DaemonSet");
        let mut found: Vec<Report> = daemon_sets.map(|d| exempting.lint(d, &source, &around)).collect();
        if !args.notes && args.fail_on != FailOn::Note {
            found.iter_mut().for_each(Report::leave_out_quiet_notes);
        }
        let told: HashSet<&str> = found.iter().flat_map(|r| &r.findings).filter_map(|f| f.problem.code).collect();
        problems.extend(loaded.problems.into_iter().filter(|p| p.code.is_none_or(|code| !told.contains(code))));
        reports.extend(found);
    }
    if let (false, Some(name)) = (any, empty) {
        return Err(no_document(&name));
    }
    let least = match args.fail_on {
        FailOn::Error => Severity::Error,
        FailOn::Warning => Severity::Warning,
        FailOn::Note => Severity::Info,
    };
    let linted = Linted { files: &names, problems: &problems, reports: &reports, fixes: &fixes };
    for ((format, _), file) in forms.iter().zip(begun) {
        match file {
            None => write(*format, &linted, least, &context.theme, context.stdout)?,
            Some(mut file) => {
                let path = file.path().display().to_string();
                let mut out = BufWriter::new(file.file());
                write(*format, &linted, least, &Theme::of_file(), &mut out)
                    .and_then(|()| out.flush())
                    .map_err(|error| Error::new(format!("cannot write `{path}`")).because(&error))?;
                drop(out);
                file.finish()?;
            }
        }
    }
    let findings = reports.iter().flat_map(|r| &r.findings).map(|f| &f.problem);
    Ok(if problems.iter().chain(findings).any(|p| p.severity >= least) {
        ExitCode::Findings
    } else {
        ExitCode::Success
    })
}

/// Writes what was found in one form.
fn write(
    format: Format,
    linted: &Linted<'_>,
    least: Severity,
    theme: &Theme,
    out: &mut dyn Write,
) -> std::io::Result<()> {
    match format {
        Format::Text => write_text(linted.problems, linted.reports, linted.fixes, theme, out),
        Format::Json => write_json(linted.problems, linted.reports, linted.fixes, out),
        Format::Sarif => write_sarif(linted, out),
        Format::Junit => write_junit(linted, least, out),
    }
}

/// Fixes one text: shows the difference, and writes the file unless it is only shown. Returns the text to be judged.
fn fixed(
    args: &Lint,
    (name, text): (&str, String),
    around: &Surroundings,
    (exempting, fixes): (&Exempting<'_>, &mut Fixes),
    context: &mut Context<'_>,
) -> Result<String> {
    let mended = mend(name, &text, around, exempting);
    fixes.mended.extend(mended.mended);
    fixes.refused.extend(mended.refused);
    if mended.text == text {
        return Ok(text);
    }
    if name == "-" && !args.dry_run {
        let hint = "save the document to a file, or use `--dry-run` to see the difference";
        return Err(Error::new("cannot write to standard input: `--fix` needs a file").hint(hint));
    }
    let hidden = [&text, &mended.text].map(|side| load(name, side).source(name, side).hidden());
    let shown = |after: bool, line: usize| !hidden[usize::from(after)].contains(&(line as u32 + 1));
    let sides = (Side { name, text: &text }, Side { name, text: &mended.text });
    let is_text = |output: &Output<Format>| output.is_shown_as(Format::Text);
    let out: &mut dyn Write =
        if args.out.is_none() && args.output.iter().any(is_text) { context.stdout } else { context.stderr };
    unified(out, &context.theme, sides, &shown)?;
    writeln!(out)?;
    if args.dry_run {
        return Ok(text);
    }
    rewrite(Path::new(name), &text, &mended.text)?;
    Ok(mended.text)
}

/// Reads the cluster and reports the kinds that cannot be read.
pub async fn live(connection: &ConnectionArgs, stderr: &mut dyn Write) -> Result<Cluster> {
    let session = connect(connection, stderr).await?;
    let cluster = read_for_lint(&mut Fetcher::new(session.reader.clone())).await?;
    for warning in session.reader.connection().take_warnings() {
        writeln!(stderr, "Warning: {}", escape(&warning))?;
    }
    for kind in LINT_KINDS {
        let coverage = cluster.coverage(kind);
        if !coverage.is_whole() {
            writeln!(stderr, "not checked: {}: {}", kind.resource(), escape(&coverage.to_string()))?;
        }
    }
    Ok(cluster)
}

fn unreadable(name: &str, problems: &[Problem], context: &mut Context<'_>) -> Result<Error> {
    for problem in problems {
        write_problem(context.stderr, &context.stderr_theme, problem)?;
        writeln!(context.stderr)?;
    }
    Ok(Error::new(format!("cannot read a document of `{name}`")))
}

/// What lint wants to know of a cluster.
fn around(cluster: &Cluster) -> Surroundings {
    let texts = |labels: &Labels| -> BTreeMap<String, String> {
        labels.sorted().into_iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
    };
    let nodes: Vec<NodeAround> = cluster
        .nodes
        .iter()
        .map(|n| NodeAround { name: n.name.as_str().to_owned(), labels: texts(&n.labels) })
        .collect();
    let daemon_sets = cluster.daemon_sets.iter().filter_map(|d| {
        Some(SelectorAround {
            kind: "DaemonSet".to_owned(),
            namespace: d.namespace.as_str().to_owned(),
            name: d.name.as_str().to_owned(),
            match_labels: equalities(&d.selector)?,
            template_labels: texts(&d.template.labels),
        })
    });
    let workloads = cluster.workloads.iter().filter_map(|w| {
        Some(SelectorAround {
            kind: w.kind.as_str().to_owned(),
            namespace: w.namespace.as_str().to_owned(),
            name: w.name.as_str().to_owned(),
            match_labels: equalities(&w.selector)?,
            template_labels: BTreeMap::new(),
        })
    });
    let selectors = daemon_sets.chain(workloads).collect();
    // Of nodes that were listed in part nothing can be said about all.
    let partly = matches!(cluster.coverage(Kind::Node), Coverage::Forbidden { .. } | Coverage::Failed { .. });
    let nodes = (!nodes.is_empty() && !partly).then_some(nodes);
    Surroundings { nodes, selectors, host_ports: host_ports(cluster) }
}

/// A selector as labels, where that is all that it asks for.
fn equalities(selector: &Selector) -> Option<BTreeMap<String, String>> {
    let each = selector.requirements.iter().map(|r| match &r.operator {
        Operator::In(values) if values.len() == 1 => Some((r.key.as_str().to_owned(), values[0].as_str().to_owned())),
        _ => None,
    });
    each.collect()
}

/// Ports that pods hold, by who owns them.
fn host_ports(cluster: &Cluster) -> Vec<HostPort> {
    let mut held: BTreeMap<(u16, &str, String), usize> = BTreeMap::new();
    for pod in cluster.pods.iter().filter(|p| p.node.is_some() && !p.phase.has_ended()) {
        let owner = cluster.daemon_sets.iter().find(|d| d.uid.is_some() && d.uid == pod.owner);
        let ports = pod.shape.spec.containers.iter().flat_map(|c| &c.ports);
        for port in ports.filter(|p| p.host_port > 0) {
            let owner = match owner {
                Some(d) => format!("DaemonSet {}/{}", d.namespace.as_str(), d.name.as_str()),
                None => format!("pod {}/{}", pod.namespace.as_str(), pod.name),
            };
            *held.entry((port.host_port, port.protocol.as_str(), owner)).or_default() += 1;
        }
    }
    let ports = held.into_iter().map(|((port, protocol, owner), nodes)| HostPort {
        port,
        protocol: protocol.to_owned(),
        owner,
        nodes,
    });
    ports.collect()
}
