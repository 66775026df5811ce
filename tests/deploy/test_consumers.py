"""The example consumers on a real broker: killed, given everything twice and things they do not know; and kcat as
docs/consumers.md has it."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from gordon.bus import Message
from gordon.bus.kafka_settings import KafkaSettings
from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.events import Assigned, Event, MentionRef
from gordon.ids import derive
from tests.flow.stack import SLOW
from tests.servers.kafka import KafkaBroker
from tests.servers.missing import Missing, started

ROOT = Path(__file__).parents[2]
CONSUMERS = ROOT / "deploy" / "consumers"
PAGE = ROOT / "docs" / "consumers.md"
ISSUES, CHANGES = 12, 5
pytestmark = pytest.mark.kafka


def events(topic: str) -> list[Message]:
    """Items that grow, as route publishes them."""
    return [encode(event(topic, f"issue-{issue}", change)) for change in range(CHANGES) for issue in range(ISSUES)]


def event(topic: str, issue: str, change: int) -> Event:
    data = Assigned(
        item=f"item-of-{issue}", issue=issue, queue="desk", file="passport-services", files=("passport-services",),
        mention=MentionRef(id=f"m{change}", url="https://blog.example/", title="Délais « encore »", language="fr"),
        mentions=change + 1, priority="normal", team=(), gaps=(), clocks={}, explain=("people put it there",),
        change="grew" if change else "opened", policy_version="p",
    )  # fmt: skip
    return Event(
        topic=topic, key=issue, type="gordon.assigned.v1", id=derive("event", "test", topic, issue, str(change)),
        source="/gordon/route", subject=data.item, time=datetime(2026, 11, 23, 19, tzinfo=UTC), data=data,
    )  # fmt: skip


def strange(topic: str) -> list[Message]:
    """What a consumer has to set aside: a later major version, no JSON, no event at all."""
    headers = dict(events(topic)[0].headers)
    newer = tuple((headers | {"ce_type": b"gordon.assigned.v2", "ce_id": b"newer"}).items())
    broken = tuple((headers | {"ce_id": b"broken"}).items())
    return [
        Message(topic, "k", b'{"shape": "of tomorrow"}', newer),
        Message(topic, "k", b"{", broken),
        Message(topic, "k", b"hello"),
    ]


def with_unknown_field(message: Message) -> Message:
    """As a later Gordon sends it: the same event with a field more."""
    return Message(message.topic, message.key, message.value[:-1] + b',"mood":"sunny"}', message.headers)


@dataclass(frozen=True)
class Example:
    """One of the programs: its command, and what it has done, as (ids, mentions by item, how many are set aside)."""

    command: Sequence[str]
    folder: Path
    done: Callable[[], tuple[Counter[str], dict[str, int], int]]

    def start(self) -> subprocess.Popen[bytes]:
        with (self.folder / "consumer.log").open("ab") as log:
            return subprocess.Popen(self.command, cwd=self.folder, stdout=log, stderr=log)

    def until(self, what: Callable[[], bool], process: subprocess.Popen[bytes], seconds: float = 40.0) -> None:
        end = time.monotonic() + SLOW * seconds
        while not what():
            log = (self.folder / "consumer.log").read_text(encoding="utf-8", errors="replace")[-3000:]
            assert process.poll() is None, f"it ended: {log}"
            assert time.monotonic() < end, f"{self.done()}: {log}"
            time.sleep(0.1)


@contextmanager
def node_modules() -> Iterator[Path]:
    """The folder of the Node.js example with its locked libraries. Raises Missing without node and npm."""
    for name in ("node", "npm"):
        if not shutil.which(name):
            raise Missing(f"{name} is not installed, so the Node.js consumer cannot run: apt install nodejs npm")
    with tempfile.TemporaryDirectory(prefix="gordon-node-") as name:
        folder = Path(name)
        for path in (CONSUMERS / "node").glob("*.js*"):
            shutil.copy(path, folder)
        install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        done = subprocess.run(install, cwd=folder, capture_output=True, timeout=300, check=False)
        if done.returncode:
            raise Missing(f"npm could not fetch the libraries: {done.stderr.decode('utf-8', 'replace')[-1000:]}")
        yield folder


@pytest.fixture(scope="module")
def node_folder() -> Iterator[Path]:
    with ExitStack() as stack:
        yield started(stack, node_modules, os.environ)


@pytest.fixture
def topic() -> str:
    return f"consumers{uuid4().hex[:8]}.queue.desk"


@pytest.fixture(params=["python", "node"])
def example(request: pytest.FixtureRequest, kafka_server: KafkaBroker, topic: str, tmp_path: Path) -> Example:
    group = ["--brokers", kafka_server.servers, "--group", f"group-{uuid4().hex[:8]}"]
    if request.param == "python":
        script = str(CONSUMERS / "python" / "consumer.py")
        return Example(
            [sys.executable, script, *group, "--database", "work.db", topic], tmp_path, sqlite_work(tmp_path)
        )
    folder: Path = request.getfixturevalue("node_folder")
    command = ["node", str(folder / "consumer.js"), *group, "--file", str(tmp_path / "work.jsonl"), topic]
    return Example(command, tmp_path, file_work(tmp_path))


def sqlite_work(folder: Path) -> Callable[[], tuple[Counter[str], dict[str, int], int]]:
    def done() -> tuple[Counter[str], dict[str, int], int]:
        if not (folder / "work.db").exists():
            return Counter(), {}, 0
        database = sqlite3.connect(folder / "work.db", timeout=30)
        try:
            tables = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'parked'").fetchone()[0]
            if not tables:
                return Counter(), {}, 0
            ids = Counter(id for (id,) in database.execute("SELECT id FROM handled"))
            work = {item: (mentions, changes) for item, mentions, changes in database.execute(
                "SELECT item, mentions, changes FROM work")}  # fmt: skip
            assert all(changes <= CHANGES for _, changes in work.values()), "something took effect twice"
            parked = database.execute("SELECT count(*) FROM parked").fetchone()[0]
        finally:
            database.close()
        return ids, {item: mentions for item, (mentions, _) in work.items()}, parked

    return done


def file_work(folder: Path) -> Callable[[], tuple[Counter[str], dict[str, int], int]]:
    def done() -> tuple[Counter[str], dict[str, int], int]:
        path = folder / "work.jsonl"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        lines = [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]
        ids = Counter(line["id"] for line in lines if "parked" not in line)
        work: dict[str, int] = {line["item"]: line["data"]["mentions"] for line in lines if "parked" not in line}
        return ids, work, sum("parked" in line for line in lines)

    return done


def test_each_event_takes_effect_once(example: Example, kafka_server: KafkaBroker, topic: str) -> None:
    messages = events(topic)
    half = len(messages) // 2
    bus = open_bus(f"kafka://{kafka_server.servers}", kafka=KafkaSettings(partitions=3))
    try:
        bus.publish(messages[:half])
        process = example.start()
        example.until(lambda: len(example.done()[0]) > 0, process)
        bus.publish([*messages[:half], *strange(topic)])
        process.kill()
        process.wait()
        process = example.start()
        bus.publish([*map(with_unknown_field, messages[half:]), *messages[half:], *strange(topic)])
        example.until(lambda: len(example.done()[0]) == len(messages) and example.done()[2] == 6, process)
        process.send_signal(signal.SIGTERM)
        assert process.wait(SLOW * 20) == 0
        ids, work, parked = example.done()
        assert ids == Counter({dict(message.headers)["ce_id"].decode(): 1 for message in messages})
        assert work == {f"item-of-issue-{number}": CHANGES for number in range(ISSUES)}
        assert parked == 6
        process = example.start()
        bus.publish(messages)
        bus.publish([encode(event(topic, "issue-late", 0))])
        example.until(lambda: "item-of-issue-late" in example.done()[1], process)
        process.send_signal(signal.SIGINT)
        assert process.wait(SLOW * 20) == 0
        assert len(example.done()[0]) == len(messages) + 1
    finally:
        bus.close()
    said = (example.folder / "consumer.log").read_text(encoding="utf-8")
    printed = Counter(re.findall(r'^\{"id": ?"([^"]+)"', said, re.MULTILINE))
    assert set(printed.values()) == {1}, "said twice"


def test_a_line_torn_by_a_crash_is_cut_off(
    node_folder: Path, kafka_server: KafkaBroker, topic: str, tmp_path: Path
) -> None:
    bus = open_bus(f"kafka://{kafka_server.servers}", kafka=KafkaSettings(partitions=1))
    try:
        bus.publish(events(topic)[:2])
    finally:
        bus.close()
    (tmp_path / "work.jsonl").write_text(
        '{"id":"before","item":"é","data":{"mentions":1}}\n{"id":"to', encoding="utf-8"
    )
    command = ["node", str(node_folder / "consumer.js"), "--brokers", kafka_server.servers, "--group", topic]
    example = Example([*command, "--file", str(tmp_path / "work.jsonl"), topic], tmp_path, file_work(tmp_path))
    process = example.start()
    example.until(lambda: len(example.done()[0]) == 3, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(SLOW * 20) == 0
    assert "before" in example.done()[0]


@contextmanager
def kcat_command() -> Iterator[str]:
    found = shutil.which("kcat") or shutil.which("kafkacat")
    if not found:
        raise Missing("kcat is not installed, so the commands of docs/consumers.md cannot run: apt install kafkacat")
    yield found


@pytest.fixture(scope="module")
def kcat() -> Iterator[str]:
    with ExitStack() as stack:
        yield started(stack, kcat_command, os.environ)


def documented() -> list[str]:
    return re.findall(r"^(kcat .*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_shows_how_to_look_with_kcat() -> None:
    assert len(documented()) >= 4


@pytest.mark.parametrize("line", documented())
def test_kcat_shows_what_the_page_says(line: str, kcat: str, kafka_server: KafkaBroker, topic: str) -> None:
    bus = open_bus(f"kafka://{kafka_server.servers}", kafka=KafkaSettings(partitions=3))
    try:
        bus.publish(events(topic))
        bus.publish([Message(topic.replace("queue.desk", "dead"), "k", b'{"stage":"classify"}', ())])
    finally:
        bus.close()
    prefix = topic.removesuffix("queue.desk")
    line = line.replace("broker:9092", kafka_server.servers).replace("gordon.queue.rapid-correction", topic)
    line = line.replace("gordon.", prefix, 1) if prefix not in line else line
    command = [kcat, *shlex.split(line.partition(" | ")[0])[1:]]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SLOW * 30, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip(), line
    if "-f" in command:
        assert "Délais « encore »" in done.stdout and "gordon.assigned.v1" in done.stdout
