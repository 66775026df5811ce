"""Recognises files in mentions by what was learnt from their examples. Plain arrays: no scikit-learn, no SciPy."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from classify.learn.calibrate import Sigmoid
from classify.learn.model import LearnedFile, Learnt, Unusable, unpack
from classify.learn.terms import Term, Terms
from classify.tagger import Likeness
from gordon.events import Evidence, FileTag, Learned, Mention

if TYPE_CHECKING:
    from numpy.typing import NDArray

RULE = "examples"
MOST = 5
"""Words that are named for a tag."""


class Examples:
    """The model of a desk, for the files it still has. Immutable but for a memory of words. Raises Unusable."""

    def __init__(self, model: Learnt, files: Collection[str]) -> None:
        self.version = model.version
        self._files = tuple(entry for entry in model.files if entry.file in files)
        self._places = {entry.file: number for number, entry in enumerate(self._files)}
        self._sigmoids = tuple(Sigmoid(entry.slope, entry.offset) for entry in self._files)
        self._steps = np.array([entry.step for entry in self._files], dtype=np.float32)
        self._biases = np.array([entry.bias for entry in self._files], dtype=np.float32)
        self._terms, self._unseen = Terms(), np.float32(model.unseen)
        try:
            self._keys, self._rarity = unpack(model.terms, "u4"), unpack(model.rarity, "f4")
            self._weights = _table(self._files, len(self._keys))
            if len(self._rarity) != len(self._keys) or not len(self._keys):
                raise ValueError("terms and their rarity do not match")
        except (ValueError, IndexError, zlib.error) as error:
            raise Unusable(f"is damaged: {error}") from error

    def recognise(self, mention: Mention, settled: Collection[str]) -> Sequence[FileTag]:
        """The files beside ``settled`` whose threshold the mention reaches, most probable first; a file of which no
        word speaks is never one of them."""
        places, values = self._vector(mention)
        found = []
        for likeness in self._likenesses(places, values):
            if likeness.probability < likeness.threshold or likeness.file in settled:
                continue
            evidence = self._evidence(mention, likeness.file, places, values)
            if evidence:
                found.append(self._tag(likeness, evidence))
        return sorted(found, key=lambda tag: (-tag.score, tag.file))

    def likenesses(self, mention: Mention) -> list[Likeness]:
        """Of every file that was learnt, in the order of their names."""
        return self._likenesses(*self._vector(mention))

    def _vector(self, mention: Mention) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """The places of the known terms of a mention, and their values; the unknown ones only make the text longer."""
        keys, values = self._terms.counted(mention.title, mention.text)
        places = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        known = self._keys[places] == keys
        places = places[known]
        weighed = values[known] * self._rarity[places]
        rest = values[~known] * self._unseen
        length = float(np.sqrt(weighed @ weighed + rest @ rest)) or 1.0
        return places, weighed / np.float32(length)

    def _likenesses(self, places: NDArray[np.int64], values: NDArray[np.float32]) -> list[Likeness]:
        scores = (values @ self._weights[places]) * self._steps + self._biases
        return [
            Likeness(entry.file, round(sigmoid(score), 4), entry.threshold)
            for entry, sigmoid, score in zip(self._files, self._sigmoids, scores.tolist(), strict=True)
        ]

    def _tag(self, likeness: Likeness, evidence: tuple[Evidence, ...]) -> FileTag:
        learned = Learned(probability=likeness.probability, threshold=likeness.threshold, model=self.version)
        return FileTag(file=likeness.file, score=likeness.probability, evidence=evidence, learned=learned)

    def _evidence(
        self, mention: Mention, file: str, places: NDArray[np.int64], values: NDArray[np.float32]
    ) -> tuple[Evidence, ...]:
        """The terms that speak most for a file, each where it stands first, and none within another."""
        moved = values * self._weights[places, self._places[file]]
        best = {int(self._keys[places[n]]): float(moved[n]) for n in np.argsort(-moved, kind="stable") if moved[n] > 0}
        first: dict[int, Term] = {}
        for term in self._terms.located(mention.title, mention.text):
            if term.key in best:
                first.setdefault(term.key, term)
        chosen: list[Term] = []
        for key in best:
            if len(chosen) < MOST and key in first and not any(_overlap(first[key], other) for other in chosen):
                chosen.append(first[key])
        return tuple(_shown(mention, term) for term in chosen)


def _table(files: Sequence[LearnedFile], terms: int) -> NDArray[np.int8]:
    """The weights: a row for each term, a column for each file."""
    table = np.zeros((terms, len(files)), dtype=np.int8)
    for number, entry in enumerate(files):
        table[unpack(entry.terms, "u4"), number] = unpack(entry.weights, "i1")
    return table


def _overlap(one: Term, other: Term) -> bool:
    return one.field == other.field and one.start < other.end and other.start < one.end


def _shown(mention: Mention, term: Term) -> Evidence:
    source = mention.title if term.field == "title" else mention.text
    quote = source[term.start : term.end]
    return Evidence(rule=RULE, field=term.field, start=term.start, end=term.end, quote=quote)
