//! What a diagnosis asks, answered by an API server: the nodes and the DaemonSets first, then what they raise, and
//! nothing else. Single objects where a name is known, the pods of a node where few decide, pages of all where many
//! do.

use std::cell::RefCell;
use std::collections::HashSet;

use futures::stream::{StreamExt, TryStreamExt, iter};
use serde_json::Value;

use crate::client::admission::would_admit;
use crate::client::fetch_round::{List, Round, together};
use crate::client::logs;
use crate::client::objects::{Seen, WholeKind, object};
use crate::client::query::Query;
use crate::client::reader::{Found, Reader, TOGETHER};
use crate::error::Result;
use crate::investigate::{Admitted, Scope, Source, Subjects};
use crate::model::wire::Kind;
use crate::model::{LogKey, Version};
use crate::store::data_request::MOST_NODES;
use crate::store::{Builder, Coverage, DataRequest, DataRequests, RetainFilter};

/// The pods of one node are asked for only if it is at most one of so many.
const SHARE: usize = 8;

/// Most logs that one investigation reads: each costs a request to the kubelet of its node.
const MAX_LOGS: usize = 60;
/// Logs that are read at a time.
const LOGS_TOGETHER: usize = 8;

/// Answers questions, each once.
pub struct Fetcher {
    reader: Reader,
    /// Logs that were asked for.
    logs: HashSet<LogKey>,
    asked: HashSet<DataRequest>,
    unseen: Option<Coverage>,
    /// Which pods were kept one by one when those of every node were read.
    kept: Option<RetainFilter>,
}

impl Fetcher {
    /// Asks through this reader.
    pub fn new(reader: Reader) -> Self {
        Fetcher { reader, logs: HashSet::new(), asked: HashSet::new(), unseen: None, kept: None }
    }

    /// Whether pods must be known one by one that became parts of sums.
    fn folded_too_much(&self, questions: &DataRequests) -> bool {
        self.kept.as_ref().is_some_and(|kept| !kept.covers(&questions.keep))
    }

    /// Returns the logs that are to be read next: the lowest ranks first, as many as the bound leaves.
    fn next_logs(&self, requests: &DataRequests) -> Vec<LogKey> {
        let left = MAX_LOGS.saturating_sub(self.logs.len());
        let mut new: Vec<_> = requests.logs.iter().filter(|log| !self.logs.contains(&log.key)).collect();
        new.sort_by_key(|log| log.rank);
        let mut keys: Vec<LogKey> = Vec::new();
        for log in new {
            if keys.len() < left && !keys.contains(&log.key) {
                keys.push(log.key.clone());
            }
        }
        keys
    }

    /// Reads logs.
    async fn read_logs(&mut self, builder: &mut Builder, requests: &DataRequests) {
        let keys = self.next_logs(requests);
        self.logs.extend(keys.iter().cloned());
        let connection = self.reader.connection();
        let mut answers = iter(keys)
            .map(|key| async {
                let answer = logs::read(connection, &key).await;
                (key, answer)
            })
            .buffer_unordered(LOGS_TOGETHER);
        while let Some((key, answer)) = answers.next().await {
            builder.add_log(key, answer);
        }
    }

    /// `left`, where it is given, takes the lists of own pods that were not read to their end.
    async fn answer_shared(
        &mut self,
        shared: &RefCell<Builder>,
        questions: DataRequests,
        left: Option<&RefCell<HashSet<DataRequest>>>,
    ) -> Result<()> {
        let DataRequests { open, keep, .. } = questions;
        let mut new: HashSet<DataRequest> =
            open.into_iter().filter(|question| !self.asked.contains(question)).collect();
        if new.contains(&DataRequest::Pods) {
            // They come with all the others.
            new.retain(|q| {
                !matches!(q, DataRequest::PodsOn(_) | DataRequest::Nominated | DataRequest::Selected(Kind::Pod, ..))
            });
        }
        let before = self.asked.clone();
        let lists = together(new.clone(), &before);
        self.asked.extend(new);
        self.asked.extend(lists.iter().filter_map(List::question).cloned());
        let round =
            Round { reader: &self.reader, shared, keep: &keep, before: &before, left, kept: RefCell::default() };
        let answers = iter(lists).map(|list| round.ask(list)).buffer_unordered(TOGETHER);
        answers.try_collect::<()>().await?;
        let kept = round.kept.into_inner();
        self.kept = kept.or(self.kept.take());
        Ok(())
    }

