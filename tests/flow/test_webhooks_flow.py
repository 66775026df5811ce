"""Real relay daemons tell a real receiver on loopback: after kills, with two at once, in order, after a reload."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.events import Event
from tests.contract import Contract
from tests.flow.stack import SLOW, Address, Stack, running
from tests.gordon.webhook_samples import OTHER, SECRET, assigned, secret_file
from tests.ingest.origin import Asked, Origin, Script, reply
from tests.route.route_desk import write_desk

CONTRACT = Contract()
ISSUES, CHANGES = 8, 5
SETTINGS = '[http]\nallow_networks = ["127.0.0.0/8"]\n'


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=(pytest.mark.kafka, pytest.mark.postgres))])
def address(request: pytest.FixtureRequest) -> Address:
    if request.param == "embedded":
        return Address("embedded", {})
    servers = request.getfixturevalue("kafka_server").servers
    environ = {
        "GORDON_BUS": f"kafka://{servers}",
        "GORDON_DATABASE": request.getfixturevalue("postgres_url"),
        "GORDON_TOPIC_PREFIX": f"hooks{random.randrange(10**9)}.",
    }
    return Address("kafka", environ)


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


def desk(folder: Path, origin: Origin, *ids: str, **news: str) -> None:
    """A desk with these webhooks, each at the path of its name."""
    write_desk(folder)
    secret_file(folder)
    (folder / "gordon.toml").write_text(SETTINGS, encoding="utf-8")
    webhooks(folder, *({"id": id, "url": origin.url(f"/{id}"), **news} for id in ids))


def webhooks(folder: Path, *rows: dict[str, object]) -> None:
    given = [{"secrets": [{"file": "secrets/jira"}], **row} for row in rows]
    (folder / "webhooks.yaml").write_text(json.dumps(given), encoding="utf-8")


def publish(folder: Path, address: Address, events: list[Event]) -> None:
    """Events of queues, on the bus as route puts them there."""
    prefix = address.environ.get("GORDON_TOPIC_PREFIX", "gordon.")
    bus = open_bus(address.environ.get("GORDON_BUS") or f"sqlite:///{folder / 'data' / 'log.db'}")
    try:
        messages = [replace(encode(one), topic=one.topic.replace("gordon.", prefix, 1)) for one in events]
        bus.ensure(sorted({message.topic for message in messages}))
        bus.publish(messages)
    finally:
        bus.close()


def history(first: int = 0) -> list[Event]:
    """Each issue changes some times, all issues in turn."""
    return [
        assigned(f"{issue}-{change}", f"issue-{issue}", change="opened" if not change else "grew")
        for change in range(CHANGES)
        for issue in range(first, first + ISSUES)
    ]


def posted(origin: Origin, path: str) -> list[str]:
    """The ids of events that a receiver has taken, each at its first coming."""
    return list(dict.fromkeys(asked.headers["webhook-id"] for asked in origin.asked(path)))


def promised(asked: Asked) -> list[str]:
    """What a post has against docs/asyncapi.json. The ids of these tests are short and no UUIDs."""
    return CONTRACT.faults("webhook-assigned", asked.headers, json.loads(asked.body), formats=False)


def caught_up(stack: Stack) -> bool:
    return all(line["waiting"] == 0 and line["state"] == "active" for line in stack.json("webhooks", "list"))


def test_two_relays_tell_everything_in_order_though_they_are_killed(
    tmp_path: Path, address: Address, origin: Origin
) -> None:
    desk(tmp_path, origin, "quick", "slow")
    origin.answers["/quick"] = reply()

    def slowly(asked: Asked) -> Script:
        yield 0.05
        yield reply(status=500 if sum(one == asked for one in origin.asked("/slow")) % 7 == 6 else 200)

    origin.answers["/slow"] = slowly
    chance = random.Random(6)
    with running(tmp_path, address, ("relay", "relay")) as stack:
        stack.until(lambda: len(stack.json("webhooks", "list")) == 2, 60, "no webhooks")
        publish(tmp_path, address, history())
        stack.until(lambda: len(origin.requests) > 10, 60, "nothing is posted")
        stack.kill_one(chance)
        publish(tmp_path, address, history(ISSUES))
        stack.until(lambda: len(posted(origin, "/quick")) > ISSUES * CHANGES, 60, "nobody took over")
        stack.kill_one(chance)
        wanted = {one.id for one in [*history(), *history(ISSUES)]}
        for path in ("/quick", "/slow"):
            stack.until(lambda path=path: set(posted(origin, path)) == wanted, 90, f"{path} was not told all")
        stack.until(lambda: caught_up(stack), 60, "something waits for ever")
    for path in ("/quick", "/slow"):
        for issue in range(2 * ISSUES):
            mine = [id for id in posted(origin, path) if id.startswith(f"{issue}-")]
            assert mine == [f"{issue}-{change}" for change in range(CHANGES)]
    whole = [one for one in origin.requests if len(one.body) == int(one.headers["content-length"])]
    assert len(whole) >= len(wanted) * 2
    for asked in whole:
        assert asked.method == "POST" and promised(asked) == []


def test_a_reload_changes_receivers_secrets_and_what_they_are_told(
    tmp_path: Path, address: Address, origin: Origin
) -> None:
    desk(tmp_path, origin)
    origin.answers["/a"] = origin.answers["/b"] = reply()
    with running(tmp_path, address, ("relay",)) as stack:
        stack.until(lambda: '"started"' in stack.tails(), 60, "no start")
        publish(tmp_path, address, [assigned("before", "i1")])
        (tmp_path / "webhooks.yaml").write_text(json.dumps([{"id": "a"}]), encoding="utf-8")
        stack.until(lambda: "desk refused" in stack.tails(), 60, "a wrong desk was not refused")
        secret_file(tmp_path, OTHER, "second")
        both = [{"file": "secrets/jira"}, {"file": "secrets/second"}]
        webhooks(
            tmp_path,
            {"id": "a", "url": origin.url("/a"), "changes": ["opened"], "secrets": both},
            {"id": "b", "url": origin.url("/b"), "queues": ["watch"]},
        )
        stack.until(lambda: {line["state"] for line in stack.json("webhooks", "list")} == {"active"}, 90, "no reload")
        publish(tmp_path, address, [assigned("o", "i2"), assigned("g", "i2", change="grew")])
        publish(tmp_path, address, [assigned("w", "i3", change="grew", queue="watch")])
        stack.until(lambda: posted(origin, "/a") == ["o"] and posted(origin, "/b") == ["w"], 60, "not told")
    (asked,) = origin.asked("/a")
    for secret in (SECRET, OTHER):
        assert Verifier(secret).verify(asked.body, dict(asked.headers))["data"]["issue"] == "i2"


def test_old_news_are_none_to_a_new_webhook(tmp_path: Path, origin: Origin) -> None:
    address = Address("embedded", {})
    desk(tmp_path, origin, "a")
    origin.answers["/a"] = reply()
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with running(tmp_path, address, ("relay",)) as stack:
        publish(tmp_path, address, [assigned("old", "i1", time=long_ago), assigned("new", "i1")])
        stack.until(lambda: posted(origin, "/a") == ["new"], 60, "not told")


def test_what_was_given_up_is_posted_again_by_a_replay_to_that_webhook_alone(tmp_path: Path, origin: Origin) -> None:
    """Through the real route daemon, which keeps the dead letters."""
    import sqlite3

    address = Address("embedded", {})
    desk(tmp_path, origin, "a", "b")
    origin.answers["/a"], origin.answers["/b"] = reply(status=500), reply()
    (tmp_path / "feeds.opml").write_text("<opml version='2.0'><body/></opml>", encoding="utf-8")
    with running(tmp_path, address, ("relay", "route")) as stack:
        publish(tmp_path, address, [assigned("e1", "i1")])
        stack.until(lambda: posted(origin, "/a") == ["e1"] == posted(origin, "/b"), 60, "not told")
        stack.until(lambda: stack.json("webhooks", "list")[0]["state"] == "failing", 60, "no failure noted")
        with sqlite3.connect(tmp_path / "data" / "gordon.db", timeout=SLOW * 10) as database:
            database.execute("UPDATE deliveries SET attempts = 9 WHERE state = 'waiting'")
        assert stack.run("webhooks", "enable", "a").returncode == 0
        stack.until(lambda: len(stack.json("dead", "list")) == 1, 60, "no dead letter")
        (letter,) = stack.json("dead", "list")
        assert (letter["stage"], letter["reason"]) == ("relay", "undeliverable")
        origin.answers["/a"] = reply()
        done = stack.run("dead", "replay", letter["id"])
        assert done.returncode == 0, done.stderr
        stack.until(lambda: caught_up(stack), 60, "it was not posted again")
    assert len(origin.asked("/b")) == 1 and len(origin.asked("/a")) == 3
