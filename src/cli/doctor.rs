//! `doctor`: why a DaemonSet's pod is, or is not, on each node.

use std::collections::BTreeSet;

use futures::FutureExt;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::doctor_args::{DoctorArgs, FailOn};
use crate::cli::files::tell;
use crate::cli::fix_out::{Judgement, write_fixed};
use crate::cli::live_reading::{LiveReading, Wait, investigate_live};
use crate::cli::pod_argument::{node_of, pod_argument};
use crate::cli::selection;
use crate::cli::selection::Place;
use crate::client::{Environment, Target};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::explain;
use crate::explain::{node_facts, notices};
use crate::findings::{Index, Settings, Shown, Subject, node_changes};
use crate::investigate::engine::diagnose_round;
use crate::investigate::{
    CombinedFit, Investigation, LogFiles, Options, Round, SavedCluster, Siblings, Subjects, diagnose_with_probe,
    investigate,
};
use crate::manifest::Loaded;
use crate::model::wire::Kind;
use crate::model::{LogKey, Symbol, Version};
use crate::render::{Gate, Tail};
use crate::report::{Finding, Severity};
use crate::report::{NotChecked, Source, Summary};
use crate::snapshot;
use crate::store::{Builder, Cluster, VersionFrom};

/// Runs `doctor`.
///
/// # Errors
/// Usage, files, connection; a cluster without nodes; a name that is not there.
pub fn run(args: &DoctorArgs, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let loaded = load(args, context)?;
    let mut outputs = args.output.open(&context.theme, gate(&args.fail_on))?;
    let flag = connection.namespace.as_deref();
    let fix_from = match &args.fix_out {
        None => None,
        Some(_) => Some(args.files.only().ok_or_else(|| {
            Error::new("cannot combine --fix-out with several files, a directory or standard input")
                .hint("name one file with `-f FILE`")
        })?),
    };
    let options = Options { version: args.server_version, probes: args.probe_admission };
    let live = args.snapshot.is_empty();
    let mut place = Place::snapshot(flag);
    let (found, asking, is_timed_out) = match args.snapshot.as_slice() {
        [] => {
            let target = Target::choose(&connection.flags(), &Environment::of_process())?;
            let namespace = flag.unwrap_or(&target.namespace).to_owned();
            place = Place { live, flag: flag.map(str::to_owned), namespace };
            let subjects = subjects(args, &loaded, &place)?;
            let settings = |cluster: &Cluster| settings(args, cluster);
            let wait = args.wait.then_some(Wait { timeout: args.timeout.0 });
            let LiveReading { found, asking, is_timed_out } =
                investigate_live(target, connection, &subjects, options, wait, settings, context)?;
            (found, Some(asking), is_timed_out)
        }
        paths => {
            let subjects = subjects(args, &loaded, &place)?;
            let mut builder = Builder::new();
            let limits = args.snapshot_limit.unwrap_or_default();
            let read = snapshot::read_within(limits, paths, &mut std::io::stdin().lock(), &mut builder)?;
            let logs = |keys: &[LogKey]| snapshot::read_logs(limits, paths, keys);
            let logs = (read.log_files > 0).then(|| Box::new(logs) as Box<LogFiles<'_>>);
            let judge = |round: Round<'_>| {
                let settings = settings(args, round.cluster)?;
                Ok(diagnose_round(round, settings))
            };
            // A saved cluster has all its answers: nothing is waited for.
            let found = investigate(&mut SavedCluster::new(builder, logs), &subjects, options, judge).now_or_never();
            (found.ok_or_else(|| Error::new("cannot read the saved cluster"))??, None, false)
        }
    };
    let Investigation { mut cluster, subjects, probes, judgement, .. } = found;
    let mut made = judgement.unwrap_or_default().into_iter();
    // A document meets the facts of nodes, which pods do not tell.
    let is_unjudgeable = !args.files.is_empty() && cluster.nodes.iter().all(|node| node.unlisted);
    if is_unjudgeable || cluster.nodes.is_empty() && args.node.is_some() {
        return Err(no_nodes(&cluster, args));
    }
    let settings = settings(args, &cluster)?;
    if cluster.nodes.is_empty() && !is_anything_known(&mut cluster, &subjects, &settings) {
        return Err(no_nodes(&cluster, args));
    }
    outputs.begin(context.stdout, &source(&cluster, args))?;
    if args.output.has_all_nodes() {
        let asked = settings.node.and_then(|name| cluster.node(name));
        outputs.nodes(context.stdout, &node_facts::identities(&cluster, asked, settings.now))?;
    }
    if let Some(node) = settings.node.and_then(|name| cluster.node(name)) {
        outputs.node(context.stdout, &node_facts::of(&cluster, node, settings.now))?;
    }
    let index = Index::of(&cluster);
    // What a live cluster's events tell is as old as it is now.
    let index = if live { index.as_of(settings.now) } else { index };
    let mut summary = Summary { nodes: cluster.nodes.len(), ..Default::default() };
    let mut not_checked: BTreeSet<NotChecked> = BTreeSet::new();
    let mut told: Vec<String> = cluster.notices.iter().map(notices::tell).collect();
    let mut together = CombinedFit::default();
    let mut known = 0;
    let lists_all = lists_all(args, settings.node.is_some());
    let siblings = Siblings::find(&mut cluster, &subjects);
    for (number, (asked, probed)) in subjects.iter().zip(&probes).enumerate() {
        siblings.lay_beside(&mut cluster, number);
        let probed = probed.as_ref().and_then(|probed| probed.as_ref().ok());
        let mut diagnosis =
            made.next().unwrap_or_else(|| diagnose_with_probe(&mut cluster, &index, asked, probed, &settings));
        if asked.written.is_some() {
            together.add(&cluster, asked, &mut diagnosis, &settings);
        }
        let unread =
            explain::container_logs::put_all(&mut diagnosis.report, &diagnosis.logs, &cluster, lines_of_logs(args));
        not_checked.extend(unread);
        summary.count(&diagnosis.report);
        known += diagnosis.report.findings.iter().filter(|f| is_known(f)).count();
        outputs.daemon_set(context.stdout, &mut diagnosis.report, lists_all)?;
        not_checked.extend(diagnosis.not_checked);
        told.extend(diagnosis.notices);
    }
    not_checked.extend(asking.into_iter().flat_map(|asking| asking.not_checked));
    let mut not_checked: Vec<NotChecked> = not_checked.into_iter().collect();
    not_checked.dedup_by(|again, first| {
        let same = (&again.what, &again.why) == (&first.what, &first.why);
        first.may_refuse |= same && again.may_refuse;
        same
    });
    let changes = node_changes::of_nodes(&cluster, settings.now).map(explain::node_changes::tell);
    let tail = Tail {
        not_checked: &not_checked,
        notices: &told,
        changes: changes.as_ref(),
        node: settings.node.map(Symbol::as_str),
        summary: &summary,
    };
    outputs.end(context.stdout, &tail)?;
    if let (Some(to), Some(from)) = (&args.fix_out, fix_from) {
        let judgement = Judgement { cluster: &mut cluster, index: &index, settings: &settings, place: &place };
        write_fixed(from, to, judgement, context)?;
    }
    // A list that broke off leaves out nodes, or DaemonSets, of which nobody can say anything. A node that is named is
    // not left out.
    let lists = if settings.node.is_some() { &[Kind::DaemonSet][..] } else { &[Kind::Node, Kind::DaemonSet] };
    let left_out = lists.iter().any(|kind| cluster.coverage(*kind).is_denied());
    if is_timed_out {
        let waited = args.timeout.0.unwrap_or_default().as_secs();
        writeln!(context.stderr, "pods are still starting after {waited}s (--timeout)")?;
    }
    if is_timed_out || fails(&args.fail_on, &summary, left_out) {
        return Ok(ExitCode::Findings);
    }
    if summary.judged == 0 && summary.unknown > 0 && known == 0 {
        return Err(Error::new("cannot judge any node")
            .hint("save at least nodes, pods and DaemonSets with `kubectl get nodes,pods,daemonsets -A -o json`"));
    }
    Ok(ExitCode::Success)
}

