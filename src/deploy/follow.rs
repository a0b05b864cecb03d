//! Following a rollout until it ends, whoever started it.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;
use tokio::time::{Instant, sleep, timeout};

use crate::client::changes::Changes;
use crate::deploy::diagnose_blocked::reasons;
use crate::deploy::hold::{Held, Hold};
use crate::deploy::poll::{PollMode, PollResult, glance};
use crate::deploy::resources::{ObjectId, Resource, Written};
use crate::deploy::rollout::{BlockReason, Cause, End, Outcome, PodTrouble, ProgressUpdate, RolloutStatus};
use crate::deploy::session::Session;
use crate::error::Result;
use crate::exit_code::ExitCode;
use crate::findings::codes::Code;

/// What is waited for, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Whether to wait also for nodes that were NotReady before the rollout and for nodes that join during it.
    pub all_nodes: bool,
    /// How long a cause that needs a change must persist before following ends.
    pub give_up_after: Duration,
    /// For the whole rollout.
    pub timeout: Option<Duration>,
    /// Without anything changing.
    pub no_progress: Option<Duration>,
    /// For how long pods must stay available before the rollout is done; `None` means the default.
    pub hold: Option<Duration>,
}

/// How long the DaemonSet is not asked for where the server does not tell of its changes: shortly where something has
/// just changed, longer the longer nothing has.
const SHORTEST: Duration = Duration::from_millis(25);
const SLOWEST: Duration = Duration::from_millis(250);
/// Changes within this time are handled together.
const DEBOUNCE: Duration = Duration::from_millis(10);
/// Nodes and pods are listed no more often than this, however often the DaemonSet says something new, but at the end.
const MIN_LIST_INTERVAL: Duration = Duration::from_millis(100);
/// How often nodes and pods are listed where the DaemonSet says nothing new: never so that looking takes more than a
/// fifth of the time. Where it does, half of the time is enough, but for the end.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(10);
/// Minimum time between two diagnoses, which read the whole cluster.
const BETWEEN_REASONS: Duration = Duration::from_secs(15);
/// The same while pods may still start, or what was found may be over.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);
/// For how long a pod may be on its way before the doctor is asked about it.
const USUAL_START: Duration = Duration::from_secs(3);
/// For how long the doctor is waited for.
const DIAGNOSIS_TIMEOUT: Duration = Duration::from_secs(20);
/// For how long the cluster may be out of reach.
const MAX_UNREACHABLE: Duration = Duration::from_secs(120);

