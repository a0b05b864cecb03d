//! Every code with its page.

use crate::findings::cause;
pub use crate::report::codes::{Code, Page};

/// Every page, by code.
pub fn all() -> impl Iterator<Item = &'static Page> {
    let mut pages: Vec<&Page> = crate::report::codes::listed().chain(cause::PAGES.iter().copied().flatten()).collect();
    pages.sort_by_key(|page| page.code);
    pages.into_iter()
}

impl Code {
    /// Reads `DS101`, in any case.
    pub fn parse(text: &str) -> Option<Code> {
        let digits = text.strip_prefix("DS").or_else(|| text.strip_prefix("ds"))?;
        let number: u16 = digits.parse().ok()?;
        all().map(|page| page.code).find(|code| code.0 == number && digits.len() == 3)
    }

    /// What the code means.
    pub fn page(self) -> &'static Page {
        all().find(|page| page.code == self).expect("every code is made with its page")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_in_order() {
        let numbers: Vec<u16> = all().map(|page| page.code.0).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
    }

    #[test]
    fn a_code_is_read_as_it_is_written() {
        for page in all() {
            assert_eq!(Code::parse(&page.code.to_string()), Some(page.code));
        }
        for wrong in ["DS1", "DS999x", "101", "DS0101", ""] {
            assert_eq!(Code::parse(wrong), None, "{wrong}");
        }
    }

    /// `UPDATE_DOCS=1 cargo test` writes the pages again.
    #[test]
    fn the_pages_in_docs_are_these() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/codes");
        let update = std::env::var_os("UPDATE_DOCS").is_some();
        if update {
            std::fs::create_dir_all(&folder).expect("docs/codes can be made");
        }
        for page in all() {
            let path = folder.join(format!("{}.md", page.code));
            if update {
                std::fs::write(&path, page.markdown()).expect("a page can be written");
            }
            let written = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(written, page.markdown(), "{} is out of date: run with UPDATE_DOCS=1", path.display());
        }
        let files = std::fs::read_dir(&folder).expect("docs/codes is there");
        let ours = files.filter(|f| {
            let name = f.as_ref().expect("a file").file_name();
            let name = name.to_string_lossy();
            name.starts_with("DS") && !name.starts_with("DS9")
        });
        assert_eq!(ours.count(), all().count(), "a page in docs/codes belongs to no code");
    }
}
