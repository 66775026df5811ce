"""Pre-selection: which rules have a chance in a text, by its different words and one pass over its letters.

Each way in which a rule can match is filed under its rarest set of literals. Whole words are found by intersecting two
sets; beginnings, ends and pieces of words by one Aho-Corasick pass. A rule so found is kept if the text holds one
literal of each other set of that way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from ahocorasick_rs import AhoCorasick

from classify.document import Document
from classify.query.needs import Literal, Needs
from classify.rules import CompiledRule

_Letters: TypeAlias = tuple[str, frozenset[str]]
"""Letters to look for in ``Document.said``, and the whole words among them, which are looked for first."""
_Set: TypeAlias = tuple[frozenset[str], tuple[_Letters, ...]]
"""Whole words, and letters: one of all of them must be there."""
_Filed: TypeAlias = tuple[int, frozenset[str], tuple[_Set, ...]]
"""The number of a rule, the words that must all be there, and the sets of which one each must be."""


class Selector:
    """Which rules have a chance in a text. ``always``: those that name no letters."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        self.always = tuple(number for number, rule in enumerate(rules) if not rule.matcher.ways)
        by_word: dict[str, list[_Filed]] = {}
        by_letters: dict[str, list[_Filed]] = {}
        known: dict[frozenset[Literal], _Set] = {}
        for number, rule in enumerate(rules):
            for way in rule.matcher.ways:
                key, *others = _by_speed(way)
                filed = _filed(number, [_shared(one, known) for one in others])
                for literal in key:
                    (by_word if literal.whole else by_letters).setdefault(_padded(literal), []).append(filed)
        self._by_word = {word: tuple(filed) for word, filed in by_word.items()}
        self._words = frozenset(by_word)
        self._by_letters = tuple(tuple(filed) for filed in by_letters.values())
        self._automaton = AhoCorasick(list(by_letters)) if by_letters else None

    def candidates(self, document: Document) -> set[int]:
        """The numbers of the rules to evaluate: a superset of those that fire."""
        found = set(self.always)
        for word in document.different & self._words:
            _add(found, self._by_word[word], document)
        if self._automaton is not None:
            places = self._automaton.find_matches_as_indexes(document.said, overlapping=True)
            for number in {place[0] for place in places}:
                _add(found, self._by_letters[number], document)
        return found


def _add(found: set[int], those: Iterable[_Filed], document: Document) -> None:
    different = document.different
    for number, words, sets in those:
        if words <= different and (not sets or _all(sets, document)):
            found.add(number)


def _all(sets: tuple[_Set, ...], document: Document) -> bool:
    different = document.different
    return all(not words.isdisjoint(different) or _any(letters, document) for words, letters in sets)


def _any(letters: tuple[_Letters, ...], document: Document) -> bool:
    different = document.different
    return any(words <= different and piece in document.said for piece, words in letters)


def _filed(number: int, others: Iterable[_Set]) -> _Filed:
    """Sets of one whole word are looked for together; those with letters, which take longest, come last."""
    sets = list(others)
    single = frozenset(word for words, letters in sets if len(words) == 1 and not letters for word in words)
    several = sorted((one for one in sets if len(one[0]) != 1 or one[1]), key=lambda one: len(one[1]))
    return number, single, tuple(several)


def _by_speed(needs: Needs) -> list[frozenset[Literal]]:
    """The set to file a rule under, then the others: the rarest of those without rows of words, which are cheaper to
    look for one by one."""
    key = next((one for one in needs if not any(" " in literal.text for literal in one)), needs[0])
    return [key, *(one for one in needs if one is not key)]


def _shared(literals: frozenset[Literal], known: dict[frozenset[Literal], _Set]) -> _Set:
    """One object for equal sets: rules of a file look for the same words."""
    found = known.get(literals)
    if found is None:
        words = frozenset(literal.text for literal in literals if literal.whole)
        letters = (_letters(literal) for literal in sorted(literals) if not literal.whole)
        found = known[literals] = (words, tuple(letters))
    return found


def _letters(literal: Literal) -> _Letters:
    row = literal.text.split() if " " in literal.text else []
    return _padded(literal), frozenset(row)


def _padded(literal: Literal) -> str:
    """A whole word as it is; anything else as it stands in ``Document.said``."""
    if literal.whole:
        return literal.text
    return f"{' ' if literal.left else ''}{literal.text}{' ' if literal.right else ''}"
