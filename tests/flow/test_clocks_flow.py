"""Two real route daemons look at the same items: a clock fires once, and a team is changed once."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from gordon.bus.open import open_bus
from gordon.codec import encode
from tests.flow.stack import Address, running
from tests.route.route_desk import PEOPLE, mention, tagged, write_desk

QUEUES = """
queues:
  first: {requires: {disciplines: [policy]}, clocks: {acknowledge: 1s, draft: 2h}, escalate: second}
  second: {requires: {disciplines: [communications]}, clocks: {acknowledge: 4h}}
routes: [{queue: first}]
"""
STORIES = {
    "flood": "Flood closes ferry terminal in Lower Beaver",
    "wedding": "Minister marries accordion champion",
    "burglary": "Museum robbed of its only meteorite",
    "comet": "Comet brightens above northern lakes",
}


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=(pytest.mark.kafka, pytest.mark.postgres))])
def address(request: pytest.FixtureRequest) -> Address:
    if request.param == "embedded":
        return Address("embedded", {})
    servers = request.getfixturevalue("kafka_server").servers
    environ = {
        "GORDON_BUS": f"kafka://{servers}",
        "GORDON_DATABASE": request.getfixturevalue("postgres_url"),
        "GORDON_TOPIC_PREFIX": "clocks.",
    }
    return Address("kafka", environ)


def publish(folder: Path, address: Address) -> None:
    """Each story, tagged, on the bus."""
    prefix = address.environ.get("GORDON_TOPIC_PREFIX", "gordon.")
    bus = open_bus(address.environ.get("GORDON_BUS") or f"sqlite:///{folder / 'data' / 'log.db'}")
    try:
        bus.ensure([f"{prefix}tagged"])
        events = [encode(tagged(mention(name, title, f"{title}. {name * 9}"))) for name, title in STORIES.items()]
        bus.publish([replace(message, topic=f"{prefix}tagged") for message in events])
    finally:
        bus.close()


def test_two_daemons_fire_each_clock_once(tmp_path: Path, address: Address) -> None:
    write_desk(tmp_path, queues=QUEUES)
    (tmp_path / "gordon.toml").write_text('[route]\ntick = "0.2s"\n')
    with running(tmp_path, address, ("route", "route")) as stack:
        publish(tmp_path, address)

        def shown(queue: str) -> list[dict[str, str]]:
            return list(stack.json("queue", "show", queue))

        stack.until(lambda: len(shown("second")) == len(STORIES), 60, "not every item was escalated")
        stack.until(lambda: stack.json("status")["outbox"] == 0, 30, "the outbox was not emptied")
        wanted = {"first": ["opened", "escalated"], "second": ["opened"]}
        for queue, changes in wanted.items():
            count = len(changes) * len(STORIES)
            done = stack.run("queue", "tail", queue, "--from-start", "--most", str(count))
            told = Counter((item["item"], item["change"]) for item in map(_json, done.stdout.splitlines()))
            assert told == {(item["item"], change): 1 for item in shown(queue) for change in changes}
        one = shown("second")[0]
        assert one["why"].startswith("escalated from first: acknowledge was due") and one["team"]


def test_two_daemons_reassign_each_item_once_when_the_desk_changes(tmp_path: Path, address: Address) -> None:
    write_desk(tmp_path)
    (tmp_path / "gordon.toml").write_text('[route]\ntick = "0.2s"\n')
    with running(tmp_path, address, ("route", "route")) as stack:
        publish(tmp_path, address)

        def teams() -> list[list[str]]:
            return [[member["person"] for member in item["team"]] for item in stack.json("queue", "show", "duty-desk")]

        stack.until(lambda: teams() == [["gordon"]] * len(STORIES), 60, "the items did not open")
        mara = "- {id: mara, disciplines: [communications]}\n"
        away = PEOPLE.replace("- id: gordon\n", "- id: gordon\n  away: [{from: 2020-01-01, to: 2099-12-31}]\n")
        (tmp_path / "people.yaml").write_text(away + mara, encoding="utf-8")
        stack.until(lambda: teams() == [["mara"]] * len(STORIES), 90, "the teams did not follow the desk")
        stack.until(lambda: stack.json("status")["outbox"] == 0, 30, "the outbox was not emptied")
        done = stack.run("queue", "tail", "duty-desk", "--from-start", "--most", str(2 * len(STORIES)))
        told = [_json(line) for line in done.stdout.splitlines()]
        items = {item["item"] for item in told}
        assert Counter((one["item"], one["change"]) for one in told) == {
            (item, change): 1 for item in items for change in ("opened", "reassigned")
        }
        reasons = [one["why"] for one in told if one["change"] == "reassigned"]
        assert all(why.startswith("gordon leaves the team: is away") for why in reasons)
        assert all("mara joins the team: " in why for why in reasons)


def _json(line: str) -> dict[str, str]:
    found: dict[str, str] = json.loads(line)
    return found
