"""What is held back and why, lying dates, texts of pages (hostile cases 46, 49, 51, 52)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gordon import codec, ids
from gordon.bus import Record
from gordon.events import Mention, Topics
from gordon.polling import FeedState, PageTask
from gordon.settings import Review
from ingest.normalise import enriched, fingerprint
from ingest.raw import RawEntry, RawPage
from tests.ingest.test_normalise import FEED, NOW, Memory, entry

HOUR = timedelta(hours=1)
READ = msgspec.structs.replace(FEED, last_full=NOW - HOUR, last_poll=NOW - HOUR, interval=1800.0)
WHOLE = msgspec.structs.replace(READ, full_text=True)


def posts(first: int, last: int, **more: object) -> list[RawEntry]:
    made = [
        RawEntry(guid=f"g{n}", link=f"https://a.example/{n}", title=f"Post {n}", text=f"Text {n}")
        for n in range(first, last)
    ]
    return [msgspec.structs.replace(one, **more) for one in made]


def holds(memory: Memory, *entries: RawEntry) -> list[str]:
    return [one.held for one in memory.poll(*entries)]


@pytest.mark.hostile(46)
def test_a_feed_that_is_suddenly_almost_all_new_is_held() -> None:
    memory = Memory(READ)
    old = posts(0, 10)
    holds(memory, *old)
    assert holds(memory, *posts(100, 151), *old) == ["flood"] * 51
    memory.release()
    assert holds(memory, *posts(100, 151), *old) == []


@pytest.mark.parametrize(
    ("feed", "new", "old"),
    [(READ, 50, 0), (READ, 80, 20), (FEED, 300, 0)],
    ids=["not many", "not most of it", "never read before"],
)
def test_what_is_no_flood_is_not_held(feed: FeedState, new: int, old: int) -> None:
    memory = Memory(feed)
    known = posts(0, old)
    holds(memory, *known)
    assert holds(memory, *posts(1000, 1000 + new), *known) == [""] * new


def test_the_bounds_of_a_flood_are_the_desks() -> None:
    assert holds(Memory(READ, Review(flood_entries=2)), *posts(0, 3)) == ["flood"] * 3
    assert holds(Memory(READ, Review(flood_entries=3)), *posts(0, 3)) == [""] * 3
    assert holds(Memory(READ, Review(flood_entries=2, flood_share=1)), *posts(0, 3)) == [""] * 3


def test_edits_in_a_flood_are_not_held() -> None:
    memory = Memory(READ, Review(flood_entries=2))
    memory.poll(*posts(0, 1))
    assert holds(memory, *posts(1, 9), *posts(0, 1, text="Edited")) == ["", *["flood"] * 8]


def test_what_appeared_while_nobody_polled_is_no_flood() -> None:
    away = msgspec.structs.replace(READ, last_poll=NOW - 48 * HOUR)
    few = Review(flood_entries=2)
    assert holds(Memory(away, few), *posts(0, 9, published=NOW - HOUR)) == [""] * 9
    assert holds(Memory(away, few), *posts(0, 9, published=NOW - 49 * HOUR)) == ["flood"] * 9
    assert holds(Memory(away, few), *posts(0, 9, published=NOW + 48 * HOUR)) == ["flood"] * 9
    assert holds(Memory(away, few), *posts(0, 9)) == ["flood"] * 9
    mixed = holds(Memory(away, few), *posts(0, 1, published=NOW - HOUR), *posts(1, 20))
    assert mixed == [*["flood"] * 19, ""]
    daily = msgspec.structs.replace(away, interval=86400.0)
    assert holds(Memory(daily, few), *posts(0, 9, published=NOW - HOUR)) == ["flood"] * 9
    assert holds(Memory(READ, few), *posts(0, 9, published=NOW)) == ["flood"] * 9
    never = msgspec.structs.replace(READ, last_poll=None)
    assert holds(Memory(never, few), *posts(0, 9, published=NOW)) == ["flood"] * 9


@pytest.mark.hostile(49)
def test_what_is_held_changes_without_a_further_revision() -> None:
    memory = Memory(READ, Review(flood_entries=2))
    memory.poll(*posts(0, 3))
    (again,) = memory.poll(*posts(0, 1, text="Edited"), *posts(1, 3))
    assert (again.mention.revision, again.mention.kind, again.held) == (1, "new", "flood")
    assert memory.poll(*posts(0, 1, text="Edited"), *posts(1, 3)) == ()
    memory.release()
    (edited,) = memory.poll(*posts(0, 1, text="More"), *posts(1, 3))
    assert (edited.mention.revision, edited.mention.kind, edited.held) == (2, "edited", "")


def test_entries_wait_for_their_pages_where_the_feed_wants_full_texts() -> None:
    memory = Memory(WHOLE)
    assert holds(memory, entry("a"), entry("b", link="javascript:x")) == ["", "page"]
    (again,) = memory.poll(entry("a", text="Edited"), entry("b", link="javascript:x"))
    assert (again.held, again.mention.revision) == ("page", 1)
    memory.release()
    (edited,) = memory.poll(entry("a", text="Edited again"), entry("b", link="javascript:x"))
    assert (edited.held, edited.mention.revision, edited.mention.kind) == ("page", 2, "edited")
    (more,) = memory.poll(entry("a", text="And again"), entry("b", link="javascript:x"))
    assert (more.held, more.mention.revision, more.mention.kind) == ("page", 2, "edited")
    assert set(holds(Memory(WHOLE, Review(flood_entries=2)), *posts(0, 9))) == {"flood"}


LIES = {
    "Fri, 31 Dec 9999 23:59:59 GMT": datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    "0001-01-01T00:00:00Z": datetime(1, 1, 1, tzinfo=UTC),
    "Thu, 01 Jan 1970 00:00:00 +0000": datetime(1970, 1, 1, tzinfo=UTC),
    "Sun, 22 Nov 2026 10:00:00 +9999": None,
    "2026-13-45T99:99:99Z": datetime(2027, 1, 1, tzinfo=UTC),
    "Dim, 22 nov 2026": None,
}


@pytest.mark.hostile(51)
@pytest.mark.parametrize("words", LIES)
def test_the_words_of_a_date_that_nobody_can_believe_are_kept_beside_the_time_it_was_seen(words: str) -> None:
    (found,) = Memory().poll(RawEntry(guid="g", raw_date=words, published=LIES[words]))
    assert (found.mention.published, found.mention.published_raw, found.mention.seen) == (None, words, NOW)
    assert found.mention.flags == ("date-doubtful",)


def test_the_words_of_a_date_are_cleaned_and_bounded() -> None:
    def kept(words: str, published: datetime | None = None) -> str | None:
        return Memory().poll(RawEntry(guid="g", raw_date=words, published=published))[0].mention.published_raw

    assert kept(" gestern\n\u202e um\x1b zwölf ") == "gestern um zwölf"
    assert kept("x" * 5000) == "x" * 100
    assert kept("\u202e") is None and kept("") is None
    assert kept("22 Nov 2026", NOW) is None


@pytest.mark.hostile(52)
def test_the_publishers_date_decides_neither_time_nor_order() -> None:
    late, early = NOW - 10000 * HOUR, NOW - HOUR
    found = Memory().poll(RawEntry(guid="top", published=late), RawEntry(guid="end", published=early, title="E"))
    assert [one.identity for one in found] == ["end", "top"]
    assert {one.mention.seen for one in found} == {NOW}


def test_safe_html_is_kept_where_the_desk_asked_for_it() -> None:
    found = Memory().poll(RawEntry(guid="a", text="Bold", html="<b>Bold</b>"), RawEntry(guid="b"))
    assert [one.mention.html for one in found] == [None, "<b>Bold</b>"]


MENTION = Mention(
    id=ids.mention_id("guichet", "g"),
    revision=2,
    feed="guichet",
    url="https://a.example/1",
    title="Titre",
    text="Chapeau",
    language="fr",
    seen=NOW,
    html="<p>Chapeau</p>",
    kind="edited",
    flags=("date-doubtful", "text-cut"),
)
TASK = PageTask(id=MENTION.id, feed="guichet", url=MENTION.url, host="a.example", next_due=NOW, mention=MENTION)


def read(page: RawPage | None) -> Mention:
    found = enriched(TASK, page, NOW + HOUR, language=lambda *given: given[1][:2], topics=Topics())
    message = found.message
    event = codec.decode(Record(message.topic, 0, 0, message.key, message.value, message.headers))
    assert event.data == found.mention and event.id == ids.event_id("ingest", MENTION.id, 2)
    assert found.held == "" and found.mention.seen == event.time == NOW
    assert found.fingerprint == fingerprint("Titre", "Chapeau"), "later polls compare with the feed's own text"
    return found.mention


def test_the_longer_text_of_the_page_is_published() -> None:
    full = read(RawPage(title="Other", text="en un long texte", html="<p>long</p>"))
    assert (full.title, full.text, full.html, full.language) == ("Titre", "en un long texte", "<p>long</p>", "en")
    assert full.flags == ("date-doubtful", "full-text")
    cut = read(RawPage(text="un texte très long", cut=True))
    assert cut.flags == ("date-doubtful", "text-cut", "full-text") and cut.html is None


def test_the_feeds_own_text_is_kept_when_the_page_has_no_more_or_fails() -> None:
    assert read(RawPage(text="Court")) == MENTION
    failed = read(None)
    assert failed == msgspec.structs.replace(MENTION, flags=("date-doubtful", "text-cut", "page-failed"))
