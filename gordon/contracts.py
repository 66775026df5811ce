"""Writes the contract documents from the types: docs/schemas/*.json and docs/asyncapi.json.

``python -m gordon.contracts docs`` writes them; a test fails while the committed ones differ.
``python -m gordon.contracts check docs`` says what they break of the last release, ``freeze docs`` releases them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gordon import __version__
from gordon.codec import schemas
from gordon.contracts_asyncapi import asyncapi
from gordon.contracts_release import as_release, broken, freeze, is_major, parsed, read, touched, versions


def documents() -> dict[str, str]:
    """The text of every generated document, by its path below docs/."""
    found = {f"schemas/{name}.json": _text(schema) for name, schema in schemas().items()}
    return {**found, "asyncapi.json": _text(asyncapi())}


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def write(folder: Path) -> list[str]:
    """Writes all documents below ``folder``."""
    for name, text in documents().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return []


def check(folder: Path) -> list[str]:
    """What the types of today break of the last release in ``folder``, and what was changed of releases themselves."""
    if not (released := versions(folder)):
        return []
    last = released[-1]
    found = broken(read(folder, last), parsed(as_release(documents())), major=is_major(last, __version__))
    return [*found, *(line for version in released for line in touched(folder, version))]


def main(arguments: Sequence[str]) -> int:
    """Does what is asked: FOLDER, check FOLDER or freeze FOLDER. Returns the exit code."""
    match arguments:
        case ["check", folder]:
            found = check(Path(folder))
        case ["freeze", folder]:
            found = freeze(Path(folder), __version__, documents())
        case [folder] if folder not in ("check", "freeze"):
            found = write(Path(folder))
        case _:
            found = ["usage: python -m gordon.contracts [check|freeze] FOLDER"]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
