"""Per-host politeness, the lanes, and the pace after a long stop (hostile cases 28 and 29)."""

from __future__ import annotations

import heapq
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.events import Mention
from gordon.polling import Claim, FeedState, HostState, PageTask
from gordon.settings import Poll
from ingest.agenda import Agenda, is_suspect, late_before

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def agenda(**changes: Any) -> Agenda:
    return Agenda(Poll(**{"host_delay": 5.0, "concurrency": 10} | changes))


def feed(name: str, host: str, **changes: Any) -> FeedState:
    known: dict[str, Any] = {"url": f"https://{host}/{name}", "host": host, "next_due": NOW, "last_poll": NOW}
    return FeedState(id=name, **known | changes)


def claim(host: str, *names: str, state: HostState | None = None, **changes: Any) -> Claim:
    return Claim(host=state or HostState(host=host), feeds=tuple(feed(name, host, **changes) for name in names))


def page(name: str, host: str, failures: int = 0) -> PageTask:
    url = f"https://{host}/{name}"
    mention = Mention(
        id=name, revision=1, feed="f", url=url, title="", text="", language="en", seen=NOW, kind="new", flags=()
    )
    return PageTask(id=name, feed="f", url=url, host=host, next_due=NOW, failures=failures, mention=mention)


def hold(held: Agenda, *claims: Claim, monotonic: float = 0.0) -> int:
    return sum(held.hold(one, NOW, monotonic) for one in claims)


def taken(held: Agenda, monotonic: float) -> list[str]:
    found = []
    while (errand := held.take(monotonic)) is not None:
        found.append(errand.id)
    return found


def done(held: Agenda, name: str, monotonic: float = 0.0, host: HostState | None = None) -> None:
    held.done(name, monotonic, host, NOW)


@pytest.mark.hostile(28)
def test_one_at_a_time_of_a_host_and_its_starts_are_apart() -> None:
    held = agenda()
    assert hold(held, claim("a", "a1", "a2"), claim("b", "b1")) == 3
    assert taken(held, 0.0) == ["a1", "b1"] and held.wait(0.0) is None
    done(held, "a1", 1.0)
    assert held.wait(1.0) == 4.0 and taken(held, 4.9) == []
    assert taken(held, 5.0) == ["a2"] and (held.held, held.running) == (2, 2)


def test_pages_and_feeds_of_a_host_share_its_queue() -> None:
    held = agenda()
    mixed = Claim(host=HostState(host="a"), feeds=(feed("a1", "a"),), pages=(page("p1", "a"),))
    assert hold(held, mixed) == 2 and taken(held, 0.0) == ["a1"]
    done(held, "a1")
    errand = held.take(5.0)
    assert isinstance(errand, PageTask) and errand.id == "p1"


def test_several_at_a_time_of_a_host_where_the_desk_allows_it() -> None:
    held = agenda(host_concurrency=2, host_delay=0.0)
    hold(held, claim("a", "a1", "a2", "a3"))
    assert taken(held, 0.0) == ["a1", "a2"]


def test_what_is_held_is_held_once_and_may_come_again_when_done() -> None:
    held = agenda(host_delay=0.0)
    assert hold(held, claim("a", "a1")) == 1 and hold(held, claim("a", "a1")) == 0
    assert taken(held, 0.0) == ["a1"] and hold(held, claim("a", "a1")) == 0
    done(held, "a1")
    done(held, "never heard of")
    assert hold(held, claim("a", "a1")) == 1


def test_what_the_host_has_taught_other_daemons_counts() -> None:
    held = agenda()
    state = HostState(host="a", free_at=NOW + timedelta(seconds=30), delay=20.0)
    hold(held, claim("a", "a1", "a2", state=state), monotonic=100.0)
    assert held.wait(100.0) == 30.0 and taken(held, 130.0) == ["a1"]
    done(held, "a1", 131.0, replace(state, free_at=NOW))
    assert held.wait(131.0) == 19.0
    resting = HostState(host="b", rest_until=NOW + timedelta(seconds=90))
    hold(held, claim("b", "b1", state=resting), monotonic=131.0)
    assert taken(held, 220.9) == ["a2"] and taken(held, 221.0) == ["b1"]


