"""From a score to a probability, and from probabilities to the threshold of a file.

Scores come from cross-validation, so that none is of a text its model has seen. Examples are chosen by people and hold
more texts of the file than a stream of mentions does; so texts that do not belong to the file weigh at least as much
in sum as those that do, whatever their number.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import NamedTuple

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
    """A score and whether the text belongs to the file."""

    score: float
    yes: bool


def no_weight(scored: Sequence[Scored]) -> float:
    """What a text that does not belong to the file weighs, beside 1 for one that does."""
    yes = sum(one.yes for one in scored)
    no = len(scored) - yes
    return max(1.0, yes / no) if no else 1.0


def fit(scored: Sequence[Scored]) -> Sigmoid:
    """Platt's sigmoid by Newton's method, with his smoothed targets, so that few examples never make it certain.

    Where higher scores do not mean more probable, the slope is 0."""
    weight = no_weight(scored)
    yes = float(sum(one.yes for one in scored))
    no = (len(scored) - yes) * weight
    high, low = (yes + 1) / (yes + 2), 1 / (no + 2)
    slope, offset = 0.0, log((yes + 1) / (no + 1))
    points = [(one.score, high if one.yes else low, 1.0 if one.yes else weight) for one in scored]
    loss = _loss(points, Sigmoid(slope, offset))
    for _ in range(_STEPS):
        step = _newton(points, Sigmoid(slope, offset))
        size = 1.0
        while size > _SURE:
            tried = Sigmoid(slope - size * step[0], offset - size * step[1])
            if (found := _loss(points, tried)) < loss:
                break
            size /= 2
        else:
            break
        done = loss - found < _SURE
        slope, offset, loss = tried.slope, tried.offset, found
        if done:
            break
    return Sigmoid(slope, offset) if slope > 0 else Sigmoid(0.0, log((yes + 1) / (no + 1)))


def _loss(points: Sequence[tuple[float, float, float]], sigmoid: Sigmoid) -> float:
    """Cross-entropy, written so that nothing overflows."""
    total = 0.0
    for score, target, weight in points:
        inner = sigmoid.slope * score + sigmoid.offset
        softplus = inner + log(1 + exp(-inner)) if inner > 0 else log(1 + exp(inner))
        total += weight * (softplus - target * inner)
    return total


def _newton(points: Sequence[tuple[float, float, float]], sigmoid: Sigmoid) -> tuple[float, float]:
    """The step by gradient and Hessian; a trace on the diagonal keeps it defined."""
    g1 = g2 = h12 = 0.0
    h11 = h22 = 1e-9
    for score, target, weight in points:
        p = sigmoid(score)
        gradient, curve = weight * (p - target), weight * p * (1 - p)
        g1, g2 = g1 + score * gradient, g2 + gradient
        h11, h12, h22 = h11 + score * score * curve, h12 + score * curve, h22 + curve
    determinant = h11 * h22 - h12 * h12
    return (h22 * g1 - h12 * g2) / determinant, (h11 * g2 - h12 * g1) / determinant


def threshold(scored: Sequence[Scored], sigmoid: Sigmoid, *, target: float = TARGET) -> float | None:
    """The lowest probability from which on at least ``target`` of what is said is right; None where there is none.

    Right ones are counted by Laplace's rule, (right + 1) / (said + 2), so that one lucky text is not enough. The
    threshold lies in the middle between the last text that is said and the first that is not."""
    weight = no_weight(scored)
    ranked = sorted((sigmoid(one.score), one.yes) for one in scored)[::-1]
    right = said = 0.0
    best: float | None = None
    for number, (probability, yes) in enumerate(ranked):
        right, said = right + yes, said + (1.0 if yes else weight)
        following = ranked[number + 1][0] if number + 1 < len(ranked) else 0.0
        if probability < LOWEST:
            break
        if following < probability and (right + 1) / (said + 2) >= target:
            best = max(LOWEST, (probability + following) / 2)
    return best
