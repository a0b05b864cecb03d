//! When does a report of the doctor agree with what a real control plane decided?
//!
//! A recording is one cluster and, for each DaemonSet that was put before it, what happened on every node: `excluded`
//! (the controller made no pod), `scheduled` (bound) or `pending` (with the scheduler's message), or that the API server
//! refused the pods; where it refused only some, how many were `created`, and what became of those. [`Setting`] is what
//! the rules need of the cluster, made once; [`Setting::judge`] compares one case with the report of `doctor -f`,
//! [`Setting::judge_live`] one with the report on the DaemonSet as it stands.
//!
//! Two things are left out because no list of objects can tell them: the scheduler's table of used host ports is a set,
//! so where one of two pods that share a port has ended the port counts as free ([`Setting::forgotten_ports`]); and an
//! eviction lifts the victim's own anti-affinity from its whole domain ([`Setting::uncovered_by_eviction`]).

// The agreement test and the cluster test each use a part.
#![allow(dead_code)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::Value;

/// One difference between the report and the real decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disagreement {
    /// `namespace/name` of the DaemonSet.
    pub daemon_set: String,
    /// The node, unless the difference is about the DaemonSet as a whole.
    pub node: Option<String>,
    /// What was decided and what the report says.
    pub what: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.daemon_set)?;
        if let Some(node) = &self.node {
            write!(f, " {node}")?;
        }
        write!(f, ": {}", self.what)
    }
}

/// The comparison of one case.
#[derive(Clone, Debug, Default)]
pub struct Judgement {
    /// How many verdicts were compared: one a node and one for `desiredNumberScheduled`.
    pub verdicts: usize,
    /// Those of them that differ.
    pub disagreements: Vec<Disagreement>,
    /// How often each decision was met, by outcome and reason: what of the rules the comparison has really tried.
    pub decisions: Decisions,
}

/// How often each decision was met. A node with two reasons counts for both.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decisions(BTreeMap<String, usize>);

impl Decisions {
    fn met(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Adds those of another comparison.
    pub fn add(&mut self, others: Self) {
        for (what, count) in others.0 {
            *self.0.entry(what).or_default() += count;
        }
    }
}

impl fmt::Display for Decisions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (what, count) in &self.0 {
            writeln!(f, "{count:>8}  {what}")?;
        }
        Ok(())
    }
}

/// What the rules need of the recorded cluster.
pub struct Setting<'a> {
    /// The node of each pod that has one, by the pod's name.
    homes: BTreeMap<&'a str, &'a str>,
    pods: Vec<&'a Value>,
    node_labels: BTreeMap<&'a str, &'a Value>,
    /// Names of the claims with the access mode ReadWriteOncePod.
    once_claims: BTreeSet<&'a str>,
    /// Nodes where a pod that ended shares a host port with one that has not.
    forgotten_ports: BTreeSet<&'a str>,
}

const FREE_PORTS: &str = "node(s) didn't have free ports for the requested pod ports";
const ONCE_CLAIM: &str =
    "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
const SPREAD: [&str; 2] = [
    "node(s) didn't match pod topology spread constraints",
    "node(s) didn't match pod topology spread constraints (missing required label)",
];
const TERMS: [&str; 3] = [
    "node(s) didn't match pod affinity rules",
    "node(s) didn't match pod anti-affinity rules",
    "node(s) didn't satisfy existing pods anti-affinity rules",
];
const VOLUMES: [&str; 6] = [
    "node(s) exceed max volume count",
    "node(s) didn't match PersistentVolume's node affinity",
    "node(s) didn't find available persistent volumes to bind",
    "node(s) did not have enough free storage",
    "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)",
    "node(s) had no available volume zone",
];
const PENDING_PLACEMENTS: [&str; 4] = ["unschedulable", "preempting", "gated", "contended"];

impl<'a> Setting<'a> {
    /// Of the recorded `cluster`, a `List`.
    pub fn of(cluster: &'a Value) -> Self {
        let of_kind = |kind: &'static str| array(&cluster["items"]).iter().filter(move |o| o["kind"] == kind);
        let pods: Vec<&Value> = of_kind("Pod").collect();
        let homes = pods.iter().filter_map(|p| Some((name(p), p["spec"]["nodeName"].as_str()?))).collect();
        let node_labels = of_kind("Node").map(|n| (name(n), &n["metadata"]["labels"])).collect();
        let once_claims = of_kind("PersistentVolumeClaim")
            .filter(|c| array(&c["spec"]["accessModes"]).iter().any(|m| m == "ReadWriteOncePod"))
            .map(name)
            .collect();
        let forgotten_ports = Self::forgotten_ports(&pods);
        Self { homes, pods, node_labels, once_claims, forgotten_ports }
    }

