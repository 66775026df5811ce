"""What people decide about issues, each as one transaction: what is behind ``gordon issue merge`` and ``split``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from gordon.app.items import require_person
from gordon.app.policy import Policy
from gordon.errors import NotFound
from gordon.events import Topics
from gordon.ports import RouteStore, RouteTransaction
from gordon.records import Issue, IssueWithStories
from route import issues
from route.issues import Act
from route.join import join
from route.policy import RoutePolicy, make_policy


def merge(
    policy: Policy, store: RouteStore, target: str, source: str, person: str, now: datetime, why: str = ""
) -> Issue:
    """The target has the mentions of both and goes on; the source is closed. Raises Conflict, NotFound."""
    require_person(policy.desk, person)
    with store.transaction() as transaction:
        kept, gone = _locked(transaction, target), _locked(transaction, source)
        mentions = [story.mention for story in gone.stories]
        topics = Topics(policy.desk.settings.topic_prefix)
        return join(transaction, kept.issue, gone.issue, mentions, topics, Act(person, now, why)).issues[0]


def split(
    policy: Policy, store: RouteStore, issue: str, mentions: Sequence[str], person: str, now: datetime, why: str = ""
) -> Issue:
    """The new issue, which has these mentions and goes its own way through the tree. Raises Conflict, NotFound."""
    require_person(policy.desk, person)
    with store.transaction() as transaction:
        found = _locked(transaction, issue)
        issues.require_alive(found.issue)
        wanted = set(mentions)
        strangers = sorted(wanted - {story.mention for story in found.stories})
        if strangers:
            raise NotFound("mention", strangers[0], f"it is not in issue {issue}; see: gordon issue show {issue[:8]}")
        revisions = [(story.mention, story.revision) for story in found.stories if story.mention in wanted]
        writes = issues.split(
            found,
            {one.mention.id: one for one in transaction.recorded(revisions)},
            [one.id for one in transaction.issues_by_id(issues.names_for(found.issue.file, mentions))],
            transaction.items_of([issue]),
            transaction.load(),
            _routing(policy),
            Act(person, now, why),
        )
        transaction.write("route", writes)
    return writes.issues[1]


def _locked(transaction: RouteTransaction, issue: str) -> IssueWithStories:
    """The issue, which nobody else changes until the end of the transaction."""
    for known in transaction.issues_by_id([issue]):
        transaction.lock_files([known.file])
        return transaction.with_stories([issue])[0]
    raise NotFound("issue", issue)


def _routing(policy: Policy) -> RoutePolicy:
    return make_policy(policy.desk, policy.tree, policy.silences, Topics(policy.desk.settings.topic_prefix))
