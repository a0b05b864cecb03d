//! A folder of snapshots.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// The snapshots of one folder. All of them are compared before the test fails, and none may be left over.
pub struct Album {
    folder: PathBuf,
    hides_ages: bool,
    shown: BTreeSet<String>,
    different: Vec<String>,
}

impl Album {
    /// The folder of this name beside this file.
    pub fn new(folder: &str) -> Album {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots").join(folder);
        Album { folder, hides_ages: false, shown: BTreeSet::new(), different: Vec::new() }
    }

    /// The same for what a live cluster shows, whose ages grow while one waits.
    pub fn of_live(folder: &str) -> Album {
        Album { hides_ages: true, ..Album::new(folder) }
    }

    /// Compares a text with the snapshot of this name.
    pub fn show(&mut self, name: &str, text: &str) {
        let mut settings = insta::Settings::new();
        settings.set_snapshot_path(&self.folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.add_filter(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT");
        if self.hides_ages {
            settings.add_filter(r"for (\d+[dhms])+\b", "for AGE");
            settings.add_filter(r"\b(\d+[dhms])+ ago", "AGE ago");
            settings.add_filter(r"after \d+ s\b", "after AGE");
        }
        settings.add_filter(&regex_of(env!("CARGO_PKG_VERSION")), "VERSION");
        settings.add_filter(&regex_of(env!("CARGO_MANIFEST_DIR")), "PROJECT");
        let compare = || settings.bind(|| insta::assert_snapshot!(name, text));
        if catch_unwind(AssertUnwindSafe(compare)).is_err() {
            self.different.push(name.to_owned());
        }
        self.shown.insert(format!("{name}.snap"));
    }

    /// Ends the comparison.
    ///
    /// # Panics
    /// A text differs from its snapshot, or a snapshot has no text any more.
    pub fn close(self) {
        let is_updating = std::env::var("INSTA_UPDATE").is_ok_and(|mode| mode == "always");
        let mut left_over = Vec::new();
        for entry in std::fs::read_dir(&self.folder).expect("a folder of snapshots") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.ends_with(".snap") || self.shown.contains(&name) {
                continue;
            }
            if is_updating {
                std::fs::remove_file(&path).expect("a snapshot can be removed");
            } else {
                left_over.push(name);
            }
        }
        let folder = self.folder.display();
        assert!(self.different.is_empty(), "{folder}: run `make snapshots` and look at {}", self.different.join(", "));
        assert!(left_over.is_empty(), "{folder}: nothing shows {}: run `make snapshots`", left_over.join(", "));
    }
}

/// A pattern of exactly this text.
fn regex_of(text: &str) -> String {
    text.replace('.', r"\.")
}
