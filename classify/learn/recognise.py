"""Recognises files in mentions by what was learnt from their examples. Plain arrays: no scikit-learn, no SciPy."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from math import log
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from classify.learn.calibrate import Sigmoid
from classify.learn.model import LearnedFile, Learnt, Unusable, unpack
from classify.learn.terms import Term, Terms
from classify.tagger import Likeness
from gordon.events import Evidence, FileTag, Learned, Mention

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers: TypeAlias = NDArray[np.int64]

RULE = "examples"
MOST = 5
"""Words that are named for a tag."""


class _Parts(NamedTuple):
    """What terms say of files: the number of the term among those of the mention, the file, and how much."""

    terms: Numbers
    files: Numbers
    weights: NDArray[np.float32]


class Examples:
    """The model of a desk, for the files it still has. Immutable but for a memory of words. Raises Unusable."""

    def __init__(self, model: Learnt, files: Collection[str]) -> None:
        self.version = model.version
        self._files = tuple(entry for entry in model.files if entry.file in files)
        self._steps = np.array([entry.step for entry in self._files])
        self._biases = np.array([entry.bias for entry in self._files])
        self._limits = np.array([_limit(entry) for entry in self._files])
        self._terms, self._unseen = Terms(), np.float32(model.unseen)
        try:
            self._keys, self._rarity = unpack(model.terms, "u4"), unpack(model.rarity, "f4")
            if len(self._rarity) != len(self._keys) or not len(self._keys):
                raise ValueError("terms and their rarity do not match")
            self._ends, self._columns, self._weights = _by_term(self._files, len(self._keys))
        except (ValueError, zlib.error) as error:
            raise Unusable(f"is damaged: {error}") from error

    def recognise(self, mention: Mention, settled: Collection[str]) -> Sequence[FileTag]:
        """The files beside ``settled`` whose threshold the mention reaches, most probable first; a file of which no
        word speaks is never one of them."""
        places, parts = self._parts(mention)
        scores = self._scores(parts)
        reached = [n for n in np.flatnonzero(scores >= self._limits).tolist() if self._files[n].file not in settled]
        if not reached:
            return ()
        first = self._first(mention)
        found = []
        for number in reached:
            evidence = self._evidence(mention, number, self._keys[places], parts, first)
            if evidence:
                found.append(self._tag(self._likeness(number, float(scores[number])), evidence))
        return sorted(found, key=lambda tag: (-tag.score, tag.file))

    def likenesses(self, mention: Mention) -> list[Likeness]:
        """Of every file that was learnt, in the order of their names."""
        scores = self._scores(self._parts(mention)[1])
        return [self._likeness(number, score) for number, score in enumerate(scores.tolist())]

    def _vector(self, mention: Mention) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The places of the known terms of a mention, and their values; the unknown ones only make the text longer."""
        keys, values = self._terms.counted(mention.title, mention.text)
        places = np.searchsorted(self._keys[:-1], keys)
        known = self._keys[places] == keys
        places = places[known]
        weighed = values[known] * self._rarity[places]
        rest = values[~known] * self._unseen
        length = float(np.sqrt(weighed @ weighed + rest @ rest)) or 1.0
        return places, weighed / np.float32(length)

    def _parts(self, mention: Mention) -> tuple[NDArray[np.int64], _Parts]:
        """The places of the known terms of a mention, and what each of them says of each file."""
        places, values = self._vector(mention)
        counts = self._ends[places + 1] - self._ends[places]
        where = np.repeat(self._ends[places + 1] - counts.cumsum(), counts) + np.arange(counts.sum())
        return places, _Parts(
            np.repeat(np.arange(len(places)), counts),
            self._columns[where],
            self._weights[where] * np.repeat(values, counts),
        )

    def _scores(self, parts: _Parts) -> NDArray[np.float64]:
        """Of each file."""
        sums = np.bincount(parts.files, parts.weights, minlength=len(self._files))
        found: NDArray[np.float64] = sums * self._steps + self._biases
        return found

    def _likeness(self, number: int, score: float) -> Likeness:
        entry = self._files[number]
        return Likeness(entry.file, round(Sigmoid(entry.slope, entry.offset)(score), 4), entry.threshold)

    def _tag(self, likeness: Likeness, evidence: tuple[Evidence, ...]) -> FileTag:
        learned = Learned(probability=likeness.probability, threshold=likeness.threshold, model=self.version)
        return FileTag(file=likeness.file, score=likeness.probability, evidence=evidence, learned=learned)

    def _first(self, mention: Mention) -> dict[int, Term]:
        """Where each term of a mention stands first."""
        first: dict[int, Term] = {}
        for term in self._terms.located(mention.title, mention.text):
            first.setdefault(term.key, term)
        return first

    def _evidence(
        self, mention: Mention, number: int, keys: NDArray[np.uint32], parts: _Parts, first: dict[int, Term]
    ) -> tuple[Evidence, ...]:
        """The terms that speak most for a file, none within another."""
        mine = (parts.files == number) & (parts.weights > 0)
        order = np.argsort(-parts.weights[mine], kind="stable")
        chosen: list[Term] = []
        for key in keys[parts.terms[mine][order]].tolist():
            if len(chosen) == MOST:
                break
            if not any(_overlap(first[key], other) for other in chosen):
                chosen.append(first[key])
        return tuple(_shown(mention, term) for term in chosen)


def _limit(entry: LearnedFile) -> float:
    """The score at which the probability reaches the threshold."""
    return (log(entry.threshold / (1 - entry.threshold)) - entry.offset) / entry.slope


def _by_term(files: Sequence[LearnedFile], terms: int) -> tuple[Numbers, Numbers, NDArray[np.float32]]:
    """The weights term by term: where those of each term end, after the end of those before; their files; themselves.

    Raises ValueError where a file does not fit the terms."""
    places = [unpack(entry.terms, "u4").astype(np.int64) for entry in files]
    weights = [unpack(entry.weights, "i1").astype(np.float32) for entry in files]
    rows = np.concatenate([np.zeros(0, dtype=np.int64), *places])
    columns = np.repeat(np.arange(len(files)), [len(one) for one in weights])
    if len(rows) != len(columns) or (len(rows) and rows.max() >= terms):
        raise ValueError("weights and terms do not match")
    order = np.argsort(rows, kind="stable")
    ends = np.concatenate([[0], np.bincount(rows, minlength=terms).cumsum()])
    return ends, columns[order], np.concatenate([np.zeros(0, dtype=np.float32), *weights])[order]


def _overlap(one: Term, other: Term) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


def _shown(mention: Mention, term: Term) -> Evidence:
    source = mention.title if term.field == "title" else mention.text
    quote = source[term.start : term.end]
    return Evidence(rule=RULE, field=term.field, start=term.start, end=term.end, quote=quote)
