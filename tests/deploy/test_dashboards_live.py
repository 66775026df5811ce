"""Kafka, PostgreSQL, all four daemons, a town that writes, webhooks that are posted, and a real Prometheus that scrapes
and evaluates with the configuration of deploy/prometheus: every panel of every dashboard has something to show."""

from __future__ import annotations

import math
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import yaml

from deploy.grafana.build import SHEETS
from gordon.events import Topics
from tests.deploy.live import FEEDS, SECRET, Town, open_town, poison, remember, write_town_desk
from tests.deploy.panels import load, panels
from tests.deploy.prometheus import DEPLOY, Prometheus, address_of, program, running_prometheus
from tests.flow.news import posts
from tests.flow.stack import Address, Stack, running
from tests.servers.kafka import KafkaBroker

pytestmark = [pytest.mark.kafka, pytest.mark.postgres]
STAGES = ("ingest", "classify", "route", "relay")
STORIES = 1500
CHOICES = {
    "$__rate_interval": "30s",
    "$__range": "5m",
    "$file": ".*",
    "$language": ".*",
    "$queue": ".*",
}


@dataclass(frozen=True)
class Live:
    """``knock``: somebody calls the listener for hubs with a word that it does not know."""

    stack: Stack
    prometheus: Prometheus
    knock: Callable[[], None]


@pytest.fixture
def live(
    kafka_server: KafkaBroker,
    migrated_postgres: Callable[[], str],
    tmp_path: Path,
) -> Iterator[Live]:
    folder = tmp_path
    town = Town(posts(STORIES, FEEDS), FEEDS)
    address = Address(
        "kafka",
        {
            "GORDON_BUS": f"kafka://{kafka_server.servers}",
            "GORDON_DATABASE": migrated_postgres(),
            "GORDON_TOPIC_PREFIX": f"live{uuid4().hex[:8]}.",
            "GORDON_KAFKA__PARTITIONS": "2",
            "TRACKER_SECRET": SECRET,
        },
    )
    topics = Topics(address.environ["GORDON_TOPIC_PREFIX"])
    program("prometheus"), program("promtool")
    with open_town(town) as port:
        callback = write_town_desk(folder / "desk", port)
        remember(address.environ["GORDON_DATABASE"], port, topics)
        poison(address.environ["GORDON_BUS"], topics)
        with running(folder / "desk", address, STAGES) as stack:
            stack.until(lambda: all(listens(stack.desk, stage) for stage in STAGES), 60, "a daemon does not listen")
            with running_prometheus(folder, configured(folder, stack.desk)) as prometheus:
                yield Live(stack, prometheus, lambda: knock(callback))


def listens(desk: Path, stage: str) -> bool:
    with suppress(OSError):
        return urllib.request.urlopen(f"http://{address_of(desk, stage)}/health/live", timeout=10).status == 200
    return False


def configured(folder: Path, desk: Path) -> Path:
    """The configuration for one machine, with the real ports and a second for a quarter of a minute."""
    written: dict[str, Any] = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text())
    written["global"] = dict.fromkeys(written["global"], "1s")
    written["rule_files"] = [str(DEPLOY / "prometheus" / rules) for rules in written["rule_files"]]
    for job in written["scrape_configs"]:
        job["static_configs"] = [{"targets": [address_of(desk, job["job_name"].removeprefix("gordon-"))]}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(written))
    return folder / "prometheus.yml"


def knock(port: int) -> None:
    call = urllib.request.Request(f"http://127.0.0.1:{port}/hub/{'n' * 43}", data=b"news")
    with suppress(OSError):  # 404 is the answer; at first nobody may be there
        urllib.request.urlopen(call, timeout=20).close()


def queries() -> dict[str, str]:
    """Every query of every panel as Grafana would send it, by where it stands; and every recording rule."""
    found = {}
    for name in SHEETS:
        for panel in panels(load(f"en/{name}")):
            for target in panel["targets"]:
                expression = target["expr"]
                for word, value in CHOICES.items():
                    expression = expression.replace(word, value)
                found[f"{name}: {panel['title']} ({target['refId']})"] = expression
    groups = yaml.safe_load((DEPLOY / "prometheus" / "rules" / "recording.yaml").read_text())["groups"]
    return found | {f"rule {rule['record']}": rule["record"] for group in groups for rule in group["rules"]}


def test_a_busy_gordon_fills_every_panel(live: Live) -> None:
    """One test, so that several processes that run tests do not start several Gordons."""
    all_have_data(live)
    for expression, right in SHOWN.items():
        live.stack.until(lambda at=(expression, right): value(live, at[0]) == at[1], 30, f"{expression} is not {right}")
    rules = [rule for group in live.prometheus.ask("rules")["groups"] for rule in group["rules"]]
    assert len(rules) > 35
    assert [(rule["name"], rule["lastError"]) for rule in rules if rule["health"] != "ok"] == []
    for stage in STAGES:
        promtool_is_silent(live.stack.desk, stage)


def all_have_data(live: Live) -> None:
    waiting = queries()
    assert len(waiting) > 70

    def everything() -> bool:
        live.knock()
        for place, expression in list(waiting.items()):
            if any(not math.isnan(value) for _, value in live.prometheus.query(expression)):
                del waiting[place]
        return not waiting

    with suppress(AssertionError):
        live.stack.until(everything, 60, "")
    assert not waiting, f"{waiting}\n{live.prometheus.log()}\n{live.stack.tails()}"


SHOWN = {
    "max(gordon_mentions_missing)": 0.0,
    "max(gordon_tags_unrouted)": 0.0,
    'sum(max by (stage) (gordon_dead_letters{stage="classify"}))': 1.0,
    'count(max by (language) (gordon_language_quiet{language="fr"}))': 1.0,
    'count(gordon_feed_silence_seconds{feed="quiet-corner"} > 6 * 86400)': 1.0,
    'count(ALERTS{alertname="GordonClockBreached", alertstate="firing"}) > bool 0': 1.0,
    'max(gordon_gaps{discipline="advocacy"})': 1.0,
    'count(gordon_mentions_silenced_total{silence="broadband-strike"})': 1.0,
    'sum(gordon_webhook_deliveries_total{outcome="delivered"}) > bool 0': 1.0,
    'count(up{job=~"gordon-.+"} == 1)': 4.0,
    "min(gordon_ready)": 1.0,
}
"""What was done, as it is shown."""


def value(live: Live, expression: str) -> float:
    found = live.prometheus.query(expression)
    return found[0][1] if found else math.nan


def promtool_is_silent(desk: Path, stage: str) -> None:
    with urllib.request.urlopen(f"http://{address_of(desk, stage)}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    command = [program("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), stage
