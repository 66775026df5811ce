"""Entries under new names: known ones are recognised, different ones stay apart (hostile cases 45 to 47)."""

from __future__ import annotations

import msgspec
import pytest

from ingest.identity import certain, lookup, named, short
from ingest.raw import RawEntry, RawFeed
from tests.ingest.test_normalise import Memory, entry


def article(number: int, guid: str = "", text: str = "") -> RawEntry:
    link = f"https://a.example/{number}"
    return RawEntry(guid=guid or link, link=link, title=f"Article {number}", text=text or f"Paragraph {number}")


@pytest.mark.hostile(45)
def test_guids_that_change_at_each_fetch_are_no_news() -> None:
    memory = Memory()
    for fetch in range(4):
        found = memory.poll(*(article(number, f"{number}-{fetch}") for number in range(3)))
        assert len(found) == (3 if fetch == 0 else 0)
    assert len(memory.known) == 3


@pytest.mark.hostile(45)
def test_an_edit_under_a_new_guid_is_a_revision_of_the_entry_with_its_link() -> None:
    memory = Memory()
    (first,) = memory.poll(entry("A headline", title="A headline"))
    (second,) = memory.poll(entry("A better headline", title="A better headline"))
    assert second.mention.id == first.mention.id and second.identity == "A headline"
    assert (second.mention.revision, second.mention.kind) == (2, "edited")
    assert memory.poll(entry("A better headline", title="A better headline")) == ()
    assert memory.mentions(entry("Le meilleur titre", title="Le meilleur titre")) == [("Le meilleur titre", 3)]


@pytest.mark.hostile(45)
def test_without_guid_and_with_the_same_link_everywhere_nothing_is_told_twice() -> None:
    memory = Memory()
    feed = [entry("", "https://a.example/", f"T{n}") for n in range(3)]
    assert len(memory.poll(*feed)) == 3 and memory.poll(*feed) == ()
    assert memory.mentions(entry("", "https://a.example/", "T3"), *feed) == [("T3", 1)]
    assert memory.poll(entry("", "https://a.example/", "T3"), *feed) == ()


@pytest.mark.hostile(46)
def test_an_archive_that_comes_again_under_new_ids_is_no_news() -> None:
    memory = Memory()
    memory.poll(*(article(number) for number in range(200)))
    assert memory.poll(*(article(number, f"urn:new:{number}") for number in range(200))) == ()


@pytest.mark.hostile(47)
def test_what_one_feed_knows_is_nothing_to_another() -> None:
    one, other = Memory(), Memory(msgspec.structs.replace(Memory().feed, id="hijacker"))
    (mine,) = one.poll(entry("urn:1"))
    (theirs,) = other.poll(entry("urn:1", title="Hijacked"))
    assert theirs.mention.id != mine.mention.id and theirs.mention.kind == "new"


def test_a_renamed_entry_goes_by_its_known_name_and_the_reading_is_not_simple() -> None:
    memory = Memory()
    memory.poll(entry("a"))
    again = memory.decide(RawFeed(entries=(entry("b"),)))
    assert again.found == () and again.names == (short("a"),) and not again.simple
    edited = memory.decide(RawFeed(entries=(entry("c", text="Edited"),)))
    assert edited.names == (short("a"),) and not edited.simple


def test_a_link_that_several_have_names_nobody() -> None:
    memory = Memory()
    home = "https://a.example/"
    memory.poll(entry("a", home, "A"), entry("b", home, "B"))
    assert memory.mentions(entry("c", home, "C")) == [("C", 1)]
    fresh = Memory()
    fresh.poll(entry("a", home, "A"))
    assert sorted(fresh.mentions(entry("b", home, "B"), entry("c", home, "C"))) == [("B", 1), ("C", 1)]


def test_the_link_of_an_entry_that_is_still_there_is_not_inherited() -> None:
    memory = Memory()
    memory.poll(entry("a"))
    assert memory.mentions(entry("b", title="Live blog"), entry("a")) == [("Live blog", 1)]


def test_an_edited_entry_that_is_still_there_keeps_its_name_before_others_inherit_its_link() -> None:
    memory = Memory()
    memory.poll(entry("a"))
    found = memory.mentions(entry("b", title="Live blog"), entry("a", text="Edited"))
    assert sorted(found) == [("Live blog", 1), ("Titre", 2)]


def test_an_unchanged_entry_keeps_its_name_before_an_edited_namesake_takes_it() -> None:
    memory = Memory()
    one, two = entry("g", "https://a.example/1", "One"), entry("g", "https://a.example/2", "Two")
    memory.poll(one, two)
    assert set(memory.known) == {"g\nhttps://a.example/1", "g\nhttps://a.example/2"}
    assert memory.mentions(entry("g", "https://a.example/1", "Three"), one) == [("Three", 1)]


def test_an_heir_that_stands_twice_is_one_heir() -> None:
    memory = Memory()
    memory.poll(entry("a"))
    assert memory.mentions(entry("b", text="Edited"), entry("c", text="Edited")) == [("Titre", 2)]


def test_equal_entries_with_different_guids_in_one_document_are_kept_once() -> None:
    memory = Memory()
    first, second = entry("a"), entry("b")
    assert [one.identity for one in memory.poll(first, second)] == ["a"]
    assert memory.poll(second, first) == () and memory.poll(second) == ()
    memory = Memory()
    memory.poll(second)
    assert memory.poll(first, second) == ()


def test_contents_that_change_places_are_both_told() -> None:
    memory = Memory()
    memory.poll(entry("a", text="One"))
    found = memory.poll(entry("a", text="Two"), entry("b", text="One"))
    assert sorted((one.identity, one.mention.text) for one in found) == [("a", "Two"), ("b", "One")]
    assert memory.poll(entry("a", text="Two"), entry("b", text="One")) == ()


def test_bare_titles_are_different_bulletins() -> None:
    memory = Memory()
    assert memory.mentions(entry("a", "", "Alerte", "")) == [("Alerte", 1)]
    assert memory.mentions(entry("b", "", "Alerte", ""), entry("a", "", "Alerte", "")) == [("Alerte", 1)]


def test_entries_of_old_have_no_other_names() -> None:
    memory = Memory()
    memory.poll(entry("a"))
    memory.known = {name: msgspec.structs.replace(one, link="", content="") for name, one in memory.known.items()}
    assert memory.poll(entry("a")) == ()
    assert memory.mentions(entry("b")) == [("Titre", 1)]


def test_the_store_is_asked_about_all_names_and_nothing_else() -> None:
    (with_all, bare) = named([entry("a"), RawEntry(title="Bare")])
    asked = lookup([with_all, bare])
    assert asked.identities == {*with_all.identities, *bare.identities}
    assert asked.links == {with_all.link} and asked.contents == {with_all.content}
    assert (bare.link, bare.content) == ("", "") and len(with_all.link) == len(with_all.content) == 32


def test_trackers_letter_case_and_white_space_make_no_other_content() -> None:
    one, other = named([entry("a"), entry("b", "https://a.example/1?utm_source=x", " TITRE", "texte ")])
    assert (one.link, one.content) == (other.link, other.content)


def test_what_may_be_taken_for_another_is_not_certain() -> None:
    one, same, parts = named([entry("a"), entry("a", title="Other"), entry("a\nb")])
    assert certain([one], frozenset()) and certain([one], frozenset({short("b")}))
    assert not certain([one], frozenset({short("a")}))
    assert not certain([one, same], frozenset()) and not certain([parts], frozenset())