/// Whether a finding rests on something that the source says.
fn is_known(finding: &Finding) -> bool {
    finding.severity > Severity::Info && !finding.code.is_of_missing_data()
}

/// Whether events or the status of a DaemonSet show a cause, in a source without nodes and pods.
fn is_anything_known(cluster: &mut Cluster, subjects: &[Subject], settings: &Settings) -> bool {
    let index = Index::of(cluster).as_of(settings.now);
    let deployed = subjects.iter().filter(|subject| subject.written.is_none());
    deployed
        .into_iter()
        .any(|asked| diagnose_with_probe(cluster, &index, asked, None, settings).report.findings.iter().any(is_known))
}

/// What makes the command fail, for formats that say so.
fn gate(fail_on: &[FailOn]) -> Gate {
    let least = if fail_on.contains(&FailOn::Warning) { Severity::Warning } else { Severity::Error };
    Gate { least, unknown: fail_on.contains(&FailOn::Unknown) }
}

/// Whether what was found is failure.
fn fails(fail_on: &[FailOn], summary: &Summary, left_out: bool) -> bool {
    summary.errors > 0
        || summary.expectations_failed > 0
        || (fail_on.contains(&FailOn::Warning) && summary.warnings > 0)
        || (fail_on.contains(&FailOn::Unknown) && (summary.unknown > 0 || left_out))
}

/// What the arguments ask about.
fn subjects(args: &DoctorArgs, loaded: &Loaded, place: &Place) -> Result<Subjects> {
    let nothing_named = place.flag.is_none() && args.names.is_empty();
    // A saved cluster was saved to be looked at whole.
    let whole = !place.live && nothing_named && args.selector.is_none();
    let everywhere = args.all_namespaces || whole || args.node.is_some() && nothing_named;
    let mut subjects = match args.files.is_empty() {
        true => selection::deployed(&args.names, args.selector.as_deref(), everywhere, place)?,
        false => selection::written(loaded, place)?,
    };
    // One node is about its own pods.
    subjects.all_pods = args.all_namespaces || whole && args.node.is_none() || args.all_pods;
    Ok(subjects)
}