    /// Nodes where a pod that ended shared a host port with one that runs on. The scheduler forgets the port with the
    /// first of the two, so it may hold it for free.
    fn forgotten_ports(pods: &[&'a Value]) -> BTreeSet<&'a str> {
        let mut ended: BTreeMap<(&str, i64, &str), BTreeSet<bool>> = BTreeMap::new();
        for pod in pods {
            let Some(node) = pod["spec"]["nodeName"].as_str() else { continue };
            let over = matches!(pod["status"]["phase"].as_str(), Some("Succeeded" | "Failed"));
            let containers = array(&pod["spec"]["containers"]).iter().chain(array(&pod["spec"]["initContainers"]));
            for port in containers.flat_map(|c| array(&c["ports"])) {
                let Some(number) = port["hostPort"].as_i64().filter(|p| *p != 0) else { continue };
                let protocol = port["protocol"].as_str().unwrap_or("TCP");
                ended.entry((node, number, protocol)).or_default().insert(over);
            }
        }
        ended.into_iter().filter(|(_, kinds)| kinds.len() == 2).map(|((node, ..), _)| node).collect()
    }

    /// Nodes, other than the victim's, of a domain that the anti-affinity of a pod evicted in this case had covered.
    fn uncovered_by_eviction(&self, case: &Value) -> BTreeSet<&'a str> {
        let labels = &case["daemonSet"]["spec"]["template"]["metadata"]["labels"];
        let victims: Vec<&str> = array(&case["victims"]).iter().filter_map(Value::as_str).collect();
        let mut uncovered = BTreeSet::new();
        for pod in self.pods.iter().filter(|p| victims.contains(&name(p))) {
            let Some(home) = pod["spec"]["nodeName"].as_str() else { continue };
            let anti = &pod["spec"]["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
            for term in array(anti) {
                let key = term["topologyKey"].as_str().unwrap_or_default();
                let domain = self.node_labels.get(home).and_then(|l| l[key].as_str());
                if domain.is_none() || !selects(&term["labelSelector"], labels) {
                    continue;
                }
                let same = self.node_labels.iter().filter(|(n, l)| **n != home && l[key].as_str() == domain);
                uncovered.extend(same.map(|(n, _)| *n));
            }
        }
        uncovered
    }

    /// Compares the report of `doctor -f DAEMONSET --snapshot CLUSTER -o json` with a recorded case.
    pub fn judge(&self, case: &Value, report: &Value) -> Judgement {
        let mut told = Told::new(case);
        let ours = &report["daemonSets"][0];
        let nodes = by_name(&ours["nodes"]);
        let desired = case["live"]["status"]["desiredNumberScheduled"].as_i64().unwrap_or(0);

        told.compared(1);
        if ours["desiredNumberScheduled"].as_i64() != Some(desired) {
            told.differs(None, format!("desired {desired}, we say {}", ours["desiredNumberScheduled"]));
        }
        // A quota let in so many and no more: which is a matter of order, and so is what they leave to each other.
        let created = case["created"].as_i64();
        if let Some(created) = created {
            told.compared(1);
            let some = array(&ours["findings"]).iter().find(|finding| finding["code"] == "DS315");
            let admits = some.map_or(&Value::Null, |finding| &finding["evidence"]["admits"]);
            if admits.as_i64() != Some(created) {
                let refused = case["refused"].as_str().unwrap_or_default();
                told.differs(None, format!("{created} of {desired} pods were created ({refused}), we say {admits}"));
            }
            told.judgement.decisions.met("a quota admits some pods".to_owned());
        } else if let Some(refused) = case["refused"].as_str() {
            let have = nodes.values().filter(|n| n["placement"] == "denied").count();
            if have as i64 != desired {
                told.differs(None, format!("refused at creation on {desired} nodes ({refused}), we say on {have}"));
            }
            told.compared(1);
            let real = Refusal::read(refused);
            let ours = nodes.values().find(|n| n["placement"] == "denied").and_then(|n| Refusal::of_report(n));
            if real.is_none() || real != ours {
                told.differs(None, format!("refused at creation: {refused}; read as {real:?}, we say {ours:?}"));
            }
            for (code, what) in real.iter().flat_map(Refusal::parts) {
                told.judgement.decisions.met(format!("uncreated, {code} {what}"));
            }
        }

        let victims_homes: BTreeSet<&str> =
            array(&case["victims"]).iter().filter_map(|v| self.homes.get(v.as_str()?)).copied().collect();
        let uncovered = self.uncovered_by_eviction(case);
        let race = Race::of(&case["daemonSet"]["spec"]["template"], &self.once_claims);
        let mut contended: BTreeMap<&str, usize> = BTreeMap::new();
        // Whoever evicts takes part in the race too, and may win it.
        let mut won_by_eviction = false;
        if created.is_some() && !race.own.is_empty() {
            return told.judgement;
        }

        for (node, real) in object(&case["nodes"]) {
            told.compared(1);
            let Some(ours) = nodes.get(node.as_str()) else {
                told.differs(Some(node), "missing from the report".to_owned());
                continue;
            };
            let placement = ours["placement"].as_str().unwrap_or_default();
            let outcome = real["outcome"].as_str().unwrap_or_default();
            for what in decisions(real, ours) {
                told.judgement.decisions.met(what);
            }
            let swept = uncovered.contains(node.as_str());
            if swept && outcome != "excluded" && !matches!(placement, "excluded" | "denied") {
                continue;
            }
            if placement == "contended" {
                *contended.entry(outcome).or_default() += 1;
            }
            let victim_here = victims_homes.contains(node.as_str());
            won_by_eviction |= placement == "preempting" && victim_here && outcome == "scheduled";
            let raced = placement == "preempting" && race.hinders_preemption(real);
            if !raced && !placement_agrees(case, real, placement, victim_here) {
                let message = real["message"].as_str().unwrap_or_default();
                let after = if victim_here { " after an eviction" } else { "" };
                told.differs(
                    Some(node),
                    format!("really {outcome}{after} ({message}), we say {placement} {:?}", told_by_us(ours)),
                );
                continue;
            }
            for (plugin, reason) in misnamed(ours) {
                told.differs(Some(node), format!("`{reason}` is not a text of {plugin}"));
            }
            if let Some(what) = self.reasons_differ(node, real, ours, &race, victim_here) {
                told.differs(Some(node), what);
            }
            if placement == "preempting" && race.own.is_empty() {
                told.differs_if(node, self.victims_differ(case, node, ours));
            }
        }

        if !contended.is_empty()
            && (race.own.is_empty()
                || !(contended.contains_key("scheduled") || won_by_eviction)
                || !contended.contains_key("pending"))
        {
            told.differs(None, format!("we say contended, but really {contended:?}"));
        }
        told.judgement
    }

    /// Compares the report on the DaemonSet by name, on the cluster with its pods in it, with the recorded case.
    /// None where the end state depends on an order: evictions, nominations, pods that race each other.
    pub fn judge_live(&self, case: &Value, report: &Value) -> Option<Judgement> {
        let template = &case["daemonSet"]["spec"]["template"];
        let settled = array(&case["victims"]).is_empty()
            && object(&case["nodes"]).all(|(_, n)| n["nominated"].as_str().is_none_or(str::is_empty))
            && Race::of(template, &self.once_claims).own.is_empty();
        if !settled {
            return None;
        }
        let mut told = Told::new(case);
        let nodes = by_name(&report["daemonSets"][0]["nodes"]);
        let foreign_scheduler = template["spec"]["schedulerName"].is_string();
        for (node, real) in object(&case["nodes"]) {
            told.compared(1);
            let Some(ours) = nodes.get(node.as_str()) else {
                told.differs(Some(node), "missing from the report".to_owned());
                continue;
            };
            let outcome = real["outcome"].as_str().unwrap_or_default();
            if ours["pod"].is_null() != (outcome == "excluded") {
                told.differs(Some(node), format!("really {outcome}, and our pod is {}", ours["pod"]));
                continue;
            }
            let placement = ours["placement"].as_str().unwrap_or_default();
            let agrees = match outcome {
                "excluded" => placement == "excluded",
                "scheduled" => {
                    matches!(placement, "placed" | "rejected" | "blocked")
                        || (placement == "unknown" && (foreign_scheduler || claims_devices(case)))
                }
                _ => {
                    (PENDING_PLACEMENTS.contains(&placement) || placement == "unknown")
                        && (real["reason"] != "Unschedulable"
                            || (placement == "unknown" && claims_devices(case))
                            || told_by_scheduler(real["message"].as_str().unwrap_or_default()) == told_by_us(ours))
                }
            };
            if !agrees {
                let message = real["message"].as_str().unwrap_or_default();
                told.differs(
                    Some(node),
                    format!("really {outcome} ({message}), we say {placement} {:?}", told_by_us(ours)),
                );
            }
        }
        Some(told.judgement)
    }

    /// Other pods were evicted from the node than the report names. Where pods are alike in all that preemption looks
    /// at, which of them goes is not decided by any rule.
    fn victims_differ(&self, case: &Value, node: &str, ours: &Value) -> Option<String> {
        let rank = |victim: &str| -> (i64, String) {
            let pod = self.pods.iter().find(|p| name(p) == victim);
            let start = pod.and_then(|p| p["status"]["startTime"].as_str()).unwrap_or_default();
            (pod.and_then(|p| p["spec"]["priority"].as_i64()).unwrap_or_default(), start.to_owned())
        };
        let real: BTreeSet<&str> = array(&case["victims"])
            .iter()
            .filter_map(Value::as_str)
            .filter(|v| self.homes.get(v).is_some_and(|home| *home == node))
            .collect();
        let named = array(&ours["evidence"]["victims"]).iter().filter_map(Value::as_str);
        let ours: BTreeSet<&str> = named.map(|n| n.split_once('/').map_or(n, |(_, name)| name)).collect();
        let ranks = |victims: &BTreeSet<&str>| {
            let mut ranks: Vec<_> = victims.iter().map(|v| rank(v)).collect();
            ranks.sort();
            ranks
        };
        let differ = !real.is_empty() && real != ours && ranks(&real) != ranks(&ours);
        differ.then(|| format!("really evicted: {real:?}, we say {ours:?}"))
    }

    /// Compares what `deploy` predicted, before the DaemonSet was there, with what happened. Of nodes on which pods of
    /// the DaemonSet compete with each other the number must be right.
    pub fn judge_prediction(&self, case: &Value, prediction: &Value) -> Judgement {
        let mut told = Told::new(case);
        let desired = case["live"]["status"]["desiredNumberScheduled"].as_i64().unwrap_or(0);
        told.compared(1);
        if prediction["desired"].as_i64() != Some(desired) {
            told.differs(None, format!("desired {desired}, deploy predicted {}", prediction["desired"]));
        }
        let created = case["created"].as_i64();
        if let Some(created) = created {
            let admits = &prediction["quota"]["admits"];
            told.compared(1);
            if admits.as_i64() != Some(created) {
                told.differs(None, format!("{created} of {desired} pods were created, deploy predicted {admits}"));
            }
        } else if let Some(refused) = case["refused"].as_str() {
            let have = object(&prediction["nodes"]).filter(|(_, p)| **p == "denied").count();
            if have as i64 != desired {
                told.differs(None, format!("refused on {desired} nodes ({refused}), deploy predicted {have}"));
            }
        }
        let victims_homes: BTreeSet<&str> =
            array(&case["victims"]).iter().filter_map(|v| self.homes.get(v.as_str()?)).copied().collect();
        let uncovered = self.uncovered_by_eviction(case);
        let race = Race::of(&case["daemonSet"]["spec"]["template"], &self.once_claims);
        if created.is_some() && !race.own.is_empty() {
            return told.judgement;
        }
        let mut min_pods = 0;
        for (node, real) in object(&case["nodes"]) {
            told.compared(1);
            let placement = prediction["nodes"][node].as_str().unwrap_or("nothing");
            let outcome = real["outcome"].as_str().unwrap_or_default();
            let swept = uncovered.contains(node.as_str())
                && outcome != "excluded"
                && !matches!(placement, "excluded" | "denied" | "nothing");
            let raced = placement == "preempting" && race.hinders_preemption(real);
            min_pods += i64::from(placement == "contended" && outcome == "scheduled");
            let victim_here = victims_homes.contains(node.as_str());
            if !swept && !raced && !placement_agrees(case, real, placement, victim_here) {
                let message = real["message"].as_str().unwrap_or_default();
                told.differs(Some(node), format!("really {outcome} ({message}), deploy predicted {placement}"));
            }
        }
        let predicted = &prediction["contended"];
        let fewest = predicted["minPods"].as_i64().unwrap_or(0);
        let most = predicted["maxPods"].as_i64().unwrap_or(fewest);
        if !(fewest..=most).contains(&min_pods) {
            let predicted = format!("deploy predicted {fewest} to {most}");
            told.differs(None, format!("{min_pods} of the contended nodes got a pod, {predicted}"));
        }
        told.judgement
    }

    fn reasons_differ(&self, node: &str, real: &Value, ours: &Value, race: &Race, victim_here: bool) -> Option<String> {
        let placement = ours["placement"].as_str().unwrap_or_default();
        let us = told_by_us(ours);
        if matches!(placement, "placed" | "rejected" | "blocked" | "excluded" | "gated" | "unknown") && !us.is_empty() {
            return Some(format!("{placement}, yet told {us:?}"));
        }
        if placement == "unknown" || real["outcome"] != "pending" || real["reason"] != "Unschedulable" {
            return None;
        }
        let them = told_by_scheduler(real["message"].as_str().unwrap_or_default());
        if self.forgotten_ports.contains(node) && us.contains(FREE_PORTS) && !them.contains(FREE_PORTS) {
            return None;
        }
        // While victims terminate the message names what is still missing, which a later plugin may say.
        let nominated = real["nominated"].as_str().is_some_and(|n| !n.is_empty());
        if nominated && !them.is_empty() && them.is_subset(&listed_by_us(ours)) {
            return None;
        }
        // What was told before the eviction is not what is told after it, where a sibling was quicker.
        let lost_after_eviction = placement == "preempting" && victim_here && !them.is_empty();
        let agrees = if placement == "contended" || lost_after_eviction && them != us {
            them.iter().all(|r| race.own.contains(r.as_str()))
        } else {
            them == us || race.explains(&them, &us)
        };
        (!agrees).then(|| format!("the scheduler says {them:?}, we say {us:?}"))
    }
}

/// What was decided about a node, for [`Decisions`]: a pending pod's reasons in the scheduler's words, without names.
fn decisions(real: &Value, ours: &Value) -> Vec<String> {
    let placement = ours["placement"].as_str().unwrap_or_default();
    let reasons = array(&ours["reasons"]);
    let codes = |stage: &str| -> BTreeSet<&str> {
        reasons.iter().filter(|r| r["stage"] == stage).filter_map(|r| r["code"].as_str()).collect()
    };
    match real["outcome"].as_str().unwrap_or_default() {
        "excluded" => codes("controller").into_iter().map(|c| format!("excluded, {c}")).collect(),
        "pending" if real["reason"] == "Unschedulable" => {
            let told = told_by_scheduler(real["message"].as_str().unwrap_or_default());
            let message = real["message"].as_str().unwrap_or_default();
            let never = if message.contains("preemptionPolicy=Never") { " (preempts never)" } else { "" };
            told.iter().map(|r| format!("{placement}, {}{never}", without_names(r))).collect()
        }
        outcome => vec![format!("{placement}, {outcome}")],
    }
}

/// A text with what stands in quotation marks taken out.
fn without_names(text: &str) -> String {
    text.split('"').enumerate().map(|(i, part)| if i % 2 == 0 { part } else { "..." }).collect()
}

/// Why the API server refuses the pods, as far as both sides say it: the code, and with it the failed Pod Security
/// checks, the resources over a quota, or the sentences of a LimitRange. The real server stops at the first plugin that
/// refuses, so it is the report's first reason of creation that must be this one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Refusal {
    code: String,
    parts: BTreeSet<String>,
}

impl Refusal {
    /// Reads the message of a FailedCreate event. None where it is of no known kind.
    fn read(message: &str) -> Option<Self> {
        let has = |text: &str| message.contains(text);
        let after = |mark: &str| message.split_once(mark).map(|(_, rest)| rest);
        let (code, parts) = if has("error looking up service account") {
            ("DS303", BTreeSet::new())
        } else if has("no PriorityClass with name") {
            ("DS304", BTreeSet::new())
        } else if has("the integer value of priority") {
            ("DS305", BTreeSet::new())
        } else if has("the string value of PreemptionPolicy") {
            ("DS306", BTreeSet::new())
        } else if has("pod rejected: RuntimeClass") {
            ("DS307", BTreeSet::new())
        } else if has("conflict: runtimeClass.scheduling.nodeSelector") {
            ("DS308", BTreeSet::new())
        } else if has("pod rejected: Pod's Overhead doesn't match") || has("pod rejected: Pod Overhead set without") {
            ("DS309", BTreeSet::new())
        } else if let Some(rest) = after("violates PodSecurity ") {
            ("DS311", Self::checks(rest))
        } else if let Some(rest) = after("exceeded quota: ") {
            let requested = rest.split_once("requested: ")?.1.split(", used: ").next()?;
            ("DS312", requested.split(',').filter_map(|r| r.split('=').next()).map(str::to_owned).collect())
        } else if let Some(rest) = after(": must specify ") {
            ("DS313", rest.split("; ").filter_map(|r| r.split(" for: ").next()).map(str::to_owned).collect())
        } else if has("status unknown for quota") {
            ("DS314", BTreeSet::new())
        } else if has(" usage per ") || has(" max limit to request ratio per ") {
            let sentences = after(" is forbidden: ")?.trim_start_matches('[').trim_end_matches(']');
            let mut parts: Vec<String> = Vec::new();
            for part in sentences.split(", ") {
                match parts.last_mut().filter(|_| !part.contains(" per ")) {
                    // A comma inside a sentence.
                    Some(last) => last.push_str(&format!(", {part}")),
                    None => parts.push(part.to_owned()),
                }
            }
            ("DS310", parts.iter().map(|part| Self::sentence(part)).collect())
        } else if has("hostPort: Duplicate value: ") {
            ("DS318", BTreeSet::new())
        } else if has(" exists in both matchLabelKeys and labelSelector") {
            ("DS317", BTreeSet::new())
        } else if has(" is invalid: ") {
            ("DS316", BTreeSet::new())
        } else {
            return None;
        };
        Some(Self { code: code.to_owned(), parts })
    }

