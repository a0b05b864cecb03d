//! Which nodes the DaemonSet controller wants a pod on.
//!
//! `NodeShouldRunDaemonPod` in `pkg/controller/daemon/daemon_controller.go` v1.36: it looks at the template, the
//! node's name, its labels and its taints, and at nothing else. Cordons, conditions, resources, ports, volumes and
//! other pods are the scheduler's business. OpenShift's controller looks at the namespace, too
//! (`pkg/controller/daemon/patch_nodeselector.go` of openshift/kubernetes, release-4.20).

use crate::model::affinity::NodeTerm;
use crate::model::policy::NamespaceNodeSelector;
use crate::model::taint::{Toleration, TolerationOperator, untolerated};
use crate::model::{Effect, PodSpec, Symbol, Taint};
use crate::rules::verdict::Exclusion;
use crate::store::{Cluster, LabelValues, NodeIndex};

/// The template's tolerations and those that the controller adds to every pod (`AddOrUpdateDaemonPodTolerations`).
///
/// One of the template's with the same key, effect, operator and value is replaced, which makes its
/// `tolerationSeconds` endless; an omitted operator is not the same as `Exists`.
pub fn tolerations(template: &PodSpec) -> Vec<Toleration> {
    let mut tolerations = template.tolerations.clone();
    for added in default_tolerations(template.host_network) {
        let same = |t: &&mut Toleration| {
            t.key == added.key
                && t.effect == added.effect
                && t.value == added.value
                && t.operator == TolerationOperator::Exists
                && !t.operator_omitted
        };
        match tolerations.iter_mut().find(same) {
            Some(own) => *own = added,
            None => tolerations.push(added),
        }
    }
    tolerations
}

/// The tolerations that the controller adds to every pod, on the host's network or not.
pub fn default_tolerations(host_network: bool) -> impl Iterator<Item = Toleration> {
    const ALWAYS: &[(&str, Effect)] = &[
        ("node.kubernetes.io/not-ready", Effect::NoExecute),
        ("node.kubernetes.io/unreachable", Effect::NoExecute),
        ("node.kubernetes.io/disk-pressure", Effect::NoSchedule),
        ("node.kubernetes.io/memory-pressure", Effect::NoSchedule),
        ("node.kubernetes.io/pid-pressure", Effect::NoSchedule),
        ("node.kubernetes.io/unschedulable", Effect::NoSchedule),
    ];
    const WITH_HOST_NETWORK: (&str, Effect) = ("node.kubernetes.io/network-unavailable", Effect::NoSchedule);
    let all = ALWAYS.iter().copied().chain(host_network.then_some(WITH_HOST_NETWORK));
    all.map(|(key, effect)| Toleration::exists(key, effect))
}

/// The predicate, prepared for one template in one cluster.
pub struct Predicate<'a> {
    cluster: &'a Cluster,
    template: &'a PodSpec,
    selector: Vec<(Symbol, Symbol, LabelValues<'a>)>,
    required: Option<Vec<Term<'a>>>,
    project: Option<&'a NamespaceNodeSelector>,
    /// By list of taints: those that are not tolerated.
    untolerated: Vec<Vec<Taint>>,
}

/// A term of the required node affinity with the labels that it asks for.
struct Term<'a> {
    term: &'a NodeTerm,
    values: Vec<LabelValues<'a>>,
}

impl<'a> Predicate<'a> {
    /// Prepares. `tolerations` are those of [`tolerations`].
    pub fn prepare(cluster: &'a Cluster, namespace: Symbol, template: &'a PodSpec, tolerations: &[Toleration]) -> Self {
        let affinity = &template.node_affinity;
        let term = |term: &'a NodeTerm| Term {
            term,
            values: term.expressions.iter().map(|asked| cluster.label_values(asked.key)).collect(),
        };
        Predicate {
            cluster,
            template,
            selector: affinity
                .selector
                .iter()
                .map(|(key, wanted)| (*key, *wanted, cluster.label_values(*key)))
                .collect(),
            project: project_selector(cluster, namespace),
            required: affinity.required.as_ref().map(|terms| terms.iter().filter(|t| t.usable).map(term).collect()),
            untolerated: cluster.taint_lists().map(|list| untolerated(list, tolerations).copied().collect()).collect(),
        }
    }

    /// Why the controller wants no new pod on the node: all reasons, none where it wants one.
    #[inline]
    pub fn exclusions(&self, node: NodeIndex, found: &mut Vec<Exclusion>) {
        let name = || self.cluster.nodes[node as usize].name;
        if let Some(wanted) = self.template.node_name.filter(|wanted| *wanted != name()) {
            found.push(Exclusion::NodeName { wanted });
        }
        for (key, wanted, values) in &self.selector {
            let actual = values.on(node);
            if actual != Some(*wanted) {
                found.push(Exclusion::NodeSelector { key: *key, wanted: *wanted, actual });
            }
        }
        if let Some(terms) = &self.required
            && !terms.iter().any(|term| term.matches(node, name))
        {
            found.push(Exclusion::NodeAffinity);
        }
        for taint in &self.untolerated[self.cluster.glance(node).taints as usize] {
            found.push(Exclusion::Taint { taint: *taint });
        }
        // The controller reads the annotation only where nothing else excludes the node: a pod beside a later NoSchedule
        // taint stays.
        if let Some(project) = self.project
            && found.is_empty()
            && !project.selector.matches(&self.cluster.nodes[node as usize].labels)
        {
            found.push(Exclusion::ProjectSelector { annotation: project.annotation, selector: project.text });
        }
    }
}

