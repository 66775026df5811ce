"""The checker alone, on what a run has left: ``python -m tests.chaos.check FOLDER``. Exit 1: something is wrong."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.chaos import history
from tests.chaos.checker import counts, violations


def check(folder: Path) -> dict[str, list[str]]:
    """Reads what the run has left, writes verdict.json beside it and says what is wrong."""
    facts = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    found = violations(facts, history.read(folder / "history.jsonl"))
    verdict = {"checks": found, "counts": counts(facts, found)}
    (folder / "verdict.json").write_text(json.dumps(verdict, indent=1, ensure_ascii=False), encoding="utf-8")
    return found


def show(found: dict[str, list[str]]) -> int:
    """Prints it; the exit code."""
    for name, wrong in found.items():
        print(f"{'ok  ' if not wrong else 'FAIL'} {name}")
        for line in wrong[:10]:
            print(f"       {line}")
        if len(wrong) > 10:
            print(f"       ... and {len(wrong) - 10} more")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(show(check(Path(sys.argv[1]))))
