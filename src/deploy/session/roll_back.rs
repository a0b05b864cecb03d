//! The way back: the DaemonSet as it was before the deployment, unless another client changed it since.

use serde_json::Value as Json;
use tokio::time::{Duration, sleep};

use crate::client::apply::{Failure, Mode};
use crate::deploy::intent::Intent;
use crate::deploy::resources::Written;
use crate::deploy::session::Session;
use crate::error::Result;
use crate::exit_code::ExitCode;

/// Maximum number of attempts to roll back while another client changes the DaemonSet.
const MAX_ROLL_BACKS: u32 = 10;

impl Session {
    /// Restores the spec of `before`, with its labels and annotations. ConfigMaps and Secrets do not change. Returns `None`
    /// and writes nothing if another client changed the DaemonSet after it was `written`.
    ///
    /// # Errors
    /// The server refuses: exit code 2.
    pub async fn roll_back(&self, intent: &Intent, before: &Json, written: &Written) -> Result<Option<Json>> {
        let wanted = intent.daemon_set();
        let failed =
            |failure: Failure| failure.told(format!("cannot roll back {}", wanted.id)).exit(ExitCode::PartlyDone);
        let mut object = wanted.object.clone();
        object["spec"] = before["spec"].clone();
        for map in ["labels", "annotations"] {
            let ours = object["metadata"][map].as_object().cloned().unwrap_or_default();
            let kept = ours.into_iter().filter_map(|(key, value)| {
                let was = annotation_or_label(before, map, &key);
                // The mark of ownership stays also on what was adopted.
                let own = key.starts_with("applyset.");
                was.map(|w| (key.clone(), w)).or(own.then_some((key, value)))
            });
            object["metadata"][map] = kept.collect();
        }
        let path = wanted.id.path();
        for attempt in 1.. {
            let now = self.writer.get(&path).await.map_err(failed)?;
            let Some(now) = now.filter(|now| written.is_newest(now)) else { return Ok(None) };
            for key in ["uid", "resourceVersion"] {
                object["metadata"][key] = now["metadata"][key].clone();
            }
            match self.writer.apply(&path, &object, Mode { dry_run: false, force: true }).await {
                // Its status changes also while nobody changes it.
                Err(Failure::Refused(refusal)) if refusal.is_race() && attempt < MAX_ROLL_BACKS => {
                    sleep(Duration::from_millis(50 << attempt.min(5))).await;
                }
                applied => return Ok(Some(applied.map_err(failed)?.object)),
            }
        }
        Ok(None)
    }
}

fn annotation_or_label(object: &Json, map: &str, key: &str) -> Option<Json> {
    object.get("metadata")?.get(map)?.get(key).cloned()
}
