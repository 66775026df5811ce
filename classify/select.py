"""Pre-selection: which rules have a chance in a text, by its different words and one pass over its letters.

A token is a whole word, or letters with the bounds they need: a beginning (" passp"), an end, a piece, or words side by
side. The tokens of a text are its different words and whatever an Aho-Corasick automaton finds of the others. Each way
in which a rule can match is filed under its rarest set of tokens, and looked at when the text has one of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from ahocorasick_rs import AhoCorasick

from classify.document import Document
from classify.query.needs import Literal
from classify.rules import CompiledRule

_Filed: TypeAlias = tuple[int, frozenset[str], tuple[frozenset[str], ...]]
"""The number of a rule, the tokens that must all be there, and the sets of which one each must be."""


class Selector:
    """Which rules have a chance in a text. ``always``: those that name no letters."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.always = tuple(number for number, rule in enumerate(rules) if not rule.matcher.ways)
        filed: defaultdict[str, list[_Filed]] = defaultdict(list)
        shared: dict[frozenset[Literal], frozenset[str]] = {}
        letters: dict[str, str] = {}
        for number, rule in enumerate(rules):
            for way in rule.matcher.ways:
                key, *others = (_tokens(literals, shared, letters) for literals in way)
                single = frozenset(token for one in others if len(one) == 1 for token in one)
                entry = (number, single, tuple(one for one in others if len(one) != 1))
                for token in key:
                    filed[token].append(entry)
        self._filed = {token: tuple(entries) for token, entries in filed.items()}
        self._keys = frozenset(filed)
        self._names = tuple(letters)
        self._automaton = AhoCorasick(list(letters.values())) if letters else None

    def candidates(self, document: Document) -> set[int]:
        """The numbers of the rules to evaluate: a superset of those that fire."""
        tokens = self._tokens_of(document)
        found = set(self.always)
        for key in tokens & self._keys:
            for number, single, sets in self._filed[key]:
                if single <= tokens and (not sets or not any(one.isdisjoint(tokens) for one in sets)):
                    found.add(number)
        return found

    def _tokens_of(self, document: Document) -> frozenset[str]:
        if self._automaton is None:
            return document.different
        places = self._automaton.find_matches_as_indexes(document.said, overlapping=True)
        names = self._names
        return document.different.union([names[number] for number in {place[0] for place in places}])


def _tokens(
    literals: frozenset[Literal], shared: dict[frozenset[Literal], frozenset[str]], letters: dict[str, str]
) -> frozenset[str]:
    """One object for equal sets: rules of a file look for the same words. ``letters``: the tokens that are no whole
    words, with what is looked for in ``Document.said``."""
    found = shared.get(literals)
    if found is None:
        for literal in literals:
            if not literal.whole:
                letters[_token(literal)] = f"{' ' if literal.left else ''}{literal.text}{' ' if literal.right else ''}"
        found = shared[literals] = frozenset(map(_token, literals))
    return found


def _token(literal: Literal) -> str:
    """Two literals have one token only if they are one: no word holds a sign of these."""
    if literal.whole:
        return literal.text
    return f"{'' if literal.left else '*'}{literal.text}{'' if literal.right else '*'}"
