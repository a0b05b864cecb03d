//! `schema`: what documents look like, for editors and other programs.

use std::io;

use clap::{Args, ValueEnum};
use flate2::read::GzDecoder;

use crate::cli::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::manifest::schema;

/// Print the JSON Schema of a document
///
/// Editors complete and explain every field with this schema: save the output, and begin a spec with the comment
/// `# yaml-language-server: $schema=FILE`.
#[derive(Debug, Args)]
pub struct Schema {
    /// Print the schema of this document
    #[arg(value_enum)]
    document: Document,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Document {
    /// The KubernetesDaemonSet spec
    Spec,
    /// The report of `doctor -o json`
    Report,
}

/// `docs/report.schema.json`, which the types of the report describe, as the build packed it.
const REPORT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/report.schema.json.gz"));

/// Runs `schema`.
pub fn run(args: &Schema, context: &mut Context<'_>) -> Result<ExitCode> {
    match args.document {
        Document::Spec => {
            serde_json::to_writer_pretty(&mut *context.stdout, &schema()).map_err(io::Error::from)?;
            writeln!(context.stdout)?;
        }
        Document::Report => {
            io::copy(&mut GzDecoder::new(REPORT), &mut context.stdout)?;
        }
    }
    Ok(ExitCode::Success)
}
