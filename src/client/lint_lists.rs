//! A live cluster into facts: the lists that lint reads, page by page.

use crate::client::reader::Reader;
use crate::client::snapshot_lists::queries;
use crate::error::Result;
use crate::model::wire::Kind;
use crate::store::Builder;

/// Reads what lint holds a document against: nodes, workloads with selectors, and pods for the ports that they hold.
///
/// # Errors
/// The server cannot be reached, or knows no such user.
pub async fn read_for_lint(reader: &Reader, builder: &mut Builder) -> Result<()> {
    for kind in LINTED {
        read(reader, kind, builder).await?;
    }
    Ok(())
}

/// What lint looks at; pods last, since they name the others.
pub const LINTED: [Kind; 7] =
    [Kind::Node, Kind::DaemonSet, Kind::Deployment, Kind::StatefulSet, Kind::ReplicaSet, Kind::Job, Kind::Pod];

async fn read(reader: &Reader, kind: Kind, builder: &mut Builder) -> Result<()> {
    for query in queries(kind) {
        let coverage = reader.list(&query, builder).await?;
        let whole = coverage.is_whole();
        builder.cover(kind, coverage);
        if !whole {
            break;
        }
    }
    Ok(())
}
