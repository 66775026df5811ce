"""How the issues of a batch stand when it is decided what became of their items, and what their history says. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec.structs import replace

from gordon.records import Issue, IssueAction, IssueChange
from route.decide import Decided
from route.place import Placed


def settled(placed: Iterable[Placed], decided: Decided, now: datetime) -> tuple[list[Issue], list[IssueChange]]:
    """The issues to be written, each once, and a line for each that wakes or opens again: a closed one does with the
    first item that opens. What a silence keeps back wakes an issue, but opens none."""
    working = {change.item.issue for change in decided.changes if change.item.assigned.change == "opened"}
    issues: dict[str, Issue] = {}
    history: list[IssueChange] = []
    for one in placed:
        if one.join is None and one.issue.id not in working:
            continue
        issue = one.issue
        action: IssueAction | None = "woke" if one.woke else None
        if issue.state == "closed" and issue.id in working:
            issue = replace(issue, state="open")
            first = issue.id not in issues or issues[issue.id].state == "closed"
            action = "reopened" if first else None
        issues[issue.id] = issue
        if action:
            why = f"a mention of its story: {one.tagged.mention.title or one.tagged.mention.id}"
            mention = one.tagged.mention.id
            history.append(IssueChange(issue=issue.id, at=now, person="", action=action, other=mention, why=why))
    return list(issues.values()), history
