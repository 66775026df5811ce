"""Learns from samples: a linear support vector machine per file, its calibration, its threshold, and how it does.

All figures are from cross-validation in FOLDS parts: what is said of a text never comes from a model, a calibration or
a threshold that has seen it. Seeds are fixed, so the same samples give the same model. The only home of scikit-learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from classify.learn.calibrate import Scored, Sigmoid, fit, threshold
from classify.learn.model import LearnedFile, Learnt, Trial, pack, seal
from classify.learn.samples import FEWEST, Sample
from classify.learn.terms import PAIR, Terms
from classify.rules import base_language

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]  # SciPy ships no types

FOLDS = 5
STRENGTH = 1.0
"""The cost of a mistake in training; chosen by cross-validation, docs/decisions/0016."""
SEED = 20260101
LEVELS = 127
HIGHEST = 0.9999
"""No threshold is higher: a probability of 1 is never reached."""
UNTOLD = "its examples cannot be told from other texts well enough; give more of them, and clearer ones"


@dataclass(frozen=True, slots=True)
class Matrix:
    """The samples as rows of equal length over the terms, which are in the order of their keys."""

    rows: csr_matrix
    keys: NDArray[np.uint32]
    rarity: NDArray[np.float32]
    unseen: float


def learn(
    samples: Sequence[Sample], examples: Mapping[str, str], *, decided: int = 0, doubtful: bool = False
) -> Learnt:
    """The model of these files. ``examples``: file to the digest of what it teaches; ``decided``: how many decisions
    of people went into the samples; ``doubtful``: also keep files for which no threshold will do, for comparisons."""
    matrix = vectors(samples)
    files, trials, unlearnt = [], [], {}
    for file in sorted(examples):
        found = machine(file, samples, matrix)
        if isinstance(found, str):
            unlearnt[file] = found
        elif stored := found.stored(doubtful=doubtful):
            files.append(stored)
            trials += found.trials()
        else:
            unlearnt[file] = UNTOLD
    return seal(
        Learnt(
            texts=len(samples),
            decided=decided,
            examples=dict(sorted(examples.items())),
            unlearnt=unlearnt,
            trials=tuple(trials),
            terms=pack(matrix.keys),
            rarity=pack(matrix.rarity),
            unseen=matrix.unseen,
            files=tuple(files),
        )
    )


def vectors(samples: Sequence[Sample]) -> Matrix:
    """Frequency times rarity of each term, each row of length 1 with its unknown terms. Pairs that stand in one text
    only are not learnt: they would be most of the model, and teach little that their words do not."""
    from scipy.sparse import csr_matrix, diags

    terms = Terms()
    counted = [terms.counted(sample.title, sample.text) for sample in samples]
    ends = np.cumsum([0, *(len(keys) for keys, _ in counted)])
    keys, columns, df = np.unique(_joined((k for k, _ in counted), np.uint32), return_inverse=True, return_counts=True)
    known = (df > 1) | ((keys & PAIR) == 0)
    unseen = np.float32(np.log(1 + len(samples)) + 1)
    rarity = np.where(known, np.log((1 + len(samples)) / (1 + df)) + 1, unseen).astype(np.float32)
    values = _joined((values for _, values in counted), np.float32) * rarity[columns]
    raw = csr_matrix((values, columns, ends), shape=(len(samples), len(keys)))
    lengths = np.sqrt(np.asarray(raw.multiply(raw).sum(axis=1)).ravel())
    rows = csr_matrix(diags(1 / np.maximum(lengths, np.float32(1e-9))) @ raw[:, known])
    return Matrix(rows, keys[known], rarity[known], float(unseen))


def _joined(parts: Iterable[NDArray[Any]], kind: type) -> NDArray[Any]:
    return np.concatenate([np.zeros(0, dtype=kind), *parts])


@dataclass(frozen=True, slots=True)
class Machine:
    """What was learnt of one file from the samples that say something of it. ``scored``: their held-out scores."""

    file: str
    samples: Sequence[Sample]
    weights: NDArray[np.float64]
    bias: float
    scored: Scored
    folds: NDArray[np.int64]

    def trials(self) -> list[Trial]:
        """How the file does: all texts together, then language by language."""
        return _trials(self.file, self.samples, self.scored.yes.tolist(), _said(self.scored, self.folds))

    def stored(self, *, doubtful: bool = False) -> LearnedFile | None:
        """As it goes into the model; None where its texts cannot be told from others well enough, unless that is
        ``doubtful`` and wanted nevertheless: then nothing is tagged with it, but it has its probability."""
        sigmoid = fit(self.scored)
        limit = threshold(self.scored, sigmoid)
        if limit is None and doubtful:
            limit = HIGHEST
        return None if limit is None or not sigmoid.slope else _stored(self, sigmoid, limit)


def machine(file: str, samples: Sequence[Sample], matrix: Matrix) -> Machine | str:
    """What the samples teach of a file, or why they are too few."""
    told = [number for number, sample in enumerate(samples) if sample.says(file) is not None]
    yes = np.array([bool(samples[number].says(file)) for number in told], dtype=bool)
    if why := _too_few(int(yes.sum()), int((~yes).sum())):
        return why
    rows, folds = matrix.rows[told], _folds(yes)
    weights, bias = _train(rows, yes)
    scored = Scored(_held_out(rows, yes, folds), yes)
    return Machine(file, [samples[number] for number in told], weights, bias, scored, folds)


def _too_few(yes: int, no: int) -> str | None:
    if yes < FEWEST:
        return f"{yes} example(s); give at least {FEWEST} in examples.yes"
    if no < FEWEST:
        return f"{no} text(s) that do not belong to it; give {FEWEST} in examples.no, or examples of other files"
    return None


def _folds(yes: NDArray[np.bool_]) -> NDArray[np.int64]:
    """The part of each text: both kinds are dealt out evenly, in their order, which is that of their digests."""
    folds = np.zeros(len(yes), dtype=np.int64)
    for kind in (True, False):
        folds[yes == kind] = np.arange((yes == kind).sum()) % FOLDS
    return folds


def _held_out(rows: csr_matrix, yes: NDArray[np.bool_], folds: NDArray[np.int64]) -> NDArray[np.float64]:
    """The score of each text by the model of the other parts."""
    scores = np.zeros(len(yes))
    for fold in range(FOLDS):
        weights, bias = _train(rows[folds != fold], yes[folds != fold])
        scores[folds == fold] = rows[folds == fold] @ weights + bias
    return scores


def _train(rows: csr_matrix, yes: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Weights and bias. A text of which no word is known counts against the file as much as all examples for it, so
    that few texts of other kinds do not make everything belong to the file."""
    from scipy.sparse import csr_matrix, vstack
    from sklearn.svm import LinearSVC

    found = LinearSVC(C=STRENGTH, tol=1e-3, random_state=SEED, max_iter=20_000)
    weights = np.append(np.ones(len(yes)), yes.sum())
    found.fit(vstack([rows, csr_matrix((1, rows.shape[1]))], format="csr"), np.append(yes, False), weights)
    return found.coef_[0], float(found.intercept_[0])


