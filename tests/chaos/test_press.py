"""The publishers of chaos runs, and the wrong clock of their daemons."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.chaos.history import History, read, written
from tests.chaos.hosted import stepped
from tests.chaos.press import KILLER, LEAST_ANSWERS, LEAST_SHOWN, Press, printed

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """Monotonic time that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(tmp_path: Path, clock: Clock) -> Iterator[History]:
    made = History(tmp_path / "history.jsonl", clock)
    yield made
    made.close()


def test_an_edit_is_another_version_and_a_new_name_is_not(history: History, tmp_path: Path) -> None:
    press = Press(1, 1, history)
    entry = press.publish()
    press.edit()
    press.rename()
    press.answered(press.feed(0)[2])
    (told,) = press.served()
    assert len(set(told["versions"])) == 2 and entry.guid == "e0x"
    assert [line["what"] for line in read(tmp_path / "history.jsonl")] == ["published", "edited", "renamed"]


def test_what_was_never_answered_was_not_served_and_a_killer_never_changes(history: History) -> None:
    press = Press(1, 1, history)
    killer = press.publish(killer=True)
    press.edit()
    press.rename()
    assert KILLER in killer.text and killer.guid == "e0" and len(killer.versions) == 1
    assert press.served() == []


def test_an_entry_leaves_when_it_is_old_and_was_seen_often(history: History, clock: Clock) -> None:
    press = Press(1, 1, history)
    for _ in range(LEAST_SHOWN + 5):
        press.publish()
    clock.seconds = 1000.0
    assert len(press.feed(0)[2]) == LEAST_SHOWN + 5, "nobody has read it yet"
    for _ in range(LEAST_ANSWERS):
        press.answered(press.feed(0)[2])
    before = press.feed(0)
    assert len(before[2]) == LEAST_SHOWN
    assert len(press.served()) == LEAST_SHOWN + 5


def test_an_edit_stays_until_it_was_seen_often(history: History, clock: Clock) -> None:
    press = Press(1, 1, history)
    press.publish()
    for _ in range(LEAST_ANSWERS):
        press.answered(press.feed(0)[2])
    press.edit()
    for _ in range(LEAST_SHOWN + 5):
        press.publish()
    clock.seconds = 1000.0
    assert any(entry.number == 0 for entry in press.feed(0)[2])
    assert any(told["entry"] == 0 for told in press.served())


def test_a_feed_is_served_once_for_each_version(history: History) -> None:
    press = Press(1, 1, history)
    press.publish()
    with printed(press) as port:
        address = f"http://127.0.0.1:{port}/feed/0"
        with urllib.request.urlopen(address, timeout=30) as answer:
            tag, body = answer.headers["ETag"], answer.read()
        assert b"e0" in body
        again = urllib.request.Request(address, headers={"If-None-Match": tag})
        with pytest.raises(urllib.error.HTTPError, match="304") as unchanged:
            urllib.request.urlopen(again, timeout=30)
        unchanged.value.close()
        press.publish()
        with urllib.request.urlopen(again, timeout=30) as answer:
            assert b"e1" in answer.read()


def test_time_counts_from_the_beginning(tmp_path: Path) -> None:
    with written(tmp_path / "history.jsonl") as history:
        history.note("prepared")
        history.begin(seed=7)
    prepared, begin = read(tmp_path / "history.jsonl")
    assert prepared["t"] >= 0 and begin["t"] < 60 and begin["seed"] == 7


def test_a_clock_is_as_wrong_as_its_file_says(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    wrong = stepped(lambda: NOON, path)
    assert wrong() == NOON
    path.write_text("-7200")
    assert wrong() == NOON - timedelta(hours=2)
    path.write_text("")
    assert wrong() == NOON, "just being written"
    path.unlink()
    assert wrong() == NOON
