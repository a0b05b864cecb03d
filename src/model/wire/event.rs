//! Events of either API group.

use serde::Deserialize;

use crate::model::Symbol;
use crate::model::daemonset::Event;
use crate::model::message::event;
use crate::model::nullable::Nullable;
use crate::model::wire::meta::{Meta, Time, cut_middle, non_empty};

/// An event, of either API group.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WireEvent {
    pub metadata: Meta,
    involved_object: Option<WireReference>,
    regarding: Option<WireReference>,
    reason: Nullable<Symbol>,
    message: Option<String>,
    note: Option<String>,
    #[serde(rename = "type")]
    kind: Nullable<String>,
    first_timestamp: Time,
    deprecated_first_timestamp: Time,
    last_timestamp: Time,
    deprecated_last_timestamp: Time,
    event_time: Time,
    count: Nullable<i64>,
    deprecated_count: Nullable<i64>,
    series: Option<WireSeries>,
    source: Option<WireEventSource>,
    deprecated_source: Option<WireEventSource>,
    reporting_component: Nullable<String>,
    reporting_instance: Option<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireReference {
    kind: Nullable<Symbol>,
    namespace: Nullable<Symbol>,
    name: Nullable<String>,
    uid: Nullable<String>,
    #[serde(rename = "fieldPath")]
    field_path: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireEventSource {
    host: Option<Symbol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireSeries {
    last_observed_time: Time,
    count: Nullable<i64>,
}

impl WireEvent {
    /// The event, if it is about a DaemonSet, a pod or a node.
    pub fn narrow(self) -> Option<Event> {
        let about = self.involved_object.or(self.regarding)?;
        if !matches!(about.kind.as_str(), "DaemonSet" | "Pod" | "Node") {
            return None;
        }
        let is_daemon_set = about.kind.as_str() == "DaemonSet";
        let (series, in_series) = self.series.map_or((None, 0), |s| (s.last_observed_time.0, s.count.0));
        let first = [self.first_timestamp.0, self.deprecated_first_timestamp.0, self.event_time.0];
        let seen = [series, self.last_timestamp.0, self.deprecated_last_timestamp.0, self.event_time.0];
        let mut message = self.message.or(self.note).unwrap_or_default();
        // Kubelets and runtimes wrap errors: the reason stands at the end.
        cut_middle(&mut message, 2048);
        let source = self.source.or(self.deprecated_source).unwrap_or_default();
        Some(Event {
            kind: about.kind.0,
            namespace: about.namespace.0,
            name: about.name.0.into(),
            uid: Some(about.uid.0).filter(|uid| is_daemon_set && !uid.is_empty()).map(Into::into),
            reason: self.reason.0,
            message: message.into(),
            warning: self.kind.as_str() == "Warning",
            first_seen: first.into_iter().flatten().min().or(self.metadata.creation_timestamp.0),
            last_seen: seen.into_iter().flatten().max().or(self.metadata.creation_timestamp.0),
            count: self.count.0.max(self.deprecated_count.0).max(in_series).max(1),
            container: about.field_path.as_deref().and_then(event::container).map(Symbol::new),
            host: non_empty(source.host).or_else(|| {
                non_empty(self.reporting_instance).filter(|_| self.reporting_component.as_str() == "kubelet")
            }),
        })
    }
}
