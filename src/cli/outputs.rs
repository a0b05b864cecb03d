//! `-o FORMAT`, `-o FORMAT=FILE` and `--out FILE`: one report, written in one form or several.

use std::ffi::OsStr;
use std::io::{BufWriter, IsTerminal, Write};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use clap::builder::{EnumValueParser, PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};

use crate::cli::whole_file::WholeFile;
use crate::error::{Error, Result};
use crate::render::{Format, Gate, Renderer, Tail, Theme, renderer};
use crate::report::{DaemonSetReport, NodeFacts, NodeIdentity, Source};

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
        value_parser = OutputParser::<Format>::new()
    )]
    output: Vec<Output<Format>>,
    /// Write the report to this file instead of standard output. The file is written in whole or not at all
    #[arg(help_heading = "Output", long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// One form of what a command reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output<F> {
    format: F,
    /// `None` is standard output, unless `--out` names a file.
    file: Option<PathBuf>,
}

/// Reads an [`Output`], and offers the formats to shells and in the help.
#[derive(Clone)]
pub struct OutputParser<F>(PhantomData<F>);

impl<F> OutputParser<F> {
    /// Returns the parser of these formats.
    pub fn new() -> Self {
        OutputParser(PhantomData)
    }
}

impl<F: ValueEnum + Copy + Send + Sync + 'static> TypedValueParser for OutputParser<F> {
    type Value = Output<F>;

    fn parse_ref(&self, cmd: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<Output<F>, clap::Error> {
        let text = StringValueParser::new().parse_ref(cmd, arg, value)?;
        let format = text.split('=').next().unwrap_or_default();
        let format = EnumValueParser::<F>::new().parse_ref(cmd, arg, OsStr::new(format))?;
        let read = move |text: String| Output::new(format, text.split_once('=').map(|(_, file)| file));
        StringValueParser::new().try_map(read).parse_ref(cmd, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(F::value_variants().iter().filter_map(ValueEnum::to_possible_value)))
    }
}

impl<F: PartialEq> Output<F> {
    /// Whether it has the format and goes to standard output.
    pub fn is_shown_as(&self, format: F) -> bool {
        self.format == format && self.file.is_none()
    }
}

impl<F> Output<F> {
    fn new(format: F, file: Option<&str>) -> Result<Self, String> {
        if file == Some("") {
            return Err("the name of the file is missing".to_owned());
        }
        Ok(Output { format, file: file.filter(|file| *file != "-").map(PathBuf::from) })
    }
}

/// Returns each form with its file; `None` is standard output, for which `--out` names a file.
///
/// # Errors
/// Two forms have the same destination, or `--out` has no form to write.
pub fn destinations<'a, F: Copy>(
    outputs: &'a [Output<F>],
    out: Option<&'a Path>,
) -> Result<Vec<(F, Option<&'a Path>)>> {
    if out.is_some() && outputs.iter().all(|output| output.file.is_some()) {
        return Err(Error::new("cannot use `--out`: each `-o` names a file").hint("leave `--out` away"));
    }
    let all: Vec<(F, Option<&Path>)> =
        outputs.iter().map(|output| (output.format, output.file.as_deref().or(out))).collect();
    for (number, (_, file)) in all.iter().enumerate() {
        if all[..number].iter().any(|(_, earlier)| earlier == file) {
            let place = file.map_or("standard output".to_owned(), |file| format!("`{}`", file.display()));
            return Err(Error::new(format!("cannot write two formats to {place}"))
                .hint("give each format a file: `-o json=report.json -o junit=report.xml`"));
        }
    }
    Ok(all)
}

impl OutputArgs {
    /// Whether a form is written in which nodes are listed.
    pub fn lists_nodes(&self) -> bool {
        self.output.iter().any(|output| output.format.lists_nodes())
    }

    /// Whether a form is written that has all nodes.
    pub fn has_all_nodes(&self) -> bool {
        self.output.iter().any(|output| output.format.has_all_nodes())
    }

    /// Whether people read the report as it is written: a terminal shows it.
    pub fn is_watched(&self) -> bool {
        let is_shown = |output: &Output<Format>| output.file.is_none() && output.format.is_for_people();
        self.out.is_none() && self.output.iter().any(is_shown) && std::io::stdout().is_terminal()
    }

