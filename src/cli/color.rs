//! The flags that choose colours, which every command takes.

use clap::Args;

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
    /// Returns width and colours of a stream with these surroundings.
    pub fn theme(self, surroundings: &Surroundings) -> Theme {
        Theme::decide(if self.no_color { Colour::Never } else { self.color }, surroundings)
    }
}
