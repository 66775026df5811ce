"""What the four running daemons expose is what docs/metrics.md says, and promtool finds nothing to blame in it."""

from __future__ import annotations

import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gordon.metrics import METRICS
from tests.deploy.prometheus import address_of, program
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, running
from tests.house.markdown import sections

DOCUMENT = Path(__file__).parents[2] / "docs" / "metrics.md"
STAGES = ("ingest", "classify", "route", "relay")
FEEDS, STORIES = 3, 12

Expositions = dict[str, str]


@pytest.fixture
def expositions(tmp_path: Path) -> Iterator[Expositions]:
    """What /metrics of each daemon says once a few stories have gone from feeds to queues."""
    paper = News(posts(STORIES, FEEDS), FEEDS)
    paper.publish(len(paper.everything))
    with served(paper) as port:
        desk = write_desk(tmp_path / "desk", port, FEEDS)
        with running(desk, Address("embedded", {}), STAGES) as stack:
            whole = len(paper.everything)
            stack.until(lambda: stack.settled(whole), 60, "the run does not settle")
            stack.until(lambda: sum(states(scraped(desk, "route"))) == whole, 30, "the equation does not follow")
            yield {stage: scraped(desk, stage) for stage in STAGES}


def scraped(desk: Path, stage: str) -> str:
    with urllib.request.urlopen(f"http://{address_of(desk, stage)}/metrics", timeout=60) as answer:
        return str(answer.read().decode())


def states(text: str) -> list[float]:
    """The mentions of each state."""
    return [float(value) for value in re.findall(r"^gordon_mentions{.*} (\S+)$", text, re.MULTILINE)]


def families(text: str) -> dict[str, str]:
    """The kind of each metric; histograms and counters under the name that people use in queries."""
    return dict(re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE))


def labels(text: str, name: str, kind: str) -> set[tuple[str, ...]]:
    """The names of labels of all series of a metric, ``le`` apart."""
    suffix = "_bucket" if kind == "histogram" else ""
    found = re.findall(rf"^{name}{suffix}(?:{{(.*)}})? \S+$", text, re.MULTILINE)
    return {tuple(sorted(set(re.findall(r'(\w+)="', series)) - {"le"})) for series in found}


def documented(stage: str) -> dict[str, str]:
    table = sections(DOCUMENT)
    own = {row.code()[0]: row.cells[1] for row in table["Metrics"].rows if stage in row.cells[3].split(", ")}
    return own | {row.code()[0]: row.cells[1] for row in table["Of the process"].rows}


def test_running_daemons_have_the_metrics_of_the_table(expositions: Expositions) -> None:
    """One test, so that several processes that run tests do not start several Gordons."""
    for stage, text in expositions.items():
        assert families(text) == documented(stage), stage
        has_documented_labels(stage, text)
        promtool_is_silent(text)
        assert not re.search(r"https?://|News \d|127\.0\.0\.1", text), "a series names an address or a title"
    assert sum(states(expositions["route"])) == len(posts(STORIES, FEEDS))
    assert "\ngordon_mentions_missing 0.0\n" in expositions["route"]
    assert "\ngordon_tags_unrouted 0.0\n" in expositions["route"]


def has_documented_labels(stage: str, text: str) -> None:
    wanted = {name: spec for name, spec in METRICS.items() if stage in spec.stages}
    seen = {name: labels(text, name, spec.kind) for name, spec in wanted.items()}
    assert {name for name, found in seen.items() if found - {tuple(sorted(wanted[name].labels))}} == set()
    assert len([name for name, found in seen.items() if found]) >= 8


def promtool_is_silent(text: str) -> None:
    command = [program("promtool"), "check", "metrics"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