    /// Lists DaemonSets, or gets those whose names are known.
    async fn daemon_sets(&mut self, shared: &RefCell<Builder>, scope: &Scope) -> Result<()> {
        let mut queries: Vec<Query> =
            scope.namespaces.iter().map(|namespace| Query::all(Kind::DaemonSet).in_namespace(namespace)).collect();
        if queries.is_empty() {
            self.asked.insert(DataRequest::List(Kind::DaemonSet, None));
            queries.push(Query::all(Kind::DaemonSet));
        }
        for query in queries {
            let listed = self.reader.list(&query, &mut &*shared).await?;
            let mut coverage = listed.clone();
            if let (Coverage::Forbidden { .. }, Some(namespace), false) =
                (&coverage, &query.namespace, scope.names.is_empty())
            {
                coverage = Coverage::Whole;
                for name in &scope.names {
                    let found = self.reader.get(Kind::DaemonSet, Some(namespace), name, &mut &*shared).await?;
                    if let Found::NotSeen(why) = found {
                        coverage = why;
                    }
                }
            }
            if !scope.names.is_empty() && !coverage.is_whole() {
                self.unseen = Some(coverage.clone());
            }
            // Those that were got by name are known. Whether another one selects the same pods is not.
            shared.borrow_mut().cover_part(Kind::DaemonSet, listed);
        }
        Ok(())
    }
}

impl Source for Fetcher {
    /// Reads the nodes and the DaemonSets of the scope, and meanwhile what these need, and what is sure to be asked once
    /// that is there. Of the DaemonSets' own pods no more are read by themselves than show that many wait for a node: they
    /// come with those of every node then.
    async fn begin(&mut self, builder: &mut Builder, subjects: &Subjects) -> Result<()> {
        builder.look_partly();
        // What the question needs nothing of is not missing.
        for kind in [Kind::ServiceAccount, Kind::PriorityClass, Kind::Pod] {
            builder.cover_part(kind, Coverage::Whole);
        }
        let reader = self.reader.clone();
        let shared = RefCell::new(std::mem::take(builder));
        let nodes = async {
            // How the longest lists are best asked for depends on it.
            reader.server_version().await?;
            let coverage = reader.list(&Query::all(Kind::Node), &mut &shared).await?;
            shared.borrow_mut().cover(Kind::Node, coverage);
            Ok(())
        };
        let daemon_sets = async {
            self.daemon_sets(&shared, &subjects.scope()).await?;
            let questions = subjects.needs(&shared.borrow().so_far().daemon_sets);
            let left = RefCell::new(HashSet::new());
            self.answer_shared(&shared, questions, Some(&left)).await?;
            let mut questions = subjects.ahead(shared.borrow().so_far());
            let left = left.into_inner();
            self.asked.retain(|question| !left.contains(question));
            if !questions.open.contains(&DataRequest::Pods) {
                questions.open.extend(left);
            }
            reader.server_version().await?;
            self.answer_shared(&shared, questions, None).await
        };
        let outcome = tokio::try_join!(reader.server_version(), nodes, daemon_sets);
        *builder = shared.into_inner();
        let (version, ..) = outcome?;
        if let Some(version) = version.as_deref().and_then(Version::parse) {
            builder.server_version(version);
        }
        Ok(())
    }

    fn is_open(&self, questions: &DataRequests) -> bool {
        questions.open.iter().any(|question| !self.asked.contains(question))
            || self.folded_too_much(questions)
            || !self.next_logs(questions).is_empty()
    }

    async fn answer(&mut self, builder: &mut Builder, mut questions: DataRequests, nodes: usize) -> Result<()> {
        let few = |asked: usize| asked == 1 || (asked <= MOST_NODES && asked * SHARE <= nodes);
        let is_one = |question: &&DataRequest| matches!(question, DataRequest::PodsOn(_));
        let new = questions.open.iter().filter(is_one).filter(|question| !self.asked.contains(question)).count();
        if new > 0 && !few(new + self.asked.iter().filter(is_one).count()) {
            questions.ask(DataRequest::Pods);
        }
        if self.folded_too_much(&questions) {
            self.asked.remove(&DataRequest::Pods);
            questions.ask(DataRequest::Pods);
            questions.keep.add(self.kept.take().unwrap_or_default());
        }
        self.read_logs(builder, &questions).await;
        let shared = RefCell::new(std::mem::take(builder));
        let outcome = self.answer_shared(&shared, questions, None).await;
        *builder = shared.into_inner();
        outcome
    }

    fn unseen(&self) -> Option<&Coverage> {
        self.unseen.as_ref()
    }

    async fn daemon_set(&self, namespace: &str, name: &str) -> Result<Value, String> {
        match object(self.reader.connection(), WholeKind::DaemonSet, namespace, name).await {
            Ok(Seen::Here(object)) => Ok(object),
            Ok(Seen::Missing) => Err("the DaemonSet was deleted".to_owned()),
            Ok(Seen::Not(coverage)) => Err(coverage.to_string()),
            Err(error) => Err(error.message),
        }
    }

    async fn admit(&self, namespace: &str, pod: &Value) -> Admitted {
        would_admit(self.reader.connection(), namespace, pod).await
    }
}
