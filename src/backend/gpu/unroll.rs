//! Unrolls the loops over the runs of a thread before a module is compiled. Drivers do not unroll long loops, and arrays that are indexed by a
//! variable live in memory instead of registers.
//!
//! It recognises the one line with which such a loop begins, and matches braces.

/// The first line of a loop over the runs of a thread.
const RUN_LOOP: &str = "for (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {";

/// A module with its loops over `runs` runs unrolled.
pub fn unrolled(module: &str, runs: u32) -> String {
    let mut output = String::new();
    let mut remaining = module;
    while let Some(at) = remaining.find(RUN_LOOP) {
        let (before, body) = (&remaining[..at], &remaining[at + RUN_LOOP.len()..]);
        let end = closing_brace(body);
        output.push_str(before);
        for run in 0..runs {
            output.push('{');
            output.push_str(&with_index(&body[..end], run));
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

/// Code with the identifier `j` replaced by a number.
fn with_index(code: &str, run: u32) -> String {
    let number = format!("{run}u");
    let mut output = String::new();
    let is_identifier = |c: char| c.is_alphanumeric() || c == '_';
    let mut previous = ' ';
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == 'j' && !is_identifier(previous) && !letters.peek().copied().is_some_and(is_identifier) {
            output.push_str(&number);
        } else {
            output.push(letter);
        }
        previous = letter;
    }
    output
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_over_runs_are_unrolled_and_other_loops_are_kept() {
        let module = "for (var i = 0u; i < 3u; i += 1u) {}\nfor (var j = 0u; j < RUNS_PER_THREAD; j += 1u) {\n    if due { a[j] = b_j; }\n}\nlet j = 1u;\n";
        let expected =
            "for (var i = 0u; i < 3u; i += 1u) {}\n{\n    if due { a[0u] = b_j; }\n}\n{\n    if due { a[1u] = b_j; }\n}\n\nlet j = 1u;\n";
        assert_eq!(unrolled(module, 2), expected);
        assert_eq!(unrolled("let x = 1u;", 2), "let x = 1u;");
    }
}
