"""``gordon replay``: what was handled is handled again and nothing is doubled; what was lost comes back."""

from __future__ import annotations

from pathlib import Path

import pytest

from gordon.bus import Bus
from gordon.bus.open import open_bus
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack, running

FEEDS, STORIES = 3, 12
KEPT = ("found", "tagged", "untagged", "issues", "items", "tags", "routed", "dead")


def counts(stack: Stack) -> dict[str, int]:
    state = stack.json("status")
    return {key: state[key] for key in KEPT}


def published(stack: Stack, name: str) -> int:
    """How many messages a topic has."""
    bus: Bus = open_bus(stack.environ.get("GORDON_BUS") or f"sqlite:///{stack.desk / 'data' / 'log.db'}")
    try:
        topic = stack.environ.get("GORDON_TOPIC_PREFIX", "gordon.") + name
        return bus.lag([topic], "nobody")[topic]
    finally:
        bus.close()


@pytest.mark.hostile(58, 85)
def test_nothing_is_doubled_and_what_was_lost_comes_back(address: Address, tmp_path: Path) -> None:
    paper = News(posts(STORIES, FEEDS), FEEDS)
    with served(paper) as port:
        paper.out = len(paper.everything)
        desk = write_desk(tmp_path / "desk", port, FEEDS)
        with running(desk, address) as stack:
            stack.until(lambda: stack.settled(len(paper.everything)), 90, "it does not settle")
            before, items = counts(stack), stack.items()
            tagged, queued = published(stack, "tagged"), published(stack, "queue.passports")
            for stage in ("classify", "route"):
                done = stack.json("replay", stage, "--since", "1h")
                assert done["read"] >= before["found"] and done["dead"] == 0, done
                stack.until(lambda: stack.settled(len(paper.everything)), 60, f"replay of {stage} does not settle")
                assert counts(stack) == before
            assert stack.items() == items
            assert published(stack, "tagged") > tagged, "classify worked"
            assert published(stack, "queue.passports") == queued, "route knew every event"
            again = stack.json("replay", "relay", "--since", "1h")
            assert again["read"] >= queued
            stack.until(
                lambda: published(stack, "queue.passports") >= 2 * queued, 60, "the queue is not published again"
            )
            assert stack.json("replay", "ingest", "--since", "1h")["read"] == before["found"]
            stack.until(lambda: stack.settled(len(paper.everything)), 60, "replay of ingest does not settle")
            assert counts(stack) == before and stack.items() == items
            assert stack.json("replay", "classify", "--since", "0s")["read"] == 0
        assert stack.run("replay", "classify", "--since", "soon").returncode == 2
        assert stack.run("replay", "nobody", "--since", "1h").returncode == 2


def test_a_changed_desk_finds_in_the_log_what_it_missed(tmp_path: Path) -> None:
    paper = News(posts(STORIES, FEEDS), FEEDS)
    with served(paper) as port:
        paper.out = len(paper.everything)
        desk = write_desk(tmp_path / "desk", port, FEEDS)
        late = desk / "files" / "rural-broadband.yaml"
        text = late.read_text(encoding="utf-8")
        late.unlink()
        with running(desk, Address("embedded", {"GORDON_LOG__LEVEL": "debug"})) as stack:
            stack.until(lambda: stack.settled(len(paper.everything)), 90, "it does not settle")
            before = counts(stack)
        late.write_text(text, encoding="utf-8")
        with running(desk, Address("embedded", {})) as stack:
            assert stack.json("replay", "classify", "--since", "1h")["read"] == before["found"]
            told = {post.story for post in paper.everything if post.file == "rural-broadband"}
            stack.until(lambda: counts(stack)["issues"] == before["issues"] + len(told), 60, "the file is not found")
            stack.until(lambda: stack.settled(len(paper.everything)), 60, "it does not settle")
            assert counts(stack)["found"] == before["found"] == counts(stack)["tagged"] + counts(stack)["untagged"]
