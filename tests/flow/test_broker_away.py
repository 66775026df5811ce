"""Real daemons and a real broker behind a line that is down when they start, and breaks again: alive, not ready, and
nothing is lost."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from uuid import uuid4

import pytest

from store.database import open_database
from store.outbox import Outbox
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import STAGES, Address, Stack, running
from tests.servers.proxy import Proxy

FEEDS, STORIES = 3, 12


@pytest.fixture
def address(kafka_proxy: Proxy) -> Address:
    environ = {
        "GORDON_BUS": f"kafka://127.0.0.1:{kafka_proxy.port}",
        "GORDON_TOPIC_PREFIX": f"away{uuid4().hex[:8]}.",
        "GORDON_KAFKA__SESSION_TIMEOUT": "6s",
        "GORDON_KAFKA__REQUEST_TIMEOUT": "3s",
        "GORDON_KAFKA__DELIVERY_TIMEOUT": "3s",
        "GORDON_WORKER__BACKOFF_MOST": "2s",
    }
    return Address("kafka", environ)


def health(stack: Stack, word: str) -> dict[str, int]:
    """What each daemon answers to /health/live or /health/ready; 0: it does not listen yet."""
    found = {}
    for stage in STAGES:
        try:
            where = (stack.desk / "data" / f"{stage}.metrics").read_text().strip()
            with urllib.request.urlopen(f"http://{where}/health/{word}", timeout=60) as answer:
                found[stage] = answer.status
        except urllib.error.HTTPError as refused:
            found[stage] = refused.code
        except (OSError, ValueError):
            found[stage] = 0
    return found


def everywhere(status: int) -> dict[str, int]:
    return dict.fromkeys(STAGES, status)


def waiting(stack: Stack) -> int:
    """Mentions in the outbox of ingest."""
    database = open_database(f"sqlite:///{stack.desk / 'data' / 'gordon.db'}")
    try:
        return Outbox(database).size("ingest")
    finally:
        database.close()


@pytest.mark.kafka
@pytest.mark.hostile(59, 60, 61)
def test_daemons_outlive_a_broker_that_is_away(address: Address, kafka_proxy: Proxy, tmp_path: Path) -> None:
    paper = News(posts(STORIES, FEEDS), FEEDS)
    total = len(paper.everything)
    kafka_proxy.behave("cut")
    with served(paper) as port:
        desk = write_desk(tmp_path / "desk", port, FEEDS)
        paper.publish(total // 2)
        with running(desk, address) as stack:
            stack.until(lambda: health(stack, "ready") == everywhere(503), 30, "they say that they are ready")
            stack.until(lambda: waiting(stack) == total // 2, 30, "ingest does not go on")
            assert health(stack, "live") == everywhere(200)
            kafka_proxy.behave("pass")
            stack.until(lambda: health(stack, "ready") == everywhere(200), 30, "the broker is there, they wait")
            stack.until(lambda: stack.settled(total // 2), 60, "it does not settle")
            kafka_proxy.behave("stall")
            paper.publish(total)
            stack.until(lambda: waiting(stack) == total - total // 2, 30, "ingest does not go on")
            stack.until(lambda: health(stack, "ready") == everywhere(503), 60, "the line is dead, they are ready")
            assert health(stack, "live") == everywhere(200)
            kafka_proxy.behave("pass")
            stack.until(lambda: health(stack, "ready") == everywhere(200), 30, "the line is back, they wait")
            stack.until(lambda: stack.settled(total), 60, "it does not settle")
            assert not any(process.restarts for process in stack.supervisor.processes)
