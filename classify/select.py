"""Pre-selection: which rules have a chance in a text, by one pass over its letters."""

from __future__ import annotations

from collections.abc import Sequence

from ahocorasick_rs import AhoCorasick

from classify.query.needs import Literal
from classify.rules import CompiledRule


class Selector:
    """Which rules have a chance in a text, by one Aho-Corasick pass."""

    def __init__(self, rules: Sequence[CompiledRule]) -> None:
        wanted: dict[Literal, list[int]] = {}
        always: list[int] = []
        for number, rule in enumerate(rules):
            needs = rule.matcher.needs
            always += [number] if needs is None else []
            for literal in needs or ():
                wanted.setdefault(literal, []).append(number)
        self.always = tuple(always)
        self._texts = sorted({literal.text for literal in wanted})
        self._by_text = [
            tuple((one.left, one.right, tuple(wanted[one])) for one in group) for group in _grouped(self._texts, wanted)
        ]
        self._automaton = AhoCorasick(self._texts) if self._texts else None

    def candidates(self, folded: str) -> set[int]:
        """The numbers of the rules to evaluate on a text: a superset of those that fire."""
        chosen = set(self.always)
        if self._automaton is None:
            return chosen
        done: set[int] = set()
        for text, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            if text not in done and self._bounded(text, folded, start, end, chosen):
                done.add(text)
        return chosen

    def _bounded(self, text: int, folded: str, start: int, end: int, chosen: set[int]) -> bool:
        """Adds the rules whose word bounds hold here; whether that was all of them."""
        complete = True
        for left, right, rules in self._by_text[text]:
            inside = (left and start and folded[start - 1].isalnum()) or (
                right and end < len(folded) and folded[end].isalnum()
            )
            if inside:
                complete = False
            else:
                chosen.update(rules)
        return complete


def _grouped(texts: Sequence[str], wanted: dict[Literal, list[int]]) -> list[list[Literal]]:
    groups: dict[str, list[Literal]] = {text: [] for text in texts}
    for literal in wanted:
        groups[literal.text].append(literal)
    return [groups[text] for text in texts]