/// The node selector of the namespace where the controller is OpenShift's; Kubernetes' own reads no annotation.
/// `scheduler.alpha.kubernetes.io/node-selector` wins over `openshift.io/node-selector`; one that cannot be parsed selects
/// every node.
fn project_selector(cluster: &Cluster, namespace: Symbol) -> Option<&NamespaceNodeSelector> {
    let selector = cluster.namespaces.get(&namespace)?.node_selector.as_ref()?;
    cluster.platform.openshift.then_some(selector)
}

impl Term<'_> {
    fn matches(&self, node: NodeIndex, name: impl Fn() -> Symbol) -> bool {
        self.term.expressions.iter().zip(&self.values).all(|(asked, values)| asked.holds(values.on(node)))
            && self.term.fields.iter().all(|field| field.matches(name()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Node;
    use crate::model::affinity::NodeAffinity;
    use crate::model::labels::{Operator, Requirement};
    use crate::model::wire::Object;
    use crate::rules::rollout::may_stay;
    use crate::rules::verdict::{Reason, Verdict};
    use crate::store::Builder;

    fn node(labels: &[(&str, &str)], taints: &[(&str, &str, Effect)]) -> Node {
        Node {
            name: Symbol::new("n1"),
            labels: labels.iter().copied().collect(),
            taints: taints.iter().map(|(k, v, e)| Taint { key: (*k).into(), value: (*v).into(), effect: *e }).collect(),
            ..Default::default()
        }
    }

    fn decide(template: &PodSpec, node: &Node) -> (bool, bool) {
        let mut builder = Builder::new();
        builder.add(Object::Node(node.clone(), 1));
        let cluster = builder.finish(None);
        let mut found = Vec::new();
        Predicate::prepare(&cluster, "a".into(), template, &tolerations(template)).exclusions(0, &mut found);
        let reasons = found.iter().map(|exclusion| Reason::new(*exclusion)).collect();
        (found.is_empty(), may_stay(&Verdict { reasons, ..Verdict::default() }))
    }

    #[test]
    fn should_run_and_should_continue() {
        use Effect::{NoExecute, NoSchedule, PreferNoSchedule};
        let plain = PodSpec::default();
        let on_host = PodSpec { host_network: true, ..Default::default() };
        let named = PodSpec { node_name: Some("other".into()), ..Default::default() };
        let ssd = NodeAffinity { selector: [("disk".into(), "ssd".into())].into(), required: None };
        let ssd = PodSpec { node_affinity: ssd, ..Default::default() };
        let no_terms = NodeAffinity { selector: [].into(), required: Some([].into()) };
        let no_terms = PodSpec { node_affinity: no_terms, ..Default::default() };
        for (what, template, node, expected) in [
            ("nothing asked", &plain, node(&[], &[]), (true, true)),
            ("another node named", &named, node(&[], &[]), (false, false)),
            ("label as asked", &ssd, node(&[("disk", "ssd")], &[]), (true, true)),
            ("label differs in case", &ssd, node(&[("disk", "SSD")], &[]), (false, false)),
            ("required without terms", &no_terms, node(&[], &[]), (false, false)),
            ("dedicated", &plain, node(&[], &[("dedicated", "ml", NoSchedule)]), (false, true)),
            ("evicting", &plain, node(&[], &[("dedicated", "ml", NoExecute)]), (false, false)),
            ("preferring", &plain, node(&[], &[("dedicated", "ml", PreferNoSchedule)]), (true, true)),
            ("cordoned", &plain, node(&[], &[("node.kubernetes.io/unschedulable", "", NoSchedule)]), (true, true)),
            ("not ready", &plain, node(&[], &[("node.kubernetes.io/not-ready", "", NoSchedule)]), (false, true)),
            (
                "not ready, evicting",
                &plain,
                node(&[], &[("node.kubernetes.io/not-ready", "", NoExecute)]),
                (true, true),
            ),
            (
                "no network",
                &plain,
                node(&[], &[("node.kubernetes.io/network-unavailable", "", NoSchedule)]),
                (false, true),
            ),
            (
                "no network, host's",
                &on_host,
                node(&[], &[("node.kubernetes.io/network-unavailable", "", NoSchedule)]),
                (true, true),
            ),
        ] {
            assert_eq!(decide(template, &node), expected, "{what}");
        }
    }

    #[test]
    fn one_of_several_terms_is_enough() {
        let term = |key: &str, operator| NodeTerm {
            expressions: [Requirement { key: Symbol::new(key), operator }].into(),
            fields: [].into(),
            usable: true,
        };
        let required = Some([term("a", Operator::Exists), term("b", Operator::DoesNotExist)].into());
        let affinity = NodeAffinity { selector: [].into(), required };
        let template = PodSpec { node_affinity: affinity, ..Default::default() };
        assert!(decide(&template, &node(&[("a", "1"), ("b", "1")], &[])).0);
        assert!(decide(&template, &node(&[], &[])).0);
        assert!(!decide(&template, &node(&[("b", "1")], &[])).0);
    }
}