def test_a_host_that_rests_is_given_back_with_what_waits() -> None:
    held = agenda(host_delay=0.0)
    hold(held, claim("a", "a1", "a2"), claim("b", "b1", "b2"))
    assert taken(held, 0.0) == ["a1", "b1"]
    done(held, "a1", 0.0, HostState(host="a", rest_until=NOW + timedelta(hours=1)))
    done(held, "b1", 0.0, HostState(host="b", rest_until=NOW - timedelta(hours=1)))
    assert held.idle_hosts() == ("a",) and taken(held, 0.0) == ["b2"]


def test_a_site_that_rests_takes_its_hosts_along() -> None:
    held = agenda(host_delay=0.0)
    for name in ("a", "b"):
        hold(held, claim(name, f"{name}1", f"{name}2", state=HostState(host=name, site="example.org")))
    hold(held, claim("c", "c1", state=HostState(host="c", site="example.com")))
    assert held.take(0.0) is not None
    held.rest_site("example.org")
    assert (held.held, held.running) == (2, 1) and taken(held, 0.0) == ["c1"] and held.idle_hosts() == ("b",)


def test_hosts_with_nothing_left_are_told_once() -> None:
    held = agenda(host_delay=0.0)
    hold(held, claim("a", "a1"), claim("b", "b1"), claim("empty"))
    assert held.idle_hosts() == ("empty",) and held.idle_hosts() == ()
    assert taken(held, 0.0) == ["a1", "b1"] and held.idle_hosts() == ()
    done(held, "b1")
    assert held.idle_hosts() == ("b",)
    hold(held, claim("b", "b2"))
    assert taken(held, 0.0) == ["b2"]


def test_what_is_no_longer_wanted_is_not_visited() -> None:
    held = agenda(host_delay=0.0, catch_up=100.0)
    hold(held, claim("a", "a1", "a2"), claim("b", "late", next_due=NOW - timedelta(days=1)))
    held.keep(lambda errand: True)
    assert held.held == 3
    held.keep(lambda errand: errand.id == "a2")
    assert held.held == 1 and taken(held, 0.0) == ["a2"] and held.wait(0.0) is None
    hold(held, claim("c", "c1"))
    held.keep(lambda errand: False)
    done(held, "a2")
    assert taken(held, 9.0) == [] and held.held == 0 and set(held.idle_hosts()) == {"a", "b", "c"}
    assert taken(held, 9.0) == []


def test_a_forgotten_host_leaves_nothing_behind() -> None:
    held = agenda(host_delay=0.0)
    hold(held, claim("a", "a1"))
    held.keep(lambda errand: False)
    assert held.idle_hosts() == ("a",) and held.take(1.0) is None and held.wait(1.0) is None


SUSPECTS = [
    (feed("f", "a"), False), (feed("f", "a", failures=3, status=404), False), (feed("f", "a", failures=1), True),
    (page("p", "a"), False), (page("p", "a", failures=1), True),
]  # fmt: skip


@pytest.mark.parametrize(("errand", "suspect"), SUSPECTS)
def test_only_who_did_not_answer_is_suspect(errand: FeedState | PageTask, suspect: bool) -> None:
    assert is_suspect(errand) is suspect


def test_suspects_get_a_quarter_of_the_slow_lane() -> None:
    held = agenda(concurrency=4)
    for number in range(20):
        hold(held, claim(f"bad{number}", f"bad{number}", failures=2), claim(f"good{number}", f"good{number}"))
    first = taken(held, 0.0)
    assert sum(name.startswith("good") for name in first) == 4 and sum(name.startswith("bad") for name in first) == 10
    assert held.wait(0.0) == 0.25 and held.wait(0.1) == pytest.approx(0.15)
    done(held, first[-1], 0.1)
    assert held.wait(0.1) == 0.0 and len(taken(held, 0.1)) == 1


