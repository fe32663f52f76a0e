"""Looks up in the code what is drawn of it."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def require(where: str, symbol: str) -> None:
    """Raises LookupError unless `symbol` is defined, or in Python imported, in the file `where`."""
    find = _is_in_python if where.endswith(".py") else _is_in_rust
    if not find(_read(where), symbol):
        raise LookupError(f"there is no {symbol} in {where}")


def require_code(where: str, code: str) -> None:
    """Raises LookupError unless the file `where` says `code`."""
    if code not in _read(where):
        raise LookupError(f"{where} does not say {code!r}")


def _is_in_rust(source: str, symbol: str) -> bool:
    """`symbol` is a type, a trait or a function, be it of a type or not."""
    return (
        re.search(rf"^\s*(pub(\([a-z]+\))? )?(struct|enum|trait|fn|type) {symbol}\b", source, re.MULTILINE) is not None
    )


def _is_in_python(source: str, symbol: str) -> bool:
    """`symbol` is a class, a function, `Class.method`, or what is imported."""
    body = ast.parse(source).body
    for name in symbol.split("."):
        found = [node for node in body if name in _names(node)]
        if not found:
            return False
        body = getattr(found[0], "body", [])
    return True


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [alias.name for alias in node.names]
    return [node.name] if isinstance(node, ast.ClassDef | ast.FunctionDef) else []


def imported_from(where: str, symbol: str) -> str:
    """The module from which a Python file imports `symbol`."""
    for node in ast.parse(_read(where)).body:
        if isinstance(node, ast.ImportFrom) and symbol in _names(node) and node.module:
            return node.module
    raise LookupError(f"{where} does not import {symbol}")


def handlers(where: str) -> dict[str, str]:
    """The first words of lines that a protocol in Python knows, and the method for each."""
    for node in ast.walk(ast.parse(_read(where))):
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict)):
            continue
        if _last_name(node.targets[0]) == "handlers":
            words = [ast.literal_eval(word) for word in node.value.keys if word]
            return dict(zip(words, map(_last_name, node.value.values), strict=True))
    raise LookupError(f"{where} has no handlers")


def _last_name(node: ast.expr) -> str:
    return ast.unparse(node).rpartition(".")[2]


def calls_on_self(where: str, function: str) -> list[str]:
    """What a Rust function calls on `self`, in this order, up to its value."""
    body = re.search(rf"fn {function}\b.*?\n    }}\n", _read(where), re.DOTALL)
    calls = re.findall(r"^        self\.(\w+)\(.*\)\??;$", body.group() if body else "", re.MULTILINE)
    if not calls:
        raise LookupError(f"{function} of {where} calls nothing")
    return calls


def _read(where: str) -> str:
    return (ROOT / where).read_text("utf-8")
