"""The note of begun work, against a model that remembers everything."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.bus import Record
from gordon.bus.notes import MOST_STARTS, NOTHING, Note, after, begun, from_text, marked, to_text

offsets = st.integers(0, 30)
notes = st.builds(
    Note, offsets, offsets, st.dictionaries(offsets, st.integers(1, 5)).map(lambda d: tuple(sorted(d.items())))
)


def record(offset: int) -> Record:
    return Record("t", 0, offset, "k", b"")


@given(notes)
@settings(max_examples=100, deadline=None)
def test_a_note_survives_its_text(note: Note) -> None:
    assert from_text(to_text(note)) == note or (not note and not from_text(to_text(note)))


@given(notes, offsets)
@settings(max_examples=100, deadline=None)
def test_a_commit_forgets_what_is_done_and_keeps_the_rest(note: Note, done: int) -> None:
    rest = after(note, done)
    for offset in range(31):
        found = marked(rest, record(offset))
        if offset > done:
            assert found == marked(note, record(offset))
        else:
            assert found == record(offset)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 6)), max_size=8))
@settings(max_examples=100, deadline=None)
def test_each_death_counts_for_what_was_begun(lives: list[tuple[int, int]]) -> None:
    """Each life polls some records from an offset on, begins them, and dies."""
    note = NOTHING
    starts: dict[int, int] = {}
    suspects: set[int] = set()
    for first, count in lives:
        polled = [marked(note, record(offset)) for offset in range(first, first + count)]
        for each in polled:
            assert each.starts == starts.get(each.offset, 0)
            assert each.suspect or each.offset not in suspects
        note = begun(note, polled, alone=count == 1)
        note = begun(note, polled, alone=count == 1)  # twice in one life is once
        if count == 1:
            starts[first] = starts.get(first, 0) + 1
        else:
            suspects |= set(range(first, first + count))
        note = from_text(to_text(note))


def test_a_note_stays_small() -> None:
    note = NOTHING
    for offset in range(10**12, 10**12 + 200):
        note = begun(note, [record(offset)], alone=True)
    assert len(note.starts) == MOST_STARTS
    assert len(to_text(note)) < 4096


def test_foreign_metadata_is_no_note() -> None:
    for text in (
        None,
        "",
        "some words",
        "[1]",
        "3",
        '{"b": 7}',
        '{"a": [[1]]}',
        '{"a": {"x": 1}}',
        '{"b": ["x", "y"]}',
    ):
        assert from_text(text) == NOTHING
