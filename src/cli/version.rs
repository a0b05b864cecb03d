//! `version`: which build this is, and which Kubernetes it knows.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::version::Version as Kubernetes;

/// Show the version of this program and the Kubernetes versions that it supports
#[derive(Debug, Args)]
pub struct Version {
    /// Write the output in this format
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Yaml,
}

/// What a bug report needs to say.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Build {
    version: &'static str,
    /// The commit, with `-dirty` behind it where files had changed; unknown to a build outside `make dist`.
    commit: Option<&'static str>,
    rustc: &'static str,
    target: &'static str,
    kubernetes: Range,
}

#[derive(Debug, Serialize)]
struct Range {
    oldest: String,
    newest: String,
}

/// Prints it.
///
/// # Errors
/// Only those of writing.
pub fn run(args: &Version, context: &mut Context<'_>) -> Result<ExitCode> {
    let minor = |version: Kubernetes| format!("{}.{}", version.major, version.minor);
    let build = Build {
        version: env!("CARGO_PKG_VERSION"),
        commit: option_env!("KUBECTL_DAEMONSET_COMMIT"),
        rustc: env!("KUBECTL_DAEMONSET_RUSTC"),
        target: env!("KUBECTL_DAEMONSET_TARGET"),
        kubernetes: Range { oldest: minor(Kubernetes::OLDEST), newest: minor(Kubernetes::NEWEST) },
    };
    let out = &mut *context.stdout;
    match args.output {
        Some(Format::Json) => {
            let text = serde_json::to_string_pretty(&build)
                .map_err(|error| Error::new("cannot write JSON").because(&error))?;
            writeln!(out, "{text}")?;
        }
        Some(Format::Yaml) => {
            let text =
                serde_yaml::to_string(&build).map_err(|error| Error::new("cannot write YAML").because(&error))?;
            write!(out, "{text}")?;
        }
        None => {
            writeln!(out, "kubectl-daemonset v{}", build.version)?;
            writeln!(out, "commit      {}", build.commit.unwrap_or("unknown"))?;
            writeln!(out, "built with  {} for {}", build.rustc, build.target)?;
            writeln!(out, "Kubernetes  {} to {}", build.kubernetes.oldest, build.kubernetes.newest)?;
        }
    }
    Ok(ExitCode::Success)
}
