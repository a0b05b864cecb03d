//! One round of a diagnosis' requests: which lists they become, and how each is read.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use crate::client::api_path::field_value;
use crate::client::query::Query;
use crate::client::reader::{Found, Reader};
use crate::error::Result;
use crate::model::config_object::ConfigObject;
use crate::model::wire::{Kind, Object};
use crate::model::{Pod, Selector, Symbol};
use crate::store::data_request::MOST_NODES;
use crate::store::item_sink::{ItemSink, ListKind, Origin, Taken};
use crate::store::{Builder, Coverage, DataRequest, RetainFilter};

/// With more questions of a kind than this, one list of it costs less.
const FEW: usize = 8;

/// What is asked of the server at once.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// What one question asks.
    Of(DataRequest),
    /// Events of a namespace about pods whose names DaemonSets of these names give.
    PodEvents(Symbol, Vec<Symbol>),
}

impl List {
    pub(crate) fn question(&self) -> Option<&DataRequest> {
        match self {
            List::Of(question) => Some(question),
            List::PodEvents(..) => None,
        }
    }
}

/// Many questions of a kind become one list, and what was read `before` is not read again. Lists of pods come first: they
/// are the longest.
pub(crate) fn together(questions: HashSet<DataRequest>, before: &HashSet<DataRequest>) -> Vec<List> {
    let wider = |question: &DataRequest| match question {
        // A list of them would hold values.
        DataRequest::Get(Kind::ConfigMap | Kind::Secret, ..) => None,
        DataRequest::Get(kind, ..) | DataRequest::List(kind, Some(_)) => Some(DataRequest::List(*kind, None)),
        DataRequest::Selected(kind, namespace, _) => Some(DataRequest::List(*kind, Some(*namespace))),
        DataRequest::Events(namespace, ..) => Some(DataRequest::List(Kind::Event, Some(*namespace))),
        _ => None,
    };
    let mut many: HashMap<DataRequest, usize> = HashMap::new();
    for question in questions.iter().filter_map(wider) {
        *many.entry(question).or_default() += 1;
    }
    many.retain(|_, count| *count > FEW);
    let lone = questions.iter().filter(|q| !wider(q).is_some_and(|wider| many.contains_key(&wider)));
    let mut all: HashSet<DataRequest> = lone.cloned().collect();
    all.extend(many.into_keys());
    // Of those that were made wider in one namespace each there may still be many.
    let whole: HashSet<DataRequest> = all.iter().filter(|q| matches!(q, DataRequest::List(_, None))).cloned().collect();
    let has = |question: &DataRequest| before.contains(question) || whole.contains(question);
    all.retain(|q| match q {
        DataRequest::List(kind, Some(_)) | DataRequest::Get(kind, ..) => !has(&DataRequest::List(*kind, None)),
        _ => true,
    });
    let events: HashSet<Symbol> = all
        .iter()
        .chain(before)
        .filter_map(|q| if let DataRequest::List(Kind::Event, Some(namespace)) = q { Some(*namespace) } else { None })
        .collect();
    all.retain(|q| match q {
        DataRequest::Events(namespace, ..) | DataRequest::PodEvents(namespace, _) => !events.contains(namespace),
        _ => true,
    });
    let mut of_pods: HashMap<Symbol, Vec<Symbol>> = HashMap::new();
    let mut lists: Vec<List> = Vec::new();
    for question in all {
        match question {
            DataRequest::PodEvents(namespace, daemon_set) => of_pods.entry(namespace).or_default().push(daemon_set),
            other => lists.push(List::Of(other)),
        }
    }
    lists.extend(of_pods.into_iter().map(|(namespace, daemon_sets)| List::PodEvents(namespace, daemon_sets)));
    let short = |list: &List| {
        !matches!(
            list,
            List::Of(DataRequest::Pods | DataRequest::Selected(Kind::Pod, ..) | DataRequest::List(Kind::Pod, _))
        )
    };
    lists.sort_by_key(short);
    lists
}

/// One round of questions.
pub(crate) struct Round<'a> {
    pub(crate) reader: &'a Reader,
    pub(crate) shared: &'a RefCell<Builder>,
    pub(crate) keep: &'a RetainFilter,
    /// What was asked in rounds before.
    pub(crate) before: &'a HashSet<DataRequest>,
    /// Takes lists of own pods that were left off, if any may be.
    pub(crate) left: Option<&'a RefCell<HashSet<DataRequest>>>,
    /// What was kept of all pods.
    pub(crate) kept: RefCell<Option<RetainFilter>>,
}

