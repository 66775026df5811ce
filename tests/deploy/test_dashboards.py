"""The dashboards as files: what the code makes, legible, without holes and overlaps, and nothing measured is unseen."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.grafana.build import LANGUAGES, SHEETS, dashboards
from gordon.metrics import METRICS
from tests.deploy.panels import GRAFANA, expressions, load, panels
from tests.deploy.prometheus import DEPLOY

NAMES = [f"{language}/{name}" for language in LANGUAGES for name in SHEETS]


@pytest.fixture(params=NAMES)
def dashboard(request: pytest.FixtureRequest) -> dict[str, Any]:
    return load(request.param)


def test_the_committed_files_are_what_the_code_makes() -> None:
    made = dict(dashboards())
    assert {path: path.read_text(encoding="utf-8") for path in made} == made, "python -m deploy.grafana.build"
    assert set((GRAFANA / "dashboards").rglob("*.json")) == set(made)


def cells(panel: dict[str, Any]) -> Iterator[tuple[int, int]]:
    place = panel["gridPos"]
    for row in range(place["y"], place["y"] + place["h"]):
        yield from ((row, column) for column in range(place["x"], place["x"] + place["w"]))


def test_panels_fill_the_page_without_overlaps(dashboard: dict[str, Any]) -> None:
    taken = [cell for panel in dashboard["panels"] for cell in cells(panel)]
    assert len(taken) == len(set(taken)), "two panels on one place"
    rows = {row for row, _ in taken}
    assert set(taken) == {(row, column) for row in range(max(rows) + 1) for column in range(24)}, "a hole"


def test_a_newcomer_can_read_every_panel(dashboard: dict[str, Any]) -> None:
    for panel in panels(dashboard):
        assert 0 < len(panel["title"]) <= 8 * panel["gridPos"]["w"], f"{panel['title']} is wider than its panel"
        assert panel["description"].endswith((".", "?")), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"] in {"short", "s", "bytes", "Bps", "percentunit"}
        assert panel["datasource"]["uid"] == "${datasource}"
        legends = [target.get("legendFormat") for target in panel["targets"]]
        assert len(set(legends)) == len(legends)
        assert all(legends) or (panel["type"] in ("stat", "table") and len(legends) == 1), panel["title"]


def test_titles_and_ids_are_unique(dashboard: dict[str, Any]) -> None:
    found = [(panel["type"], panel["title"]) for panel in dashboard["panels"]]
    assert len(set(found)) == len(found)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(found)


def test_every_panel_is_in_both_languages() -> None:
    for name in SHEETS:
        english, french = load(f"en/{name}"), load(f"fr/{name}")
        assert english["uid"] != french["uid"] and english["tags"] != french["tags"]
        assert expressions(english) == expressions(french)
        for one, other in zip(panels(english), panels(french), strict=True):
            assert one["title"] != other["title"] and one["description"] != other["description"]


def test_every_metric_is_on_some_panel() -> None:
    rules = "".join(path.read_text() for path in (DEPLOY / "prometheus" / "rules").glob("recording.yaml"))
    asked = " ".join([rules, *(expression for name in SHEETS for expression in expressions(load(f"en/{name}")))])
    seen = {re.sub(r"_bucket$", "", metric) for metric in re.findall(r"\bgordon_[a-z_]+", asked)}
    assert set(METRICS) - seen == set()
    assert seen - set(METRICS) == set()


def test_every_recorded_series_is_on_some_panel() -> None:
    groups = yaml.safe_load((DEPLOY / "prometheus" / "rules" / "recording.yaml").read_text())["groups"]
    asked = " ".join(expression for name in SHEETS for expression in expressions(load(f"en/{name}")))
    assert {rule["record"] for group in groups for rule in group["rules"]} == set(
        re.findall(r"\bgordon:[a-z0-9_:]+", asked)
    )


def test_each_choice_is_used_and_each_that_is_used_can_be_made(dashboard: dict[str, Any]) -> None:
    offered = {variable["name"] for variable in dashboard["templating"]["list"]}
    asked = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard))) - {"__rate_interval", "__range", "__all"}
    assert offered == asked


def test_what_provisions_grafana_leads_to_the_files() -> None:
    provisioning = GRAFANA / "provisioning"
    providers = yaml.safe_load((provisioning / "dashboards" / "gordon.yaml").read_text())["providers"]
    assert [Path(each["options"]["path"]).name for each in providers] == list(LANGUAGES)
    (source,) = yaml.safe_load((provisioning / "datasources" / "prometheus.yaml").read_text())["datasources"]
    assert (source["type"], source["isDefault"]) == ("prometheus", True)
