"""What one batch of route did, in numbers, for metrics. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gordon.events import Tagged
from gordon.records import Item
from route.decide import Decided


@dataclass(frozen=True, slots=True)
class RouteReport:
    """Counts of one committed batch; nothing that had been handled before is in them.

    ``waits``: for each event sent to a queue its file and the seconds since the poll that found the mention.
    ``silenced``: those of ``tagged`` that a silence kept back, by its id.
    ``gaps``: of items opened, by file and need ("web-communications", "lead", ...). Untagged: by language.
    """

    items: Mapping[tuple[str, str], int]
    waits: Sequence[tuple[str, float]]
    gaps: Mapping[tuple[str, str], int]
    tagged: Mapping[tuple[str, str], int]
    untagged: Mapping[str, int]
    buried: int
    silenced: Mapping[str, int]


def make_report(
    tagged: Sequence[Tagged], decided: Decided, buried: int, now: datetime, merged: Sequence[Item] = ()
) -> RouteReport:
    """Counts a batch. ``merged``: the items that changed as their issues were merged."""
    changes = decided.changes
    opened = [change.item for change in changes if change.item.assigned.change == "opened"]
    return RouteReport(
        items=Counter((item.queue, item.assigned.change) for item in (*(change.item for change in changes), *merged)),
        waits=[(one.item.file, (now - one.event.time).total_seconds()) for one in changes],
        gaps=Counter((item.file, gap.need) for item in opened for gap in item.assigned.gaps),
        tagged=Counter((one.file, one.mention.language) for one in tagged if one.file is not None),
        untagged=Counter(one.mention.language for one in tagged if one.file is None),
        buried=buried,
        silenced=Counter(one.silence for one in decided.routings if one.silence),
    )
