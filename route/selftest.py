"""The tests that queues.yaml brings along: which way a mention would go, with which priority, team and gaps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gordon.desk.routing import Given, RouteTest
from gordon.desk.schema import Away, Hours, Person, PolicyFile, Queue, QueuesFile
from gordon.desk.validate import line_of, suggest
from gordon.desk.yaml_lines import Lines, Path
from gordon.errors import Problem
from route.conditions import PRIORITIES, Facts
from route.roster import Roster, needs_of
from route.rules import QUEUES, Routed, Tree
from route.shortage import unmet
from route.team import choose_team

LONG_AGO = datetime(2001, 1, 1, 12, tzinfo=UTC)
"""When a test without a time happens: before anything on a desk expires, and before anybody is away."""


def run_route_tests(
    config: QueuesFile, tree: Tree, files: Sequence[PolicyFile], people: Sequence[Person], zone: str, lines: Lines
) -> list[Problem]:
    """A problem for each test that fails or asks about what is not there; none: all hold. Silences do not count.

    ``tree`` must be without problems; ``lines``: those of queues.yaml; ``zone``: of the desk.
    """
    problems: list[Problem] = []
    for index, test in enumerate(config.tests):
        wrong = [
            Problem(QUEUES, line_of(lines, ("tests", index, *path)), f"test {index + 1}: {message}", remedy)
            for path, message, remedy in _unknown(test, config, files, people)
        ]
        if not wrong:
            line = line_of(lines, ("tests", index))
            outcome = _outcome(test.given, tree, config.queues, files, people, zone)
            wrong = [Problem(QUEUES, line, message, remedy) for message, remedy in _failures(index, test, *outcome)]
        problems += wrong
    return problems


def _unknown(
    test: RouteTest, config: QueuesFile, files: Sequence[PolicyFile], people: Sequence[Person]
) -> Iterator[tuple[Path, str, str]]:
    """Names of the test that lead nowhere."""
    given, ids = test.given, [person.id for person in people]
    claims = _claims_of(given.file, files)
    there = any(entry.file == given.file for entry in files)
    named = _claimed(given, claims) if there and not isinstance(given.claim, bool) else ()
    key = "queue" if test.queue else "queues"
    wanted: list[tuple[Path, str, Iterable[str], Iterable[str]]] = [
        ((key,), "queue", test.wanted, config.queues),
        (("given", "file"), "file", [given.file], [entry.file for entry in files]),
        (("given", "claim"), f"claim of {given.file}", named, claims),
        (("given", "on_duty"), "person", given.on_duty or (), ids),
        (("given", "away"), "person", given.away, ids),
    ]
    for path, what, words, known in wanted:
        for word in words:
            if word not in known:
                yield path, f"no {what} {word!r}", suggest(word, known)
    if given.claim is True and not claims and there:
        yield ("given", "claim"), f"file {given.file!r} has no claims", "name a file that has, or leave claim out"


def _claims_of(file: str, files: Iterable[PolicyFile]) -> tuple[str, ...]:
    return tuple(claim.id for entry in files if entry.file == file for claim in entry.claims)


def _claimed(given: Given, known: Sequence[str]) -> tuple[str, ...]:
    if isinstance(given.claim, bool):
        return tuple(known[:1]) if given.claim else ()
    return (given.claim,) if isinstance(given.claim, str) else given.claim


def _outcome(
    given: Given,
    tree: Tree,
    queues: Mapping[str, Queue],
    files: Sequence[PolicyFile],
    people: Sequence[Person],
    zone: str,
) -> tuple[tuple[Routed, ...], tuple[str, ...]]:
    now = _now(given, ZoneInfo(zone))
    roster = Roster([_as_given(person, given, now) for person in people], ZoneInfo(zone))
    facts = Facts(
        file=given.file,
        language=given.language,
        source=given.source,
        score=given.score,
        kind=given.kind,
        mentions=given.mentions,
        claims=_claimed(given, _claims_of(given.file, files)),
        site=given.site.lower(),
        revision=given.revision,
        learned=given.learned,
        spike=given.spike,
        time=now if given.time else None,
        gaps=unmet(roster, given.file, tree.gaps, now),
    )
    routed = tree.route(facts)
    missing: dict[str, None] = {}
    for one in routed:
        requires = queues[one.queue].requires
        needs, separate = needs_of(requires, given.language), requires.separate_approver
        choice = choose_team(roster, given.file, needs, {}, now, separate=separate)
        missing |= dict.fromkeys(gap.need for gap in choice.gaps)
    return routed, tuple(missing)


def _now(given: Given, zone: ZoneInfo) -> datetime:
    if given.time is None:
        return LONG_AGO
    return (given.time if given.time.tzinfo else given.time.replace(tzinfo=zone)).astimezone(UTC)


def _as_given(person: Person, given: Given, now: datetime) -> Person:
    """The person as the test wants them: away, there whatever their hours, off duty, or as hours and time say."""
    if person.id in given.away:
        day, days = now.date(), timedelta(days=1)
        away = Away.model_validate({"from": day - days, "to": day + days})
        return person.model_copy(update={"away": (away,)})
    if given.on_duty is not None and person.id not in given.on_duty:
        never = (person.hours or Hours()).model_copy(update={"days": ()})
        return person.model_copy(update={"hours": never, "away": ()})
    if given.time is None or given.on_duty is not None:
        return person.model_copy(update={"hours": None, "away": ()})
    return person


def _failures(index: int, test: RouteTest, routed: Sequence[Routed], gaps: Sequence[str]) -> Iterator[tuple[str, str]]:
    name, found = f"test {index + 1} ({test.given.file})", [one.queue for one in routed]
    paths = "; ".join(one.path for one in routed)
    if sorted(found) != sorted(set(test.wanted)):
        yield f"{name} goes to {', '.join(found)}, not to {', '.join(test.wanted)}", f"the path was {paths}"
        return
    best = max(routed, key=lambda one: PRIORITIES.index(one.priority))
    if test.priority and best.priority != test.priority:
        yield f"{name} is {best.priority}, not {test.priority}", f"{best.path}; {best.why}"
    if test.gaps is not None and set(gaps) != set(test.gaps):
        yield f"{name} has {_listed(gaps)}, not {_listed(test.gaps)}", f"the path was {paths}"


def _listed(gaps: Sequence[str]) -> str:
    return f"the gaps {', '.join(gaps)}" if gaps else "no gaps"
