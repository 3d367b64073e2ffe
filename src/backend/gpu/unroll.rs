//! Writes the loops over the runs of a thread out, before a module is handed to a device: compilers leave them loops where they are long,
//! and runs that are found by a number live in memory, not in registers.
//!
//! It knows the one line that such a loop begins with, and braces.

/// How a loop over the runs of a thread begins.
const OVER_RUNS: &str = "for (var j = 0u; j < RUNS; j += 1u) {";

/// A module for so many runs a thread.
pub fn unrolled(module: &str, runs: u32) -> String {
    let mut written = String::new();
    let mut rest = module;
    while let Some(at) = rest.find(OVER_RUNS) {
        let (before, behind) = (&rest[..at], &rest[at + OVER_RUNS.len()..]);
        let end = closing(behind);
        written.push_str(before);
        for run in 0..runs {
            written.push('{');
            written.push_str(&with_number(&behind[..end], run));
            written.push_str("}\n");
        }
        rest = &behind[end + 1..];
    }
    written + rest
}

/// Where the brace is that closes a block whose text this begins with.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    let end = text.bytes().position(|byte| {
        depth += match byte {
            b'{' => 1,
            b'}' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.unwrap_or(text.len())
}

/// A text with `j`, where it stands alone, as a number.
fn with_number(text: &str, run: u32) -> String {
    let number = format!("{run}u");
    let mut written = String::new();
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut before = ' ';
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == 'j' && !is_word(before) && !letters.peek().copied().is_some_and(is_word) {
            written.push_str(&number);
        } else {
            written.push(letter);
        }
        before = letter;
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_over_runs_are_written_out_and_others_stay() {
        let module =
            "for (var i = 0u; i < 3u; i += 1u) {}\nfor (var j = 0u; j < RUNS; j += 1u) {\n    if judged { a[j] = b_j; }\n}\nlet j = 1u;\n";
        let wanted = "for (var i = 0u; i < 3u; i += 1u) {}\n{\n    if judged { a[0u] = b_j; }\n}\n{\n    if judged { a[1u] = b_j; }\n}\n\nlet j = 1u;\n";
        assert_eq!(unrolled(module, 2), wanted);
        assert_eq!(unrolled("let x = 1u;", 2), "let x = 1u;");
    }
}
