"""Rules and configuration of Prometheus: promtool reads them, their own tests pass, every rule has one, every metric in
them exists, and every alert has its section in the handbook."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from gordon.app.daemon import PORT_OFFSET
from gordon.metrics import METRICS
from gordon.settings import Settings
from tests.deploy.prometheus import DEPLOY, program
from tests.house.markdown import anchors, sections

FOLDER = DEPLOY / "prometheus"
CONFIGURATIONS = sorted(FOLDER.glob("*.yml"))
RULES = sorted((FOLDER / "rules").glob("*.yaml"))
TESTS = sorted((FOLDER / "tests").glob("*.yaml"))
HANDBOOK = DEPLOY.parent / "docs" / "alerts.md"
PARTS = ("**Means.**", "**Look.**", "**Do.**")


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAILED" not in done.stdout + done.stderr


def rules(kind: str) -> dict[str, dict[str, Any]]:
    """All rules that have this key (alert, record), by its value; none has a name that is taken."""
    found = [rule for path in RULES for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]
    named = {rule[kind]: rule for rule in found if kind in rule}
    assert len(named) == len([rule for rule in found if kind in rule])
    return named


def checks(kind: str) -> Iterator[dict[str, Any]]:
    """The single checks of all tests."""
    for path in TESTS:
        for test in yaml.safe_load(path.read_text())["tests"]:
            yield from test.get(kind, ())


@pytest.mark.parametrize("path", CONFIGURATIONS, ids=lambda path: path.name)
def test_the_configurations_are_valid(path: Path) -> None:
    run(program("promtool"), "check", "config", str(path))


def test_on_one_machine_the_default_port_of_each_daemon_is_scraped() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    found = {job["job_name"]: job["static_configs"][0]["targets"] for job in jobs}
    defaults = Settings().metrics
    assert found == {
        f"gordon-{stage}": [f"{defaults.listen}:{defaults.port + offset}"] for stage, offset in PORT_OFFSET.items()
    }


def test_in_containers_the_services_are_scraped_on_the_same_ports() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus-compose.yml").read_text())["scrape_configs"]
    found = {(job["job_name"], *job["dns_sd_configs"][0]["names"], job["dns_sd_configs"][0]["port"]) for job in jobs}
    assert found == {(f"gordon-{stage}", stage, Settings().metrics.port + at) for stage, at in PORT_OFFSET.items()}


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_are_readable(path: Path) -> None:
    run(program("promtool"), "check", "rules", str(path))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_rules_do_as_their_tests_say(path: Path) -> None:
    run(program("promtool"), "test", "rules", str(path))


def test_every_alert_fires_in_some_test_and_is_quiet_in_some() -> None:
    found = list(checks("alert_rule_test"))
    assert set(rules("alert")) == {check["alertname"] for check in found if check["exp_alerts"]}
    assert set(rules("alert")) == {check["alertname"] for check in found if not check["exp_alerts"]}


def test_every_recording_rule_has_a_test() -> None:
    tested = {check["expr"] for check in checks("promql_expr_test") if check["exp_samples"]}
    assert rules("record") and set(rules("record")) == tested


@pytest.mark.parametrize("name", [*rules("alert"), *rules("record")])
def test_a_rule_asks_for_what_exists(name: str) -> None:
    expression = (rules("alert") | rules("record"))[name]["expr"]
    known = set(METRICS) | {f"{metric}_{end}" for metric in METRICS for end in ("bucket", "count", "sum")}
    asked = set(re.findall(r"\bgordon_[a-z_]+", expression))
    recorded = set(re.findall(r"\bgordon:[a-z0-9_:]+", expression))
    assert asked <= known and recorded <= set(rules("record"))
    assert asked or recorded or re.search(r"\b(up|process_start_time_seconds){", expression)


@pytest.mark.parametrize("name", rules("alert"))
def test_every_alert_links_to_its_section_which_says_what_to_do(name: str) -> None:
    rule = rules("alert")[name]
    assert rule["annotations"]["handbook"] == f"docs/alerts.md#{name.lower()}"
    assert name.lower() in anchors(HANDBOOK)
    text = "\n".join(sections(HANDBOOK)[name].lines)
    assert [part for part in PARTS if part not in text] == []
    assert rule["labels"]["severity"] in {row.code()[0] for row in sections(HANDBOOK)["Alerts"].rows}


def test_the_handbook_has_no_alert_that_does_not_exist() -> None:
    assert {title for title in sections(HANDBOOK) if title.startswith("Gordon")} == set(rules("alert"))
