"""Alerting rules: promtool reads them, their own tests pass, every rule has one, and every metric in them exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from gordon.metrics import METRICS

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = sorted((FOLDER / "rules").glob("*.yaml"))
TESTS = sorted((FOLDER / "tests").glob("*.yaml"))
DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def promtool() -> str:
    """The real tool; its absence is a skip on a laptop and a failure in CI."""
    found = shutil.which("promtool")
    if found is None:
        remedy = "promtool is missing; on Debian: apt install prometheus"
        pytest.fail(remedy) if os.environ.get("CI") == "true" else pytest.skip(remedy)
    return found


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_are_readable(promtool: str, path: Path) -> None:
    run(promtool, "check", "rules", str(path))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.name)
def test_rules_do_as_their_tests_say(promtool: str, path: Path) -> None:
    run(promtool, "test", "rules", str(path))


def test_every_alert_fires_in_some_test() -> None:
    alerts = {
        rule["alert"]
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    fired = {
        check["alertname"]
        for path in TESTS
        for test in yaml.safe_load(path.read_text())["tests"]
        for check in test.get("alert_rule_test", ())
        if check["exp_alerts"]
    }
    assert alerts and alerts == fired


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_rules_ask_for_metrics_that_exist(path: Path) -> None:
    asked = set(re.findall(r"\bgordon_[a-z_]+", "".join(re.findall(r"expr:.*(?:\n {10}.*)*", path.read_text()))))
    known = set(METRICS) | {f"{name}_{end}" for name in METRICS for end in ("bucket", "count", "sum")}
    assert asked and asked <= known


@pytest.mark.parametrize("path", RULES, ids=lambda path: path.name)
def test_every_alert_links_to_its_page(path: Path) -> None:
    for page, anchor in re.findall(r"handbook: docs/([\w.-]+)#([\w-]+)", path.read_text()):
        headings = re.findall(r"^#+ (.+)$", (DOCS / page).read_text(), re.MULTILINE)
        assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    assert path.read_text().count("alert:") == path.read_text().count("handbook:")
