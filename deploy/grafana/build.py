"""Writes the dashboards: ``python -m deploy.grafana.build`` from the top of the repository. A test sees to it that the
committed files are what this makes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from grafana_foundation_sdk.builders.dashboard import Dashboard
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from deploy.grafana.feeds import feeds
from deploy.grafana.files import files
from deploy.grafana.overview import overview
from deploy.grafana.panels import Language, Say
from deploy.grafana.queues import queues

FOLDER = Path(__file__).parent / "dashboards"
SHEETS: dict[str, Callable[[Say], Dashboard]] = {
    "overview": overview,
    "feeds": feeds,
    "files": files,
    "queues": queues,
}
LANGUAGES: tuple[Language, ...] = ("en", "fr")


def dashboards() -> Iterator[tuple[Path, str]]:
    """Each file and what it should hold."""
    for language in LANGUAGES:
        for name, make in SHEETS.items():
            model = make(Say(language)).build()
            for number, panel in enumerate(model.panels or (), 1):
                panel.id_val = number
            yield (
                FOLDER / language / f"{name}.json",
                json.dumps(model, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n",
            )


if __name__ == "__main__":
    for path, text in dashboards():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
