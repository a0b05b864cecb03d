//! `-o FORMAT`, `-o FORMAT=FILE` and `--out FILE`: one report, written in one form or several.

use std::ffi::OsStr;
use std::io::{BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::builder::{EnumValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::cli::whole_file::WholeFile;
use crate::error::{Error, Result};
use crate::render::theme::{Colour, Surroundings};
use crate::render::{Format, Gate, Renderer, Tail, Theme, renderer};
use crate::report::{DaemonSetReport, NodeFacts, Source};

/// Where the report goes, and how it is written.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// Write the report in this format; FORMAT=FILE writes it to a file; repeatable
    #[arg(
        help_heading = "Output",
        short,
        long,
        default_value = "table",
        value_name = "FORMAT[=FILE]",
        value_parser = OutputParser
    )]
    output: Vec<Output>,
    /// Write the report to this file instead of standard output. The file is written in whole or not at all
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// One form of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    format: Format,
    /// `None` is standard output, unless `--out` names a file.
    file: Option<PathBuf>,
}

/// Reads an [`Output`], and offers the formats to shells and in the help.
#[derive(Clone)]
struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Output, clap::Error> {
        let text = StringValueParser::new().parse_ref(cmd, arg, value)?;
        let format = text.split('=').next().unwrap_or_default();
        let format = EnumValueParser::<Format>::new().parse_ref(cmd, arg, OsStr::new(format))?;
        let read = move |text: String| Output::new(format, text.split_once('=').map(|(_, file)| file));
        StringValueParser::new().try_map(read).parse_ref(cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(Format::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

impl Output {
    fn new(format: Format, file: Option<&str>) -> Result<Self, String> {
        if file == Some("") {
            return Err("the name of the file is missing".to_owned());
        }
        Ok(Output { format, file: file.filter(|file| *file != "-").map(PathBuf::from) })
    }
}

impl OutputArgs {
    /// Each form with its file; `None` is standard output.
    ///
    /// # Errors
    /// Two forms have the same destination, or `--out` has no form to write.
    fn destinations(&self) -> Result<Vec<(Format, Option<&Path>)>> {
        let to = |output: &'_ Output| output.file.is_none();
        if self.out.is_some() && !self.output.iter().any(to) {
            return Err(Error::new("cannot use `--out`: each `-o` names a file").hint("leave `--out` away"));
        }
        let all: Vec<(Format, Option<&Path>)> = self
            .output
            .iter()
            .map(|output| (output.format, output.file.as_deref().or(self.out.as_deref().filter(|_| to(output)))))
            .collect();
        for (number, (_, file)) in all.iter().enumerate() {
            if all[..number].iter().any(|(_, earlier)| earlier == file) {
                let place = file.map_or("standard output".to_owned(), |file| format!("`{}`", file.display()));
                return Err(Error::new(format!("cannot write two formats to {place}"))
                    .hint("give each format a file: `-o json=report.json -o junit=report.xml`"));
            }
        }
        Ok(all)
    }

    /// Whether a form is written in which nodes are listed.
    pub fn lists_nodes(&self) -> bool {
        self.output.iter().any(|output| output.format.lists_nodes())
    }

    /// Whether people read the report as it is written: a terminal shows it.
    pub fn is_watched(&self) -> bool {
        let is_shown = |output: &Output| output.file.is_none() && output.format.is_for_people();
        self.out.is_none() && self.output.iter().any(is_shown) && std::io::stdout().is_terminal()
    }

    /// Opens what the report is written to. Files are begun before anything is asked, so that one that cannot be written
    /// ends the command early.
    ///
    /// # Errors
    /// A file cannot be written; two forms have one destination.
    pub fn open(&self, theme: &Theme, gate: Gate) -> Result<Outputs> {
        let mut outputs = Outputs(Vec::new());
        for (format, file) in self.destinations()? {
            let (theme, file) = match file {
                // A file looks the same wherever it was written.
                Some(path) => {
                    let plain = Theme::decide(Colour::Never, &Surroundings { utf8: true, ..Surroundings::default() });
                    (plain, Some(BufWriter::new(Whole(WholeFile::begin(path)?))))
                }
                None => (theme.clone(), None),
            };
            outputs.0.push((renderer(format, theme, gate), file));
        }
        Ok(outputs)
    }
}

/// A file that is written as a whole.
struct Whole(WholeFile);

impl Write for Whole {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.file().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.file().flush()
    }
}

/// The forms of one report while it is written, each with its file; `None` is standard output.
pub struct Outputs(Vec<Form>);

/// One form of a report, and its file.
type Form = (Box<dyn Renderer>, Option<BufWriter<Whole>>);

impl Outputs {
    /// Does the same with each form.
    fn each(
        &mut self,
        stdout: &mut dyn Write,
        mut step: impl FnMut(&mut dyn Renderer, &mut dyn Write) -> std::io::Result<()>,
    ) -> Result<()> {
        for (renderer, file) in &mut self.0 {
            match file {
                Some(file) => step(renderer.as_mut(), file).map_err(|error| {
                    let path = file.get_ref().0.path().display().to_string();
                    Error::new(format!("cannot write `{path}`")).because(&error)
                })?,
                None => step(renderer.as_mut(), stdout)?,
            }
        }
        Ok(())
    }

    /// What was looked at.
    ///
    /// # Errors
    /// Those of writing; the same for all that follow.
    pub fn begin(&mut self, stdout: &mut dyn Write, source: &Source) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.begin(out, source))
    }

    /// The only node that was asked about.
    pub fn node(&mut self, stdout: &mut dyn Write, node: &NodeFacts) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.node(out, node))
    }

    /// One DaemonSet, complete.
    pub fn daemon_set(&mut self, stdout: &mut dyn Write, report: &DaemonSetReport) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.daemon_set(out, report))
    }

    /// The end of the report; the files get their names.
    pub fn end(mut self, stdout: &mut dyn Write, tail: &Tail<'_>) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.end(out, tail))?;
        self.each(stdout, |_, out| out.flush())?;
        for file in self.0.into_iter().filter_map(|(_, file)| file) {
            match file.into_inner() {
                Ok(whole) => whole.0.finish()?,
                Err(error) => return Err(Error::new("cannot write the report").because(error.error())),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Output, clap::Error> {
        OutputParser.parse_ref(&Command::new("doctor"), None, OsStr::new(text))
    }

    fn args(output: &[&str], out: Option<&str>) -> OutputArgs {
        let output = output.iter().map(|text| read(text).expect("the output is well-formed")).collect();
        OutputArgs { output, out: out.map(PathBuf::from) }
    }

    #[test]
    fn every_form_has_a_destination_of_its_own() {
        let all = args(&["table", "json=r.json", "junit=r.xml"], None);
        let destinations = all.destinations().unwrap();
        assert_eq!(
            destinations,
            [
                (Format::Table, None),
                (Format::Json, Some(Path::new("r.json"))),
                (Format::Junit, Some(Path::new("r.xml")))
            ]
        );
        let out = args(&["json"], Some("r.json"));
        assert_eq!(out.destinations().unwrap(), [(Format::Json, Some(Path::new("r.json")))]);
        assert!(args(&["json", "yaml"], None).destinations().is_err());
        assert!(args(&["json=a", "yaml=a"], None).destinations().is_err());
        assert!(args(&["json=a"], Some("b")).destinations().is_err());
    }

    #[test]
    fn a_mistake_in_an_output_is_named() {
        let mistake = |text: &str| read(text).expect_err("a mistake");
        assert!(mistake("json=").to_string().contains("the name of the file is missing"));
        assert_eq!(mistake("jsn=a").kind(), clap::error::ErrorKind::InvalidValue);
        assert_eq!(read("json=-").expect("standard output").file, None);
    }
}
