//! A Rust file as the rules see it: code without comments and texts, what of it is a test, its functions.

/// One file.
pub(crate) struct Source {
    /// From the root of the workspace.
    pub(crate) path: String,
    /// The file, line for line, with comments, texts and characters blanked.
    pub(crate) code: String,
    /// For each line, whether it belongs to a test.
    tests: Vec<bool>,
}

/// One function with a body.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) lines: usize,
    pub(crate) is_test: bool,
}

impl Source {
    pub(crate) fn new(path: impl Into<String>, text: &str) -> Source {
        let (path, code) = (path.into(), blank(text));
        let is_test = path.split('/').any(|part| matches!(part, "tests" | "tests.rs" | "benches"));
        let mut tests = vec![is_test; code.lines().count()];
        for (start, attribute) in code.match_indices("#[cfg(test)]") {
            let item = start + attribute.len();
            let (first, last) = (line_at(&code, start), line_at(&code, item + item_length(&code[item..])));
            tests[first - 1..last].fill(true);
        }
        Source { path, code, tests }
    }

    /// Whether the line, counted from 1, belongs to a test.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        self.tests.get(line - 1).is_some_and(|is_test| *is_test)
    }

    /// The lines, counted from 1, on which `word` stands by itself.
    pub(crate) fn lines_with(&self, word: &str) -> impl Iterator<Item = usize> {
        self.places(word).map(|at| line_at(&self.code, at))
    }

    /// What follows each `word`, and on which line.
    pub(crate) fn after(&self, word: &str) -> impl Iterator<Item = (usize, &str)> {
        self.places(word).map(move |at| (line_at(&self.code, at), &self.code[at + word.len()..]))
    }

    /// Every function that has a body.
    pub(crate) fn functions(&self) -> impl Iterator<Item = Function<'_>> {
        self.after("fn").filter_map(|(line, rest)| {
            let name = word_of(rest.trim_start());
            let item = &rest[..item_length(rest)];
            let lines = item.matches('\n').count() + 1;
            let has_body = !name.is_empty() && item.ends_with('}');
            has_body.then(|| Function { name, line, lines, is_test: self.is_test(line) })
        })
    }

    fn places(&self, word: &str) -> impl Iterator<Item = usize> {
        let all = self.code.match_indices(word);
        all.filter(|(at, word)| stands_alone(&self.code, *at, word)).map(|(at, _)| at)
    }
}

/// The word that `text` begins with.
pub(crate) fn word_of(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

/// The word that `text` ends with.
pub(crate) fn last_word_of(text: &str) -> &str {
    let before = text.trim_end_matches(is_word);
    &text[before.len()..]
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Whether what is found `at` is no part of a longer word.
fn stands_alone(code: &str, at: usize, found: &str) -> bool {
    let (before, after) = (&code[..at], &code[at + found.len()..]);
    let begins_inside = before.ends_with(is_word) && found.starts_with(is_word);
    let ends_inside = found.ends_with(is_word) && after.starts_with(is_word);
    !begins_inside && !ends_inside
}

fn line_at(code: &str, at: usize) -> usize {
    code[..at].matches('\n').count() + 1
}

/// How far the item goes that `code` begins with: to its `;`, or to the end of its braces.
fn item_length(code: &str) -> usize {
    let (mut brackets, mut braces) = (0_usize, 0_usize);
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' => brackets += 1,
            ')' | ']' => brackets = brackets.saturating_sub(1),
            '{' => braces += 1,
            '}' if braces <= 1 => return at + 1,
            '}' => braces -= 1,
            ';' if brackets == 0 && braces == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// Blanks everything that is not code; lines stay lines.
fn blank(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (is_code, length) = token(rest);
        let (token, after) = rest.split_at(length);
        if is_code {
            code.push_str(token);
        } else {
            code.extend(token.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        rest = after;
    }
    code
}

/// Whether `text` begins with code, and how long that, or the comment or text it begins with, is.
fn token(text: &str) -> (bool, usize) {
    let word = word_of(text);
    if text.starts_with("//") {
        (false, text.find('\n').unwrap_or(text.len()))
    } else if text.starts_with("/*") {
        (false, block_comment(text))
    } else if text.starts_with('"') {
        (false, quoted(text, '"'))
    } else if text.starts_with('\'') {
        character(text)
    } else if let ("r" | "br" | "cr", Some(length)) = (word, raw_text(&text[word.len()..])) {
        (false, word.len() + length)
    } else {
        (true, word.len().max(text.chars().next().map_or(0, char::len_utf8)))
    }
}

/// Comments of this kind nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a text or character with its quotes; a backslash takes the next character along.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// A quote may begin a character or a lifetime.
fn character(text: &str) -> (bool, usize) {
    let mut next = text.chars().skip(1);
    match (next.next(), next.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => (false, quoted(text, '\'')),
        _ => (true, 1),
    }
}

/// The length of `#"..."#`, with as many hashes as there are; `None`: it is no raw text.
fn raw_text(text: &str) -> Option<usize> {
    let hashes = text.len() - text.trim_start_matches('#').len();
    let inside = text[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(inside.find(&end).map_or(text.len(), |at| hashes + 1 + at + end.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_texts_and_characters_are_no_code() {
        let text = r##"a /* b /* c */ " */ "d\"e" r#"f"g"# 'h' '\'' b'"' i<'j> // k"##;
        let words: Vec<_> = blank(text).split_whitespace().map(str::to_owned).collect();
        assert_eq!(words, ["a", "b", "i<'j>"], "the second is the byte's own `b`");
        assert_eq!(blank("one\n\"two\nthree\"\nfour"), "one\n    \n      \nfour");
    }

    #[test]
    fn a_word_stands_alone() {
        let source = Source::new("src/x.rs", "use mio;\nuse mio_net;\nuse amio;\n// mio\nx.unwrap()");
        assert_eq!(source.lines_with("mio").collect::<Vec<_>>(), [1]);
        assert_eq!(source.lines_with(".unwrap()").collect::<Vec<_>>(), [5]);
    }

    #[test]
    fn tests_are_told_from_code() {
        let source =
            Source::new("src/x.rs", "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}");
        let is_test: Vec<_> = (1..=6).map(|line| source.is_test(line)).collect();
        assert_eq!(is_test, [false, true, true, true, true, false]);
        assert!(Source::new("a/tests/b.rs", "fn x() {}").is_test(1));
    }

    #[test]
    fn functions_are_measured_from_their_name_to_their_last_brace() {
        let text =
            "fn one() -> [u8; 2] { x }\nfn none();\nlet f: fn(u8) = g;\nfn three(a: B)\n{ if a { '}' }\n}";
        let source = Source::new("src/x.rs", text);
        let found: Vec<_> = source.functions().map(|f| (f.name, f.line, f.lines)).collect();
        assert_eq!(found, [("one", 1, 1), ("three", 4, 3)]);
    }
}
