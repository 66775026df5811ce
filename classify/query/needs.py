"""Which letters a text must hold for a query to have a chance: the operands of AND, NEAR and phrases, unions over OR;
NOT and fields beside title and text need nothing. Several sets are looked for, as one word alone lets too many texts
through.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias

from classify.query.nodes import Meta, Node, Not, Or, Phrase, Word, children
from classify.stopwords import STOPWORDS


class Literal(NamedTuple):
    """Folded letters that must occur; with ``left``/``right`` a word must begin/end there. Of words side by side, with
    one space between them, both ends are bounds."""

    text: str
    left: bool
    right: bool

    @property
    def whole(self) -> bool:
        """Whether it is one word."""
        return self.left and self.right and " " not in self.text


Needs: TypeAlias = tuple[frozenset[Literal], ...]
"""Of each set at least one literal must occur; the rarest set first, at most MAX_SETS. None: the rule always runs."""

MAX_SETS = 4
MAX_WAYS = 200
"""A rule of more is filed by what all of them need together."""
FREQUENT = 100.0
"""A further set that costs more would select too little to be worth looking for."""


def needs(node: Node) -> Needs:
    """The sets of literals of which every text that matches holds one each."""
    match node:
        case Word():
            return (frozenset(_literal(word) for word in (node.word, *node.forms)),)
        case Or():
            return _either([needs(part) for part in node.parts])
        case Not() | Meta():
            return ()
        case Phrase():
            return cheapest([*_side_by_side(node), *(one for word in node.words for one in needs(word))])
        case _:
            return cheapest(one for child in children(node) for one in needs(child))


def ways(node: Node) -> tuple[Needs, ...]:
    """Every way in which a text can match, each with what it needs; empty: some way needs nothing. One of the ways has
    all of its sets in every text that matches. Each option of an OR is a way of its own, which lets through far fewer
    texts than what all of them need together."""
    found = _ways(node)
    return found if all(found) and len(found) <= MAX_WAYS else tuple(filter(None, (needs(node),)))


def _ways(node: Node) -> tuple[Needs, ...]:
    match node:
        case Or():
            return tuple(dict.fromkeys(way for part in node.parts for way in _ways(part)))
        case Word() | Phrase() | Not() | Meta():
            return (needs(node),)
        case _:
            parts = [part for part in children(node) if needs(part)]
            if not parts:
                return ((),)
            chosen = min(parts, key=lambda part: cost(needs(part)[0]))
            rest = [one for part in parts if part is not chosen for one in needs(part)]
            return tuple(dict.fromkeys(cheapest([*way, *rest]) for way in _ways(chosen)))


def cheapest(sets: Iterable[frozenset[Literal]]) -> Needs:
    """The sets that occur least, by guess; all of them are needed."""
    ranked = sorted(dict.fromkeys(sets), key=lambda one: (cost(one), sorted(one)))
    return tuple(one for number, one in enumerate(ranked[:MAX_SETS]) if not number or cost(one) < FREQUENT)


def _side_by_side(phrase: Phrase) -> list[frozenset[Literal]]:
    """The longest row of words without wildcards and forms, as one literal."""
    rows: list[list[str]] = [[]]
    for word in phrase.words:
        if word.wild or word.forms:
            rows.append([])
        else:
            rows[-1].append(word.word)
    row = max(rows, key=len)
    return [frozenset((Literal(" ".join(row), left=True, right=True),))] if len(row) > 1 else []


def _either(options: Sequence[Needs]) -> Needs:
    """What is needed where any of the options will do: of each its n-th set, or its last."""
    if not all(options):
        return ()
    most = max(len(option) for option in options)
    return cheapest(
        frozenset().union(*(option[min(turn, len(option) - 1)] for option in options)) for turn in range(most)
    )


def cost(literals: Iterable[Literal]) -> float:
    """A guess at how often one of them occurs: short words are frequent, function words most of all, rows of words
    hardly ever."""
    return sum(50.0 if one.text in STOPWORDS else 64.0 / 2 ** min(len(one.text), 12) for one in literals)


def _literal(word: str) -> Literal:
    """The longest piece of a word between its wildcards."""
    piece = max(re.finditer(r"[^*?]+", word), key=lambda match: len(match[0]))
    return Literal(piece[0], left=piece.start() == 0, right=piece.end() == len(word))
