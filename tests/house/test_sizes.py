"""The house stays readable: small files, short functions, a first line that says what lives there."""

from __future__ import annotations

import ast
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gordon", "ingest", "classify", "route", "store")
SOURCES = sorted(
    path
    for package in (*PACKAGES, "bench")
    for path in (ROOT / package).rglob("*.py")
    if "versions" not in path.parts and path.read_text(encoding="utf-8").strip()
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
MOST_LINES, MOST_FUNCTION, MEDIAN_FILE, MEDIAN_FUNCTION = 400, 40, 130, 8


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lengths(path: Path) -> list[tuple[str, int]]:
    """Each function with its lines, its docstring not counted."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            is_text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            doc = (first.end_lineno or 0) - first.lineno + 1 if is_text else 0
            found.append((node.name, (node.end_lineno or 0) - node.lineno + 1 - doc))
    return found


@pytest.mark.parametrize("path", [*SOURCES, *TESTS], ids=name)
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_no_function_is_over_40_lines_and_each_file_says_what_lives_there(path: Path) -> None:
    assert [entry for entry in lengths(path) if entry[1] > MOST_FUNCTION] == []
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))), "no module docstring"


def test_the_median_is_small() -> None:
    files = [len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES]
    assert median(files) <= MEDIAN_FILE
    functions = [length for path in SOURCES for _, length in lengths(path)]
    assert median(functions) <= MEDIAN_FUNCTION
