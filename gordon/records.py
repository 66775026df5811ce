"""The frozen rows that pass between the stages and the store. The store knows how to keep them, not what they mean."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from gordon.bus import Message
from gordon.events import Assigned, ClaimHit, FileTag, Mention, Priority

IssueState: TypeAlias = Literal["open", "dormant", "closed"]
IssueAction: TypeAlias = Literal["merged", "split", "dormant", "woke", "closed", "reopened"]


class OutboxRow(Struct, frozen=True, kw_only=True):
    """A message accepted in the database and not yet known to be on the bus."""

    id: int
    message: Message


class RecordedMention(Struct, frozen=True, kw_only=True):
    """A mention revision that reached route, with everything it was tagged with."""

    mention: Mention
    files: tuple[FileTag, ...]
    claims: tuple[ClaimHit, ...]
    policy_version: str


class Story(Struct, frozen=True, kw_only=True):
    """One mention of an issue, as grouping needs it again after a restart."""

    mention: str
    revision: int
    title: str
    text: str
    language: str
    seen: datetime
    url: str = ""


class Issue(Struct, frozen=True, kw_only=True):
    """Mentions of one file that tell the same story. ``mentions`` counts them. ``merged_into``: the issue that has
    them now, or ""; one that was merged is closed."""

    id: str
    file: str
    title: str
    state: IssueState
    opened: datetime
    last_seen: datetime
    mentions: int
    merged_into: str = ""


class IssueWithStories(Struct, frozen=True, kw_only=True):
    """An issue and its mentions, oldest first."""

    issue: Issue
    stories: tuple[Story, ...]


class Join(Struct, frozen=True, kw_only=True):
    """A mention became part of an issue; ``why`` for people."""

    issue: str
    mention: str
    revision: int
    joined: datetime
    why: str


class Pause(Struct, frozen=True, kw_only=True):
    """A time in which the clocks of an item stand; without an end: they do now."""

    start: datetime
    end: datetime | None = None


class Item(Struct, frozen=True, kw_only=True):
    """One issue in one queue. ``assigned``: how it stands. ``next_due``: when the next of its clocks runs out, None
    while none runs; ``fired``: clocks that did, each once."""

    id: str
    issue: str
    queue: str
    file: str
    priority: Priority
    state: Literal["open", "closed"]
    opened: datetime
    updated: datetime
    assigned: Assigned
    next_due: datetime | None = None
    fired: tuple[str, ...] = ()
    pauses: tuple[Pause, ...] = ()


class ItemChange(Struct, frozen=True, kw_only=True):
    """A line of the audit of an item. ``person``: who did it, or "" for Gordon itself."""

    item: str
    at: datetime
    person: str
    action: str
    why: str


class IssueChange(Struct, frozen=True, kw_only=True):
    """A line of the history of an issue. ``other``: the issue or mention that it was about, or ""."""

    issue: str
    at: datetime
    person: str
    action: IssueAction
    other: str = ""
    why: str = ""


class Routing(Struct, frozen=True, kw_only=True):
    """Where a tagged mention went as one of its files saw it: the queues, or the id of the silence that kept it back.
    ``why``: where neither says it all, for people."""

    mention: str
    revision: int
    file: str
    queues: tuple[str, ...] = ()
    silence: str = ""
    why: str = ""


class Decisions(Struct, frozen=True, kw_only=True):
    """What people decided about the issues of a file: homes of mentions, and pairs of issues that stay apart."""

    homes: dict[str, str] = {}
    apart: frozenset[tuple[str, str]] = frozenset()


class Move(Struct, frozen=True, kw_only=True):
    """A mention goes from one issue to another of the same file."""

    mention: str
    source: str
    target: str
    why: str


class DeadLetter(Struct, frozen=True, kw_only=True):
    """A row of the dead letters. ``subject``: what the dead message was about ("<mention>/<revision>"), if known."""

    id: str
    stage: str
    reason: str
    error: str
    traceback: str
    topic: str
    partition: int
    offset: int
    attempts: int
    key: str
    headers: dict[str, str]
    value: bytes
    subject: str
    died: datetime
    replayed: datetime | None = None


class RouteWrites(Struct, frozen=True, kw_only=True):
    """Everything one batch of route changes, written in one transaction. Later rows win over earlier ones."""

    mentions: tuple[RecordedMention, ...] = ()
    issues: tuple[Issue, ...] = ()
    joins: tuple[Join, ...] = ()
    items: tuple[Item, ...] = ()
    messages: tuple[Message, ...] = ()
    moves: tuple[Move, ...] = ()
    routings: tuple[Routing, ...] = ()
    hours: tuple[tuple[str, datetime], ...] = ()
    """File and hour (its beginning, UTC) of each mention that is new; counted up."""
    item_changes: tuple[ItemChange, ...] = ()
    issue_changes: tuple[IssueChange, ...] = ()
    decisions: tuple[tuple[str, Decisions], ...] = ()
    """By file: to be added to what was decided before; a later home of a mention wins."""


class Completeness(Struct, frozen=True, kw_only=True):
    """Mention revisions counted from the database alone. ``missing``: found, but neither recorded nor dead. ``held``:
    mentions that wait for a person or for their page; they are not found yet. ``tags`` counts files of mentions; each
    is ``routed`` or ``silenced`` once its own event was handled, or died (``tags_dead``); ``unrouted`` are the rest."""

    feeds: int
    found: int
    tagged: int
    untagged: int
    dead: int
    missing: int
    issues: int
    items: int
    outbox: int
    outbox_oldest: datetime | None
    held: int = 0
    tags: int = 0
    routed: int = 0
    silenced: int = 0
    tags_dead: int = 0

    @property
    def unrouted(self) -> int:
        """Tags whose event is under way, or lost."""
        return self.tags - self.routed - self.silenced - self.tags_dead


class MentionTrail(Struct, frozen=True, kw_only=True):
    """The whole way of one mention: revisions that ingest found, revisions that route recorded, oldest first each,
    and what they became part of. ``found`` is empty for a mention that came from elsewhere. ``history``: of its
    issues."""

    id: str
    found: tuple[Mention, ...]
    recorded: tuple[RecordedMention, ...]
    joins: tuple[Join, ...]
    issues: tuple[Issue, ...]
    items: tuple[Item, ...]
    routings: tuple[Routing, ...] = ()
    history: tuple[IssueChange, ...] = ()


class IssueTrail(Struct, frozen=True, kw_only=True):
    """One issue with everything that belongs to it, oldest first."""

    issue: Issue
    joins: tuple[Join, ...]
    stories: tuple[Story, ...]
    items: tuple[Item, ...]
    changes: tuple[IssueChange, ...] = ()
