//! Objects out of JSON text as it arrives: from a file, or from an API server, in JSON or protobuf. No list is ever held whole.

pub mod arriving;
pub(crate) mod dispatch;
pub(crate) mod fault;
pub(crate) mod json;
pub(crate) mod limits;
mod list_end;
pub(crate) mod page;
mod protobuf;
pub(crate) mod window;

pub use crate::stream::dispatch::Summary;
pub use crate::stream::limits::{Limits, parse_limit};
