//! Where the objects of a cluster come from: an API server that answers requests one by one, or a saved cluster that
//! was read before.

use std::collections::HashSet;

use serde_json::Value;

use crate::error::Result;
use crate::investigate::subjects::Subjects;
use crate::model::{ContainerLog, LogAnswer, LogKey};
use crate::store::{Builder, Coverage, DataRequests};

/// A source of objects.
pub trait Source {
    /// Reads what every investigation of the subjects begins with: the nodes, the DaemonSets, and what these need.
    ///
    /// # Errors
    /// The server cannot be reached, or knows no such user.
    fn begin(&mut self, builder: &mut Builder, subjects: &Subjects) -> impl Future<Output = Result<()>>;

    /// Whether there is a request that was not answered yet.
    fn is_open(&self, requests: &DataRequests) -> bool;

    /// Answers what was not answered yet. `builder` is that of the cluster so far, reopened; `nodes` is how many nodes
    /// the cluster has.
    ///
    /// # Errors
    /// As [`Source::begin`].
    fn answer(
        &mut self,
        builder: &mut Builder,
        requests: DataRequests,
        nodes: usize,
    ) -> impl Future<Output = Result<()>>;

    /// Whether the source gave everything at once and answers nothing more.
    fn is_whole(&self) -> bool {
        false
    }

    /// Returns why a DaemonSet that was not found by its name may exist all the same.
    fn unseen(&self) -> Option<&Coverage> {
        None
    }

    /// Returns a deployed DaemonSet with all its fields, or why it cannot be had.
    fn daemon_set(&self, namespace: &str, name: &str) -> impl Future<Output = Result<Value, String>>;

    /// Asks the API server what it would make of a pod, without storing the pod.
    fn admit(&self, namespace: &str, pod: &Value) -> impl Future<Output = Admitted>;
}

/// What an API server said of a pod that it was asked to create with a dry run.
#[derive(Debug, Clone)]
pub enum Admitted {
    /// It would store this pod.
    Made(Value),
    /// It refuses.
    Refused {
        /// The status code.
        code: u16,
        /// Why, in the server's words.
        message: String,
    },
    /// The user may not ask.
    Forbidden,
    /// It cannot be asked: a webhook that has no dry run, or no answer.
    NotAsked(String),
}

/// Reads logs out of the files of a saved cluster: those of the containers that are named, of whichever run.
pub type LogFiles<'f> = dyn FnMut(&[LogKey]) -> Result<Vec<(LogKey, ContainerLog)>> + 'f;

/// A saved cluster: all its objects were read before the investigation begins, and only files of logs are left.
#[derive(Default)]
pub struct SavedCluster<'f> {
    /// The objects.
    pub builder: Builder,
    /// Reads logs. `None` if the saved cluster has no file that looks like one.
    pub logs: Option<Box<LogFiles<'f>>>,
    asked: HashSet<LogKey>,
}

impl<'f> SavedCluster<'f> {
    /// A saved cluster with these objects, and a reader of its files of logs.
    pub fn new(builder: Builder, logs: Option<Box<LogFiles<'f>>>) -> Self {
        SavedCluster { builder, logs, asked: HashSet::new() }
    }
}

impl Source for SavedCluster<'_> {
    async fn begin(&mut self, builder: &mut Builder, _: &Subjects) -> Result<()> {
        *builder = std::mem::take(&mut self.builder);
        Ok(())
    }

    fn is_open(&self, requests: &DataRequests) -> bool {
        self.logs.is_some() && requests.logs.iter().any(|log| !self.asked.contains(&log.key))
    }

    async fn answer(&mut self, builder: &mut Builder, requests: DataRequests, _: usize) -> Result<()> {
        let Some(read) = &mut self.logs else { return Ok(()) };
        let keys: Vec<LogKey> =
            requests.logs.into_iter().map(|log| log.key).filter(|key| self.asked.insert(key.clone())).collect();
        for (key, log) in read(&keys)? {
            builder.add_log(key, LogAnswer::Read(log));
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.logs.is_none()
    }

    async fn daemon_set(&self, _: &str, _: &str) -> Result<Value, String> {
        Err("a saved cluster has no API server".to_owned())
    }

    async fn admit(&self, _: &str, _: &Value) -> Admitted {
        Admitted::NotAsked("a saved cluster has no API server".to_owned())
    }
}
