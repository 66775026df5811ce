"""How a simulation looks to people: what changes, and nothing of what does not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from gordon.cli.out import clean, say, show_table

if TYPE_CHECKING:
    from gordon.app.difference import Difference, Example, Totals
    from gordon.app.simulate import Simulation

MOST_ROWS = 10
"""Rows of one table; the rest is in --json."""
MOST_LETTERS = 36
"""Of a title, so that a row is a line."""
NOTE = "Teams and gaps as items open; clocks, later changes of teams, and what people did are not replayed"
Cells = Sequence[object]
Table = tuple[str, Sequence[str], Iterable[Cells]]


def show(found: Simulation, before: str, after: str) -> None:
    """The whole comparison, before and after being the names of the desks."""
    difference = found.difference
    when = f"{found.since:%Y-%m-%d %H:%M}Z to {found.until:%Y-%m-%d %H:%M}Z"
    say(f"{_number(difference.mentions, 'mention')} found {when}")
    say(f"before: {clean(before)}, after: {clean(after)}")
    if found.same:
        say("[green]nothing would differ[/green]")
        return
    for line in _totals(difference.totals):
        say(line)
    for title, columns, rows in _tables(difference):
        some = list(rows)
        if some:
            say("")
            show_table(title, columns, some[:MOST_ROWS])
            if len(some) > MOST_ROWS:
                say(f"[dim]and {len(some) - MOST_ROWS} more: see --json[/dim]")
    say(f"\n[dim]{NOTE}[/dim]")


def _totals(totals: Totals) -> Iterator[str]:
    mentions = {"mentions with a file": totals.tagged, "claims": totals.claims, "silenced": totals.silenced}
    items = {"issues": totals.issues, "items": totals.items, "items with gaps": totals.with_gaps}
    for told in (mentions, items):
        yield ", ".join(f"{name} {_arrow(count.before, count.after)}" for name, count in told.items())


def _tables(found: Difference) -> Iterator[Table]:
    yield "Files", ("file", "mentions", "added", "lost", "issues", "such as"), _files(found)
    yield "Claims", ("file", "claim", "mentions", "added", "lost"), _claims(found)
    yield "Queues", ("queue", "items", "new", "gone", "mentions", "come", "go", "other deadlines"), _queues(found)
    yield "Mentions that go elsewhere", ("number", "from", "to", "such as"), _reroutes(found)
    priorities = ([row.items, row.before, row.after, _titles(row.examples)] for row in found.priorities)
    yield "Items of another priority", ("number", "before", "after", "such as"), priorities
    yield "Items that others get", ("number", "queue", "file", "before", "after"), _teams(found)
    yield "Gaps", ("file", "nobody for", "items before", "after", ""), _gaps(found)
    yield "People", ("person", "items before", "after", "", "most at once", "capacity"), _load(found)


def _files(found: Difference) -> Iterator[Cells]:
    issues = {row.file: row for row in found.issues}
    tags = {row.file: row for row in found.tags}
    for file in sorted(issues.keys() | tags.keys()):
        tag, issue = tags[file], issues.get(file)
        if tag.differs or (issue is not None and issue.differs):
            added = (f"+ {_title(one)}" for one in tag.added_examples)
            lost = (f"- {_title(one)}" for one in tag.lost_examples)
            number = _arrow(issue.before, issue.after) if issue else "0"
            mentions = _arrow(tag.before, tag.after)
            yield [file, mentions, *_some(tag.added, tag.lost), number, "\n".join([*added, *lost])]


def _claims(found: Difference) -> Iterator[Cells]:
    for row in found.claims:
        if row.differs:
            yield [row.file, row.claim, _arrow(row.before, row.after), *_some(row.added, row.lost)]


def _queues(found: Difference) -> Iterator[Cells]:
    for row in found.queues:
        if row.differs:
            items = [_arrow(row.items_before, row.items_after), *_some(row.moved_in, row.moved_out)]
            mentions = [_arrow(row.mentions_before, row.mentions_after), *_some(row.arriving, row.leaving)]
            yield [row.queue, *items, *mentions, *_some(row.clocks)]


def _reroutes(found: Difference) -> Iterator[Cells]:
    for row in found.reroutes:
        before, after = _way(row.queues_before, row.silence_before), _way(row.queues_after, row.silence_after)
        yield [row.mentions, before, after, _titles(row.examples)]


def _way(queues: Sequence[str], silence: str) -> str:
    return f"silence {silence}" if silence else _names(queues, "nowhere new")


def _teams(found: Difference) -> Iterator[Cells]:
    for row in found.teams:
        yield [row.items, row.queue, row.file, _names(row.before), _names(row.after)]


def _gaps(found: Difference) -> Iterator[Cells]:
    for row in found.gaps:
        if row.differs:
            lead = (row.kind, row.need) == ("expertise", "lead")
            yield [row.file, "lead: No Gordon" if lead else row.need, row.before, row.after, row.change]


def _load(found: Difference) -> Iterator[Cells]:
    for row in found.load:
        if row.differs:
            change = f"{row.items_after - row.items_before:+d}" if row.items_after != row.items_before else ""
            most = _arrow(row.most_before, row.most_after)
            capacity = _arrow(row.capacity_before, row.capacity_after)
            yield [row.person, row.items_before, row.items_after, change, most, capacity]


def _arrow(before: int | None, after: int | None) -> str:
    left, right = ("-" if number is None else str(number) for number in (before, after))
    return left if left == right else f"{left} → {right}"


def _some(*numbers: int) -> list[object]:
    """Numbers, with nothing for 0."""
    return [number or "" for number in numbers]


def _number(number: int, name: str) -> str:
    return f"{number} {name}{'s' if number != 1 else ''}"


def _names(names: Sequence[str], nobody: str = "nobody") -> str:
    return ", ".join(names) or nobody


def _titles(examples: Iterable[Example]) -> str:
    return "\n".join(map(_title, examples))


def _title(example: Example) -> str:
    text = " ".join(example.title.split()) or example.mention
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
