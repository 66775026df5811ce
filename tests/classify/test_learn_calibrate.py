"""Probabilities rise with scores and mean what they say; thresholds keep their precision or there is none."""

from __future__ import annotations

import random
from math import exp

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.learn.calibrate import LOWEST, TARGET, Scored, Sigmoid, fit, threshold


def scored(*pairs: tuple[float, bool]) -> Scored:
    return Scored(np.array([score for score, _ in pairs]), np.array([yes for _, yes in pairs], dtype=bool))


def drawn(count: int, slope: float, offset: float) -> Scored:
    """Texts whose probability is a known function of their score."""
    chance = random.Random(11)
    scores = [chance.uniform(-3, 3) for _ in range(count)]
    return scored(*((one, chance.random() < 1 / (1 + exp(-slope * one - offset))) for one in scores))


def test_a_known_curve_is_found_again() -> None:
    found = fit(drawn(6000, 2.0, -1.0))
    assert found.slope == pytest.approx(2.0, abs=0.15) and found.offset == pytest.approx(-1.0, abs=0.15)


def test_probabilities_hold_bin_by_bin() -> None:
    sample = drawn(6000, 1.5, -0.5)
    sigmoid = fit(sample)
    odds = np.array([sigmoid(score) for score in sample.scores.tolist()])
    for low in np.arange(0, 1, 0.1):
        inside = (odds >= low) & (odds < low + 0.1)
        if inside.sum() > 100:
            assert odds[inside].mean() == pytest.approx(sample.yes[inside].mean(), abs=0.06)


@given(st.lists(st.tuples(st.floats(-50, 50), st.booleans()), min_size=2, max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_higher_score_is_never_less_probable(pairs: list[tuple[float, bool]]) -> None:
    sigmoid = fit(scored(*pairs))
    odds = [sigmoid(score) for score in sorted(score for score, _ in pairs)]
    assert odds == sorted(odds) and all(0 <= one <= 1 for one in odds)


def test_few_examples_make_nothing_certain() -> None:
    sigmoid = fit(scored(*((3.0, True),) * 8, *((-3.0, False),) * 8))
    assert 0.8 < sigmoid(3.0) < 0.95


def test_what_is_told_the_wrong_way_round_has_no_slope() -> None:
    assert fit(scored((2.0, False), (1.0, False), (-1.0, True), (-2.0, True))).slope == 0


def test_texts_of_other_kinds_weigh_as_much_as_those_of_the_file() -> None:
    few = fit(scored(*((1.0, True),) * 80, *((1.0, False),) * 8))
    assert few(1.0) == pytest.approx(0.5, abs=0.01)


def test_extreme_scores_do_not_overflow() -> None:
    sigmoid = Sigmoid(10.0, 0.0)
    assert sigmoid(1e6) == 1.0 and sigmoid(-1e6) == 0.0


def test_a_threshold_lies_between_what_is_said_and_what_is_not() -> None:
    sigmoid = Sigmoid(1.0, 0.0)
    limit = threshold(scored(*((3.0, True),) * 10, *((1.0, False),) * 10), sigmoid)
    assert limit == pytest.approx((sigmoid(3.0) + sigmoid(1.0)) / 2)


def test_a_threshold_is_never_below_the_lowest() -> None:
    assert threshold(scored(*((2.0, True),) * 10, *((-9.0, False),) * 10), Sigmoid(1.0, 0.0)) == LOWEST


def test_where_no_threshold_is_precise_enough_there_is_none() -> None:
    mixed = scored(*((2.0, True), (2.0, False)) * 10)
    assert threshold(mixed, Sigmoid(1.0, 0.0)) is None
    assert threshold(scored(*((-2.0, True),) * 10), Sigmoid(1.0, 0.0)) is None


def test_one_lucky_text_is_not_enough() -> None:
    assert threshold(scored((3.0, True), *((1.0, False),) * 3, *((-1.0, True),) * 9), Sigmoid(1.0, 0.0)) is None


@given(st.lists(st.tuples(st.floats(-4, 4), st.booleans()), min_size=1, max_size=60))
@settings(max_examples=100, deadline=None)
def test_what_a_threshold_lets_through_is_as_right_as_promised(pairs: list[tuple[float, bool]]) -> None:
    sigmoid = Sigmoid(1.5, 0.0)
    limit = threshold(scored(*pairs), sigmoid)
    if limit is not None:
        said = [yes for score, yes in pairs if sigmoid(score) >= limit]
        assert sum(said) / len(said) >= TARGET and limit >= LOWEST
