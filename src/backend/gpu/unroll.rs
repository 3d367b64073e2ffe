//! Unrolls loops before a module is compiled: those over the runs of a thread, because arrays that are indexed by a variable live in memory instead of
//! registers; and several batches or rows per turn of a loop, because drivers do not unroll loops of unknown length.
//!
//! It recognises the one line with which such a loop begins, and matches braces.

/// A loop of the shaders that is unrolled: its variable, and the constant that is its bound.
#[derive(Clone, Copy, Debug)]
pub struct UnrolledLoop {
    pub variable: &'static str,
    pub bound: &'static str,
}

/// The loop over the runs of a thread.
pub const RUNS: UnrolledLoop = UnrolledLoop { variable: "j", bound: "RUNS_PER_THREAD" };
/// The loop over the batches of one turn of the loop over batches.
pub const BATCHES: UnrolledLoop = UnrolledLoop { variable: "turn", bound: "BATCHES_PER_TURN" };
/// The loop over the rows of one turn of a loop over rows.
pub const ROWS: UnrolledLoop = UnrolledLoop { variable: "turn", bound: "ROWS_PER_TURN" };

/// A module whose loops of one kind have `count` iterations and are unrolled.
pub fn unrolled(module: &str, UnrolledLoop { variable, bound }: UnrolledLoop, count: u32) -> String {
    let first_line = format!("for (var {variable} = 0u; {variable} < {bound}; {variable} += 1u) {{");
    let mut output = String::new();
    let mut remaining = module;
    while let Some(at) = remaining.find(&first_line) {
        let (before, body) = (&remaining[..at], &remaining[at + first_line.len()..]);
        let end = closing_brace(body);
        output.push_str(before);
        for iteration in 0..count {
            output.push('{');
            output.push_str(&with_index(&body[..end], variable, iteration));
            output.push_str("}\n");
        }
        remaining = &body[end + 1..];
    }
    output + remaining
}

/// The position of the brace that closes the block whose content starts here.
fn closing_brace(code: &str) -> usize {
    let mut depth = 1;
    let end = code.bytes().position(|byte| {
        depth += match byte {
            b'{' => 1,
            b'}' => -1,
            _ => 0,
        };
        depth == 0
    });
    end.unwrap_or(code.len())
}

/// Code with an identifier replaced by a number.
fn with_index(code: &str, variable: &str, index: u32) -> String {
    let is_identifier = |c: char| c.is_alphanumeric() || c == '_';
    let mut output = String::new();
    let mut remaining = code;
    while let Some(at) = remaining.find(variable) {
        let (before, after) = (&remaining[..at], &remaining[at + variable.len()..]);
        output.push_str(before);
        if output.ends_with(is_identifier) || after.starts_with(is_identifier) {
            output.push_str(variable);
        } else {
            output.push_str(&index.to_string());
            output.push('u');
        }
        remaining = after;
    }
    output + remaining
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_over_runs_are_unrolled_and_other_loops_are_kept() {
        let module = "for (var i = 0u; i < 3u; i += 1u) {}\nfor (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {\n    if due { a[j] = b_j; }\n}\nlet j = 1u;\n";
        let expected =
            "for (var i = 0u; i < 3u; i += 1u) {}\n{\n    if due { a[0u] = b_j; }\n}\n{\n    if due { a[1u] = b_j; }\n}\n\nlet j = 1u;\n";
        assert_eq!(unrolled(module, RUNS, 2), expected);
        assert_eq!(unrolled("let x = 1u;", RUNS, 2), "let x = 1u;");
        assert_eq!(
            unrolled("for (var turn = 0u; turn < ROWS_PER_TURN; turn += 1u) { f(i + turn, turned, return_); }", ROWS, 1),
            "{ f(i + 0u, turned, return_); }\n"
        );
        assert_eq!(unrolled("a for (var turn = 0u; turn < ROWS_PER_TURN; turn += 1u) { f(turn); } b", ROWS, 0), "a  b");
    }
}
