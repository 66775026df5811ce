"""Which letters a text must hold for a query to have a chance: the rarest operands of AND, NEAR and phrases, unions
over OR; NOT and fields beside title and text need nothing. Two sets are looked for, as one word alone lets too many
texts through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from classify.query.nodes import Meta, Node, Not, Or, Word, children
from classify.stopwords import STOPWORDS


class Literal(NamedTuple):
    """Folded letters that must occur; with ``left``/``right`` a word must begin/end there."""

    text: str
    left: bool
    right: bool


Needs: TypeAlias = tuple[frozenset[Literal], ...]
"""Of each set at least one literal must occur; the rarest set first, at most MAX_SETS. None: the rule always runs."""

MAX_SETS = 2
FREQUENT = 20.0
"""A second set that costs more would select too little to be worth looking for."""


def needs(node: Node) -> Needs:
    """The sets of literals of which every text that matches holds one each."""
    match node:
        case Word():
            return (frozenset(_literal(word) for word in (node.word, *node.forms)),)
        case Or():
            return _either([needs(part) for part in node.parts])
        case Not() | Meta():
            return ()
        case _:
            return cheapest(one for child in children(node) for one in needs(child))


def cheapest(sets: Iterable[frozenset[Literal]]) -> Needs:
    """The sets that occur least, by guess; all of them are needed."""
    ranked = sorted(dict.fromkeys(sets), key=lambda one: (cost(one), sorted(one)))
    return tuple(one for number, one in enumerate(ranked[:MAX_SETS]) if not number or cost(one) < FREQUENT)


def _either(options: Sequence[Needs]) -> Needs:
    """What is needed where any of the options will do."""
    if not all(options):
        return ()
    first = frozenset().union(*(option[0] for option in options))
    second = frozenset().union(*(option[-1] for option in options))
    return (first,) if first == second or cost(second) >= FREQUENT else (first, second)


def cost(literals: Iterable[Literal]) -> float:
    """A guess at how often one of them occurs: short words are frequent, function words most of all."""
    return sum(50.0 if one.text in STOPWORDS else 64.0 / 2 ** min(len(one.text), 12) for one in literals)


def _literal(word: str) -> Literal:
    """The longest piece of a word between its wildcards."""
    piece = max(re.finditer(r"[^*?]+", word), key=lambda match: len(match[0]))
    return Literal(piece[0], left=piece.start() == 0, right=piece.end() == len(word))
