"""docs/errors.md has a line for each class of the tree of errors, for each code and for each reason."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import gordon.errors
from gordon.errors import GordonError, Permanent, Transient
from gordon.webhooks import UNDELIVERABLE
from tests.house.markdown import sections
from tests.house.test_docs import buried

ROOT = Path(__file__).parents[2]
PAGE = sections(ROOT / "docs" / "errors.md")
PACKAGES = ("gordon", "ingest", "classify", "route", "store")


def tree() -> dict[str, type[GordonError]]:
    """The classes of gordon/errors.py by name."""
    found = inspect.getmembers(gordon.errors, inspect.isclass)
    return {name: kind for name, kind in found if issubclass(kind, GordonError)}


def outside(known: set[str]) -> set[str]:
    """The names of classes elsewhere that are built on the tree."""
    classes = [
        node
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    ]
    while more := {one.name for one in classes if {ast.unparse(base) for base in one.bases} & known} - known:
        known = known | more
    return known


def test_every_class_has_its_row_with_its_code() -> None:
    table = {row.code()[0]: row.cells for row in PAGE["Classes"].rows}
    assert set(table) == outside(set(tree())) and len(table) == len(PAGE["Classes"].rows)
    for name, kind in tree().items():
        told = table[name][1]
        if issubclass(kind, Permanent):
            assert told == "never ends a process"
        else:
            assert told == ("78 in a command" if issubclass(kind, Transient) else str(kind.exit_code))


def test_every_code_has_its_row() -> None:
    assert PAGE["Codes"].names() == ["0", "1", "2", "78"]
    assert {str(kind.exit_code) for kind in tree().values()} <= {"1", "78"}


def test_every_reason_has_its_row() -> None:
    own = {kind.reason for kind in tree().values() if issubclass(kind, Permanent | Transient)}
    assert sorted(PAGE["Reasons"].names()) == sorted(own | buried() | {UNDELIVERABLE})


def test_every_row_says_what_to_do() -> None:
    rows = [*PAGE["Codes"].rows, *PAGE["Classes"].rows, *PAGE["Reasons"].rows]
    assert all(row.cells[-1] for row in rows if row.code()[0] != "GordonError")
