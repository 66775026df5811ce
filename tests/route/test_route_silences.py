"""Silences hold from the one moment to the other, for what their conditions say, and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from gordon.desk.routing import Silence
from gordon.errors import Problem
from route.conditions import Facts
from route.silences import Silences, compile_silences, silenced

FACTS = Facts(file="visas", language="fr", source="blog", score=1, kind="new", mentions=1)


def entry(**fields: Any) -> Silence:
    row = {"id": "s", "owner": "gordon", "reason": "a strike", "from": "2026-12-01", "to": "2026-12-03",
           "when": {"file": "visas"}}  # fmt: skip
    return Silence.model_validate(row | fields)


def compiled(*entries: Silence, zone: str = "America/Toronto") -> Silences:
    made, problems = compile_silences(list(enumerate(entries)), {}, zone)
    assert problems == []
    return made


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        (datetime(2026, 12, 1, 4, 59), False),
        (datetime(2026, 12, 1, 5, 0), True),  # midnight in Toronto
        (datetime(2026, 12, 4, 4, 59), True),  # the last day is included
        (datetime(2026, 12, 4, 5, 0), False),
    ],
)
def test_days_are_whole_days_of_the_desk(moment: datetime, holds: bool) -> None:
    assert (silenced(FACTS, compiled(entry()), moment.replace(tzinfo=UTC)) is not None) is holds


def test_times_may_say_their_zone_or_leave_it_to_the_desk() -> None:
    one = entry(**{"from": "2026-12-01T10:00", "to": "2026-12-01T12:00+01:00"})
    with pytest.raises(ValidationError, match="must end after it starts"):
        entry(**{"from": "2026-12-01T12:00", "to": "2026-12-01T12:00"})
    silences = compiled(one, zone="Europe/Paris")
    (found,) = silences.entries
    assert (found.start.hour, found.end.hour) == (9, 11)
    assert silenced(FACTS, silences, found.end - timedelta(microseconds=1)) is found
    assert silenced(FACTS, silences, found.end) is None


def test_all_conditions_must_hold_and_the_first_silence_counts() -> None:
    now = datetime(2026, 12, 2, tzinfo=UTC)
    narrow = entry(id="narrow", when={"file": "visas", "language": "en"})
    wide = entry(id="wide", when={"file": "v*"})
    other = entry(id="other", when={"language": "fr"})
    found = silenced(FACTS, compiled(narrow, wide, other), now)
    assert found is not None and found.id == "wide"
    assert str(found) == "silence wide of gordon until 2026-12-04 05:00Z: a strike (file is v*)"
    assert silenced(FACTS, compiled(narrow), now) is None
    assert silenced(FACTS, Silences(), now) is None


def test_what_silences_want_to_know_about_gaps() -> None:
    assert compiled(entry(when={"gap": "no-gordon"}), entry(id="t", when={"gap": ["policy"]})).gaps == {
        "no-gordon", "policy"
    }  # fmt: skip


def test_wrong_conditions_are_problems_with_a_line() -> None:
    lines = {(4, "when", "fil"): 31, (4, "when", "score"): 32}
    _, problems = compile_silences([(4, entry(when={"fil": "visas", "score": "high"}))], lines, "UTC")
    assert problems == [
        Problem("silences.yaml", 31, "unknown condition 'fil'", "did you mean 'file'?"),
        Problem("silences.yaml", 32, "score: 'high' is not a number", "write a number, or {min: 2, max: 5}"),
    ]


def test_a_year_is_the_most() -> None:
    assert entry(to="2027-12-01")
    with pytest.raises(ValidationError, match="a year at most"):
        entry(to="2027-12-03")


def test_a_number_is_no_time() -> None:
    with pytest.raises(ValidationError, match="is not a time"):
        entry(to=20261203)