    /// Opens what the report is written to. Files are begun before anything is asked, so that one that cannot be written
    /// ends the command early.
    ///
    /// # Errors
    /// A file cannot be written; two forms have one destination.
    pub fn open(&self, theme: &Theme, gate: Gate) -> Result<Outputs> {
        let mut outputs = Outputs(Vec::new());
        for (format, file) in destinations(&self.output, self.out.as_deref())? {
            let (theme, file) = match file {
                // A file looks the same wherever it was written.
                Some(path) => (Theme::of_file(), Some(BufWriter::new(Whole(WholeFile::begin(path)?)))),
                None => (theme.clone(), None),
            };
            let has_all_nodes = format.has_all_nodes();
            outputs.0.push(Form { renderer: renderer(format, theme, gate), file, has_all_nodes });
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
struct Form {
    renderer: Box<dyn Renderer>,
    file: Option<BufWriter<Whole>>,
    has_all_nodes: bool,
}

impl Form {
    fn write(
        &mut self,
        stdout: &mut dyn Write,
        step: impl FnOnce(&mut dyn Renderer, &mut dyn Write) -> std::io::Result<()>,
    ) -> Result<()> {
        match &mut self.file {
            Some(file) => step(self.renderer.as_mut(), file).map_err(|error| {
                let path = file.get_ref().0.path().display().to_string();
                Error::new(format!("cannot write `{path}`")).because(&error)
            }),
            None => Ok(step(self.renderer.as_mut(), stdout)?),
        }
    }
}

impl Outputs {
    /// Does the same with each form.
    fn each(
        &mut self,
        stdout: &mut dyn Write,
        mut step: impl FnMut(&mut dyn Renderer, &mut dyn Write) -> std::io::Result<()>,
    ) -> Result<()> {
        self.0.iter_mut().try_for_each(|form| form.write(stdout, &mut step))
    }

    /// What was looked at.
    ///
    /// # Errors
    /// Those of writing; the same for all that follow.
    pub fn begin(&mut self, stdout: &mut dyn Write, source: &Source) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.begin(out, source))
    }

    /// The nodes that were asked about.
    pub fn nodes(&mut self, stdout: &mut dyn Write, nodes: &[NodeIdentity]) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.nodes(out, nodes))
    }

    /// The only node that was asked about.
    pub fn node(&mut self, stdout: &mut dyn Write, node: &NodeFacts) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.node(out, node))
    }

    /// One DaemonSet, complete. Forms that list nodes have the plain ones only where `all_nodes` are listed.
    pub fn daemon_set(&mut self, stdout: &mut dyn Write, report: &mut DaemonSetReport, all_nodes: bool) -> Result<()> {
        for form in self.0.iter_mut().filter(|form| form.has_all_nodes) {
            form.write(stdout, |renderer, out| renderer.daemon_set(out, report))?;
        }
        if !all_nodes {
            report.nodes.retain(|node| !node.is_plain);
        }
        for form in self.0.iter_mut().filter(|form| !form.has_all_nodes) {
            form.write(stdout, |renderer, out| renderer.daemon_set(out, report))?;
        }
        Ok(())
    }

    /// The end of the report; the files get their names.
    pub fn end(mut self, stdout: &mut dyn Write, tail: &Tail<'_>) -> Result<()> {
        self.each(stdout, |renderer, out| renderer.end(out, tail))?;
        self.each(stdout, |_, out| out.flush())?;
        for file in self.0.into_iter().filter_map(|form| form.file) {
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

    fn read(text: &str) -> Result<Output<Format>, clap::Error> {
        OutputParser::new().parse_ref(&Command::new("doctor"), None, OsStr::new(text))
    }

    /// Each form with its file; `None` if there is a mistake.
    fn placed(output: &[&str], out: Option<&str>) -> Option<Vec<(Format, Option<PathBuf>)>> {
        let output: Vec<_> = output.iter().map(|text| read(text).expect("the output is well-formed")).collect();
        let all = destinations(&output, out.map(Path::new)).ok()?;
        Some(all.into_iter().map(|(format, file)| (format, file.map(PathBuf::from))).collect())
    }

    #[test]
    fn every_form_has_a_destination_of_its_own() {
        let file = |name: &str| Some(PathBuf::from(name));
        assert_eq!(
            placed(&["table", "json=r.json", "junit=r.xml"], None).unwrap(),
            [(Format::Table, None), (Format::Json, file("r.json")), (Format::Junit, file("r.xml"))]
        );
        assert_eq!(placed(&["json"], Some("r.json")).unwrap(), [(Format::Json, file("r.json"))]);
        assert_eq!(placed(&["json", "yaml"], None), None);
        assert_eq!(placed(&["json=a", "yaml=a"], None), None);
        assert_eq!(placed(&["json=a"], Some("b")), None);
    }

    #[test]
    fn a_mistake_in_an_output_is_named() {
        let mistake = |text: &str| read(text).expect_err("a mistake");
        assert!(mistake("json=").to_string().contains("the name of the file is missing"));
        assert_eq!(mistake("jsn=a").kind(), clap::error::ErrorKind::InvalidValue);
        assert_eq!(read("json=-").expect("standard output").file, None);
    }
}
