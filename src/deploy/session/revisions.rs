//! The ControllerRevisions of a DaemonSet, which hold the templates that its pods were made from.

use serde_json::Value as Json;

use crate::client::api_path::ApiPath;
use crate::client::apply::Failure;
use crate::deploy::resources::uid;
use crate::deploy::session::Session;
use crate::deploy::unseen_data::Unseen;
use crate::error::Result;
use crate::model::Symbol;
use crate::model::wire::Kind;
use crate::store::Coverage;

impl Session {
    /// The revisions of a DaemonSet, whole; nothing where they may not be listed.
    pub(super) async fn revisions(
        &self,
        namespace: &str,
        live: &Json,
        not_checked: &mut Vec<String>,
    ) -> Result<Option<Vec<Json>>> {
        let uid = uid(live);
        let owned = |revision: &Json| {
            let owners = revision.pointer("/metadata/ownerReferences").and_then(Json::as_array);
            owners.into_iter().flatten().any(|o| o["uid"] == uid)
        };
        match self.all_revisions(namespace).await {
            Ok(all) => Ok(Some(all.into_iter().filter(owned).collect())),
            Err(Failure::Refused(refusal)) => {
                let kept = "ConfigMaps, Secrets and ServiceAccounts stay, because a revision may refer to them";
                not_checked.push(format!("controllerrevisions: {} ({kept})", refusal.sentence()));
                Ok(None)
            }
            Err(failure) => Err(failure.told("cannot list controllerrevisions")),
        }
    }

    async fn all_revisions(&self, namespace: &str) -> std::result::Result<Vec<Json>, Failure> {
        let path = ApiPath::of_group("apps").in_namespace(namespace).segment("controllerrevisions");
        let list = self.writer.get(&path).await?;
        match list.and_then(|mut list| list.get_mut("items").map(Json::take)) {
            Some(Json::Array(items)) => Ok(items),
            _ => Ok(Vec::new()),
        }
    }

    /// The hash of the revision that holds a DaemonSet's template already, if there is one: the controller takes pods of
    /// it for new (`constructHistory`, pkg/controller/daemon/update.go, v1.36). Where that cannot be seen, what is missing.
    ///
    /// # Errors
    /// The server is lost.
    pub(super) async fn revision_like(
        &self,
        namespace: &str,
        daemon_set: Option<&Json>,
    ) -> Result<std::result::Result<Option<Symbol>, Unseen>> {
        let Some(daemon_set) = daemon_set else { return Ok(Err(Unseen::StoredTemplate)) };
        let all = match self.all_revisions(namespace).await {
            Ok(all) => all,
            Err(Failure::Refused(refusal)) => {
                let resource = Kind::ControllerRevision.resource();
                return Ok(Err(Unseen::Revisions(match refusal.code {
                    403 => Coverage::Forbidden { verb: "list", resource },
                    _ => Coverage::Failed { why: refusal.sentence() },
                })));
            }
            Err(failure) => return Err(failure.told("cannot list controllerrevisions")),
        };
        let mut template = daemon_set["spec"]["template"].clone();
        // A revision holds a patch, which says that it replaces everything.
        if let Some(template) = template.as_object_mut() {
            template.insert("$patch".to_owned(), "replace".into());
        }
        let like = all.iter().find(|revision| revision["data"]["spec"]["template"] == template);
        let hash = like.and_then(|revision| revision["metadata"]["labels"]["controller-revision-hash"].as_str());
        Ok(Ok(hash.map(Symbol::new)))
    }
}
