"""``gordon webhooks``: how each stands, a test event, and taking one up again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from gordon.app.hook_test import webhook_lines
from gordon.webhooks import Answered, Delivery, settle
from store.database import Database
from store.deliveries import Deliveries
from tests.contract import Contract
from tests.databases import new_sqlite
from tests.gordon.test_cli import as_json, gordon
from tests.gordon.webhook_samples import SECRET, secret_file
from tests.ingest.origin import Origin, reply
from tests.route.route_desk import write_desk

NOW = datetime.now(UTC)
ALLOWED = {"GORDON_HTTP__ALLOW_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
def origin() -> Iterator[Origin]:
    with Origin() as server:
        yield server


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = new_sqlite(tmp_path / "data" / "gordon.db")
    yield made
    made.close()


@pytest.fixture
def desk(tmp_path: Path, origin: Origin, database: Database) -> Path:
    write_desk(tmp_path)
    secret_file(tmp_path)
    rows = [
        {"id": id, "url": origin.url(f"/{id}?token=hunter2"), "secrets": [{"file": "secrets/jira"}]} for id in "abc"
    ]
    (tmp_path / "webhooks.yaml").write_text(json.dumps(rows), encoding="utf-8")
    return tmp_path


def accept(store: Deliveries, webhook: str, *answers: Answered) -> None:
    """An event for a webhook, which answers so."""
    store.accept([Delivery(webhook=webhook, event="e1", issue="i1", topic="t", body=b"{}", created=NOW)])
    store.lease("me", NOW, 60)
    for answer in answers:
        (one,) = store.due(webhook, NOW, 1)
        store.settle("me", [settle(one, answer, NOW)], [], NOW)


def test_the_list_says_how_each_stands_and_no_token(desk: Path, database: Database) -> None:
    assert [one["state"] for one in as_json("webhooks", "list", desk=desk)] == ["new"] * 3
    store = Deliveries(database)
    store.sync({id: id for id in ("a", "b", "c", "gone", "empty")}, NOW)
    accept(store, "a", Answered(status=200))
    accept(store, "b", Answered(status=410))
    accept(store, "c", Answered(status=502))
    accept(store, "gone")
    store.sync({id: id for id in "abc"}, NOW)
    found = {one["webhook"]: one for one in as_json("webhooks", "list", desk=desk, exit_code=1)}
    states = {id: (one["state"], one["waiting"], one["last_detail"]) for id, one in found.items()}
    assert states == {
        "a": ("active", 0, "HTTP 200"), "b": ("disabled", 1, "HTTP 410"), "c": ("failing", 1, "HTTP 502"),
        "gone": ("removed", 1, ""),
    }  # fmt: skip
    assert found["a"]["receiver"] == "127.0.0.1" and found["c"]["failures"] == 1
    shown = gordon("webhooks", "list", desk=desk)
    assert shown.returncode == 1 and "disabled" in shown.stdout and "hunter2" not in shown.stdout
    enabled = as_json("webhooks", "enable", "b", desk=desk)
    assert enabled == {"webhook": "b", "waiting": 1}
    assert "is enabled; 1 event(s)" in gordon("webhooks", "enable", "c", desk=desk).stdout
    assert [one["state"] for one in as_json("webhooks", "list", desk=desk)] == ["active"] * 3 + ["removed"]
    nobody = gordon("webhooks", "enable", "nobody", desk=desk)
    assert nobody.returncode == 1 and "no webhook 'nobody'" in nobody.stderr


def test_an_empty_desk_has_none(database: Database) -> None:
    assert webhook_lines([], Deliveries(database).states()) == []


def test_a_test_event_is_signed_and_the_answer_shown(desk: Path, origin: Origin) -> None:
    origin.answers["/a?token=hunter2"] = reply("thank \x1b[31myou")
    found = as_json("webhooks", "test", "a", desk=desk, **ALLOWED)
    assert (found["outcome"], found["status"], found["answer"]) == ("delivered", 200, "thank \x1b[31myou")
    (asked,) = origin.requests
    event = Verifier(SECRET).verify(asked.body, dict(asked.headers))
    assert (event["type"], event["id"], event["data"]) == ("gordon.test.v1", found["event"], {"webhook": "a"})
    assert Contract().faults("webhook-test", asked.headers, event) == []
    assert abs(datetime.fromisoformat(event["time"]) - datetime.now(UTC)) < timedelta(minutes=30)
    shown = gordon("webhooks", "test", "a", desk=desk, **ALLOWED)
    assert shown.returncode == 0 and "a: delivered, HTTP 200" in shown.stdout and "\x1b" not in shown.stdout


def test_a_test_event_that_is_not_taken_is_an_error(desk: Path, origin: Origin) -> None:
    missing = gordon("webhooks", "test", "b", desk=desk, **ALLOWED)
    assert missing.returncode == 1 and "b: refused, HTTP 404" in missing.stdout
    blocked = as_json("webhooks", "test", "b", desk=desk, exit_code=1)
    assert blocked["outcome"] == "blocked" and "not a public address" in blocked["detail"]
    nobody = gordon("webhooks", "test", "nobody", desk=desk)
    assert nobody.returncode == 1 and "no webhook 'nobody'; known: a, b, c" in nobody.stderr
    (desk / "secrets" / "jira").unlink()
    unsigned = gordon("webhooks", "test", "a", desk=desk, **ALLOWED)
    assert unsigned.returncode == 78 and "file secrets/jira: is not there" in unsigned.stderr
