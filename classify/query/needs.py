"""Which letters a text must hold for a query to have a chance: the cheapest set of which at least one must occur.

Rarest operand of AND, union over OR, one side of NEAR, one word of a phrase; NOT needs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from classify.query.nodes import And, Near, Node, Not, Or, Phrase, Word
from classify.stopwords import STOPWORDS


class Literal(NamedTuple):
    """Folded letters that must occur; with ``left``/``right`` a word must begin/end there."""

    text: str
    left: bool
    right: bool


Needs: TypeAlias = frozenset[Literal] | None
"""None: there is no such set, the rule always runs."""


def needs(node: Node) -> Needs:
    """The cheapest set of literals of which every text that matches holds at least one."""
    match node:
        case Word():
            return frozenset((_literal(node.word),))
        case Phrase():
            return _cheapest(needs(word) for word in node.words)
        case Near():
            return _cheapest((needs(node.left), needs(node.right)))
        case And():
            return _cheapest(needs(part) for part in node.parts)
        case Or():
            return _union(needs(part) for part in node.parts)
        case Not():
            return None


def cost(literals: Iterable[Literal]) -> float:
    """A guess at how often one of them occurs: short words are frequent, function words most of all."""
    return sum(50.0 if one.text in STOPWORDS else 64.0 / 2 ** min(len(one.text), 12) for one in literals)


def _literal(word: str) -> Literal:
    """The longest piece of a word between its wildcards."""
    piece = max(re.finditer(r"[^*?]+", word), key=lambda match: len(match[0]))
    return Literal(piece[0], left=piece.start() == 0, right=piece.end() == len(word))


def _cheapest(options: Iterable[Needs]) -> Needs:
    known = [option for option in options if option is not None]
    return min(known, key=lambda option: (cost(option), sorted(option)), default=None)


def _union(options: Iterable[Needs]) -> Needs:
    union: set[Literal] = set()
    for option in options:
        if option is None:
            return None
        union |= option
    return frozenset(union)
