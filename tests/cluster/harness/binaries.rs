//! The upstream programs that the tests run.

// The krew test uses this file too, and other programs of it.
#![allow(dead_code)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// The variable that turns the cluster tests on. `1`: build what is missing; or the folder that `build.sh` printed.
pub const SWITCH: &str = "KUBECTL_DAEMONSET_CLUSTER";

/// Another version than the pinned one, as `1.34.4`.
pub const VERSION: &str = "KUBERNETES";

/// The folder of upstream programs, as `build.sh` beside this code makes it.
#[derive(Debug)]
pub struct Binaries {
    folder: PathBuf,
    version: String,
}

impl Binaries {
    /// Builds what is missing, which takes minutes on a machine that never did.
    ///
    /// # Errors
    /// A sentence that says why there are none.
    pub fn get() -> Result<&'static Self, String> {
        static FOUND: OnceLock<Result<Binaries, String>> = OnceLock::new();
        FOUND.get_or_init(Self::find).as_ref().map_err(Clone::clone)
    }

    fn find() -> Result<Self, String> {
        let switch = std::env::var(SWITCH).unwrap_or_default();
        if switch.starts_with('/') {
            let folder = PathBuf::from(switch);
            return match folder.join("complete").exists() {
                true => Self::of(folder),
                false => Err(format!("{SWITCH}={} is not a folder that build.sh made", folder.display())),
            };
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cluster/build.sh");
        let mut build = Command::new(&script);
        build.args(std::env::var(VERSION).ok().filter(|v| !v.is_empty())).stderr(std::process::Stdio::inherit());
        let built = build.output().map_err(|e| format!("cannot run {}: {e}", script.display()))?;
        if !built.status.success() {
            return Err(format!("{} failed ({}), its words are above", script.display(), built.status));
        }
        Self::of(PathBuf::from(String::from_utf8_lossy(&built.stdout).trim()))
    }

    fn of(folder: PathBuf) -> Result<Self, String> {
        let program = folder.join("cluster");
        let asked = Command::new(&program).arg("version").output();
        let asked = asked.map_err(|e| format!("cannot run {}: {e}", program.display()))?;
        Ok(Self { folder, version: String::from_utf8_lossy(&asked.stdout).trim().to_owned() })
    }

    /// The real version, as `v1.36.3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Every Kubernetes component, one sub-command each.
    pub fn cluster(&self) -> PathBuf {
        self.folder.join("cluster")
    }

    /// The real kubectl.
    pub fn kubectl(&self) -> PathBuf {
        self.folder.join("kubectl")
    }

    /// The real krew.
    pub fn krew(&self) -> PathBuf {
        self.folder.join("krew")
    }

    /// What krew's index checks manifests with.
    pub fn validate_krew_manifest(&self) -> PathBuf {
        self.folder.join("validate-krew-manifest")
    }
}
