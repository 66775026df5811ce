"""What would differ between two desks over the same mentions, in frozen types: what ``gordon simulate --json`` prints.

``before`` is of the desk in force, ``after`` of the other one. Rows stand in the order of their names, also those in
which nothing differs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from typing import TypeAlias

from msgspec import Struct

Names: TypeAlias = tuple[str, ...]


class Example(Struct, frozen=True, kw_only=True):
    """A mention that shows it."""

    mention: str
    title: str


class Count(Struct, frozen=True):
    """How many of something."""

    before: int
    after: int


class Totals(Struct, frozen=True, kw_only=True):
    """All together. ``tagged``: mentions with a file; ``tags``: files of mentions; ``silenced``: those of them that a
    silence kept back; ``with_gaps``: items that have one."""

    tagged: Count
    tags: Count
    claims: Count
    silenced: Count
    issues: Count
    items: Count
    with_gaps: Count


class TagRow(Struct, frozen=True, kw_only=True):
    """Mentions with this file; those that have it after only, and before only."""

    file: str
    before: int
    after: int
    added: int
    lost: int
    added_examples: tuple[Example, ...]
    lost_examples: tuple[Example, ...]

    @property
    def differs(self) -> bool:
        return bool(self.added or self.lost)


class ClaimRow(Struct, frozen=True, kw_only=True):
    """Mentions that repeat this claim."""

    file: str
    claim: str
    before: int
    after: int
    added: int
    lost: int

    @property
    def differs(self) -> bool:
        return bool(self.added or self.lost)


class IssueRow(Struct, frozen=True, kw_only=True):
    """Issues of a file."""

    file: str
    before: int
    after: int

    @property
    def differs(self) -> bool:
        return self.before != self.after


class QueueRow(Struct, frozen=True, kw_only=True):
    """Items of a queue, and the files of mentions that went there: in all, after only, before only. ``moved_in`` and
    ``moved_out``: items of it that are there only with one desk. ``clocks``: items in both with other deadlines."""

    queue: str
    items_before: int
    items_after: int
    moved_in: int
    moved_out: int
    mentions_before: int
    mentions_after: int
    arriving: int
    leaving: int
    clocks: int

    @property
    def differs(self) -> bool:
        return any((self.moved_in, self.moved_out, self.arriving, self.leaving, self.clocks))


class Reroute(Struct, frozen=True, kw_only=True):
    """Mentions whose file both desks see, and that go elsewhere. A silence instead of queues keeps them back."""

    queues_before: Names
    silence_before: str
    queues_after: Names
    silence_after: str
    mentions: int
    examples: tuple[Example, ...]


class SilenceRow(Struct, frozen=True, kw_only=True):
    """Mentions, each once for each of its files, that a silence kept back."""

    silence: str
    before: int
    after: int

    @property
    def differs(self) -> bool:
        return self.before != self.after


class PriorityRow(Struct, frozen=True, kw_only=True):
    """Items that both desks have and that one takes for more urgent than the other."""

    before: str
    after: str
    items: int
    examples: tuple[Example, ...]


class TeamRow(Struct, frozen=True, kw_only=True):
    """Items that both desks have and that go to other people."""

    queue: str
    file: str
    before: Names
    after: Names
    items: int
    examples: tuple[Example, ...]


class GapRow(Struct, frozen=True, kw_only=True):
    """Items of a file that open with this gap."""

    file: str
    kind: str
    need: str
    before: int
    after: int

    @property
    def differs(self) -> bool:
        return self.before != self.after

    @property
    def change(self) -> str:
        """One word: "new", "gone", "more", "fewer", or "" for no change."""
        if not self.before or not self.after:
            return "new" if self.after else "gone"
        return "" if self.before == self.after else "more" if self.after > self.before else "fewer"


class LoadRow(Struct, frozen=True, kw_only=True):
    """Items that a person gets, and the most in hand at once. ``capacity``: None where the desk has no such person."""

    person: str
    items_before: int
    items_after: int
    most_before: int
    most_after: int
    capacity_before: int | None
    capacity_after: int | None

    @property
    def differs(self) -> bool:
        return (self.items_before, self.most_before) != (self.items_after, self.most_after)


class Difference(Struct, frozen=True, kw_only=True):
    """Everything. ``mentions``: how many revisions were replayed."""

    mentions: int
    totals: Totals
    tags: tuple[TagRow, ...]
    claims: tuple[ClaimRow, ...]
    issues: tuple[IssueRow, ...]
    queues: tuple[QueueRow, ...]
    reroutes: tuple[Reroute, ...]
    silences: tuple[SilenceRow, ...]
    priorities: tuple[PriorityRow, ...]
    teams: tuple[TeamRow, ...]
    gaps: tuple[GapRow, ...]
    load: tuple[LoadRow, ...]

    @property
    def same(self) -> bool:
        """Whether nothing would differ."""
        if self.reroutes or self.priorities or self.teams:
            return False
        counted: Iterable[TagRow | ClaimRow | IssueRow | QueueRow | SilenceRow | GapRow | LoadRow] = chain(
            self.tags, self.claims, self.issues, self.queues, self.silences, self.gaps, self.load
        )
        return not any(row.differs for row in counted)
