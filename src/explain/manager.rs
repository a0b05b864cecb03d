//! Says where a change of a managed DaemonSet has to be made, so that it lasts.

use crate::model::manager::Manager;
use crate::report::ManagedBy;

/// Returns who undoes a change of the live object, and where to make the change instead.
pub fn managed_by(manager: &Manager) -> ManagedBy {
    let made = |kind: &str, namespace: Option<&str>, name: &str, note: String| ManagedBy {
        kind: kind.to_owned(),
        namespace: namespace.filter(|namespace| !namespace.is_empty()).map(str::to_owned),
        name: name.to_owned(),
        note,
    };
    match manager {
        // A snapshot holds no names of owners.
        Manager::Owner { kind, name } => {
            let owner = format!("{kind} {name}");
            let owner = owner.trim_end();
            made(
                kind.as_str(),
                None,
                name.as_str(),
                format!(
                    "{owner} owns this DaemonSet, and its controller likely reverts a patch: change {owner}, or the \
                     settings of its operator"
                ),
            )
        }
        Manager::Flux { kind, namespace, name } => made(
            kind.as_str(),
            Some(namespace.as_str()),
            name.as_str(),
            format!(
                "Flux reverts a patch of the live object at its next reconciliation: change the source of {kind} \
                 {namespace}/{name}"
            ),
        ),
        Manager::ArgoCd { application } => made(
            "Application",
            None,
            application.as_str(),
            format!(
                "Argo CD reverts a patch of the live object at its next sync: change the source of application \
                 {application}"
            ),
        ),
        Manager::Helm { namespace, release } => made(
            "Helm",
            Some(namespace.as_str()),
            release.as_str(),
            format!(
                "the next `helm upgrade` reverts a patch of the live object: change the values of release {release}{}",
                if namespace.as_str().is_empty() { String::new() } else { format!(" in namespace {namespace}") }
            ),
        ),
        Manager::ObjectSet { kind, name } => made(
            kind.as_str(),
            None,
            name.as_str(),
            format!("the controller of {kind} {name} likely reverts a patch of the live object: change {kind} {name}"),
        ),
        Manager::AddonManager => made(
            "AddonManager",
            None,
            "",
            "the addon manager of the cluster reverts a patch of the live object: change the addon's manifest or the \
             settings of the platform"
                .to_owned(),
        ),
    }
}
