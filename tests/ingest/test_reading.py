"""Pruned polls bring what whole ones bring, poll after poll; readings and what spoils them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon.settings import Review
from ingest import reading
from ingest.identity import named, short
from ingest.normalise import Decision
from ingest.raw import HASH, RawEntry, RawFeed
from tests.ingest.test_normalise import FEED, NOW, Memory


def raw_hash(entry: RawEntry) -> bytes:
    return short(repr(entry))


def whole(entries: Sequence[RawEntry]) -> RawFeed:
    raws = tuple(raw_hash(entry) for entry in entries)
    return RawFeed(entries=tuple(entries), raws=raws, places=tuple(range(len(entries))))


def pruned(entries: Sequence[RawEntry], known: bytes) -> RawFeed:
    full = whole(entries)
    hashes = {known[at : at + HASH] for at in range(0, len(known), HASH)}
    places = tuple(place for place, raw in enumerate(full.raws) if raw not in hashes)
    return msgspec.structs.replace(full, entries=tuple(entries[place] for place in places), places=places)


def poll_pruned(memory: Memory, entries: Sequence[RawEntry], before: bytes) -> tuple[Decision, bytes, bool]:
    """As the daemon does it; the last: whether all of it had to be parsed."""
    raw = pruned(entries, reading.known(before))
    decision = memory.decide(raw, reading.present(raw, before))
    again = decision.again
    if again:
        assert len(raw.places) < len(raw.raws) and decision == Decision(again=True)
        raw = whole(entries)
        decision = memory.decide(raw)
        assert not decision.again
    return decision, reading.remember(raw, before, decision), again


GUIDS = st.sampled_from(["", "a", "b", "c", "d", "a\nhttps://x.example/1", "https://x.example/1"])
LINKS = st.sampled_from(["", "https://x.example/1", "https://x.example/1?utm_source=z", "https://x.example/2", "bad:"])
WORDS = st.sampled_from(["", "One", "one", "Deux"])
ENTRIES = st.builds(
    RawEntry, guid=GUIDS, link=LINKS, title=WORDS, text=WORDS, author=st.sampled_from(["", "x"]), cut=st.booleans()
)
GOOD = st.builds(
    lambda number, text, guid: RawEntry(
        guid=guid * f"g{number}", link=f"https://x.example/{number}", title=f"T{number}", text=text
    ),
    st.integers(0, 5),
    st.sampled_from(["", "v1", "v2"]),
    st.booleans(),
)
POLLS = st.lists(st.lists(st.one_of(GOOD, GOOD, ENTRIES), max_size=6), min_size=2, max_size=6)
TIDY = st.lists(st.lists(GOOD, max_size=6, unique_by=lambda entry: entry.link), min_size=2, max_size=8)
MIXED = st.tuples(TIDY, st.lists(ENTRIES, max_size=2)).map(
    lambda both: [[*poll, *(both[1] if place % 3 == 2 else ())] for place, poll in enumerate(both[0])]
)
BUSY = msgspec.structs.replace(FEED, last_full=NOW - timedelta(hours=1))


@given(st.one_of(POLLS, TIDY, MIXED))
@settings(max_examples=100, deadline=None)
def test_pruned_polls_bring_what_whole_polls_bring(polls: list[list[RawEntry]]) -> None:
    review = Review(flood_entries=2, flood_share=0.6)
    plain, lean, before = Memory(BUSY, review), Memory(BUSY, review), b""
    for entries in polls:
        full = plain.decide(whole(entries))
        decision, before, _ = poll_pruned(lean, entries, before)
        assert decision.found == full.found
        assert lean.known == plain.known
        if before:
            firsts = [short(one.identities[0]) for one in named(entries)]
            assert before == b"".join(raw_hash(one) + first for one, first in zip(entries, firsts, strict=True))


def tidy(number: int, text: str = "Text") -> RawEntry:
    return RawEntry(guid=f"g{number}", link=f"https://a.example/{number}", title=f"Title {number}", text=text)


def test_known_entries_are_left_out_and_new_ones_found() -> None:
    memory = Memory()
    feed = [tidy(1), tidy(2)]
    _, before, _ = poll_pruned(memory, feed, b"")
    raw = pruned([tidy(3), *feed], reading.known(before))
    assert raw.entries == (tidy(3),) and reading.present(raw, before) == {short("g1"), short("g2")}
    decision, after, again = poll_pruned(memory, [tidy(3), *feed], before)
    assert not again and [one.identity for one in decision.found] == ["g3"]
    assert reading.known(after) == b"".join(map(raw_hash, [tidy(3), *feed]))
    decision, last, again = poll_pruned(memory, [tidy(3), tidy(1, "Edited")], after)
    assert not again and [one.mention.revision for one in decision.found] == [2] and len(last) == 4 * HASH


def test_an_entry_that_leaves_is_forgotten_and_read_again_when_it_returns() -> None:
    memory = Memory()
    _, before, _ = poll_pruned(memory, [tidy(1), tidy(2)], b"")
    _, before, _ = poll_pruned(memory, [tidy(2)], before)
    raw = pruned([tidy(1), tidy(2)], reading.known(before))
    assert raw.entries == (tidy(1),)
    assert poll_pruned(memory, [tidy(1), tidy(2)], before)[0].found == ()


def test_a_namesake_of_an_entry_that_was_left_out_needs_the_whole_document() -> None:
    memory = Memory()
    _, before, _ = poll_pruned(memory, [tidy(1)], b"")
    namesake = RawEntry(guid="g1", link="https://a.example/2", title="Namesake", text="Other")
    decision, after, again = poll_pruned(memory, [tidy(1), namesake], before)
    assert again and [one.mention.title for one in decision.found] == ["Namesake"] and after == b""


def test_new_entries_that_share_a_name_need_the_whole_document() -> None:
    memory = Memory()
    _, before, _ = poll_pruned(memory, [tidy(1)], b"")
    two = [RawEntry(guid="g", title=title, text="Other") for title in ("One", "Two")]
    decision, after, again = poll_pruned(memory, [tidy(1), *two], before)
    assert again and len(decision.found) == 2 and after == b""


def test_a_guid_that_looks_as_if_made_of_parts_is_never_remembered() -> None:
    memory = Memory()
    odd = RawEntry(guid="a\nhttps://a.example/1", link="https://a.example/9", title="Odd", text="Odd")
    decision, before, _ = poll_pruned(memory, [odd], b"")
    assert len(decision.found) == 1 and not decision.simple and before == b""
    other = RawEntry(guid="a", link="https://a.example/1", title="Other", text="Other")
    decision, _, _ = poll_pruned(memory, [other, odd], before)
    assert [(one.mention.title, one.mention.revision) for one in decision.found] == [("Other", 1)]


def test_what_was_left_out_counts_for_the_share_that_is_new() -> None:
    old = [tidy(number) for number in range(10)]
    held = {}
    for new in (5, 60):
        memory = Memory(BUSY, Review(flood_entries=4, flood_share=0.8))
        _, before, _ = poll_pruned(memory, old, b"")
        decision, _, again = poll_pruned(memory, [*(tidy(100 + number) for number in range(new)), *old], before)
        assert not again and len(decision.found) == new
        held[new] = {one.held for one in decision.found}
    assert held == {5: {""}, 60: {"flood"}}


def test_the_heir_of_a_vanished_entry_is_not_the_heir_of_one_that_was_left_out() -> None:
    memory = Memory()
    _, before, _ = poll_pruned(memory, [tidy(1)], b"")
    heir = RawEntry(guid="other", link="https://a.example/1", title="Other title", text="Other")
    decision, _, again = poll_pruned(memory, [tidy(1), heir], before)
    assert not again and [one.mention.kind for one in decision.found] == ["new"]


def test_a_known_entry_that_moves_to_the_link_of_a_vanished_one_counts_neither_read_nor_left_out() -> None:
    link, other = "https://a.example/1", "https://a.example/2"
    gone, moved, heir = (RawEntry(guid=name, link=link, title=name, text=name) for name in ("gone", "moved", "heir"))
    plain, lean, before = Memory(), Memory(), b""
    for poll in ([gone, msgspec.structs.replace(moved, link=other)], [moved], [moved, heir]):
        full = plain.decide(whole(poll))
        decision, before, again = poll_pruned(lean, poll, before)
        assert decision.found == full.found and not again
    assert [(one.identity, one.mention.title, one.mention.revision) for one in full.found] == [("gone", "heir", 2)]


def test_what_is_not_certain_is_not_remembered() -> None:
    raw = whole([tidy(1)])
    sure = Decision(names=(short("g1"),), simple=True)
    row = raw.raws[0] + short("g1")
    assert reading.remember(raw, b"", sure) == row
    assert reading.remember(raw, row, msgspec.structs.replace(sure, simple=False)) == b""
    assert reading.remember(RawFeed(entries=raw.entries), row, sure) == b""
    left_out = msgspec.structs.replace(raw, entries=(), places=())
    assert reading.remember(left_out, row, Decision(simple=True)) == row
    assert reading.remember(left_out, b"", Decision(simple=True)) == b""
    assert reading.present(left_out, row) == {short("g1")} and reading.present(raw, row) == frozenset()


def test_garbage_in_the_database_counts_as_nothing() -> None:
    raw = whole([tidy(1)])
    assert reading.known(b"garbage") == b"" and reading.present(raw, b"garbage") == frozenset()
    assert reading.remember(raw, b"garbage", Decision(names=(short("g1"),), simple=True)) == raw.raws[0] + short("g1")
