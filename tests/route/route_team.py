"""Teams for tests: chosen from a few people, and shown as ids and gaps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from gordon.desk.schema import Person, Requires
from route.roster import Roster, needs_of
from route.team import Choice, choose_team
from tests.route.route_desk import MONDAY

TORONTO = ZoneInfo("America/Toronto")
FILE = "passport-services"
AWAY = [{"from": "2026-11-20", "to": "2026-11-30"}]
REQUIRES = Requires(disciplines=("policy", "communications"), expertise="lead", authority=("approve",))
TOGETHER = REQUIRES.model_copy(update={"separate_approver": False})
LEAD = {FILE: {"expertise": "lead", "authority": ["speak", "approve"]}}


def choose(
    people: Sequence[Person],
    requires: Requires = REQUIRES,
    *,
    language: str = "",
    load: Mapping[str, int] | None = None,
    now: datetime = MONDAY,
) -> Choice:
    roster, separate = Roster(people, TORONTO), requires.separate_approver
    return choose_team(roster, FILE, needs_of(requires, language), load or {}, now, separate=separate)


def ids(choice: Choice) -> list[str]:
    return [member.person for member in choice.team]


def gaps(choice: Choice) -> dict[str, str]:
    return {f"{gap.kind} {gap.need}": gap.why for gap in choice.gaps}
