"""The plan of a chaos run: the same for the same seed, everything in it, nothing too late or at once."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from tests.chaos.checker import counts, violations
from tests.chaos.figures import curves, figures, quantile, recoveries, spans
from tests.chaos.plan import DAEMONS, Kind, choices, plan
from tests.chaos.report import page
from tests.chaos.world import facts, history

KINDS: tuple[Kind, ...] = get_args(Kind)


@pytest.mark.parametrize("kind", KINDS)
def test_a_seed_plans_the_same_faults_and_another_others(kind: Kind) -> None:
    assert plan(7, 2, kind) == plan(7, 2, kind)
    assert plan(7, 2, kind) != plan(8, 2, kind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_faults_are_in_time_and_those_of_one_target_do_not_overlap(kind: Kind, seed: int) -> None:
    faults = plan(seed, 5, kind)
    assert [fault.at for fault in faults] == sorted(fault.at for fault in faults)
    assert all(fault.at + fault.lasts <= 300 for fault in faults)
    for target in {fault.target for fault in faults}:
        mine = [fault for fault in faults if fault.target == target]
        assert all(one.at + one.lasts < other.at for one, other in itertools.pairwise(mine))


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_run_has_every_kind_of_fault_on_every_daemon(kind: Kind) -> None:
    faults = plan(3, 30, kind)
    assert {fault.what for fault in faults} == {choice.what for choice in choices(kind)}
    assert {fault.target for fault in faults} == {name for choice in choices(kind) for name in choice.targets}
    assert {fault.target for fault in faults if fault.what == "kill"} >= set(DAEMONS[kind])


def test_without_a_small_disk_none_is_filled() -> None:
    assert any(fault.what == "full" for fault in plan(1, 10, "embedded"))
    assert not any(fault.what == "full" for fault in plan(1, 10, "embedded", disk=False))
    assert not any(fault.what == "full" for fault in plan(1, 10, "kafka"))


def test_the_way_back_ends_when_the_next_entry_is_through() -> None:
    (span,) = spans(history())
    assert span.recovery == pytest.approx(3 + 1.5 - 2.1)
    assert recoveries([span]) == {"kill route": [span.recovery]}


def test_an_entry_that_no_queue_takes_is_not_on_its_way() -> None:
    curve = curves(history())
    assert curve.waiting[-1] == 0 and max(curve.waiting) == 1
    assert sum(curve.rate) * curve.step == pytest.approx(10)


def test_figures_of_nothing_are_nothing() -> None:
    assert quantile([], 0.5) == 0
    assert figures(history()[:1])["latency p50, s"] == 0


def test_the_page_says_what_held_and_what_did_not() -> None:
    found = violations(facts(), history())
    whole = page(history(), {"checks": found, "counts": counts(facts(), found)})
    assert "Everything held" in whole and "seed 1" in whole and "broken" not in whole.partition("<h1>")[2]
    found["no item twice"].append("item <b> was opened 2 times")
    broken = page(history(), {"checks": found, "counts": counts(facts(), found)})
    assert "1 violations in 1 checks" in broken and "item &lt;b&gt; was opened" in broken
    assert "http://" not in whole and "https://" not in whole, "the page needs nothing else"