    /// `"LEVEL:VERSION": CHECK (DETAIL), CHECK (DETAIL)`: the level and the checks.
    fn checks(text: &str) -> BTreeSet<String> {
        let (level, rest) = text.split_once(": ").unwrap_or((text, ""));
        let mut parts = BTreeSet::from([level.trim_matches('"').to_owned()]);
        let (mut depth, mut check) = (0usize, String::new());
        for c in rest.chars().chain([',']) {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                ',' if depth == 0 => {
                    parts.insert(Self::check(&check));
                    check.clear();
                }
                _ if depth == 0 => check.push(c),
                _ => {}
            }
        }
        parts
    }

    /// A LimitRange's sentence. Of a ratio that is exceeded the server tells a rounded quotient, the report both amounts.
    fn sentence(text: &str) -> String {
        match text.split_once(", but ") {
            Some((is, but)) if is.contains(" max limit to request ratio per ") && !but.contains("is specified") => {
                format!("{is}, and exceeded")
            }
            _ => text.to_owned(),
        }
    }

    /// A check's name, which the real one may put in the plural.
    fn check(name: &str) -> String {
        name.trim().replace("(s)", "").replace("profiles", "profile")
    }

    /// The first reason of creation in a report's node.
    fn of_report(node: &Value) -> Option<Self> {
        let reason = array(&node["reasons"]).iter().find(|r| r["stage"] == "creation")?;
        let code = reason["code"].as_str()?.to_owned();
        let evidence = &reason["evidence"];
        let each = |list: &str, field: &str| -> BTreeSet<String> {
            array(&evidence[list]).iter().filter_map(|v| v[field].as_str()).map(str::to_owned).collect()
        };
        let parts = match code.as_str() {
            "DS310" => each("violations", "text").iter().map(|text| Self::sentence(text)).collect(),
            "DS311" => {
                let text = |key: &str| evidence[key].as_str().unwrap_or_default();
                let level = format!("{}:{}", text("level"), text("version"));
                each("violations", "check").iter().map(|c| Self::check(c)).chain([level]).collect()
            }
            "DS312" => each("exceeded", "resource"),
            "DS313" => each("missing", "resource"),
            _ => BTreeSet::new(),
        };
        Some(Self { code, parts })
    }

