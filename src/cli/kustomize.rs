//! Directories that are not read file by file: kustomizations, which kubectl builds, and Helm charts, which it cannot.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::client::executable::{LookUp, look_up};
use crate::error::{Error, Result};
use crate::manifest::KUSTOMIZATIONS;
use crate::text::escape::escape;

/// What kustomize makes of a directory that holds a kustomization; `None` for any other path.
///
/// # Errors
/// A Helm chart, which must be rendered first; a kustomization without kubectl at hand, or one that kubectl cannot build.
pub fn built(path: &Path) -> Result<Option<Vec<u8>>> {
    let holds = |name: &str| path.join(name).is_file();
    let name = path.display().to_string();
    if holds("Chart.yaml") || path.ends_with("templates") && path.join("../Chart.yaml").is_file() {
        let chart = if holds("Chart.yaml") { name.clone() } else { "CHART".to_owned() };
        let hint = format!("render the chart first: `helm template {chart} | ... -f -`");
        return Err(Error::new(format!("`{name}` is a Helm chart: its templates were not rendered")).hint(hint));
    }
    if !KUSTOMIZATIONS.into_iter().any(holds) {
        return Ok(None);
    }
    let by_hand = format!("build it and pass it on: `kubectl kustomize {name} | ... -f -`");
    let no_kubectl = || {
        let message = format!("`{name}` holds a kustomization, and kubectl, which builds it, cannot be run");
        Error::new(message).hint(&by_hand)
    };
    let LookUp::Found(kubectl) = look_up("kubectl", env::var_os("PATH").as_deref()) else {
        return Err(no_kubectl().cause("it is not found in `PATH`"));
    };
    let build = Command::new(kubectl).arg("kustomize").arg(path).stdin(Stdio::null()).output();
    let built = build.map_err(|error| no_kubectl().because(&error))?;
    if !built.status.success() {
        let why = String::from_utf8_lossy(&built.stderr);
        let why = escape(why.trim()).into_owned();
        return Err(Error::new(format!("kubectl cannot build the kustomization of `{name}`")).cause(why));
    }
    Ok(Some(built.stdout))
}
