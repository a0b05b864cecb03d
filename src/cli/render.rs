//! `render`: the objects that a spec means.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::files::{Files, tell};
use crate::cli::local_values::{LocalArgs, LocalValues};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::manifest::{Object, PullConfig};
use crate::render::problem::write_problem;
use crate::text::escape;
use crate::text::escape::escape;
use crate::yaml::{Style, emit_into};

/// Print the Kubernetes objects of a spec
///
/// kubectl reads the output as the same objects. A Secret with values is printed as a comment, because a masked Secret
/// would overwrite the real Secret when applied. --show-secrets prints Secrets with their values.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Render {
    #[command(flatten)]
    files: Files,
    /// Write the output in this format
    #[arg(short, long, value_enum, default_value_t = Format::Yaml, value_name = "FORMAT")]
    output: Format,
    /// Print Secrets with their values
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    local: LocalArgs,
    /// Create the image pull Secret from the credentials of this Docker config file
    #[arg(long, value_name = "FILE")]
    image_pull_config: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  kubectl daemonset render -f agent.yaml | kubectl diff -f -";

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// Runs `render`.
pub fn run(args: &Render, context: &mut Context<'_>) -> Result<ExitCode> {
    let mut loaded = args.files.load()?;
    if let Some(path) = &args.image_pull_config {
        let config = pull_config(path)?;
        loaded.documents.iter_mut().for_each(|d| d.use_pull_config(&config));
    }
    tell(&loaded, context)?;
    let mut objects = Vec::new();
    let values = LocalValues::new(&args.local);
    for document in &loaded.documents {
        // What is not shown is not read.
        let made = document.objects(&|source| match args.show_secrets {
            true => values.read(source),
            false => Ok(String::new()),
        });
        match made {
            Ok(made) => objects.extend(made),
            Err(problems) => {
                for problem in &problems {
                    write_problem(context.stderr, &context.stderr_theme, problem)?;
                    writeln!(context.stderr)?;
                }
                return Err(Error::new("cannot read a secret value: nothing was rendered"));
            }
        }
    }
    let hidden = objects.iter().filter(|o| o.secret && !args.show_secrets).count();
    match args.output {
        Format::Yaml => write_yaml(&objects, args.show_secrets, context)?,
        Format::Json => {
            let items: Vec<&Value> =
                objects.iter().filter(|o| !o.secret || args.show_secrets).map(|o| &o.value).collect();
            let list = match items.as_slice() {
                [one] => (*one).clone(),
                _ => json!({"apiVersion": "v1", "kind": "List", "items": items}),
            };
            writeln!(context.stdout, "{}", escape::json(&list)?)?;
        }
    }
    if hidden > 0 {
        let (what, verb) = if hidden == 1 { ("1 Secret", "is") } else { ("Secrets", "are") };
        writeln!(context.stderr, "note: {what} with literal values {verb} left out; --show-secrets prints them")?;
    }
    Ok(ExitCode::Success)
}

fn write_yaml(objects: &[Object], show_secrets: bool, context: &mut Context<'_>) -> Result<()> {
    let mut out = String::new();
    for (i, object) in objects.iter().enumerate() {
        if i > 0 {
            out.push_str("---\n");
        }
        if object.secret && !show_secrets {
            let text = |pointer| object.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let data = object.value.get("data").or_else(|| object.value.get("stringData"));
            let keys: Vec<&str> =
                data.and_then(Value::as_object).into_iter().flatten().map(|(k, _)| k.as_str()).collect();
            let (namespace, name) = (text("/metadata/namespace"), text("/metadata/name"));
            let said =
                format!("Secret {namespace}/{name} with {}: left out, --show-secrets prints it", keys.join(", "));
            out.push_str(&format!("# {}\n", escape(&said)));
        } else {
            emit_into(&mut out, &object.value, Style::Block);
        }
    }
    context.stdout.write_all(out.as_bytes())?;
    Ok(())
}

/// The credentials of a docker config file.
pub fn pull_config(path: &PathBuf) -> Result<PullConfig> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| Error::new(format!("cannot read `{shown}`")).because(&e))?;
    PullConfig::parse(&text).map_err(|why| Error::new(format!("`{shown}` is not a Docker config file")).cause(why))
}
