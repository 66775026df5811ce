"""Events of every type, filled in every field: for round trips, golden files and schemas."""

from __future__ import annotations

from datetime import UTC, date, datetime

from gordon.events import (
    Assigned,
    ClaimHit,
    ClaimLine,
    Dead,
    Event,
    Evidence,
    FileTag,
    Gap,
    Learned,
    Member,
    Mention,
    MentionRef,
    Origin,
    Tagged,
)

SEEN = datetime(2026, 11, 22, 14, 30, 5, 250000, tzinfo=UTC)

MENTION = Mention(
    id="0d7c0f0e-2f7e-5d61-9a0a-6f4b1a5f0c11",
    revision=2,
    feed="passport-blog.example-1a2b3c4d",
    url="https://passport-blog.example/2026/retards",
    title="Encore des retards à l'impôt… et aux passeports",
    text="Le délai d'attente double.\n\nLes frais aussi, dit-on.",
    language="fr",
    published=datetime(2026, 11, 22, 14, 0, tzinfo=UTC),
    published_raw="Dim, 22 nov 2026",
    seen=SEEN,
    author="Une autrice",
    html="<p>Le délai d'attente double.</p><p>Les frais aussi, dit-on.</p>",
    kind="edited",
    flags=("text-cut",),
)

TAGGED = Tagged(
    mention=MENTION,
    file="passport-services",
    files=(
        FileTag(
            file="passport-services",
            score=3.0,
            evidence=(Evidence(rule="retards", field="title", start=11, end=18, quote="retards"),),
        ),
    ),
    claims=(ClaimHit(file="passport-services", claim="fee-doubles", score=0.82, quote="Les frais aussi, dit-on."),),
    policy_version="8c0f2b11aa3e4d5c",
)

LEARNED = Tagged(
    mention=MENTION,
    file="passport-services",
    files=(
        FileTag(
            file="passport-services",
            score=0.87,
            evidence=(Evidence(rule="examples", field="title", start=41, end=51, quote="passeports"),),
            learned=Learned(probability=0.87, threshold=0.6, model="2d5f0a9b1c3e4f60"),
        ),
    ),
    claims=(
        ClaimHit(
            file="passport-services",
            claim="fee-doubles",
            score=0.82,
            quote="Les frais aussi, dit-on.",
            field="text",
            start=26,
            end=50,
            line=ClaimLine(
                en="Fees stay as they are.",
                fr="Les frais ne changent pas.",
                version=3,
                approved_by="director-passports",
                expires=date(2026, 3, 31),
                source="https://passports.example/fees",
            ),
            flags=("line-expired",),
        ),
    ),
    policy_version="8c0f2b11aa3e4d5c",
    flags=("title-cut", "text-cut"),
)

ASSIGNED = Assigned(
    item="f3b0a6f2-7a6f-5a1e-8f8e-0b54b6a7f001",
    issue="f3b0a6f2-7a6f-5a1e-8f8e-0b54b6a7f002",
    queue="rapid-correction",
    file="passport-services",
    files=("passport-services",),
    mention=MentionRef(id=MENTION.id, url=MENTION.url, title=MENTION.title, language=MENTION.language),
    mentions=3,
    priority="high",
    team=(
        Member(
            person="gordon",
            disciplines=("policy", "communications"),
            expertise="lead",
            authority=("approve",),
            why="wears two of the hats and leads the file",
            duties=("approve",),
        ),
    ),
    gaps=(Gap(kind="discipline", need="web-communications", why="nobody on duty has it"),),
    clocks={"acknowledge_by": datetime(2026, 11, 23, 14, 30, tzinfo=UTC)},
    explain=("route 1: claim is true -> rapid-correction",),
    change="reassigned",
    policy_version="8c0f2b11aa3e4d5c",
    why="an-other is away from 2026-11-23 on",
    claimed_by="gordon",
    claimed_until=datetime(2026, 11, 22, 15, 30, 5, tzinfo=UTC),
    done={"acknowledge": datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)},
)

DEAD = Dead(
    stage="classify",
    reason="undecodable",
    error="gordon.mention.v1: truncated",
    traceback="Traceback ...",
    origin=Origin(topic="gordon.mentions", partition=3, offset=41),
    attempts=1,
    value=b"\x00\xff not json",
    key=MENTION.id,
    headers={"ce_type": "gordon.mention.v1"},
)


def _event(topic: str, key: str, kind: str, subject: str, data: Mention | Tagged | Assigned | Dead) -> Event:
    return Event(
        topic=topic,
        key=key,
        type=kind,
        id=f"id-of-{kind}",
        source="/gordon/test",
        subject=subject,
        time=SEEN,
        data=data,
    )


EVENTS = {
    "gordon.mention.v1": _event("gordon.mentions", MENTION.id, "gordon.mention.v1", f"{MENTION.id}/2", MENTION),
    "gordon.tagged.v1": _event("gordon.tagged", "passport-services", "gordon.tagged.v1", f"{MENTION.id}/2", LEARNED),
    "gordon.assigned.v1": _event(
        "gordon.queue.rapid-correction", ASSIGNED.issue, "gordon.assigned.v1", ASSIGNED.item, ASSIGNED
    ),
    "gordon.dead.v1": _event("gordon.dead", MENTION.id, "gordon.dead.v1", f"{MENTION.id}/2", DEAD),
}
