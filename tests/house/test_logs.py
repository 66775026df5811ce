"""docs/logs.md has a line for each event that the code logs, and no other."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.house.markdown import sections

ROOT = Path(__file__).parents[2]
PACKAGES = ("gordon", "ingest", "classify", "route", "store")
METHODS = frozenset({"debug", "info", "warning", "error", "exception"})
LOGGERS = ("logger()", "log.logger()", "self._log", "bound")


def logged(path: Path) -> Iterator[tuple[str, str]]:
    """Level and name of each event that a file logs."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "each" and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value), "info"  # gordon.log.each
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS):
            continue
        if ast.unparse(node.func.value) in LOGGERS and node.args:
            names = [part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)]
            assert names, f"{path}:{node.lineno}: the name of an event is a constant; what varies goes into fields"
            yield from ((name, node.func.attr) for name in names if isinstance(name, str))


def test_every_event_has_its_row() -> None:
    real: dict[str, set[str]] = {"log lines lost": {"warning"}}  # said by the stream below the log
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for name, level in logged(path):
                real.setdefault(name, set()).add(level)
    table = [row for row in sections(ROOT / "docs" / "logs.md")["Events"].rows]
    documented = {row.code()[0]: set(row.cells[1].split(", ")) for row in table}
    assert documented == real and len(documented) == len(table)
