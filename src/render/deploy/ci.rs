//! What CI systems read in the log of a rollout: sections, and annotations of errors.

use std::io::{Result, Write};

use crate::text::escape::escape;

/// The CI system that reads the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ci {
    /// GitHub Actions: `::group::` and `::error::` (docs.github.com, "Workflow commands for GitHub Actions").
    GitHub,
    /// GitLab CI/CD: `section_start` and `section_end` (docs.gitlab.com, "Custom collapsible sections").
    GitLab,
}

impl Ci {
    /// Returns the CI system by its environment variables.
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Option<Ci> {
        let is_set = |name: &str| variable(name).is_some_and(|value| value == "true");
        match (is_set("GITHUB_ACTIONS"), is_set("GITLAB_CI")) {
            (true, _) => Some(Ci::GitHub),
            (false, true) => Some(Ci::GitLab),
            (false, false) => None,
        }
    }

    /// Begins a section with this title; `now` is seconds since 1970.
    pub fn begin(self, out: &mut dyn Write, title: &str, now: i64) -> Result<()> {
        let title = escape(title);
        match self {
            Ci::GitHub => writeln!(out, "::group::{}", data(&title)),
            Ci::GitLab => {
                let name = section(&title);
                writeln!(out, "\x1b[0Ksection_start:{now}:{name}\r\x1b[0K{title}")
            }
        }
    }

    /// Ends the section with this title.
    pub fn end(self, out: &mut dyn Write, title: &str, now: i64) -> Result<()> {
        match self {
            Ci::GitHub => writeln!(out, "::endgroup::"),
            Ci::GitLab => writeln!(out, "\x1b[0Ksection_end:{now}:{}\r\x1b[0K", section(&escape(title))),
        }
    }

    /// Annotates the run with an error, where the CI system has annotations.
    pub fn error(self, out: &mut dyn Write, title: &str, message: &str) -> Result<()> {
        match self {
            Ci::GitHub => {
                let title = data(&escape(title)).replace(':', "%3A").replace(',', "%2C");
                writeln!(out, "::error title={title}::{}", data(&escape(message)))
            }
            Ci::GitLab => Ok(()),
        }
    }
}

/// Text as the data of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The name of a section: letters, digits and `_.-`.
fn section(title: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
    title.chars().map(plain).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut dyn Write) -> Result<()>) -> String {
        let mut out = Vec::new();
        write(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn each_system_gets_its_own() {
        let of = |name: &'static str| Ci::of(move |asked| (asked == name).then(|| "true".to_owned()));
        assert_eq!((of("GITHUB_ACTIONS"), of("GITLAB_CI"), of("CI")), (Some(Ci::GitHub), Some(Ci::GitLab), None));
        let title = "rollout of DaemonSet a/b";
        assert_eq!(written(|out| Ci::GitHub.begin(out, title, 7)), "::group::rollout of DaemonSet a/b\n");
        assert_eq!(
            written(|out| Ci::GitLab.begin(out, title, 7)),
            "\x1b[0Ksection_start:7:rollout_of_DaemonSet_a_b\r\x1b[0Krollout of DaemonSet a/b\n"
        );
        assert_eq!(
            written(|out| Ci::GitLab.end(out, title, 9)),
            "\x1b[0Ksection_end:9:rollout_of_DaemonSet_a_b\r\x1b[0K\n"
        );
        assert_eq!(
            written(|out| Ci::GitHub.error(out, "a, b: c", "50%\n::stop-commands::x")),
            "::error title=a%2C b%3A c::50%25\\n::stop-commands::x\n"
        );
        assert_eq!(written(|out| Ci::GitLab.error(out, "a", "b")), "");
    }
}
