"""Two issues become one within a transaction: what people's command and the stream have in common."""

from __future__ import annotations

from collections.abc import Sequence

from gordon.events import Topics
from gordon.ports import RouteTransaction
from gordon.records import Issue, RouteWrites
from route.issues import Act, merge


def join(
    transaction: RouteTransaction, kept: Issue, gone: Issue, mentions: Sequence[str], topics: Topics, act: Act
) -> RouteWrites:
    """What was written; the first of its issues is the one kept, as it then stands. The file is locked. ``mentions``:
    all of the one that is gone. Raises Conflict."""
    items = transaction.items_of([kept.id, gone.id])
    writes = merge(
        kept,
        gone,
        mentions,
        items,
        transaction.decisions([kept.file])[kept.file],
        topics,
        act,
        absorbed=transaction.absorbed(gone),
        audit=[line for item in items if item.issue == gone.id for line in transaction.history(item.id)],
    )
    transaction.write("route", writes)
    return writes
