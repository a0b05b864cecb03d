//! Environment variables that are missing, and files that cannot be parsed.

use crate::findings::cause::{CrashField, ObjectKey};
use crate::findings::crash::container::CrashedContainer;
use crate::model::pod_fields::{ContainerFields, KeyRef, ObjectRef};

impl CrashedContainer<'_> {
    /// A variable that the program misses: the container starts without one that comes from an optional reference.
    pub fn missing_variable(&self, name: &str) -> CrashField {
        let variable = name.to_owned();
        if let Some(key) = optional_source(self.container, name) {
            return CrashField::OptionalVariable { variable, key };
        }
        let all = self.fields.containers.iter().chain(self.fields.init_containers.iter());
        let mut others = all.filter(|other| other.name != self.container.name);
        let other = others.find(|other| other.env.iter().any(|env| env.name == name));
        CrashField::UnknownVariable { variable, container: other.map(|other| other.name.clone()) }
    }

    /// A flag that the program does not know, if the template passes the flag.
    pub fn unknown_flag(&self, flag: &str) -> Option<CrashField> {
        let words = self.container.command.iter().chain(self.container.args.iter());
        let mut flags = words.map(|word| word.trim_start_matches('-').split('=').next().unwrap_or_default());
        flags
            .any(|passed| passed == flag)
            .then(|| CrashField::UnknownFlag { flag: flag.to_owned(), image: self.container.image.0.clone() })
    }

    /// The only argument of the program that is the path of a file of a ConfigMap or a Secret. Of all arguments only such
    /// paths are looked at, which are those of the template's own mounts.
    pub fn config_argument(&self) -> Option<String> {
        let words = self.container.command.iter().chain(self.container.args.iter());
        let paths = words.map(|word| word.split_once('=').map_or(word.as_str(), |(_, value)| value));
        let mut paths = paths.filter(|path| path.starts_with('/') && self.config_file(path, None).is_some());
        let first = paths.next()?;
        paths.next().is_none().then(|| first.to_owned())
    }

    /// The key that a file which cannot be parsed is.
    pub fn config_file(&self, path: &str, line: Option<u32>) -> Option<CrashField> {
        let mounted = self.mounted(path)?;
        let (key, _) = mounted.key().filter(|(key, _)| key.key.as_ref().is_some_and(|key| !key.is_empty()))?;
        Some(CrashField::ConfigKey { path: path.to_owned(), line, key })
    }
}

/// The optional reference that a variable comes from: its own, or that of an object whose keys become variables.
fn optional_source(container: &ContainerFields, name: &str) -> Option<ObjectKey> {
    let own = container.env.iter().rfind(|env| env.name == name).map(|env| &env.value_from);
    let of_key = |reference: &KeyRef, object_kind| {
        let key = Some(reference.key.clone());
        reference.optional.then(|| ObjectKey { object_kind, name: reference.name.clone(), key })
    };
    if let Some(from) = own {
        let secret = from.secret_key_ref.as_ref().and_then(|reference| of_key(reference, "Secret"));
        return secret
            .or_else(|| from.config_map_key_ref.as_ref().and_then(|reference| of_key(reference, "ConfigMap")));
    }
    let of_object =
        |reference: &ObjectRef, object_kind| ObjectKey { object_kind, name: reference.name.clone(), key: None };
    let sources = container.env_from.iter().filter(|source| name.starts_with(source.prefix.as_str()));
    let mut objects = sources.filter_map(|source| {
        let secret = source.secret_ref.as_ref().map(|reference| of_object(reference, "Secret"));
        secret.or_else(|| source.config_map_ref.as_ref().map(|reference| of_object(reference, "ConfigMap")))
    });
    let first = objects.next()?;
    objects.next().is_none().then_some(first)
}
