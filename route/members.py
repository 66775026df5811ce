"""What each on a team is there for: hats, authority, who drafts and who approves, and why. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from gordon.events import Member
from route.cover import Apart
from route.people import LEAD
from route.roster import Need, Prospect, apart_of


def members_of(
    team: Sequence[Prospect],
    needs: tuple[Need, ...],
    load: Mapping[str, int],
    *,
    separate: bool,
    before: Sequence[Member] = (),
) -> tuple[Member, ...]:
    """The team as it goes onto the queue. Each required hat goes to one head: of those who have it the most expert,
    the least loaded, the first by id; to whoever approves only where nobody else has it, if somebody else drafts.
    ``before``: the team so far, whose hats and duties stay where they are as long as that can be."""
    order = sorted(team, key=lambda found: (-found.rank, load.get(found.id, 0), found.id))
    duties = duties_of(order, needs, separate=separate, before=before)
    if separate and len(duties) > 1:
        order.sort(key=lambda found: "approve" in duties.get(found.id, ()))
    worn = {hat: member.person for member in before for hat in member.disciplines}
    hats: dict[str, list[str]] = {prospect.id: [] for prospect in team}
    for bit, need in enumerate(needs):
        able = [found.id for found in order if found.mask >> bit & 1]
        if need.kind == "discipline" and able:
            hats[worn[need.name] if worn.get(need.name) in able else able[0]].append(need.name)
    known = {member.person: member for member in before}
    return tuple(
        _same(known.get(one.id), _member(one, needs, tuple(hats[one.id]), duties.get(one.id, ()), load)) for one in team
    )


def _same(before: Member | None, member: Member) -> Member:
    """As it was, where only the load in the reason is another."""
    return before if before is not None and replace(before, why="") == replace(member, why="") else member


def duties_of(
    order: Sequence[Prospect], needs: Sequence[Need], *, separate: bool, before: Sequence[Member] = ()
) -> dict[str, tuple[str, ...]]:
    """Who drafts and who approves, by id, where the queue requires approval; ``order``: best first. Where one alone
    could do both and must not, they draft."""
    apart = apart_of(needs)
    if apart is None:
        return {}
    approvers = [found.id for found in order if found.mask & apart.approve]
    drafters = [found.id for found in order if found.mask & apart.draft]
    had = {duty: member.person for member in before for duty in member.duties}
    drafters.sort(key=lambda name: name != had.get("draft"))
    approvers.sort(key=lambda name: name != had.get("approve"))
    pairs = [(one, other) for one in approvers for other in drafters if not separate or one != other]
    if not pairs:
        return {name: ("draft",) for name in drafters[:1]} or {name: ("approve",) for name in approvers[:1]}
    approver, drafter = pairs[0]
    if approver == drafter:
        return {drafter: ("draft", "approve")}
    return {drafter: ("draft",), approver: ("approve",)}


def alone(team: Sequence[Prospect], apart: Apart | None) -> str:
    """Who is the only one of the team to draft and to approve, though two should; or ""."""
    if apart is None:
        return ""
    heads = [found for found in team if apart.either(found.mask)]
    both = [found.id for found in heads if found.mask & apart.approve and found.mask & apart.draft]
    return both[0] if both and len(heads) == 1 else ""


def _member(
    prospect: Prospect, needs: Sequence[Need], hats: tuple[str, ...], duties: tuple[str, ...], load: Mapping[str, int]
) -> Member:
    return Member(
        person=prospect.id,
        disciplines=hats,
        expertise=prospect.standing.expertise,
        authority=_covered(prospect, needs, "authority"),
        why="; ".join(_why(prospect, needs, hats, duties, load.get(prospect.id, 0))),
        duties=duties,
    )


def _covered(prospect: Prospect, needs: Sequence[Need], *kinds: str) -> tuple[str, ...]:
    return tuple(need.name for bit, need in enumerate(needs) if need.kind in kinds and prospect.mask >> bit & 1)


def _why(
    prospect: Prospect, needs: Sequence[Need], hats: tuple[str, ...], duties: tuple[str, ...], load: int
) -> list[str]:
    """The lines that say what somebody is there for."""
    worn = [*hats, *_covered(prospect, needs, "authority"), *_covered(prospect, needs, "expertise", "language")]
    why = [f"covers {', '.join(worn)}"] if worn else []
    why += [f"{duty}s" for duty in duties]
    if prospect.stands_in:
        why.append(f"stands in for {prospect.stands_in}")
    elif prospect.standing.expertise == LEAD:
        why.append("leads the file")
    why.append(f"has {load} of {prospect.capacity} items")
    if load >= prospect.capacity:
        why.append("beyond capacity, as nobody with room covers it")
    return why
