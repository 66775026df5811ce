"""Pre-selection: which rules have a chance in a text, by one pass over its letters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from ahocorasick_rs import AhoCorasick

from classify.query.needs import Literal
from classify.rules import CompiledRule

_Wanted: TypeAlias = tuple[bool, bool, tuple[int, ...], tuple[int, ...]]
"""Word bounds of a literal, and the rules that want it in their first and in their second (or only) set."""


class Selector:
    """Which rules have a chance in a text, by one Aho-Corasick pass."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        wanted: dict[Literal, tuple[list[int], list[int]]] = {}
        for number, rule in enumerate(rules):
            sets = rule.matcher.needs
            for literal in sets[0] if sets else ():
                wanted.setdefault(literal, ([], []))[0].append(number)
            for literal in sets[-1] if sets else ():
                wanted.setdefault(literal, ([], []))[1].append(number)
        self.always = tuple(number for number, rule in enumerate(rules) if not rule.matcher.needs)
        self._texts = sorted({literal.text for literal in wanted})
        self._by_text: list[list[_Wanted]] = [[] for _ in self._texts]
        places = {text: place for place, text in enumerate(self._texts)}
        for literal, (first, second) in wanted.items():
            entry = (literal.left, literal.right, tuple(first), tuple(second))
            self._by_text[places[literal.text]].append(entry)
        self._automaton = AhoCorasick(self._texts) if self._texts else None

    def candidates(self, folded: str) -> set[int]:
        """The numbers of the rules to evaluate on a text: a superset of those that fire."""
        if self._automaton is None:
            return set(self.always)
        first: set[int] = set()
        second: set[int] = set()
        done: set[int] = set()
        for text, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if text not in done:
                before = start > 0 and folded[start - 1].isalnum()
                after = end < len(folded) and folded[end].isalnum()
                complete = True
                for left, right, ones, others in self._by_text[text]:
                    if (left and before) or (right and after):
                        complete = False
                    else:
                        first.update(ones)
                        second.update(others)
                if complete:
                    done.add(text)
        first &= second
        first.update(self.always)
        return first
