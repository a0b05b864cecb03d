//! `import`: a spec from a DaemonSet.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;
use serde_json::Value;

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::daemon_set_name::daemon_set_name;
use crate::cli::files::{Files, tell};
use crate::cli::runtime::{block_on, connect};
use crate::client::Connection;
use crate::client::objects::{Seen, WholeKind, object, objects};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::manifest::{Config, ImportOptions, Input, Language, Loaded, References, Severity, import};
use crate::text::escape::escape;

/// Make a spec from a DaemonSet
///
/// The spec is the shortest spec that renders the same DaemonSet. References to other objects stay references. Comments
/// list what only a patch can express, and what was left out. Mistakes of a manifest are reported with line and column.
/// Secrets are never read.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("files", |files| files.required(false)))]
pub struct Import {
    /// Import this DaemonSet of the cluster: NAME or ds/NAME
    #[arg(value_name = "NAME", required_unless_present = "files", conflicts_with = "files")]
    name: Option<String>,
    #[command(flatten)]
    files: Files,
    /// Include the ConfigMaps, the ServiceAccount and its permissions, from the same files or from the cluster
    #[arg(long)]
    with_config: bool,
    /// Leave out fields with the API server's default value; always done for a DaemonSet of the cluster
    #[arg(long)]
    drop_defaults: bool,
}

const EXAMPLES: &str = "\
Examples:
  # From a manifest
  kubectl daemonset import -f daemonset.yaml

  # From the cluster, with ConfigMaps, ServiceAccount and permissions
  kubectl daemonset import fluent-bit -n logging --with-config";

/// Runs `import`.
///
/// # Errors
/// Files or cluster; no DaemonSet there, or one that cannot be a spec.
pub fn run(args: &Import, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    match &args.name {
        Some(name) => block_on(live(args, name, connection, context)),
        None => written(args, connection.namespace.as_deref(), context),
    }
}

fn written(args: &Import, namespace: Option<&str>, context: &mut Context<'_>) -> Result<ExitCode> {
    let mut loaded = args.files.load()?;
    // The spec keeps such a field in a patch that says so.
    for problem in loaded.problems.iter_mut().filter(|problem| problem.is_unknown_field) {
        problem.severity = Severity::Warning;
    }
    tell(&loaded, context)?;
    let is_daemon_set = |d: &&Input| d.language() == Language::Apps && d.kind() == "DaemonSet";
    let others = loaded.documents.iter().filter(|d| !is_daemon_set(d)).map(|d| d.node().to_json());
    let config = args.with_config.then(|| Config { objects: others.collect() });
    let options = ImportOptions { drop_defaults: args.drop_defaults, namespace: namespace.map(str::to_owned), config };
    // Written once all of them could be made: no half of an answer.
    let mut made: Vec<String> = Vec::new();
    for document in loaded.documents.iter().filter(is_daemon_set) {
        let Some(daemon_set) = document.daemon_set() else { continue };
        let imported = import(&daemon_set, &options)
            .map_err(|why| Error::new(format!("`{}` cannot become a spec", document.file)).cause(why))?;
        made.push(imported.text());
    }
    if !made.is_empty() {
        left_behind(&loaded, args.with_config, context)?;
        context.stdout.write_all(made.join("---\n").as_bytes())?;
        return Ok(ExitCode::Success);
    }
    let error = Error::new("cannot find an apps/v1 DaemonSet in the input");
    let spec = loaded.documents.iter().any(|d| d.language() == Language::Spec);
    Err(if spec { error.hint("the input is a spec already; print its objects with `render`") } else { error })
}

