"""``gordon issue list, show, merge, split``: what tells one story, and what people decide about it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Annotated, Literal

import typer

from gordon.cli.items import AsOption, WhyOption
from gordon.cli.out import HERE, DeskOption, JsonOption, clean, say, show_json, show_table
from gordon.cli.session import Session
from gordon.records import Issue, IssueState, IssueTrail

app = typer.Typer()
IssueArgument = Annotated[str, typer.Argument(help="Id of the issue, or how it begins.")]
State = Literal["open", "dormant", "closed", "all"]
STATES: dict[State | None, tuple[IssueState, ...]] = {
    None: ("open", "dormant"),
    "open": ("open",),
    "dormant": ("dormant",),
    "closed": ("closed",),
    "all": ("open", "dormant", "closed"),
}
MOST_SHOWN = 50


@app.command("list")
def list_issues(
    desk: DeskOption = HERE,
    file: Annotated[str | None, typer.Option(help="Only those of this file.")] = None,
    state: Annotated[State | None, typer.Option(help="Only those; otherwise open and dormant ones.")] = None,
    most: Annotated[int, typer.Option(min=1, max=100_000, help="Show so many at most.")] = MOST_SHOWN,
    as_json: JsonOption = False,
) -> None:
    """The issues with the newest mentions first."""
    from store.reads import issues as read_issues

    with Session(desk) as session:
        found = read_issues(session.database, file, states=STATES[state], most=most)
    if as_json:
        show_json(found)
        return
    rows = [[one.id[:8], one.file, one.state, one.mentions, f"{one.last_seen:%Y-%m-%d %H:%M}Z", one.title]
            for one in found]  # fmt: skip
    show_table("Issues", ["issue", "file", "state", "mentions", "last seen", "title"], rows)
    if len(found) == most:
        say(f"the {most} newest; more with --most")


@app.command()
def show(issue: IssueArgument, desk: DeskOption = HERE, as_json: JsonOption = False) -> None:
    """One issue with its mentions, why they are in it, its items and its history."""
    from store.reads import issue as read_issue

    with Session(desk) as session:
        trail = read_issue(session.database, issue)
    if as_json:
        show_json(trail)
    else:
        _show(trail)


@app.command()
def merge(
    target: Annotated[str, typer.Argument(help="The issue that goes on: its id, or how it begins.")],
    source: Annotated[str, typer.Argument(help="The issue that ends in it.")],
    person: AsOption,
    desk: DeskOption = HERE,
    why: WhyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make one issue of two of the same file. Later mentions of either story join it."""
    from gordon.app import issues
    from gordon.app.policy import read_policy
    from store.reads import issue_id
    from store.route import Route

    policy = read_policy(desk, os.environ)
    with Session(desk) as session:
        kept, gone = issue_id(session.database, target), issue_id(session.database, source)
        merged = issues.merge(policy, Route(session.database), kept, gone, person, datetime.now(UTC), why)
    _say(merged, as_json)


@app.command()
def split(
    issue: IssueArgument,
    mentions: Annotated[list[str], typer.Argument(help="Mentions that become an issue of their own.")],
    person: AsOption,
    desk: DeskOption = HERE,
    why: WhyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Make an issue of some mentions of another. The two are never joined again by themselves."""
    from gordon.app import issues
    from gordon.app.policy import read_policy
    from store.reads import issue_id, mention_id
    from store.route import Route

    policy = read_policy(desk, os.environ)
    with Session(desk) as session:
        whole = issue_id(session.database, issue)
        chosen = [mention_id(session.database, one) for one in mentions]
        fresh = issues.split(policy, Route(session.database), whole, chosen, person, datetime.now(UTC), why)
    _say(fresh, as_json)


def _say(issue: Issue, as_json: bool) -> None:
    if as_json:
        show_json(issue)
        return
    say(f"issue [bold]{clean(issue.id[:8])}[/bold] about {clean(issue.file)} has {issue.mentions} mention(s)")
    say(f"  “{clean(issue.title)}”")


def _show(trail: IssueTrail) -> None:
    issue = trail.issue
    say(f"issue [bold]{clean(issue.id)}[/bold] about {clean(issue.file)} is {issue.state}: “{clean(issue.title)}”")
    if issue.merged_into:
        say(f"  [yellow]merged into {clean(issue.merged_into)}[/yellow]")
    why = {join.mention: join.why for join in trail.joins}
    rows = [[one.mention[:8], f"{one.seen:%Y-%m-%d %H:%M}Z", one.language, one.title, why.get(one.mention, "")]
            for one in trail.stories]  # fmt: skip
    show_table("Mentions", ["mention", "seen", "language", "title", "because"], rows)
    items = [[one.id[:8], one.queue, one.priority, one.state, ", ".join(member.person for member in one.assigned.team)]
             for one in trail.items]  # fmt: skip
    show_table("Items", ["item", "queue", "priority", "state", "team"], items)
    lines = [[f"{one.at:%Y-%m-%d %H:%M}Z", one.person or "Gordon", one.action, one.other[:8], one.why]
             for one in trail.changes]  # fmt: skip
    if lines:
        show_table("History", ["at", "who", "what", "other", "why"], lines)
