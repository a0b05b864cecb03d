//! Words of names: by them a DaemonSet is found that sets up a handler, a driver or a device.

/// The words of a handler's or a driver's name by which its DaemonSet may be called.
pub fn words_of(name: &str) -> impl Iterator<Item = &str> {
    /// Words that many names have.
    const COMMON: &[&str] =
        &["csi", "com", "org", "dev", "k8s", "runc", "qemu", "v2", "container", "storage", "driver"];
    // gVisor's handler is called after its program.
    let alias = (name == "runsc").then_some("gvisor");
    name.split(['.', '-', '_', '/']).filter(|word| word.len() > 2 && !COMMON.contains(word)).chain(alias)
}

/// Whether a word is a part of the name of a DaemonSet.
pub fn has_word(name: &str, word: &str) -> bool {
    name.split(['.', '-', '_']).any(|part| part == word)
}