def test_a_host_goes_to_the_other_lane_with_what_is_next() -> None:
    held = agenda(concurrency=1, host_delay=0.0)
    mixed = Claim(host=HostState(host="a"), feeds=(feed("bad", "a", failures=1), feed("good", "a"), feed("last", "a")))
    hold(held, mixed)
    assert taken(held, 0.0) == ["bad"]
    done(held, "bad")
    assert taken(held, 0.0) == ["good"]
    hold(held, claim("b", "gone", failures=1))
    held.keep(lambda errand: errand.id != "gone")
    hold(held, claim("b", "b1"))
    done(held, "good")
    assert set(taken(held, 0.0) + taken(held, 0.3)) == {"last", "b1"}


@dataclass
class Run:
    """A whole run under a clock of its own: everything starts as the agenda says and ends after its time."""

    agenda: Agenda
    seconds: dict[str, float]
    starts: list[tuple[float, str]] = field(default_factory=list)
    ends: dict[str, float] = field(default_factory=dict)
    most: int = 0

    def go(self) -> Run:
        now, ending = 0.0, list[tuple[float, str]]()
        while self.agenda.held:
            for name in taken(self.agenda, now):
                self.starts.append((now, name))
                heapq.heappush(ending, (now + self.seconds[name], name))
            self.most = max(self.most, self.agenda.running)
            wait = self.agenda.wait(now)
            times = [now + wait] if wait is not None else []
            now = max(min(times + [time for time, _ in ending[:1]]), now + 1e-6)
            while ending and ending[0][0] <= now:
                _, name = heapq.heappop(ending)
                self.ends[name] = now
                self.agenda.done(name, now, None, NOW)
        return self

    def last(self, kind: str) -> float:
        return max(time for name, time in self.ends.items() if name.startswith(kind))


def crowd(good: int, dead: int, *, known: bool, seed: int = 0) -> Run:
    names = [f"good{number}" for number in range(good)] + [f"dead{number}" for number in range(dead)]
    random.Random(seed).shuffle(names)
    held = Agenda(Poll(concurrency=50))
    for name in names:
        hold(held, claim(name, name, failures=1 if known and name.startswith("dead") else 0))
    return Run(held, {name: 0.005 if name.startswith("good") else 10.0 for name in names}).go()


@pytest.mark.hostile(28)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("known", [True, False])
def test_dead_hosts_do_not_delay_the_others(known: bool, seed: int) -> None:
    alone = crowd(1500, 0, known=known)
    run = crowd(1500, 500, known=known, seed=seed)
    assert run.last("good") <= 1.1 * alone.last("good")
    assert len(run.ends) == 2000 and run.most <= 650
    running = 0
    for _, change in sorted([(time, 1) for time, name in run.starts if name.startswith("dead")]
                            + [(time, -1) for name, time in run.ends.items() if name.startswith("dead")]):  # fmt: skip
        running += change
        assert not known or running <= 125


def test_without_dead_ones_the_concurrency_is_kept() -> None:
    run = crowd(500, 0, known=False)
    assert run.most == 50 and run.last("good") == pytest.approx(0.05, rel=0.01)


@pytest.mark.hostile(28)
def test_many_feeds_of_one_host_take_turns_and_others_do_not_wait_for_them() -> None:
    held = agenda(host_delay=1.0)
    many = [f"m{number}" for number in range(2000)]
    hold(held, claim("platform", *many), *(claim(f"h{number}", f"h{number}") for number in range(100)))
    run = Run(held, {name: 0.01 for name in many} | {f"h{number}": 0.01 for number in range(100)}).go()
    turns = [time for time, name in run.starts if name.startswith("m")]
    assert all(later - earlier >= 0.999 for earlier, later in pairwise(turns))
    assert run.last("h") < 1 and len(turns) == 2000


