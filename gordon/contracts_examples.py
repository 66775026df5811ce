"""Example events of every type for the AsyncAPI document, made of the real types and written by the real codec."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from gordon.bus import Record
from gordon.codec import encode
from gordon.events import (
    Assigned,
    ClaimHit,
    ClaimLine,
    Event,
    Evidence,
    FileTag,
    Gap,
    Member,
    Mention,
    MentionRef,
    Tagged,
    Topics,
)
from gordon.ids import derive, event_id, issue_id, item_id, mention_id
from gordon.letters import dead_letter

TOPICS = Topics()
FILE, QUEUE, POLICY = "passport-services", "rapid-correction", "8c0f2b11aa3e4d5c"
SEEN = datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)
CLAIMED = "Les frais de passeport vont doubler en mars."

NEW = Mention(
    id=mention_id("blog.example-1a2b3c4d", "https://blog.example/passeports"),
    revision=1,
    feed="blog.example-1a2b3c4d",
    url="https://blog.example/passeports",
    title="Passeports : les frais doublent",
    text=CLAIMED,
    language="fr",
    published=datetime(2026, 11, 22, 14, 0, tzinfo=UTC),
    seen=SEEN,
    kind="new",
    flags=(),
)
EDITED = Mention(
    id=mention_id("garden.example-5e6f7a8b", "https://garden.example/tulips"),
    revision=2,
    feed="garden.example-5e6f7a8b",
    url="https://garden.example/tulips",
    title="Tulips in November",
    text="Plant them now.",
    language="en",
    published_raw="last Tuesday",
    seen=SEEN,
    kind="edited",
    flags=("date-doubtful",),
)
TAGGED = Tagged(
    mention=NEW,
    file=FILE,
    files=(
        FileTag(
            file=FILE,
            score=2.0,
            evidence=(Evidence(rule="frais", field="title", start=0, end=10, quote=NEW.title[0:10]),),
        ),
    ),
    claims=(
        ClaimHit(
            file=FILE,
            claim="fee-doubles",
            score=0.91,
            quote=CLAIMED,
            field="text",
            end=len(CLAIMED),
            line=ClaimLine(en="Fees stay as they are.", fr="Les frais ne changent pas.", version=3),
        ),
    ),
    policy_version=POLICY,
)
UNTAGGED = Tagged(mention=EDITED, files=(), claims=(), policy_version=POLICY)
ISSUE = issue_id(FILE, NEW.id)
ASSIGNED = Assigned(
    item=item_id(ISSUE, QUEUE),
    issue=ISSUE,
    queue=QUEUE,
    file=FILE,
    files=(FILE,),
    mention=MentionRef(id=NEW.id, url=NEW.url, title=NEW.title, language=NEW.language),
    mentions=1,
    priority="high",
    team=(
        Member(
            person="gordon",
            disciplines=("policy", "communications"),
            expertise="lead",
            authority=("approve",),
            why="leads the file and has two of the disciplines",
        ),
    ),
    gaps=(Gap(kind="discipline", need="web-communications", why="nobody on duty has it"),),
    clocks={"acknowledge_by": datetime(2026, 11, 22, 15, 0, 5, tzinfo=UTC)},
    explain=("route 1: a claim is repeated",),
    change="opened",
    policy_version=POLICY,
)


def _mention(mention: Mention) -> Event:
    return Event(
        topic=TOPICS.mentions,
        key=mention.id,
        type="gordon.mention.v1",
        id=event_id("ingest", mention.id, mention.revision),
        source="/gordon/ingest",
        subject=f"{mention.id}/{mention.revision}",
        time=mention.seen,
        data=mention,
    )


def _tagged(tagged: Tagged) -> Event:
    mention = tagged.mention
    return Event(
        topic=TOPICS.tagged,
        key=tagged.file or mention.id,
        type="gordon.tagged.v1",
        id=event_id("classify", mention.id, mention.revision, tagged.file or "", tagged.policy_version),
        source="/gordon/classify",
        subject=f"{mention.id}/{mention.revision}",
        time=mention.seen,
        data=tagged,
    )


OPENED = Event(
    topic=TOPICS.queue(QUEUE),
    key=ASSIGNED.issue,
    type="gordon.assigned.v1",
    id=derive("event", "route", ASSIGNED.item, NEW.id, "1", "opened"),
    source="/gordon/route",
    subject=ASSIGNED.item,
    time=SEEN,
    data=ASSIGNED,
)


def _dead() -> Event:
    message = encode(_mention(NEW))
    broken = Record(message.topic, 3, 41, message.key, message.value[:40], message.headers)
    error = "gordon.mention.v1: Input data was truncated"
    return dead_letter(TOPICS.dead, "classify", broken, "undecodable", error, "", attempts=1)


def examples() -> dict[str, dict[str, Event]]:
    """For each type of event, examples by a sentence about them."""
    return {
        "gordon.mention.v1": {"An entry that is new": _mention(NEW), "An entry that was edited": _mention(EDITED)},
        "gordon.tagged.v1": {
            "A mention that touches a file and repeats a claim": _tagged(TAGGED),
            "A mention that touches no file; the key is the mention": _tagged(UNTAGGED),
        },
        "gordon.assigned.v1": {
            "An item is new in a queue": OPENED,
            "Its issue has grown": _grown(),
        },
        "gordon.dead.v1": {"A message that is cut off": _dead()},
    }


def _grown() -> Event:
    grown = msgspec.structs.replace(ASSIGNED, change="grew", mentions=2)
    another = mention_id("other.example-9c0d1e2f", "https://other.example/fees")
    id = derive("event", "route", ASSIGNED.item, another, "1", "grew")
    return msgspec.structs.replace(OPENED, id=id, data=grown)
