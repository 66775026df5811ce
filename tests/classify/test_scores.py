"""Scores: figures that are undefined stay so, intervals hold their figure, curves agree with the plain definition."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classify.scores import Answer, Counts, Interval, average, curve, tally, wilson

FILES = ("impôts", "passports", "parks")
SMALL = st.integers(0, 60)
COUNTS = st.builds(Counts, SMALL, SMALL, SMALL)
SETS = st.frozensets(st.sampled_from(FILES))
ANSWERS = st.lists(st.builds(Answer, SETS, SETS), max_size=25)
SCORED = st.lists(st.tuples(st.sampled_from([0.1, 0.25, 0.5, 0.75, 1.0, 2.0]), st.booleans()), max_size=40)
FEW = settings(max_examples=60, deadline=None)


def test_the_figures_of_a_file() -> None:
    counts = Counts(tp=6, fp=2, fn=4)
    assert (counts.precision, counts.recall) == (0.75, 0.6)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / (0.75 + 0.6))


def test_nothing_said_is_neither_right_nor_wrong() -> None:
    nothing, missed = Counts(), Counts(fn=3)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert (nothing.precision_interval, nothing.recall_interval, nothing.f1_interval) == (None, None, None)
    assert (missed.precision, missed.recall, missed.f1) == (None, 0.0, 0.0)
    assert Counts(fp=2).recall is None and Counts(fp=2).f1 == 0.0


def test_wilsons_interval_as_published() -> None:
    """Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    for right, of, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611)):
        assert wilson(right, of) == pytest.approx((low, high), abs=5e-5)
    assert wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=5e-5)
    assert wilson(0, 0) is None


def holds(interval: Interval | None, value: float | None) -> bool:
    if value is None:
        return interval is None
    return interval is not None and 0 <= interval.low <= value <= interval.high <= 1


@FEW
@given(COUNTS)
def test_intervals_hold_their_figure(counts: Counts) -> None:
    assert holds(counts.precision_interval, counts.precision)
    assert holds(counts.recall_interval, counts.recall)
    assert holds(counts.f1_interval, counts.f1)


@FEW
@given(COUNTS)
def test_more_of_the_same_is_known_better(counts: Counts) -> None:
    more = counts + counts + counts
    assert more.f1 == counts.f1
    if counts.f1_interval and more.f1_interval:
        assert more.f1_interval.high - more.f1_interval.low < counts.f1_interval.high - counts.f1_interval.low


@FEW
@given(ANSWERS)
def test_counts_add_up(answers: list[Answer]) -> None:
    counts = tally(answers, FILES)
    whole = sum(counts.values(), Counts())
    assert whole.positives == sum(len(answer.right) for answer in answers)
    assert whole.given == sum(len(answer.given) for answer in answers)
    for file in FILES:
        assert counts[file] == sum((answer.counts([file]) for answer in answers), Counts())


@FEW
@given(ANSWERS)
def test_averages_and_their_intervals(answers: list[Answer]) -> None:
    found = average(answers, FILES, draws=30)
    counts = tally(answers, FILES)
    known = [count.f1 for count in counts.values() if count.f1 is not None]
    whole = sum(counts.values(), Counts())
    assert [figure.value for figure in found.micro] == [whole.precision, whole.recall, whole.f1]
    assert found.macro[2].value == (pytest.approx(sum(known) / len(known)) if known else None)
    assert found.macro[2].files == len(known)
    for figure in (*found.micro, *found.macro):
        assert holds(figure.interval, figure.value)
    assert average(list(reversed(answers)), FILES, draws=30) == found


def test_averages_leave_out_what_is_not_defined() -> None:
    right, missed = frozenset({"parks"}), frozenset({"impôts"})
    found = average([Answer(right, right), Answer(missed, frozenset())], FILES)
    assert [(figure.value, figure.files) for figure in found.macro] == [(1.0, 1), (0.5, 2), (0.5, 2)]
    assert found.micro[0].files == 2


def test_draws_cover_what_mentions_say_together() -> None:
    """Twenty files that are right or missed together are one observation a mention, not twenty."""
    files = [f"file-{number}" for number in range(20)]
    every = frozenset(files)
    answers = [Answer(every, every if number % 2 else frozenset()) for number in range(20)]
    (_, recall, _), naive = average(answers, files).micro, wilson(200, 400)
    assert recall.interval and naive
    assert recall.interval.high - recall.interval.low > 3 * (naive.high - naive.low)
    assert recall.interval.low == pytest.approx(0.3, abs=0.051) and recall.interval.high == pytest.approx(
        0.7, abs=0.051
    )


def test_three_right_answers_are_not_proof() -> None:
    right = frozenset({"parks"})
    found = average([Answer(right, right)] * 3, FILES)
    assert all(figure.interval and figure.interval.low < 0.7 for figure in (*found.micro, *found.macro))


def plain_average_precision(scored: list[tuple[float, bool]], unscored: int) -> float | None:
    found = [score for score, right in scored if right]
    if not found and not unscored:
        return None
    total = 0.0
    for score in found:
        above = [right for other, right in scored if other >= score]
        total += sum(above) / len(above)
    return total / (len(found) + unscored)


@FEW
@given(SCORED, st.integers(0, 3))
def test_curves_are_what_thresholds_would_give(scored: list[tuple[float, bool]], unscored: int) -> None:
    found = curve(scored, unscored=unscored)
    plain = plain_average_precision(scored, unscored)
    assert found.average_precision == (None if plain is None else pytest.approx(plain))
    assert found.positives == sum(right for _, right in scored) + unscored
    if not found.positives:
        assert not found.points
        return
    assert [point.threshold for point in found.points] == sorted({score for score, _ in scored}, reverse=True)
    for point in found.points:
        above = [right for score, right in scored if score >= point.threshold]
        assert point.precision == pytest.approx(sum(above) / len(above))
        assert point.recall == pytest.approx(sum(above) / found.positives)
