"""What a text is made of for recognition by example: stems of its content words and pairs of neighbours, hashed.

The same for English and French, so that nothing hangs on the language a text is taken for. Function words say nothing
of a topic and are passed over; "ministre de la santé" is the pair of ministre and santé.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple, TypeAlias
from zlib import crc32

import numpy as np

from classify.stopwords import STOPWORDS
from classify.text import WORD, Folded, fold
from classify.text import words as words_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Keys: TypeAlias = NDArray[np.uint32]
    Values: TypeAlias = NDArray[np.float32]

MAX_READ = 2_000
"""Characters of each field that are read: what a text is about, it says early."""
PAIR_WEIGHT = 0.5
MAX_KNOWN = 100_000
"""Words whose hash is kept; then the memory begins anew."""
_SUFFIX = re.compile(
    r"(?:ements?|ments?|ations?|ings?|ions?|iques?|ives?|ies|ees?|ers?|ed|es?|als?|aux|ly|ais|ait|aient|antes?|ants?"
    r"|ent|ys?|s)$"
)
_LONGEST = 40
_FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F
PAIR = np.uint32(1)
"""The last bit of a key: set for a pair, not set for a word."""


def stem(word: str) -> str:
    """A folded word without an ending of English or French; at least four letters stay."""
    word = word[:_LONGEST]
    if len(word) <= 4 or word[0].isdigit():
        return word
    ending = _SUFFIX.search(word, 4)
    return word[: ending.start()] if ending else word


class _Hashes(dict[str, int]):
    """Folded word to the hash of its stem, 0 for a word without a topic; filled as words turn up."""

    def __missing__(self, word: str) -> int:
        found = self[word] = 0 if word in STOPWORDS else (crc32(stem(word).encode()) & ~1 or 2)
        return found


class Term(NamedTuple):
    """A word, or two neighbours, and where they stand in a field."""

    key: int
    field: str
    start: int
    end: int


class Terms:
    """Reads texts. Remembers the words it met, within bounds; what it says never hangs on what it read before."""

    def __init__(self, *, known: int = MAX_KNOWN) -> None:
        self._known = known
        self._hashes = _Hashes()

    def counted(self, title: str, text: str) -> tuple[Keys, Values]:
        """The different terms of a text in the order of their keys, and what each counts for: 1 + log(frequency), and
        half of that for pairs, which repeat what their words say."""
        if len(self._hashes) > self._known:
            self._hashes.clear()
        keys = np.concatenate([*self._keys(title), *self._keys(text)])
        found, counts = np.unique(keys, return_counts=True)
        values: Values = np.log(counts.astype(np.float32)) + np.float32(1)
        values[(found & PAIR) != 0] *= np.float32(PAIR_WEIGHT)
        return found, values

    def _keys(self, text: str) -> tuple[Keys, Keys]:
        hashes = list(map(self._hashes.__getitem__, words_of(fold(_read(text)))))
        words = np.array(hashes, dtype=np.uint64)
        words = words[words != 0]
        return words.astype(np.uint32), _pairs(words)

    def located(self, title: str, text: str) -> Iterator[Term]:
        """Every term of a text with its offsets, in the order of the text; slower than ``counted``."""
        for field, source in (("title", title), ("text", text)):
            folded = Folded(_read(source))
            last: tuple[int, int] | None = None
            for match in WORD.finditer(folded.folded):
                key = self._hashes[match[0]]
                if not key:
                    continue
                start, end = folded.span(match.start(), match.end())
                yield Term(key, field, start, end)
                if last:
                    yield Term(_pair(last[0], key), field, last[1], end)
                last = key, start


def _read(text: str) -> str:
    """The beginning of a text, up to the end of a word."""
    if len(text) <= MAX_READ:
        return text
    return text[: text.rfind(" ", 0, MAX_READ) if " " in text[:MAX_READ] else MAX_READ]


def _pairs(words: NDArray[np.uint64]) -> Keys:
    """The hash of each word with its neighbour; arithmetic modulo 2**64, whose upper half is well mixed."""
    mixed: NDArray[np.uint64] = words[:-1] * np.uint64(_FIRST) + words[1:] * np.uint64(_SECOND)
    return (mixed >> np.uint64(32)).astype(np.uint32) | PAIR


def _pair(first: int, second: int) -> int:
    """The same of two words."""
    return ((first * _FIRST + second * _SECOND) % 2**64 >> 32) | 1