    /// For [`Decisions`].
    fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        let whole = self.parts.is_empty().then_some("");
        let parts = self.parts.iter().map(|p| p.split(" is ").next().unwrap_or_default());
        parts.chain(whole).map(|p| (self.code.as_str(), p))
    }
}

/// Does our `placement` say what really happened on the node? `victim_here`: a pod was evicted from it.
fn placement_agrees(case: &Value, real: &Value, placement: &str, victim_here: bool) -> bool {
    let outcome = real["outcome"].as_str().unwrap_or_default();
    let gated = real["reason"] == "SchedulingGated";
    let scheduler = case["daemonSet"]["spec"]["template"]["spec"]["schedulerName"].as_str();
    let foreign = scheduler.is_some_and(|s| s != "default-scheduler");
    let agrees = match outcome {
        "excluded" => placement == "excluded",
        "pending" if foreign && !gated => placement == "unknown",
        // Which devices are free may take the allocator's search.
        "scheduled" | "pending" if placement == "unknown" => claims_devices(case),
        // No kubelet runs there.
        "scheduled" => {
            matches!(placement, "placed" | "rejected" | "blocked" | "contended")
                || (placement == "preempting" && victim_here)
        }
        _ if gated => placement == "gated",
        _ => PENDING_PLACEMENTS.contains(&placement),
    };
    let preempted = victim_here || real["nominated"].as_str().is_some_and(|n| !n.is_empty());
    agrees && preempted == (placement == "preempting")
}

