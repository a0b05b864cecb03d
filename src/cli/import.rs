//! `import`: a spec from a DaemonSet.

use clap::Args;

use super::Context;
use super::files::Files;
use crate::error::{Error, Result};
use crate::spec::{Config, ImportOptions, Input, Language, import};

/// Make a spec from a DaemonSet
///
/// The spec is the shortest one that renders the same DaemonSet. What it refers to stays referred to. Comments say
/// what only a patch can say, and what was left out; mistakes of the manifest are told with their places.
#[derive(Debug, Args)]
pub struct Import {
    #[command(flatten)]
    files: Files,
    /// Take ConfigMaps, ServiceAccount and rights of the same files into the spec
    #[arg(long)]
    with_config: bool,
    /// Leave out fields that have the value which the API server fills in
    #[arg(long)]
    drop_defaults: bool,
}

/// Runs `import`.
///
/// # Errors
/// Files; no DaemonSet among them, or one that cannot be a spec.
pub fn run(args: &Import, namespace: Option<&str>, context: &mut Context<'_>) -> Result<u8> {
    let loaded = args.files.load()?;
    for problem in &loaded.problems {
        writeln!(context.stderr, "{problem}\n")?;
    }
    let is_daemon_set = |d: &&Input| d.language() == Language::Apps && d.kind() == "DaemonSet";
    let others = loaded.documents.iter().filter(|d| !is_daemon_set(d)).map(|d| d.node().to_json());
    let config = args.with_config.then(|| Config { objects: others.collect() });
    let options = ImportOptions { drop_defaults: args.drop_defaults, namespace: namespace.map(str::to_owned), config };
    let mut written = 0;
    for document in loaded.documents.iter().filter(is_daemon_set) {
        let Some(daemon_set) = document.daemon_set() else { continue };
        if written > 0 {
            writeln!(context.stdout, "---")?;
        }
        let imported = import(&daemon_set, &options)
            .map_err(|why| Error::new(format!("`{}` cannot become a spec", document.file)).cause(why))?;
        context.stdout.write_all(imported.text().as_bytes())?;
        written += 1;
    }
    if written > 0 {
        return Ok(0);
    }
    let error = Error::new("there is no apps/v1 DaemonSet in the input");
    let spec = loaded.documents.iter().any(|d| d.language() == Language::Spec);
    Err(if spec { error.hint("it holds a spec already; `render` prints its objects") } else { error })
}
