//! Objects out of JSON text as it arrives: from a file, or from a page of an API server. No list is ever held whole.

pub(crate) mod dispatch;
pub(crate) mod fault;
pub(crate) mod json;
pub(crate) mod limits;
pub(crate) mod page;
pub(crate) mod window;

pub use crate::stream::dispatch::Summary;
pub use crate::stream::limits::{Limits, parse_limit};
