//! The pipeline files of `docs/guides/ci`: their commands run as they stand, and make what later steps read.

use std::path::Path;
use std::process::Command;

use serde_yaml::Value;

use super::root;

#[path = "../summary/mod.rs"]
mod summary;

fn pipeline(name: &str) -> Value {
    let text = std::fs::read_to_string(root().join("docs/guides/ci").join(name)).expect("a pipeline");
    serde_yaml::from_str(&text).expect("YAML")
}

/// A folder as a repository would be: a document with mistakes, and a saved cluster.
fn repository() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("deploy")).expect("a folder");
    let copy = |from: &str, to: &str| {
        std::fs::copy(root().join("docs/example").join(from), folder.path().join(to)).expect("a copy");
    };
    copy("agent.yaml", "deploy/agent.yaml");
    copy("cluster.json", "prod.json.gz");
    folder
}

/// Runs a script with the program and what it is called as on the `PATH`, and returns its exit code.
fn shell(folder: &Path, script: &str) -> i32 {
    let bin = folder.join("bin");
    if !bin.exists() {
        std::fs::create_dir(&bin).expect("a folder");
        let program = Path::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
        std::os::unix::fs::symlink(program, bin.join("kubectl-daemonset")).expect("a link");
        let kubectl = "#!/bin/sh\nshift\nexec kubectl-daemonset \"$@\"\n";
        std::fs::write(bin.join("kubectl"), kubectl).expect("a script");
        let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(bin.join("kubectl"), executable).expect("a script that runs");
    }
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let run = Command::new("bash").args(["-ec", script]).current_dir(folder).env("PATH", path).output().expect("bash");
    let code = run.status.code().unwrap_or(-1);
    assert!(matches!(code, 0 | 2), "{script}: {}", String::from_utf8_lossy(&run.stderr));
    code
}

fn has_jq() -> bool {
    let there = Command::new("jq").arg("--version").output().is_ok();
    if !there {
        summary::skipped("the jq lines of the pipelines", "there is no jq", "install it: `apt-get install jq`");
    }
    there
}

#[test]
fn the_workflow_of_github_makes_what_its_steps_read() {
    let workflow = pipeline("github.yml");
    let folder = repository();
    let steps = workflow["jobs"]["doctor"]["steps"].as_sequence().expect("steps");
    let run = |name: &str| {
        let step = steps.iter().find(|step| step["name"] == name).expect("a step");
        shell(folder.path(), step["run"].as_str().expect("a script"))
    };
    assert_eq!((run("Lint"), run("Doctor")), (0, 2));
    for step in steps {
        let read = [&step["with"]["sarif_file"], &step["with"]["path"]].into_iter().find_map(|file| file.as_str());
        if let Some(file) = read {
            assert!(folder.path().join(file).is_file(), "{file}");
            assert!(step["if"].as_str().is_some_and(|when| when.contains(file)), "{step:?}");
        }
    }
    let page = std::fs::read_to_string(folder.path().join("doctor.md")).expect("the comment");
    assert!(page.contains("DS110"), "{page}");

    // The step for repositories without code scanning.
    let guide = std::fs::read_to_string(root().join("docs/guides/ci.md")).expect("the guide");
    let step = guide.split("```yaml\n").nth(1).and_then(|text| text.split("```").next()).expect("a step");
    let step: Value = serde_yaml::from_str(step).expect("YAML");
    let script = step[0]["run"].as_str().expect("a script");
    if has_jq() {
        shell(folder.path(), &format!("({script}) > annotations.txt"));
        let made = std::fs::read_to_string(folder.path().join("annotations.txt")).expect("annotations");
        assert!(made.starts_with("::error file=deploy/agent.yaml,line=9,title=DS110::"), "{made}");
        assert_eq!(made.lines().count(), 1, "{made}");
    }
}

#[test]
fn the_job_of_gitlab_makes_its_reports() {
    let job = pipeline("gitlab.yml")["daemonsets"].clone();
    let folder = repository();
    let script = |key: &str| -> String {
        let lines = job[key].as_sequence().expect("lines").iter();
        lines.map(|line| format!("{}\n", line.as_str().expect("a command"))).collect()
    };
    assert_eq!(shell(folder.path(), &script("script")), 2);
    if !has_jq() {
        return;
    }
    shell(folder.path(), &script("after_script"));
    let text = std::fs::read_to_string(folder.path().join("code-quality.json")).expect("a report");
    let found: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let found = found.as_array().expect("a list");
    let of_doctor = found.iter().find(|entry| entry["check_name"] == "DS110").expect("the finding");
    assert_eq!(of_doctor["location"]["path"], "deploy/agent.yaml");
    assert_eq!(of_doctor["location"]["lines"]["begin"], 9);
    assert_eq!(of_doctor["severity"], "major");
    let reports = &job["artifacts"]["reports"];
    let junit = reports["junit"].as_sequence().expect("files").iter().chain([&reports["codequality"]]);
    for file in junit.chain(job["artifacts"]["paths"].as_sequence().expect("files")) {
        assert!(folder.path().join(file.as_str().expect("a file")).is_file(), "{file:?}");
    }
}
