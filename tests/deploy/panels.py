"""What the tests read of a dashboard's file."""

from __future__ import annotations

import json
from typing import Any

from tests.deploy.prometheus import DEPLOY

GRAFANA = DEPLOY / "grafana"


def load(name: str) -> dict[str, Any]:
    """The dashboard "en/overview" and the like."""
    return dict(json.loads((GRAFANA / "dashboards" / f"{name}.json").read_text(encoding="utf-8")))


def panels(dashboard: dict[str, Any]) -> list[dict[str, Any]]:
    """All panels, without the heads of rows."""
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def expressions(dashboard: dict[str, Any]) -> list[str]:
    """The PromQL of all panels."""
    return [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
