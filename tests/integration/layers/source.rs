//! A tokenizer of Rust source that lists the paths in a file, without comments, literals and test code.

use std::path::{Path, PathBuf};

/// A file of `src`.
pub struct SourceFile {
    pub path: PathBuf,
    /// The segments of its module, without `crate`: `["backend", "cpu"]` for `backend/cpu/mod.rs`.
    pub module: Vec<String>,
    /// Tokens of the code that is not compiled for tests only.
    pub tokens: Vec<String>,
}

/// A path in the code with its segments: `["super", "vector", "Vector"]`.
pub struct CodePath {
    pub segments: Vec<String>,
    /// The name that a `use` item gives it.
    pub name: String,
    /// Whether a `pub use` of any visibility re-exports it.
    pub is_exported: bool,
}

impl SourceFile {
    pub fn read(source: &Path, path: &Path) -> Self {
        let code = std::fs::read_to_string(path).unwrap();
        let mut module: Vec<String> =
            path.strip_prefix(source).unwrap().with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        if module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        Self { path: path.to_owned(), module, tokens: without_tests(&tokens(&code)) }
    }

    /// The names of the modules that the file declares.
    pub fn children(&self) -> Vec<&str> {
        self.tokens.windows(3).filter(|three| three[0] == "mod" && three[2] == ";").map(|three| three[1].as_str()).collect()
    }

    /// The paths that begin with `crate`, `super`, `self` or a child module, in `use` items and elsewhere.
    pub fn paths(&self) -> Vec<CodePath> {
        let children = self.children();
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            let token = self.tokens[at].as_str();
            if token == "use" {
                // The visibility stands before `use`: `pub` or `pub(crate)`.
                let is_exported = at > 0 && (self.tokens[at - 1] == "pub" || self.tokens[at - 1] == ")");
                at = self.tree(at + 1, &[], is_exported, &mut found);
            } else if self.tokens.get(at + 1).is_some_and(|next| next == "::")
                && (at == 0 || self.tokens[at - 1] != "::")
                && (["crate", "super", "self"].contains(&token) || children.contains(&token))
            {
                let mut segments = vec![token.to_owned()];
                while self.tokens.get(at + 1).is_some_and(|next| next == "::") && self.tokens.get(at + 2).is_some_and(|next| is_name(next))
                {
                    at += 2;
                    segments.push(self.tokens[at].clone());
                }
                found.push(CodePath { name: segments[segments.len() - 1].clone(), segments, is_exported: false });
                at += 1;
            } else {
                at += 1;
            }
        }
        found.retain(|path| {
            ["crate", "super", "self"].contains(&path.segments[0].as_str()) || children.contains(&path.segments[0].as_str())
        });
        found
    }

    /// Reads a tree of a `use` item from a token on, and returns the position after it.
    fn tree(&self, mut at: usize, prefix: &[String], is_exported: bool, found: &mut Vec<CodePath>) -> usize {
        let mut segments = prefix.to_vec();
        loop {
            match self.tokens[at].as_str() {
                "{" => {
                    at += 1;
                    while self.tokens[at] != "}" {
                        at = self.tree(at, &segments, is_exported, found);
                        if self.tokens[at] == "," {
                            at += 1;
                        }
                    }
                    return at + 1;
                }
                "::" => at += 1,
                "," | ";" | "}" | "as" => {
                    if segments.last().is_some_and(|last| last == "self") && segments.len() > 1 {
                        segments.pop();
                    }
                    let mut name = segments.last().cloned().unwrap_or_default();
                    if self.tokens[at] == "as" {
                        name.clone_from(&self.tokens[at + 1]);
                        at += 2;
                    }
                    found.push(CodePath { segments, name, is_exported });
                    return at;
                }
                token => {
                    segments.push(token.to_owned());
                    at += 1;
                }
            }
        }
    }

    /// Whether the code uses a name outside its `use` items.
    pub fn mentions(&self, name: &str) -> bool {
        let mut in_use = false;
        self.tokens.iter().any(|token| {
            in_use = token == "use" || in_use && token != ";";
            !in_use && token == name
        })
    }

    /// Whether the code contains this sequence of tokens.
    pub fn contains(&self, code: &str) -> bool {
        let wanted = tokens(code);
        self.tokens.windows(wanted.len()).any(|row| row == wanted)
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Splits code into names, numbers, `::` and single characters. Comments are dropped, and a literal is `""`.
fn tokens(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(first) = rest.chars().next() {
        let taken = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(length) = literal(rest) {
            found.push("\"\"".to_owned());
            length
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            found.push(rest[..length].to_owned());
            length
        } else if rest.starts_with("::") {
            found.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                found.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[taken..];
    }
    found
}

/// The length of the string or character literal that the code begins with.
fn literal(code: &str) -> Option<usize> {
    let body = code.trim_start_matches(['b', 'c', 'r']);
    let prefix = code.len() - body.len();
    if prefix > 2 {
        return None;
    }
    if code[..prefix].contains('r') {
        let quoted = body.trim_start_matches('#');
        let hashes = &body[..body.len() - quoted.len()];
        let end = format!("\"{hashes}");
        return quoted.strip_prefix('"')?.find(&end).map(|length| prefix + hashes.len() + 1 + length + end.len());
    }
    let quote = body.chars().next().filter(|c| ['"', '\''].contains(c))?;
    let mut escaped = false;
    let mut characters = body.char_indices().skip(1).enumerate();
    let end = characters.find(|&(_, (_, c))| {
        let ends = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    });
    let (count, (length, _)) = end?;
    // A quote that closes after more than one character belongs to a lifetime, unless the character is escaped.
    let is_lifetime = quote == '\'' && count > 1 && !body[1..].starts_with('\\');
    (!is_lifetime).then_some(prefix + length + 1)
}

/// Drops each item after `#[cfg(test)]`.
fn without_tests(tokens: &[String]) -> Vec<String> {
    const ATTRIBUTE: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let mut kept = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if !tokens[at..].starts_with(&ATTRIBUTE.map(str::to_owned)) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        // An item ends with a semicolon or a closing brace outside all brackets.
        at += ATTRIBUTE.len();
        let mut depth = 0;
        while at < tokens.len() {
            let token = tokens[at].as_str();
            depth += i32::from(["{", "(", "["].contains(&token)) - i32::from(["}", ")", "]"].contains(&token));
            at += 1;
            if depth == 0 && [";", "}"].contains(&token) {
                break;
            }
        }
    }
    kept
}

#[test]
fn literals_comments_and_tests_are_ignored() {
    let code = r##"
        use super::{a::B, c as d}; // crate::comment
        fn f<'a>(x: &'a str) -> char { let _ = r#"crate::raw"#; "crate::\"string"; '\''; 'x'; super::e::f(x) }
        #[cfg(test)]
        mod tests { use crate::test; }
        #[cfg(test)]
        use crate::test;
        pub use self::g::H;
    "##;
    let file = SourceFile { path: PathBuf::new(), module: Vec::new(), tokens: without_tests(&tokens(code)) };
    let paths: Vec<_> = file.paths().into_iter().map(|path| (path.segments.join("::"), path.name, path.is_exported)).collect();
    let expected = [("super::a::B", "B", false), ("super::c", "d", false), ("super::e::f", "f", false), ("self::g::H", "H", true)];
    assert_eq!(paths, expected.map(|(path, name, is_exported)| (path.to_owned(), name.to_owned(), is_exported)));
}
