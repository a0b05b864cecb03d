//! The picture of a terminal in README.md, drawn from what the program prints there.
//!
//! `UPDATE_DOCS=1` draws it anew. Only the colours that the program uses are known; anything else fails.

#![cfg(unix)]

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

const PROJECT: &str = env!("CARGO_MANIFEST_DIR");
const PICTURE: &str = "docs/doctor.svg";

/// What is typed, in the project's folder.
const TYPED: &str = "kubectl daemonset doctor log-agent -n logging --snapshot docs/example/cluster.json";

/// Columns of the terminal.
const COLUMNS: usize = 88;

// Measures of the picture. A character of the common monospaced fonts is 0.6 times as wide as it is high.
const SIZE: usize = 14;
const WIDTH: f64 = 8.4;
const LINE: usize = 18;
const MARGIN: usize = 20;
const BAR: usize = 36;

/// A piece of a line in one style.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Run {
    column: usize,
    text: String,
    class: String,
}

#[test]
fn the_picture_shows_what_the_program_prints() {
    let mut program = Command::new(env!("CARGO_BIN_EXE_kubectl-daemonset"));
    program.arg0("kubectl-daemonset").args(TYPED.split(' ').skip(2)).arg("--color=always").current_dir(PROJECT);
    program.env_clear().env("COLUMNS", COLUMNS.to_string()).env("LC_ALL", "C.UTF-8").env("HOME", "/nowhere");
    let output = program.output().expect("the program runs");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    let drawn = draw(TYPED, &printed);
    let path = Path::new(PROJECT).join(PICTURE);
    if std::env::var_os("UPDATE_DOCS").is_some_and(|value| !value.is_empty()) {
        fs::write(&path, &drawn).expect("a picture can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == drawn, "{PICTURE} shows something else than the program prints: run `make docs` and look at it");
    let readme = fs::read_to_string(Path::new(PROJECT).join("README.md")).expect("README.md");
    assert!(readme.contains(PICTURE), "README.md does not show {PICTURE}");
}

/// The terminal as a picture that scales, and that a reader without pictures is told of.
fn draw(typed: &str, printed: &str) -> String {
    let lines: Vec<Vec<Run>> = printed.lines().map(runs).collect();
    let width = (COLUMNS as f64 * WIDTH).ceil() as usize + 2 * MARGIN;
    let height = BAR + (lines.len() + 2) * LINE + MARGIN / 2;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">\n\
         <title>A terminal: {}</title>\n\
         <style>\n\
         text {{ font: {SIZE}px ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre; fill: #d5d9e0 }}\n\
         .bold {{ font-weight: 700; fill: #ffffff }} .dim {{ fill: #8b93a1 }}\n\
         .red {{ fill: #ff7b72 }} .green {{ fill: #7ee787 }} .yellow {{ fill: #f2cc60 }} .cyan {{ fill: #76d9e6 }}\n\
         .page {{ fill: #161b22 }}\n\
         @media (prefers-color-scheme: light) {{\n\
         text {{ fill: #1f2328 }} .bold {{ fill: #000000 }} .dim {{ fill: #59636e }} .page {{ fill: #f6f8fa }}\n\
         .red {{ fill: #cf222e }} .green {{ fill: #1a7f37 }} .yellow {{ fill: #7d4e00 }} .cyan {{ fill: #0a6c80 }}\n\
         }}\n\
         </style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" class=\"page\"/>\n",
        escape(typed),
    );
    for (at, colour) in ["#ff5f57", "#febc2e", "#28c840"].into_iter().enumerate() {
        let _ = writeln!(out, "<circle cx=\"{}\" cy=\"18\" r=\"6\" fill=\"{colour}\"/>", MARGIN + at * 20);
    }
    let prompt = [
        Run { column: 0, text: "$".to_owned(), class: "green".to_owned() },
        Run { column: 2, text: typed.to_owned(), class: "bold".to_owned() },
    ];
    for (row, line) in std::iter::once(&prompt[..]).chain(lines.iter().map(Vec::as_slice)).enumerate() {
        for run in line {
            let (x, y) = (MARGIN as f64 + run.column as f64 * WIDTH, BAR + (row + 1) * LINE - 4);
            let class = if run.class.is_empty() { String::new() } else { format!(" class=\"{}\"", run.class) };
            // The length holds the columns together whatever font there is.
            let length = run.text.chars().count() as f64 * WIDTH;
            let _ = writeln!(
                out,
                "<text x=\"{x:.1}\" y=\"{y}\" textLength=\"{length:.1}\"{class}>{}</text>",
                escape(&run.text)
            );
        }
    }
    out.push_str("</svg>\n");
    out
}

/// A line as pieces without blanks around them; blanks inside stay.
fn runs(line: &str) -> Vec<Run> {
    let mut found = Vec::new();
    let (mut column, mut class) = (0, String::new());
    for (at, piece) in line.split("\u{1b}[").enumerate() {
        let text = match at {
            0 => piece,
            _ => {
                let (codes, text) = piece.split_once('m').unwrap_or_else(|| panic!("no colour: {piece:?}"));
                let names: Vec<&str> = codes.split(';').map(style).filter(|name| !name.is_empty()).collect();
                class = names.join(" ");
                text
            }
        };
        let blank = text.len() - text.trim_start().len();
        let shown = text.trim();
        if !shown.is_empty() {
            found.push(Run { column: column + blank, text: shown.to_owned(), class: class.clone() });
        }
        column += text.chars().count();
    }
    found
}

/// A colour by its number.
fn style(code: &str) -> &'static str {
    match code {
        "" | "0" | "22" | "39" => "",
        "1" => "bold",
        "2" => "dim",
        "31" => "red",
        "32" => "green",
        "33" => "yellow",
        "36" => "cyan",
        other => panic!("the picture has no colour for {other}"),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[test]
fn colours_become_pieces_in_their_columns() {
    let run = |column, text: &str, class: &str| Run { column, text: text.to_owned(), class: class.to_owned() };
    assert_eq!(
        runs("\u{1b}[31;1merror\u{1b}[0m DS210 1 node:  \u{1b}[2maside\u{1b}[0m"),
        [run(0, "error", "red bold"), run(6, "DS210 1 node:", ""), run(21, "aside", "dim")]
    );
    assert_eq!(runs("    a  b"), [run(4, "a  b", "")]);
}
