//! The permissions that a deployment needs, and those that the server denies.

use futures::future::join_all;
use serde_json::Value as Json;

use crate::client::apply::Right;
use crate::deploy::intent::Intent;
use crate::deploy::plan::{Action, Step};
use crate::deploy::rollback_state::RollbackState;
use crate::deploy::session::roll_back as rollback;
use crate::deploy::session::{Options, Session};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;

impl Session {
    /// Returns the permissions that the server denies the user.
    pub(super) async fn missing(&self, rights: &[Right]) -> Result<Vec<Right>> {
        let answers = join_all(rights.iter().map(|right| self.writer.may(right))).await;
        let mut missing = Vec::new();
        for (right, answer) in rights.iter().zip(answers) {
            if answer? == Some(false) {
                missing.push(right.clone());
            }
        }
        Ok(missing)
    }

    pub(super) fn lacks(&self, missing: &[Right]) -> Error {
        let mut told: Vec<String> = Vec::new();
        for right in missing.iter().map(Right::to_string) {
            if !told.contains(&right) {
                told.push(right);
            }
        }
        let who = self.writer.connection().target().user.clone();
        let who = who.map_or("you".to_owned(), |user| format!("user `{user}`"));
        Error::new(format!("{who} cannot {}", told.join(", ")))
            .hint("nothing was written; ask for a role with these permissions")
            .exit(ExitCode::RefusedBeforeWrite)
    }
}

/// Returns the permissions to read and write the desired objects.
pub(super) fn wanted_rights(intent: &Intent, options: Options) -> Vec<Right> {
    let verbs: &[&'static str] = if options.client_side { &["get"] } else { &["get", "patch", "create"] };
    let objects = intent.objects.iter().flat_map(|wanted| verbs.iter().map(|verb| wanted.id.right(verb)));
    let state = rollback::rights(&RollbackState::id(intent));
    distinct(objects.chain(state.into_iter().filter(|_| options.rollback)))
}

/// Returns the permissions to follow the rollout and to prune.
pub(super) fn later_rights(intent: &Intent, pruned: &[Step], options: Options) -> Vec<Right> {
    let list = |group, resource| Right {
        verb: "list",
        group,
        resource,
        namespace: intent.namespace.clone(),
        name: String::new(),
    };
    let follow = [list("", "pods"), list("apps", "controllerrevisions")];
    let prunes = pruned.iter().filter(|step| matches!(step.action, Action::Prune { .. }));
    let follow = follow.into_iter().filter(|_| options.follow);
    distinct(follow.chain(prunes.map(|step| step.id.right("delete"))))
}

fn distinct(rights: impl Iterator<Item = Right>) -> Vec<Right> {
    let mut all: Vec<Right> = Vec::new();
    for right in rights {
        if !all.contains(&right) {
            all.push(right);
        }
    }
    all
}

/// Whether an object that a right to create is for is not there yet.
pub(super) fn lacks_one(intent: &Intent, live: &[Option<Json>], right: &Right, options: Options) -> bool {
    if options.rollback && RollbackState::id(intent).right("create") == *right {
        return true;
    }
    let mut pairs = intent.objects.iter().zip(live);
    pairs.any(|(wanted, live)| live.is_none() && wanted.id.right("create") == *right)
}
