"""Every sentence that route says to people has its French, and every line of the commands that report on its work."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from gordon.events import Priority
from gordon.french_lines import LABELS, LINES
from gordon.french_texts import TEXTS, WORDS

ROOT = Path(__file__).parents[2]
ROUTE = ROOT / "route"
REPORTS = ("queues", "items", "issues", "people", "trace", "status")
SILENT = frozenset(
    {
        *("__init__", "calendar", "clocks", "conditions", "coverage", "day", "feasible", "find", "lint", "locked"),
        *("matrix", "needs", "policy", "report", "selftest", "similarity", "sweep", "values", "view", "words"),
    }
)
"""Modules that say nothing in events and histories; mistakes of a desk are told by ``gordon check``, in English."""
PIECES = frozenset(
    {
        *(
            "{}, {}, {}",
            "{} {}",
            "{}: {}",
            "{} -> {}",
            "{} is {}",
            "{}_by",
            "{}s",
            ": {}",
            " ({})",
            "{}; {}",
            "route {}: {}",
        ),
        *("by {}", "merged {}", "split off {}", "with what was merged into it {}", "its issue was merged into {} {}"),
        *("issue {} was merged into it {}", "{} of its mentions became issue {} {}", "{}; linked by {}"),
        *("has left ({})", "last day {}", "; {}'s claim ran out", "; and {} more", "goes to {}", "{}; "),
        *("reach of {}", "{} times as many as usual", "the file's sensitivity is {}", "priority: {}, {} points"),
        "claimed by {} until {}Z",
    }
)
"""Texts that others are put together from; tests/gordon/test_french.py has the sentences that come of it."""
ERRORS = frozenset({"Conflict", "NotFound", "Problem", "derive", "ValueError", "Wrong"})


def shape(template: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", template).replace("{}{}", "{}")


def sentences(tree: ast.AST) -> Iterator[str]:
    """The shapes of all f-strings that are not part of an error."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Raise) or (isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS):
            continue
        if isinstance(node, ast.JoinedStr):
            yield shape("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))
        else:
            yield from sentences(node)


def test_every_sentence_of_route_has_its_french() -> None:
    known = {shape(template) for template in TEXTS} | PIECES
    missing = [
        (path.stem, text)
        for path in sorted(ROUTE.glob("*.py"))
        if path.stem not in SILENT
        for text in sentences(ast.parse(path.read_text(encoding="utf-8")))
        if text not in known
    ]
    assert missing == []


def test_the_words_that_sentences_name_have_theirs() -> None:
    assert set(get_args(Priority)) <= set(WORDS)


def calls(path: Path, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
            yield node


NEUTRAL = frozenset(
    {
        *("{}: {}", "{}", "[green]{}[/green] score {}: {}", "“{}”", "{} {}", "{} {}Z"),
        *("[yellow]ends[/yellow] {}: {}, {}", "[dim]{}Z[/dim] {} in {}: “{}”", "[dim]{}Z[/dim] {} {}"),
        *("issue {} {}", "[red]claim[/red] {}/{} {}: “{}”"),
    }
)
"""Lines without a word of ours, and those whose words come in with a field; their templates name the words."""


def test_every_line_of_a_report_has_its_french() -> None:
    known = {bare(shape(template)) for template in {**TEXTS, **LINES}} | NEUTRAL
    missing = []
    for module in REPORTS:
        for call in calls(ROOT / "gordon" / "cli" / f"{module}.py", "say"):
            for text in said(call.args[0]):
                if bare(text) not in known:
                    missing.append((module, text))
    assert missing == []


def said(node: ast.expr) -> Iterator[str]:
    """The shape of the text of a line, where it stands in the call itself."""
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.JoinedStr):
        yield shape("".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values))


def bare(text: str) -> str:
    """Without markup around the whole, and without spaces at the ends."""
    return re.sub(r"^\[(\w+)\](.*)\[/\1\]$", r"\2", text.strip()).strip()


def test_every_heading_of_a_report_has_its_french() -> None:
    for module in REPORTS:
        for call in calls(ROOT / "gordon" / "cli" / f"{module}.py", "show_table"):
            title, columns = call.args[0], call.args[1]
            assert isinstance(title, ast.Constant) and isinstance(columns, ast.List), module
            headings = [one.value for one in columns.elts if isinstance(one, ast.Constant)]
            assert {title.value, *headings} - set(LABELS) == set(), module
