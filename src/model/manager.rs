//! Who keeps a DaemonSet as it is: an owner, or a tool that applies it again.

use crate::model::Symbol;

/// What applies a DaemonSet again, and so undoes a change of the live object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// The controller of another object, which made the DaemonSet (`ownerReferences`).
    Owner {
        /// The kind of that object.
        kind: Symbol,
        /// Its name.
        name: Symbol,
    },
    /// Flux (label `kustomize.toolkit.fluxcd.io/name` or `helm.toolkit.fluxcd.io/name`).
    Flux {
        /// `Kustomization` or `HelmRelease`.
        kind: Symbol,
        /// Its namespace.
        namespace: Symbol,
        /// Its name.
        name: Symbol,
    },
    /// Argo CD (annotation `argocd.argoproj.io/tracking-id`: `APPLICATION:GROUP/KIND:NAMESPACE/NAME`).
    ArgoCd {
        /// The application.
        application: Symbol,
    },
    /// Helm (label `app.kubernetes.io/managed-by`, annotations `meta.helm.sh/release-*`: `pkg/action/validate.go` v3).
    Helm {
        /// The namespace of the release.
        namespace: Symbol,
        /// The release.
        release: Symbol,
    },
    /// A controller that applies sets of objects, as k3s and Rancher do (annotations `objectset.rio.cattle.io/owner-*`).
    ObjectSet {
        /// The kind of the object that stands for the set (`Addon`).
        kind: Symbol,
        /// Its name.
        name: Symbol,
    },
    /// The addon manager of the cluster (label `addonmanager.kubernetes.io/mode: Reconcile`).
    AddonManager,
}

/// Annotations by which tools mark what is theirs.
pub const ANNOTATIONS: [&str; 5] = [ARGO_CD, RELEASE, RELEASE_NAMESPACE, SET_KIND, SET_NAME];
const ARGO_CD: &str = "argocd.argoproj.io/tracking-id";
const RELEASE: &str = "meta.helm.sh/release-name";
const RELEASE_NAMESPACE: &str = "meta.helm.sh/release-namespace";
const SET_KIND: &str = "objectset.rio.cattle.io/owner-gvk";
const SET_NAME: &str = "objectset.rio.cattle.io/owner-name";

impl Manager {
    /// Returns who manages an object, by its owner and by its labels and annotations. Where several do, the outermost: an
    /// owner makes the object, Flux and Argo CD apply what Helm renders.
    pub fn of<'a>(
        owner: Option<(Symbol, Symbol)>,
        label: impl Fn(&str) -> Option<Symbol>,
        annotation: impl Fn(&str) -> Option<&'a str>,
    ) -> Option<Self> {
        let by_owner = owner.map(|(kind, name)| Manager::Owner { kind, name });
        let flux = |group: &str, kind: &str| {
            let name = label(&format!("{group}.toolkit.fluxcd.io/name"))?;
            let namespace = label(&format!("{group}.toolkit.fluxcd.io/namespace"))?;
            Some(Manager::Flux { kind: Symbol::new(kind), namespace, name })
        };
        let argo_cd = || {
            let tracked = annotation(ARGO_CD).and_then(|id| id.split_once(':')).map(|(name, _)| Symbol::new(name));
            let application = tracked.or_else(|| label("argocd.argoproj.io/instance"))?;
            Some(Manager::ArgoCd { application })
        };
        let helm = || {
            let release = Symbol::new(annotation(RELEASE)?);
            let is_helm = label("app.kubernetes.io/managed-by").is_some_and(|by| by.as_str() == "Helm");
            is_helm
                .then(|| Manager::Helm { namespace: Symbol::new(annotation(RELEASE_NAMESPACE).unwrap_or("")), release })
        };
        let set = || {
            let (_, kind) = annotation(SET_KIND)?.rsplit_once("Kind=")?;
            Some(Manager::ObjectSet { kind: Symbol::new(kind), name: Symbol::new(annotation(SET_NAME)?) })
        };
        let addon_manager = || {
            let mode = label("addonmanager.kubernetes.io/mode")?;
            (mode.as_str() == "Reconcile").then_some(Manager::AddonManager)
        };
        by_owner
            .or_else(|| flux("kustomize", "Kustomization"))
            .or_else(|| flux("helm", "HelmRelease"))
            .or_else(argo_cd)
            .or_else(helm)
            .or_else(set)
            .or_else(addon_manager)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(
        owner: Option<(&str, &str)>,
        labels: &[(&str, &str)],
        annotations: &[(&str, &'static str)],
    ) -> Option<Manager> {
        let owner = owner.map(|(kind, name)| (Symbol::new(kind), Symbol::new(name)));
        let label = |key: &str| labels.iter().find(|(k, _)| *k == key).map(|(_, value)| Symbol::new(value));
        let annotation = |key: &str| annotations.iter().find(|(k, _)| *k == key).map(|(_, value)| *value);
        Manager::of(owner, label, annotation)
    }

    #[test]
    fn the_outermost_manager_is_named() {
        let helm = [("app.kubernetes.io/managed-by", "Helm")];
        let release = [("meta.helm.sh/release-name", "logs"), ("meta.helm.sh/release-namespace", "ops")];
        assert_eq!(of(None, &[], &[]), None);
        assert_eq!(of(None, &[], &release), None, "a release without the label was adopted by nobody");
        let by_helm = Manager::Helm { namespace: "ops".into(), release: "logs".into() };
        assert_eq!(of(None, &helm, &release), Some(by_helm));
        let tracked = [release[0], release[1], ("argocd.argoproj.io/tracking-id", "site:apps/DaemonSet:ops/logs")];
        assert_eq!(of(None, &helm, &tracked), Some(Manager::ArgoCd { application: "site".into() }));
        let flux = [helm[0], ("helm.toolkit.fluxcd.io/name", "logs"), ("helm.toolkit.fluxcd.io/namespace", "flux")];
        let by_flux = Manager::Flux { kind: "HelmRelease".into(), namespace: "flux".into(), name: "logs".into() };
        assert_eq!(of(None, &flux, &tracked), Some(by_flux));
        let by_owner = Manager::Owner { kind: "Agent".into(), name: "main".into() };
        assert_eq!(of(Some(("Agent", "main")), &flux, &tracked), Some(by_owner));
        let set = [
            ("objectset.rio.cattle.io/owner-gvk", "k3s.cattle.io/v1, Kind=Addon"),
            ("objectset.rio.cattle.io/owner-name", "dns"),
        ];
        assert_eq!(of(None, &[], &set), Some(Manager::ObjectSet { kind: "Addon".into(), name: "dns".into() }));
        assert_eq!(of(None, &[("addonmanager.kubernetes.io/mode", "EnsureExists")], &[]), None);
        let reconciled = [("addonmanager.kubernetes.io/mode", "Reconcile")];
        assert_eq!(of(None, &reconciled, &[]), Some(Manager::AddonManager));
    }
}
