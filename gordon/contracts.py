"""Writes the contract documents from the types: docs/schemas/*.json and docs/asyncapi.json.

``python -m gordon.contracts docs`` writes them; a test fails while the committed ones differ.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from gordon.codec import schemas
from gordon.contracts_asyncapi import asyncapi


def documents() -> dict[str, str]:
    """The text of every generated document, by its path below docs/."""
    found = {f"schemas/{name}.json": _text(schema) for name, schema in schemas().items()}
    return {**found, "asyncapi.json": _text(asyncapi())}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def main(folder: Path) -> None:
    """Writes all documents below ``folder``."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
