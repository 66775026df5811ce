"""A wall clock that jumps: a year ahead, and back again. Nothing is polled in a rush, nothing stops for a year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from gordon.polling import Feed
from store.outbox import Outbox
from tests.ingest import texts
from tests.ingest.daemon_bench import START, Bench
from tests.ingest.origin import Origin, reply

Make = Callable[..., Bench]
YEAR = timedelta(days=365)


def quiet(bench: Bench, polls: int) -> None:
    """A few turns bring no further poll."""
    for _ in range(5):
        bench.ingest.turn(0.05)
    assert len(bench.reports) == polls


@pytest.mark.hostile(93)
@pytest.mark.parametrize("step", [timedelta(days=1), YEAR])
def test_a_clock_that_was_ahead_and_is_set_right_stops_nothing(bench: Make, origin: Origin, step: timedelta) -> None:
    origin.answers["/feed"] = reply(texts.ATOM)
    one = bench()
    one.sync(Feed(id="news", url=origin.url("/feed")))
    one.until(1)
    one.now += step
    one.until(2)
    quiet(one, 2)
    one.now -= step
    quiet(one, 2)
    one.now += timedelta(minutes=61)
    one.until(3)
    quiet(one, 3)
    assert one.scalar("SELECT count(*) FROM revisions") == 2, "nothing was found twice"


@pytest.mark.hostile(93)
def test_a_daemon_that_begins_with_a_clock_set_right_inherits_no_future(bench: Make, origin: Origin) -> None:
    """The one with the wrong clock has died, and its leases would last for a year."""
    origin.answers["/feed"] = reply(texts.ATOM)
    wrong, right = bench(owner="wrong"), bench(owner="right")
    feed = Feed(id="news", url=origin.url("/feed"))
    wrong.now = START + YEAR
    wrong.sync(feed)
    wrong.until(1)
    outbox = Outbox(right.database)
    assert outbox.lease("outbox.ingest", "wrong", wrong.now, 30.0)
    assert not outbox.lease("outbox.ingest", "right", right.now, 30.0)
    right.sync(feed)
    quiet(right, 0)
    assert outbox.lease("outbox.ingest", "right", right.now, 30.0)
    right.now += timedelta(minutes=61)
    right.until(1)


@pytest.mark.hostile(93)
def test_a_small_step_back_is_no_matter(bench: Make, origin: Origin) -> None:
    origin.answers["/feed"] = reply(texts.ATOM)
    one = bench()
    one.sync(Feed(id="news", url=origin.url("/feed")))
    one.until(1)
    one.now -= timedelta(seconds=30)
    quiet(one, 1)
    one.now += timedelta(minutes=61)
    one.until(2)
