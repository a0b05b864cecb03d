//! The flags that choose colours, which every command takes.

use std::ffi::OsString;

use clap::{Args, ValueEnum};

use crate::render::Theme;
use crate::render::theme::{Colour, Surroundings};

/// When colours are used.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct ColorArgs {
    /// Choose when to use colours
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Colour,
    /// Disable colours, like --color=never
    #[arg(long, global = true)]
    no_color: bool,
}

impl ColorArgs {
    /// Reads the flags from a command line that clap rejects. A value that clap rejects counts as the default.
    pub fn of_rejected(args: &[OsString]) -> Self {
        let words: Vec<&str> = args.iter().filter_map(|arg| arg.to_str()).take_while(|arg| *arg != "--").collect();
        let after = words.windows(2).filter(|pair| pair[0] == "--color").map(|pair| pair[1]);
        let value = words.iter().filter_map(|word| word.strip_prefix("--color=")).chain(after).next_back();
        let color = value.and_then(|value| Colour::from_str(value, false).ok()).unwrap_or_default();
        ColorArgs { color, no_color: words.contains(&"--no-color") }
    }

    /// Returns width and colours of a stream with these surroundings.
    pub fn theme(self, surroundings: &Surroundings) -> Theme {
        Theme::decide(if self.no_color { Colour::Never } else { self.color }, surroundings)
    }
}
