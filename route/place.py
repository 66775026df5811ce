"""First half of the decision: into which issue each mention of a batch goes. Changes only the views."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from gordon.events import Mention, Tagged
from gordon.ids import issue_id
from gordon.records import Issue, Join, Story
from route.grouping import TEXT, Placement
from route.view import FileView


@dataclass(frozen=True, slots=True)
class Placed:
    """One tagged mention in its issue. ``fresh``: the issue did not have the mention before, in any revision.
    ``issue``: as it stands with it. ``join``: None where nothing about the membership changed. ``woke``: the issue
    was dormant."""

    tagged: Tagged
    file: str
    fresh: bool
    issue: Issue
    join: Join | None
    why: str
    woke: bool = False


def place_batch(tagged: Iterable[Tagged], views: Mapping[str, FileView], now: datetime) -> list[Placed]:
    """Each mention in its issue, in order. Those without a file, and revisions older than the one known are left out:
    they are recorded, and change no issue. A dormant issue wakes; a closed one opens with its first item."""
    found = (_place(one, one.file, views[one.file], now) for one in tagged if one.file is not None)
    return [placed for placed in found if placed]


def _place(tagged: Tagged, file: str, view: FileView, now: datetime) -> Placed | None:
    mention = tagged.mention
    known = view.revisions.get(mention.id)
    if known is not None and mention.revision < known:
        return None
    if known == mention.revision:
        issue = view.issues[view.homes[mention.id]]
        return Placed(tagged, file, False, issue, None, "this revision is in the issue already")
    placement = view.index.place(_story(mention))
    before = view.issues.get(placement.issue)
    issue = _issue(file, mention, placement, before, fresh=known is None)
    view.issues[issue.id] = issue
    view.note(mention.id, mention.revision, issue.id)
    why = placement.why if known is None else f"revision {mention.revision} of a mention that is in the issue"
    join = Join(issue=issue.id, mention=mention.id, revision=mention.revision, joined=now, why=why)
    return Placed(tagged, file, known is None, issue, join, why, woke=before is not None and before.state == "dormant")


def _story(mention: Mention) -> Story:
    return Story(
        mention=mention.id,
        revision=mention.revision,
        title=mention.title,
        text=mention.text[:TEXT],
        language=mention.language,
        seen=mention.seen,
        url=mention.url,
    )


def _issue(file: str, mention: Mention, placement: Placement, known: Issue | None, *, fresh: bool) -> Issue:
    if known is None:
        return Issue(
            id=placement.issue,
            file=file,
            title=mention.title,
            state="open",
            opened=mention.seen,
            last_seen=mention.seen,
            mentions=1,
        )
    founder = issue_id(file, mention.id) == known.id
    return replace(
        known,
        title=mention.title if founder else known.title,
        state="closed" if known.state == "closed" else "open",
        last_seen=max(known.last_seen, mention.seen),
        mentions=known.mentions + fresh,
    )
