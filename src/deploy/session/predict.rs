//! The prediction: the rollout by the rules, and an admission dry run of one pod.

use jiff::Timestamp;

use crate::client::apply::Right;
use crate::deploy::intent::Intent;
use crate::deploy::load;
use crate::deploy::pod_probe::Probe;
use crate::deploy::prediction::{Now, Prediction, predict};
use crate::deploy::session::{Options, Prepared, Session};
use crate::deploy::unseen_data::{NotAsked, Unseen};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::model::wire::Kind;

impl Session {
    /// Predicts the result of the plan, and dry-runs the creation of one pod, so that webhooks and policies, which cannot be
    /// simulated, take part.
    ///
    /// # Errors
    /// The server cannot be reached, or the DaemonSet cannot be read; the selector of another workload matches its pods.
    pub async fn predict(&self, intent: &Intent, prepared: &Prepared, options: Options) -> Result<(Prediction, Probe)> {
        let wanted = load::daemon_set(&intent.daemon_set().object)?;
        let live = prepared.live.as_ref().map(load::daemon_set).transpose()?;
        let namespace = &intent.namespace;
        let not_asked = match options.client_side {
            true => Some(NotAsked::ClientSide),
            false if self.may_create_pods(namespace).await? => None,
            false => Some(NotAsked::Forbidden { namespace: namespace.clone() }),
        };
        let sight = load::look(&self.reader, intent, live.is_none(), not_asked.is_none()).await?;
        if live.is_none()
            && let Some(rival) = load::rival(&sight.cluster, &wanted)
        {
            let message = format!("the selector of {rival} matches the pods of DaemonSet {namespace}/{}", intent.name);
            return Err(Error::new(message)
                .hint("give the pods other labels, or delete the other workload first: both would manage the same pods")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        let adopts = if live.is_none() { sight.adopts } else { None };
        let rolls = live.is_some() && prepared.plan.rolls();
        let like = match rolls || adopts.is_some() {
            true => self.revision_like(namespace, prepared.after.as_ref()).await?,
            false => Ok(None),
        };
        let time = Timestamp::now().as_second();
        let now = Now { live: live.as_ref(), adopts, rolls, like: like.clone().unwrap_or_default(), time };
        let mut prediction = predict(&sight.cluster, &wanted, now);
        if let Err(unseen) = like {
            prediction.miss(unseen);
        }
        for unseen in &sight.unseen {
            // Where nobody is evicted, budgets decide nothing.
            if unseen.kind() != Some(Kind::PodDisruptionBudget) || !prediction.victims.is_empty() {
                prediction.miss(unseen.clone());
            }
        }
        let probe = match not_asked {
            Some(why) => Probe::NotAsked(why),
            None => Probe::of(sight.probe, intent),
        };
        if let Probe::NotAsked(why) = &probe {
            prediction.miss(Unseen::Admission(why.clone()));
        }
        Ok((prediction, probe))
    }

    async fn may_create_pods(&self, namespace: &str) -> Result<bool> {
        let namespace = namespace.to_owned();
        let right = Right { verb: "create", group: "", resource: "pods", namespace, name: String::new() };
        Ok(self.writer.may(&right).await? == Some(true))
    }
}
