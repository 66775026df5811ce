"""What can be proved of queries without a text: that one follows from another, that one can never match.

Only what the shape of the trees shows; where nothing is proved the answer is no. A proof holds for every text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import translate

from classify.document import MAX_WILD
from classify.query.nodes import And, AtLeast, Exact, Meta, Near, Node, Not, Or, Phrase, Scope, Word, children, walk
from classify.text import FIELDS

STEPS = 200_000
"""Comparisons of one prover, after which it proves nothing more: about 0.3 s."""


class Prover:
    """Proofs over many queries, each pair of nodes compared once."""

    def __init__(self, steps: int = STEPS) -> None:
        self._left = steps
        self._known: dict[tuple[Node, Node], bool] = {}

    def implies(self, node: Node, other: Node) -> bool:
        """Whether every text that matches ``node`` provably matches ``other``."""
        if node == other:
            return True
        key = (node, other)
        if key not in self._known:
            self._left -= 1
            self._known[key] = self._left > 0 and self._implies(node, other)
        return self._known[key]

    def _implies(self, node: Node, other: Node) -> bool:
        if isinstance(node, Or):
            return all(self.implies(part, other) for part in node.parts)
        if isinstance(other, And):
            return all(self.implies(node, part) for part in other.parts)
        if isinstance(other, Or) and any(self.implies(node, part) for part in other.parts):
            return True
        if isinstance(node, And):
            return any(self.implies(part, other) for part in node.parts)
        if isinstance(other, AtLeast) and other.count == 1:
            return self.implies(node, other.part)
        return self._alike(node, other) or self._below(node, other)

    def _alike(self, node: Node, other: Node) -> bool:
        """Two nodes of one kind."""
        match node, other:
            case (Word(), Word()) | (Phrase(), Phrase()) | (Phrase(), Near()) | (Near(), Near()):
                return sits(node, other)
            case Not(), Not():
                return self.implies(other.part, node.part)
            case AtLeast(), AtLeast():
                return node.count >= other.count and sits(node.part, other.part)
            case Meta(), Meta():
                return node.field == other.field and _narrower(node, other)
            case Scope(), Scope():
                wider = node.unit == other.unit or (node.unit == "sentence" and _monotone(node.part))
                return wider and other.field in ("", node.field) and self.implies(node.part, other.part)
        return False

    def _below(self, node: Node, other: Node) -> bool:
        """What a place of ``node`` holds in any case."""
        match node:
            case Phrase() | Near() | Exact() | AtLeast():
                return any(self.implies(part, other) for part in children(node))
            case Scope():
                return any(self.implies(part, other) for part in _conjuncts(node.part) if _monotone(part))
        return False

    def impossible(self, node: Node) -> Node | None:
        """A part of the query that provably never matches, so that it adds nothing; None: nothing was proved."""
        if isinstance(node, Not | Word | Phrase | Meta):
            return None
        if isinstance(node, Near | Scope) and not fields(node):
            return node
        if isinstance(node, And) and self._contradiction(node):
            return node
        return next((found for part in children(node) if (found := self.impossible(part)) is not None), None)

    def _contradiction(self, node: And) -> bool:
        refused = [part.part for part in node.parts if isinstance(part, Not)]
        said = [part for part in node.parts if not isinstance(part, Not)]
        if any(self.implies(part, other) for part in said for other in refused):
            return True
        known = [part for part in said if isinstance(part, Meta) and part.field in ("lang", "site")]
        return any(
            one.field == two.field and not _narrower(one, two) and not _narrower(two, one)
            for one in known
            for two in known
        )


def sits(node: Node, other: Node, *, whole: bool = False) -> bool:
    """Whether every place of ``node`` holds a place of ``other``; with ``whole``: is one, from end to end."""
    match node, other:
        case Or(), _:
            return all(sits(part, other, whole=whole) for part in node.parts)
        case _, Or():
            return any(sits(node, part, whole=whole) for part in other.parts)
        case Word(), Word():
            accepted = (node.word, *node.forms)
            return other.field in ("", node.field) and all(_accepts(other, word) for word in accepted)
        case Phrase(), Phrase():
            more = len(node.words) - len(other.words)
            starts = range(more + 1) if not whole or not more else ()
            return any(all(map(sits, node.words[at:], other.words)) for at in starts)
        case Phrase(), Near():
            return not whole and _in_phrase(node, other)
        case Near(), Near():
            return _nearer(node, other)
        case Exact(), _:
            return node == other or sits(node.part, other, whole=whole)
    return node == other


def _nearer(node: Near, other: Near) -> bool:
    closer = node.distance <= other.distance and (node.ordered or not other.ordered)
    straight = sits(node.left, other.left, whole=True) and sits(node.right, other.right, whole=True)
    crossed = sits(node.left, other.right, whole=True) and sits(node.right, other.left, whole=True)
    return closer and (straight or (crossed and not other.ordered))


def _in_phrase(node: Phrase, other: Near) -> bool:
    left = [at for at, word in enumerate(node.words) if sits(word, other.left)]
    right = [at for at, word in enumerate(node.words) if sits(word, other.right)]
    steps = [there - here for here in left for there in right]
    return any(1 <= (step if other.ordered else abs(step)) <= other.distance for step in steps)


def _accepts(word: Word, one: str) -> bool:
    """Whether the word (perhaps a wildcard) accepts every text that ``one`` (perhaps a wildcard) stands for."""
    if one in (word.word, *word.forms):
        return True
    if not word.wild or (len(one) > MAX_WILD):
        return False
    if "*" not in one and "?" not in one:
        return re.match(translate(word.word), one) is not None
    head = re.split(r"[*?]", one)[0]
    return word.word.endswith("*") and not re.search(r"[*?]", word.word[:-1]) and head.startswith(word.word[:-1])


def _narrower(node: Meta, other: Meta) -> bool:
    mine, theirs = node.words[0], other.words[0]
    if node.field == "lang":
        return f"{mine}-".startswith(f"{theirs}-")
    return node == other or (node.field == "site" and mine.endswith(f".{theirs}"))


def _monotone(node: Node) -> bool:
    """Whether more text can never make it false."""
    return not any(isinstance(inner, Not) for inner in walk(node))


def _conjuncts(node: Node) -> Iterator[Node]:
    """The node, and what must hold for it to hold."""
    yield node
    if isinstance(node, And):
        yield from node.parts


def fields(node: Node) -> frozenset[str]:
    """The fields in which one place, sentence or paragraph can make it true."""
    match node:
        case Word():
            return frozenset((node.field,) if node.field else FIELDS)
        case Not() | Meta():
            return frozenset(FIELDS)
        case Or():
            return frozenset().union(*(fields(part) for part in node.parts))
        case Scope():
            return fields(node.part) & frozenset((node.field,) if node.field else FIELDS)
        case _:
            return frozenset(FIELDS).intersection(*(fields(part) for part in children(node)))
