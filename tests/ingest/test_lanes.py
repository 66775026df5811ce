"""Who runs beside whom."""

from __future__ import annotations

from ingest.lanes import MOST, Lanes


def filled(lanes: Lanes, now: float, prefix: str, most: int = 10_000) -> int:
    """Starts as many as may start; how many that were."""
    number = 0
    while number < most and lanes.fast_free(now):
        lanes.start(f"{prefix}{number}", now, suspect=False)
        number += 1
    return number


def test_slow_ones_make_room_after_a_quarter_of_a_second() -> None:
    lanes = Lanes(4)
    assert filled(lanes, 0.0, "a") == 4 and not lanes.fast_free(0.2)
    assert lanes.relief(0.2) is not None and lanes.fast_free(0.25) and lanes.relief(0.25) is None
    assert lanes.running == 4


def test_where_answers_are_quick_slow_is_earlier() -> None:
    lanes = Lanes(2)
    for number in range(100):
        lanes.start(f"{number}", number / 10, suspect=False)
        lanes.end(f"{number}", number / 10 + 0.02)
    filled(lanes, 50.0, "slow")
    assert not lanes.fast_free(50.03) and lanes.fast_free(50.05)


def test_the_first_and_quickest_ends_tell_nothing_yet() -> None:
    lanes = Lanes(4)
    filled(lanes, 0.0, "a")
    lanes.end("a0", 0.001)
    assert filled(lanes, 0.001, "b") == 1 and not lanes.fast_free(0.1)


def test_there_is_an_end_to_it() -> None:
    lanes, started = Lanes(3), 0
    for second in range(100):
        started += filled(lanes, float(second), f"{second}-")
    assert started == lanes.running == 3 * 13
    assert lanes.relief(200.0) is None and not lanes.suspects_free()
    lanes.end("0-0", 200.0)
    assert lanes.fast_free(200.0)


def test_a_process_does_not_run_out_of_files() -> None:
    lanes = Lanes(200)
    for second in range(100):
        filled(lanes, float(second), f"{second}-")
    assert lanes.running == MOST
    lanes = Lanes(1000)
    for second in range(100):
        filled(lanes, float(second), f"{second}-")
    assert lanes.running == 1001, "the desk wants it"


def test_suspects_start_beside_the_others_and_not_instead_of_them() -> None:
    lanes, suspects = Lanes(4), 0
    while lanes.suspects_free():
        lanes.start(f"s{suspects}", 0.0, suspect=True)
        suspects += 1
    assert suspects == 10 and filled(lanes, 0.0, "a") == 4
    lanes.end("s0", 1.0)
    assert lanes.suspects_free()
