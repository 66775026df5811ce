"""How good answers are, and how sure one can be of it: counts, their intervals, averages, precision and recall curves.

Pure. All intervals are of 95 %. A figure that is not defined, such as the precision of a file that was never said, is
None, and never 0 or 1; averages leave it out. What belongs to a mention stays together when mentions are drawn again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Figures: TypeAlias = NDArray[float64]

Z = 1.959963984540054
"""Standard deviations on either side of a 95 % interval."""
DRAWS = 1000
SEED = 20260101


class Interval(NamedTuple):
    """Where the true figure probably lies, both ends included."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Answers that were right (``tp``), wrong (``fp``) and missing (``fn``)."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def positives(self) -> int:
        """How many there were to find."""
        return self.tp + self.fn

    @property
    def given(self) -> int:
        """How many were said."""
        return self.tp + self.fp

    @property
    def precision(self) -> float | None:
        """The part of what was said that is right; None where nothing was said."""
        return self.tp / self.given if self.given else None

    @property
    def recall(self) -> float | None:
        """The part of what there was to find that was said; None where there was nothing."""
        return self.tp / self.positives if self.positives else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both, 0 where nothing right was said; None where nothing was said nor to be said."""
        union = self.tp + self.fp + self.fn
        return 2 * self.tp / (self.tp + union) if union else None

    @property
    def precision_interval(self) -> Interval | None:
        """By Wilson's score."""
        return wilson(self.tp, self.given)

    @property
    def recall_interval(self) -> Interval | None:
        """By Wilson's score."""
        return wilson(self.tp, self.positives)

    @property
    def f1_interval(self) -> Interval | None:
        """By Wilson's score too: F1 rises and falls with one proportion, the right ones among all said or missing.

        Drawing again would say that three right answers of three are surely all right."""
        found = wilson(self.tp, self.tp + self.fp + self.fn)
        return Interval(_f1(found.low), _f1(found.high)) if found else None


def _f1(jaccard: float) -> float:
    return 2 * jaccard / (1 + jaccard)


def wilson(right: int, of: int) -> Interval | None:
    """Wilson's interval of a proportion; None of none."""
    if not of:
        return None
    share, z = right / of, Z * Z / of
    middle, reach = share + z / 2, Z * sqrt(share * (1 - share) / of + z / (4 * of))
    low, high = (middle - reach) / (1 + z), (middle + reach) / (1 + z)
    return Interval(min(share, max(0.0, low)), max(share, min(1.0, high)))


class Answer(NamedTuple):
    """One mention: the files it touches, and those that were said."""

    right: frozenset[str]
    given: frozenset[str]

    def counts(self, files: Collection[str]) -> Counts:
        """Over these files."""
        right, given = self.right.intersection(files), self.given.intersection(files)
        return Counts(len(right & given), len(given - right), len(right - given))


def tally(answers: Sequence[Answer], files: Iterable[str]) -> dict[str, Counts]:
    """The counts of each of these files."""
    found = {file: [0, 0, 0] for file in files}
    for answer in answers:
        for file in (answer.right | answer.given) & found.keys():
            found[file][0 if file in answer.right & answer.given else 1 if file in answer.given else 2] += 1
    return {file: Counts(*counts) for file, counts in found.items()}


class Figure(NamedTuple):
    """A figure and its interval. ``files``: how many files it is of."""

    value: float | None
    interval: Interval | None
    files: int


class Averages(NamedTuple):
    """Precision, recall and F1 over several files, in this order.

    ``micro``: of all answers together (``counts``), so that large files weigh more. ``macro``: the mean of the files,
    each weighing the same; of those for which the figure is defined."""

    counts: Counts
    micro: tuple[Figure, Figure, Figure]
    macro: tuple[Figure, Figure, Figure]


def average(answers: Sequence[Answer], files: Sequence[str], *, draws: int = DRAWS, seed: int = SEED) -> Averages:
    """The averages over these files, with intervals by drawing the mentions again ``draws`` times: as the answers of
    one mention hang together, no formula for single answers would do. The same input gives the same output."""
    counts = tally(answers, files)
    whole = sum(counts.values(), Counts())
    told = [file for file, count in counts.items() if count != Counts()]
    micro_ends, macro_ends = _intervals(answers, told, draws, seed) if told else (_NONE, _NONE)
    fallback = (whole.precision_interval, whole.recall_interval, whole.f1_interval)
    values = (whole.precision, whole.recall, whole.f1)
    micro = [Figure(v, _around(v, e, f), len(told)) for v, e, f in zip(values, micro_ends, fallback, strict=True)]
    means = [_mean(c.precision for c in counts.values()), _mean(c.recall for c in counts.values())]
    means.append(_mean(c.f1 for c in counts.values()))
    macro = [Figure(v, _around(v, e, f), n) for (v, n), e, f in zip(means, macro_ends, fallback, strict=True)]
    return Averages(whole, (micro[0], micro[1], micro[2]), (macro[0], macro[1], macro[2]))


