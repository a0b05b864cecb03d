//! What admission says of one pod, as a deployment takes it.

use crate::deploy::intent::Intent;
use crate::deploy::unseen_data::NotAsked;
use crate::findings::Probed;
use crate::investigate::NotProbed;
use crate::investigate::engine::ProbeOutcome;
use crate::model::message::server::names_service_account;

/// What admission says of a pod of the template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// It would take it.
    Admitted,
    /// It would not, in its words.
    Refused(String),
    /// It could not be asked, and why.
    NotAsked(NotAsked),
}

impl Probe {
    /// What the server's answer means for a deployment. One that is not to be had yet is no refusal: a ServiceAccount that
    /// the documents bring.
    pub(crate) fn of(outcome: ProbeOutcome, intent: &Intent) -> Self {
        let namespace = || intent.namespace.clone();
        match outcome {
            Some(Ok(Probed::Made(_))) => Probe::Admitted,
            Some(Ok(Probed::Refused(why))) => Probe::Refused(why),
            Some(Err(NotProbed::Forbidden)) => Probe::NotAsked(NotAsked::Forbidden { namespace: namespace() }),
            Some(Err(NotProbed::NoNamespace(_))) => Probe::NotAsked(NotAsked::NoNamespace { namespace: namespace() }),
            Some(Err(NotProbed::NotYetThere(why))) => match is_about_to_be(&why, intent) {
                true => Probe::NotAsked(NotAsked::NoServiceAccount),
                false => Probe::Refused(why),
            },
            Some(Err(why)) => Probe::NotAsked(NotAsked::NoAnswer(why)),
            None => Probe::NotAsked(NotAsked::NoAnswer(NotProbed::NoNode)),
        }
    }
}

fn is_about_to_be(message: &str, intent: &Intent) -> bool {
    let accounts = intent.objects.iter().filter(|w| w.id.resource.kind == "ServiceAccount");
    accounts.into_iter().any(|w| names_service_account(message, &intent.namespace, &w.id.name))
}