impl Round<'_> {
    /// Asks, and adds what comes.
    pub(crate) async fn ask(&self, list: List) -> Result<()> {
        let question = match list {
            List::Of(question) => question,
            List::PodEvents(namespace, daemon_sets) => {
                let prefixes: Vec<String> = daemon_sets.iter().map(|name| format!("{name}-")).collect();
                let about = |name: &str| prefixes.iter().any(|prefix| name.starts_with(prefix));
                return self.events(namespace, "involvedObject.kind=Pod".to_owned(), about).await;
            }
        };
        match question {
            DataRequest::List(Kind::Pod, Some(namespace)) => self.own_pods(namespace).await,
            DataRequest::List(kind, namespace) => {
                let query = Query { namespace: namespace.map(|n| n.to_string()), ..Query::all(kind) };
                let coverage = self.reader.list(&query, &mut &*self.shared).await?;
                match namespace {
                    Some(_) => self.shared.borrow_mut().cover_part(kind, coverage),
                    None => self.shared.borrow_mut().cover(kind, coverage),
                }
                Ok(())
            }
            DataRequest::Get(kind @ (Kind::ConfigMap | Kind::Secret), Some(namespace), name) => {
                self.config_object(kind, namespace, name).await
            }
            DataRequest::Get(kind, namespace, name) => self.get(kind, namespace, name).await,
            DataRequest::Selected(kind, namespace, selector) => self.selected(kind, namespace, &selector).await,
            DataRequest::PodsOn(node) => {
                // Pods that have ended take nothing any more.
                let fields = format!(
                    "spec.nodeName={},status.phase!=Succeeded,status.phase!=Failed",
                    field_value(node.as_str())
                );
                let query = Query::all(Kind::Pod).with_fields(fields);
                let coverage = self.reader.list(&query, &mut &*self.shared).await?;
                let mut builder = self.shared.borrow_mut();
                if coverage.is_whole() {
                    builder.saw_pods_on(node);
                }
                builder.cover_part(Kind::Pod, coverage);
                Ok(())
            }
            DataRequest::Nominated => self.nominated().await,
            DataRequest::Pods => self.all_pods().await,
            DataRequest::Events(namespace, kind, name) => {
                let fields = format!("involvedObject.kind={kind},involvedObject.name={}", field_value(&name));
                self.events(namespace, fields, |_| true).await
            }
            // Nodes have no namespace; who speaks of them uses this one.
            DataRequest::NodesLeft => {
                for reason in ["RemovingNode", "DeletingNode"] {
                    let fields = format!("involvedObject.kind=Node,reason={reason}");
                    self.events("default".into(), fields, |_| true).await?;
                }
                Ok(())
            }
            // They are asked for together.
            DataRequest::PodEvents(..) => Ok(()),
        }
    }

    /// One object by its name. A list of one costs the server no more than the object itself, takes no other right than
    /// a list, and leaves no doubt whether the object is missing or the way to it.
    async fn get(&self, kind: Kind, namespace: Option<Symbol>, name: Symbol) -> Result<()> {
        let query = Query { namespace: namespace.map(|n| n.to_string()), ..Query::all(kind) };
        let query = query.with_fields(format!("metadata.name={}", field_value(name.as_str())));
        let coverage = self.reader.list(&query, &mut &*self.shared).await?;
        self.shared.borrow_mut().cover_part(kind, coverage);
        Ok(())
    }

    /// A ConfigMap or Secret by its name, without its values. One that may not be read leaves the others known.
    async fn config_object(&self, kind: Kind, namespace: Symbol, name: Symbol) -> Result<()> {
        let (found, object) = self.reader.get_keys(kind, namespace.as_str(), name.as_str()).await?;
        let mut builder = self.shared.borrow_mut();
        if let Some(object) = object {
            builder.add(Object::Config(kind, ConfigObject { namespace, name, ..object }));
        }
        builder.cover_part(kind, if let Found::NotSeen(why) = found { why } else { Coverage::Whole });
        Ok(())
    }

    async fn selected(&self, kind: Kind, namespace: Symbol, selector: &Selector) -> Result<()> {
        let query = Query::all(kind).in_namespace(namespace.as_str());
        let query = match selector.to_query().filter(|labels| !labels.is_empty()) {
            Some(labels) => query.with_labels(labels),
            None => query,
        };
        let left = self.left.filter(|_| kind == Kind::Pod);
        let goes_on = || left.is_none() || !self.many_wait();
        match self.reader.list_while(&query, &mut &*self.shared, &goes_on).await? {
            Some(coverage) if kind == Kind::Pod => self.cover_own_pods(namespace, coverage),
            Some(coverage) => self.shared.borrow_mut().cover_part(kind, coverage),
            None => {
                let question = DataRequest::Selected(kind, namespace, selector.clone());
                left.into_iter().for_each(|left| left.borrow_mut().extend([question.clone()]));
            }
        }
        Ok(())
    }

    /// Whether more own pods wait for a node than nodes are looked into one by one.
    fn many_wait(&self) -> bool {
        let builder = self.shared.borrow();
        let own = |pod: &&Pod| pod.owner.is_some_and(|owner| self.keep.owners.contains(&owner));
        let waits = |pod: &&Pod| pod.node.is_none() && !pod.phase.has_ended();
        builder.so_far().pods.iter().filter(own).filter(waits).count() > MOST_NODES
    }

    /// Says what came of asking for the DaemonSets' pods of a namespace.
    fn cover_own_pods(&self, namespace: Symbol, coverage: Coverage) {
        let mut builder = self.shared.borrow_mut();
        if !coverage.is_whole() {
            builder.hides_pods_of(namespace);
        }
        builder.cover_part(Kind::Pod, coverage);
    }

    /// The pods of a namespace that are, or would be, those of the DaemonSets.
    async fn own_pods(&self, namespace: Symbol) -> Result<()> {
        let own = |object: &Object| match object {
            Object::Pod(pod) => match pod.metadata.owner_references.controller() {
                Some(owner) => owner.uid.is_some_and(|uid| self.keep.owners.contains(&uid)),
                None => {
                    let labels = pod.metadata.labels();
                    self.keep.adopted.iter().any(|(home, s)| *home == namespace && s.matches(&labels))
                }
            },
            _ => true,
        };
        let query = Query::all(Kind::Pod).in_namespace(namespace.as_str());
        let coverage = self.reader.list(&query, &mut Passing { shared: self.shared, passes: own }).await?;
        self.cover_own_pods(namespace, coverage);
        Ok(())
    }

    async fn nominated(&self) -> Result<()> {
        let ask = async |fields: &str| {
            let query = Query::all(Kind::Pod).with_fields(fields);
            self.reader.list(&query, &mut &*self.shared).await
        };
        let coverage = match ask("spec.nodeName=,status.nominatedNodeName!=").await? {
            // Not every server selects by the second field.
            Coverage::Failed { .. } => ask("spec.nodeName=").await?,
            coverage => coverage,
        };
        self.shared.borrow_mut().cover_part(Kind::Pod, coverage);
        Ok(())
    }

    /// All pods, folded while they are read; where that is refused, the DaemonSets' own.
    async fn all_pods(&self) -> Result<()> {
        let folding = RefCell::new(Builder::folding(self.keep.clone()));
        let coverage = self.reader.list(&Query::all(Kind::Pod), &mut &folding).await?;
        let whole = coverage.is_whole();
        self.shared.borrow_mut().cover(Kind::Pod, coverage);
        if whole {
            self.shared.borrow_mut().take_all_pods(folding.into_inner());
            self.kept.replace(Some(self.keep.clone()));
            return Ok(());
        }
        let mut namespaces: HashMap<Symbol, Vec<&Selector>> = HashMap::new();
        for (namespace, selector) in &self.keep.adopted {
            namespaces.entry(*namespace).or_default().push(selector);
        }
        for (namespace, selectors) in namespaces {
            if selectors.len() > FEW {
                self.own_pods(namespace).await?;
                continue;
            }
            for selector in selectors {
                if !self.before.contains(&DataRequest::Selected(Kind::Pod, namespace, selector.clone())) {
                    self.selected(Kind::Pod, namespace, selector).await?;
                }
            }
        }
        Ok(())
    }

    async fn events(&self, namespace: Symbol, fields: String, about: impl Fn(&str) -> bool) -> Result<()> {
        let passes = |object: &Object| match object {
            Object::Event(Some(event)) => about(&event.name),
            _ => true,
        };
        let query = Query::all(Kind::Event).in_namespace(namespace.as_str()).with_fields(fields);
        let coverage = self.reader.list(&query, &mut Passing { shared: self.shared, passes }).await?;
        self.shared.borrow_mut().cover_part(Kind::Event, coverage);
        Ok(())
    }
}

/// Takes the objects that pass.
struct Passing<'b, P> {
    shared: &'b RefCell<Builder>,
    passes: P,
}

impl<P: Fn(&Object) -> bool> ItemSink for Passing<'_, P> {
    fn item(&mut self, json: &[u8], list: Option<ListKind<'_>>, _: &Origin) -> Result<Taken, serde_json::Error> {
        let list = list.map(|list| (list.api_version, list.kind));
        self.shared.borrow_mut().read_if(json, list, &self.passes)
    }
}
