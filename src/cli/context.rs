//! What a command works with.

use std::io::Write;

use crate::cli::program::Program;
use crate::render::Theme;

/// What a command works with: the program's name, the two streams and how text looks on them.
///
/// stdout is data, stderr is everything else. Width, colour and terminal are decided once, here.
pub struct Context<'a> {
    /// How the user called us (`kubectl daemonset`).
    pub program: Program,
    /// Where data goes.
    pub stdout: &'a mut dyn Write,
    /// Where everything else goes.
    pub stderr: &'a mut dyn Write,
    /// Width and colours of stdout.
    pub theme: Theme,
    /// Width and colours of stderr.
    pub stderr_theme: Theme,
}
