"""Rows to keep: small, in both languages, each with a number that makes it differ from its siblings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

from gordon.bus import Message
from gordon.events import Assigned, ClaimHit, ClaimLine, Evidence, FileTag, Gap, Learned, Member, Mention, MentionRef
from gordon.polling import Claim, Feed, FeedState, Found, Polled, Recorded
from gordon.records import DeadLetter, Issue, Item, Join, RecordedMention, RouteWrites
from store.database import Database
from store.ingest import Ingest
from store.route import Route

NOW = datetime(2026, 11, 22, 14, 30, 5, 250001, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)
EARLIER = NOW - timedelta(days=2)
AT_LAST = NOW + timedelta(days=365)
"""When everything is due and every lease and rest is over."""
OWNER = "a daemon"


def feed(number: int, *, url: str = "", language: str = "en") -> Feed:
    address = url or f"https://blog-{number}.example/feed"
    return Feed(id=f"blog-{number}", url=address, title=f"Blog {number}", folder="Ottawa", language=language)


def polled(number: int, at: datetime = NOW, **news: object) -> FeedState:
    state = {
        "id": f"blog-{number}",
        "url": f"https://blog-{number}.example/feed",
        "host": f"blog-{number}.example",
        "language": "en",
        "etag": 'W/"a\u00e9"',
        "last_modified": "Sun, 22 Nov 2026 14:00:00 GMT",
        "body_hash": "abc123",
        "interval": 900.5,
        "next_due": at + timedelta(minutes=15),
        "last_poll": at,
        "last_full": at,
        "last_new": at,
        "outcome": "ok",
        "status": 200,
    }
    return FeedState(**(state | news))  # type: ignore[arg-type]  # a dict of mixed values


def mention(number: int, revision: int = 1, *, text: str = "", seen: datetime = NOW) -> Mention:
    return Mention(
        id=f"mention-{number}",
        revision=revision,
        feed="blog-1",
        url=f"https://blog-1.example/{number}",
        title=f"Les délais s'allongent, épisode {number}",
        text=text or f"Le bureau des passeports n'arrive plus à suivre ({number}.{revision}).",
        language="fr",
        published=NOW - timedelta(hours=1) if number % 2 else None,
        seen=seen,
        author="Une autrice" if number % 2 else None,
        kind="new" if revision == 1 else "edited",
        flags=("text-cut",) if number % 2 else (),
    )


def message(topic: str, number: int, key: str = "key") -> Message:
    headers = (("ce_id", f"event-{number}".encode()), ("ce_time", b"2026-11-22T14:00:00Z"), ("raw", b"\x00\xff"))
    return Message(topic=topic, key=key, value=f'{{"n": {number}}}'.encode() + b"\x00\xfe", headers=headers)


def found(number: int, revision: int = 1) -> Found:
    return Found(
        identity=f"https://blog-1.example/guid/{number}",
        fingerprint=f"print-{number}-{revision}",
        mention=mention(number, revision),
        message=message("gordon.mentions", 10 * number + revision, key=f"mention-{number}"),
    )


def recorded(number: int, revision: int = 1, *, files: tuple[str, ...] = ("passports",), seen: datetime = NOW,
             policy_version: str = "p1", text: str = "") -> RecordedMention:  # fmt: skip
    evidence = (Evidence(rule="delays", field="title", start=4, end=10, quote="délais"),)
    return RecordedMention(
        mention=mention(number, revision, seen=seen, text=text),
        files=tuple(
            FileTag(
                file=file,
                score=1.5 - place,
                evidence=evidence,
                learned=Learned(probability=0.5, threshold=0.4, model="m1") if place else None,
            )
            for place, file in enumerate(files)
        ),
        claims=tuple(
            ClaimHit(
                file=file,
                claim="fee-doubles",
                score=0.8,
                quote="Les frais doublent.",
                field="text",
                start=4,
                end=23,
                line=ClaimLine(fr="Les frais ne changent pas.", version=2, expires=date(2026, 3, 31)),
                flags=("line-expired", "line-one-language"),
            )
            for file in files
        ),
        policy_version=policy_version,
    )


def issue(number: int, *, file: str = "passports", last_seen: datetime = NOW, **news: object) -> Issue:
    row = {"title": f"Les délais {number}", "state": "open", "opened": EARLIER, "mentions": 1}
    return Issue(id=f"issue-{number}", file=file, last_seen=last_seen, **(row | news))  # type: ignore[arg-type]  # a dict of mixed values


def join(issue: int, mention: int, revision: int = 1, why: str = "same story") -> Join:
    return Join(issue=f"issue-{issue}", mention=f"mention-{mention}", revision=revision, joined=NOW, why=why)


def member(person: str) -> Member:
    return Member(
        person=person,
        disciplines=("policy", "communications"),
        expertise="lead",
        authority=("speak",),
        why="le dossier",
    )


def item(number: int, issue: int = 1, *, team: tuple[str, ...] = ("gordon",), state: str = "open",
         queue: str = "duty-desk", priority: str = "normal", opened: datetime = NOW) -> Item:  # fmt: skip
    assigned = Assigned(
        item=f"item-{number}",
        issue=f"issue-{issue}",
        queue=queue,
        file="passports",
        files=("passports",),
        mention=MentionRef(id="mention-1", url="https://blog-1.example/1", title="Les délais"),
        mentions=1,
        priority=priority,  # type: ignore[arg-type]  # a dict of mixed values
        team=tuple(member(person) for person in team),
        gaps=(Gap(kind="discipline", need="advocacy", why="nobody on duty"),),
        clocks={"acknowledge_by": LATER},
        explain=("route 2",),
        change="opened",
        policy_version="p1",
    )
    return Item(
        id=assigned.item, issue=assigned.issue, queue=queue, file="passports", priority=assigned.priority,
        state=state, opened=opened, updated=opened, assigned=assigned,  # type: ignore[arg-type]  # a dict of mixed values
    )  # fmt: skip


def letter(number: int, *, subject: str = "", stage: str = "classify", died: datetime = NOW) -> DeadLetter:
    return DeadLetter(
        id=f"letter-{number}",
        stage=stage,
        reason="permanent",
        error="it broke\x00",
        traceback="Traceback \ud800 ...",
        topic="gordon.mentions",
        partition=3,
        offset=2**40 + number,
        attempts=3,
        key="mention-1",
        headers={"ce_id": "event-1"},
        value=b"\x00\xff not JSON",
        subject=subject,
        died=died,
    )


def claims(ingest: Ingest, now: datetime = AT_LAST, *, owner: str = OWNER, most: int = 10_000) -> Sequence[Claim]:
    """What is due, leased for a minute."""
    found = ingest.claim(owner, now, now + timedelta(minutes=1), most)
    assert found is not None, "another daemon has the turn"
    return found


def due(ingest: Ingest, now: datetime = AT_LAST) -> list[FeedState]:
    """The feeds that are due, by id, given back at once."""
    found = [state for claim in claims(ingest, now) for state in claim.feeds]
    ingest.release(OWNER, None)
    return sorted(found, key=lambda state: state.id)


def record(
    ingest: Ingest,
    state: FeedState,
    found: Sequence[Found] = (),
    *,
    reading: bytes | None = None,
    now: datetime = NOW,
) -> Recorded:
    """One poll under a lease of its own."""
    claim = next(claim for claim in claims(ingest) for feed in claim.feeds if feed.id == state.id)
    poll = Polled(host=claim.host.host, state=state, found=tuple(found), reading=reading)
    done = ingest.record(OWNER, now, [poll], [claim.host])
    ingest.release(OWNER, None)
    assert not done.refused
    return done


def write(database: Database, **writes: object) -> None:
    """One transaction of route with these rows."""
    with Route(database).transaction() as transaction:
        transaction.write("route", RouteWrites(**writes))  # type: ignore[arg-type]  # a dict of mixed values
