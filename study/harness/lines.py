"""Counts lines of code: those that hold more than white space, comments, documentation or tests."""

import io
import re
import tokenize
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
}
BREAKS = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING}
COMMENT = r"//[^\n]*|/\*.*?\*/"
# Strings come first in each pattern, so that what looks like a comment in them is none.
RUST = re.compile(
    r'(?P<text>b?r(?P<hashes>#*)".*?"(?P=hashes)|b?"(?:\\.|[^"\\])*"|' + r"b?'(?:\\.[^']*|[^'\\])')|" + COMMENT,
    re.DOTALL,
)
SCRIPT = re.compile(
    r'(?P<text>"(?:\\.|[^"\\\n])*"|' + r"'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|"
    r"(?<=[(=,:\s])/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n])+/)|" + COMMENT,
    re.DOTALL,
)
# By this workspace's rule tests stand last in a file, or in one of their own.
TESTS = re.compile(r"^#\[cfg\(test\)\]\s*\nmod tests(?:;|\s*\{.*)", re.DOTALL | re.MULTILINE)


def count(files: Iterable[Path]) -> int:
    """Of all files together."""
    return sum(count_text(file.read_text(), file.suffix) for file in files)


def count_text(text: str, suffix: str) -> int:
    """Of one file, whose name ends so."""
    if suffix == ".py":
        return python(text)
    if suffix == ".rs":
        return code(TESTS.sub("", text), RUST)
    return code(text, SCRIPT)


def python(text: str) -> int:
    """The lines that have a token of code. A string that is a statement by itself is documentation."""
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    lines: set[int] = set()
    before = tokenize.ENCODING
    for token, after in pairwise(tokens):
        is_documentation = token.type == tokenize.STRING and before in BREAKS and after.type == tokenize.NEWLINE
        if token.type not in NO_CODE and not is_documentation:
            lines.update(range(token.start[0], token.end[0] + 1))
        if token.type not in (tokenize.COMMENT, tokenize.NL):
            before = token.type
    return len(lines)


def code(text: str, language: re.Pattern[str]) -> int:
    """The lines that are left when comments are gone; those of documentation are comments, too."""
    without = language.sub(lambda found: found["text"] or "\n" * found[0].count("\n"), text)
    return sum(bool(line.strip()) for line in without.splitlines())
