//! Where the objects of a cluster come from: an API server that answers requests one by one, or a saved cluster that
//! was read before.

use serde_json::Value;

use crate::error::Result;
use crate::investigate::subjects::Subjects;
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

/// A saved cluster: all its objects were read before the investigation begins.
#[derive(Default)]
pub struct SavedCluster(pub Builder);

impl Source for SavedCluster {
    async fn begin(&mut self, builder: &mut Builder, _: &Subjects) -> Result<()> {
        *builder = std::mem::take(&mut self.0);
        Ok(())
    }

    fn is_open(&self, _: &DataRequests) -> bool {
        false
    }

    async fn answer(&mut self, _: &mut Builder, _: DataRequests, _: usize) -> Result<()> {
        Ok(())
    }

    fn is_whole(&self) -> bool {
        true
    }

    async fn daemon_set(&self, _: &str, _: &str) -> Result<Value, String> {
        Err("a saved cluster has no API server".to_owned())
    }

    async fn admit(&self, _: &str, _: &Value) -> Admitted {
        Admitted::NotAsked("a saved cluster has no API server".to_owned())
    }
}