/// How many lines of logs are read.
fn lines_of_logs(args: &DoctorArgs) -> usize {
    args.logs.map_or(if args.output.is_watched() { 3 } else { 0 }, usize::from)
}

fn load(args: &DoctorArgs, context: &mut Context<'_>) -> Result<Loaded> {
    if args.files.is_empty() {
        return Ok(Loaded::default());
    }
    if !args.names.is_empty() || args.selector.is_some() || args.all_namespaces {
        return Err(
            Error::new("cannot combine names, -l or -A with -f").hint("remove either `-f` or the names, `-l` and `-A`")
        );
    }
    let loaded = args.files.load()?;
    tell(&loaded, context)?;
    if !loaded.documents.iter().any(|document| document.kind() == "DaemonSet") {
        return Err(Error::new("cannot find a DaemonSet or KubernetesDaemonSet in the files"));
    }
    Ok(loaded)
}

fn no_nodes(cluster: &Cluster, args: &DoctorArgs) -> Error {
    let coverage = cluster.coverage(Kind::Node);
    match args.snapshot.first() {
        Some(path) => Error::new(format!("cannot find a Node in `{}`", path.display()))
            .hint("save at least nodes and pods with `kubectl get nodes,pods -A -o json`"),
        None if coverage.is_whole() => Error::new("the cluster has no node"),
        None => Error::new("cannot list the nodes of the cluster").cause(coverage.to_string()),
    }
}

fn settings(args: &DoctorArgs, cluster: &Cluster) -> Result<Settings> {
    let node = match &args.node {
        None => pod_argument(&args.names)?.map(|pod| node_of(cluster, pod)).transpose()?,
        Some(name) => match Symbol::known(name).filter(|symbol| cluster.node(*symbol).is_some()) {
            Some(symbol) => Some(symbol),
            None => {
                let error = Error::new(format!("there is no node {name}"));
                let near = |n: &&str| strsim::damerau_levenshtein(n, name);
                let close = cluster.nodes.iter().map(|n| n.name.as_str()).filter(|n| near(n) <= 2).min_by_key(near);
                return Err(match close {
                    Some(close) => error.hint(format!("did you mean `{close}`?")),
                    None => error,
                });
            }
        },
    };
    let saved = if args.snapshot.is_empty() { None } else { cluster.saved_at() };
    // A saved cluster has a time of its own, never the clock's.
    let now = saved.unwrap_or_else(|| jiff::Timestamp::now().as_second());
    Ok(Settings {
        grace: args.grace,
        expect: args.expect.clone(),
        ignore: args.ignore.clone(),
        no_exemptions: args.no_exemptions,
        shown: match args.output.lists_nodes() {
            false if node.is_none() => Shown::None,
            _ if !args.output.has_all_nodes() && !lists_all(args, node.is_some()) => Shown::Remarkable,
            _ => Shown::All,
        },
        node,
        allow_zero: args.allow_zero,
        ..Settings::at(now)
    })
}

/// Whether forms that list nodes have those, too, that are simply healthy or excluded.
fn lists_all(args: &DoctorArgs, is_one_node: bool) -> bool {
    args.all_nodes || !args.files.is_empty() || !args.names.is_empty() || is_one_node
}

fn source(cluster: &Cluster, args: &DoctorArgs) -> Source {
    let (version, from) = cluster.version.unwrap_or((Version::NEWEST, VersionFrom::Assumed));
    let rules = cluster.rules();
    Source {
        kind: if args.snapshot.is_empty() { "cluster" } else { "snapshot" },
        server_version: version.to_string(),
        server_version_from: match from {
            VersionFrom::Flag => "flag",
            VersionFrom::Server => "server",
            VersionFrom::Kubelets => "kubelets",
            VersionFrom::Assumed => "assumed",
        },
        rules_version: (rules.minor != version.minor).then(|| rules.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_the_exit_code_2() {
        let summary = |errors, warnings, unknown| Summary { errors, warnings, unknown, ..Summary::default() };
        for (fail_on, summary, left_out, expected) in [
            (FailOn::Error, summary(1, 0, 0), false, true),
            (FailOn::Error, summary(0, 1, 1), true, false),
            (FailOn::Warning, summary(0, 1, 0), false, true),
            (FailOn::Unknown, summary(0, 1, 0), false, false),
            (FailOn::Unknown, summary(0, 0, 1), false, true),
            (FailOn::Unknown, summary(0, 0, 0), true, true),
        ] {
            assert_eq!(fails(&[fail_on], &summary, left_out), expected, "{fail_on:?} {summary:?} {left_out}");
        }
    }
}
