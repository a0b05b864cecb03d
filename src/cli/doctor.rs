//! `doctor`: why a DaemonSet's pod is, or is not, on each node.

use std::collections::{BTreeSet, HashSet};
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::Context;
use super::asking::Asking;
use super::connection::ConnectionArgs;
use super::files::{Files, tell};
use super::progress::watched;
use super::waiting::{UNCHECKED, interruptible};
use crate::cluster::live::{Answers, Connection, Environment, Patience, Reader, Scope, Target};
use crate::cluster::snapshot;
use crate::doctor::report::{NotLookedAt, Source, Summary};
use crate::doctor::{
    Asked, Expect, IgnoreRule, Index, Probed, Settings, Shown, Together, changes, diagnose_asked, notices, selector,
};
use crate::error::{Error, Result};
use crate::facts::wire::Kind;
use crate::facts::{Builder, Cluster, DaemonSet, Question, Questions, Selector, Symbol, Version, VersionFrom};
use crate::output::look::{Colour, Surroundings};
use crate::output::{Format, Look, Tail, renderer};
use crate::placement;
use crate::spec::{Input, Loaded};

/// Say for every node why a DaemonSet's pod is, or is not, there
///
/// Looks at the DaemonSets named (`NAME`, `ds/NAME`), at those of the namespace, at all with -A, or at documents that are
/// not deployed yet with -f; on the live cluster, or on a saved one with --snapshot.
///
/// Exit codes: 0 nothing at or above --fail-on, 1 it could not run, 2 findings.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("files", |files| files.required(false).help(FILES)))]
pub struct DoctorArgs {
    /// DaemonSets, as NAME or ds/NAME
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Look at the DaemonSets of all namespaces
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    /// Look at the DaemonSets whose labels match
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    selector: Option<String>,
    #[command(flatten)]
    files: Files,
    /// A saved cluster: a file, directory or archive of Kubernetes objects, or what `snapshot` wrote; repeatable
    #[arg(long, value_name = "PATH")]
    snapshot: Vec<PathBuf>,
    /// Look at one node only
    #[arg(long, value_name = "NODE")]
    node: Option<String>,
    /// Format of the report
    #[arg(help_heading = "Output", short, long, value_enum, default_value_t, value_name = "FORMAT")]
    output: Format,
    /// What makes the exit code 2; errors always do
    #[arg(
        help_heading = "Judgement",
        long,
        value_enum,
        value_delimiter = ',',
        default_value = "error",
        value_name = "SEVERITY"
    )]
    fail_on: Vec<FailOn>,
    /// Nodes that must have a healthy pod: `all` or a label selector
    #[arg(help_heading = "Judgement", long, value_name = "all|SELECTOR", value_parser = Expect::parse)]
    expect: Option<Expect>,
    /// Accept a finding: `CODE` or `CODE@NODESELECTOR`; repeatable
    #[arg(help_heading = "Judgement", long, value_name = "CODE[@NODESELECTOR]", value_parser = ignore_rule)]
    ignore: Vec<IgnoreRule>,
    /// For how long new nodes and pods are given time
    #[arg(help_heading = "Judgement", long, value_name = "DURATION", default_value = "2m", value_parser = seconds)]
    grace: i64,
    /// The server's version, where the cluster does not say or says otherwise
    #[arg(help_heading = "Judgement", long, value_name = "VERSION", value_parser = version)]
    server_version: Option<Version>,
    /// List every node, also those that are simply healthy or excluded
    #[arg(help_heading = "Output", long)]
    all_nodes: bool,
    /// So many last lines of the log of a failed container, for one pod of each cause and five pods at most; by default
    /// 3 on a terminal, none in a pipe or with -o json, yaml or name
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(0..=500))]
    logs: Option<u16>,
    /// Ask the API server what admission makes of one pod of each DaemonSet. It is sent with dryRun=All: nothing is
    /// stored. It needs the right to create pods
    #[arg(long, conflicts_with = "snapshot")]
    probe_admission: bool,
    /// When to use colours
    #[arg(help_heading = "Output", long, value_enum, default_value_t, value_name = "WHEN")]
    color: Colour,
    /// The same as --color=never
    #[arg(help_heading = "Output", long)]
    no_color: bool,
}

const FILES: &str =
    "A spec or DaemonSet as if it were applied now: a file, a directory of YAML and JSON files, or `-`; repeatable";

