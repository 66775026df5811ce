"""What nobody on a desk could ever meet, whatever the hour and whoever is away. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gordon.desk.schema import Person, PolicyFile, QueuesFile, Standing
from gordon.desk.validate import line_of
from gordon.desk.yaml_lines import Lines
from gordon.errors import Problem
from route.people import as_of, current, departed, zone_of
from route.reach import reachable
from route.roster import APPROVE, Need, Roster, apart_of, covers, needs_of

NAMED = 3
"""Files that a warning names."""
_DAY = timedelta(days=1)
_KEYS = {"discipline": "disciplines", "expertise": "expertise", "authority": "authority", "language": "languages"}


@dataclass(frozen=True, slots=True, order=True)
class Impossible:
    """A need of a queue that nobody could ever meet for these files. ``alone``: who would have to approve what they
    drafted, or ""."""

    queue: str
    need: Need
    alone: str
    files: tuple[str, ...]


def impossible(
    people: Iterable[Person], files: Sequence[PolicyFile], queues: QueuesFile, zone: ZoneInfo, now: datetime
) -> list[Impossible]:
    """By queue and need. A need counts as met if one person covers it on any day from today on, hours, absences and
    load apart; a delegate's borrowed expertise is somebody's own. Only files that reach the queue count."""
    ever = _Ever(
        [person for person in people if person.capacity and (not person.hours or person.hours.days)], zone, now
    )
    found: dict[tuple[str, Need, str], list[str]] = {}
    for entry in files:
        for name in reachable(queues, entry):
            requires = queues.queues[name].requires
            able = {need: ever.able(entry.file, need) for need in needs_of(requires)}
            for need, alone in _unmet(able, ever, separate=requires.separate_approver):
                found.setdefault((name, need, alone), []).append(entry.file)
    return sorted(Impossible(*key, tuple(sorted(those))) for key, those in found.items())


class _Ever:
    """Who covers what on some day from today on. Remembers what people cover of every file."""

    def __init__(self, people: Sequence[Person], zone: ZoneInfo, now: datetime) -> None:
        self._roster = Roster(people, zone)
        todays = [now.astimezone(zone_of(person, zone)).date() for person in people]
        self._days = [_days(edges, today) for edges, today in zip(self._roster.edges, todays, strict=True)]
        self._everywhere: dict[Need, frozenset[int]] = {}

    def able(self, file: str, need: Need) -> frozenset[int]:
        """The numbers of those who cover the need of this file."""
        own = self._roster.matching(file)
        if need not in self._everywhere:
            everybody = range(len(self._roster.people))
            self._everywhere[need] = frozenset(number for number in everybody if self._covers(number, (), need))
        here = {number for number, standings in own.items() if self._covers(number, standings, need)}
        return frozenset(self._everywhere[need] - own.keys() | here)

    def name(self, number: int) -> str:
        return self._roster.people[number].id

    def _covers(self, number: int, standings: Sequence[Standing], need: Need) -> bool:
        person = self._roster.people[number]
        return any(_covers_on(person, standings, need, day) for day in self._days[number])


def _days(edges: Iterable[date], today: date) -> list[date]:
    """Today, and the first day after each change to come: in between nothing changes."""
    return [today, *(edge + _DAY for edge in edges if edge >= today)]


def _covers_on(person: Person, standings: Sequence[Standing], need: Need, day: date) -> bool:
    standing = current(standings, day)
    return standing is not None and not departed(person, day) and covers(as_of(person, day), standing, need)


def _unmet(able: Mapping[Need, frozenset[int]], ever: _Ever, *, separate: bool) -> Iterator[tuple[Need, str]]:
    """What nobody covers; and that one alone would draft and approve, with who it is."""
    yield from ((need, "") for need, those in able.items() if not those)
    needs = tuple(able)
    apart = apart_of(needs) if separate else None
    if apart:
        approvers, drafters = (
            {number for bit, need in enumerate(needs) if mask >> bit & 1 for number in able[need]} for mask in apart
        )
        if approvers == drafters and len(approvers) == 1:
            yield APPROVE, ever.name(*approvers)


def impossible_problems(found: Iterable[Impossible], lines: Lines) -> list[Problem]:
    """The warnings of ``gordon check``, at the requirement in queues.yaml. ``lines``: of queues.yaml."""
    return [_problem(one, lines) for one in found]


def _problem(one: Impossible, lines: Lines) -> Problem:
    if one.alone:
        line = line_of(lines, ("queues", one.queue, "requires"))
        message = f"queue {one.queue}: {one.alone} alone could both draft and approve {_named(one.files)}"
        return Problem("queues.yaml", line, message, "give somebody else one of the two, or separate_approver: false")
    line = line_of(lines, ("queues", one.queue, "requires", _KEYS[one.need.kind]))
    message = f"queue {one.queue}: nobody could ever meet {one.need.kind} {one.need.name} {_named(one.files)}"
    return Problem("queues.yaml", line, message, "give it to somebody in people.yaml, or require it no more")


def _named(files: tuple[str, ...]) -> str:
    more = f" and {len(files) - NAMED} more files" if len(files) > NAMED else ""
    return f"for {', '.join(files[:NAMED])}{more}"