/// Whether the pods claim devices, or an extended resource that devices may provide.
fn claims_devices(case: &Value) -> bool {
    let spec = &case["daemonSet"]["spec"]["template"]["spec"];
    let mut containers = array(&spec["containers"]).iter().chain(array(&spec["initContainers"]));
    spec["resourceClaims"].is_array()
        || containers.any(|c| object(&c["resources"]["limits"]).any(|(name, _)| name.starts_with("example.com/")))
}

/// The texts by which pods of one DaemonSet may refuse each other. Which of them gets there first is not decided by any
/// rule, so neither is which of these texts the others are told.
struct Race {
    own: BTreeSet<&'static str>,
    /// Those and the texts of the plugins that come later: a node that a later plugin refuses may be refused by the race.
    own_and_later: BTreeSet<&'static str>,
}

impl Race {
    fn of(template: &Value, once_claims: &BTreeSet<&str>) -> Self {
        let (spec, labels) = (&template["spec"], &template["metadata"]["labels"]);
        let mut race = Self { own: BTreeSet::new(), own_and_later: BTreeSet::new() };
        if claims(template).any(|c| once_claims.contains(c)) {
            race.own.insert(ONCE_CLAIM);
            race.own_and_later.insert(ONCE_CLAIM);
            race.own_and_later.extend(VOLUMES.into_iter().chain(SPREAD).chain(TERMS));
        }
        if array(&spec["topologySpreadConstraints"]).iter().any(|c| {
            c["whenUnsatisfiable"] == "DoNotSchedule"
                && c["nodeAffinityPolicy"] == "Ignore"
                && selects(&c["labelSelector"], labels)
        }) {
            race.own.extend(SPREAD);
            race.own_and_later.extend(SPREAD.into_iter().chain(TERMS));
        }
        let terms = ["podAffinity", "podAntiAffinity"]
            .into_iter()
            .flat_map(|kind| array(&spec["affinity"][kind]["requiredDuringSchedulingIgnoredDuringExecution"]));
        if terms.into_iter().any(|t| selects(&t["labelSelector"], labels)) {
            race.own.extend(TERMS);
            race.own_and_later.extend(TERMS);
        }
        race
    }

    /// Whether a pod for which others would be evicted was in the end kept out by its siblings: evicting helps the one
    /// that is tried first and no other. The real preemption then names the text of the race.
    fn hinders_preemption(&self, real: &Value) -> bool {
        let message = real["message"].as_str().unwrap_or_default();
        let preemption = message.split_once(" preemption: ").map_or("", |(_, rest)| rest);
        self.own.iter().any(|text| preemption.contains(text))
    }

    /// Whether a text is of NodeVolumeLimits, which comes after the race for a claim, and names a driver.
    fn is_of_driver(&self, text: &str) -> bool {
        self.own.contains(ONCE_CLAIM) && text.ends_with(" CSI driver is not installed on the node")
    }

    fn explains(&self, them: &BTreeSet<String>, us: &BTreeSet<String>) -> bool {
        !them.is_empty()
            && !us.is_empty()
            && them.union(us).all(|r| self.own_and_later.contains(r.as_str()) || self.is_of_driver(r))
            && them.union(us).any(|r| self.own.contains(r.as_str()))
    }
}

/// The reasons in the scheduler's message that are about the one node to which a DaemonSet's pod is pinned.
///
/// `0/<nodes> nodes are available: <count> <reason>, ... . <what preemption says>`; or the text of a plugin that refused
/// the pod as a whole, without counts.
pub fn told_by_scheduler(message: &str) -> BTreeSet<String> {
    let body = match message.split_once(" nodes are available: ") {
        Some((head, rest)) if head.strip_prefix("0/").is_some_and(is_number) => rest,
        _ => message,
    };
    let mut end = body.len();
    for mark in [" no new claims to deallocate", " preemption: ", " still not schedulable"] {
        end = end.min(body.find(mark).unwrap_or(end));
    }
    if body.ends_with(" not found") {
        end = end.min(body.len() - " not found".len());
    }
    let body = body[..end].trim_end_matches(['.', ' ']);

    let counted = |part: &str| part.split_once(' ').is_some_and(|(count, _)| is_number(count));
    if !counted(body) {
        return if body.is_empty() { BTreeSet::new() } else { BTreeSet::from([body.to_owned()]) };
    }
    let mut reasons: Vec<String> = Vec::new();
    for part in body.split(", ") {
        match part.split_once(' ') {
            Some((count, reason)) if is_number(count) => reasons.push(reason.to_owned()),
            // A comma inside a reason.
            _ => reasons.last_mut().expect("the first part is counted").push_str(&format!(", {part}")),
        }
    }
    // What is said of the other nodes; by more plugins where the pod was tried on a nominated node first.
    reasons.into_iter().filter(|r| !r.contains("didn't satisfy plugin(s) [")).collect()
}

