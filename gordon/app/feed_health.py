"""How the feeds are, and what a person should do about them. Pure; ``gordon feeds health`` shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from gordon.polling import Feed, FeedState, PollNote
from ingest.habit import dormant, proposed_move
from ingest.schedule import FINE

WELL = frozenset({*FINE, "never"})
ORDER = ("gone", "blocked", "not-a-feed", "unparseable", "unreachable", "rate-limited", "dormant", "empty", "never",
         "unchanged", "ok")  # fmt: skip
"""All states, those that need a person most first."""
HELD_FOR_PERSON = "flood"


class FeedHealth(Struct, frozen=True, kw_only=True):
    """A subscription, its state, and its health in one word of ORDER. ``held``: mentions that wait for a person;
    ``move``: the address it has moved to for good; ``since``: when the present trouble began; ``needs``: what to do,
    as commands and advice, empty when nothing has to be done."""

    feed: Feed
    state: FeedState
    health: str
    dormant: bool
    held: int
    move: str | None
    since: datetime | None = None
    needs: tuple[str, ...] = ()
    history: tuple[PollNote, ...] = ()


def health(state: FeedState, now: datetime) -> str:
    """The state of a feed's health, in one word of ORDER."""
    if state.stopped:
        return "gone"
    return "dormant" if state.outcome in FINE and dormant(state, now) else state.outcome


def assess(feed: Feed, state: FeedState, held: int, now: datetime) -> FeedHealth:
    """All that can be told from the state alone."""
    word, move = health(state, now), proposed_move(state) or None
    return FeedHealth(
        feed=feed,
        state=state,
        health=word,
        dormant=dormant(state, now),
        held=held,
        move=move,
        needs=tuple(needs(feed, state, word, held, move)),
    )


def needs(feed: Feed, state: FeedState, word: str, held: int, move: str | None) -> Sequence[str]:
    """What a person should do, in order."""
    found = [advice(feed, state, word)] if word not in WELL else []
    if move:
        found.append(f"moved for good to {move}: gordon feeds move {feed.id}")
    if held:
        found.append(f"{held} held: gordon feeds release {feed.id}, or with --drop to forget them")
    return [one for one in found if one]


def advice(feed: Feed, state: FeedState, word: str) -> str:
    """What to do about a state that is not well; "" where waiting is all."""
    again = f"look at it with gordon feeds test {feed.id}"
    return {
        "gone": f"the server says it is gone: gordon feeds remove {feed.id}, or gordon feeds resume {feed.id}",
        "blocked": "the address is refused, or the server refuses us; ask its publisher, or read what it allows",
        "not-a-feed": f"something else is there now; {again}, or find the new address with gordon feeds add",
        "unparseable": f"it cannot be read; {again}, and tell its publisher",
        "dormant": "nothing new for much longer than usual; see on its site whether it has moved or ended",
    }.get(word, "")


def in_trouble(one: FeedHealth) -> bool:
    """Whether this feed belongs on top of the list."""
    return one.health not in WELL or bool(one.held) or one.move is not None


def ordered(feeds: Sequence[FeedHealth]) -> list[FeedHealth]:
    """Those in trouble first, the gravest state first, then by how long it has failed."""
    places = {word: place for place, word in enumerate(ORDER)}
    return sorted(
        feeds, key=lambda one: (not in_trouble(one), places.get(one.health, 0), -one.state.failures, one.feed.id)
    )


def counted(feeds: Sequence[FeedHealth]) -> Mapping[str, int]:
    """How many feeds are in each state, the well ones first; states of no feed are left out."""
    counts = {word: sum(one.health == word for one in feeds) for word in reversed(ORDER)}
    return {word: count for word, count in counts.items() if count}


def trouble_since(history: Sequence[PollNote]) -> datetime | None:
    """When the failures of now began, as far as the history (newest first) reaches; None while all is well."""
    since = None
    for note in history:
        if note.outcome in WELL:
            break
        since = note.polled
    return since


def strip(history: Sequence[PollNote]) -> str:
    """The history (newest first) as one symbol a poll, oldest first; see SYMBOLS."""
    return "".join(_symbol(note) for note in reversed(history))


SYMBOLS = {"+": "something new", "·": "nothing new", "○": "empty", "H": "held for review", "✗": "in trouble"}


def _symbol(note: PollNote) -> str:
    if note.outcome not in WELL:
        return "✗"
    if note.held:
        return "H"
    return "○" if note.outcome == "empty" else "+" if note.new or note.edited else "·"
