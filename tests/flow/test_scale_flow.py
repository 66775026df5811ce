"""Several workers of each stage at once on Kafka and PostgreSQL: one of each is killed under load, nothing is lost or
doubled."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from gordon.bus.open import open_bus
from gordon.codec import decode
from gordon.events import Assigned, Event, Mention, Tagged
from store.database import open_database
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack, running
from tests.servers.kafka import KafkaBroker

FEEDS, STORIES = 8, 90
STAGES = ("ingest", "ingest", "classify", "classify", "classify", "route", "route")
PREFIX = "scale."


@pytest.fixture
def address(kafka_server: KafkaBroker, postgres_url: str) -> Address:
    environ = {
        "GORDON_BUS": f"kafka://{kafka_server.servers}",
        "GORDON_DATABASE": postgres_url,
        "GORDON_TOPIC_PREFIX": PREFIX,
        "GORDON_KAFKA__SESSION_TIMEOUT": "6s",
        "GORDON_POLL__LEASE": "3s",
    }
    return Address("kafka", environ)


def events(servers: str, *topics: str) -> Iterator[Event]:
    """All that the topics have."""
    bus = open_bus(f"kafka://{servers}")
    try:
        for topic in topics:
            tail = bus.tail(topic, 5.0, from_start=True)
            left = bus.lag([topic], "nobody")[topic]
            while left > 0:
                for record in tail.poll(1.0, 500):
                    left -= 1
                    yield decode(record)
    finally:
        bus.close()


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.hostile(64)
def test_two_three_and_two_daemons_one_of_each_killed(
    address: Address, kafka_server: KafkaBroker, tmp_path: Path
) -> None:
    paper = News(posts(STORIES, FEEDS), FEEDS)
    with served(paper) as port:
        desk = write_desk(tmp_path / "desk", port, FEEDS)
        with running(desk, address, STAGES) as stack:
            total = len(paper.everything)
            for stage in ("ingest", "classify", "route", None):
                paper.publish(total // 4 + 1)
                time.sleep(2)
                if stage:
                    kill(stack, stage)
            stack.until(lambda: stack.settled(total), 120, "it does not settle")
            assert {process.name: process.restarts for process in stack.supervisor.processes} == {
                f"{stage}-{number}": int(number in (0, 2, 5)) for number, stage in enumerate(STAGES)
            }
            state = stack.json("status")
            assert (state["found"], state["dead"], state["balanced"]) == (total, 0, True)
            assert state["tags"] == state["routed"] == sum(1 for post in paper.everything if post.file)
        check_topics(kafka_server.servers, paper)
    check_store(address.environ["GORDON_DATABASE"], paper)


def kill(stack: Stack, stage: str) -> None:
    """The first of this stage, which the supervisor starts again."""
    process = next(one for one in stack.supervisor.processes if one.name.startswith(stage))
    process.ask(signal.SIGKILL)
    stack.until(lambda: process.restarts == 1, 20, f"{process.name} does not come back")


def check_topics(servers: str, paper: News) -> None:
    """Each entry is one mention under one id; each mention with a file is told to a queue."""
    mentions = {event.data for event in events(servers, f"{PREFIX}mentions") if isinstance(event.data, Mention)}
    assert Counter(mention.title for mention in mentions) == Counter(post.title for post in paper.everything)
    tagged = {e.id: e.data for e in events(servers, f"{PREFIX}tagged") if isinstance(e.data, Tagged)}
    assert {data.mention.id for data in tagged.values()} == {mention.id for mention in mentions}
    assert len(tagged) == len(paper.everything), "one event for each file of a mention, under one id"
    queues = [f"{PREFIX}queue.{name}" for name in ("passports", "benefits", "duty")]
    told = {event.id: event.data for event in events(servers, *queues) if isinstance(event.data, Assigned)}
    with_file = {data.mention.id for data in tagged.values() if data.file}
    assert {data.mention.id for data in told.values()} >= with_file
    latest: dict[str, int] = {}
    for data in told.values():
        latest[data.item] = max(latest.get(data.item, 0), data.mentions)
    assert sum(latest.values()) == len(with_file), "each mention counts once, in one item"


def check_store(url: str, paper: News) -> None:
    database = open_database(url)
    try:
        with database.reading() as connection:
            joined = Counter(connection.scalars(text("SELECT mention FROM issue_mentions")))
            items = Counter(
                (one.issue, one.queue) for one in connection.execute(text("SELECT issue, queue FROM items"))
            )
    finally:
        database.close()
    assert set(joined.values()) == {1}, "a mention in two issues"
    assert len(joined) == sum(1 for post in paper.everything if post.file)
    assert set(items.values()) == {1}, "an item twice"
