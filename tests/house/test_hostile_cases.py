"""Every case of the list of hostile inputs and faults has a test that says so, @pytest.mark.hostile(case), or a reason
in docs/faults.md why it has none; and what that page names as a proof is one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.house.markdown import sections

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
FAULTS = ROOT / "docs" / "faults.md"
CASES = frozenset(range(1, 97))
ON_THE_PAGE = range(54, 97)
PROOF = re.compile(r"`([\w/.-]+\.py)::(\w+)`")
REASON = re.compile(r"not tested: \w.{15,}")


def numbers(node: ast.expr, where: Path) -> Iterator[int]:
    """The cases that one decorator, or one mark of a parameter, names."""
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.hostile":
        for argument in node.args:
            assert isinstance(argument, ast.Constant) and isinstance(argument.value, int), where
            yield argument.value


@cache
def marked(path: Path) -> frozenset[int]:
    """The cases that the tests of a file claim to prove."""
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return frozenset(case for node in nodes if isinstance(node, ast.expr) for case in numbers(node, path))


def marks_of(path: Path, test: str) -> frozenset[int] | None:
    """The cases that one test claims, by its own marks, its parameters', or its module's; None: there is no such
    test."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = next((node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == test), None)
    if found is None:
        return None
    whole = [node.value for node in tree.body if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node)]
    inner = [node for one in (*found.decorator_list, *whole) for node in ast.walk(one)]
    return frozenset(case for node in inner if isinstance(node, ast.expr) for case in numbers(node, path))


@cache
def table() -> dict[int, str]:
    """The last cell of each row of the page, by case."""
    return {int(row.cells[0]): row.cells[-1] for part in sections(FAULTS).values() for row in part.rows}


def test_every_case_has_its_test_or_a_reason() -> None:
    found = {case for path in TESTS.rglob("test_*.py") for case in marked(path)}
    reasons = {case for case, cell in table().items() if REASON.match(cell)}
    missing = CASES - found - reasons
    assert not missing, f"neither test nor reason for the cases {sorted(missing)}"


def test_the_page_has_the_cases_in_order() -> None:
    assert list(table()) == list(ON_THE_PAGE)


@pytest.mark.parametrize("case", ON_THE_PAGE)
def test_what_the_page_calls_a_proof_is_one(case: int) -> None:
    cell = table()[case]
    proofs = PROOF.findall(cell)
    assert proofs or REASON.match(cell), f"case {case}: neither a proof nor a reason"
    for file, test in proofs:
        path = ROOT / file
        assert path.is_file(), f"case {case}: no {file}"
        marks = marks_of(path, test)
        assert marks is not None, f"case {case}: no {test} in {file}"
        assert case in marks, f"case {case}: {file}::{test} does not carry its marker"
