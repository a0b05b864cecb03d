//! Reading a DaemonSet, its pods and the nodes for one look at a rollout.

use jiff::Timestamp;
use serde_json::Value as Json;

use crate::client::Query;
use crate::client::api_path::field_value;
use crate::deploy::field_ownership;
use crate::deploy::load;
use crate::deploy::resources::{ObjectId, Written};
use crate::deploy::rollout;
use crate::deploy::rollout::{BlockReason, RolloutStatus};
use crate::deploy::session::Session;
use crate::error::{Error, Result};
use crate::model::wire::Kind;
use crate::store::{Builder, Coverage};

/// What asking for the DaemonSet gave.
pub enum PollResult {
    /// Pods were listed recently.
    Lately {
        /// Whether the DaemonSet says something new, which was not looked at.
        new: bool,
    },
    /// It is not there any more.
    Gone,
    /// How it is, the object, and who wrote it last.
    Seen(Box<RolloutStatus>, Written, Option<String>),
}

/// When to list nodes and pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PollMode {
    /// Whatever the DaemonSet says.
    Now,
    /// Where it says something new.
    WhereNew,
    /// Where it says that it is done.
    AtTheEnd,
}

/// Reads the DaemonSet, and lists nodes and pods if due.
///
/// # Errors
/// The cluster cannot be reached, or nodes or pods may not be read.
pub async fn glance(
    session: &Session,
    id: &ObjectId,
    since: i64,
    known: &mut Option<String>,
    due: PollMode,
) -> Result<PollResult> {
    let object = session.writer.get(&id.path()).await.map_err(|failure| failure.told(format!("cannot read {id}")))?;
    let Some(object) = object else { return Ok(PollResult::Gone) };
    // Its status changes whenever it matters; pods are looked at again also when it does not.
    let version = object["metadata"]["resourceVersion"].to_string();
    let new = known.as_ref() != Some(&version);
    let looks = match due {
        PollMode::Now => true,
        PollMode::WhereNew => new,
        PollMode::AtTheEnd => new && says_done(&object),
    };
    if !looks {
        return Ok(PollResult::Lately { new });
    }
    let look = look_at(session, id, &object, since).await?;
    *known = Some(version);
    Ok(PollResult::Seen(
        Box::new(look),
        Written::of(&object),
        field_ownership::last_manager(&object).map(str::to_owned),
    ))
}

/// Whether the controller has seen this generation and counts a new, available pod for every node that it wants one on.
pub fn says_done(daemon_set: &Json) -> bool {
    let status = &daemon_set["status"];
    let count = |field: &str| status[field].as_i64().unwrap_or_default();
    let wanted = count("desiredNumberScheduled");
    status["observedGeneration"] == daemon_set["metadata"]["generation"]
        && count("updatedNumberScheduled") >= wanted
        && count("numberAvailable") >= wanted
}

/// One look; nothing where there is no such DaemonSet. Events older than `since` are not believed.
///
/// # Errors
/// The cluster cannot be reached, or nodes or pods may not be read.
pub async fn once(session: &Session, id: &ObjectId, since: i64) -> Result<Option<RolloutStatus>> {
    let object = session.writer.get(&id.path()).await.map_err(|f| f.told(format!("cannot read {id}")))?;
    match object {
        Some(object) => look_at(session, id, &object, since).await.map(Some),
        None => Ok(None),
    }
}

async fn look_at(session: &Session, id: &ObjectId, object: &Json, since: i64) -> Result<RolloutStatus> {
    let daemon_set = load::daemon_set(object)?;
    let selector = selector_text(&object["spec"]["selector"]);
    let namespace = id.namespace.as_str();
    let mut builder = Builder::new();
    let queries = [
        Query::all(Kind::Node),
        Query::all(Kind::Pod).in_namespace(namespace).with_labels(selector.clone()),
        Query::all(Kind::ControllerRevision).in_namespace(namespace).with_labels(selector),
    ];
    let coverages = session.reader.list_together(&queries, &mut builder).await?;
    for (query, coverage) in queries.iter().zip(coverages) {
        match &coverage {
            Coverage::Forbidden { .. } if query.kind == Kind::Node => {}
            Coverage::Forbidden { .. } => {
                let error = Error::new(format!("cannot follow {id}: {}: {coverage}", query.kind.resource()));
                let resource = query.kind.resource();
                return Err(error.hint(format!(
                    "grant `list` on `{resource}`, or deploy with `--wait=false`, which does not follow the rollout"
                )));
            }
            Coverage::Failed { why } => {
                return Err(Error::new(format!("cannot list {}: {why}", query.kind.resource())));
            }
            Coverage::Whole | Coverage::NotCollected | Coverage::Fewer { .. } => {}
        }
        builder.cover(query.kind, coverage);
    }
    let mut cluster = builder.finish(None);
    let now = Timestamp::now().as_second();
    let mut seen = rollout::look(&cluster, &daemon_set, None, now);
    if seen.waiting.values().any(|hold| *hold == BlockReason::NoPod) {
        let mut events = Builder::new();
        // One of the same name that was there before had refusals of its own.
        let uid = object["metadata"]["uid"].as_str().unwrap_or_default();
        let fields = format!("involvedObject.uid={},reason=FailedCreate", field_value(uid));
        let query = Query::all(Kind::Event).in_namespace(namespace).with_fields(fields);
        // Who may not read events is not told why a creation was refused.
        session.reader.list(&query, &mut events).await?;
        cluster.events = events.finish(None).events;
        if let Some(why) = rollout::refusal(&cluster, &daemon_set, since) {
            seen = rollout::look(&cluster, &daemon_set, Some(why), now);
        }
    }
    Ok(seen)
}

/// A label selector in the language of a query.
pub fn selector_text(selector: &Json) -> String {
    let labels = selector["matchLabels"].as_object().into_iter().flatten();
    let mut parts: Vec<String> = labels.map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect();
    for requirement in selector["matchExpressions"].as_array().into_iter().flatten() {
        let key = requirement["key"].as_str().unwrap_or_default();
        let values = requirement["values"].as_array().into_iter().flatten().filter_map(Json::as_str);
        let values = values.collect::<Vec<_>>().join(",");
        parts.push(match requirement["operator"].as_str().unwrap_or_default() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.sort();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_daemon_set_says_that_it_is_done() {
        let daemon_set = |observed: u8, updated: u8, available: u8| {
            json!({"metadata": {"generation": 2}, "status": {"observedGeneration": observed, "desiredNumberScheduled": 3,
                "updatedNumberScheduled": updated, "numberAvailable": available}})
        };
        assert!(says_done(&daemon_set(2, 3, 3)));
        for (observed, updated, available) in [(1, 3, 3), (2, 2, 3), (2, 3, 2)] {
            assert!(!says_done(&daemon_set(observed, updated, available)), "{observed} {updated} {available}");
        }
        assert!(!says_done(&json!({"metadata": {"generation": 1}})), "nobody has looked at it yet");
    }

    #[test]
    fn a_selector_is_written_as_queries_have_it() {
        let selector = json!({"matchLabels": {"b": "2", "a": "1"}, "matchExpressions": [
            {"key": "t", "operator": "In", "values": ["x", "y"]}, {"key": "u", "operator": "Exists"},
            {"key": "v", "operator": "DoesNotExist"}]});
        assert_eq!(selector_text(&selector), "!v,a=1,b=2,t in (x,y),u");
    }
}
