"""What is said about a feed from its state and history alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from gordon.app.feed_health import (
    ORDER,
    WELL,
    advice,
    assess,
    counted,
    health,
    in_trouble,
    ordered,
    strip,
    trouble_since,
)
from gordon.polling import Feed, FeedState, PollNote
from ingest.schedule import Outcome

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = Feed(id="blog", url="https://blog.example/feed")


def state(**news: Any) -> FeedState:
    return FeedState(**({"id": "blog", "url": FEED.url, "next_due": NOW, "outcome": "ok", "last_poll": NOW} | news))


def note(hours: int, outcome: str = "ok", **news: Any) -> PollNote:
    row = {"status": 200, "new": 0, "edited": 0, "detail": ""}
    return PollNote(feed="blog", polled=NOW - timedelta(hours=hours), outcome=outcome, **(row | news))  # type: ignore[arg-type]  # a dict of mixed values


ASLEEP = {"last_new": NOW - timedelta(days=90), "gap": 86400.0, "arrivals": 40}


def test_every_outcome_has_its_place_and_every_trouble_its_word() -> None:
    assert set(ORDER) == {*get_args(Outcome), "never", "dormant"}
    waiting = {"unreachable", "rate-limited"}
    for word in ORDER:
        assert bool(advice(FEED, state(), word)) == (word not in WELL | waiting)


@pytest.mark.parametrize(
    ("news", "word"),
    [
        ({}, "ok"),
        ({"outcome": "gone", "stopped": True}, "gone"),
        ({"outcome": "unchanged", **ASLEEP}, "dormant"),
        ({"outcome": "blocked", **ASLEEP}, "blocked"),
        ({"outcome": "never", "last_poll": None}, "never"),
    ],
)
def test_one_word(news: dict[str, Any], word: str) -> None:
    assert health(state(**news), NOW) == word
    assert in_trouble(assess(FEED, state(**news), 0, NOW)) == (word not in WELL)


def test_what_a_person_has_to_decide_is_trouble_though_the_feed_is_well() -> None:
    moved = {"moved_to": "https://n.example/", "moved_times": 3, "moved_since": NOW - timedelta(days=3)}
    one = assess(FEED, state(**moved), 2, NOW)
    assert (one.health, one.move, one.held, in_trouble(one)) == ("ok", "https://n.example/", 2, True)
    assert one.needs[0].endswith("gordon feeds move blog") and "gordon feeds release blog" in one.needs[1]


def test_the_gravest_first_then_the_longest() -> None:
    made = [
        assess(FEED, state(outcome=outcome, failures=failures), 0, NOW)
        for outcome, failures in (("ok", 0), ("unreachable", 1), ("blocked", 1), ("unreachable", 9), ("never", 0))
    ]
    found = [(one.health, one.state.failures) for one in ordered(made)]
    assert found == [("blocked", 1), ("unreachable", 9), ("unreachable", 1), ("never", 0), ("ok", 0)]
    assert list(counted(made).items()) == [("ok", 1), ("never", 1), ("unreachable", 2), ("blocked", 1)]


def test_history() -> None:
    notes = [note(1, "blocked"), note(2, "unreachable"), note(3, "empty"), note(4, new=1), note(5, new=9, held=9)]
    assert strip([*notes, note(6, "unchanged")]) == "·H+○✗✗"
    assert trouble_since(notes) == NOW - timedelta(hours=2)
    assert trouble_since(notes[2:]) is None and trouble_since([]) is None
