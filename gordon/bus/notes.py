"""The note of ``begin``: what a member leaves beside its committed offset so that a poison is recognised after a death.

One note a partition. Pure: the buses store the text wherever they keep offsets. Keys are short because a Kafka broker
takes 4 KiB of metadata with an offset.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gordon.bus import Record

MOST_STARTS = 64
"""Records whose starts one note remembers; one is usual, since a killer stands first among the uncommitted."""


@dataclass(frozen=True, slots=True)
class Note:
    """``first`` to ``last``: offsets begun in a bigger batch (none when ``last < first``).
    ``starts``: offset and count of each record that was begun alone."""

    first: int = 0
    last: int = -1
    starts: tuple[tuple[int, int], ...] = ()

    def __bool__(self) -> bool:
        return self.last >= self.first or bool(self.starts)


NOTHING = Note()


def begun(note: Note, records: Sequence[Record], *, alone: bool) -> Note:
    """The note once work on ``records`` (of one partition) starts. Counts from ``Record.starts``,
    so beginning a record again without a death in between changes nothing."""
    if not alone:
        first, last = records[0].offset, records[-1].offset
        if note.last >= note.first:
            first, last = min(first, note.first), max(last, note.last)
        return replace(note, first=first, last=last)
    starts = dict(note.starts) | {record.offset: record.starts + 1 for record in records}
    return replace(note, starts=tuple(sorted(starts.items())[:MOST_STARTS]))


def after(note: Note, offset: int) -> Note:
    """The note once everything up to and including ``offset`` is committed."""
    if note.last <= offset:
        return Note(starts=tuple(start for start in note.starts if start[0] > offset))
    first = max(note.first, offset + 1)
    return Note(first, note.last, tuple(start for start in note.starts if start[0] > offset))


def marked(note: Note, record: Record) -> Record:
    """The record with what the note knows of it."""
    starts = dict(note.starts).get(record.offset, 0)
    suspect = note.first <= record.offset <= note.last
    return replace(record, starts=starts, suspect=suspect) if starts or suspect else record


def to_text(note: Note) -> str:
    """Empty for no note."""
    if not note:
        return ""
    return json.dumps({"b": [note.first, note.last], "a": note.starts}, separators=(",", ":"))


def from_text(text: str | None) -> Note:
    """The note; a text that Gordon did not write counts as none."""
    try:
        data = json.loads(text or "{}")
        first, last = data.get("b", (0, -1))
        return Note(int(first), int(last), tuple((int(offset), int(count)) for offset, count in data.get("a", ())))
    except (ValueError, TypeError, AttributeError):
        return NOTHING
