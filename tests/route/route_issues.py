"""People who merge and split over a real store, and what must always be so; for the tests of issues."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from gordon.app import issues
from gordon.app.policy import Policy
from gordon.ids import issue_id
from gordon.records import Issue, Item
from route.silences import compile_silences
from route.stage import Route
from store.backup import check
from store.database import Database
from store.reads import issue as read_issue
from store.reads import issues as read_issues
from store.reads import items as read_items
from store.route import Route as RouteStore
from tests.route.route_desk import MONDAY, load, policy, tagged, write_desk
from tests.route.route_store import DELAYS, DELAYS_AGAIN, FEES, FILE

FLOOD, FEE = issue_id(FILE, DELAYS.id), issue_id(FILE, FEES.id)
NOW = MONDAY + timedelta(minutes=1)
STATES = ("open", "dormant", "closed")


def whole_policy(folder: Path) -> Policy:
    """The desk in a folder, as commands read it."""
    desk, tree = load(folder)
    silences, _ = compile_silences(list(enumerate(desk.silences)), {}, desk.settings.time_zone)
    return Policy(desk=desk, feeds=(), tree=tree, silences=silences)


class People:
    """They work on the issues of a store."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.database, self.store, self.policy = database, RouteStore(database), whole_policy(folder)

    def merge(self, target: str, source: str, person: str = "gordon", why: str = "", now: datetime = NOW) -> Issue:
        return issues.merge(self.policy, self.store, target, source, person, now, why)

    def split(
        self, issue: str, mentions: Sequence[str], person: str = "gordon", why: str = "", now: datetime = NOW
    ) -> Issue:
        return issues.split(self.policy, self.store, issue, mentions, person, now, why)

    def all_issues(self) -> list[Issue]:
        return read_issues(self.database, states=STATES)

    def mentions(self, issue: str) -> list[str]:
        """Those of an issue, by name."""
        return sorted(join.mention for join in read_issue(self.database, issue).joins)

    def members(self) -> dict[str, list[str]]:
        """The mentions of every issue."""
        with self.store.transaction() as transaction:
            found = transaction.with_stories([one.id for one in self.all_issues()])
        return {one.issue.id: sorted(story.mention for story in one.stories) for one in found}

    def holding(self, mention: str) -> str:
        """The one issue of a mention."""
        (found,) = [issue for issue, names in self.members().items() if mention in names]
        return found

    def items(self, issue: str) -> dict[str, Item]:
        """All items of an issue, by queue."""
        return {one.queue: one for one in read_issue(self.database, issue).items}

    def require_order(self, told: set[str]) -> None:
        """Every mention is in one issue, counts are right, who was merged says into what, nobody works on nothing."""
        found = {one.id: one for one in self.all_issues()}
        members = self.members()
        spread = Counter(mention for names in members.values() for mention in names)
        assert spread == dict.fromkeys(told, 1), "each mention in exactly one issue"
        for name, issue in found.items():
            assert issue.mentions == len(members[name]), issue
            if issue.merged_into:
                assert issue.state == "closed" and members[name] == []
                assert found[issue.merged_into].merged_into == "", "it names the issue that has its mentions now"
        for item in read_items(self.database, open_only=False):
            issue = found[item.issue]
            if item.state == "open":
                assert issue.state != "closed" and item.assigned.mentions == issue.mentions
        working = {one.issue for one in read_items(self.database)}
        assert {name for name, issue in found.items() if issue.state != "closed"} == working
        with self.store.transaction() as transaction:
            homes = transaction.decisions([FILE])[FILE].homes
        assert all(mention in members[home] for mention, home in homes.items()), "where people put it"
        assert check(self.database) == []

    def stage(self, now: datetime = MONDAY + timedelta(seconds=2)) -> Route:
        """One more worker over the same store."""
        return Route(policy=policy(self.policy.desk.folder), store=self.store, now=lambda: now)


def begun(folder: Path, database: Database) -> People:
    """The flood is with the duty desk, two mentions; the fees with those who correct, one."""
    write_desk(folder)
    people = People(folder, database)
    people.stage().handle([tagged(DELAYS), tagged(DELAYS_AGAIN), tagged(FEES, claims=["fee-doubles"])])
    return people
