"""A mention is followed by its id through the logs of all daemons, and ``gordon explain`` shows the same ids."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack, running

FEEDS = 3
Line = dict[str, Any]


def lines(stack: Stack) -> list[Line]:
    """All lines of all daemons; each is one JSON object."""
    return [json.loads(line) for path in stack.logs.iterdir() for line in path.read_text().splitlines()]


def ways(logged: list[Line]) -> dict[str, list[Line]]:
    """The lines about each mention, in the order of time."""
    found: dict[str, list[Line]] = defaultdict(list)
    for line in sorted(logged, key=lambda line: str(line["timestamp"])):
        if "mention" in line:
            found[line["mention"]].append(line)
    return found


def steps(way: list[Line]) -> set[tuple[str, str]]:
    return {(line["stage"], line["event"]) for line in way}


TOLD = {("ingest", "published"), ("classify", "handled"), ("route", "handled")}


def test_a_mention_is_followed_by_its_id(tmp_path: Path) -> None:
    paper = News(posts(8, FEEDS), FEEDS)
    paper.out = len(paper.everything)
    with served(paper) as port:
        desk = write_desk(tmp_path / "desk", port, FEEDS)
        with running(desk, Address("embedded", {"GORDON_LOG__LEVEL": "debug"})) as stack:
            stack.until(lambda: stack.settled(len(paper.everything)), 90, "it does not settle")
            items = {item["item"]: item for item in stack.json("queue", "show", "passports")}
    found = ways(lines(stack))
    assert len(found) == len(paper.everything)
    for way in found.values():
        tagged = [line for line in way if line["event"] == "tagged"]
        last = {("classify", "tagged")} if tagged else {("classify", "untagged")}
        assert TOLD | last <= steps(way), way
        sent = {line["event_id"] for line in way if (line["stage"], line["event"]) == ("ingest", "published")}
        read = {line["event_id"] for line in way if (line["stage"], line["event"]) == ("classify", "handled")}
        assert sent == read and len(sent) == 1
        assert {line["event_id"] for line in way if line["event"] in ("tagged", "untagged")} == {
            line["event_id"] for line in way if (line["stage"], line["event"]) == ("route", "handled")
        }
    told = [line for way in found.values() for line in way if line["event"] == "item" and line["queue"] == "passports"]
    assert told and {line["item"] for line in told} == set(items)
    one = told[0]
    trail = stack.json("explain", one["mention"])
    assert {item["issue"] for item in trail["items"]} == {one["issue"]} and one["level"] == "info"
    assert {item["id"] for item in trail["items"]} == {one["item"]}
    assert [each["revision"] for each in trail["found"]] == [found[one["mention"]][0]["revision"]]
