"""The production desk is a desk, with nothing to warn of, and what it shows can be used as it stands."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

from gordon.app.policy import check
from gordon.language import Detector
from tests.deploy.commands import DEPLOY

DESK = DEPLOY / "desks" / "production"
NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


def test_it_passes_its_own_check() -> None:
    verdict = check(DESK, {}, Detector().detect, now=NOW)
    assert [str(problem) for problem in (*verdict.problems, *verdict.warnings)] == []
    assert verdict.files >= 2 and verdict.tests >= 10 and verdict.people >= 5 and verdict.feeds >= 4


def test_its_webhooks_work_once_the_secret_is_there(tmp_path: Path) -> None:
    desk = tmp_path / "desk"
    shutil.copytree(DESK, desk)
    (desk / "webhooks.example.yaml").rename(desk / "webhooks.yaml")
    before = check(desk, {}, Detector().detect, now=NOW)
    assert any("secrets/tracker" in str(problem) for problem in (*before.problems, *before.warnings))
    (desk / "secrets").mkdir()
    secret = desk / "secrets" / "tracker"
    secret.write_text("whsec_Z29yZG9uLXRlc3QtdmVjdG9yLW5vdC1hLXNlY3JldA==\n")
    secret.chmod(0o600)
    after = check(desk, {}, Detector().detect, now=NOW)
    assert [str(problem) for problem in (*after.problems, *after.warnings)] == []
