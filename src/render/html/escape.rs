//! Text of a cluster inside a page: as HTML, and as JSON inside a `script` element.

use std::io::{self, Write};

use serde::Serialize;

use crate::text::escape::{escape, write_compact_json};

/// Returns text as the content of an element or of an attribute in double quotes.
pub fn html(text: &str) -> String {
    let text = escape(text);
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Returns lines, each as [`html`].
pub fn lines(text: &str) -> String {
    let lines: Vec<String> = text.lines().map(html).collect();
    lines.join("\n")
}

/// Writes a value as a block of data, which no browser runs. Inside JSON a `<` stands in strings alone, where it has an
/// escape, so that nothing ends the element or begins another.
///
/// # Errors
/// The output cannot be written.
pub fn data(out: &mut dyn Write, class: &str, value: &impl Serialize) -> io::Result<()> {
    write!(out, "<script type=\"application/json\" class=\"{class}\">")?;
    write_compact_json(&mut NoTags(out), value)?;
    writeln!(out, "</script>")
}

/// Writes an escape in the place of each `<`.
struct NoTags<'w>(&'w mut dyn Write);

impl Write for NoTags<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for (number, part) in bytes.split(|byte| *byte == b'<').enumerate() {
            if number > 0 {
                self.0.write_all(b"\\u003c")?;
            }
            self.0.write_all(part)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_cluster_is_markup() {
        assert_eq!(html("<b a=\"'&'\">\u{202e}"), "&lt;b a=&quot;&#39;&amp;&#39;&quot;&gt;\\u{202e}");
        let mut out = Vec::new();
        data(&mut out, "x", &["</script><!--<script>"]).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.matches('<').count(), 2, "{out}");
        assert!(out.contains(r#"["\u003c/script>\u003c!--\u003cscript>"]"#), "{out}");
    }
}