const EXAMPLES: &str = "\
Examples:
  # Why is fluent-bit not on every node?
  kubectl daemonset doctor fluent-bit -n logging

  # Is any agent missing anywhere?
  kubectl daemonset doctor -A

  # Everything about one node
  kubectl daemonset doctor --node node-17

  # Before it is deployed, against a saved cluster
  kubectl daemonset doctor -f agent.yaml --snapshot prod.json.gz";

/// What makes the exit code 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Unknown,
}

fn ignore_rule(text: &str) -> Result<IgnoreRule, String> {
    IgnoreRule::parse(text, "--ignore")
}

fn seconds(text: &str) -> Result<i64, String> {
    let duration: jiff::SignedDuration =
        text.parse().map_err(|_| format!("`{text}` is no duration such as `90s` or `2m`"))?;
    Ok(duration.as_secs())
}

fn version(text: &str) -> Result<Version, String> {
    Version::parse(text).ok_or_else(|| format!("`{text}` is no version such as `1.36`"))
}

/// Runs `doctor`.
///
/// # Errors
/// Usage, files, connection; a cluster without nodes; a name that is not there.
pub fn run(args: &DoctorArgs, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<u8> {
    let loaded = load(args, context)?;
    let flag = connection.namespace.as_deref();
    let (mut cluster, place, mut asking, probed) = match args.snapshot.as_slice() {
        [] => {
            let (cluster, place, asking, probed) = live(args, connection, &loaded, context)?;
            (cluster, place, Some(asking), probed)
        }
        paths => (saved(args, paths, &loaded, flag)?, Place::snapshot(flag), None, Vec::new()),
    };
    if cluster.nodes.is_empty() {
        return Err(no_nodes(&cluster, args));
    }
    let asked = asked(args, &cluster, &loaded, &place)?;
    let mut settings = settings(args, &cluster)?;
    if args.output == Format::Table {
        // It tells causes, not nodes.
        settings.shown = Shown::None;
    }
    let look = Look::decide(if args.no_color { Colour::Never } else { args.color }, &Surroundings::of_process());
    let mut renderer = renderer(args.output, look);
    renderer.begin(context.stdout, &source(&cluster, args))?;
    let index = index(&cluster, place.live, &settings);
    let mut summary = Summary { nodes: cluster.nodes.len(), ..Default::default() };
    let mut not_looked_at: BTreeSet<NotLookedAt> = BTreeSet::new();
    let mut told: Vec<String> = cluster.notices.iter().map(notices::tell).collect();
    let mut together = Together::default();
    for (number, asked) in asked.iter().enumerate() {
        let probed = probed.get(number).and_then(Option::as_ref);
        let mut diagnosis = diagnose_asked(&mut cluster, &index, asked, probed, &settings);
        if asked.written.is_some() {
            together.add(&cluster, asked, &mut diagnosis);
        }
        match &mut asking {
            Some(asking) => asking.logs(&mut diagnosis),
            None if !diagnosis.logs.is_empty() => {
                let (what, why) = ("log lines of failed containers".into(), "a saved cluster has none".into());
                not_looked_at.insert(NotLookedAt { what, why });
            }
            None => {}
        }
        if asking.as_ref().is_some_and(Asking::is_interrupted) {
            return Err(Error::new("interrupted").exit(130));
        }
        summary.count(&diagnosis.report);
        renderer.daemon_set(context.stdout, &diagnosis.report)?;
        not_looked_at.extend(diagnosis.not_looked_at);
        told.extend(diagnosis.notices);
    }
    not_looked_at.extend(asking.into_iter().flat_map(|asking| asking.not_looked_at));
    let not_looked_at: Vec<NotLookedAt> = not_looked_at.into_iter().collect();
    let changes = changes::of_nodes(&cluster, settings.now);
    let tail = Tail { not_looked_at: &not_looked_at, notices: &told, changes: changes.as_ref(), summary: &summary };
    renderer.end(context.stdout, &tail)?;
    let fails = summary.errors > 0
        || (args.fail_on.contains(&FailOn::Warning) && summary.warnings > 0)
        || (args.fail_on.contains(&FailOn::Unknown) && summary.unknown > 0);
    Ok(if fails { 2 } else { 0 })
}

/// The index; what a live cluster's events tell is as old as it is now.
fn index(cluster: &Cluster, live: bool, settings: &Settings) -> Index {
    let index = Index::of(cluster);
    if live { index.as_of(settings.now) } else { index }
}

/// Where the cluster came from, and which namespace is meant where none is named.
struct Place {
    live: bool,
    /// The namespace of `-n`.
    flag: Option<String>,
    /// The context's namespace, or `default`.
    namespace: String,
}

impl Place {
    fn snapshot(flag: Option<&str>) -> Self {
        Place { live: false, flag: flag.map(str::to_owned), namespace: flag.unwrap_or("default").to_owned() }
    }
}

fn load(args: &DoctorArgs, context: &mut Context<'_>) -> Result<Loaded> {
    if args.files.is_empty() {
        return Ok(Loaded::default());
    }
    if !args.names.is_empty() || args.selector.is_some() || args.all_namespaces {
        return Err(Error::new("names, -l and -A pick DaemonSets of the cluster, -f brings its own")
            .hint("leave one of the two out"));
    }
    let loaded = args.files.load()?;
    tell(&loaded, context)?;
    if !loaded.documents.iter().any(|document| document.kind() == "DaemonSet") {
        return Err(Error::new("there is no DaemonSet and no KubernetesDaemonSet in the files given"));
    }
    Ok(loaded)
}

/// Reads saved clusters, with the other objects of the documents laid over them.
fn saved(args: &DoctorArgs, paths: &[PathBuf], loaded: &Loaded, namespace: Option<&str>) -> Result<Cluster> {
    let mut builder = Builder::new();
    snapshot::read(paths, &mut std::io::stdin().lock(), &mut builder)?;
    overlay(&mut builder, loaded, namespace.unwrap_or("default"))?;
    Ok(builder.finish(args.server_version))
}

fn live(
    args: &DoctorArgs,
    connection: &ConnectionArgs,
    loaded: &Loaded,
    context: &mut Context<'_>,
) -> Result<(Cluster, Place, Asking, Vec<Option<Probed>>)> {
    let target = Target::choose(&connection.flags(), &Environment::of_process())?;
    let place = Place {
        live: true,
        flag: connection.namespace.clone(),
        namespace: connection.namespace.clone().unwrap_or_else(|| target.namespace.clone()),
    };
    if connection.insecure() {
        writeln!(context.stderr, "{UNCHECKED}")?;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Error::from)?;
    let opened = interruptible(&runtime, "interrupted", async {
        Connection::open(target, Patience::default()).await.map(Arc::new).map(Reader::new)
    });
    let reader = match opened {
        Ok(reader) => reader,
        Err(error) => {
            runtime.shutdown_background();
            return Err(error);
        }
    };
    let by_people = matches!(args.output, Format::Table | Format::Wide) && std::io::stdout().is_terminal();
    let lines = args.logs.map_or(if by_people { 3 } else { 0 }, usize::from);
    let mut asking = Asking::new(runtime, reader, lines, args.probe_admission);
    let (cluster, probed) = match look(args, loaded, &place, &mut asking, context) {
        Ok(looked) => looked,
        Err(error) => {
            // What runs in the background, such as a plugin of the kubeconfig, is not waited for.
            asking.runtime.shutdown_background();
            return Err(error);
        }
    };
    for warning in asking.reader.connection().take_warnings() {
        writeln!(context.stderr, "Warning: {}", crate::output::escape::escape(&warning))?;
    }
    Ok((cluster, place, asking, probed))
}

/// Reads of a live cluster what the question needs: nodes and DaemonSets first, then again and again what the
/// diagnosis of that rests on and has not seen, until it asks nothing more. Gives also what admission makes of a pod of
/// each DaemonSet, if that is wanted.
fn look(
    args: &DoctorArgs,
    loaded: &Loaded,
    place: &Place,
    asking: &mut Asking,
    context: &mut Context<'_>,
) -> Result<(Cluster, Vec<Option<Probed>>)> {
    let everywhere = is_everywhere(args, place) && loaded.documents.is_empty();
    let mut answers = Answers::new(asking.reader.clone());
    let mut builder = Builder::new();
    builder.look_partly();
    let scope = scope(args, loaded, place, everywhere)?;
    let needs = |daemon_sets: &[DaemonSet]| needs(args, daemon_sets, loaded, place, everywhere);
    let reading = watched(&asking.reader, context.stderr, answers.begin(&mut builder, &scope, needs));
    interruptible(&asking.runtime, "interrupted", reading)?;
    let mut probed: Option<Vec<Option<Probed>>> = None;
    loop {
        overlay(&mut builder, loaded, &place.namespace)?;
        let mut cluster = builder.finish(args.server_version);
        if cluster.nodes.is_empty() {
            return Ok((cluster, Vec::new()));
        }
        let all = asked(args, &cluster, loaded, place).map_err(|absent| match answers.unseen() {
            Some(why) if loaded.documents.is_empty() => {
                let (names, namespace) = (args.names.join(", "), &place.namespace);
                Error::new(format!("it is not known whether there is a DaemonSet {names} in namespace {namespace}"))
                    .cause(format!("daemonsets: {why}"))
            }
            _ => absent,
        })?;
        let settings = Settings { shown: Shown::None, ..settings(args, &cluster)? };
        let index = index(&cluster, true, &settings);
        let own_pods_are_known = !everywhere || answers.has_asked(&Question::Pods);
        if own_pods_are_known && probed.is_none() {
            let ask = |asked| asking.admission(asked, &cluster, document_of(asked, loaded, place));
            probed = Some(all.iter().map(ask).collect());
        }
        let mut questions = Questions::default();
        for (place, asked) in all.iter().enumerate() {
            let probed = probed.as_ref().and_then(|probed| probed[place].as_ref());
            questions.add(diagnose_asked(&mut cluster, &index, asked, probed, &settings).questions);
        }
        // The pods of many DaemonSets are everywhere: one pass over all pods comes first, and answers most.
        if !own_pods_are_known {
            questions.open = HashSet::from([Question::Pods]);
        }
        if !answers.is_open(&questions) {
            return Ok((cluster, probed.unwrap_or_default()));
        }
        let nodes = cluster.nodes.len();
        builder = Builder::reopen(cluster);
        let reading = watched(&asking.reader, context.stderr, answers.answer(&mut builder, questions, nodes));
        interruptible(&asking.runtime, "interrupted", reading)?;
    }
}

/// Where the DaemonSets are that are asked about, and those of the documents' names.
fn scope(args: &DoctorArgs, loaded: &Loaded, place: &Place, everywhere: bool) -> Result<Scope> {
    if everywhere {
        return Ok(Scope::default());
    }
    if loaded.documents.is_empty() {
        let names: Result<Vec<&str>> = args.names.iter().map(|name| plain_name(name)).collect();
        let names = names?.into_iter().map(str::to_owned).collect();
        return Ok(Scope { namespaces: vec![place.namespace.clone()], names });
    }
    let asked = written(&Cluster::default(), loaded, place)?;
    let mut namespaces: Vec<String> = asked.iter().map(|a| a.daemon_set.namespace.to_string()).collect();
    namespaces.dedup();
    Ok(Scope { namespaces, names: asked.iter().map(|a| a.daemon_set.name.to_string()).collect() })
}

/// What the DaemonSets that are asked about need before any node is looked at: what their templates refer to, their
/// own pods and their revisions.
fn needs(
    args: &DoctorArgs,
    daemon_sets: &[DaemonSet],
    loaded: &Loaded,
    place: &Place,
    everywhere: bool,
) -> Result<Questions> {
    let mut questions = Questions::default();
    let mut names: HashSet<(Symbol, Symbol)> = HashSet::new();
    for asked in written(&Cluster::default(), loaded, place)? {
        questions.add(placement::needs(&asked.daemon_set));
        names.insert((asked.daemon_set.namespace, asked.daemon_set.name));
    }
    if loaded.documents.is_empty() {
        for name in &args.names {
            let key = (Symbol::new(&place.namespace), Symbol::new(plain_name(name)?));
            // Whoever mistypes a name is told of those that come near.
            if !daemon_sets.iter().any(|d| (d.namespace, d.name) == key) {
                questions.ask(Question::List(Kind::DaemonSet, None));
            }
            names.insert(key);
        }
    }
    let labels = labels(args)?;
    let is_asked = |d: &&DaemonSet| match names.is_empty() {
        true => labels.as_ref().is_none_or(|labels| labels.matches(&d.labels)),
        false => names.contains(&(d.namespace, d.name)),
    };
    for daemon_set in daemon_sets.iter().filter(is_asked) {
        if loaded.documents.is_empty() {
            questions.add(placement::needs(daemon_set));
        }
        questions.add(placement::needs::own(daemon_set));
    }
    if everywhere {
        // They come with all the others.
        questions.open.retain(|question| !matches!(question, Question::Selected(Kind::Pod, ..)));
    }
    Ok(questions)
}

/// The document that a written DaemonSet comes from, in the namespace that is meant.
fn document_of(asked: &Asked, loaded: &Loaded, place: &Place) -> Option<serde_json::Value> {
    asked.written?;
    let namespace = asked.daemon_set.namespace.as_str();
    let meant = |document: &&Input| document.namespace().unwrap_or(&place.namespace) == namespace;
    let all = loaded.documents.iter().filter(meant).filter_map(Input::daemon_set);
    let mut named = all.filter(|value| value["metadata"]["name"] == asked.daemon_set.name.as_str());
    let mut value = named.next()?;
    value["metadata"]["namespace"] = namespace.into();
    Some(value)
}

/// Lays the objects of the documents over the cluster, but for DaemonSets, which are what is asked about.
fn overlay(builder: &mut Builder, loaded: &Loaded, namespace: &str) -> Result<()> {
    builder.overlay();
    for document in &loaded.documents {
        // Secret values decide nothing here and are not read.
        let objects = document.objects(&|_| Ok(String::new())).unwrap_or_default();
        for mut object in objects.into_iter().map(|o| o.value).filter(|o| o["kind"] != "DaemonSet") {
            let namespaced =
                !matches!(object["kind"].as_str(), Some("Namespace" | "PriorityClass" | "RuntimeClass" | "Node"));
            if namespaced && object["metadata"]["namespace"].is_null() {
                object["metadata"]["namespace"] = namespace.into();
            }
            let text = object.to_string();
            builder
                .read(text.as_bytes(), None)
                .map_err(|e| Error::new("cannot read an object of the files").because(&e))?;
        }
    }
    Ok(())
}

fn no_nodes(cluster: &Cluster, args: &DoctorArgs) -> Error {
    let coverage = cluster.coverage(Kind::Node);
    match args.snapshot.first() {
        Some(path) => Error::new(format!("there is no Node in `{}`", path.display()))
            .hint("a saved cluster needs at least `kubectl get nodes,pods -A -o json`"),
        None if coverage.is_whole() => Error::new("the cluster has no node"),
        None => Error::new("the cluster's nodes could not be listed").cause(coverage.to_string()),
    }
}

/// What is asked about: the DaemonSets of the documents, else those of the cluster that are meant.
fn asked(args: &DoctorArgs, cluster: &Cluster, loaded: &Loaded, place: &Place) -> Result<Vec<Asked>> {
    if loaded.documents.is_empty() { deployed(args, cluster, place) } else { written(cluster, loaded, place) }
}

/// The DaemonSets of the documents.
fn written(cluster: &Cluster, loaded: &Loaded, place: &Place) -> Result<Vec<Asked>> {
    let mut asked = Vec::new();
    for document in &loaded.documents {
        let Some(mut value) = document.daemon_set() else { continue };
        let namespace = match (document.namespace(), &place.flag) {
            (Some(own), Some(flag)) if own != flag => {
                return Err(Error::new(format!(
                    "the namespace from the provided object \"{own}\" does not match the namespace \"{flag}\". \
                     You must pass '--namespace={own}' to perform this operation."
                )));
            }
            (Some(own), _) => own.to_owned(),
            (None, _) => place.namespace.clone(),
        };
        value["metadata"]["namespace"] = namespace.into();
        let daemon_set = daemon_set(document, &value)?;
        let deployed = cluster.daemon_set(daemon_set.namespace, daemon_set.name).and_then(|d| d.uid);
        asked.push(Asked { daemon_set, deployed, written: Some(document.language()) });
    }
    asked.sort_by_key(|a| (a.daemon_set.namespace.as_str(), a.daemon_set.name.as_str()));
    Ok(asked)
}

fn daemon_set(document: &Input, value: &serde_json::Value) -> Result<DaemonSet> {
    let mut builder = Builder::new();
    builder
        .read(value.to_string().as_bytes(), None)
        .map_err(|e| Error::new("cannot read the DaemonSet").because(&e))?;
    let mut cluster = builder.finish(None);
    cluster.daemon_sets.pop().ok_or_else(|| {
        let why = cluster.notices.first().map(notices::tell).unwrap_or_default();
        Error::new(format!("{}:{}: cannot read the DaemonSet", document.file, document.at.line)).cause(why)
    })
}

/// The selector of `-l`.
fn labels(args: &DoctorArgs) -> Result<Option<Selector>> {
    let Some(text) = &args.selector else { return Ok(None) };
    selector::parse(text).map(Some).map_err(|why| Error::new(format!("-l {text}: {why}")))
}

/// Whether the DaemonSets of all namespaces are meant.
fn is_everywhere(args: &DoctorArgs, place: &Place) -> bool {
    let nothing_named = place.flag.is_none() && args.names.is_empty();
    // A saved cluster was saved to be looked at whole.
    let whole = !place.live && nothing_named && args.selector.is_none();
    args.all_namespaces || whole || args.node.is_some() && nothing_named
}

/// The DaemonSets of the cluster that are meant.
fn deployed(args: &DoctorArgs, cluster: &Cluster, place: &Place) -> Result<Vec<Asked>> {
    let labels = labels(args)?;
    let everywhere = is_everywhere(args, place);
    let namespace = Symbol::new(&place.namespace);
    let in_place = |d: &&DaemonSet| everywhere || d.namespace == namespace;
    let all: Vec<&DaemonSet> = cluster.daemon_sets.iter().filter(in_place).collect();
    let mut picked: Vec<&DaemonSet> = Vec::new();
    for name in &args.names {
        let name = plain_name(name)?;
        match all.iter().find(|d| d.name == *name) {
            Some(found) => picked.push(found),
            None => return Err(unknown_name(cluster, name, &place.namespace)),
        }
    }
    if args.names.is_empty() {
        picked = all;
    }
    if let Some(labels) = &labels {
        picked.retain(|d| labels.matches(&d.labels));
    }
    picked.sort_by_key(|d| (d.namespace.as_str(), d.name.as_str()));
    picked.dedup_by_key(|d| (d.namespace, d.name));
    if picked.is_empty() {
        let coverage = cluster.coverage(Kind::DaemonSet);
        let place = if everywhere { "the cluster".to_owned() } else { format!("namespace {}", place.namespace) };
        let error = Error::new(format!("there is no DaemonSet to look at in {place}"));
        return Err(match (coverage.is_whole(), everywhere) {
            (false, _) => {
                error.cause(format!("daemonsets: {coverage}")).hint("-f FILE looks at one that is not deployed")
            }
            (_, false) => error.hint("-A looks at those of all namespaces"),
            _ => error.hint("-f FILE looks at one that is not deployed"),
        });
    }
    Ok(picked.into_iter().map(|d| Asked { daemon_set: d.clone(), deployed: d.uid, written: None }).collect())
}

/// `NAME` of `NAME`, `ds/NAME`, `daemonset/NAME` or `daemonsets.apps/NAME`.
fn plain_name(name: &str) -> Result<&str> {
    match name.split_once('/') {
        None => Ok(name),
        Some(("ds" | "daemonset" | "daemonsets" | "daemonset.apps" | "daemonsets.apps", name)) => Ok(name),
        Some((kind, _)) => Err(Error::new(format!("`{kind}` is no DaemonSet")).hint("names are NAME or ds/NAME")),
    }
}

fn unknown_name(cluster: &Cluster, name: &str, namespace: &str) -> Error {
    let error = Error::new(format!("there is no DaemonSet {name} in namespace {namespace}"));
    let elsewhere: Vec<&DaemonSet> = cluster.daemon_sets.iter().filter(|d| d.name == *name).collect();
    if let Some(found) = elsewhere.first() {
        return error.hint(format!("there is one in namespace {0}: add `-n {0}`", found.namespace));
    }
    let near = |d: &&DaemonSet| strsim::damerau_levenshtein(d.name.as_str(), name);
    match cluster.daemon_sets.iter().filter(|d| near(d) <= 2).min_by_key(near) {
        Some(close) => error.hint(format!("did you mean `{}` in namespace {}?", close.name, close.namespace)),
        None => error,
    }
}

fn settings(args: &DoctorArgs, cluster: &Cluster) -> Result<Settings> {
    let node = match &args.node {
        None => None,
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
    let many = args.files.is_empty() && args.names.is_empty() && node.is_none();
    Ok(Settings {
        // A saved cluster is judged as of when it was saved.
        now: cluster.taken_at.unwrap_or_else(|| jiff::Timestamp::now().as_second()),
        grace: args.grace,
        expect: args.expect.clone(),
        ignore: args.ignore.clone(),
        shown: if many && !args.all_nodes { Shown::Remarkable } else { Shown::All },
        node,
        all_fixes: false,
    })
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
