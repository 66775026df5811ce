"""People merge and split issues by command while daemons run; later mentions follow, a restart changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gordon.bus.open import open_bus
from gordon.codec import encode
from gordon.events import Mention
from tests.flow.stack import Address, Stack, running
from tests.route.route_desk import mention, tagged, write_desk
from tests.route.route_issues import FEE, FLOOD
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=(pytest.mark.kafka, pytest.mark.postgres))])
def address(request: pytest.FixtureRequest) -> Address:
    if request.param == "embedded":
        return Address("embedded", {})
    environ = {
        "GORDON_BUS": f"kafka://{request.getfixturevalue('kafka_server').servers}",
        "GORDON_DATABASE": request.getfixturevalue("postgres_url"),
        "GORDON_TOPIC_PREFIX": "issues.",
    }
    return Address("kafka", environ)


def publish(folder: Path, address: Address, mentions: Sequence[Mention]) -> None:
    """Tagged mentions, on the bus."""
    prefix = address.environ.get("GORDON_TOPIC_PREFIX", "gordon.")
    bus = open_bus(address.environ.get("GORDON_BUS") or f"sqlite:///{folder / 'data' / 'log.db'}")
    try:
        bus.ensure([f"{prefix}tagged"])
        bus.publish([replace(encode(tagged(one)), topic=f"{prefix}tagged") for one in mentions])
    finally:
        bus.close()


def copy(name: str, of: Mention) -> Mention:
    """The same words somewhere else."""
    return mention(name, of.title, of.text)


def decided(stack: Stack, *arguments: str) -> dict[str, Any]:
    done: dict[str, Any] = stack.json("issue", *arguments, "--as", "gordon")
    return done


def holds(stack: Stack, issue: str, *mentions: str) -> bool:
    shown = stack.run("issue", "show", issue, "--json")
    return shown.returncode == 0 and all(f'"mention": "{name}"' in shown.stdout for name in mentions)


def members(stack: Stack, issue: str) -> set[str]:
    return {join["mention"] for join in stack.json("issue", "show", issue)["joins"]}


def test_daemons_respect_what_people_decide(tmp_path: Path, address: Address) -> None:
    write_desk(tmp_path)
    with running(tmp_path, address, ("route", "route")) as stack:
        publish(tmp_path, address, [DELAYS, DELAYS_AGAIN, FEES])
        stack.until(lambda: holds(stack, FLOOD, "delays", "delays-2") and holds(stack, FEE, "fees"), 60, "no issues")

        assert decided(stack, "merge", FLOOD[:8], FEE[:8], "--why", "one release")["mentions"] == 3
        publish(tmp_path, address, [copy("fees-2", FEES)])
        stack.until(lambda: holds(stack, FLOOD, "fees-2"), 60, "a later mention of the source did not follow")

        fresh = decided(stack, "split", FLOOD, "delays-2", "--why", "another office")["id"]
        publish(tmp_path, address, [copy("delays-3", DELAYS_AGAIN)])
        stack.until(lambda: holds(stack, fresh, "delays-3"), 60, "a copy of what was split off did not follow it")

    with running(tmp_path, address, ("route",)) as stack:
        publish(tmp_path, address, [copy("fees-3", FEES), copy("delays-4", DELAYS_AGAIN)])
        stack.until(lambda: holds(stack, FLOOD, "fees-3") and holds(stack, fresh, "delays-4"), 60, "lost in a restart")
        assert members(stack, FLOOD) == {"delays", "fees", "fees-2", "fees-3"}
        assert members(stack, fresh) == {"delays-2", "delays-3", "delays-4"}
        gone = stack.json("issue", "show", FEE)
        assert (gone["issue"]["merged_into"], gone["joins"], gone["issue"]["state"]) == (FLOOD, [], "closed")
        history = [
            (line["action"], line["person"], line["why"]) for line in stack.json("issue", "show", FLOOD)["changes"]
        ]
        assert history == [("merged", "gordon", "one release"), ("split", "gordon", "another office")]
        again = stack.run("issue", "merge", FLOOD, FEE, "--as", "gordon")
        assert again.returncode == 1 and f"merged into {FLOOD}" in again.stderr
        stack.until(lambda: stack.json("status")["outbox"] == 0, 30, "the outbox was not emptied")
        queue = [item["mentions"] for item in stack.json("queue", "show", "duty-desk")]
        assert sorted(queue) == [3, 4]
