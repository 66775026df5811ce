"""``gordon explain``: the whole way of one mention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec
import typer

from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json
from gordon.cli.queues import gap_text, hats
from gordon.cli.session import Session
from gordon.diff import Changes, history, render
from gordon.records import IssueChange, Item, MentionTrail, RecordedMention

MOST_CHANGES = 20
"""Changes of one revision that are shown to a person."""


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("explain")(explain)


def explain(
    mention: Annotated[str, typer.Argument(help="Id of the mention, or how it begins.")],
    desk: DeskOption = HERE,
    expect: Annotated[
        list[str] | None, typer.Option("--expect", metavar="QUEUE", help="Exit 1 when it is not there; repeatable.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Show the whole way of a mention: found, tagged, issue, route taken, team and why."""
    from store.reads import mention as read_trail

    with Session(desk) as session:
        trail = read_trail(session.database, mention)
    changes = history(trail.found)
    queues = list(dict.fromkeys(item.queue for item in trail.items))
    missing = [queue for queue in expect or () if queue not in queues]
    if as_json:
        expected = {"expected": {queue: queue in queues for queue in expect}} if expect else {}
        show_json({**msgspec.structs.asdict(trail), "changes": changes, **expected})
    else:
        _show(trail, {one.revision: one for one in changes})
        for queue in missing:
            say(f"[red]not in {clean(queue)}[/red], but in {clean(', '.join(queues) or 'no queue')}")
    raise typer.Exit(1 if missing else 0)


def _show(trail: MentionTrail, changes: Mapping[int, Changes]) -> None:
    for found in trail.found:
        kind = "found" if found.kind == "new" else "edited"
        say(f"[dim]{found.seen:%Y-%m-%d %H:%M:%S}Z[/dim] {kind} in {clean(found.feed)}: “{clean(found.title)}”")
        say(f"  revision {found.revision}, {clean(found.language)}, {clean(found.url)}")
        if found.flags:
            say(f"  flags: {clean(', '.join(found.flags))}")
        if found.revision in changes:
            _show_changes(changes[found.revision])
    for record in trail.recorded:
        _show_tags(record)
    if not trail.recorded:
        say("[yellow]on its way: route has not recorded it yet[/yellow]")
    titles = {issue.id: issue for issue in trail.issues}
    for join in trail.joins:
        issue = titles.get(join.issue)
        name = f"{clean(issue.file)}: “{clean(issue.title)}”, {issue.mentions} mention(s)" if issue else ""
        say(f"issue {clean(join.issue[:8])} {name}")
        say(f"  because {clean(join.why)}")
    for line in trail.history:
        say(f"  [dim]{line.at:%Y-%m-%d %H:%M:%S}Z[/dim] {line.action} {clean(_told(line))}")
    for routing in trail.routings:
        if routing.silence or routing.why:
            say(f"[yellow]{clean(routing.file)}, revision {routing.revision}:[/yellow] {clean(routing.why)}")
    for item in trail.items:
        _show_item(item)


def _told(line: IssueChange) -> str:
    """What the history of an issue says; of a merge and a split, the other issue."""
    words = {"merged": f"with {line.other[:8]} ", "split": f"off {line.other[:8]} "}.get(line.action, "")
    return f"{words}by {line.person or 'Gordon'}" + (f": {line.why}" if line.why else "")


def _show_changes(changes: Changes) -> None:
    lines = list(render(changes))
    for line in lines[:MOST_CHANGES]:
        say(f"  {clean(line)}")
    if len(lines) > MOST_CHANGES:
        say(f"  and {len(lines) - MOST_CHANGES} more changes: see --json")


def _show_tags(record: RecordedMention) -> None:
    say(f"revision {record.mention.revision} tagged with policy {clean(record.policy_version)}:")
    for entry in record.files:
        quotes = ", ".join(f"{evidence.rule} “{evidence.quote}”" for evidence in entry.evidence[:5])
        say(f"  [green]{clean(entry.file)}[/green] score {entry.score:g}: {clean(quotes)}")
    if not record.files:
        say("  no file")
    for claim in record.claims:
        say(f"  [red]claim[/red] {clean(claim.file)}/{clean(claim.claim)} {claim.score:.2f}: “{clean(claim.quote)}”")


def _show_item(item: Item) -> None:
    assigned = item.assigned
    say(f"item {clean(item.id[:8])} in [bold]{clean(item.queue)}[/bold], {clean(item.priority)}, {item.state}")
    for line in assigned.explain:
        say(f"  {clean(line)}")
    for member in assigned.team:
        say(f"  [cyan]{clean(hats(member))}[/cyan] ({clean(member.why)})")
    for gap in assigned.gaps:
        say(f"  [yellow]{clean(gap_text(gap))}[/yellow]")
    for clock, moment in assigned.clocks.items():
        say(f"  {clean(clock)} {moment:%Y-%m-%d %H:%M}Z")
