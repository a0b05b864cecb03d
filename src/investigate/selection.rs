//! DaemonSets of a cluster, picked by name, labels and namespace.

use crate::error::{Error, Result};
use crate::findings::Subject;
use crate::investigate::scope::Scope;
use crate::model::wire::{Kind, ObjectError};
use crate::model::{DaemonSet, Selector, Symbol};
use crate::store::{Cluster, Coverage, Notice};

/// Picks DaemonSets of a cluster.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Those of these names; all where there is none.
    pub names: Vec<String>,
    /// Those that have such labels.
    pub labels: Option<Selector>,
    /// Those of every namespace.
    pub everywhere: bool,
    /// Else those of this one.
    pub namespace: String,
}

impl Selection {
    /// One DaemonSet.
    pub fn of_one(namespace: &str, name: &str) -> Self {
        Selection { names: vec![name.to_owned()], namespace: namespace.to_owned(), ..Selection::default() }
    }

    /// Whether a DaemonSet of the cluster is meant.
    pub fn means(&self, daemon_set: &DaemonSet) -> bool {
        (self.everywhere || daemon_set.namespace == *self.namespace)
            && (self.names.is_empty() || self.names.iter().any(|name| daemon_set.name == **name))
            && self.labels.as_ref().is_none_or(|labels| labels.matches(&daemon_set.labels))
    }

    /// Whether a name is not among these DaemonSets.
    pub(crate) fn lacks_a_name(&self, daemon_sets: &[DaemonSet]) -> bool {
        let is = |d: &DaemonSet, name: &str| d.namespace == *self.namespace && d.name == *name;
        self.names.iter().any(|name| !daemon_sets.iter().any(|d| is(d, name)))
    }

    pub(crate) fn scope(&self) -> Scope {
        match self.everywhere {
            true => Scope::default(),
            false => Scope { namespaces: vec![self.namespace.clone()], names: self.names.clone() },
        }
    }

    /// The DaemonSets of the cluster that are meant.
    pub(crate) fn find(&self, cluster: &Cluster) -> Result<Vec<Subject>> {
        let namespace = Symbol::new(&self.namespace);
        let in_place = |d: &&DaemonSet| self.everywhere || d.namespace == namespace;
        let all: Vec<&DaemonSet> = cluster.daemon_sets.iter().filter(in_place).collect();
        let mut picked: Vec<&DaemonSet> = Vec::new();
        for name in &self.names {
            match all.iter().find(|d| d.name == **name) {
                Some(found) => picked.push(found),
                None => return Err(unknown_name(cluster, name, &self.namespace)),
            }
        }
        if self.names.is_empty() {
            picked = all;
        }
        if let Some(labels) = &self.labels {
            picked.retain(|d| labels.matches(&d.labels));
        }
        picked.sort_by_key(|d| (d.namespace.as_str(), d.name.as_str()));
        picked.dedup_by_key(|d| (d.namespace, d.name));
        if picked.is_empty() {
            let place = (!self.everywhere).then_some(self.namespace.as_str());
            if let Some(error) = unreadable(cluster, place).next().filter(|_| self.labels.is_none()) {
                return Err(cannot_read(error));
            }
            let coverage = cluster.coverage(Kind::DaemonSet);
            let place = match self.everywhere {
                true => "the cluster".to_owned(),
                false => format!("namespace {}", self.namespace),
            };
            let error = Error::new(format!("there is no DaemonSet in {place}"));
            return Err(match (coverage.is_whole(), self.everywhere) {
                (false, _) => error
                    .cause(format!("daemonsets: {coverage}"))
                    .hint("check a manifest that is not deployed with `-f FILE`"),
                (_, false) => error.hint("check the DaemonSets of all namespaces with `-A`"),
                _ => error.hint("check a manifest that is not deployed with `-f FILE`"),
            });
        }
        Ok(picked.into_iter().cloned().map(Subject::deployed).collect())
    }

    /// Says that those of these names may be there all the same, and why that is not known.
    pub fn not_known(&self, why: &Coverage) -> Error {
        let (names, namespace) = (self.names.join(", "), &self.namespace);
        Error::new(format!("cannot determine whether DaemonSet {names} exists in namespace {namespace}"))
            .cause(format!("daemonsets: {why}"))
    }
}

/// Returns the DaemonSets that are there and cannot be read, in a namespace or everywhere.
fn unreadable<'c>(cluster: &'c Cluster, namespace: Option<&str>) -> impl Iterator<Item = &'c ObjectError> {
    let errors = cluster.notices.iter().filter_map(|notice| match notice {
        Notice::Unreadable(error) if error.kind == Kind::DaemonSet => Some(error),
        _ => None,
    });
    errors.filter(move |error| namespace.is_none_or(|namespace| error.namespace == *namespace))
}

fn cannot_read(error: &ObjectError) -> Error {
    let (namespace, name) = (&error.namespace, &error.name);
    Error::new(format!("cannot read DaemonSet {namespace}/{name}")).cause(error.error.to_string())
}

fn unknown_name(cluster: &Cluster, name: &str, namespace: &str) -> Error {
    if let Some(error) = unreadable(cluster, Some(namespace)).find(|error| error.name == *name) {
        return cannot_read(error);
    }
    let error = Error::new(format!("there is no DaemonSet {name} in namespace {namespace}"));
    let elsewhere: Vec<&DaemonSet> = cluster.daemon_sets.iter().filter(|d| d.name == *name).collect();
    if let Some(found) = elsewhere.first() {
        return error.hint(format!("namespace {0} has a DaemonSet {name}: add `-n {0}`", found.namespace));
    }
    let near = |d: &&DaemonSet| strsim::damerau_levenshtein(d.name.as_str(), name);
    match cluster.daemon_sets.iter().filter(|d| near(d) <= 2).min_by_key(near) {
        Some(close) => error.hint(format!("did you mean `{}` in namespace {}?", close.name, close.namespace)),
        None => error,
    }
}
