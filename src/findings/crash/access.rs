//! Requests that the API server forbids.

use crate::findings::cause::{CrashField, MissingRule};
use crate::findings::crash::container::CrashedContainer;
use crate::model::message::log::Forbidden;

impl CrashedContainer<'_> {
    /// The rule that the account lacks.
    pub fn forbidden(&self, forbidden: &Forbidden) -> Option<CrashField> {
        let (account_namespace, account) = forbidden.account()?;
        Some(CrashField::Rule(MissingRule {
            account_namespace: account_namespace.to_owned(),
            account: account.to_owned(),
            verb: forbidden.verb.clone(),
            resource: forbidden.resource.clone(),
            group: forbidden.group.clone(),
            namespace: forbidden.namespace.clone(),
            role: None,
        }))
    }
}
