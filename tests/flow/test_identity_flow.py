"""From entries to issues over a real database: one story in many feeds, and an edit after routing (hostile cases 48
and 49)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from gordon.events import Mention, Topics
from gordon.polling import Feed, FeedState, Found, Polled
from gordon.settings import Review
from gordon.starter import write_starter
from ingest.normalise import decide, lookup, named
from ingest.raw import RawEntry, RawFeed
from store.database import Database
from store.ingest import Ingest
from store.reads import mention as read_mention
from tests.databases import new_sqlite
from tests.route.route_desk import MONDAY, tagged
from tests.route.route_store import Desk

ENTRY = RawEntry(
    guid="urn:delays",
    link="https://wire.example/delays",
    title="Passport office in Lower Beaver closes after flood",
    text="Water stands in the cellar.\n\nStaff of 12 move to the library until Friday.",
)
EDITED = replace(ENTRY, text=ENTRY.text.replace("12", "15"))


def poll(store: Ingest, state: FeedState, entries: Sequence[RawEntry], hours: int) -> tuple[Found, ...]:
    """What the poll found, and recorded."""
    asked, now = named(entries), MONDAY + timedelta(hours=hours)
    ask = lookup(asked)
    decision = decide(
        state,
        RawFeed(entries=tuple(entries)),
        asked,
        store.entries(state.id, ask.identities, ask.links, ask.contents),
        now,
        present=frozenset(),
        language=lambda *given: "en",
        topics=Topics(),
        authors=False,
        review=Review(),
    )
    claims = store.claim("test", now, now + timedelta(minutes=1), 100) or ()
    hosts = {claim.host.host: claim.host for claim in claims}
    done = replace(state, last_poll=now, next_due=now)
    assert not store.record("test", now, [Polled(host=state.host, state=done, found=decision.found)],
                            [hosts[state.host]]).refused  # fmt: skip
    return decision.found


def subscribe(database: Database, count: int) -> tuple[Ingest, list[FeedState]]:
    store = Ingest(database)
    feeds = [Feed(id=f"feed-{n}", url=f"https://f{n}.example/feed") for n in range(count)]
    store.sync_feeds(feeds, MONDAY)
    claims = store.claim("test", MONDAY, MONDAY + timedelta(days=1), 100) or ()
    states = sorted((state for claim in claims for state in claim.feeds), key=lambda state: state.id)
    assert len(states) == count
    return store, states


@pytest.mark.hostile(48)
def test_one_story_in_thirty_feeds_is_one_issue_with_thirty_sources(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    store, states = subscribe(desk.database, 30)
    mentions = [poll(store, state, [ENTRY], 0)[0].mention for state in states]
    assert len({mention.id for mention in mentions}) == 30
    desk.stage.handle([tagged(mention) for mention in mentions])
    trails = [read_mention(desk.database, mention.id) for mention in mentions]
    assert {issue.id for trail in trails for issue in trail.issues} == {trails[0].issues[0].id}
    assert trails[0].issues[0].mentions == 30
    assert [change for change in desk.changes() if change[1] == "opened"] == [("duty-desk", "opened", 1),
                                                                              ("watch", "opened", 3)]  # fmt: skip
    desk.database.close()


@pytest.mark.hostile(49)
def test_an_edit_after_routing_is_a_revision_of_the_same_item(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    store, (state,) = subscribe(desk.database, 1)
    (first,) = poll(store, state, [ENTRY], 0)
    desk.stage.handle([tagged(first.mention)])
    before = read_mention(desk.database, first.mention.id)
    (second,) = poll(store, state, [EDITED], 1)
    assert (second.mention.id, second.mention.revision) == (first.mention.id, 2)
    desk.stage.handle([tagged(second.mention)])
    after = read_mention(desk.database, first.mention.id)
    assert [one.revision for one in after.found] == [one.mention.revision for one in after.recorded] == [1, 2]
    assert after.found[0] == before.found[0] and after.recorded[0] == before.recorded[0]
    kept = [(item.id, item.state, item.opened, item.assigned.team) for item in after.items]
    assert kept == [(item.id, item.state, item.opened, item.assigned.team) for item in before.items] and kept
    assert [(issue.id, issue.mentions) for issue in after.issues] == [(before.issues[0].id, 1)]
    assert [change for _, change, _ in desk.changes()].count("opened") == 1
    desk.database.close()


def explain(desk: Path, mention: Mention, *options: str) -> str:
    command = [sys.executable, "-m", "gordon", "explain", mention.id, *options, "--desk", str(desk)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.hostile(49)
def test_explain_shows_what_an_edit_changed(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    write_starter(folder)
    database = new_sqlite(folder / "data" / "gordon.db")
    store, (state,) = subscribe(database, 1)
    (found,) = poll(store, state, [ENTRY], 0)
    poll(store, state, [EDITED], 1)
    poll(store, state, [replace(EDITED, text=" ".join(f"{n} [b]x{n}" for n in range(60)))], 2)
    poll(store, state, [replace(EDITED, text=" ".join(f"{n} [b]y{n}" for n in range(60)))], 3)
    database.close()
    shown = explain(folder, found.mention)
    assert "text: Water stands in the cellar. Staff of [-12-] {+15+} move to the library until Friday." in shown
    assert "[-[b]x0-] {+[b]y0+}" in shown and "and 40 more changes: see --json" in shown
    changes: list[dict[str, Any]] = json.loads(explain(folder, found.mention, "--json"))["changes"]
    assert [(one["since"], one["revision"]) for one in changes] == [(1, 2), (2, 3), (3, 4)]
    assert [(one["field"], one["old"], one["new"]) for one in changes[0]["changes"]] == [("text", " 12", " 15")]
