"""First half of the decision: into which issue each mention of a batch goes. Changes only the views."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from gordon.events import Mention, Tagged
from gordon.ids import issue_id
from gordon.records import Issue, Join, Story
from route.grouping import TEXT, Placement
from route.merging import Merge
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


@dataclass(frozen=True, slots=True)
class Linked:
    """A mention links these issues of its file, in this order; it is in none of them yet. ``by``: its title."""

    file: str
    merges: tuple[Merge, ...]
    by: str


def placing(tagged: Iterable[Tagged], views: Mapping[str, FileView], now: datetime) -> Iterator[Placed | Linked]:
    """Each mention in its issue, in order. Those without a file, and revisions older than the one known are left out:
    they are recorded, and change no issue. A dormant issue wakes; a closed one opens with its first item.

    Before a mention that links issues comes ``Linked``: whoever gets it merges them in the view before going on.
    """
    for one in tagged:
        if one.file is not None:
            yield from _place(one, one.file, views[one.file], now)


def _place(tagged: Tagged, file: str, view: FileView, now: datetime) -> Iterator[Placed | Linked]:
    mention = tagged.mention
    known = view.revisions.get(mention.id)
    if known is not None and mention.revision < known:
        return
    if known == mention.revision:
        issue = view.issues[view.homes[mention.id]]
        yield Placed(tagged, file, False, issue, None, "this revision is in the issue already")
        return
    placement = view.index.place(_story(mention))
    if placement.merges:
        merges = tuple(_without(merge, mention.id) for merge in placement.merges)
        yield Linked(file, merges, mention.title or mention.id)
    before = view.issues.get(placement.issue)
    issue = _issue(file, mention, placement, before, fresh=known is None)
    view.issues[issue.id] = issue
    view.note(mention.id, mention.revision, issue.id)
    why = placement.why if known is None else f"revision {mention.revision} of a mention that is in the issue"
    join = Join(issue=issue.id, mention=mention.id, revision=mention.revision, joined=now, why=why)
    woke = before is not None and before.state == "dormant"
    yield Placed(tagged, file, known is None, issue, join, why, woke=woke)


def _without(merge: Merge, mention: str) -> Merge:
    return dataclasses.replace(merge, mentions=tuple(one for one in merge.mentions if one != mention))


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
