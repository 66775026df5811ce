"""The tree of a query. Frozen and hashable; a node says what is meant, compile.py says how it is found.

Words are folded. A span is a pair of word positions, both inclusive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

Unit: TypeAlias = Literal["sentence", "paragraph"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word; with ``*`` (any letters, or none) and ``?`` (one letter) it is a wildcard. Empty field: both.

    ``forms``: other words that count as this one, of a rule with ``forms: true``.
    """

    word: str
    field: str = ""
    forms: tuple[str, ...] = ()

    @property
    def wild(self) -> bool:
        return "*" in self.word or "?" in self.word


@dataclass(frozen=True, slots=True)
class Phrase:
    """Words right behind one another, two or more."""

    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Exact:
    """The places of the word or phrase where the text has the letters and signs of ``written``."""

    part: Word | Phrase
    written: str


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


@dataclass(frozen=True, slots=True)
class Scope:
    """The part, NOT included, is true within one sentence or paragraph of this field (empty: of either)."""

    part: Node
    unit: Unit
    field: str = ""


@dataclass(frozen=True, slots=True)
class AtLeast:
    """The part, a word, phrase or OR of them, has this many places that share no word."""

    part: Node
    count: int


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of the mention beside its text. ``words``: as classify.query.meta reads them for this field."""

    field: str
    words: tuple[str, ...]


Node: TypeAlias = Word | Phrase | Exact | Near | And | Or | Not | Scope | AtLeast | Meta


def children(node: Node) -> tuple[Node, ...]:
    """The operands of a node, in order."""
    match node:
        case Word() | Meta():
            return ()
        case Phrase():
            return node.words
        case Near():
            return (node.left, node.right)
        case Not() | Exact() | Scope() | AtLeast():
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
    inner = mapped(node, lambda child: within(child, field))
    return replace(inner, field=field) if isinstance(inner, Word | Scope) else inner


def mapped(node: Node, change: Callable[[Any], Any]) -> Node:
    """The node with each of its operands changed; what was a word must stay one."""
    match node:
        case Word() | Meta():
            return node
        case Phrase():
            return Phrase(tuple(change(word) for word in node.words))
        case Near():
            return replace(node, left=change(node.left), right=change(node.right))
        case And() | Or():
            return replace(node, parts=tuple(change(part) for part in node.parts))
        case _:
            return replace(node, part=change(node.part))


def matches_nothing_said(node: Node) -> bool:
    """Whether a text without any word matches: such a query would match nearly everything."""
    match node:
        case And():
            return all(matches_nothing_said(part) for part in node.parts)
        case Or():
            return any(matches_nothing_said(part) for part in node.parts)
        case Not():
            return not matches_nothing_said(node.part)
        case Scope():
            return matches_nothing_said(node.part)  # nearly every text has such a sentence
        case _:
            return False


def show(node: Node) -> str:
    """The node as a query, for explanations."""
    match node:
        case Word():
            return f"{node.field}:{node.word}" if node.field else node.word
        case Phrase():
            return f'{_field_of(node)}"{" ".join(word.word for word in node.words)}"'
        case Near():
            operator = f"{'ONEAR' if node.ordered else 'NEAR'}/{node.distance}"
            return f"{_bracketed(node.left)} {operator} {_bracketed(node.right)}"
        case Not():
            return f"NOT {_bracketed(node.part)}"
        case Exact():
            return f"{_field_of(node.part)}={{{node.written}}}"
        case Scope():
            prefix = f"{node.field}:" if node.field else ""
            return f"{prefix}{node.unit.upper()}({show(within(node.part, '') if prefix else node.part)})"
        case AtLeast():
            return f"ATLEAST/{node.count}({show(node.part)})"
        case Meta():
            words = " ".join(node.words)
            return f'{node.field}:"{words}"' if " " in words else f"{node.field}:{words}"
        case _:
            operator = " AND " if isinstance(node, And) else " OR "
            return operator.join(_bracketed(part) for part in node.parts)


def _field_of(node: Word | Phrase) -> str:
    field = node.field if isinstance(node, Word) else node.words[0].field
    return f"{field}:" if field else ""


def _bracketed(node: Node) -> str:
    return f"({show(node)})" if isinstance(node, Near | And | Or | Not) else show(node)