/// Says on stderr which objects of the input are not in the spec.
fn left_behind(loaded: &Loaded, with_config: bool, context: &mut Context<'_>) -> Result<()> {
    const TAKEN_IN: [&str; 6] =
        ["ConfigMap", "ServiceAccount", "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"];
    let other = |d: &&Input| d.kind() != "DaemonSet" && !(with_config && TAKEN_IN.contains(&d.kind()));
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for document in loaded.documents.iter().filter(other) {
        *kinds.entry(document.kind()).or_default() += 1;
    }
    if kinds.is_empty() {
        return Ok(());
    }
    let listed: Vec<String> = kinds.iter().map(|(kind, count)| format!("{count} {}", escape(kind))).collect();
    writeln!(context.stderr, "note: not imported: {}", listed.join(", "))?;
    Ok(())
}

async fn live(args: &Import, name: &str, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let name = daemon_set_name(name)?;
    let session = connect(connection, context.stderr).await?;
    let connection = session.reader.connection();
    let namespace = connection.target().namespace.clone();
    let daemon_set = match object(connection, WholeKind::DaemonSet, &namespace, name).await? {
        Seen::Here(daemon_set) => daemon_set,
        Seen::Missing => {
            return Err(Error::new(format!("there is no DaemonSet {name} in namespace {namespace}"))
                .hint("name another namespace with `-n NAMESPACE`"));
        }
        Seen::Not(why) => {
            return Err(Error::new(format!("cannot read DaemonSet {namespace}/{name}")).cause(why.to_string()));
        }
    };
    let mut left_out = Vec::new();
    let config = match args.with_config {
        true => Some(config(connection, &daemon_set, &namespace, &mut left_out).await?),
        false => None,
    };
    for warning in connection.take_warnings() {
        writeln!(context.stderr, "Warning: {}", escape(&warning))?;
    }
    let options = ImportOptions { drop_defaults: true, namespace: Some(namespace.clone()), config };
    let mut imported = import(&daemon_set, &options)
        .map_err(|why| Error::new(format!("DaemonSet {namespace}/{name} cannot become a spec")).cause(why))?;
    imported.notes.append(&mut left_out);
    context.stdout.write_all(imported.text().as_bytes())?;
    Ok(ExitCode::Success)
}

/// What the cluster holds of that to which the DaemonSet refers. `left_out` gets what could not be read.
async fn config(
    connection: &Connection,
    daemon_set: &Value,
    namespace: &str,
    left_out: &mut Vec<String>,
) -> Result<Config> {
    let References { config_maps, service_account } = References::of(daemon_set);
    let mut config = Config::default();
    let accounts = (service_account != "default").then_some((WholeKind::ServiceAccount, service_account));
    let maps = config_maps.into_iter().map(|name| (WholeKind::ConfigMap, name));
    for (kind, name) in maps.chain(accounts) {
        take(connection, kind, namespace, &name, &mut config, left_out).await?;
    }
    for kind in [WholeKind::RoleBinding, WholeKind::ClusterRoleBinding] {
        match objects(connection, kind, namespace).await? {
            Seen::Here(found) => config.objects.extend(found),
            // A server without RBAC has none.
            Seen::Missing => {}
            Seen::Not(why) => left_out.push(format!("permissions of a {} are left out: {why}", kind.as_str())),
        }
    }
    let roles: BTreeSet<(String, String)> = config.roles(daemon_set);
    for (kind, name) in roles {
        let kind = match kind.as_str() {
            "Role" => WholeKind::Role,
            "ClusterRole" => WholeKind::ClusterRole,
            _ => continue,
        };
        take(connection, kind, namespace, &name, &mut config, left_out).await?;
    }
    Ok(config)
}

async fn take(
    connection: &Connection,
    kind: WholeKind,
    namespace: &str,
    name: &str,
    config: &mut Config,
    left_out: &mut Vec<String>,
) -> Result<()> {
    let why = match object(connection, kind, namespace, name).await? {
        Seen::Here(found) => {
            config.objects.push(found);
            return Ok(());
        }
        Seen::Missing => "not found".to_owned(),
        Seen::Not(why) => why.to_string(),
    };
    left_out.push(format!("{} {name} is left out: {why}", kind.as_str()));
    Ok(())
}
