//! `delete`: what deploy made.

use std::io::{BufRead, IsTerminal};
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::daemon_set_name::daemon_set_name;
use crate::cli::files::{Files, tell};
use crate::cli::runtime::{Interrupted, block_on, connect, tell_target};
use crate::deploy::delete::{Removal, delete as remove, find};
use crate::deploy::follow::pods_left;
use crate::deploy::intent::{Intent, Unfit};
use crate::deploy::session::Session;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::text::escape::escape;

/// Delete a DaemonSet and the objects that were deployed with it
///
/// Lists the objects first. The namespace is deleted only with --delete-namespace, if deploy created the namespace and
/// nothing else is in it. Exit codes: 0 done, 1 the command could not run, 2 deleted in part, 3 refused before anything
/// was deleted.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, mut_arg("files", |files| files.required(false)))]
pub struct Delete {
    /// Delete this DaemonSet: NAME or ds/NAME
    #[arg(required_unless_present = "files", conflicts_with = "files")]
    name: Option<String>,
    #[command(flatten)]
    files: Files,
    /// Delete without asking for confirmation
    #[arg(short, long)]
    yes: bool,
    /// Delete also objects that were not deployed with this tool, or that Helm, Argo CD or Flux manage
    #[arg(long)]
    force: bool,
    /// Delete the namespace too, if deploy created it for this DaemonSet and nothing else is in it
    #[arg(long)]
    delete_namespace: bool,
    /// List the objects to delete, and delete nothing
    #[arg(long)]
    dry_run: bool,
    /// Wait until the pods are gone
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = true, action = ArgAction::Set)]
    wait: bool,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset delete fluent-bit -n logging";

/// Maximum time to wait for the pods to disappear.
const GOING: Duration = Duration::from_secs(120);

/// Runs `delete`.
///
/// # Errors
/// See the exit codes in its help.
pub fn run(args: &Delete, connection: &ConnectionArgs, context: &mut Context<'_>) -> Result<ExitCode> {
    let interrupted = Interrupted::saying("interrupted: nothing was deleted");
    block_on(delete(args, &interrupted, connection, context))
}

async fn delete(
    args: &Delete,
    interrupted: &Interrupted,
    connection: &ConnectionArgs,
    context: &mut Context<'_>,
) -> Result<ExitCode> {
    let session = connect(connection, context.stderr).await?;
    let all = args.which(&session, connection, context)?;
    let mut namespaces: Vec<&str> = all.iter().map(|(namespace, _)| namespace.as_str()).collect();
    namespaces.dedup();
    tell_target(&session, &namespaces.join(", "), context.stderr)?;
    for (namespace, name) in &all {
        delete_one(args, namespace, name, interrupted, &session, context).await?;
    }
    Ok(ExitCode::Success)
}

/// Deletes one DaemonSet with its set.
async fn delete_one(
    args: &Delete,
    namespace: &str,
    name: &str,
    interrupted: &Interrupted,
    session: &Session,
    context: &mut Context<'_>,
) -> Result<()> {
    let removal = find(session, namespace, name, args.force, args.delete_namespace).await?;
    for (id, _) in removal.objects.iter().chain(&removal.namespace) {
        writeln!(context.stdout, "- {}", escape(&id.to_string()))?;
    }
    for note in &removal.notes {
        writeln!(context.stderr, "note: {}", escape(note))?;
    }
    context.stdout.flush()?;
    if args.dry_run {
        return Ok(());
    }
    args.confirm(&removal, context).await?;
    interrupted.say("interrupted: deleted objects stay deleted; run the command again to continue", Vec::new());
    let stdout = &mut *context.stdout;
    remove(session, &removal, false, &mut |id| {
        drop(writeln!(stdout, "{} deleted", escape(&id.to_string())));
        drop(stdout.flush());
    })
    .await?;
    let uid = removal.objects.iter().find(|(id, _)| id.resource.kind == "DaemonSet").map(|(_, uid)| uid.as_str());
    if let Some(uid) = uid.filter(|_| args.wait) {
        let left = pods_left(session, namespace, uid, GOING).await?;
        if !left.is_empty() {
            let shown = left.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
            return Err(Error::new(format!("{} pods still exist: {shown}", left.len()))
                .hint("an unreachable node keeps its pods until the node returns or is removed")
                .exit(ExitCode::PartlyDone));
        }
    }
    Ok(())
}

impl Delete {
    fn which(
        &self,
        session: &Session,
        connection: &ConnectionArgs,
        context: &mut Context<'_>,
    ) -> Result<Vec<(String, String)>> {
        let default = &session.writer.connection().target().namespace;
        if let Some(name) = &self.name {
            return Ok(vec![(default.clone(), daemon_set_name(name)?.to_owned())]);
        }
        let loaded = self.files.load()?;
        tell(&loaded, context)?;
        // What the secrets are does not matter for what goes.
        let unread = |_: crate::manifest::SecretSource<'_>| Ok(String::new());
        match Intent::all(&loaded.documents, connection.namespace.as_deref(), default, &unread) {
            Ok(intents) => {
                let target = session.writer.connection().target();
                for intent in &intents {
                    intent.guard(target.context.as_deref(), connection.flags().context.is_some())?;
                }
                // What is shared goes with the last one, which is the one that holds it.
                let names = intents.into_iter().rev().map(|intent| (intent.namespace, intent.name));
                Ok(names.collect())
            }
            // Nothing else of such documents was deployed with this tool.
            Err(Unfit::Foreign(foreign)) => Ok(foreign.daemon_sets),
            Err(Unfit::Error(error)) => Err(error),
            Err(Unfit::Problems(_)) => Err(Error::new("cannot read the document")),
        }
    }

    async fn confirm(&self, removal: &Removal, context: &mut Context<'_>) -> Result<()> {
        if self.yes {
            return Ok(());
        }
        let input = std::io::stdin();
        if !input.is_terminal() {
            return Err(Error::new("cannot ask for confirmation: standard input is not a terminal")
                .hint("use `--yes` to delete without confirmation")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        let number = removal.objects.len() + usize::from(removal.namespace.is_some());
        let these = if number == 1 { "this object".to_owned() } else { format!("these {number} objects") };
        write!(context.stderr, "delete {these}? [y/N] ")?;
        context.stderr.flush()?;
        // Aside, so that ctrl-c is heard meanwhile.
        let answer = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            input.lock().read_line(&mut answer).map(|_| answer)
        });
        let answer = answer.await.map_err(|_| Error::new("cannot read the answer"))?.map_err(Error::from)?;
        match answer.trim() {
            "y" | "Y" | "yes" => Ok(()),
            _ => Err(Error::new("not confirmed: nothing was deleted").exit(ExitCode::RefusedBeforeWrite)),
        }
    }
}
