//! One kubeconfig file: its documents, with the paths in them as seen from here.

use std::path::{Path, is_separator};

use kube::config::{Kubeconfig, KubeconfigError};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::{Error, Result};
use crate::text::encoding::utf_16;

/// Reads a kubeconfig. Of several documents each adds what those before it do not name.
///
/// # Errors
/// A file that cannot be read or is no kubeconfig; none of its text is shown, since a parser's own words quote it.
pub(crate) fn read(path: &Path) -> Result<Kubeconfig> {
    let told = || Error::new(format!("cannot read kubeconfig `{}`", path.display()));
    let bytes = std::fs::read(path).map_err(|error| told().because(&error))?;
    let text = utf_16(&bytes).unwrap_or_else(|| String::from_utf8(bytes).map_err(|_| "the file is not UTF-8"));
    let text = text.map_err(|why| told().cause(why))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut merged = Kubeconfig::default();
    for document in serde_yaml::Deserializer::from_str(text) {
        let read = Option::<Kubeconfig>::deserialize(document).map_err(|_| told().cause(mistake(text)))?;
        let mut read = read.unwrap_or_default();
        resolve_paths(&mut read, folder);
        // Neither is a reason to refuse: kubectl does not compare them.
        read.kind = None;
        read.api_version = None;
        merged = merged.merge(read).map_err(|_: KubeconfigError| told())?;
    }
    Ok(merged)
}

/// What is wrong with a text that is no kubeconfig.
fn mistake(text: &str) -> String {
    let syntax = serde_yaml::Deserializer::from_str(text).find_map(|document| IgnoredAny::deserialize(document).err());
    match syntax.map(|error| error.location()) {
        Some(Some(at)) => format!("the file is not valid YAML at line {}, column {}", at.line(), at.column()),
        Some(None) => "the file is not valid YAML".to_owned(),
        None => "the file is not a kubeconfig: a field has the wrong type, or is missing".to_owned(),
    }
}

/// Paths are relative to the file's folder; a plugin's command only where it is a path and not a name to look up. By
/// client-go, `tools/clientcmd/loader.go`, `ResolveLocalPaths` and `GetAuthInfoFileReferences`.
fn resolve_paths(config: &mut Kubeconfig, folder: &Path) {
    let resolve = |path: &mut Option<String>| {
        if let Some(text) = path.as_mut().filter(|text| !text.is_empty() && Path::new(text).is_relative()) {
            *text = folder.join(&*text).to_string_lossy().into_owned();
        }
    };
    for cluster in config.clusters.iter_mut().filter_map(|named| named.cluster.as_mut()) {
        resolve(&mut cluster.certificate_authority);
    }
    for user in config.auth_infos.iter_mut().filter_map(|named| named.auth_info.as_mut()) {
        resolve(&mut user.client_certificate);
        resolve(&mut user.client_key);
        resolve(&mut user.token_file);
        if let Some(plugin) = &mut user.exec
            && plugin.command.as_ref().is_some_and(|command| command.contains(is_separator))
        {
            resolve(&mut plugin.command);
        }
    }
}
