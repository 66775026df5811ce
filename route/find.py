"""Who knows a file, may speak for it, may approve, and is on duty; and what is missing, now and in the days ahead."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from gordon.desk.load import Desk
from gordon.desk.schema import Standing
from gordon.errors import NotFound
from gordon.events import Gap
from route.coverage import Coverage, CoverageGap, holders
from route.gaps import why_not
from route.people import LEAD, departed, rank, zone_of
from route.roster import Need, Snapshot

__all__ = ["Coverage", "CoverageGap", "FindResult", "coverage_gaps", "find", "gauges"]


class FindResult(Struct, frozen=True, kw_only=True):
    """``gordon``: who leads the file, on duty if possible; None: "No Gordon". Lists of ids, most expert first."""

    file: str
    gordon: str | None
    experts: tuple[str, ...]
    speakers: tuple[str, ...]
    approvers: tuple[str, ...]
    on_duty: tuple[str, ...]
    gaps: tuple[Gap, ...]


def find(desk: Desk, file: str, now: datetime) -> FindResult:
    """Everything about one file. ``on_duty``: those there now who stand for the file or wear a hat it needs; ``gaps``:
    what its queues need and nobody on duty covers. Raises NotFound."""
    coverage = Coverage(desk)
    if file not in coverage.needs:
        raise NotFound("file", file)
    snapshot, needs = coverage.roster.at(now), coverage.needs[file]
    standing = _standings(snapshot, file)
    there = {one.id for one, found in zip(coverage.roster.people, snapshot.presences, strict=True) if found.there}

    def those(wanted: Callable[[Standing], bool]) -> tuple[str, ...]:
        chosen = [person for person, one in standing.items() if wanted(one)]
        return tuple(sorted(chosen, key=lambda person: (-rank(standing[person].expertise), person)))

    useful = {person for who in holders(snapshot, file, needs) for person in who}
    leads = sorted(those(lambda one: one.expertise == LEAD), key=lambda person: person not in there)
    wanted = needs if leads else tuple(dict.fromkeys([Need("expertise", LEAD), *needs]))
    return FindResult(
        file=file,
        gordon=leads[0] if leads else None,
        experts=those(lambda one: one.expertise not in ("", "working")),
        speakers=those(lambda one: "speak" in one.authority),
        approvers=those(lambda one: "approve" in one.authority),
        on_duty=tuple(
            sorted(
                there & (useful | standing.keys()),
                key=lambda person: (-rank(standing[person].expertise if person in standing else ""), person),
            )
        ),
        gaps=_gaps(snapshot, file, wanted),
    )


def _standings(snapshot: Snapshot, file: str) -> dict[str, Standing]:
    """Who stands for the file: those with a standing that applies and has not run out."""
    roster, found = snapshot.roster, {}
    for number, standing in snapshot.standings(file).items():
        person = roster.people[number]
        if standing is not None and not departed(
            person, snapshot.start.astimezone(zone_of(person, roster.zone)).date()
        ):
            found[person.id] = standing
    return found


def _gaps(snapshot: Snapshot, file: str, needs: tuple[Need, ...]) -> tuple[Gap, ...]:
    missing = [need for need, who in zip(needs, holders(snapshot, file, needs), strict=True) if not who]
    return tuple(Gap(kind=need.kind, need=need.name, why=why_not(snapshot, file, need)) for need in missing)


def coverage_gaps(desk: Desk, now: datetime, days: float) -> list[CoverageGap]:
    """What of any file is uncovered, hangs on one person or expires from ``now`` on for so many days."""
    return Coverage(desk).gaps(now, days)


def gauges(desk: Desk, now: datetime) -> tuple[dict[str, float], dict[tuple[str, str], int]]:
    """Coverage ratio by file, and current gaps by (file, need). Repeated calls: keep a ``Coverage`` instead."""
    return Coverage(desk).gauges(now)
