"""Identity, revisions, dates and flags (hostile cases 38, 44 to 51)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gordon import codec, ids
from gordon.bus import Record
from gordon.events import Mention, Topics
from gordon.polling import Entry, FeedState, Found
from gordon.settings import Review
from ingest.normalise import Decision, Lookup, believable, decide, fingerprint, lookup, named
from ingest.raw import RawEntry, RawFeed

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FEED = FeedState(id="guichet", url="https://guichet.example/feed", language="fr", next_due=NOW)


class Memory:
    """Polls a feed again and again, remembering entries as the store does."""

    def __init__(self, feed: FeedState = FEED, review: Review | None = None) -> None:
        self.feed = feed
        self.review = review or Review()
        self.known: dict[str, Entry] = {}

    def ask(self, names: Lookup) -> list[Entry]:
        """What the store would answer."""
        return [
            one
            for one in self.known.values()
            if one.identity in names.identities or one.link in names.links or one.content in names.contents
        ]

    def decide(self, raw: RawFeed, present: frozenset[bytes] = frozenset(), *, authors: bool = False) -> Decision:
        asked = named(raw.entries)
        decision = decide(
            self.feed,
            raw,
            asked,
            self.ask(lookup(asked)),
            NOW,
            present=present,
            language=lambda *given: given[2],
            topics=Topics(),
            authors=authors,
            review=self.review,
        )
        for one in decision.found:
            self.known[one.identity] = Entry(
                mention=one.mention.id,
                identity=one.identity,
                revision=one.mention.revision,
                fingerprint=one.fingerprint,
                link=one.link,
                content=one.content,
                held=one.held,
            )
        return decision

    def poll(self, *entries: RawEntry, authors: bool = False, language: str = "") -> tuple[Found, ...]:
        return self.decide(RawFeed(entries=entries, language=language), authors=authors).found

    def mentions(self, *entries: RawEntry) -> list[tuple[str, int]]:
        return [(one.mention.title, one.mention.revision) for one in self.poll(*entries)]

    def release(self) -> None:
        """A person has looked at what was held."""
        self.known = {name: msgspec.structs.replace(one, held="") for name, one in self.known.items()}


def entry(guid: str = "g", link: str = "https://a.example/1", title: str = "Titre", text: str = "Texte") -> RawEntry:
    return RawEntry(guid=guid, link=link, title=title, text=text)


def test_a_new_entry_becomes_a_mention_with_its_event() -> None:
    (found,) = Memory().poll(entry(link="https://a.example/1?utm_source=x#y"))
    assert found.identity == "g"
    assert found.mention == Mention(
        id=ids.mention_id("guichet", "g"),
        revision=1,
        feed="guichet",
        url="https://a.example/1",
        title="Titre",
        text="Texte",
        language="fr",
        seen=NOW,
        kind="new",
        flags=(),
    )
    message = found.message
    event = codec.decode(Record(message.topic, 0, 0, message.key, message.value, message.headers))
    assert (event.topic, event.key, event.type) == ("gordon.mentions", found.mention.id, "gordon.mention.v1")
    assert event.id == ids.event_id("ingest", found.mention.id, 1)
    assert (event.source, event.subject, event.time) == ("/gordon/ingest", f"{found.mention.id}/1", NOW)
    assert event.data == found.mention


@pytest.mark.hostile(49)
def test_unchanged_entries_are_no_news_and_edits_are_the_next_revision() -> None:
    memory = Memory()
    memory.poll(entry())
    assert memory.poll(entry()) == ()
    assert memory.poll(entry(title="  TITRE ", text="texte\n\n")) == ()
    (edited,) = memory.poll(entry(text="Texte corrigé"))
    assert (edited.mention.revision, edited.mention.kind) == (2, "edited")
    assert edited.mention.id == ids.mention_id("guichet", "g")
    (again,) = memory.poll(entry())
    assert again.mention.revision == 3


@pytest.mark.hostile(50)
def test_a_vanished_entry_is_no_news_and_may_come_back() -> None:
    memory = Memory()
    memory.poll(entry("a"), entry("b", title="B"))
    assert memory.poll(entry("a")) == ()
    assert memory.poll(entry("a"), entry("b", title="B")) == ()


def test_the_oldest_comes_first() -> None:
    found = Memory().poll(entry("new", title="New"), entry("old", title="Old"))
    assert [one.mention.title for one in found] == ["Old", "New"]


def test_without_a_guid_the_link_and_without_a_link_the_content_is_the_identity() -> None:
    memory = Memory()
    memory.poll(entry(guid="", link="https://a.example/1?utm_medium=rss"), entry(guid="", link="", title="Bare"))
    assert set(memory.known) == {"https://a.example/1", f"content:{fingerprint('Bare', 'Texte')}"}
    assert memory.mentions(entry(guid="", link="https://a.example/1", text="Edited")) == [("Titre", 2)]
    assert memory.mentions(entry(guid="", link="", title="bare")) == []


@pytest.mark.hostile(44)
def test_the_same_guid_on_every_entry_keeps_all_once() -> None:
    memory = Memory()
    same = [entry("g", f"https://a.example/{n}", f"T{n}") for n in range(4)]
    assert len(memory.poll(*same)) == 4
    assert memory.poll(*same) == ()
    assert memory.poll(same[2]) == ()
    assert memory.mentions(entry("g", "https://a.example/9", "T9"), *same[:3]) == [("T9", 1)]
    assert memory.mentions(same[0], entry("g", "https://a.example/1", "T1", "edited")) == [("T1", 2)]


def test_a_namesake_that_joins_later_does_not_repeat_the_first() -> None:
    memory = Memory()
    memory.poll(entry("g", "https://a.example/1", "One"))
    second = entry("g", "https://a.example/2", "Two")
    assert memory.mentions(entry("g", "https://a.example/1", "One"), second) == [("Two", 1)]


def test_the_same_guid_and_link_are_told_apart_by_title_and_content() -> None:
    memory = Memory()
    two = (entry("g", "https://a.example/", "One"), entry("g", "https://a.example/", "Two"))
    three = (*two, entry("g", "https://a.example/", "Two", "Other"))
    assert len(memory.poll(*two)) == 2
    assert len(memory.poll(*three)) == 1
    assert memory.poll(*three) == ()


def test_no_guid_and_the_same_link_everywhere() -> None:
    memory = Memory()
    entries = [entry("", "https://a.example/", f"T{n}") for n in range(3)]
    assert len(memory.poll(*entries)) == 3 and memory.poll(*entries) == ()


def test_an_entry_that_stands_twice_in_a_feed_is_found_once() -> None:
    assert len(Memory().poll(entry(), entry(), entry())) == 1


@pytest.mark.hostile(47)
def test_the_same_guid_in_another_feed_is_another_mention() -> None:
    other = Memory(FeedState(id="other", url="https://o.example/", next_due=NOW))
    assert other.poll(entry())[0].mention.id != Memory().poll(entry())[0].mention.id


def test_identities_are_bounded_and_stay_distinct() -> None:
    memory = Memory()
    guids = ("x" * 5000, "x" * 5001, "a\0b", "a\x01b")
    assert len(memory.poll(*(entry(guid, text=f"Text {n}") for n, guid in enumerate(guids)))) == 4
    assert all(len(identity) < 600 and identity.isprintable() for identity in memory.known)


words = st.sampled_from(["", "a", "b", "c"])
links = st.sampled_from(["", "https://a.example/", "https://b.example/"])
entries = st.lists(st.builds(entry, words, links, words, words), max_size=8)


@given(entries)
@settings(max_examples=100, deadline=None)
def test_polling_again_finds_nothing_whatever_the_feed_repeats(found: Sequence[RawEntry]) -> None:
    memory = Memory()
    first = memory.poll(*found)
    assert len({one.mention.id for one in first}) == len(first)
    different = {(one.link, one.title, one.text, "" if one.link or one.text else one.guid) for one in found}
    assert len(first) == len(different)
    assert memory.poll(*found) == ()


DATES = {
    NOW: True,
    NOW + timedelta(hours=24): True,
    NOW + timedelta(hours=24, seconds=1): False,
    datetime(9999, 1, 1, tzinfo=UTC): False,
    datetime(1970, 1, 1, tzinfo=UTC): False,
    datetime(1995, 1, 1, tzinfo=UTC): True,
}


@pytest.mark.hostile(51)
@pytest.mark.parametrize("date", DATES)
def test_dates_that_nobody_can_believe_are_left_out_and_flagged(date: datetime) -> None:
    assert (believable(date, NOW) == date) == DATES[date]
    (found,) = Memory().poll(RawEntry(guid="g", raw_date="whatever", published=date))
    assert (found.mention.published is None) == ("date-doubtful" in found.mention.flags) == (not DATES[date])


def test_an_unreadable_date_is_flagged_and_a_missing_one_is_not() -> None:
    found = Memory().poll(RawEntry(guid="a", raw_date="soon"), RawEntry(guid="b"))
    assert [one.mention.flags for one in found] == [(), ("date-doubtful",)]


def test_links_that_are_not_web_addresses_are_refused_with_a_flag() -> None:
    (found,) = Memory().poll(entry(link="javascript:alert(1)"))
    assert (found.mention.url, found.mention.flags) == ("", ("link-refused",))
    (cut,) = Memory().poll(RawEntry(guid="c", cut=True))
    assert cut.mention.flags == ("text-cut",)


def test_authors_only_where_the_desk_wants_them() -> None:
    one = RawEntry(guid="a", author="Une autrice")
    assert Memory().poll(one)[0].mention.author is None
    assert Memory().poll(one, authors=True)[0].mention.author == "Une autrice"
    assert Memory().poll(RawEntry(guid="a"), authors=True)[0].mention.author is None


def test_the_declared_language_is_that_of_entry_feed_or_desk() -> None:
    assert Memory().poll(RawEntry(guid="a", language="de"), language="en")[0].mention.language == "de"
    assert Memory().poll(RawEntry(guid="a"), language="en")[0].mention.language == "en"
    assert Memory().poll(RawEntry(guid="a"))[0].mention.language == "fr"