/// Follows the rollout of what was `written`, until it ends or another client starts a newer rollout. Without `written`,
/// follows the newest rollout. Calls `hear` with every observation.
///
/// # Errors
/// The cluster cannot be reached or read any more, or `hear` fails.
pub async fn follow(
    session: &Session,
    id: &ObjectId,
    written: Option<&Written>,
    patience: Patience,
    on_update: &mut dyn FnMut(&ProgressUpdate<'_>) -> io::Result<()>,
) -> Result<Outcome> {
    let began = Instant::now();
    let since = Timestamp::now().as_second() - 1;
    let mut start: Option<RolloutStatus> = None;
    let mut last: Option<(RolloutStatus, Instant)> = None;
    let mut excused = BTreeSet::new();
    let mut hopeless: BTreeMap<String, Instant> = BTreeMap::new();
    let mut doctor = DoctorCache::default();
    let mut hold = Hold::of(patience.hold);
    let (mut known, mut looked, mut took) = (None, None, Duration::ZERO);
    let mut changes = Changes::of(session.reader.connection().clone(), &id.resource.path(&id.namespace), &id.name);
    let in_time = |most: Duration| match patience.timeout {
        Some(all) => most.min(all.saturating_sub(began.elapsed())),
        None => most,
    };
    let end = |end, last: Option<(RolloutStatus, Instant)>, excused| {
        let look = last.map(|(look, _)| look).unwrap_or_default();
        Ok(Outcome { end, look, excused, reasons: Vec::new() })
    };
    loop {
        let asked = Instant::now();
        let time_is_over = patience.timeout.filter(|most| began.elapsed() >= *most);
        if let Some((most, (look, _))) = time_is_over.zip(last.as_ref()) {
            return Ok(ended(session, id, End::TimedOut(most), look.clone(), excused).await);
        }
        let due = match since_look(looked) {
            lasts if lasts >= (took * 4).clamp(PAUSE, LONGEST) => PollMode::Now,
            lasts if lasts >= took.max(MIN_LIST_INTERVAL) => PollMode::WhereNew,
            _ => PollMode::AtTheEnd,
        };
        let sight = glance(session, id, since, &mut known, due);
        let sight = match patience.timeout {
            None => sight.await,
            Some(most) => match timeout(in_time(most), sight).await {
                Ok(sight) => sight,
                Err(_) => return end(End::TimedOut(most), last, excused),
            },
        };
        let (look, now, writer) = match sight {
            Ok(PollResult::Lately { new }) => {
                let rest = took.max(MIN_LIST_INTERVAL).saturating_sub(since_look(looked));
                let most = if new { rest.max(SHORTEST) } else { PAUSE };
                wait(&mut changes, unchanged(last.as_ref()), in_time(most)).await;
                continue;
            }
            Ok(PollResult::Gone) => return end(End::Deleted, last, excused),
            Ok(PollResult::Seen(look, now, writer)) => (*look, now, writer),
            Err(error) => {
                let seen = last.as_ref().map(|(look, _)| look);
                let Some(look) = seen.filter(|_| since_look(looked) <= MAX_UNREACHABLE) else { return Err(error) };
                let (none, why) = (BTreeSet::new(), error.to_string());
                on_update(&ProgressUpdate {
                    look,
                    out_of_reach: Some(&why),
                    lasts: began.elapsed(),
                    excused: &excused,
                    went_down: &none,
                    joined: &none,
                    left: &none,
                    holds: None,
                    hopeless_for: None,
                    reasons: &doctor.causes,
                })?;
                sleep(PAUSE).await;
                continue;
            }
        };
        took = asked.elapsed();
        looked = Some(Instant::now());
        let first = start.get_or_insert_with(|| look.clone());
        // Where nodes may not be listed, those that get a pod are not new for that.
        let moved = |now: &RolloutStatus, before: &RolloutStatus| match look.nodes_unseen {
            true => BTreeSet::new(),
            false => now.wanted.difference(&before.wanted).cloned().collect::<BTreeSet<String>>(),
        };
        let (joined, left) = (moved(&look, first), moved(first, &look));
        let went_down = look.not_ready.difference(&first.not_ready).filter(|n| !joined.contains(*n)).cloned().collect();
        excused.clear();
        if !patience.all_nodes {
            excused.extend(first.not_ready.intersection(&look.not_ready).cloned());
            excused.extend(first.silent.intersection(&look.silent).cloned());
            excused.extend(joined.iter().cloned());
        }
        let mut look = look;
        doctor.mark(&mut look);
        let causes = look.hopeless(&excused);
        // A pod that failed is made anew: its node's trouble is not over while the next one starts.
        let again = |node: &String| {
            matches!(
                look.waiting.get(node),
                Some(BlockReason::NoPod | BlockReason::Starting | BlockReason::Terminating)
            )
        };
        hopeless.retain(|node, _| again(node) || causes.iter().any(|(n, _)| n == node));
        for (node, _) in &causes {
            hopeless.entry(node.clone()).or_insert(asked);
        }
        let hopeless_for = causes.iter().filter_map(|(node, _)| hopeless.get(node)).min().map(Instant::elapsed);
        let held = hold.observe(&look, &excused, asked, Timestamp::now().as_second());
        // The server may be gone while the doctor looks.
        let blocked = doctor.blocked(&look, &excused, asked);
        drop(timeout(in_time(DIAGNOSIS_TIMEOUT), doctor.look(session, id, blocked)).await);
        on_update(&ProgressUpdate {
            look: &look,
            out_of_reach: None,
            lasts: began.elapsed(),
            excused: &excused,
            went_down: &went_down,
            joined: &joined,
            left: &left,
            holds: match held {
                Held::Watching(lasts) => Some(lasts),
                Held::NotYet | Held::Steady | Held::Crashed(_) => None,
            },
            hopeless_for,
            reasons: &doctor.causes,
        })?;
        if last.as_ref().is_none_or(|(before, _)| *before != look) {
            last = Some((look.clone(), Instant::now()));
        }
        let quiet = unchanged(last.as_ref());
        let over = if written.is_some_and(|written| now.is_after(written)) {
            Some(End::Replaced(writer))
        } else if let Held::Crashed(nodes) = held {
            Some(End::Crashed(nodes))
        } else if held != Held::NotYet {
            (held == Held::Steady).then_some(End::Done)
        } else if hopeless_for.is_some_and(|lasts| lasts >= patience.give_up_after) {
            Some(End::Hopeless(causes))
        } else {
            patience.no_progress.filter(|most| quiet >= *most).map(End::NoProgress)
        };
        if let Some(end) = over {
            return Ok(ended(session, id, end, look, excused).await);
        }
        wait(&mut changes, quiet, in_time(PAUSE)).await;
    }
}

/// Returns the outcome, with the findings of the doctor for blocked nodes.
async fn ended(session: &Session, id: &ObjectId, end: End, look: RolloutStatus, excused: BTreeSet<String>) -> Outcome {
    let reasons = match end {
        End::Done | End::Replaced(_) | End::Deleted => Vec::new(),
        _ => timeout(DIAGNOSIS_TIMEOUT, of_held(session, id, &look, &excused)).await.unwrap_or_default(),
    };
    Outcome { end, look, excused, reasons }
}

/// Waits for the next change, at most `most`. Without a watch, polls at intervals that grow while nothing changes.
async fn wait(changes: &mut Changes, unchanged: Duration, most: Duration) {
    let began = Instant::now();
    let next = until_next(unchanged);
    if timeout(next.min(most), changes.next()).await.is_err() && changes.are_told() {
        drop(timeout(most.saturating_sub(next), changes.next()).await);
    }
    sleep(DEBOUNCE.saturating_sub(began.elapsed())).await;
}

/// Returns the time since nodes and pods were listed; the maximum if they never were, so that the first list is not put
/// off.
fn since_look(looked: Option<Instant>) -> Duration {
    looked.map_or(Duration::MAX, |at| at.elapsed())
}

/// For how long nothing has changed; no time where nothing was seen yet.
fn unchanged(last: Option<&(RolloutStatus, Instant)>) -> Duration {
    last.map(|(_, since)| since.elapsed()).unwrap_or_default()
}

/// How long to wait before looking again where nothing has changed for so long.
fn until_next(unchanged: Duration) -> Duration {
    (unchanged / 20).clamp(SHORTEST, SLOWEST)
}

/// What the doctor said last, and of which nodes.
#[derive(Default)]
struct DoctorCache {
    causes: Vec<Cause>,
    of: BTreeSet<String>,
    at: Option<Instant>,
    took: Duration,
    /// Nodes whose pod is on its way, each since when.
    starting: BTreeMap<String, Instant>,
    /// What was wrong with the last pod that failed on a node: nothing else says it once the controller deleted that pod.
    failed: BTreeMap<String, PodTrouble>,
}

impl DoctorCache {
    /// Lets a look say what the doctor found on nodes whose pod only seems to be on its way: a mount that fails, a
    /// ConfigMap that does not exist, a sandbox that cannot be created.
    fn mark(&mut self, look: &mut RolloutStatus) {
        for (node, hold) in &look.waiting {
            if let BlockReason::Pod(trouble) = hold {
                self.failed.insert(node.clone(), trouble.clone());
            }
        }
        for (node, hold) in look.waiting.iter_mut().filter(|(_, hold)| hold.is_on_its_way()) {
            let is_it = |cause: &&Cause| cause.is_certain && cause.nodes.contains(node);
            if let Some(cause) = self.causes.iter().find(is_it) {
                if let Some(trouble) = self.failed.get(node).filter(|_| cause.code == Code::POD_FAILED) {
                    *hold = BlockReason::Pod(trouble.clone());
                    continue;
                }
                let word = if *hold == BlockReason::NotReady { "not ready" } else { "cannot start" };
                let (code, word, message) = (cause.code, word.to_owned(), cause.message.clone());
                *hold = BlockReason::Pod(PodTrouble { code, word, message });
            }
        }
    }

    /// Returns the nodes of which the doctor knows more: those that waiting does not help, and those whose pod takes
    /// longer than pods usually do.
    fn blocked(&mut self, look: &RolloutStatus, excused: &BTreeSet<String>, now: Instant) -> BTreeSet<String> {
        let held: Vec<(&str, bool, bool)> = look
            .held(excused)
            .map(|(node, hold)| (node, hold.is_terminal() && hold.gains_by_diagnosis(), hold.is_on_its_way()))
            .collect();
        self.starting.retain(|node, _| held.iter().any(|(held, _, on_its_way)| held == node && *on_its_way));
        let mut blocked = BTreeSet::new();
        for (node, is_hopeless, is_on_its_way) in held {
            let since = is_on_its_way.then(|| *self.starting.entry(node.to_owned()).or_insert(now));
            if is_hopeless || since.is_some_and(|since| now.duration_since(since) >= USUAL_START) {
                blocked.insert(node.to_owned());
            }
        }
        blocked
    }

    /// Asks the doctor about blocked nodes, if something may be new.
    async fn look(&mut self, session: &Session, id: &ObjectId, of: BTreeSet<String>) {
        let may_change = of.iter().any(|node| self.starting.contains_key(node));
        let may_end = self.causes.iter().any(|cause| cause.is_certain);
        let is_known = of.is_subset(&self.of) && !may_change && !may_end;
        let pause = if may_change || may_end { BETWEEN_LOOKS } else { BETWEEN_REASONS };
        let pause = pause.max(self.took * 4);
        if of.is_empty() || is_known || self.at.is_some_and(|at| at.elapsed() < pause) {
            return;
        }
        // Noted before it is known whether there will be an answer: one that takes too long is not waited for again.
        let began = Instant::now();
        (self.at, self.of) = (Some(began), of);
        // Who may not see the cluster is told what the pods say.
        self.causes = reasons(session, id, &self.of).await.unwrap_or_default();
        (self.at, self.took) = (Some(Instant::now()), began.elapsed());
    }
}

/// What the doctor says of the nodes that still hold the rollout, where there is more to say than that pods are on
/// their way; nothing where he may not look.
pub async fn of_held(session: &Session, id: &ObjectId, look: &RolloutStatus, excused: &BTreeSet<String>) -> Vec<Cause> {
    let held = look.held(excused).filter(|(_, hold)| hold.gains_by_diagnosis());
    let held: BTreeSet<String> = held.map(|(node, _)| node.to_owned()).collect();
    if held.is_empty() {
        return Vec::new();
    }
    let on_their_way = look
        .held(excused)
        .all(|(_, hold)| matches!(*hold, BlockReason::Starting | BlockReason::Old | BlockReason::Settling));
    let mut causes = reasons(session, id, &held).await.unwrap_or_default();
    // Of pods that start only what waiting does not fix is said.
    causes.retain(|cause| !on_their_way || cause.is_certain);
    causes
}

/// Waits until the pods of a DaemonSet that was deleted are gone; gives those that are left when the time is over.
///
/// # Errors
/// The server cannot be reached.
pub async fn pods_left(session: &Session, namespace: &str, uid: &str, most: Duration) -> Result<Vec<String>> {
    let began = Instant::now();
    loop {
        let pods = session.writer.list_metadata(&Resource::pods(namespace), "").await;
        let pods =
            pods.map_err(|failure| failure.told("cannot check whether the pods are gone").exit(ExitCode::PartlyDone))?;
        let owned = |pod: &&Json| {
            let owners = pod.pointer("/metadata/ownerReferences").and_then(Json::as_array);
            owners.is_some_and(|owners| owners.iter().any(|o| o["uid"] == uid))
        };
        let left: Vec<String> =
            pods.iter().filter(owned).filter_map(|p| Some(p["metadata"]["name"].as_str()?.to_owned())).collect();
        if left.is_empty() || began.elapsed() >= most {
            return Ok(left);
        }
        sleep(until_next(began.elapsed())).await;
    }
}
