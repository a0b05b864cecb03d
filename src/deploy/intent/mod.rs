//! What the documents ask for: one DaemonSet with what belongs to it, each object marked as ours.
//!
//! * `marks`: the labels and annotations that make the objects one ApplySet.
//! * `stored_form`: an object in the form that the server stores.
//! * `together`: which DaemonSet an object belongs to, and which share it.

mod marks;
mod stored_form;
mod together;

use std::collections::BTreeSet;

use serde_json::{Map, Value as Json};

use crate::client::api_path::{namespace_name, object_name};
use crate::deploy::desired_object::DesiredObject;
use crate::deploy::intent::stored_form::encode;
use crate::deploy::plan::LocalSource;
use crate::deploy::resources::{ObjectId, Resource, set_in_metadata};
use crate::error::{Error, Result};
use crate::exit_code::ExitCode;
use crate::manifest::{Input, Language, Object, Problem, SecretSource};
use crate::yaml::Node;

pub use crate::deploy::intent::stored_form::forget_the_server;

/// A DaemonSet and what belongs to it, in the order of application.
#[derive(Debug, Clone)]
pub struct Intent {
    /// The namespace of the DaemonSet.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// All objects, the DaemonSet last.
    pub objects: Vec<DesiredObject>,
    /// The context in which alone the document may be deployed, where it names one.
    pub context: Option<String>,
    /// Whether the document names a cluster that cannot be checked here.
    pub targets_cluster: bool,
    /// What of this machine is in the objects.
    pub local_sources: Vec<LocalSource>,
    /// Objects of the documents that belong to DaemonSets which are deployed together with this one.
    pub beside: Vec<DesiredObject>,
    /// The sets of the DaemonSets that are deployed together with this one.
    pub together: Vec<String>,
    /// Namespaces that a DaemonSet before this one makes, too.
    pub repeated: Vec<ObjectId>,
}

/// An object of the documents, with the DaemonSets, by number, whose specs it was rendered from.
struct Placed {
    wanted: DesiredObject,
    owners: BTreeSet<usize>,
}

/// Objects of the documents that belong to no DaemonSet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign {
    /// Kinds with the names of their objects, in the order of the documents.
    pub kinds: Vec<(String, Vec<String>)>,
    /// Namespace and name of the DaemonSets.
    pub daemon_sets: Vec<(String, String)>,
}

/// Why documents cannot be deployed.
#[derive(Debug)]
pub enum Unfit {
    /// A value cannot be read where the document says that it is.
    Problems(Vec<Problem>),
    /// They hold objects that are not needed around a DaemonSet.
    Foreign(Foreign),
    /// They do not make one deployment.
    Error(Error),
}

impl From<Error> for Unfit {
    fn from(error: Error) -> Self {
        Unfit::Error(error)
    }
}

