"""Why nobody covers a need just now, for people. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from gordon.desk.schema import Standing
from route.cover import Apart
from route.people import as_of, current, departed, why_absent
from route.roster import Need, Snapshot, covers

_DAY = timedelta(days=1)
NAMED = 3
"""People that a gap names."""


def why_not(snapshot: Snapshot, file: str, need: Need) -> str:
    """Why nobody on duty covers this need."""
    numbers = snapshot.able(file, need)
    if numbers:
        return _kept_away(snapshot, numbers, "the only one")
    former = [f"{name}'s standing ended {last}" for name, last in _former(snapshot, file, need)]
    return f"nobody has it any more: {'; '.join(former[:NAMED])}" if former else "nobody has it"


def why_not_apart(snapshot: Snapshot, file: str, needs: tuple[Need, ...], apart: Apart, who: str) -> str:
    """Why the approver would approve what they drafted."""
    asked = [need for bit, need in enumerate(needs) if apart.either(1 << bit)]
    able = {number for need in asked for number in snapshot.able(file, need)}
    numbers = sorted(able - {snapshot.roster.index[who]})
    other = _kept_away(snapshot, numbers, "the only other one") if numbers else "nobody else can do either"
    return f"{who} cannot approve what {who} drafts: {other}"


def _kept_away(snapshot: Snapshot, numbers: list[int], alone: str) -> str:
    reasons = [f"{snapshot.roster.people[number].id} {_reason(snapshot, number)}" for number in numbers[:NAMED]]
    if len(numbers) == 1:
        name, _, reason = reasons[0].partition(" ")
        return f"{alone}, {name}, {reason}"
    more = f"; and {len(numbers) - NAMED} more" if len(numbers) > NAMED else ""
    return f"none of {len(numbers)} is free: {'; '.join(reasons)}{more}"


def _reason(snapshot: Snapshot, number: int) -> str:
    if snapshot.presences[number].there:
        return "takes no items"
    return why_absent(snapshot.roster.people[number], snapshot.start, snapshot.roster.zone)


def _former(snapshot: Snapshot, file: str, need: Need) -> list[tuple[str, date]]:
    """Those who had it, with the last day on which they did, latest first."""
    matching = snapshot.roster.matching(file)
    found = []
    # Expertise and authority come from a standing on the file, which few have; the rest from what people are.
    for number in matching if need.kind in ("expertise", "authority") else _ever(snapshot, matching, need):
        last = last_day_of(snapshot, file, number, need)
        if last is not None:
            found.append((snapshot.roster.people[number].id, last))
    return sorted(found, key=lambda one: (-one[1].toordinal(), one[0]))


def _ever(snapshot: Snapshot, matching: Mapping[int, Sequence[Standing]], need: Need) -> Iterator[int]:
    """Those who had or have a discipline or language, whatever the day; said quickly, as it is asked of everybody."""
    kind = "disciplines" if need.kind == "discipline" else "languages"
    for number, person in enumerate(snapshot.roster.people):
        if need.name in getattr(person, kind) or any(
            need.name in getattr(one, kind) for one in matching.get(number, ())
        ):
            yield number


def last_day_of(snapshot: Snapshot, file: str, number: int, need: Need) -> date | None:
    """The last day before today on which somebody covered the need, of those on which something of theirs ended."""
    past = [day for day in snapshot.roster.edges[number] if day < snapshot.day.days[number]]
    return next((day for day in reversed(past) if _covers_on(snapshot, file, number, need, day)), None)


def until(snapshot: Snapshot, file: str, number: int, need: Need) -> date | None:
    """The last day on which somebody who covers the need now does; None: open-ended, or they do not."""
    if not _covers_on(snapshot, file, number, need, snapshot.day.days[number]):
        return None
    coming = [day for day in snapshot.roster.edges[number] if day >= snapshot.day.days[number]]
    return next((day for day in coming if not _covers_on(snapshot, file, number, need, day + _DAY)), None)


def _covers_on(snapshot: Snapshot, file: str, number: int, need: Need, day: date) -> bool:
    person, standings = snapshot.roster.people[number], snapshot.roster.matching(file).get(number, [])
    standing = current(standings, day)
    return standing is not None and not departed(person, day) and covers(as_of(person, day), standing, need)
