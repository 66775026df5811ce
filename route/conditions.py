"""The conditions of the routing tree, one function each: from the value in the desk to a test of the facts.

To add one: write the function, add its line to CONDITIONS, describe it in docs/desk.md. A function raises Wrong for a
value it cannot use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, TypeAlias


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a mention when its issue is routed. ``claims``: those it repeats about this file;
    ``mentions``: of the issue so far, this one included."""

    file: str
    language: str
    source: str
    score: float
    kind: str
    mentions: int
    claims: tuple[str, ...] = ()


Test: TypeAlias = Callable[[Facts], bool]


class Wrong(ValueError):
    """A value that a condition cannot use, and what it takes instead."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


def claim(value: Any) -> Test:
    """true: repeats any known claim about the file; false: none; a claim id or a list of them: one of these."""
    if isinstance(value, bool):
        return lambda facts: bool(facts.claims) is value
    wanted = _texts(value, "write true, false or the id of a claim")
    return lambda facts: not wanted.isdisjoint(facts.claims)


def file(value: Any) -> Test:
    """A file id or pattern ("passport-*"), or a list of them."""
    return _pattern(value, lambda facts: facts.file)


def source(value: Any) -> Test:
    """A feed id or pattern, or a list of them."""
    return _pattern(value, lambda facts: facts.source)


def language(value: Any) -> Test:
    """A language ("fr"), or a list of them."""
    wanted = _texts(value, "write for example fr, or [en, fr]")
    return lambda facts: facts.language in wanted


def kind(value: Any) -> Test:
    """new or edited, or a list of both."""
    remedy = "write new or edited"
    wanted = _texts(value, remedy)
    if not wanted <= {"new", "edited"}:
        raise Wrong(f"{value!r} is not a kind of mention", remedy)
    return lambda facts: facts.kind in wanted


def score(value: Any) -> Test:
    """A number: the score at least; or {min: A, max: B}, both inclusive and optional."""
    remedy = "write a number, or {min: 2, max: 5}"
    if isinstance(value, Mapping):
        if not value or not value.keys() <= {"min", "max"}:
            raise Wrong(f"score takes min and max, not {', '.join(map(str, value)) or 'nothing'}", remedy)
        least = _number(value.get("min", float("-inf")), remedy)
        most = _number(value.get("max", float("inf")), remedy)
        if least > most:
            raise Wrong(f"no score is at least {least:g} and at most {most:g}", "make min the smaller one")
        return lambda facts: least <= facts.score <= most
    least = _number(value, remedy)
    return lambda facts: facts.score >= least


def mentions(value: Any) -> Test:
    """A whole number: the issue has at least so many mentions."""
    remedy = "write a whole number, 1 or more"
    least = _number(value, remedy)
    if least < 1 or least != int(least):
        raise Wrong(f"{value!r} is not a number of mentions", remedy)
    return lambda facts: facts.mentions >= least


CONDITIONS: dict[str, Callable[[Any], Test]] = {
    "claim": claim,
    "file": file,
    "language": language,
    "source": source,
    "score": score,
    "kind": kind,
    "mentions": mentions,
}


def _number(value: Any, remedy: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise Wrong(f"{value!r} is not a number", remedy)
    return value


def _texts(value: Any, remedy: str) -> frozenset[str]:
    values = value if isinstance(value, list | tuple) else [value]
    if not values or not all(isinstance(one, str) and one for one in values):
        raise Wrong(f"{value!r} is not a word or a list of words", remedy)
    return frozenset(values)


def _pattern(value: Any, of: Callable[[Facts], str]) -> Test:
    patterns = sorted(_texts(value, "write an id, a pattern such as passport-*, or a list of them"))
    return lambda facts: any(fnmatchcase(of(facts), pattern) for pattern in patterns)
