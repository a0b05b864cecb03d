//! How far reading has come, for a person who waits.

use std::io::{IsTerminal, Write};
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};

use crate::client::Reader;
use crate::error::Result;

/// Delay before the first progress line, so that short reads show none.
const PATIENCE: Duration = Duration::from_secs(1);
const BETWEEN: Duration = Duration::from_millis(200);

/// Waits for `work`. On a terminal, shows the number of objects read on a line that is erased at the end.
///
/// # Errors
/// Those of the work.
pub async fn watched<T>(reader: &Reader, stderr: &mut dyn Write, work: impl Future<Output = Result<T>>) -> Result<T> {
    if !std::io::stderr().is_terminal() {
        return work.await;
    }
    let mut ticks = interval_at(Instant::now() + PATIENCE, BETWEEN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut told = false;
    let mut work = std::pin::pin!(work);
    let outcome = loop {
        tokio::select! {
            outcome = &mut work => break outcome,
            _ = ticks.tick() => {
                told = true;
                // Progress that cannot be shown is no reason to stop.
                drop(write!(stderr, "\r{} objects read", reader.objects()).and_then(|()| stderr.flush()));
            }
        }
    };
    if told {
        drop(write!(stderr, "\r\x1b[K").and_then(|()| stderr.flush()));
    }
    outcome
}
