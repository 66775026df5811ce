"""Replays the stored mentions of a stretch of time through two desks, and says what would differ.

Both desks get the same mentions in the same steps, each on an empty database of its own, at the time at which the
mentions were found: so a difference is one of the desks and not of history. The real store is only read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec import Struct

from classify.matchers.spacy_runtime import Pipelines
from classify.stage import Classify
from classify.tagger import Tagger
from gordon.app.comparing import Tally, issue_rows, total
from gordon.app.difference import Count, Difference, Example, Totals
from gordon.app.policy import Policy, check, make_tagger, read_policy
from gordon.app.replay import Replay
from gordon.app.works import gap_rows, load_rows, pairs, priority_rows, team_rows, unpaired
from gordon.errors import DeskInvalid, NotFound, Problem
from gordon.events import Event, Mention, Topics
from gordon.settings import PREFIX
from route.baseline import hour_of, reach
from route.policy import RoutePolicy, make_policy
from store.database import Database
from store.replay import copy_hours, count_found, found, issues_of, newest_found
from store.scratch import scratch

T = TypeVar("T")
PAGE, BATCH = 500, 200
STEP = timedelta(minutes=15)
"""Mentions of the same quarter of an hour are one step: people come and go at its edges."""
TITLE = 80
"""So much of a title is kept for an example."""
Tick = Callable[[int], None]


class Trial(NamedTuple):
    """A desk ready to be tried."""

    policy: Policy
    tagger: Tagger


class Span(NamedTuple):
    """From ``start`` (inclusive) to ``end`` (exclusive)."""

    start: datetime
    end: datetime


class Simulation(Struct, frozen=True, kw_only=True):
    """What was compared, and how it differs. ``before``, ``after``: versions of the policies."""

    since: datetime
    until: datetime
    before: str
    after: str
    same: bool
    difference: Difference


def trials(
    present: Path, other: Path, environ: Mapping[str, str], detect: Callable[[str, str, str], str], *, now: datetime
) -> tuple[Trial, Trial]:
    """Both desks, the other one checked as ``gordon check`` does. Raises DeskInvalid; its files are named with their
    folders."""
    with_folder(other, lambda: _refuse(check(other, environ, detect, now=now).problems))
    if not (present / "queues.yaml").is_file():
        remedy = "name the desk in force with --against, or in the variable GORDON_DESK"
        raise DeskInvalid([Problem(str(present), 0, "is not the folder of a desk", remedy)])
    before = with_folder(present, lambda: read_policy(present, environ))
    after = with_folder(other, lambda: read_policy(other, environ))
    pipelines = Pipelines()
    tagger = with_folder(present, lambda: make_tagger(before.desk, pipelines))
    if (before.desk.files, before.desk.learned) == (after.desk.files, after.desk.learned):
        return Trial(before, tagger), Trial(after, tagger)
    return Trial(before, tagger), Trial(after, with_folder(other, lambda: make_tagger(after.desk, pipelines)))


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise DeskInvalid(problems)


def with_folder(folder: Path, work: Callable[[], T]) -> T:
    """What ``work`` gives; mistakes of the desk with its folder before their files, as two desks have files alike."""
    try:
        return work()
    except DeskInvalid as error:
        raise DeskInvalid([_placed(folder, problem) for problem in error.problems]) from error


def _placed(folder: Path, problem: Problem) -> Problem:
    if problem.file == str(folder) or problem.file.startswith(PREFIX):
        return problem
    return Problem(str(folder / problem.file), problem.line, problem.message, problem.remedy)


def count(database: Database, span: Span) -> int:
    """How many mention revisions are to be replayed. Raises NotFound where there is none."""
    number = count_found(database, *span)
    if not number:
        newest = newest_found(database)
        hint = f"the last one was found {newest:%Y-%m-%d %H:%M}Z" if newest else "the store holds none yet"
        raise NotFound("mention", f"from {span.start:%Y-%m-%d %H:%M}Z to {span.end:%Y-%m-%d %H:%M}Z", hint)
    return number


def simulate(
    database: Database, before: Trial, after: Trial, span: Span, *, work: timedelta, examples: int, tick: Tick
) -> Simulation:
    """The comparison. ``work``: how long people have an item in hand; ``examples``: of each difference at most;
    ``tick`` hears how many mentions were replayed. Raises StoreUnavailable."""
    tally = Tally(examples)
    with scratch() as old, scratch() as new:
        _seed(database, (old, new), (before, after), span.start)
        replays = (Replay(_route_policy(before), old, work), Replay(_route_policy(after), new, work))
        for mentions in steps(_mentions(database, span)):
            _step(tally, (before, after), replays, mentions)
            tick(len(mentions))
        difference = _difference(tally, replays, (before, after), (old, new), examples)
    return Simulation(
        since=span.start,
        until=span.end,
        before=before.policy.desk.version,
        after=after.policy.desk.version,
        same=difference.same,
        difference=difference,
    )


def _seed(database: Database, targets: Iterable[Database], both: Sequence[Trial], start: datetime) -> None:
    """How often each file was mentioned before, by which spikes are known."""
    desks = [trial.policy.desk for trial in both]
    files = {entry.file for desk in desks for entry in desk.files}
    since = start - max(reach(desk.queues.spikes) for desk in desks)
    for target in targets:
        copy_hours(database, target, files, since, hour_of(start))


def _route_policy(trial: Trial) -> RoutePolicy:
    policy = trial.policy
    return make_policy(policy.desk, policy.tree, policy.silences, Topics())


def _mentions(database: Database, span: Span) -> Iterator[Mention]:
    last: Mention | None = None
    while page := found(database, *span, last, PAGE):
        yield from page
        last = page[-1]


def steps(mentions: Iterable[Mention]) -> Iterator[list[Mention]]:
    """Mentions in order of time, as they are replayed together."""
    for _, together in groupby(mentions, lambda mention: mention.seen.timestamp() // STEP.total_seconds()):
        batch: list[Mention] = []
        for mention in together:
            batch.append(mention)
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch


def _step(tally: Tally, both: tuple[Trial, Trial], replays: tuple[Replay, Replay], mentions: Sequence[Mention]) -> None:
    now = mentions[-1].seen
    events = [_event(mention) for mention in mentions]
    old = _tag(both[0], events)
    new = old if both[0].tagger is both[1].tagger else _tag(both[1], events)
    before, after = replays[0].step(old, now), replays[1].step(new, now)
    for mention in mentions:
        key = mention.id, mention.revision
        tally.see(Example(mention=mention.id, title=mention.title[:TITLE]), before[key], after[key])


def _tag(trial: Trial, events: Sequence[Event]) -> list[Event]:
    stage = Classify(tagger=trial.tagger, policy_version=trial.policy.desk.version, topics=Topics())
    return stage.handle(events)


def _event(mention: Mention) -> Event:
    name = f"{mention.id}/{mention.revision}"
    return Event(
        topic=Topics().mentions,
        key=mention.id,
        type="gordon.mention.v1",
        id=name,
        source="/gordon/simulate",
        subject=name,
        time=mention.seen,
        data=mention,
    )


def _difference(
    tally: Tally,
    replays: tuple[Replay, Replay],
    both: tuple[Trial, Trial],
    databases: tuple[Database, Database],
    examples: int,
) -> Difference:
    old, new = (replay.items for replay in replays)
    left, right = unpaired(old, new)
    # Where the mention that opened an item of one side is on the other.
    there = issues_of(databases[0], {work.mention.mention for work in right})
    here = issues_of(databases[1], {work.mention.mention for work in left})
    paired = pairs(old, new, there, here)
    works = list(old.values()), list(new.values())
    issues = [replay.issues() for replay in replays]
    capacity = [{person.id: person.capacity for person in trial.policy.desk.people} for trial in both]
    tags, claims, silences = tally.tag_rows(), tally.claim_rows(), tally.silence_rows()
    queues = tally.queue_rows(*works, paired)
    return Difference(
        mentions=tally.mentions,
        totals=Totals(
            tagged=tally.tagged(),
            tags=total(tags),
            claims=total(claims),
            silenced=total(silences),
            issues=Count(sum(issues[0].values()), sum(issues[1].values())),
            items=Count(len(old), len(new)),
            with_gaps=Count(*(sum(bool(work.gaps) for work in side) for side in works)),
        ),
        tags=tags,
        claims=claims,
        issues=issue_rows(*issues),
        queues=queues,
        reroutes=tally.reroutes(),
        silences=silences,
        priorities=priority_rows(paired, examples),
        teams=team_rows(paired, examples),
        gaps=gap_rows(*works),
        load=load_rows(replays[0].hands, replays[1].hands, *capacity),
    )
