//! Which DaemonSets of which namespaces an investigation begins with.

/// Where the DaemonSets are that an investigation is about.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// The namespaces; all where there is none.
    pub namespaces: Vec<String>,
    /// Their names, where they are known: for those who may get what they may not list.
    pub names: Vec<String>,
}
