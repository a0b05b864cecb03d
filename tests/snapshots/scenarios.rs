//! The clusters of `src/investigate/scenarios` as the program is given them.

use serde_json::{Value, json};

use super::Code;
use super::clusters::*;
use super::story::Story;

/// The time at which the clusters were saved, as `NOW`.
pub const TAKEN_AT: &str = "2027-01-15T08:00:00Z";

/// What the program is given to find a code.
pub struct Scenario {
    /// The code that it finds.
    pub code: Code,
    /// What the saved cluster holds.
    pub cluster: Vec<Value>,
    /// Documents for `-f`; without one the deployed DaemonSet is judged.
    pub documents: Vec<Value>,
    /// More arguments.
    pub args: &'static [&'static str],
}

impl Scenario {
    /// A DaemonSet that is deployed on the cluster.
    pub fn deployed(code: Code, mut cluster: Vec<Value>, daemon_set: &Value) -> Scenario {
        cluster.extend([other(), stored(daemon_set)]);
        Scenario { code, cluster, documents: Vec::new(), args: &[] }
    }

    /// The files, and the arguments that name them.
    pub fn begin(&self) -> (Story, Vec<&'static str>) {
        let story = Story::new();
        let saved = json!({"apiVersion": "kubectl-daemonset/v1", "kind": "DoctorSnapshot", "takenAt": TAKEN_AT});
        let items: Vec<&Value> = std::iter::once(&saved).chain(&self.cluster).collect();
        story.file("cluster.json", json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string());
        let mut args = vec!["doctor"];
        for (document, name) in self.documents.iter().zip(["agent.json", "another.json"]) {
            story.file(name, with_images(document).to_string());
            args.extend(["-f", name]);
        }
        args.extend(["--snapshot", "cluster.json"]);
        args.extend(self.args);
        (story, args)
    }
}

/// The document with an image for each container, without which the API server refuses it.
fn with_images(document: &Value) -> Value {
    let mut document = document.clone();
    let pod = document.pointer_mut("/spec/template/spec/containers").and_then(Value::as_array_mut);
    for container in pod.into_iter().flatten().filter_map(Value::as_object_mut) {
        container.entry("image").or_insert_with(|| "registry.example/c:v1".into());
    }
    document
}

/// Every scenario as files and arguments. What only a server can be asked is not among them.
pub fn scenarios() -> Vec<Scenario> {
    let mut all = Vec::new();
    for (code, mut cluster, document) in on_paper() {
        cluster.push(other());
        all.push(Scenario { code, cluster, documents: vec![document], args: &[] });
    }
    all.extend(
        deployed().into_iter().map(|(code, cluster, daemon_set)| Scenario::deployed(code, cluster, &daemon_set)),
    );
    let plain = || stored(&daemon_set(json!({})));
    let ending = with(running(), json!({"metadata": {"deletionTimestamp": TAKEN_AT}}));
    let cluster = vec![node("n1"), ending, other(), plain()];
    all.push(Scenario { code: Code::EXPECTED, cluster, documents: Vec::new(), args: &["--expect", "all"] });
    let cluster = vec![node("n1"), plain()];
    all.push(Scenario { code: Code::STATUS_NOT_READY, cluster, documents: Vec::new(), args: &[] });
    let cluster = vec![node("n1"), other()];
    all.push(Scenario { code: Code::DO_NOT_FIT_TOGETHER, cluster, documents: two_documents(), args: &[] });
    all
}