_NONE: tuple[Interval | None, ...] = (None, None, None)


def _mean(values: Iterable[float | None]) -> tuple[float | None, int]:
    known = [value for value in values if value is not None]
    return (sum(known) / len(known) if known else None), len(known)


def _around(value: float | None, ends: Interval | None, fallback: Interval | None) -> Interval | None:
    """The interval, with the value itself in it. Where every draw said the same, drawing has nothing to say about what
    was not seen; then the interval of all answers together stands in."""
    if value is None or ends is None:
        return None
    if ends.low == ends.high and fallback:
        ends = fallback
    return Interval(min(value, ends.low), max(value, ends.high))


def _intervals(
    answers: Sequence[Answer], files: Sequence[str], draws: int, seed: int
) -> tuple[tuple[Interval | None, ...], tuple[Interval | None, ...]]:
    """Of the micro and of the macro averages. Mentions of the same answers are drawn as one kind, many at once."""
    import numpy as np

    kinds = Counter((answer.right.intersection(files), answer.given.intersection(files)) for answer in answers)
    ordered = sorted(kinds, key=lambda kind: (sorted(kind[0]), sorted(kind[1])))
    shares = np.array([kinds[kind] for kind in ordered]) / len(answers)
    kind, cell = np.array(list(_cells(ordered, files)), dtype=int).reshape(-1, 2).T
    generator = np.random.default_rng(seed)
    rows = [
        np.bincount(cell, weights=generator.multinomial(len(answers), shares)[kind], minlength=3 * len(files))
        for _ in range(draws)
    ]
    tp, fp, fn = np.split(np.array(rows, dtype=float), 3, axis=1)
    micro = _figures(tp.sum(axis=1), fp.sum(axis=1), fn.sum(axis=1))
    macro = [_means(figure) for figure in _figures(tp, fp, fn)]
    return tuple(map(_percentiles, micro)), tuple(map(_percentiles, macro))


def _cells(kinds: Iterable[tuple[frozenset[str], frozenset[str]]], files: Sequence[str]) -> Iterator[tuple[int, int]]:
    """The number of each kind with the cells it adds to: all files of what is right, then of what is wrong, then of
    what is missing. There are few, whatever the number of files."""
    place = {file: number for number, file in enumerate(files)}
    for number, (right, given) in enumerate(kinds):
        for part, names in enumerate((right & given, given - right, right - given)):
            for file in names:
                yield number, part * len(files) + place[file]


def _figures(tp: Figures, fp: Figures, fn: Figures) -> list[Figures]:
    """Precision, recall, F1; not a number where they are not defined."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        return [tp / (tp + fp), tp / (tp + fn), 2 * tp / (2 * tp + fp + fn)]


def _means(figures: Figures) -> Figures:
    """The mean of each row over what is defined in it."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        means: Figures = np.nansum(figures, axis=1) / np.isfinite(figures).sum(axis=1)
    return means


def _percentiles(drawn: Figures) -> Interval | None:
    import numpy as np

    known = drawn[np.isfinite(drawn)]
    return Interval(*np.percentile(known, [2.5, 97.5]).tolist()) if known.size else None


class Point(NamedTuple):
    """Everything from ``threshold`` up counts as said."""

    threshold: float
    precision: float
    recall: float


class Curve(NamedTuple):
    """Precision and recall at each threshold, the highest first; without points where there is nothing to find.

    ``average_precision``: the precision at the score of each thing to find, on average; 0 for what has no score."""

    points: tuple[Point, ...]
    average_precision: float | None
    positives: int


def curve(scored: Iterable[tuple[float, bool]], *, unscored: int = 0) -> Curve:
    """The curve of answers with their scores and whether they are right; equal scores are one point.

    ``unscored``: how many right answers there are that have no score at all, as no rule fired."""
    ranked = sorted(scored, key=lambda pair: -pair[0])
    positives = unscored + sum(right for _, right in ranked)
    if not positives:
        return Curve((), None, 0)
    points, said, found, area = [], 0, 0, 0.0
    for threshold, group in groupby(ranked, key=lambda pair: pair[0]):
        rights = [right for _, right in group]
        said, found = said + len(rights), found + sum(rights)
        area += sum(rights) * found / said
        points.append(Point(threshold, found / said, found / positives))
    return Curve(tuple(points), min(1.0, area / positives), positives)
