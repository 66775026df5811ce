"""The facts and the history of a small run in which everything held, for tests that break them."""

from __future__ import annotations

from typing import Any


def history() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = [
        {"t": float(number), "at": "2026-01-01T00:00:00", "what": "published", "entry": number, "link": link(number),
         "file": "" if number == 11 else "passports", "killer": number == 10}
        for number in range(12)
    ]  # fmt: skip
    arrived: list[dict[str, Any]] = [
        {"t": number + 1.5, "at": "", "what": "arrived", "link": link(number)} for number in range(10)
    ]
    fault = {"what": "fault", "fault": "route-1@2", "target": "route-1", "kind": "kill", "lasts": 0.0, "size": 0.0}
    return [
        {"t": 0.0, "at": "2026-01-01T00:00:00", "what": "begin", "kind": "embedded", "minutes": 1, "seed": 1},
        *sorted(entries + arrived, key=lambda line: float(line["t"])),
        {"t": 2.0, "at": "", **fault},
        {"t": 2.1, "at": "", "what": "over", "fault": "route-1@2", "target": "route-1", "kind": "kill"},
        {"t": 3.0, "at": "", "what": "poison", "name": "not JSON", "reason": "undecodable", "digest": "poison"},
        {"t": 3.5, "at": "", "what": "copies", "kind": "duplicate", "topic": "gordon.mentions", "count": 4},
        {"t": 20.0, "at": "", "what": "settled"},
    ]


def facts() -> dict[str, Any]:
    """Ten mentions in five issues and items, one of them edited, one killer, one without a file, one poison."""
    tagged, every = range(10), range(12)
    revisions = [(number, 1) for number in every] + [(0, 2)]
    routed = [(number, 1) for number in tagged] + [(0, 2)]
    letters = [
        letter("dead-1", "undecodable", 50, "poison", ""),
        letter("dead-2", "poison", 10, "m10.1", "m10/1"),
    ]
    return {
        "planned": 1,
        "served": [
            {"entry": n, "feed": 0, "link": link(n), "file": "" if n == 11 else "passports", "killer": n == 10,
             "versions": [f"e{n}v1", f"e{n}v2"] if n == 0 else [f"e{n}v1"]}
            for n in every
        ],
        "entries": [{"feed": "f", "mention": f"m{n}", "revision": 2 if n == 0 else 1} for n in every],
        "revisions": [{"mention": f"m{n}", "revision": r, "url": link(n), "says": f"e{n}v{r}"} for n, r in revisions],
        "mentions": [{"id": f"m{n}", "revision": r, "tagged": n < 10, "url": link(n)} for n, r in revisions if n != 10],
        "tags": [{"mention": f"m{n}", "revision": r, "file": "passports"} for n, r in routed],
        "issues": [
            {"id": f"i{n}", "file": "passports", "state": "open", "mentions": 2, "merged_into": ""} for n in range(5)
        ],
        "joins": [{"issue": f"i{n // 2}", "mention": f"m{n}", "revision": 1} for n in tagged],
        "items": [
            {"id": f"t{n}", "issue": f"i{n}", "queue": "desk", "state": "open", "fired": ["draft"] if n == 0 else []}
            for n in range(5)
        ],
        "changes": [{"item": "t0", "action": "escalate", "why": "draft was due"}],
        "outbox": [],
        "held": [],
        "dead": letters,
        "status": {
            "found": 13, "tagged": 11, "untagged": 1, "dead": 1, "tags": 11, "routed": 11, "silenced": 0,
            "tags_dead": 0, "in_flight": 0, "outbox": 0, "balanced": True, "lag": {"route gordon.tagged": 0},
        },
        "topics": {
            "mentions": [
                *(mention(place, n, r) for place, (n, r) in enumerate(revisions)),
                mention(40, 3, 1),
                {**mention(50, 0, 1), "id": "", "type": "", "subject": "", "digest": "poison"},
            ],
            "queue.desk": [*map(told, tagged), escalated()],
            "dead": [
                {"id": row["id"], "type": "gordon.dead.v1", "subject": row["subject"], "partition": 0, "offset": place,
                 "dead": {"reason": row["reason"], "origin": {"offset": row["offset"]}, "digest": row["digest"]}}
                for place, row in enumerate(letters)
            ],
        },
    }  # fmt: skip


def link(number: int) -> str:
    return f"https://news0.example/{number}"


def letter(id: str, reason: str, offset: int, digest: str, subject: str) -> dict[str, Any]:
    place = {"topic": "gordon.mentions", "partition": 0, "offset": offset}
    return {"id": id, "stage": "classify", "reason": reason, "error": "so it is", **place, "digest": digest,
            "attempts": 1, "subject": subject}  # fmt: skip


def mention(offset: int, number: int, revision: int) -> dict[str, Any]:
    named = {"id": f"e{number}.{revision}", "type": "gordon.mention.v1", "subject": f"m{number}/{revision}"}
    return {"partition": 0, "offset": offset, "key": f"m{number}", **named, "digest": f"m{number}.{revision}"}


def told(number: int) -> dict[str, Any]:
    """The first mention of an issue opens its item, the second lets it grow."""
    change = "grew" if number % 2 else "opened"
    item = {"item": f"t{number // 2}", "issue": f"i{number // 2}", "queue": "desk", "change": change, "why": ""}
    return {"id": f"a{number}", "type": "gordon.assigned.v1", "assigned": item, "mention": f"m{number}"}


def escalated() -> dict[str, Any]:
    item = {"item": "t0", "issue": "i0", "queue": "desk", "change": "escalated", "why": "draft was due"}
    return {"id": "a-escalated", "type": "gordon.assigned.v1", "assigned": item, "mention": "m0"}
