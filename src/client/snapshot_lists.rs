//! A live cluster into a file: the same lists that a diagnosis reads, reduced to what it needs of them.

use std::io::Write;

use crate::client::query::Query;
use crate::client::reader::Reader;
use crate::error::{Error, Result};
use crate::model::wire::{Kind, RBAC_KINDS};
use crate::snapshot::write::{Detail, Header, NotChecked, Writer};
use crate::store::Coverage;

/// What was saved.
#[derive(Debug, Clone)]
pub struct Saved {
    /// How many objects.
    pub objects: u64,
    /// Kinds that could not be read, and why.
    pub not_checked: Vec<NotChecked>,
}

/// Lists every kind that a diagnosis reads and writes what it needs of each object to `out`. `taken_at` is the
/// present time in RFC 3339.
///
/// # Errors
/// The server cannot be reached, knows no such user, allows nothing at all, or the output cannot be written.
pub async fn save<W: Write>(reader: &Reader, out: W, detail: Detail, taken_at: String) -> Result<(W, Saved)> {
    let server_version = reader.server_version().await?;
    let kinds = kinds();
    let rights = futures::future::join_all(kinds.iter().map(|kind| reader.may("list", *kind, None))).await;
    let mut header = Header { server_version, taken_at: Some(taken_at), ..Header::default() };
    for (kind, may) in kinds.iter().zip(rights) {
        // Where the server does not say, the list itself will.
        match may? {
            Some(false) => header.not_checked.push(missing(*kind, &forbidden(*kind))),
            _ => header.looked_at.push(kind.resource()),
        }
    }
    if header.looked_at.is_empty() {
        return Err(Error::new("cannot list any kind that a diagnosis reads")
            .hint("ask for the permission to `list` nodes, pods and daemonsets"));
    }
    let mut writer = Writer::new(out, detail, &header).map_err(Error::from)?;
    let mut failed = Vec::new();
    for kind in kinds.iter().filter(|kind| header.looked_at.contains(&kind.resource())) {
        for query in queries(*kind) {
            let coverage = reader.list(&query, &mut writer).await?;
            writer.check().map_err(Error::from)?;
            if !coverage.is_whole() {
                failed.push(missing(*kind, &coverage));
                break;
            }
        }
    }
    if !failed.is_empty() {
        // The header is written already: what is said last holds.
        let later = Header { not_checked: failed.clone(), ..Header::default() };
        writer.header(&later).map_err(Error::from)?;
    }
    header.not_checked.extend(failed);
    let objects = writer.objects();
    let out = writer.finish().map_err(Error::from)?;
    Ok((out, Saved { objects, not_checked: header.not_checked }))
}

/// The kinds in the order in which they are saved: what is spoken of comes before those that speak of it, so that
/// names are known when they are met.
pub(crate) fn kinds() -> Vec<Kind> {
    let last = |kind: &Kind| matches!(kind, Kind::Pod | Kind::Event | Kind::DoctorSnapshot);
    // Lists of ConfigMaps and Secrets would hold values.
    let left_out = |kind: &Kind| RBAC_KINDS.contains(kind) || matches!(kind, Kind::ConfigMap | Kind::Secret);
    Kind::all().filter(|kind| !last(kind) && !left_out(kind)).chain([Kind::Pod, Kind::Event]).collect()
}

/// The lists of a kind. Of events those about what a diagnosis looks at; a server keeps them for an hour.
pub(crate) fn queries(kind: Kind) -> Vec<Query> {
    match kind {
        Kind::Event => ["Pod", "DaemonSet", "Node"]
            .map(|about| Query::all(kind).with_fields(format!("involvedObject.kind={about}")))
            .into(),
        _ => vec![Query::all(kind)],
    }
}

fn forbidden(kind: Kind) -> Coverage {
    Coverage::Forbidden { verb: "list", resource: kind.resource() }
}

fn missing(kind: Kind, coverage: &Coverage) -> NotChecked {
    NotChecked { resource: kind.resource(), why: coverage.to_string() }
}
