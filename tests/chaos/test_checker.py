"""The checker of chaos runs: silent where all held, and each of its checks can fail."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.chaos import world
from tests.chaos.checker import CHECKS, counts, violations

Facts = dict[str, Any]
Break = Callable[[Facts], object]


def of(number: int | str, rows: list[dict[str, Any]], key: str = "mention") -> dict[str, Any]:
    return next(row for row in rows if row[key] in (f"m{number}", number))


def second_letter(facts: Facts) -> None:
    """A killer that died twice, the second time where it does not lie."""
    facts["dead"].append(world.letter("dead-3", "poison", 60, "m10.1", "m10/1"))
    dead = {"reason": "poison", "origin": {"offset": 60}, "digest": "m10.1"}
    facts["topics"]["dead"].append({"id": "dead-3", "dead": dead})


def unpublished_killer(facts: Facts) -> None:
    mentions = facts["topics"]["mentions"]
    mentions.remove(of("m10/1", mentions, "subject"))


BREAKS: dict[str, list[tuple[Break, str]]] = {
    "every entry served is exactly one mention": [
        (lambda f: f["revisions"].remove(of(4, f["revisions"])), "lost"),
        (lambda f: of(4, f["revisions"]).update(url=world.link(5)), "doubled"),
        (lambda f: of(4, f["revisions"]).update(url="https://elsewhere.example/"), "invented"),
    ],
    "the last revision is what the entry says": [
        (lambda f: of(4, f["revisions"]).update(says="something else"), "never served"),
        (lambda f: of(4, f["revisions"]).update(revision=2), "has the revisions [2]"),
        (lambda f: f["served"][0]["versions"].append("e0v3"), "not what the entry says"),
    ],
    "every revision found is recorded or dead": [
        (lambda f: f["mentions"].remove(of(4, f["mentions"], "id")), "lost on the way"),
        (lambda f: f["mentions"].append({"id": "m77", "revision": 1, "tagged": True}), "never found"),
        (lambda f: f["topics"]["mentions"][4].update(type="gordon.gossip.v1"), "0 event ids"),
        (lambda f: f["topics"]["mentions"].append({**world.mention(90, 4, 1), "id": "other"}), "2 event ids"),
    ],
    "every mention has the right files": [
        (lambda f: of(4, f["tags"]).update(file="benefits"), "is tagged ['benefits']"),
        (lambda f: f["tags"].remove(of(4, f["tags"])), "is tagged []"),
        (lambda f: f["tags"].append({"mention": "m11", "revision": 1, "file": "passports"}), "not []"),
    ],
    "every tagged mention is in exactly one issue": [
        (lambda f: f["joins"].remove(of(4, f["joins"])), "in 0 issues"),
        (lambda f: f["joins"].append({"issue": "i1", "mention": "m4", "revision": 1}), "in 2 issues"),
        (lambda f: f["issues"][3].update(mentions=7), "counts 7 mentions and has 2"),
    ],
    "every item reached the topic of its queue": [
        (lambda f: f["items"].pop(), "has no item"),
        (lambda f: f["topics"]["queue.desk"].pop(4), "was not announced"),
        (lambda f: f["topics"]["queue.desk"].pop(5), "no queue heard of mention m5"),
        (lambda f: f["items"][2].update(queue="other"), "was not announced in queue other"),
    ],
    "no item twice": [
        (lambda f: f["items"].append({**f["items"][0], "id": "t9"}), "2 items in desk"),
        (lambda f: f["topics"]["queue.desk"].append({**world.told(4), "id": "again"}), "opened 2 times"),
        (lambda f: f["items"].pop(), "which the database has not"),
    ],
    "no revision goes backwards": [
        (lambda f: f["topics"]["mentions"].reverse(), "came after"),
        (lambda f: of(0, f["entries"]).update(revision=1), "is at revision 1"),
    ],
    "no clock fired twice": [
        (lambda f: f["items"][0].update(fired=["draft", "draft"]), "has fired"),
        (lambda f: f["changes"].append(f["changes"][0]), "2 times in the audit"),
        (lambda f: f["topics"]["queue.desk"].append({**world.escalated(), "id": "again"}), "told 2 times"),
    ],
    "dead letters are the poison put in, and explain themselves": [
        (lambda f: f["dead"].pop(0), "has no letter"),
        (lambda f: f["dead"].pop(1), "has no letter"),
        (second_letter, "died without cause, or twice"),
        (unpublished_killer, "killer m10 is not on the bus"),
        (lambda f: f["dead"][0].update(reason="error"), "says ('error'"),
        (lambda f: f["dead"][0].update(digest="other"), "says ('undecodable', 'other')"),
        (lambda f: f["dead"][0].update(offset=3), "died without cause"),
        (lambda f: f["dead"][0].update(error=""), "does not say what went wrong"),
        (lambda f: f["topics"]["dead"].pop(), "is not on the bus"),
        (lambda f: f["topics"]["dead"][0].pop("dead"), "cannot be read"),
        (lambda f: f["topics"]["dead"][0]["dead"].update(digest="other"), "another in the database"),
        (lambda f: f["topics"]["dead"].append({"id": "dead-9"}), "not in the database"),
        (lambda f: f["topics"]["mentions"].pop(), "not on the bus: not JSON"),
    ],
    "the completeness equations hold": [
        (lambda f: f["status"].update(found=14), "found 14"),
        (lambda f: f["status"].update(routed=10), "tags 11"),
        (lambda f: f["status"].update(in_flight=1), "in flight 1"),
        (lambda f: f["status"].update(lag=None), "lag None"),
        (lambda f: f["status"].update(lag={"route gordon.tagged": 2}), "lag {"),
        (lambda f: f["outbox"].append({"stage": "route", "waiting": 3}), "holds 3"),
        (lambda f: f["held"].append({"mention": "m4"}), "held back"),
    ],
    "the run took place as planned": [
        (lambda f: f.update(planned=2), "2 faults planned"),
        (lambda f: f.update(served=f["served"][:9]), "only 9 entries"),
    ],
}  # fmt: skip


def test_a_killer_that_was_published_twice_has_two_letters() -> None:
    facts = world.facts()
    first = of("m10/1", facts["topics"]["mentions"], "subject")
    facts["topics"]["mentions"].append({**first, "offset": 60})
    second_letter(facts)
    assert violations(facts, world.history()) == {name: [] for name in CHECKS}


def test_a_run_in_which_all_held_has_no_violation() -> None:
    found = violations(world.facts(), world.history())
    assert found == {name: [] for name in CHECKS}
    assert {name: count for name, count in counts(world.facts(), found).items() if not count} == {
        "lost": 0, "doubled": 0, "violations": 0
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "change", "told"), [(name, *one) for name, ones in BREAKS.items() for one in ones]
)  # fmt: skip
def test_each_check_can_fail(name: str, change: Break, told: str) -> None:
    facts = world.facts()
    change(facts)
    found = violations(facts, world.history())
    assert any(told in line for line in found[name]), found[name]


def test_every_check_has_a_test() -> None:
    assert set(BREAKS) == set(CHECKS)


@pytest.mark.parametrize("what", ["over", "settled"])
def test_a_run_that_did_not_end_well_proves_nothing(what: str) -> None:
    history = [line for line in world.history() if line["what"] != what]
    assert violations(world.facts(), history)["the run took place as planned"]


def test_a_fault_may_be_skipped_but_not_most_of_them() -> None:
    facts = world.facts()
    skipped = [{"t": 4.0, "what": "skipped", "fault": f"route-1@{number}"} for number in (4, 5)]
    facts["planned"] = 2
    assert violations(facts, [*world.history(), *skipped[:1]])["the run took place as planned"] == []
    facts["planned"] = 3
    assert violations(facts, [*world.history(), *skipped])["the run took place as planned"]


def test_what_is_lost_and_what_is_doubled_is_counted() -> None:
    facts = world.facts()
    facts["revisions"].remove(of(4, facts["revisions"]))
    facts["items"].append({**facts["items"][0], "id": "t9"})
    told = counts(facts, violations(facts, world.history()))
    assert told["lost"] >= 1 and told["doubled"] >= 1
