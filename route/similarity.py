"""How alike two stories are: weighted TF-IDF cosine for the same event, shingles for the same wording. Pure.

The weight of a word counts its place (a title counts double) and its look (names and numbers count 1.5). The inverse
document frequency starts from an assumed corpus, so that it changes slowly while a file's first mentions come in, and
the order of their arrival matters little.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from math import log, sqrt
from urllib.parse import urlsplit

from route.words import term, words

LEAD = 600
"""Characters of the text that say what the story is; what follows is background, and often boilerplate."""
TRACKING = ("utm_", "fbclid", "gclid")
TITLE, LOUD, PAIR = 2.0, 1.5, 0.7
ASSUMED = 200
"""Size of the assumed corpus of which every term has been in one document."""
SAME_WORDING = 0.6
"""Overlap of shingles from which on two texts are copies: an edit of one word in ten of a short text is above it."""

Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Features:
    """What is compared of one story. ``counts``: weighted term frequencies, damped; ``said``: the normalised text, and
    ``wording`` its hash, empty for a text of one or two words; ``place``: the canonical URL, or ""."""

    counts: Vector
    wording: bytes
    said: str
    place: str


def features(title: str, text: str, language: str, url: str = "") -> Features:
    """Everything that comparing needs, computed once a revision."""
    found: Vector = {}
    heading, body = words(title), words(text)
    _count(found, heading, language, TITLE)
    _count(found, words(text[:LEAD]), language, 1.0)
    said = " ".join((*heading, *body)).lower()
    wording = blake2b(said.encode("utf-8", "replace"), digest_size=12).digest() if len(heading) + len(body) > 2 else b""
    counts = {key: 1 + log(weight) if weight > 1 else weight for key, weight in found.items()}
    return Features(counts=counts, wording=wording, said=said, place=canonical(url))


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


def overlap(one: str, other: str) -> float:
    """The share of shingles that two normalised texts have in common (Jaccard)."""
    left, right = _shingles(one), _shingles(other)
    common = len(left & right)
    return common / len(left | right) if common else 0.0


def _shingles(said: str) -> set[tuple[str, ...]]:
    heard = said.split()
    return set(zip(heard, heard[1:], heard[2:], strict=False))


class Vocabulary:
    """In how many documents each term has been, and the vectors that follow from it.

    ``epoch`` changes when so many documents came or went that older vectors should be computed anew.
    ``common``: words that say nothing here, such as the name of the file itself; they count a quarter.
    """

    def __init__(self, common: Collection[str] = ()) -> None:
        self.epoch = 0
        self._common = frozenset(common)
        self._documents = 0
        self._logs = [log(1 + number) for number in range(1024)]
        self._frequency: Counter[str] = Counter()
        self._next_epoch = (0, 8)

    def add(self, terms: Iterable[str]) -> None:
        """One more document with these terms."""
        self._documents += 1
        if len(self._logs) <= self._documents:
            self._logs += [log(1 + number) for number in range(len(self._logs), 2 * len(self._logs))]
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
        total, logs, frequency, common = log(ASSUMED + self._documents), self._logs, self._frequency, self._common
        weighted = {key: weight * (total - logs[frequency.get(key, 0)]) for key, weight in counts.items()}
        for key in common & weighted.keys():
            weighted[key] *= 0.25
        length = sqrt(sum([value * value for value in weighted.values()])) or 1.0
        return {key: value / length for key, value in weighted.items()}

    def _turn(self) -> None:
        least, most = self._next_epoch
        if not least <= self._documents < most:
            self.epoch += 1
            self._next_epoch = (int(self._documents * 0.7), max(8, int(self._documents * 1.4)))


def cosine(one: Vector, other: Vector) -> float:
    """The cosine of two unit vectors."""
    # Rounded, as the order of a set of texts, and with it the last digits of a sum, differs between processes.
    return round(sum([one[key] * other[key] for key in one.keys() & other.keys()]), 9)