/// The scheduler's reasons that the report says are told for this node.
fn told_by_us(node: &Value) -> BTreeSet<String> {
    array(&node["reasons"])
        .iter()
        .filter(|r| r["stage"] == "scheduler" && r["reportedByScheduler"] == true)
        .map(|r| r["reason"].as_str().map_or_else(|| r["reason"].to_string(), str::to_owned))
        .collect()
}

/// The scheduler's reasons that the report lists for this node, told or not.
fn listed_by_us(node: &Value) -> BTreeSet<String> {
    let reasons = array(&node["reasons"]).iter().filter(|r| r["stage"] == "scheduler");
    reasons.filter_map(|r| r["reason"].as_str()).map(str::to_owned).collect()
}

/// The scheduler's reasons, told or not, whose plugin is not the one that has that text.
fn misnamed(node: &Value) -> Vec<(&str, &str)> {
    let reasons = array(&node["reasons"]).iter().filter(|r| r["stage"] == "scheduler");
    reasons
        .filter_map(|r| {
            let (plugin, reason) = (r["plugin"].as_str().unwrap_or("no plugin"), r["reason"].as_str()?);
            plugin_of(reason).is_some_and(|p| p != plugin).then_some((plugin, reason))
        })
        .collect()
}

fn plugin_of(reason: &str) -> Option<&'static str> {
    let has = |text: &str| reason.contains(text);
    let missing_claim = reason.starts_with("persistentvolumeclaim ") && has(" not found");
    Some(if has("untolerated taint") {
        "TaintToleration"
    } else if has("didn't match Pod's node affinity/selector") {
        "NodeAffinity"
    } else if has("free ports") {
        "NodePorts"
    } else if reason.starts_with("Insufficient ") || reason.starts_with("Too many pods") {
        "NodeResourcesFit"
    } else if has("ReadWriteOncePod") || has("no available disk") || missing_claim {
        "VolumeRestrictions"
    } else if has("max volume count") {
        "NodeVolumeLimits"
    } else if has("unbound immediate")
        || has("PersistentVolume's node affinity")
        || has("available persistent volumes")
        || has("enough free storage")
    {
        "VolumeBinding"
    } else if has("available volume zone") {
        "VolumeZone"
    } else if has("topology spread") {
        "PodTopologySpread"
    } else if has("pod affinity rules") || has("anti-affinity rules") {
        "InterPodAffinity"
    } else if has("cannot allocate all claims") || has("device class ") {
        "DynamicResources"
    } else {
        return None;
    })
}

/// Does the label selector pick these labels? None picks nothing.
fn selects(selector: &Value, labels: &Value) -> bool {
    if selector.is_null() {
        return false;
    }
    object(&selector["matchLabels"]).all(|(key, value)| labels.get(key) == Some(value))
        && array(&selector["matchExpressions"]).iter().all(|e| {
            let value = labels.get(e["key"].as_str().unwrap_or_default());
            let listed = value.is_some_and(|v| array(&e["values"]).contains(v));
            match e["operator"].as_str() {
                Some("In") => listed,
                Some("NotIn") => !listed,
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                other => panic!("no such operator of a label selector: {other:?}"),
            }
        })
}

/// Names of the claims that the template refers to.
fn claims(template: &Value) -> impl Iterator<Item = &str> {
    array(&template["spec"]["volumes"]).iter().filter_map(|v| v["persistentVolumeClaim"]["claimName"].as_str())
}

/// Collects the differences of one case.
struct Told {
    daemon_set: String,
    judgement: Judgement,
}

impl Told {
    fn new(case: &Value) -> Self {
        let metadata = &case["daemonSet"]["metadata"];
        let text = |key: &str| metadata[key].as_str().unwrap_or_default().to_owned();
        Self { daemon_set: format!("{}/{}", text("namespace"), text("name")), judgement: Judgement::default() }
    }

    fn compared(&mut self, verdicts: usize) {
        self.judgement.verdicts += verdicts;
    }

    fn differs_if(&mut self, node: &str, what: Option<String>) {
        if let Some(what) = what {
            self.differs(Some(node), what);
        }
    }

    fn differs(&mut self, node: Option<&str>, what: String) {
        let (daemon_set, node) = (self.daemon_set.clone(), node.map(str::to_owned));
        self.judgement.disagreements.push(Disagreement { daemon_set, node, what });
    }
}

