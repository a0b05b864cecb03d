//! `schema`: what documents look like, for editors and other programs.

use clap::{Args, ValueEnum};

use crate::cli::context::Context;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::findings::evidence::schema::report_schema;
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

/// Runs `schema`.
pub fn run(args: &Schema, context: &mut Context<'_>) -> Result<ExitCode> {
    let schema = match args.document {
        Document::Spec => schema(),
        Document::Report => report_schema(),
    };
    serde_json::to_writer_pretty(&mut *context.stdout, &schema).map_err(std::io::Error::from)?;
    writeln!(context.stdout)?;
    Ok(ExitCode::Success)
}
