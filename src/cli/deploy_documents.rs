//! The documents that `deploy` and `diff` are given, and how they are to be applied.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::files::{Files, tell};
use crate::cli::local_values::{LocalArgs, LocalValues};
use crate::cli::render::pull_config;
use crate::deploy::intent::{Foreign, Intent, Unfit};
use crate::deploy::session::{Options, Session};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::render::problem::write_problem;
use crate::render::text::first_names;
use crate::text::count;

/// How objects are applied, for `deploy` and `diff`.
#[derive(Debug, Args)]
pub struct How {
    /// Take over fields that other field managers own
    #[arg(long)]
    force_conflicts: bool,
    /// Delete objects after the rollout that were deployed with the DaemonSet and are no longer in the documents
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true",
          default_value_t = true, action = ArgAction::Set)]
    prune: bool,
    /// Create the image pull Secret from the credentials of this Docker config file
    #[arg(long, value_name = "FILE")]
    image_pull_config: Option<PathBuf>,
    #[command(flatten)]
    local: LocalArgs,
}

impl How {
    /// Whether objects that are no longer in the documents are deleted.
    pub fn prunes(&self) -> bool {
        self.prune
    }

    /// Returns the options for planning and writing.
    pub fn options(&self, client_side: bool) -> Options {
        Options { client_side, force_conflicts: self.force_conflicts, prune: self.prune, ..Options::default() }
    }
}

/// Documents without mistakes, before the cluster is known.
pub struct Documents(Vec<crate::manifest::Input>, LocalArgs);

/// Reads the documents.
///
/// # Errors
/// They cannot be read, or have mistakes.
pub fn intent_base(files: &Files, how: &How, context: &mut Context<'_>) -> Result<Documents> {
    let mut loaded = files.load()?;
    if let Some(path) = &how.image_pull_config {
        let config = pull_config(path)?;
        loaded.documents.iter_mut().for_each(|d| d.use_pull_config(&config));
    }
    tell(&loaded, context)?;
    Ok(Documents(loaded.documents, how.local.clone()))
}

impl Documents {
    /// Returns the intents for the chosen cluster, one for each DaemonSet, if the documents may be deployed to it.
    ///
    /// # Errors
    /// They are for another context, hold objects that are not deployed, or make no deployment.
    pub fn settle(
        &mut self,
        session: &Session,
        files: &Files,
        connection: &ConnectionArgs,
        context: &mut Context<'_>,
    ) -> Result<Vec<Intent>> {
        let target = session.writer.connection().target();
        let given = connection.namespace.as_deref();
        let values = LocalValues::new(&self.1);
        let read = Intent::all(&self.0, given, &target.namespace, &|source| values.read(source));
        let mut intents = match read {
            Ok(intents) => intents,
            Err(Unfit::Error(error)) => return Err(error),
            Err(Unfit::Foreign(foreign)) => return Err(not_our_business(&foreign, files, given)),
            Err(Unfit::Problems(problems)) => {
                for problem in &problems {
                    write_problem(context.stderr, &context.stderr_theme, problem)?;
                    writeln!(context.stderr)?;
                }
                return Err(Error::new("cannot read a secret value: nothing was written"));
            }
        };
        if let Some(first) = intents.first_mut() {
            first.local_sources = values.sources();
        }
        for intent in &intents {
            intent.guard(target.context.as_deref(), connection.flags().context.is_some())?;
        }
        Ok(intents)
    }
}

/// Refuses documents with objects that are not needed around a DaemonSet, and names the commands that deploy all of it.
pub fn not_our_business(foreign: &Foreign, files: &Files, given: Option<&str>) -> Error {
    const MAX_NAMED: usize = 3;
    const MAX_KINDS: usize = 12;
    let number: usize = foreign.kinds.iter().map(|(_, names)| names.len()).sum();
    let objects = count(number, "object");
    let verb = if number == 1 { "is" } else { "are" };
    let message =
        format!("{objects} of the documents {verb} not needed around a DaemonSet, and `deploy` applies nothing else");
    let mut error = Error::new(message).exit(ExitCode::RefusedBeforeWrite);
    for (kind, names) in foreign.kinds.iter().take(MAX_KINDS) {
        error = error.cause(format!("{kind} {}", first_names(names, MAX_NAMED)));
    }
    if let Some(more) = foreign.kinds.len().checked_sub(MAX_KINDS).filter(|more| *more > 0) {
        error = error.cause(format!("and objects of {}", count(more, "more kind")));
    }
    let namespace = given.map(|given| format!(" -n {given}")).unwrap_or_default();
    let files = files.arguments();
    error = error
        .hint(format!("nothing was written; apply all of it with `kubectl apply --server-side{files}{namespace}`"));
    for (namespace, name) in &foreign.daemon_sets {
        error =
            error.hint(format!("then follow the rollout with `kubectl daemonset status {name} -n {namespace} --wait`"));
    }
    error
}
