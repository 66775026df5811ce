"""How alike two stories are: weighted TF-IDF cosine for the same event, shingles for the same wording. Pure.

The weight of a word counts its place (a title counts double) and its look (names and numbers count 1.5). The inverse
document frequency starts from an assumed corpus, so that it changes slowly while a file's first mentions come in, and
the order of their arrival matters little.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from math import log, sqrt
from urllib.parse import urlsplit

from route.words import term, words

LEAD = 1000
"""Characters of the text that say what the story is; what follows is background, and often boilerplate."""
TRACKING = ("utm_", "fbclid", "gclid")
TITLE, LOUD, PAIR = 2.0, 1.5, 0.7
ASSUMED = 200
"""Size of the assumed corpus of which every term has been in one document."""
SKETCH = 64
SAME_WORDING = 0.6
"""Overlap of shingles from which on two texts are copies: an edit of one word in ten of a short text is above it."""

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Features:
    """What is compared of one story. ``counts``: weighted term frequencies, damped; ``wording``: hash of the
    normalised text; ``sketch``: the smallest hashes of its shingles, sorted; ``place``: its canonical URL or ""."""

    counts: Vector
    wording: int
    sketch: tuple[int, ...]
    place: str


def features(title: str, text: str, language: str, url: str = "") -> Features:
    """Everything that comparing needs, computed once a revision."""
    found: Vector = {}
    heading, body = words(title), words(text)
    _count(found, heading, language, TITLE)
    _count(found, words(text[:LEAD]), language, 1.0)
    folded = [word.lower() for word in (*heading, *body)]
    wording = zlib.crc32(" ".join(folded).encode()) if len(folded) > 2 else -1
    counts = {key: 1 + log(weight) if weight > 1 else weight for key, weight in found.items()}
    return Features(counts=counts, wording=wording, sketch=_sketch(folded), place=canonical(url))


def _count(found: Vector, said: Sequence[str], language: str, factor: float) -> None:
    last = ""
    for word in said:
        key = term(word, language)
        if not key:
            continue
        weight = factor * LOUD if word[0].isupper() or word[0].isdigit() else factor
        found[key] = found.get(key, 0.0) + weight
        if last:
            pair = f"{last} {key}"
            found[pair] = found.get(pair, 0.0) + factor * PAIR
        last = key


def _sketch(folded: Sequence[str]) -> tuple[int, ...]:
    """Hashes that are the same in every process, unlike those of ``hash``."""
    shingles = {" ".join(folded[at : at + 3]) for at in range(len(folded) - 2)}
    return tuple(nsmallest(SKETCH, (zlib.crc32(shingle.encode()) for shingle in shingles)))


def canonical(url: str) -> str:
    """Host, path and query without scheme, ``www.``, tracking, fragment and final slash; "" for a bare home page,
    which many feeds give as the link of every entry."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = (parts.netloc.lower().removeprefix("www.")).removesuffix(":443").removesuffix(":80")
    kept = [
        pair for pair in parts.query.split("&") if pair and not pair.lower().startswith(("utm_", "fbclid", "gclid"))
    ]
    path = parts.path.rstrip("/")
    return f"{host}{path}?{'&'.join(sorted(kept))}" if host and (path or kept) else ""


def overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of shingles two texts have in common (Jaccard), estimated from the sketches; exact for short texts."""
    if not one or not other:
        return 0.0
    left, right = set(one), set(other)
    smallest = nsmallest(SKETCH, left | right)
    return sum(1 for value in smallest if value in left and value in right) / len(smallest)


class Vocabulary:
    """In how many documents each term has been, and the vectors that follow from it.

    ``epoch`` changes when so many documents came or went that older vectors should be computed anew.
    ``common``: words that say nothing here, such as the name of the file itself; they count a quarter.
    """

    def __init__(self, common: Collection[str] = ()) -> None:
        self.epoch = 0
        self._common = frozenset(common)
        self._documents = 0
        self._frequency: Counter[str] = Counter()
        self._next_epoch = (0, 8)

    def add(self, terms: Iterable[str]) -> None:
        """One more document with these terms."""
        self._documents += 1
        self._frequency.update(iter(terms))  # a mapping would be added up, not counted
        self._turn()

    def remove(self, terms: Iterable[str]) -> None:
        """One document less."""
        self._documents -= 1
        for key in terms:
            left = self._frequency[key] - 1
            if left:
                self._frequency[key] = left
            else:
                del self._frequency[key]
        self._turn()

    def frequency(self, key: str) -> int:
        """In how many documents the term is."""
        return self._frequency.get(key, 0)

    def vector(self, counts: Vector) -> Vector:
        """The unit vector of a document as things stand."""
        total, frequency, common = ASSUMED + self._documents, self._frequency, self._common
        weighted = {key: weight * log(total / (1 + frequency.get(key, 0))) for key, weight in counts.items()}
        for key in common & weighted.keys():
            weighted[key] *= 0.25
        length = sqrt(sum(value * value for value in weighted.values())) or 1.0
        return {key: value / length for key, value in weighted.items()}

    def _turn(self) -> None:
        least, most = self._next_epoch
        if not least <= self._documents < most:
            self.epoch += 1
            self._next_epoch = (int(self._documents * 0.7), max(8, int(self._documents * 1.4)))


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of two unit vectors."""
    if len(one) > len(other):
        one, other = other, one
    return sum(value * other[key] for key, value in one.items() if key in other)
