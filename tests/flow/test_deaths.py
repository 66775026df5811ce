"""A death (kill -9) at each point where something is already done and something not yet: after a restart everything is
there, once, under the ids that it has in a run that nobody disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gordon.bus.open import open_bus
from store.reads import issue, items
from store.status import completeness
from tests.contracts.bus_kinds import FAST, fresh, take
from tests.flow.dying import Pipeline, finish
from tests.flow.news import News, posts, served, write_desk
from tests.servers.kafka import KafkaBroker

ROOT = Path(__file__).parents[2]
FEEDS, STORIES = 3, 9


class Outcome(NamedTuple):
    """Ids of the events between the stages, and the items with their mentions. The id of an item is not part of it: it
    follows from the mention that came first, and after a death another feed may be first."""

    mentions: frozenset[bytes]
    tagged: frozenset[bytes]
    items: frozenset[tuple[str, str, frozenset[str]]]


@pytest.fixture(scope="module")
def news() -> Iterator[tuple[News, int]]:
    paper = News(posts(STORIES, FEEDS), FEEDS)
    paper.out = len(paper.everything)
    with served(paper) as port:
        yield paper, port


@pytest.fixture(scope="module")
def undisturbed(news: tuple[News, int], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    desk = write_desk(tmp_path_factory.mktemp("quiet") / "desk", news[1], FEEDS)
    bus = f"sqlite:///{desk / 'log.db'}"
    pipeline = finish(desk, bus, "g.")
    return outcome(pipeline, bus, len(news[0].everything))


def outcome(pipeline: Pipeline, bus: str, everything: int) -> Outcome:
    """Checks what must hold in any run, and returns what must be the same in all."""
    database, topics = pipeline.database, pipeline.topics
    counts = completeness(database)
    assert (counts.found, counts.tagged + counts.untagged, counts.missing) == (everything, everything, 0)
    assert counts.outbox == 0 and counts.dead == 0
    found = items(database)
    told = frozenset(
        (item.queue, item.file, frozenset(join.mention for join in issue(database, item.issue).joins)) for item in found
    )
    assert len(told) == len(found), "an item twice"
    for item in found:
        revisions = {value: id for id, value in events(bus, topics.queue(item.queue)) if item.id.encode() in value}
        assert revisions, "it did not reach its queue"
        assert len(set(revisions.values())) == len(revisions), "one id, two contents"
    mentions = frozenset(id for id, _ in events(bus, topics.mentions))
    tagged = frozenset(id for id, _ in events(bus, topics.tagged))
    database.close()
    return Outcome(mentions, tagged, told)


def events(bus: str, topic: str) -> list[tuple[bytes, bytes]]:
    """Id and value of each message of a topic."""
    opened = open_bus(bus, kafka=FAST)
    try:
        number = opened.lag([topic], fresh("nobody"))[topic]
        tail = opened.tail(topic, 1.0, from_start=True)
        records = take(tail, number)
        return [(dict(record.headers)["ce_id"], record.value) for record in records]
    finally:
        opened.close()


def die(desk: Path, bus: str, prefix: str, point: str) -> None:
    command = [sys.executable, "-m", "tests.flow.dying", str(desk), bus, prefix, point]
    done = subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == -signal.SIGKILL, f"it never came by {point!r}: {done.stderr[-2000:]}"


POINTS = [
    "ingest.record before",
    "ingest.record after",
    "ingest-relay.pending after",
    "ingest-relay.publish after",
    "ingest-relay.published after",
    "classify.begin after",
    "classify.publish before",
    "route.begin after",
    "route.unseen after",
    "route.write after",
    "route-relay.publish after",
    "route-relay.published after",
]
BEFORE_THE_OFFSET = [
    "classify.publish after",
    "classify.commit before",
    "classify.commit after",
    "route.transaction after",
    "route.commit before",
    "route.commit after",
]


@pytest.mark.parametrize(
    "point",
    [
        *(pytest.param(point, marks=pytest.mark.hostile(54)) for point in POINTS),
        *(pytest.param(point, marks=pytest.mark.hostile(55)) for point in BEFORE_THE_OFFSET),
    ],
)
def test_a_death_between_two_steps_changes_nothing(
    point: str, undisturbed: Outcome, news: tuple[News, int], tmp_path: Path
) -> None:
    desk = write_desk(tmp_path / "desk", news[1], FEEDS)
    bus = f"sqlite:///{desk / 'log.db'}"
    die(desk, bus, "g.", point)
    assert outcome(finish(desk, bus, "g."), bus, len(news[0].everything)) == undisturbed


@pytest.mark.kafka
@pytest.mark.hostile(54, 55)
@pytest.mark.parametrize("point", ["ingest-relay.publish after", "classify.publish after", "route.transaction after"])
def test_a_death_on_kafka_changes_nothing(
    point: str, kafka_server: KafkaBroker, undisturbed: Outcome, news: tuple[News, int], tmp_path: Path
) -> None:
    desk, prefix = write_desk(tmp_path / "desk", news[1], FEEDS), fresh("death") + "."
    bus = f"kafka://{kafka_server.servers}"
    die(desk, bus, prefix, point)
    assert outcome(finish(desk, bus, prefix), bus, len(news[0].everything)) == undisturbed
