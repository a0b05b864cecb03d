//! How pods are replaced: bounds in either place, and the partner that a bound given alone needs.

use crate::manifest::render::Renderer;
use crate::manifest::render::build::{Fields, entry, fields, is_zero, keep, map, number, put, take};
use crate::yaml::{Entry, Value};

impl Renderer<'_> {
    /// The update strategy; `None` where nothing is said. Surge alone means that no node goes without (the API server
    /// would otherwise add `maxUnavailable: 1` and refuse both), and none unavailable alone means one surge.
    pub fn strategy(&mut self, given: Entry) -> Option<Entry> {
        let at = given.key_at;
        let mut parts = fields(given.node);
        let kind = take(&mut parts, "type").filter(|e| e.node.text() != Some(""));
        let rolling = take(&mut parts, "rollingUpdate");
        let had_block = rolling.is_some();
        let mut bounds = rolling.map(|e| fields(e.node)).unwrap_or_default();
        bounds.retain(|e| !matches!(&e.node.value, Value::Null));
        for key in ["maxUnavailable", "maxSurge"] {
            let Some(flat) = take(&mut parts, key) else { continue };
            if bounds.iter().any(|e| e.key == key) {
                let message = format!("`{}` is also set in `rolling_update`", crate::manifest::fields::snake(key));
                self.error(flat.key_at, message, Some("keep one"));
            } else {
                bounds.push(flat);
            }
        }
        let find = |key| bounds.iter().find(|e: &&Entry| e.key == key).map(|e| &e.node);
        let partner = match (find("maxUnavailable"), find("maxSurge")) {
            (None, Some(surge)) if !is_zero(surge) => Some(("maxUnavailable", number(0, surge.at))),
            (Some(unavailable), None) if is_zero(unavailable) => Some(("maxSurge", number(1, unavailable.at))),
            _ => None,
        };
        bounds.extend(partner.map(|(key, node)| entry(key, node)));
        let mut out: Fields = Vec::new();
        keep(&mut out, "type", kind);
        if !bounds.is_empty() || had_block {
            put(&mut out, "rollingUpdate", map(bounds, at));
        }
        (!out.is_empty()).then(|| Entry { key: "updateStrategy".to_owned(), key_at: at, node: map(out, at) })
    }
}
