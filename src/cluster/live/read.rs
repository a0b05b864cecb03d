//! A live cluster into facts: the lists that a diagnosis or lint reads, page by page.

use super::reader::Reader;
use super::save::{kinds, queries};
use crate::error::Result;
use crate::facts::wire::Kind;
use crate::facts::{Builder, Version};

/// Reads what the doctor looks at into the builder, and says of each kind how much of it is known: a list that is
/// refused or fails does not stop the others.
///
/// # Errors
/// The server cannot be reached, or knows no such user.
pub async fn read_for_doctor(reader: &Reader, builder: &mut Builder) -> Result<()> {
    if let Some(version) = reader.server_version().await?.as_deref().and_then(Version::parse) {
        builder.server_version(version);
    }
    for kind in kinds().into_iter().filter(|kind| is_looked_at(*kind)) {
        read(reader, kind, builder).await?;
    }
    Ok(())
}

/// Reads what lint holds a document against: nodes, workloads with selectors, and pods for the ports that they hold.
///
/// # Errors
/// As [`read_for_doctor`].
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

/// Other workloads' selectors matter to lint alone.
fn is_looked_at(kind: Kind) -> bool {
    !matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::ReplicaSet | Kind::Job)
}
