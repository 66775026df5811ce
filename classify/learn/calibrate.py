"""From a score to a probability, and from probabilities to the threshold of a file.

Scores come from cross-validation, so that none is of a text its model has seen. Examples are chosen by people and hold
more texts of the file than a stream of mentions does; so texts that do not belong to the file weigh at least as much
in sum as those that do, whatever their number.
"""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

TARGET = 0.8
"""The precision that a file's threshold is chosen for."""
LOWEST = 0.5
"""No threshold is lower: what is more probably wrong than right is not said."""
_STEPS = 100
_SURE = 1e-10


class Sigmoid(NamedTuple):
    """probability = 1 / (1 + exp(-(slope * score + offset))); ``slope`` is never negative."""

    slope: float
    offset: float

    def __call__(self, score: float) -> float:
        """The probability, from 0 to 1."""
        inner = self.slope * score + self.offset
        if inner >= 0:
            return 1 / (1 + exp(-inner))
        return exp(inner) / (1 + exp(inner))


class Scored(NamedTuple):
    """Scores of texts, and which of them belong to the file."""

    scores: NDArray[np.float64]
    yes: NDArray[np.bool_]

    def part(self, chosen: NDArray[np.bool_]) -> Scored:
        """Only the chosen ones."""
        return Scored(self.scores[chosen], self.yes[chosen])


def no_weight(yes: NDArray[np.bool_]) -> float:
    """What a text that does not belong to the file weighs, beside 1 for one that does."""
    right = int(yes.sum())
    wrong = len(yes) - right
    return max(1.0, right / wrong) if wrong else 1.0


def fit(scored: Scored) -> Sigmoid:
    """Platt's sigmoid by Newton's method, with his smoothed targets, so that few examples never make it certain.

    Where higher scores do not mean more probable, the slope is 0."""
    weights = np.where(scored.yes, 1.0, no_weight(scored.yes))
    right, wrong = float(weights[scored.yes].sum()), float(weights[~scored.yes].sum())
    targets = np.where(scored.yes, (right + 1) / (right + 2), 1 / (wrong + 2))
    flat = Sigmoid(0.0, log((right + 1) / (wrong + 1)))
    best, loss = flat, _loss(scored.scores, targets, weights, flat)
    for _ in range(_STEPS):
        step = _newton(scored.scores, targets, weights, best)
        size = 1.0
        while size > _SURE:
            tried = Sigmoid(best.slope - size * step[0], best.offset - size * step[1])
            found = _loss(scored.scores, targets, weights, tried)
            if found < loss:
                break
            size /= 2
        else:
            break
        gained, best, loss = loss - found, tried, found
        if gained < _SURE:
            break
    return best if best.slope > 0 else flat


def _loss(scores: Floats, targets: Floats, weights: Floats, sigmoid: Sigmoid) -> float:
    """Cross-entropy, written so that nothing overflows."""
    inner = sigmoid.slope * scores + sigmoid.offset
    return float(weights @ (np.logaddexp(0.0, inner) - targets * inner))


def _newton(scores: Floats, targets: Floats, weights: Floats, sigmoid: Sigmoid) -> tuple[float, float]:
    """The step by gradient and Hessian; a trace on the diagonal keeps it defined."""
    p = np.exp(-np.logaddexp(0.0, -(sigmoid.slope * scores + sigmoid.offset)))
    gradient, curve = weights * (p - targets), weights * p * (1 - p)
    g1, g2 = float(scores @ gradient), float(gradient.sum())
    h11, h12, h22 = float(scores**2 @ curve) + 1e-9, float(scores @ curve), float(curve.sum()) + 1e-9
    determinant = h11 * h22 - h12 * h12
    return (h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant


def threshold(scored: Scored, sigmoid: Sigmoid, *, target: float = TARGET) -> float | None:
    """The lowest probability from which on at least ``target`` of what is said is right; None where there is none.

    Right ones are counted by Laplace's rule, (right + 1) / (said + 2), so that one lucky text is not enough. The
    threshold lies in the middle between the last text that is said and the first that is not."""
    weight = no_weight(scored.yes)
    found = [sigmoid(score) for score in scored.scores.tolist()]
    ranked = sorted(zip(found, scored.yes.tolist(), strict=True), reverse=True)
    right = said = 0.0
    best: float | None = None
    for number, (probability, yes) in enumerate(ranked):
        if probability < LOWEST:
            break
        right, said = right + yes, said + (1.0 if yes else weight)
        following = ranked[number + 1][0] if number + 1 < len(ranked) else 0.0
        if following < probability and (right + 1) / (said + 2) >= target:
            best = max(LOWEST, (probability + following) / 2)
    return best
