//! The workflows of `.github`, as far as walls are about them.

use std::fs;
use std::path::Path;

use serde_yaml::Value;

/// A workflow.
pub struct Workflow {
    /// The name of its file.
    pub name: String,
    pub text: String,
    value: Value,
}

impl Workflow {
    /// The Rust toolchain that every job of it uses.
    pub fn toolchain(&self) -> String {
        self.value["env"]["RUSTUP_TOOLCHAIN"].as_str().unwrap_or_default().to_owned()
    }

    /// The name of each job, and all that its steps run.
    pub fn scripts(&self) -> Vec<(String, String)> {
        let jobs = self.value["jobs"].as_mapping().expect("jobs");
        let script = |job: &Value| {
            let steps = job["steps"].as_sequence().expect("steps");
            steps.iter().filter_map(|step| step["run"].as_str()).collect::<Vec<_>>().join("\n")
        };
        jobs.iter().map(|(name, job)| (name.as_str().unwrap_or_default().to_owned(), script(job))).collect()
    }

    /// Whether a job has a permission to write, or to sign.
    pub fn may_write(&self, job: &str) -> bool {
        let own = self.value["jobs"][job]["permissions"].as_mapping();
        own.is_some_and(|permissions| permissions.values().any(|access| access.as_str() == Some("write")))
    }
}

/// Every workflow, by name.
pub fn workflows() -> Vec<Workflow> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows");
    let files = fs::read_dir(&folder).expect("workflows").map(|entry| entry.expect("an entry").path());
    let mut found: Vec<Workflow> = files
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a workflow is text");
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            Workflow { name, value: serde_yaml::from_str(&text).expect("YAML"), text }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}
