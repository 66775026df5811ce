"""A queue as a feed: readers read it without a complaint, in both languages; hostile words stay words."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from gordon.events import Gap
from gordon.queue_feed import Channel, render
from gordon.records import Item
from ingest.kinds import parse
from ingest.raw import Document, Parsed
from route.stage import Route as Stage
from store.reads import items_to_read
from store.route import Route
from tests.databases import new_sqlite
from tests.gordon.test_cli import gordon
from tests.route.route_desk import MONDAY, policy, tagged, write_desk
from tests.route.route_store import DELAYS, FEES
from tests.samples import ASSIGNED

OPENED = datetime(2026, 11, 22, 15, 0, 0, 123456, tzinfo=UTC)
CHANNEL = Channel(queue="rapid-correction", title="Réponses rapides", link="https://desk.example/rapid?a=1&b=2")


def item(number: int = 1, title: str = "Un titre", **news: object) -> Item:
    assigned = replace(ASSIGNED, item=f"item-{number}", mention=replace(ASSIGNED.mention, title=title))
    made = Item(
        id=f"item-{number}", issue="i", queue="rapid-correction", file="passport-services", priority="high",
        state="open", opened=OPENED + timedelta(minutes=number), updated=OPENED + timedelta(hours=number),
        assigned=assigned,
    )  # fmt: skip
    return replace(made, **news)


def test_readers_read_the_rss(tmp_path: Path) -> None:
    found = feedparser.parse(render(CHANNEL, [item(1), item(2, "Deux & trois")], "rss", "fr"))
    assert not found.bozo and found.version == "rss20"
    assert (found.feed.title, found.feed.language, found.feed.link) == (CHANNEL.title, "fr", CHANNEL.link)
    newest, oldest = found.entries
    assert [newest.title, oldest.title] == ["Deux & trois", "Un titre"]
    assert (newest.id, newest.guidislink, newest.link) == ("item-2", False, ASSIGNED.mention.url)
    assert newest.published_parsed[:6] == (2026, 11, 22, 15, 2, 0)
    for words in ("Dossier", "passport-services", "haute", "gordon (policy, communications, approve)",
                  "sans web-communications", "accuser réception 2026-11-23 14:30"):  # fmt: skip
        assert words in newest.summary


def test_json_feed_holds_what_it_has_to() -> None:
    feed = json.loads(render(replace(CHANNEL, file="passport-services"), [item()], "json", "en"))
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["language"] == "en"
    assert feed["title"] == "Réponses rapides, file passport-services" and feed["home_page_url"] == CHANNEL.link
    (entry,) = feed["items"]
    assert entry["id"] == "item-1" and entry["url"] == ASSIGNED.mention.url and "author" not in json.dumps(feed)
    assert datetime.fromisoformat(entry["date_published"]) == OPENED + timedelta(minutes=1)
    for words in (
        "Priority: high",
        "Gaps: no web-communications (nobody on duty has it)",
        "Mentions: 3",
        "State: open",
    ):
        assert words in entry["content_text"].splitlines()


@pytest.mark.parametrize("form", ["rss", "json"])
def test_gordon_itself_could_subscribe_to_it(form: str) -> None:
    body = render(CHANNEL, [item(), item(2)], form, "en")  # type: ignore[arg-type]  # one of the two formats
    found = parse(Document(body=body, content_type="", url="https://desk.example/feed"))
    assert isinstance(found, Parsed) and len(found.entries) == 2


def test_no_lead_is_no_gordon_and_nobody_is_said() -> None:
    gaps = (Gap(kind="expertise", need="lead", why="nobody on duty leads the file"),)
    bare = item(assigned=replace(ASSIGNED, team=(), gaps=gaps, clocks={}, mention=replace(ASSIGNED.mention, url="")))
    for language, words in (("en", "No Gordon ("), ("fr", "Pas de Gordon (")):
        text = render(CHANNEL, [bare], "rss", language).decode()  # type: ignore[arg-type]  # one of the two languages
        assert words in text and "<link>https://passport" not in text
    assert "Team: nobody is on duty" in render(CHANNEL, [bare], "json", "en").decode()
    assert "Équipe\u00a0: personne en service" in render(CHANNEL, [bare], "json", "fr").decode()


def test_an_empty_queue_is_a_feed_as_well() -> None:
    found = feedparser.parse(render(Channel(queue="q", file="f"), [], "rss", "fr"))
    assert not found.bozo and found.feed.title == "File de travail q, dossier f" and not found.entries
    assert json.loads(render(Channel(queue="q"), [], "json", "en"))["items"] == []


@settings(max_examples=80, deadline=None)
@given(st.text(st.characters(codec="utf-8")))
def test_no_title_breaks_a_feed_or_becomes_markup(title: str) -> None:
    hostile = f"{title}<script>alert(1)</script>]]>&amp;\x0b"
    body = render(CHANNEL, [item(title=hostile)], "rss", "en")
    found = feedparser.parse(body, sanitize_html=False, resolve_relative_uris=False)
    assert not found.bozo and len(found.entries) == 1
    assert "<script" not in found.entries[0].title and "<script" not in found.entries[0].summary
    assert json.loads(render(CHANNEL, [item(title=hostile)], "json", "en"))["items"][0]["title"]


def test_the_same_items_make_the_same_bytes() -> None:
    rows = [item(1), item(2), item(3)]
    assert render(CHANNEL, rows, "rss", "en") == render(CHANNEL, rows[::-1], "rss", "en")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    database = new_sqlite(tmp_path / "data" / "gordon.db")
    write_desk(tmp_path)
    stage = Stage(policy=policy(tmp_path), store=Route(database), now=lambda: MONDAY)
    stage.handle([tagged(DELAYS), tagged(FEES, claims=["fee-doubles"])])
    assert len(items_to_read(database, "duty-desk", MONDAY, 9)) == 1
    assert items_to_read(database, "duty-desk", MONDAY, 9, file="rural-broadband") == []
    database.close()
    return tmp_path


def test_the_command_writes_a_file_at_one_blow_and_refuses_what_is_not_there(folder: Path) -> None:
    out = folder / "duty.xml"
    assert gordon("queue", "feed", "duty-desk", "--out", str(out), desk=folder).returncode == 0
    found = feedparser.parse(out.read_bytes())
    assert [entry.link for entry in found.entries] == [DELAYS.url] and out.stat().st_mode & 0o777 == 0o644
    before = out.stat().st_mtime_ns
    assert gordon("queue", "feed", "duty-desk", "--out", str(out), desk=folder).returncode == 0
    assert out.stat().st_mtime_ns == before and not list(folder.glob(".duty*"))
    shown = gordon("queue", "feed", "rapid-correction", "--format", "json", "--language", "fr", desk=folder)
    assert "Dossier" in shown.stdout and json.loads(shown.stdout)["language"] == "fr"
    for wrong, code in (
        (("nowhere",), 1),
        (("duty-desk", "--file", "nowhere"), 1),
        (("duty-desk", "--format", "atom"), 2),
    ):
        done = gordon("queue", "feed", *wrong, desk=folder)
        assert done.returncode == code and not done.stdout
