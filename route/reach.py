"""Which queues a file can reach, and what its teams therefore have to cover. Pure."""

from __future__ import annotations

from gordon.desk.schema import PolicyFile, QueuesFile
from gordon.desk.schema import Route as Branch
from route.conditions import CONDITIONS, Facts
from route.roster import Need, needs_of


def reachable(config: QueuesFile, entry: PolicyFile) -> list[str]:
    """The queues that some mention of the file could be routed or escalated to, in the order of the routes.

    Decides by ``file`` and ``claim``, which are known beforehand; every other condition might hold.
    """
    found: dict[str, None] = {}
    for branch in config.routes:
        if _may_match(branch, entry):
            queue: str | None = branch.queue
            while queue in config.queues and queue not in found:
                found[queue] = None
                queue = config.queues[queue].escalate
            if not branch.go_on and branch.when.keys() <= {"file"}:
                break
    return list(found)


def _may_match(branch: Branch, entry: PolicyFile) -> bool:
    facts = Facts(
        file=entry.file,
        language="",
        source="",
        score=0,
        kind="new",
        mentions=1,
        claims=tuple(claim.id for claim in entry.claims),
    )
    known = {name: value for name, value in branch.when.items() if name == "file"}
    if branch.when.get("claim", False) is not False:
        known["claim"] = branch.when["claim"]
    return all(CONDITIONS[name](value)(facts) for name, value in known.items())


def needs_of_file(config: QueuesFile, entry: PolicyFile) -> tuple[Need, ...]:
    """Everything that the queues within reach ask of the file's teams, each once."""
    queues = [config.queues[name] for name in reachable(config, entry)]
    return tuple(dict.fromkeys(need for queue in queues for need in needs_of(queue.requires)))
