//! Requests, limits and claims (`validateResourceRequirements`, `validatePodResources`,
//! pkg/apis/core/validation/validation.go, v1.36; names: pkg/apis/core/helper/helpers.go).

use std::collections::HashSet;

use crate::manifest::check::Checker;
use crate::manifest::check::volumes::{amount_of, set, text};
use crate::manifest::fields::Rule;
use crate::manifest::text::{broken, shorten};
use crate::model::Quantity;
use crate::yaml::{Entry, Node, Value};

/// Whose resources are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Container,
    Pod,
}

/// What is wrong with a resource in a list of amounts.
enum Fault {
    Unqualified,
    NonStandard,
    OutsidePods,
    Fraction,
    PartOfPage,
}

impl Checker<'_> {
    /// Resources of each container and of the pod, and what the pod claims.
    pub(super) fn all_resources(&mut self, pod: &Node) {
        let claims: HashSet<&str> =
            pod.get("resourceClaims").map(Node::items).unwrap_or_default().iter().map(|c| text(c, "name")).collect();
        self.pod_claims(pod);
        for container in super::containers(pod) {
            if let Some(resources) = set(container, "resources") {
                self.resources(resources, Owner::Container);
                self.claims(resources, &claims);
            }
        }
        if let Some(resources) = set(pod, "resources") {
            self.resources(resources, Owner::Pod);
            if let Some(claims) = set(resources, "claims") {
                self.error(claims.at, "resources of the pod have no `claims`", Some("move them to a container"));
            }
            self.whole_pod(pod, resources);
        }
        // Checked as limits of a container (`validateOverhead`).
        let overhead = pod.get("overhead").map(Node::entries).unwrap_or_default();
        overhead.iter().for_each(|entry| self.resource(entry, Owner::Container));
        let pages = overhead.iter().find(|e| e.key.starts_with("hugepages-"));
        if let Some(pages) = pages.filter(|_| overhead.iter().all(|e| e.key != "cpu" && e.key != "memory")) {
            let message = format!("{} needs cpu or memory beside it", shorten(&pages.key));
            self.error(pages.key_at, message, None);
        }
    }

    fn resources(&mut self, resources: &Node, owner: Owner) {
        let amounts = |group| resources.get(group).map(Node::entries).unwrap_or_default();
        for group in ["limits", "requests"] {
            amounts(group).iter().for_each(|entry| self.resource(entry, owner));
        }
        for request in amounts("requests") {
            let exact = !is_native(&request.key) || request.key.starts_with("hugepages-");
            let limit = resources.at_path(&["limits", &request.key]).filter(|n| n.value != Value::Null);
            let Some(limit) = limit else {
                if exact {
                    let message = format!("{} is requested without a limit", shorten(&request.key));
                    let hint = "set the limit to the request: this resource cannot be overcommitted";
                    self.error(request.key_at, message, Some(hint));
                }
                continue;
            };
            let Some((asked, most)) = amount_of(&request.node).zip(amount_of(limit)) else { continue };
            let name = shorten(&request.key);
            if exact && asked != most {
                self.error(request.node.at, format!("request and limit of {name} must be equal"), None);
            } else if asked > most {
                self.error(request.node.at, format!("the request of {name} is above the limit"), None);
            }
        }
        let all = || amounts("limits").iter().chain(amounts("requests"));
        let pages = all().find(|e| e.key.starts_with("hugepages-"));
        if let Some(pages) = pages.filter(|_| all().all(|e| e.key != "cpu" && e.key != "memory")) {
            let message = format!("{} needs a request or limit of cpu or memory beside it", shorten(&pages.key));
            self.error(pages.key_at, message, Some("request cpu or memory too"));
        }
    }

    /// One amount of one resource: its name, and what the amount may be.
    fn resource(&mut self, entry: &Entry, owner: Owner) {
        let Some(fault) = fault(&entry.key, amount_of(&entry.node), owner) else { return };
        let name = shorten(&entry.key);
        let (at, message, hint) = match fault {
            Fault::Unqualified => (entry.key_at, format!("`{name}` is not a name of a resource"), None),
            Fault::NonStandard => (
                entry.key_at,
                format!("`{name}` is not a resource of a container"),
                Some("use cpu, memory, ephemeral-storage, hugepages-SIZE, or a name with a domain: `example.com/gpu`"),
            ),
            Fault::OutsidePods => (
                entry.key_at,
                format!("`{name}` is not a resource of a pod"),
                Some("use cpu, memory or hugepages-SIZE, or move the resource to a container"),
            ),
            Fault::Fraction => (entry.node.at, format!("`{name}` must be an integer: a whole number of units"), None),
            Fault::PartOfPage => {
                (entry.node.at, format!("`{name}` must be a multiple of its page size, which is in its name"), None)
            }
        };
        self.error(at, message, hint);
    }

    /// What containers name is claimed by the pod, once.
    fn claims(&mut self, resources: &Node, known: &HashSet<&str>) {
        let mut seen: HashSet<(&str, &str)> = HashSet::new();
        for claim in resources.get("claims").map(Node::items).unwrap_or_default() {
            let (name, request) = (text(claim, "name"), text(claim, "request"));
            if name.is_empty() {
                continue;
            }
            let taken = |(n, r): &(&str, &str)| *n == name && (r.is_empty() || request.is_empty() || *r == request);
            if seen.iter().any(taken) {
                self.error(claim.at, format!("the claim `{}` is named twice", shorten(name)), Some("keep one"));
            }
            seen.insert((name, request));
            if !request.is_empty() && broken(Rule::DnsLabel, request).is_some() {
                self.refuse(
                    claim,
                    "request",
                    format!("`request` must {}", crate::manifest::text::demand(Rule::DnsLabel)),
                );
            }
            if !known.contains(name) {
                let message = format!("the pod has no claim `{}` in `{}`", shorten(name), self.name("resourceClaims"));
                self.error(claim.at, message, Some("add the claim to the pod"));
            }
        }
    }

    fn pod_claims(&mut self, pod: &Node) {
        let mut names = HashSet::new();
        for claim in pod.get("resourceClaims").map(Node::items).unwrap_or_default() {
            let name = text(claim, "name");
            if !name.is_empty() && !names.insert(name) {
                let at = claim.get("name").map_or(claim.at, |n| n.at);
                self.error(at, format!("two claims are named `{name}`"), Some("give each claim a unique name"));
            }
            let keys = ["resourceClaimName", "resourceClaimTemplateName"];
            let given: Vec<&&str> = keys.iter().filter(|key| set(claim, key).is_some()).collect();
            if given.len() != 1 {
                let message =
                    format!("a claim needs exactly one of `{}` and `{}`", self.name(keys[0]), self.name(keys[1]));
                self.lacks(claim, message, None);
            }
            for key in keys {
                if set(claim, key).and_then(Node::text).is_some_and(|name| broken(Rule::DnsName, name).is_some()) {
                    let message = format!("`{}` must {}", self.name(key), crate::manifest::text::demand(Rule::DnsName));
                    self.refuse(claim, key, message);
                }
            }
        }
    }

    /// Amounts of the whole pod hold those of its containers (`validatePodResourceConsistency`): the limit of each, and
    /// the sum of the requests. Init containers that end run one at a time and are left out here.
    fn whole_pod(&mut self, pod: &Node, resources: &Node) {
        let containers = pod.get("containers").map(Node::items).unwrap_or_default();
        for limit in resources.get("limits").map(Node::entries).unwrap_or_default() {
            let Some(most) = amount_of(&limit.node) else { continue };
            for container in containers {
                if let Some(own) = container.at_path(&["resources", "limits", &limit.key])
                    && amount_of(own).is_some_and(|own| own > most)
                {
                    let message = format!("the limit of {} is above that of the pod", shorten(&limit.key));
                    self.error(own.at, message, None);
                }
            }
        }
        for request in resources.get("requests").map(Node::entries).unwrap_or_default() {
            let Some(most) = amount_of(&request.node) else { continue };
            let own = containers.iter().filter_map(|c| c.at_path(&["resources", "requests", &request.key]));
            let sum: i128 = own.filter_map(amount_of).map(Quantity::nano_value).sum();
            if sum > most.nano_value() {
                let message = format!("the containers request more {} than the pod", shorten(&request.key));
                self.error(request.node.at, message, None);
            }
        }
    }
}