impl Intent {
    /// Reads documents that are sound: an intent for each DaemonSet, in their order. `given` is the user's `-n`, `default`
    /// the context's namespace; `read` gives secrets that stand elsewhere.
    ///
    /// # Errors
    /// There is no DaemonSet, a kind that is not deployed, two objects of one name, a namespace other than `given`, or a
    /// secret that cannot be read.
    pub fn all(
        documents: &[Input],
        given: Option<&str>,
        default: &str,
        read: &dyn Fn(SecretSource<'_>) -> Result<String, String>,
    ) -> Result<Vec<Intent>, Unfit> {
        let mains: Vec<&Input> = documents.iter().filter(|document| document.kind() == "DaemonSet").collect();
        if mains.is_empty() {
            return Err(Error::new("cannot find a DaemonSet in the input").into());
        }
        let namespace = |main: &Input| main.namespace().or(given).unwrap_or(default).to_owned();
        let mut intents: Vec<Intent> = Vec::new();
        for main in &mains {
            intents.push(Intent {
                namespace: namespace(main),
                name: main.name().to_owned(),
                objects: Vec::new(),
                context: main.context().map(str::to_owned),
                targets_cluster: documents.iter().any(Input::targets_cluster),
                local_sources: Vec::new(),
                beside: Vec::new(),
                together: Vec::new(),
                repeated: Vec::new(),
            });
        }
        if let Some(foreign) = foreign(documents, &intents) {
            return Err(Unfit::Foreign(foreign));
        }
        let first = intents[0].namespace.clone();
        let common = match intents.iter().all(|intent| intent.namespace == first) {
            true => first,
            false => given.unwrap_or(default).to_owned(),
        };
        let mut objects: Vec<Placed> = Vec::new();
        for document in documents {
            let main = mains.iter().position(|main| std::ptr::eq(*main, document));
            for made in document.objects(read).map_err(Unfit::Problems)? {
                let owners: BTreeSet<usize> = main.filter(|_| made.rendered).into_iter().collect();
                let own = main.map_or(&common, |number| &intents[number].namespace);
                let wanted = desired(made, given, own)?;
                match main.filter(|_| wanted.id.resource.kind == "DaemonSet") {
                    Some(number) if !intents.iter().any(|i| i.objects.iter().any(|w| w.id == wanted.id)) => {
                        intents[number].objects.push(wanted);
                        continue;
                    }
                    _ => {}
                }
                let same = objects.iter_mut().find(|placed| placed.wanted.id == wanted.id);
                let is_one = match same {
                    Some(placed) => placed.unite(&wanted, &owners),
                    None => wanted.id.resource.kind != "DaemonSet",
                };
                if !is_one {
                    return Err(Error::new(format!("{} is defined twice in the documents", wanted.id)).into());
                }
                if !objects.iter().any(|placed| placed.wanted.id == wanted.id) {
                    objects.push(Placed { wanted, owners });
                }
            }
        }
        Intent::distribute(&mut intents, objects);
        let sets: Vec<String> = intents.iter().map(Intent::set_id).collect();
        for (number, intent) in intents.iter_mut().enumerate() {
            intent.together =
                sets.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, s)| s.clone()).collect();
            intent.objects.sort_by_key(|wanted| wanted.id.resource.order());
            intent.mark();
        }
        Ok(intents)
    }

    /// `NAMESPACE/NAME` of the DaemonSet.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The spec of the DaemonSet's pods.
    fn template(&self) -> &Json {
        let daemon_set = self.objects.iter().find(|wanted| wanted.id.resource.kind == "DaemonSet");
        daemon_set.map_or(&Json::Null, |wanted| &wanted.object["spec"]["template"]["spec"])
    }

    /// The DaemonSet.
    pub fn daemon_set(&self) -> &DesiredObject {
        self.objects.last().expect("an intent has its DaemonSet, last")
    }

    /// The namespace among the objects, where the documents make it.
    pub fn own_namespace(&self) -> Option<&DesiredObject> {
        self.objects.iter().find(|w| w.id.resource.kind == "Namespace" && w.id.name == self.namespace)
    }

    /// Keeps the selector of the DaemonSet that is there, which cannot change: the template gets the labels that it
    /// asks for. Gives the labels where that changed anything.
    pub fn keep_selector(&mut self, live: &Json) -> Option<Vec<String>> {
        let theirs = live.pointer("/spec/selector")?.clone();
        let wanted = self.objects.last_mut()?;
        if wanted.object.pointer("/spec/selector") == Some(&theirs) {
            return None;
        }
        let labels: Map<String, Json> =
            theirs.get("matchLabels").and_then(Json::as_object).cloned().unwrap_or_default();
        wanted.object["spec"]["selector"] = theirs;
        for (key, value) in &labels {
            set_in_metadata(&mut wanted.object["spec"]["template"], "labels", key, value.as_str().unwrap_or_default());
        }
        Some(labels.iter().map(|(k, v)| format!("{k}={}", v.as_str().unwrap_or_default())).collect())
    }

    /// Whether the documents may be deployed to a context.
    ///
    /// # Errors
    /// The document names another context, or a cluster that cannot be checked while the context was not chosen
    /// expressly.
    pub fn guard(&self, context: Option<&str>, expressly: bool) -> Result<()> {
        if let Some(wanted) = &self.context
            && context != Some(wanted.as_str())
        {
            let here = context.map_or("no context".to_owned(), |c| format!("context `{c}`"));
            let message = format!("the document is for context `{wanted}`, but this is {here}");
            return Err(Error::new(message)
                .hint(format!("use `--context {wanted}`"))
                .exit(ExitCode::RefusedBeforeWrite));
        }
        if self.targets_cluster && self.context.is_none() && !expressly {
            let message = "cannot check the `target_cluster` of the document against this cluster";
            return Err(Error::new(message)
                .hint("choose the cluster with `--context NAME`")
                .exit(ExitCode::RefusedBeforeWrite));
        }
        Ok(())
    }
}

