//! The documents that `deploy` and `diff` are given, and how they are to be applied.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use crate::cli::connection::ConnectionArgs;
use crate::cli::context::Context;
use crate::cli::files::{Files, tell};
use crate::cli::local_values::{LocalArgs, LocalValues};
use crate::cli::render::pull_config;
use crate::deploy::intent::{Intent, Unfit};
use crate::deploy::session::{Options, Session};
use crate::error::{Error, Result};
use crate::render::problem::write_problem;

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
    /// Returns the intent for the chosen cluster, if the documents may be deployed to it.
    ///
    /// # Errors
    /// They are for another context, or make no deployment.
    pub fn settle(
        &mut self,
        session: &Session,
        connection: &ConnectionArgs,
        context: &mut Context<'_>,
    ) -> Result<Intent> {
        let target = session.writer.connection().target();
        let given = connection.namespace.as_deref();
        let values = LocalValues::new(&self.1);
        let read = Intent::of(&self.0, given, &target.namespace, &|source| values.read(source));
        let intent = match read {
            Ok(mut intent) => {
                intent.local_sources = values.sources();
                intent
            }
            Err(Unfit::Error(error)) => return Err(error),
            Err(Unfit::Problems(problems)) => {
                for problem in &problems {
                    write_problem(context.stderr, &context.stderr_theme, problem)?;
                    writeln!(context.stderr)?;
                }
                return Err(Error::new("cannot read a secret value: nothing was written"));
            }
        };
        intent.guard(target.context.as_deref(), connection.flags().context.is_some())?;
        Ok(intent)
    }
}
