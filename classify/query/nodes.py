"""The tree of a query. Frozen and hashable; a node says what is meant, compile.py says how it is found.

Words are folded. A span is a pair of word positions, both inclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Word:
    """One word; with ``*`` (any letters, or none) and ``?`` (one letter) it is a wildcard. Empty field: both."""

    word: str
    field: str = ""

    @property
    def wild(self) -> bool:
        return "*" in self.word or "?" in self.word


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words right behind one another, two or more."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Near:
    """Spans of both sides that do not overlap and are at most ``distance`` words apart (1: adjacent).

    ``ordered``: the left side comes first.
    """

    left: Node
    right: Node
    distance: int
    ordered: bool


@dataclass(frozen=True, slots=True)
class And:
    """All of the parts, anywhere."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of the parts."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part is nowhere."""

    part: Node


Node: TypeAlias = Word | Phrase | Near | And | Or | Not


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, in order."""
    match node:
        case Word():
            return ()
        case Phrase():
            return node.words
        case Near():
            return (node.left, node.right)
        case Not():
            return (node.part,)
        case _:
            return node.parts


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def within(node: Node, field: str) -> Node:
    """The same, looked for in this field only."""
    match node:
        case Word():
            return replace(node, field=field)
        case Phrase():
            return Phrase(tuple(replace(word, field=field) for word in node.words))
        case Near():
            return replace(node, left=within(node.left, field), right=within(node.right, field))
        case Not():
            return Not(within(node.part, field))
        case _:
            return replace(node, parts=tuple(within(part, field) for part in node.parts))


def matches_nothing_said(node: Node) -> bool:
    """Whether a text without any word matches: such a query would match nearly everything."""
    match node:
        case And():
            return all(matches_nothing_said(part) for part in node.parts)
        case Or():
            return any(matches_nothing_said(part) for part in node.parts)
        case Not():
            return not matches_nothing_said(node.part)
        case _:
            return False


def show(node: Node) -> str:
    """The node as a query, for explanations."""
    match node:
        case Word():
            return f"{node.field}:{node.word}" if node.field else node.word
        case Phrase():
            prefix = f"{node.words[0].field}:" if node.words[0].field else ""
            return f'{prefix}"{" ".join(word.word for word in node.words)}"'
        case Near():
            operator = f"{'ONEAR' if node.ordered else 'NEAR'}/{node.distance}"
            return f"{_bracketed(node.left)} {operator} {_bracketed(node.right)}"
        case Not():
            return f"NOT {_bracketed(node.part)}"
        case _:
            operator = " AND " if isinstance(node, And) else " OR "
            return operator.join(_bracketed(part) for part in node.parts)


def _bracketed(node: Node) -> str:
    return show(node) if isinstance(node, Word | Phrase) else f"({show(node)})"