def _said(scored: Scored, folds: NDArray[np.int64]) -> list[bool]:
    """Whether each text would be tagged, by the calibration and threshold of the other parts."""
    said = [False] * len(folds)
    for fold in range(FOLDS):
        others = scored.part(folds != fold)
        sigmoid = fit(others)
        limit = threshold(others, sigmoid)
        for number in np.flatnonzero(folds == fold).tolist():
            said[number] = limit is not None and sigmoid(float(scored.scores[number])) >= limit
    return said


def _trials(file: str, samples: Sequence[Sample], yes: Collection[bool], said: Collection[bool]) -> list[Trial]:
    """All texts together, then language by language."""
    found: dict[str, Counter[tuple[bool, bool]]] = {"": Counter()}
    for sample, truth, tagged in zip(samples, yes, said, strict=True):
        for language in ("", base_language(sample.language) or "und"):
            found.setdefault(language, Counter())[bool(truth), tagged] += 1
    return [
        Trial(
            file=file,
            language=language,
            yes=counts[True, True] + counts[True, False],
            no=counts[False, True] + counts[False, False],
            tp=counts[True, True],
            fp=counts[False, True],
            fn=counts[True, False],
        )
        for language, counts in sorted(found.items())
    ]


def _stored(found: Machine, sigmoid: Sigmoid, limit: float) -> LearnedFile:
    """Weights in 255 steps; those that come to nothing are left out."""
    step = float(np.abs(found.weights).max()) / LEVELS or 1.0
    levels = np.rint(found.weights / step).astype(np.int8)
    places = np.flatnonzero(levels).astype(np.uint32)
    return LearnedFile(
        file=found.file,
        threshold=min(round(limit, 4), HIGHEST),
        slope=round(sigmoid.slope, 6),
        offset=round(sigmoid.offset, 6),
        bias=round(found.bias, 6),
        step=step,
        terms=pack(places),
        weights=pack(levels[places]),
    )
