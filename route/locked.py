"""Items under the locks of their files, and what is written of them; for everything that happens without a mention."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from gordon import codec
from gordon.ports import RouteTransaction
from gordon.records import Item, ItemChange, RouteWrites
from route.announce import Changed

PAGE = 200
"""Items or issues of one transaction."""


def locked(transaction: RouteTransaction, seen: Iterable[Item]) -> Sequence[Item]:
    """The items as they stand under the locks of their files, in the same order: what another daemon or a person has
    done meanwhile is done."""
    order = {item.id: (number, item.file) for number, item in enumerate(seen)}
    if not order:
        return []
    transaction.lock_files({file for _, file in order.values()})
    return sorted(transaction.items_by_id(order), key=lambda item: order[item.id])


def beside_of(transaction: RouteTransaction, found: Iterable[Item]) -> Mapping[str, dict[str, Item]]:
    """By issue and id: all items of the issues of these."""
    beside: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for item in transaction.items_of({item.issue for item in found}):
        beside[item.issue][item.id] = item
    return beside


def writes_of(changes: Sequence[Changed], audit: Sequence[ItemChange]) -> RouteWrites:
    """The rows and messages of these changes."""
    return RouteWrites(
        items=tuple(change.item for change in changes),
        item_changes=tuple(audit),
        messages=tuple(codec.encode(change.event) for change in changes),
    )
