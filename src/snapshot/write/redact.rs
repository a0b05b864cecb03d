//! What is changed in the fields that are kept: addresses always, names where that is asked for.

mod message;
mod names;
mod words;

use std::collections::HashMap;

use serde_json::Value;

use crate::model::message::probe::without_output;
use crate::model::wire::Kind;
use crate::snapshot::write::redact::names::Names;
use crate::text::secrets::conceal;

/// Makes an object fit to be given away, each thing the same way wherever it stands.
#[derive(Default)]
pub(crate) struct Redactor {
    hosts: HashMap<String, String>,
    names: Option<Names>,
    /// Whether what a container wrote as its last words stays, but for what looks like a secret.
    keeps_output: bool,
}

impl Redactor {
    /// With names hashed, each by a salt that is never written down.
    pub(crate) fn of_names() -> Self {
        Redactor { names: Some(Names::new()), ..Redactor::default() }
    }

    /// With the last words of containers, as their logs are kept.
    pub(crate) fn with_output() -> Self {
        Redactor { keeps_output: true, ..Redactor::default() }
    }

    /// Whether names are hashed. They can be only when all of them are known: a word of an early object may be the name
    /// of a late one, and what is the same word must stay so.
    pub(crate) fn renames(&self) -> bool {
        self.names.is_some()
    }

    /// Changes addresses in place, and remembers names.
    pub(crate) fn redact(&mut self, kind: Kind, object: &mut Value) {
        self.fields(object);
        if self.renames() {
            without_names_of_people(object);
        }
        if let Some(names) = &mut self.names {
            names.learn(kind, object);
        }
    }

    /// Replaces names in place.
    pub(crate) fn rename(&self, object: &mut Value) {
        if let Some(names) = &self.names {
            names.replace(object, true);
        }
    }

    fn fields(&mut self, value: &mut Value) {
        match value {
            Value::Array(values) => values.iter_mut().for_each(|value| self.fields(value)),
            Value::Object(map) => {
                for (key, value) in map.iter_mut() {
                    match (key.as_str(), &mut *value) {
                        ("hostIP", Value::String(address)) => self.host(address),
                        ("terminated", Value::Object(ended)) => {
                            // Of a container that ran, this is what it wrote itself, or its last log lines. Of one
                            // that could not be started it is the runtime's word.
                            let reason = ended.get("reason").and_then(Value::as_str).unwrap_or_default();
                            let is_output =
                                !matches!(reason, "StartError" | "ContainerCannotRun" | "ContainerStatusUnknown");
                            match ended.get_mut("message") {
                                Some(Value::String(text)) if is_output && self.keeps_output => *text = conceal(text),
                                _ if is_output => drop(ended.remove("message")),
                                _ => {}
                            }
                        }
                        ("message" | "note", Value::String(text)) => without_output(text),
                        _ => self.fields(value),
                    }
                }
            }
            _ => {}
        }
    }

    /// Another address for an address. Those that mean all, or the machine itself, decide and tell nothing.
    fn host(&mut self, address: &mut String) {
        let parsed = address.parse::<std::net::IpAddr>();
        if address.is_empty() || parsed.as_ref().is_ok_and(|ip| ip.is_unspecified() || ip.is_loopback()) {
            return;
        }
        let next = u32::try_from(self.hosts.len()).unwrap_or(u32::MAX);
        // From 240.0.0.0/4, which no machine has.
        let other = || std::net::Ipv4Addr::from_bits(0xf000_0001u32.saturating_add(next)).to_string();
        *address = self.hosts.entry(address.clone()).or_insert_with(other).clone();
    }
}