fn by_name(objects: &Value) -> BTreeMap<&str, &Value> {
    array(objects).iter().filter_map(|o| Some((o["name"].as_str()?, o))).collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_scheduler_s_message_is_read() {
        for (message, reasons) in [
            ("", vec![]),
            (
                "0/30 nodes are available: 1 Insufficient memory, 1 Too many pods, 29 node(s) didn't satisfy plugin(s) [NodeAffinity]. \
                 no new claims to deallocate, preemption: 0/30 nodes are available: 1 No preemption victims found for incoming pod.",
                vec!["Insufficient memory", "Too many pods"],
            ),
            (
                "0/5 nodes are available: 1 node(s) had untolerated taint {a: b, c}, 4 node(s) didn't satisfy plugin(s) [NodeAffinity]. preemption: not eligible.",
                vec!["node(s) had untolerated taint {a: b, c}"],
            ),
            (
                "0/5 nodes are available: pod has unbound immediate PersistentVolumeClaims. not found",
                vec!["pod has unbound immediate PersistentVolumeClaims"],
            ),
            (
                "0/5 nodes are available: persistentvolumeclaim \"x\" not found. not found",
                vec!["persistentvolumeclaim \"x\" not found"],
            ),
            ("0/2 nodes are available: 2 node(s) didn't satisfy plugin(s) [NodeAffinity].", vec![]),
            (
                "0/3 nodes are available: 1 Too many pods, 2 node(s) didn't satisfy plugin(s) [InterPodAffinity NodeAffinity].",
                vec!["Too many pods"],
            ),
        ] {
            let reasons: BTreeSet<String> = reasons.into_iter().map(str::to_owned).collect();
            assert_eq!(told_by_scheduler(message), reasons, "{message}");
        }
    }

    fn cluster() -> Value {
        json!({"items": [
            {"kind": "Node", "metadata": {"name": "n1", "labels": {"zone": "a"}}},
            {"kind": "Node", "metadata": {"name": "n2", "labels": {"zone": "a"}}},
            {"kind": "Node", "metadata": {"name": "n3", "labels": {"zone": "b"}}},
            {"kind": "Pod", "metadata": {"name": "low"}, "spec": {"nodeName": "n2", "containers": []}, "status": {"phase": "Running"}},
        ]})
    }

    fn case() -> Value {
        let message = "0/3 nodes are available: 1 Insufficient cpu, 2 node(s) didn't satisfy plugin(s) [NodeAffinity].";
        json!({
            "daemonSet": {"metadata": {"namespace": "default", "name": "ds"}, "spec": {"template": {"spec": {}}}},
            "live": {"status": {"desiredNumberScheduled": 2}},
            "nodes": {
                "n1": {"outcome": "excluded"},
                "n2": {"outcome": "scheduled"},
                "n3": {"outcome": "pending", "reason": "Unschedulable", "message": message},
            },
        })
    }

    fn report() -> Value {
        let reason = json!({"stage": "scheduler", "plugin": "NodeResourcesFit", "reason": "Insufficient cpu", "reportedByScheduler": true});
        json!({"daemonSets": [{"desiredNumberScheduled": 2, "nodes": [
            {"name": "n1", "placement": "excluded", "pod": null, "reasons": []},
            {"name": "n2", "placement": "placed", "pod": {"name": "p"}, "reasons": []},
            {"name": "n3", "placement": "unschedulable", "pod": {"name": "q"}, "reasons": [reason]},
        ]}]})
    }

    fn judge(case: &Value, report: &Value) -> Vec<String> {
        Setting::of(&cluster()).judge(case, report).disagreements.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_right_report_agrees() {
        let cluster = cluster();
        let setting = Setting::of(&cluster);
        let judgement = setting.judge(&case(), &report());
        assert_eq!((judgement.verdicts, judgement.disagreements), (4, vec![]));
        let met = "       1  placed, scheduled\n       1  unschedulable, Insufficient cpu\n";
        assert_eq!(judgement.decisions.to_string(), met);
        let live = setting.judge_live(&case(), &report()).expect("nothing races here");
        assert_eq!((live.verdicts, live.disagreements), (3, vec![]));
    }

    #[test]
    fn every_wrong_claim_is_a_disagreement() {
        let edits: [(&str, Value); 8] = [
            ("/desiredNumberScheduled", json!(3)),
            ("/nodes/0/placement", json!("placed")),
            ("/nodes/0/name", json!("other")),
            ("/nodes/1/placement", json!("excluded")),
            ("/nodes/1/placement", json!("preempting")),
            ("/nodes/2/placement", json!("placed")),
            ("/nodes/2/reasons/0/reportedByScheduler", json!(false)),
            ("/nodes/2/reasons/0/plugin", json!("NodePorts")),
        ];
        for (path, wrong) in edits {
            let mut report = report();
            *report["daemonSets"][0].pointer_mut(path).expect(path) = wrong.clone();
            assert_eq!(judge(&case(), &report).len(), 1, "{path} = {wrong}");
        }
    }

    #[test]
    fn a_wrong_prediction_is_a_disagreement() {
        let right = json!({"desired": 2, "nodes": {"n1": "excluded", "n2": "placed", "n3": "unschedulable"}});
        let judge = |prediction: &Value| Setting::of(&cluster()).judge_prediction(&case(), prediction);
        assert_eq!((judge(&right).verdicts, judge(&right).disagreements), (4, vec![]));
        for (path, wrong, many) in [
            ("/desired", json!(3), 1),
            ("/nodes/n1", json!("placed"), 1),
            ("/nodes/n2", json!("preempting"), 1),
            ("/nodes/n3", json!("placed"), 1),
            // One of a kind is no competition, and it is not counted as one.
            ("/nodes/n2", json!("contended"), 1),
            ("/nodes", json!({}), 3),
        ] {
            let mut prediction = right.clone();
            *prediction.pointer_mut(path).expect(path) = wrong.clone();
            assert_eq!(judge(&prediction).disagreements.len(), many, "{path} = {wrong}");
        }
    }

    #[test]
    fn an_eviction_is_preempting_and_nothing_else_is() {
        let mut case = case();
        case["victims"] = json!(["low"]);
        assert_eq!(judge(&case, &report()).len(), 1);
        let mut report = report();
        report["daemonSets"][0]["nodes"][1]["placement"] = json!("preempting");
        report["daemonSets"][0]["nodes"][1]["evidence"] = json!({"victims": ["default/low"]});
        assert_eq!(judge(&case, &report), Vec::<String>::new());
        let mut other = report.clone();
        other["daemonSets"][0]["nodes"][1]["evidence"] = json!({"victims": ["default/low", "default/lower"]});
        assert_eq!(judge(&case, &other).len(), 1);
        assert!(Setting::of(&cluster()).judge_live(&case, &report).is_none());
    }

    #[test]
    fn contended_needs_a_race_and_both_outcomes() {
        let mut case = case();
        let mut report = report();
        report["daemonSets"][0]["nodes"][1]["placement"] = json!("contended");
        assert_eq!(judge(&case, &report).len(), 1);

        let term = json!({"labelSelector": {"matchLabels": {"ds": "ds"}}, "topologyKey": "zone"});
        case["daemonSet"]["spec"]["template"] = json!({"metadata": {"labels": {"ds": "ds"}}, "spec": {"affinity": {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}});
        case["nodes"]["n3"]["message"] =
            json!("0/3 nodes are available: 1 node(s) didn't match pod anti-affinity rules.");
        report["daemonSets"][0]["nodes"][2] =
            json!({"name": "n3", "placement": "contended", "pod": null, "reasons": []});
        assert_eq!(judge(&case, &report), Vec::<String>::new());
    }

    #[test]
    fn preemption_may_lose_a_race() {
        let mut case = case();
        let mut report = report();
        report["daemonSets"][0]["nodes"][2]["placement"] = json!("preempting");
        let lost = "0/3 nodes are available: 1 Insufficient cpu. preemption: 0/3 nodes are available: 1 node(s) didn't match pod affinity rules.";
        case["nodes"]["n3"]["message"] = json!(lost);
        assert_eq!(judge(&case, &report).len(), 1, "nothing races");
        let term = json!({"labelSelector": {"matchLabels": {"ds": "ds"}}, "topologyKey": "zone"});
        case["daemonSet"]["spec"]["template"] = json!({"metadata": {"labels": {"ds": "ds"}}, "spec": {"affinity": {
            "podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}});
        assert_eq!(judge(&case, &report), Vec::<String>::new());
        case["nodes"]["n3"]["message"] = json!(
            "0/3 nodes are available: 1 Insufficient cpu. preemption: 0/3 nodes are available: 1 Insufficient cpu."
        );
        assert_eq!(judge(&case, &report).len(), 1, "preemption was hindered by something else");
    }

    #[test]
    fn a_sibling_may_be_quicker_than_the_one_that_evicted() {
        let mut case = case();
        case["victims"] = json!(["low"]);
        case["nodes"]["n2"] = json!({"outcome": "pending", "reason": "Unschedulable",
            "message": "0/3 nodes are available: 1 node(s) didn't match pod anti-affinity rules."});
        let mut report = report();
        report["daemonSets"][0]["nodes"][1]["placement"] = json!("preempting");
        report["daemonSets"][0]["nodes"][1]["evidence"] = json!({"victims": ["default/low"]});
        report["daemonSets"][0]["nodes"][1]["reasons"] = json!([{"stage": "scheduler", "plugin": "NodeResourcesFit", "reason": "Insufficient cpu", "reportedByScheduler": true}]);
        assert_eq!(judge(&case, &report).len(), 1, "nothing races");
        let term = json!({"labelSelector": {"matchLabels": {"ds": "ds"}}, "topologyKey": "zone"});
        case["daemonSet"]["spec"]["template"] = json!({"metadata": {"labels": {"ds": "ds"}}, "spec": {"affinity": {
            "podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}}});
        assert_eq!(judge(&case, &report), Vec::<String>::new());
    }

    #[test]
    fn a_quota_may_let_in_some() {
        let mut case = case();
        case["refused"] = json!("Error creating: pods \"x\" is forbidden: exceeded quota: q, requested: pods=1");
        case["created"] = json!(1);
        let nodes = case["nodes"].as_object_mut().unwrap();
        nodes.retain(|node, _| node == "n3");
        assert_eq!(judge(&case, &report()).len(), 1, "the report knows of no quota");
        let mut report = report();
        let ours = &mut report["daemonSets"][0];
        ours["findings"] = json!([{"code": "DS315", "evidence": {"admits": 2}}]);
        assert_eq!(judge(&case, &report).len(), 1, "of another");
        report["daemonSets"][0]["findings"][0]["evidence"]["admits"] = json!(1);
        assert_eq!(judge(&case, &report), Vec::<String>::new());
        report["daemonSets"][0]["nodes"][2]["placement"] = json!("placed");
        assert_eq!(judge(&case, &report).len(), 1, "the pod that was made waits");
    }

    #[test]
    fn a_refusal_counts_the_nodes() {
        let mut case = case();
        case["refused"] = json!(
            "Error creating: pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=0, limited: pods=0"
        );
        case["nodes"] = json!({});
        assert_eq!(judge(&case, &report()).len(), 2);
        let mut report = report();
        let reason = json!({"stage": "creation", "code": "DS312", "evidence": {"exceeded": [{"resource": "pods"}]}});
        for node in 1..3 {
            report["daemonSets"][0]["nodes"][node] =
                json!({"name": format!("n{node}"), "placement": "denied", "reasons": [reason]});
        }
        assert_eq!(judge(&case, &report), Vec::<String>::new());
        report["daemonSets"][0]["nodes"][1]["reasons"][0]["code"] = json!("DS311");
        assert_eq!(judge(&case, &report).len(), 1);
    }

    #[test]
    fn the_api_server_s_refusals_are_read() {
        for (message, code, parts) in [
            (
                "pods \"x-\" is forbidden: error looking up service account a/absent: serviceaccount \"absent\" not found",
                "DS303",
                &[][..],
            ),
            (
                "pods \"x-a\" is forbidden: violates PodSecurity \"restricted:v1.24\": host namespaces (hostPID=true, hostIPC=true), forbidden AppArmor profiles (\"a\"), runAsUser=0 (pod must not set runAsUser=0)",
                "DS311",
                &["restricted:v1.24", "host namespaces", "forbidden AppArmor profile", "runAsUser=0"],
            ),
            (
                "pods \"x-a\" is forbidden: exceeded quota: q, requested: limits.cpu=3,pods=1, used: limits.cpu=0,pods=0, limited: limits.cpu=1,pods=0",
                "DS312",
                &["limits.cpu", "pods"],
            ),
            (
                "pods \"x-a\" is forbidden: failed quota: q: must specify cpu for: c0; memory for: c0,c1",
                "DS313",
                &["cpu", "memory"],
            ),
            (
                "pods \"x-a\" is forbidden: [maximum cpu usage per Pod is 2.  No limit is specified, minimum memory usage per Container is 1Gi, but request is 1Mi]",
                "DS310",
                &[
                    "maximum cpu usage per Pod is 2.  No limit is specified",
                    "minimum memory usage per Container is 1Gi, but request is 1Mi",
                ],
            ),
            (
                "pods \"x-a\" is forbidden: memory max limit to request ratio per Pod is 1500m, but provided ratio is 3.000000",
                "DS310",
                &["memory max limit to request ratio per Pod is 1500m, and exceeded"],
            ),
            (
                "pods \"x-a\" is forbidden: memory max limit to request ratio per Pod is 2, but no request is specified or request is 0",
                "DS310",
                &["memory max limit to request ratio per Pod is 2, but no request is specified or request is 0"],
            ),
            (
                "Pod \"x-a\" is invalid: spec.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0][0]: Invalid value: \"app\": exists in both matchLabelKeys and labelSelector",
                "DS317",
                &[],
            ),
            (
                "Pod \"x-a\" is invalid: spec.containers[1].ports[0].hostPort: Duplicate value: \"TCP//9100\"",
                "DS318",
                &[],
            ),
            ("Pod \"x-a\" is invalid: spec.resources.requests[cpu]: Invalid value: \"3\": must be ...", "DS316", &[]),
        ] {
            let parts = parts.iter().map(|p| (*p).to_owned()).collect();
            assert_eq!(Refusal::read(message), Some(Refusal { code: code.to_owned(), parts }), "{message}");
        }
        assert_eq!(Refusal::read("denied the request by webhook"), None);
    }
}
