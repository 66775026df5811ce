"""Every case of the list of hostile inputs that concerns feeds (fetching 1-29, parsing and identity 30-53) has a test
that says so: @pytest.mark.hostile(case)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parents[1]
CASES = frozenset(range(1, 54))


def marked(path: Path) -> Iterator[int]:
    """The cases that the tests of a file claim to prove."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.hostile":
            for argument in node.args:
                assert isinstance(argument, ast.Constant) and isinstance(argument.value, int), path
                yield argument.value


def test_every_case_has_its_test() -> None:
    found = {case for path in TESTS.rglob("test_*.py") for case in marked(path)}
    assert not CASES - found, f"no test for the cases {sorted(CASES - found)}"
