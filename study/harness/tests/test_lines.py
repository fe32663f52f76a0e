import unittest

from harness.lines import count_text

ELSEWHERE = """#[cfg(test)]
mod tests;

fn after() {}
"""

PYTHON = '''"""Of the module.

Two lines of it."""

import os  # why


class A:
    """Of the class."""

    text = """two
lines"""

    # a comment
    def f(self) -> str:
        """Of the function."""
        return "# no comment"
'''

RUST = """//! Of the module.

use a::b; // why
/* a comment
   of two lines */
/// Of the function.
fn f<'a>(x: &'a str) -> char {
    let url = "http://x"; // after a string
    let raw = r#"// not " a comment"#;
    '"'
}

#[cfg(test)]
mod tests {
    #[test]
    fn t() {}
}
"""

SCRIPT = """'use strict';
// a comment
/** Of the function. */
const f = (x) => x.replace(/\\/\\//g, "//") / 2; /* after */
const t = `
// text
`;
"""


class Lines(unittest.TestCase):
    def test_of_python_documentation_is_not_counted_but_texts_are(self) -> None:
        self.assertEqual(count_text(PYTHON, ".py"), 6)

    def test_of_rust_tests_are_not_counted(self) -> None:
        self.assertEqual(count_text(RUST, ".rs"), 6)

    def test_of_rust_what_follows_tests_in_a_file_of_their_own_is_counted(self) -> None:
        self.assertEqual(count_text(ELSEWHERE, ".rs"), 1)

    def test_of_a_script_what_stands_in_texts_is_no_comment(self) -> None:
        self.assertEqual(count_text(SCRIPT, ".js"), 5)

    def test_nothing_but_comments_is_nothing(self) -> None:
        for text, suffix in (('"""x"""\n# y\n', ".py"), ("// x\n/* y */\n", ".rs"), ("// x\n", ".js")):
            self.assertEqual(count_text(text, suffix), 0, suffix)