/// Takes out what people name freely and no verdict rests on: variables, mounts, objects that become files, and who changed
/// the template.
fn without_names_of_people(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(without_names_of_people),
        Value::Object(map) => {
            map.retain(|key, _| !["env", "envFrom", "volumeMounts", "managedFields"].contains(&key.as_str()));
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("configMap" | "secret" | "projected", Value::Object(source)) => {
                        source.retain(|key, _| key == "optional");
                    }
                    (_, value) => without_names_of_people(value),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn addresses_stay_apart_and_stay_the_same() {
        let mut redactor = Redactor::default();
        let mut pod = json!({"ports": [{"hostIP": "10.0.0.9"}, {"hostIP": ""}, {"hostIP": "0.0.0.0"},
            {"hostIP": "10.0.0.8"}, {"hostIP": "10.0.0.9"}, {"hostIP": "127.0.0.1"}]});
        redactor.redact(Kind::Pod, &mut pod);
        let ips: Vec<_> = pod["ports"].as_array().unwrap().iter().map(|p| p["hostIP"].as_str().unwrap()).collect();
        assert_eq!(ips, ["240.0.0.1", "", "0.0.0.0", "240.0.0.2", "240.0.0.1", "127.0.0.1"]);
    }

    #[test]
    fn last_words_of_a_container_are_its_log() {
        let mut pod = json!({"a": {"terminated": {"reason": "Error", "message": "canary", "exitCode": 1}},
            "b": {"terminated": {"reason": "StartError", "message": "exec format error"}}});
        Redactor::default().redact(Kind::Pod, &mut pod);
        assert_eq!(pod["a"], json!({"terminated": {"reason": "Error", "exitCode": 1}}));
        assert_eq!(pod["b"]["terminated"]["message"], "exec format error");
        let mut pod = json!({"a": {"terminated": {"reason": "Error", "message": "token=q1w2e3: no such file"}}});
        Redactor::with_output().redact(Kind::Pod, &mut pod);
        assert_eq!(pod["a"]["terminated"]["message"], "token=***: no such file");
    }

    #[test]
    fn without_names_nothing_is_left_of_variables_and_mounts() {
        let mut pod = json!({"spec": {"containers": [{"name": "c", "env": [{"name": "PLANTED"}],
                "envFrom": [{"secretRef": {"name": "planted"}}], "volumeMounts": [{"mountPath": "/planted"}]}],
            "volumes": [{"name": "v", "configMap": {"name": "planted", "optional": true}}, {"name": "w", "projected": {
                "sources": [{"secret": {"name": "planted"}}]}}]}, "metadata": {"managedFields": [{"manager": "planted"}]}});
        Redactor::of_names().redact(Kind::DaemonSet, &mut pod);
        assert!(!pod.to_string().to_lowercase().contains("planted"), "{pod}");
        assert_eq!(pod["spec"]["volumes"][0]["configMap"], json!({"optional": true}));
    }

    #[test]
    fn output_of_probes_and_hooks_is_left_out() {
        for (said, kept) in [
            ("Readiness probe failed: CANARY", "Readiness probe failed: (output left out)"),
            ("Readiness probe failed: HTTP probe failed with statuscode: 503", ""),
            ("Liveness probe failed: dial tcp 10.0.0.1:80: connect: connection refused", ""),
            (
                "Liveness probe failed: Get \"http://10.0.0.1/x?token=CANARY\": dial",
                "Liveness probe failed: Get \"http://10.0.0.1/x?...\": dial",
            ),
            ("Exec lifecycle hook ([sh CANARY]) for Container \"c\" failed", "Exec lifecycle hook: (output left out)"),
            ("Startup probe errored: CANARY", "Startup probe errored: (output left out)"),
        ] {
            let mut event = json!({"message": said});
            Redactor::default().redact(Kind::Event, &mut event);
            assert_eq!(event["message"], if kept.is_empty() { said } else { kept });
        }
    }

    /// Each kind of the table in docs/guides/offline.md is planted, and none is left.
    #[test]
    fn nothing_of_people_is_left() {
        let mut redactor = Redactor::of_names();
        let mut all = [
            (
                Kind::Node,
                json!({"metadata": {"name": "prod-db-1.corp.invalid", "uid": "PLANTED-uid",
                "labels": {"kubernetes.io/hostname": "prod-db-1", "rack": "PLANTED_rack", "kubernetes.io/os": "linux",
                    "planted.invalid/tier": "planted-tier"}},
                "spec": {"taints": [{"key": "planted.invalid/dedicated", "value": "PLANTEDTENANT", "effect": "NoSchedule"}]},
                "status": {"allocatable": {"planted.invalid/gpu": "1"}, "conditions": [{"type": "Ready",
                    "message": "node PROD-DB-1 at 10.66.77.88: dial tcp 10.66.77.89:6443"}]}}),
            ),
            (
                Kind::DaemonSet,
                json!({"metadata": {"name": "agent", "namespace": "planted-ns"}, "spec": {"template": {"spec": {
                "containers": [{"name": "main", "image": "registry.planted.invalid:5000/team/agent:1"}],
                "volumes": [{"name": "data", "hostPath": {"path": "/srv/planted-path"}}],
                "tolerations": [{"key": "planted.invalid/dedicated", "value": "PLANTEDTENANT"}]}}}}),
            ),
            (
                Kind::Job,
                json!({"metadata": {"name": "planted-job-1", "namespace": "planted-ns", "labels": {"cron": "planted-job"},
                "ownerReferences": [{"kind": "CronJob", "name": "planted-job", "uid": "PLANTED-u2"}]}}),
            ),
            (
                Kind::PersistentVolume,
                json!({"metadata": {"name": "pv"}, "spec": {"nodeAffinity": {"required": {
                "nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In",
                    "values": ["prod-db-1"]}]}]}}}}),
            ),
            (
                Kind::Event,
                json!({"metadata": {"name": "e"}, "involvedObject": {"name": "agent-abcde", "namespace": "planted-ns"},
                "message": "MountVolume.SetUp failed for volume \"data\" : configmap \"planted-cfg\" not found; secret \"planted-tls\" \
                    not found; node prod-db-1 (prod-db-1.corp.invalid:10250); Failed to pull image \
                    \"registry.planted.invalid:5000/team/agent:1\"; system:serviceaccount:planted-ns:planted-robot \
                    admin@planted.invalid; {planted.invalid/dedicated: PLANTEDTENANT}; \
                    https://10.66.77.90:8080/planted?token=PLANTED [fd00::77]: dial"}),
            ),
        ];
        all.iter_mut().for_each(|(kind, object)| redactor.redact(*kind, object));
        all.iter_mut().for_each(|(_, object)| redactor.rename(object));
        for (kind, object) in &all {
            let text = object.to_string().to_lowercase();
            for planted in ["planted", "prod-db-1", "corp.invalid", "10.66.", "fd00:"] {
                assert!(!text.contains(planted), "{kind}: {planted} in {text}");
            }
        }
        let (node, set, volume, event) = (&all[0].1, &all[1].1, &all[3].1, &all[4].1);
        // What was the same stays the same, so that the same rules decide the same.
        let taint = &node["spec"]["taints"][0];
        let toleration = &set["spec"]["template"]["spec"]["tolerations"][0];
        assert_eq!((&taint["key"], &taint["value"]), (&toleration["key"], &toleration["value"]));
        let term = &volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"][0]["matchExpressions"][0];
        assert_eq!(term["values"][0], node["metadata"]["labels"]["kubernetes.io/hostname"]);
        let told = event["message"].as_str().unwrap();
        let taint = format!("{{{}: {}}}", taint["key"].as_str().unwrap(), taint["value"].as_str().unwrap());
        assert!(told.contains(&taint) && told.contains("volume \"data\" : configmap \"x"), "{told}");
    }

    #[test]
    fn label_keys_stay_wherever_they_stand() {
        let mut redactor = Redactor::of_names();
        let kept = json!({
            "taints": [{"key": "fluentd-only/n1", "value": "true"}],
            "tolerations": [{"key": "not-ready/n1", "operator": "Exists"}],
            "matchExpressions": [{"key": "example.com/fluentd-ready", "values": ["true"]}],
            "matchFields": [{"key": "n1", "values": []}],
            "topologyKey": "example.com/fluentd-rack",
            "matchLabelKeys": ["fluentd-hash", "n1"],
            "mismatchLabelKeys": ["fluentd-tenant"],
            "drivers": [{"topologyKeys": ["csi.example.com/n1"]}],
            "extendedResourceName": "fluentd-gpu/n1",
        });
        let mut set = json!({"metadata": {"name": "fluentd", "namespace": "d", "labels": {"key": "n1"}}, "kept": kept,
            "spec": {"matchLabels": {"topologyKey": "fluentd"}, "nodeSelector": {"key": "n1"}, "values": ["n1"]}});
        redactor.redact(Kind::Node, &mut json!({"metadata": {"name": "n1"}}));
        redactor.redact(Kind::DaemonSet, &mut set);
        redactor.rename(&mut set);
        assert_eq!(set["kept"], kept);
        // A label may be called like a field.
        let (labels, spec) = (&set["metadata"]["labels"], &set["spec"]);
        let node = &spec["values"][0];
        assert_ne!(*node, "n1");
        assert_eq!((&labels["key"], &spec["nodeSelector"]["key"]), (node, node));
        assert_eq!(spec["matchLabels"]["topologyKey"], set["metadata"]["name"]);
    }
    #[test]
    fn label_keys_stay_in_what_is_said_to_the_doctor() {
        let mut redactor = Redactor::of_names();
        redactor.redact(Kind::DaemonSet, &mut json!({"metadata": {"name": "web"}}));
        let mut set = json!({"metadata": {"name": "n1", "annotations": {
            "kubectl-daemonset/expect": "web-a/web=n1,web-b in (n1, m),!web,web-c,x!=n1",
            "kubectl-daemonset/ignore": "DS104@web-d==n1: not (n1, web=n1); DS105@web-e"}}});
        redactor.redact(Kind::DaemonSet, &mut set);
        redactor.rename(&mut set);
        let metadata = &set["metadata"];
        let (name, web) = (metadata["name"].as_str().unwrap(), redactor.names.as_ref().unwrap().hashed("web"));
        let said = &metadata["annotations"];
        assert_eq!(
            said["kubectl-daemonset/expect"],
            format!("web-a/web={name},web-b in ({name}, m),!web,web-c,x!={name}")
        );
        assert_eq!(
            said["kubectl-daemonset/ignore"],
            format!("DS104@web-d=={name}: not ({name}, {web}={name}); DS105@web-e")
        );
    }
}
