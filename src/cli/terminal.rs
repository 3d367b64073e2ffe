//! Properties of the terminal.

use std::io::IsTerminal;

/// Whether stderr shows colours: it is a terminal, and NO_COLOR is unset or empty.
pub fn has_color() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
