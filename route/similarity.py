"""How alike stories are: weighted words and pairs of words for the same event, a sketch for the same wording. Pure.

The weight of a word counts its place (a title counts double) and its look (names and numbers count 1.25). The length of
a text is measured without the frequency of its words, so that what a mention adds to its issue stays the same whatever
comes later: issues are sums, and a restart finds the same sums. The inverse document frequency starts from an assumed
corpus, so that it changes slowly while a file's first mentions come in.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import log, sqrt
from urllib.parse import urlsplit
from zlib import crc32

from route.words import term, words

LEAD = 350
"""Characters of the text that say what the story is; what follows is background, and often boilerplate."""
TRACKING = ("utm_", "fbclid", "gclid")
TITLE, LOUD, PAIR = 2.0, 1.25, 0.7
ASSUMED = 200
"""Size of the assumed corpus of which every term has been in one document."""
SAME_WORDING = 0.6
"""Overlap of shingles from which on two texts are copies: an edit of one word in ten of a short text is above it."""
SHINGLES = 8
"""A text with fewer has no wording of its own but the whole of it."""
SKETCH = 64
"""Hashes of shingles that stand for a text; the overlap of longer texts is an estimate from them."""
SHORT, DAMPING = 7, 0.15
"""Longer texts share more words by chance, so their weights shrink with the number of their terms: like headlines of
seven terms, they need the same score."""

ONE = 256
"""Weights are whole numbers: their sums do not depend on the order, and they take a byte."""

Weights = dict[str, float]


@dataclass(frozen=True, slots=True)
class Features:
    """What is compared of one story. ``terms`` and ``weights``, in parts of ``ONE``, belong together, heaviest first;
    ``wording``: hash of the normalised text, empty for a text of one or two words; ``sketch``: the lowest hashes of
    its shingles, in order; ``place``: the canonical URL, or ""."""

    terms: tuple[str, ...]
    weights: bytes
    wording: bytes
    sketch: array[int]
    place: str


def features(title: str, text: str, language: str, url: str = "") -> Features:
    """Everything that comparing needs, computed once a revision."""
    heading, body = words(title), words(text)
    found: Weights = {}
    _count(found, heading, language, TITLE, PAIR)
    _count(found, words(text[:LEAD]), language, 1.0)
    weights = _unit({key: 1 + log(weight) if weight > 1 else weight for key, weight in found.items()})
    said = " ".join((*heading, *body)).lower()
    wording = blake2b(said.encode("utf-8", "replace"), digest_size=12).digest() if len(heading) + len(body) > 2 else b""
    return Features(tuple(weights), bytes(weights.values()), wording, sketch(said), canonical(url))


def _unit(counts: Weights) -> dict[str, int]:
    """Of one length for texts of one size, less for longer ones; heaviest first, equals in the order of the text."""
    single = max(4, sum(" " not in key for key in counts))
    length = sqrt(sum([weight * weight for weight in counts.values()])) * (single / SHORT) ** DAMPING / ONE
    return {
        key: min(255, max(1, round(counts[key] / length)))
        for key in sorted(counts, key=counts.__getitem__, reverse=True)
    }


def _count(found: Weights, said: Sequence[str], language: str, factor: float, pair: float = 0.0) -> None:
    last = ""
    for word in said:
        key = term(word, language)
        if not key:
            continue
        weight = factor * LOUD if word[0].isupper() or word[0].isdigit() else factor
        found[key] = found.get(key, 0.0) + weight
        if last and pair:
            both = f"{last} {key}"
            found[both] = found.get(both, 0.0) + factor * pair
        last = key


def canonical(url: str) -> str:
    """Host, path and query without scheme, ``www.``, tracking, fragment and final slash; "" for a bare home page,
    which many feeds give as the link of every entry."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host = (parts.netloc.lower().removeprefix("www.")).removesuffix(":443").removesuffix(":80")
    kept = [pair for pair in parts.query.split("&") if pair and not pair.lower().startswith(TRACKING)]
    path = parts.path.rstrip("/")
    return f"{host}{path}?{'&'.join(sorted(kept))}" if host and (path or kept) else ""


def sketch(said: str) -> array[int]:
    """The lowest hashes of the three-word shingles of a normalised text; empty if it has only a few."""
    heard = said.encode("utf-8", "replace").split()
    found = {crc32(b" ".join(three)) for three in zip(heard, heard[1:], heard[2:], strict=False)}
    return array("I", sorted(found)[:SKETCH] if len(found) >= SHINGLES else ())


def overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of shingles that two texts have in common (Jaccard), estimated from their sketches."""
    left, right = set(one), set(other)
    both = left | right
    if len(one) == SKETCH or len(other) == SKETCH:
        both = set(sorted(both)[:SKETCH])
    return len(both & left & right) / len(both) if both else 0.0


class Vocabulary:
    """What a term weighs by the number of documents that it is in.

    ``common``: words that say nothing here, such as the name of the file itself; they count a quarter.
    ``documents``: how many there are.
    """

    def __init__(self, common: Collection[str] = ()) -> None:
        self._common = frozenset(common)
        self.documents = 0

    @property
    def youth(self) -> float:
        """1 without documents, towards 0 with many: how little is known of what is frequent here."""
        return ASSUMED / (ASSUMED + self.documents)

    def worth(self, terms: Sequence[str], frequencies: Sequence[int]) -> list[float]:
        """What each term, in so many documents, adds where two stories share it, 0 to 1: the square of its share of
        the rarest's weight."""
        total, common = log(ASSUMED + self.documents), self._common
        found = [1 - log(1 + frequency) / total for frequency in frequencies]
        if common:
            found = [rare / 4 if key in common else rare for key, rare in zip(terms, found, strict=True)]
        return [rare * rare for rare in found]
