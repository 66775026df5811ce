"""Per-host politeness and the total limit."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.polling import FeedState
from ingest.agenda import Agenda


def state(name: str, host: str) -> FeedState:
    return FeedState(id=name, url=f"https://{host}/{name}", next_due=datetime(2026, 11, 22, tzinfo=UTC))


def taken(agenda: Agenda, now: float) -> list[str]:
    found = []
    while (feed := agenda.take(now)) is not None:
        found.append(feed.id)
    return found


def test_one_at_a_time_of_a_host_and_its_starts_are_apart() -> None:
    agenda = Agenda(concurrency=10, host_concurrency=1, host_delay=5.0)
    assert agenda.hold([state("a1", "a"), state("a2", "a"), state("b1", "b")]) == 3
    assert taken(agenda, 0.0) == ["a1", "b1"]
    assert agenda.wait(0.0) is None
    agenda.done("a1")
    assert agenda.wait(1.0) == 4.0 and taken(agenda, 4.9) == []
    assert taken(agenda, 5.0) == ["a2"]
    assert (agenda.held, agenda.running) == (2, 2)


def test_the_total_limit() -> None:
    agenda = Agenda(concurrency=2, host_concurrency=1, host_delay=0.0)
    agenda.hold(state(name, name) for name in "abc")
    assert taken(agenda, 0.0) == ["a", "b"] and agenda.wait(0.0) is None
    agenda.done("a")
    assert agenda.wait(0.0) == 0.0 and taken(agenda, 0.0) == ["c"]


def test_a_feed_is_held_once_and_may_come_again_when_done() -> None:
    agenda = Agenda(concurrency=2, host_concurrency=1, host_delay=0.0)
    assert agenda.hold([state("a", "a")]) == 1 and agenda.hold([state("a", "a")]) == 0
    assert taken(agenda, 0.0) == ["a"] and agenda.hold([state("a", "a")]) == 0
    agenda.done("a")
    assert agenda.hold([state("a", "a")]) == 1
    agenda.done("never heard of")


def test_forgotten_feeds_are_not_polled() -> None:
    agenda = Agenda(concurrency=2, host_concurrency=1, host_delay=0.0)
    agenda.hold([state("a", "a"), state("b", "a")])
    agenda.keep(lambda feed: feed.id == "b")
    assert agenda.held == 1 and taken(agenda, 0.0) == ["b"]
    agenda.hold([state("c", "c")])
    agenda.keep(lambda feed: False)
    agenda.done("b")
    assert taken(agenda, 9.0) == [] and agenda.held == 0


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_limits_hold_and_everything_gets_its_turn(moves: list[tuple[str, bool]], per_host: int, total: int) -> None:
    agenda = Agenda(concurrency=total, host_concurrency=per_host, host_delay=1.0)
    running: list[FeedState] = []
    starts: dict[str, float] = {}
    polled = 0
    agenda.hold(state(f"{number}", host) for number, (host, _) in enumerate(moves))
    for tick in range(3 * len(moves) + 3):
        while (feed := agenda.take(float(tick))) is not None:
            host = feed.url.split("/")[2]
            assert tick - starts.get(host, -9.0) >= 1.0
            starts[host] = float(tick)
            running.append(feed)
            polled += 1
            assert len(running) <= total
            assert sum(other.url.split("/")[2] == host for other in running) <= per_host
        if running and (tick >= len(moves) or moves[tick][1]):
            agenda.done(running.pop(0).id)
    assert polled == len(moves)
