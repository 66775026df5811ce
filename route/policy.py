"""What route takes from a desk, made ready: tree, silences, queues, people, and the words that say nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from gordon.desk.load import Desk
from gordon.desk.routing import Spikes
from gordon.desk.schema import Hours, PolicyFile, Queue
from gordon.events import Topics
from route.grouping import common_terms
from route.roster import Roster
from route.rules import Tree
from route.silences import Silences


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """Everything that decides where an issue goes. ``hours``: of queues that have none of their own; ``zone``: of the
    desk, in whose weeks a spike is found."""

    version: str
    tree: Tree
    silences: Silences
    spikes: Spikes
    zone: ZoneInfo
    queues: Mapping[str, Queue]
    roster: Roster
    hours: Hours
    topics: Topics
    common: Mapping[str, frozenset[str]]
    """By file: the terms of its own name, which all its mentions share."""


def make_policy(desk: Desk, tree: Tree, silences: Silences, topics: Topics) -> RoutePolicy:
    """The policy of a desk without mistakes."""
    zone = ZoneInfo(desk.settings.time_zone)
    return RoutePolicy(
        version=desk.version,
        tree=tree,
        silences=silences,
        spikes=desk.queues.spikes,
        zone=zone,
        queues=desk.queues.queues,
        roster=Roster(desk.people, zone),
        hours=desk_hours(desk),
        topics=topics,
        common={entry.file: _own_words(entry) for entry in desk.files},
    )


def desk_hours(desk: Desk) -> Hours:
    """The hours of queues that have none of their own."""
    return Hours(tz=desk.settings.time_zone)


def _own_words(entry: PolicyFile) -> frozenset[str]:
    texts = [(entry.title.en or "", "en"), (entry.title.fr or "", "fr"), (entry.file, "en")]
    texts += [(phrase, rule.lang or "en") for rule in entry.rules for phrase in rule.phrases or ()]
    return common_terms(texts)