fn fault(name: &str, amount: Option<Quantity>, owner: Owner) -> Option<Fault> {
    if broken(Rule::LabelKey, name).is_some() {
        return Some(Fault::Unqualified);
    }
    let pages = name.strip_prefix("hugepages-");
    let standard = matches!(name, "cpu" | "memory") || pages.is_some();
    match owner {
        Owner::Pod if !standard => return Some(Fault::OutsidePods),
        Owner::Container if !name.contains('/') && !standard && name != "ephemeral-storage" => {
            return Some(Fault::NonStandard);
        }
        Owner::Container if !is_native(name) && !is_extended(name) => return Some(Fault::Unqualified),
        _ => {}
    }
    let nano = amount?.nano_value();
    if let Some(size) = pages {
        let size = Quantity::parse(size).map_or(0, Quantity::nano_value);
        let whole = size > 0 && size % Quantity::units(1).nano_value() == 0;
        return (!whole || nano % size != 0).then_some(Fault::PartOfPage);
    }
    (is_extended(name) && nano % Quantity::units(1).nano_value() != 0).then_some(Fault::Fraction)
}

/// Whether it is Kubernetes' own (`IsNativeResource`).
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Whether it is somebody else's, counted in whole units (`IsExtendedResourceName`).
fn is_extended(name: &str) -> bool {
    !is_native(name) && !name.starts_with("requests.") && broken(Rule::LabelKey, &format!("requests.{name}")).is_none()
}