/// The objects that are not needed around a DaemonSet, by kind; `None` if there is none.
fn foreign(documents: &[Input], intents: &[Intent]) -> Option<Foreign> {
    let mut kinds: Vec<(String, Vec<String>)> = Vec::new();
    for document in documents.iter().filter(|document| document.language() == Language::Apps) {
        let version = document.node().get("apiVersion").and_then(Node::text).unwrap_or_default();
        if Resource::of(version, document.kind()).is_some() {
            continue;
        }
        let name = match document.namespace() {
            Some(namespace) => format!("{namespace}/{}", document.name()),
            None => document.name().to_owned(),
        };
        match kinds.iter_mut().find(|(kind, _)| kind == document.kind()) {
            Some((_, names)) => names.push(name),
            None => kinds.push((document.kind().to_owned(), vec![name])),
        }
    }
    let daemon_sets = intents.iter().map(|intent| (intent.namespace.clone(), intent.name.clone())).collect();
    (!kinds.is_empty()).then_some(Foreign { kinds, daemon_sets })
}

/// The object as it is applied. `own` is the namespace of an object that names none.
fn desired(made: Object, given: Option<&str>, own: &str) -> Result<DesiredObject> {
    let Object { value: mut object, secret, rendered } = made;
    let text = |pointer: &str| object.pointer(pointer).and_then(Json::as_str).unwrap_or_default().to_owned();
    let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let Some(resource) = Resource::of(&version, &kind) else {
        return Err(Error::new(format!("cannot deploy objects of kind {kind} ({version})"))
            .hint("apply other objects with `kubectl apply`"));
    };
    let named = text("/metadata/namespace");
    let namespace = if named.is_empty() { own.to_owned() } else { named };
    let id = ObjectId::new(resource.kind, &namespace, &name);
    object_name(&name)?;
    if resource.namespaced {
        namespace_name(&namespace)?;
    }
    if let Some(given) = given.filter(|given| resource.namespaced && *given != namespace) {
        let message = format!("{id} has namespace `{namespace}`, but `-n` is `{given}`");
        return Err(Error::new(message).hint("remove `-n`, or change the document"));
    }
    if resource.namespaced {
        object["metadata"]["namespace"] = namespace.into();
    }
    if secret {
        encode(&mut object, &id)?;
    }
    forget_the_server(&mut object);
    Ok(DesiredObject { id, object, secret, rendered })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;
    use crate::deploy::resources::{GROUP_KINDS, NAMESPACES, PART_OF, SET_ID, SHARED_WITH, annotation, set_id};
    use crate::manifest::load;

    fn intent(text: &str, given: Option<&str>) -> Result<Intent, Unfit> {
        Ok(all(text, given)?.remove(0))
    }

    fn all(text: &str, given: Option<&str>) -> Result<Vec<Intent>, Unfit> {
        let loaded = load("x.yaml", text);
        assert!(!loaded.has_errors(), "{:?}", loaded.problems);
        Intent::all(&loaded.documents, given, "default", &|_| Err("nothing is read".to_owned()))
    }

    fn error(outcome: Result<Intent, Unfit>) -> String {
        match outcome {
            Err(Unfit::Error(error)) => error.message,
            other => panic!("{other:?}"),
        }
    }

    const SPEC: &str = "apiVersion: kubernetes.project-planton.org/v1
kind: KubernetesDaemonSet
metadata: {name: agent, labels: {kubernetes.planton.dev/context: prod}}
spec:
  namespace: logging
  create_namespace: true
  create_service_account: true
  config_maps: {conf: \"a: 1\"}
  container: {app: {image: {repo: r/agent, tag: '1'}, env: {secrets: {KEY: hush}}}}
";

    const PLAIN: &str = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: c, image: r/agent:1}]}
