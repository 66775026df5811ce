"""The whole pipeline with real daemons: the same items on embedded parts and on Kafka + PostgreSQL, and after kills."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gordon.bus import Message
from gordon.records import Item
from store.database import open_database
from store.reads import issue, issues, items
from tests.flow.news import News, posts, served, write_desk
from tests.flow.stack import Address, Stack, running
from tests.flow.wire import check_wire, everything, prefix_of, spoil

FEEDS = 8
STORIES = 80
KILLS = 30

Outcome = set[tuple[str, str, frozenset[str], tuple[str, ...], tuple[str, ...]]]


@pytest.fixture(scope="module")
def news() -> Iterator[tuple[News, int]]:
    made = News(posts(STORIES, FEEDS), FEEDS)
    with served(made) as port:
        yield made, port


@pytest.fixture(scope="module")
def undisturbed(news: tuple[News, int], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What a quiet run on the embedded parts ends with."""
    paper, port = news
    paper.out = len(paper.everything)
    desk = write_desk(tmp_path_factory.mktemp("quiet") / "desk", port, FEEDS)
    with running(desk, Address("embedded", {})) as stack:
        stack.until(lambda: stack.settled(len(paper.everything)), 90, "the quiet run does not settle")
    return outcome(stack)


def outcome(stack: Stack) -> Outcome:
    """Every item as what it says, with the mentions of its issue; ids that depend on the order of arrival left out."""
    url = stack.environ.get("GORDON_DATABASE") or f"sqlite:///{stack.desk / 'data' / 'gordon.db'}"
    database = open_database(url)
    try:
        found = items(database)
        told = {item.issue: frozenset(join.mention for join in issue(database, item.issue).joins) for item in found}
        assert {entry.id for entry in issues(database)} == set(told), "an issue without an item"
    finally:
        database.close()
    result = {_summary(item, told[item.issue]) for item in found}
    assert len(result) == len(found), "an item twice"
    return result


def _summary(item: Item, mentions: frozenset[str]) -> tuple[str, str, frozenset[str], tuple[str, ...], tuple[str, ...]]:
    team = tuple(sorted(member.person for member in item.assigned.team))
    gaps = tuple(sorted(gap.need for gap in item.assigned.gaps))
    assert item.assigned.mentions == len(mentions)
    return (item.queue, item.file, mentions, team, gaps)


def test_stories_become_items_in_the_right_queues(undisturbed: Outcome, news: tuple[News, int]) -> None:
    told = {post.story for post in news[0].everything if post.file}
    assert len(undisturbed) == len(told), "one item for each story"
    teams = {(queue, file): (team, gaps) for queue, file, _, team, gaps in undisturbed}
    assert teams == {
        ("passports", "passport-services"): (("gordon", "wei"), ()),
        ("benefits", "parental-benefits"): (("amelie", "noor"), ()),
        ("duty", "rural-broadband"): (teams[("duty", "rural-broadband")][0], ("advocacy",)),
    }
    assert teams[("duty", "rural-broadband")][0] in (("gordon",), ("noor",))


def test_the_same_items_everywhere(
    address: Address, undisturbed: Outcome, news: tuple[News, int], tmp_path: Path
) -> None:
    paper, port = news
    paper.out = len(paper.everything)
    desk = write_desk(tmp_path / "desk", port, FEEDS)
    with running(desk, address, ("ingest", "classify", "classify", "route")) as stack:
        stack.until(lambda: stack.settled(len(paper.everything)), 120, "the run does not settle")
        time.sleep(3)
        assert stack.settled(len(paper.everything)), "polled again, something came twice"
        state = stack.json("status")
        assert state["found"] == state["tagged"] + state["untagged"] and state["dead"] == 0
        spoiled = spoil(stack)
        stack.until(lambda: len(stack.json("dead", "list")) == len(spoiled), 20, "not all dead letters come")
        _keeps_the_contract(stack, state["found"], spoiled)
    assert _without_choice(outcome(stack)) == _without_choice(undisturbed)


@pytest.mark.hostile(56)
def test_kills_change_nothing(address: Address, undisturbed: Outcome, news: tuple[News, int], tmp_path: Path) -> None:
    paper, port = news
    paper.out = 0
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance = random.Random(seed)
    desk = write_desk(tmp_path / "desk", port, FEEDS)
    with running(desk, address) as stack:
        for _ in range(KILLS):
            paper.publish(1 + len(paper.everything) // KILLS)
            until = time.monotonic() + chance.uniform(0.3, 2.5)
            while time.monotonic() < until:
                stack.tend()
                time.sleep(0.05)
            stack.kill_one(chance)
        paper.publish(len(paper.everything))
        stack.until(lambda: stack.settled(len(paper.everything)), 120, f"seed {seed}: it does not settle")
        assert sum(process.restarts for process in stack.supervisor.processes) >= KILLS * 0.8
        assert stack.json("status")["dead"] == 0
        assert set(check_wire(everything(stack), prefix_of(stack))) == {"mention", "tagged", "assigned"}
    assert _without_choice(outcome(stack)) == _without_choice(undisturbed)


def _keeps_the_contract(stack: Stack, found: int, spoiled: list[Message]) -> None:
    """Every message of every stage and every dead letter is as docs/asyncapi.json and docs/schemas/ promise; what
    strangers put on the topics is not."""
    records = everything(stack)
    strange = {(message.topic, message.key) for message in spoiled}
    ours = [record for record in records if (record.topic, record.key) not in strange]
    assert len(ours) == len(records) - len(spoiled)
    counted = check_wire(ours, prefix_of(stack))
    letters = {"classify undecodable": 2, "classify newer-major": 1, "route permanent": 1}
    assert {name: number for name, number in counted.items() if " " in name} == letters
    assert counted["mention"] == found <= counted["tagged"]
    assert counted["assigned"] >= len(stack.items())


def _without_choice(found: Outcome) -> set[tuple[str, str, frozenset[str], int, tuple[str, ...]]]:
    """Who of two equals is chosen depends on the load at that moment; how many people a team needs does not."""
    return {(queue, file, mentions, len(team), gaps) for queue, file, mentions, team, gaps in found}
