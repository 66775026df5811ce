"""Gordon under faults, for real: two minutes on the embedded parts and two on Kafka and PostgreSQL, checked.

The seed is fixed, so that a change is not blamed for what another seed finds; ``make chaos`` draws a new one.
``CHAOS_SEED`` and ``CHAOS_MINUTES`` take others.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.kafka import kafka_jars
from tests.servers.missing import Missing
from tests.servers.postgres import program

ROOT = Path(__file__).parents[2]
SEED = int(os.environ.get("CHAOS_SEED") or 2026)
MINUTES = os.environ.get("CHAOS_MINUTES") or "2"


@pytest.mark.hostile(56)
@pytest.mark.parametrize("kind", ["embedded", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.postgres])])
def test_nothing_is_lost_or_doubled_under_faults(kind: str, tmp_path: Path) -> None:
    if kind == "kafka":
        _need_servers()
    command = [sys.executable, "-m", "tests.chaos", "--minutes", MINUTES, "--seed", str(SEED), "--kind", kind]
    done = subprocess.run([*command, "--out", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, f"seed {SEED}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}\n{_tails(tmp_path)}"
    assert "Everything held" in (tmp_path / f"{kind}-{SEED}" / "report.html").read_text()


def _need_servers() -> None:
    try:
        kafka_jars()
        program("initdb")
        if not shutil.which("java"):
            raise Missing("java is not installed: apt install openjdk-17-jre-headless")
    except Missing as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(str(missing))
        pytest.skip(str(missing))


def _tails(folder: Path) -> str:
    logs = sorted(folder.rglob("*.log"))
    return "\n".join(f"--- {path.name}\n{path.read_text('utf-8', 'replace')[-1500:]}" for path in logs)