";

    #[test]
    fn a_spec_is_a_set_in_order() {
        let intent = intent(SPEC, None).unwrap();
        let kinds: Vec<&str> = intent.objects.iter().map(|w| w.id.resource.kind).collect();
        assert_eq!(kinds, ["Namespace", "ServiceAccount", "ConfigMap", "Secret", "DaemonSet"]);
        let id = set_id("logging", "agent");
        for wanted in &intent.objects {
            let labels = &wanted.object["metadata"]["labels"];
            let (part, set) = match wanted.id.resource.kind {
                "Namespace" => (None, None),
                "DaemonSet" => (None, Some(id.as_str())),
                _ => (Some(id.as_str()), None),
            };
            assert_eq!((labels[PART_OF].as_str(), labels[SET_ID].as_str()), (part, set), "{wanted:?}");
        }
        assert!(intent.daemon_set().object["spec"]["template"]["metadata"]["labels"][PART_OF].is_null());
        assert_eq!(
            intent.daemon_set().object["metadata"]["annotations"][GROUP_KINDS],
            "ConfigMap,Secret,ServiceAccount"
        );
        assert!(!format!("{intent:?}").contains("hush"));
    }

    #[test]
    fn a_context_is_guarded() {
        let intent = intent(SPEC, None).unwrap();
        assert!(intent.guard(Some("prod"), false).is_ok());
        let refused = intent.guard(Some("dev"), true).unwrap_err();
        assert_eq!(refused.exit, ExitCode::RefusedBeforeWrite);
        assert!(refused.message.contains("context `prod`") && refused.message.contains("context `dev`"));
    }

    #[test]
    fn a_cluster_that_cannot_be_checked_must_be_chosen_expressly() {
        let named = SPEC
            .replace(", labels: {kubernetes.planton.dev/context: prod}", "")
            .replace("spec:\n", "spec:\n  target_cluster: {cluster_name: prod-1}\n");
        let intent = intent(&named, None).unwrap();
        assert!(intent.targets_cluster);
        let refused = intent.guard(Some("prod"), false).unwrap_err();
        assert!(refused.exit == ExitCode::RefusedBeforeWrite && refused.hints[0].contains("--context"), "{refused:?}");
        assert!(intent.guard(Some("prod"), true).is_ok());
    }

    #[test]
    fn members_elsewhere_are_found_through_the_daemon_set() {
        let role =
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: r, namespace: far}\nrules: []\n";
        let mut intent = intent(&format!("{PLAIN}---\n{role}"), None).unwrap();
        let named = |intent: &Intent| annotation(&intent.daemon_set().object, NAMESPACES).map(str::to_owned);
        assert_eq!(named(&intent).as_deref(), Some("far"));
        assert!(intent.reach(&BTreeSet::from(["left".to_owned(), "default".to_owned()])));
        assert_eq!(named(&intent).as_deref(), Some("far,left"));
        intent.objects.remove(0);
        assert!(intent.reach(&BTreeSet::new()) && !intent.reach(&BTreeSet::new()));
        assert_eq!(named(&intent), None);
    }

    #[test]
    fn a_plain_daemon_set_goes_where_it_is_told() {
        assert_eq!(intent(PLAIN, None).unwrap().namespace, "default");
        let there = intent(PLAIN, Some("x")).unwrap();
        assert_eq!(there.daemon_set().object["metadata"]["namespace"], "x");
        let secret = format!("{PLAIN}---\napiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\nstringData: {{a: b}}\n");
        let with_secret = intent(&secret, None).unwrap();
        assert_eq!(with_secret.objects[0].object["data"]["a"], "Yg==");
        assert!(with_secret.objects[0].secret);
    }

    #[test]
    fn what_a_server_had_set_is_no_wish() {
        let exported = PLAIN.replace(
            "{name: agent}",
            "{name: agent, uid: a-b, resourceVersion: '7', generation: 3, creationTimestamp: null, \
             annotations: {deprecated.daemonset.template.generation: '3', mine: x}}",
        );
        let intent = intent(&format!("{exported}status: {{numberReady: 1}}\n"), None).unwrap();
        let object = &intent.daemon_set().object;
        for path in ["/metadata/uid", "/metadata/resourceVersion", "/metadata/generation", "/status"] {
            assert_eq!(object.pointer(path), None, "{path}");
        }
        let annotations = &object["metadata"]["annotations"];
        assert_eq!(
            (annotations["mine"].as_str(), annotations.get("deprecated.daemonset.template.generation")),
            (Some("x"), None)
        );
    }

    #[test]
    fn what_is_no_deployment_is_told() {
        let named = PLAIN.replace("name: agent}", "name: agent, namespace: other}");
        let refused = error(intent(&named, Some("x")));
        assert!(refused.contains("`other`") && refused.contains("`x`"), "{refused}");
        assert!(
            error(intent(&format!("{PLAIN}---\n{PLAIN}"), None)).contains("DaemonSet default/agent is defined twice")
        );
        let service = format!("{PLAIN}---\napiVersion: v1\nkind: Service\nmetadata: {{name: s}}\n");
        let Err(Unfit::Foreign(foreign)) = intent(&service, None) else { panic!("a Service is not deployed") };
        assert_eq!(foreign.kinds, [("Service".to_owned(), vec!["s".to_owned()])]);
        assert_eq!(foreign.daemon_sets, [("default".to_owned(), "agent".to_owned())]);
        let map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: m}\n";
        assert!(
            error(intent(&format!("{PLAIN}---\n{map}---\n{map}"), None))
                .contains("ConfigMap default/m is defined twice")
        );
        let role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: ../../x}\n";
        let path = format!("{PLAIN}---\n{role}");
        assert!(error(intent(&path, None)).contains("not a valid object name"));
    }

    #[test]
    fn what_several_need_belongs_to_the_first_and_names_the_others() {
        let second = PLAIN.replace("agent", "other").replace("r/other", "r/agent");
        let with = |text: &str| {
            text.replace(
                "{containers",
                "{serviceAccountName: sa, volumes: [{name: v, configMap: {name: conf}}], containers",
            )
        };
        let others = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: conf}\n---\napiVersion: v1\nkind: ServiceAccount\n\
                      metadata: {name: sa}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\n\
                      metadata: {name: b}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: r}\n\
                      subjects: [{kind: ServiceAccount, name: sa}]\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: Role\n\
                      metadata: {name: r}\nrules: []\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: loose}\n";
        let intents = all(&format!("{}---\n{}---\n{others}", with(PLAIN), with(&second)), None).unwrap();
        let names = |intent: &Intent| intent.objects.iter().map(|w| w.id.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&intents[0]), ["sa", "r", "b", "conf", "loose", "agent"]);
        assert_eq!(names(&intents[1]), ["other"]);
        assert_eq!(intents[1].beside.len(), 5);
        let shared = |intent: &Intent| {
            let named = intent.objects.iter().filter(|w| annotation(&w.object, SHARED_WITH) == Some("default/other"));
            named.map(|w| w.id.name.clone()).collect::<Vec<_>>()
        };
        assert_eq!(shared(&intents[0]), ["sa", "r", "b", "conf"]);
        // What only the second needs is its own.
        let intents = all(&format!("{PLAIN}---\n{}---\n{others}", with(&second)), None).unwrap();
        assert_eq!(names(&intents[0]), ["loose", "agent"]);
        assert_eq!(names(&intents[1]), ["sa", "r", "b", "conf", "other"]);
    }

    #[test]
    fn specs_share_what_says_the_same() {
        let second = SPEC
            .replace("name: agent,", "name: other,")
            .replace("create_service_account: true", "create_service_account: false");
        let intents = all(&format!("{SPEC}---\n{second}"), None).unwrap();
        let config = intents[0].objects.iter().find(|w| w.id.name == "conf").unwrap();
        assert_eq!(annotation(&config.object, SHARED_WITH), Some("logging/other"));
        assert!(intents[1].objects.iter().all(|w| w.id.name != "conf"));
        assert!(intents.iter().all(|intent| intent.own_namespace().is_some()));
        assert_eq!(intents[1].repeated.len(), 1);
        let differs =
            error(all(&format!("{SPEC}---\n{}", second.replace("a: 1", "a: 2")), None).map(|mut all| all.remove(0)));
        assert!(differs.contains("ConfigMap logging/conf is defined twice"), "{differs}");
    }

    #[test]
    fn the_selector_that_is_there_stays() {
        let mut intent = intent(SPEC, None).unwrap();
        let live = json!({"spec": {"selector": {"matchLabels": {"app": "old"}}}});
        assert_eq!(intent.keep_selector(&live), Some(vec!["app=old".to_owned()]));
        let spec = &intent.daemon_set().object["spec"];
        assert_eq!(spec["selector"]["matchLabels"], json!({"app": "old"}));
        assert_eq!(spec["template"]["metadata"]["labels"]["app"], "old");
        assert_eq!(intent.keep_selector(&live), None);
    }
}
