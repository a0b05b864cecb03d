//! Width, colour and characters, decided once from the terminal and the environment.

use owo_colors::Style;

use crate::report::Severity;

/// How text may look.
#[derive(Debug, Clone)]
pub struct Theme {
    /// Columns that sentences wrap at.
    pub width: usize,
    /// Columns of the terminal, where there is one: `-o wide` uses all of them, and one line a node in a pipe.
    pub columns: Option<usize>,
    /// Colours, all plain unless they are wanted.
    pub styles: Styles,
    /// Whether characters beyond ASCII may be written.
    pub unicode: bool,
}

/// Styles by meaning. All are plain by default.
#[derive(Debug, Clone, Default)]
pub struct Styles {
    /// What is wrong.
    pub error: Style,
    /// What may be wrong.
    pub warning: Style,
    /// What is worth knowing.
    pub info: Style,
    /// What is well.
    pub good: Style,
    /// The subject of a paragraph.
    pub subject: Style,
    /// What is said aside.
    pub aside: Style,
    /// A line of a diff that is new.
    pub added: Style,
    /// A line of a diff that goes.
    pub removed: Style,
}

impl Styles {
    /// The colours.
    pub fn colourful() -> Self {
        Styles {
            error: Style::new().red().bold(),
            warning: Style::new().yellow().bold(),
            info: Style::new().cyan(),
            // Colour means severity: what to do stands out without one.
            good: Style::new().bold(),
            subject: Style::new().bold(),
            aside: Style::new().dimmed(),
            added: Style::new().green(),
            removed: Style::new().red(),
        }
    }

    /// The style of a severity.
    pub fn severity(&self, severity: Severity) -> Style {
        match severity {
            Severity::Error => self.error,
            Severity::Warning => self.warning,
            Severity::Info => self.info,
        }
    }
}

/// When colours are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal that has them, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the environment says, so that tests can say otherwise.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// Columns, where standard output is a terminal.
    pub terminal: Option<usize>,
    /// `COLUMNS`.
    pub columns: Option<usize>,
    /// Whether `NO_COLOR` is set to anything.
    pub no_color: bool,
    /// Whether `CLICOLOR_FORCE` or `FORCE_COLOR` asks for colours.
    pub force_color: bool,
    /// Whether `TERM` is `dumb`.
    pub dumb: bool,
    /// Whether the locale speaks UTF-8.
    pub utf8: bool,
}

impl Surroundings {
    /// Returns the surroundings of standard error.
    pub fn of_stderr() -> Self {
        let size = terminal_size::terminal_size_of(std::io::stderr());
        Surroundings { terminal: size.map(|(width, _)| usize::from(width.0)), ..Self::of_process() }
    }

    /// Returns the surroundings of standard output.
    pub fn of_process() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Surroundings {
            terminal: terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0)),
            columns: set("COLUMNS").and_then(|c| c.parse().ok()),
            no_color: set("NO_COLOR").is_some(),
            force_color: [set("CLICOLOR_FORCE"), set("FORCE_COLOR")].into_iter().flatten().any(|v| v != "0"),
            dumb: set("TERM").is_some_and(|t| t == "dumb"),
            utf8: locale.contains("utf-8") || locale.contains("utf8"),
        }
    }
}

impl Theme {
    /// Returns how text looks in a file: the same wherever it was written.
    pub fn of_file() -> Self {
        Theme::decide(Colour::Never, &Surroundings { utf8: true, ..Surroundings::default() })
    }

    /// Returns the columns that sentences beside the doctor's report wrap at: those of the terminal. In a pipe they stay
    /// whole, so that `grep` finds them.
    pub fn line_width(&self) -> usize {
        self.columns.unwrap_or(usize::MAX)
    }

    /// Decides. A pipe gets 80 columns and no colour, and so the same bytes wherever it leads.
    pub fn decide(colour: Colour, surroundings: &Surroundings) -> Self {
        const NARROWEST: usize = 20;
        const WIDEST: usize = 120;
        let width = surroundings.columns.or(surroundings.terminal).unwrap_or(80);
        let coloured = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto if surroundings.no_color => false,
            Colour::Auto => surroundings.force_color || (surroundings.terminal.is_some() && !surroundings.dumb),
        };
        Theme {
            columns: surroundings.columns.or(surroundings.terminal).map(|columns| columns.max(NARROWEST)),
            width: width.clamp(NARROWEST, WIDEST),
            styles: if coloured { Styles::colourful() } else { Styles::default() },
            unicode: surroundings.utf8 && !surroundings.dumb,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_and_width_follow_the_terminal_and_the_wishes() {
        let pipe = Surroundings::default();
        let terminal = Surroundings { terminal: Some(200), utf8: true, ..Default::default() };
        let coloured = |colour, s: &Surroundings| {
            let theme = Theme::decide(colour, s);
            (theme.styles.error != Style::new(), theme.width)
        };
        for (what, colour, surroundings, expected) in [
            ("a pipe", Colour::Auto, pipe.clone(), (false, 80)),
            ("a pipe, forced", Colour::Always, pipe.clone(), (true, 80)),
            ("a terminal", Colour::Auto, terminal.clone(), (true, 120)),
            ("a terminal, not wanted", Colour::Auto, Surroundings { no_color: true, ..terminal.clone() }, (false, 120)),
            ("a dumb terminal", Colour::Auto, Surroundings { dumb: true, ..terminal.clone() }, (false, 120)),
            ("columns said", Colour::Auto, Surroundings { columns: Some(60), ..pipe }, (false, 60)),
        ] {
            assert_eq!(coloured(colour, &surroundings), expected, "{what}");
        }
    }
}