def stopped_for_two_days(**changes: Any) -> Agenda:
    """600 feeds that were due at different times, in no order; ten new ones; ten that fell due just now."""
    held = agenda(concurrency=50, catch_up=300.0, **changes)
    for number in random.Random(1).sample(range(600), 600):
        hold(
            held, claim(f"l{number:03}", f"l{number:03}", next_due=NOW - timedelta(days=2) + number * timedelta(0, 60))
        )
    for number in range(10):
        hold(held, claim(f"n{number}", f"n{number}", last_poll=None, next_due=NOW - timedelta(days=2)))
        hold(held, claim(f"d{number}", f"d{number}", next_due=NOW - timedelta(seconds=10)))
    return held


@pytest.mark.hostile(29, 93)
def test_after_a_long_stop_the_late_ones_are_spread_oldest_first() -> None:
    held = stopped_for_two_days()
    held.pace(600, 0.0)
    names = [f"l{number:03}" for number in range(600)] + [f"{kind}{number}" for kind in "nd" for number in range(10)]
    run = Run(held, dict.fromkeys(names, 0.01)).go()
    assert {name for time, name in run.starts if time == 0.0} == {"l000"} | {
        f"{kind}{number}" for kind in "nd" for number in range(10)
    }
    late = [(time, name) for time, name in run.starts if name.startswith("l")]
    assert [name for _, name in late] == sorted(name for _, name in late)
    assert 295 <= late[-1][0] <= 300
    for second in range(300):
        assert 1 <= sum(second <= time < second + 1 for time, _ in late) <= 3


@pytest.mark.hostile(29)
def test_where_the_desk_wants_it_they_all_start_at_once() -> None:
    held = agenda(catch_up=0.0, concurrency=100)
    for number in range(20):
        hold(held, claim(f"l{number}", f"l{number}", next_due=NOW - timedelta(days=2)))
    held.pace(20, 0.0)
    assert len(taken(held, 0.0)) == 20


def test_the_pace_follows_what_is_left_of_the_time() -> None:
    held = stopped_for_two_days()
    held.pace(6000, 0.0)
    assert sum(name.startswith("l") for name in taken(held, 0.0)) == 1
    assert held.wait(0.0) == pytest.approx(0.05)
    held.pace(600, 150.0)
    assert len(taken(held, 150.0)) == 5, "a second of the pace is made up for, not the whole pause"
    assert held.wait(150.0) == pytest.approx(0.25, abs=0.1)
    held.pace(1, 301.0)
    taken(held, 301.0)
    assert held.wait(301.0) == pytest.approx(299, abs=1)


def test_late_is_later_than_two_intervals_or_a_minute() -> None:
    assert late_before(Poll(), NOW) == NOW - timedelta(minutes=30)
    assert late_before(Poll(least_interval=1.0), NOW) == NOW - timedelta(minutes=1)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=40), st.integers(1, 3), st.integers(1, 4))
@settings(max_examples=100, deadline=None)
def test_limits_hold_and_everything_gets_its_turn(moves: list[tuple[str, bool]], per_host: int, total: int) -> None:
    held = agenda(concurrency=total, host_concurrency=per_host, host_delay=1.0)
    running: list[str] = []
    starts: dict[str, float] = {}
    for number, (host, fails) in enumerate(moves):
        hold(held, claim(host, f"{host}{number}", failures=int(fails)))
    visited = 0
    for tick in range(3 * len(moves) + 3):
        for name in taken(held, float(tick)):
            assert tick - starts.get(name[0], -9.0) >= 1.0
            starts[name[0]] = float(tick)
            running.append(name)
            visited += 1
            assert sum(other[0] == name[0] for other in running) <= per_host
        assert held.running == len(running) <= 13 * total
        if running and (tick >= len(moves) or moves[tick][1]):
            done(held, running.pop(0), tick + 0.5)
    assert visited == len(moves)
