"""BM25 as the text books have it: the peer that a ranker of claims has to beat."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log


class BM25:
    """Documents as words; a query's words count as often as they occur."""

    def __init__(self, documents: Sequence[Sequence[str]], *, k1: float = 1.2, b: float = 0.75) -> None:
        counts = [Counter(words) for words in documents]
        mean = sum(map(len, documents)) / len(documents)
        holders: defaultdict[str, list[int]] = defaultdict(list)
        for number, count in enumerate(counts):
            for word in count:
                holders[word].append(number)
        self._weights: dict[str, list[tuple[int, float]]] = {}
        for word, numbers in holders.items():
            idf = log(1 + (len(documents) - len(numbers) + 0.5) / (len(numbers) + 0.5))
            self._weights[word] = [
                (number, idf * tf * (k1 + 1) / (tf + k1 * (1 - b + b * len(documents[number]) / mean)))
                for number in numbers
                for tf in (counts[number][word],)
            ]

    def rank(self, words: Sequence[str], limit: int) -> list[int]:
        """The best documents for a query, best first."""
        found: defaultdict[int, float] = defaultdict(float)
        for word in words:
            for number, weight in self._weights.get(word, ()):
                found[number] += weight
        return sorted(found, key=lambda number: (-found[number], number))[:limit]
