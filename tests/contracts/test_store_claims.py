"""Leases of hosts, on every database: who may visit what, until when, and that nobody else can record it."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from gordon.polling import Claim, HostState, PageRead, Polled, Recorded
from store.claims import MOST_OF_A_HOST
from store.database import Database, open_database
from store.feeds import feeds, poll_history
from store.held import held_mentions
from store.ingest import Ingest
from tests.contracts.store_samples import (
    AT_LAST,
    LATER,
    NOW,
    claims,
    due,
    feed,
    found,
    polled,
    record,
)

SECOND = timedelta(seconds=1)
LEASE = timedelta(minutes=1)


@pytest.fixture
def ingest(database: Database) -> Ingest:
    return Ingest(database)


@pytest.fixture
def many(ingest: Ingest) -> bool:
    """Whether the database allows several daemons at a time."""
    ingest.sync_feeds([], NOW)
    both = [ingest.claim(owner, NOW, NOW + LEASE, 1) for owner in ("x", "y")]
    for owner in ("x", "y"):
        ingest.release(owner, None)
    return both[1] is not None


def ids(claimed: Sequence[Claim] | None) -> list[str]:
    assert claimed is not None
    return [state.id for claim in claimed for state in claim.feeds]


def host(ingest: Ingest, number: int, owner: str = "a", now: datetime = NOW) -> HostState:
    return next(one.host for one in claims(ingest, now, owner=owner) if one.host.host == f"blog-{number}.example")


def poll(number: int, at: datetime = NOW, **news: object) -> Polled:
    return Polled(host=f"blog-{number}.example", state=polled(number, at, **news))


def test_a_claim_brings_the_host_and_all_that_is_due_there(ingest: Ingest) -> None:
    at_home = [feed(1), feed(2, url="https://BLOG-1.example/comments"), feed(3)]
    ingest.sync_feeds(at_home, NOW)
    record(ingest, polled(3))
    (claim,) = claims(ingest, NOW)
    assert claim.host == HostState(host="blog-1.example", epoch=claim.host.epoch) and claim.host.epoch > 0
    assert ids([claim]) == ["blog-1", "blog-2"] and claim.pages == ()


def test_longest_due_first_whole_hosts_and_not_too_many(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2), feed(3), feed(4, url="https://blog-2.example/4")], NOW)
    for number, seconds in ((1, 3), (2, 1), (3, 2), (4, 4)):
        name = "blog-2.example" if number == 4 else f"blog-{number}.example"
        url = "https://blog-2.example/4" if number == 4 else f"https://blog-{number}.example/feed"
        record(ingest, polled(number, next_due=NOW + seconds * SECOND, host=name, url=url))
    assert ids(claims(ingest, LATER, most=1)) == ["blog-2", "blog-4"]
    ingest.release("a daemon", None)
    assert ids(claims(ingest, LATER, most=3)) == ["blog-2", "blog-4", "blog-3"]
    ingest.release("a daemon", None)
    assert ids(claims(ingest, NOW + 2 * SECOND)) == ["blog-2", "blog-3"]


@pytest.mark.parametrize("most", [1, 40])
def test_no_host_is_leased_without_work(ingest: Ingest, most: int) -> None:
    """All are due at the same moment, most of them on one host."""
    crowd = [feed(number, url=f"https://big.example/{number}") for number in range(100, 300)]
    ingest.sync_feeds([*crowd, feed(1), feed(2)], NOW)
    claimed = claims(ingest, NOW, most=most)
    assert claimed and all(claim.feeds for claim in claimed)


def test_a_host_with_very_many_feeds_keeps_nobody_out(ingest: Ingest) -> None:
    crowd = [feed(number, url=f"https://big.example/{number}") for number in range(100, 300)]
    ingest.sync_feeds(crowd, NOW - LEASE)
    ingest.sync_feeds([*crowd, feed(1)], NOW)
    big, small = claims(ingest, NOW, most=50)
    assert (len(big.feeds), ids([small])) == (MOST_OF_A_HOST, ["blog-1"])
    polls = [Polled(host="big.example", state=replace(one, last_poll=NOW, next_due=LATER)) for one in big.feeds]
    assert ingest.record("a daemon", NOW, polls, [big.host]) == Recorded()
    again, _ = claims(ingest, NOW, most=50)
    assert not {one.id for one in again.feeds} & {one.id for one in big.feeds}
    assert len(again.feeds) == MOST_OF_A_HOST and again.host == big.host


def test_own_hosts_come_again_with_what_has_fallen_due_since(ingest: Ingest) -> None:
    other = "https://blog-1.example/2"
    ingest.sync_feeds([feed(1), feed(2, url=other)], NOW)
    (first,) = claims(ingest, NOW, owner="a")
    done = polled(2, url=other, host="blog-1.example", next_due=NOW + 9 * SECOND)
    assert ingest.record("a", NOW, [Polled(host="blog-1.example", state=done)], [first.host]) == Recorded()
    (again,) = claims(ingest, NOW + SECOND, owner="a")
    assert (ids([again]), again.host) == (["blog-1"], first.host)
    (again,) = claims(ingest, NOW + 9 * SECOND, owner="a")
    assert (ids([again]), again.host.epoch) == (["blog-1", "blog-2"], first.host.epoch)


def test_two_daemons_share_the_hosts(ingest: Ingest, many: bool) -> None:
    ingest.sync_feeds([feed(number) for number in range(1, 6)], NOW)
    mine = ids(claims(ingest, NOW, owner="a", most=2))
    assert len(mine) == 2
    theirs = ingest.claim("b", NOW, NOW + LEASE, 10)
    if not many:
        assert theirs is None
        return
    assert not set(ids(theirs)) & set(mine) and len(ids(theirs)) == 3
    assert ids(claims(ingest, NOW, owner="a")) == mine
    ingest.release("b", ["blog-4.example", "blog-1.example"])
    assert ids(claims(ingest, NOW, owner="a")) == sorted([*mine, "blog-4"]), "only what was b's is given back by b"


def test_one_turn_where_the_database_allows_one_daemon(ingest: Ingest, many: bool) -> None:
    if many:
        return
    ingest.sync_feeds([feed(1)], NOW)
    assert ingest.claim("a", NOW, NOW + LEASE, 1)
    assert ingest.claim("b", NOW + LEASE - SECOND, NOW + 2 * LEASE, 1) is None
    ingest.prolong("a", NOW + 2 * LEASE)
    assert ingest.claim("b", NOW + LEASE, NOW + 3 * LEASE, 1) is None
    assert ids(ingest.claim("b", NOW + 2 * LEASE, NOW + 3 * LEASE, 1)) == ["blog-1"]
    assert ingest.claim("a", NOW + 2 * LEASE, NOW + 9 * LEASE, 1) is None
    ingest.prolong("a", NOW + 9 * LEASE)
    ingest.release("a", None)
    assert ingest.claim("a", NOW + 2 * LEASE, NOW + 9 * LEASE, 1) is None, "the turn is not a's to give back"
    ingest.release("b", ["blog-1.example"])
    assert ingest.claim("a", NOW + 2 * LEASE, NOW + 9 * LEASE, 1) is None, "a host is not the turn"
    ingest.release("b", None)
    assert ids(ingest.claim("a", NOW + 2 * LEASE, NOW + 9 * LEASE, 1)) == ["blog-1"]


def test_a_lease_that_is_not_prolonged_ends(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    before = host(ingest, 1)
    assert not ingest.claim("b", NOW + LEASE - SECOND, NOW + 2 * LEASE, 9)
    ingest.prolong("b", NOW + 99 * LEASE)
    ingest.prolong("a", NOW + 2 * LEASE)
    assert not ingest.claim("b", NOW + LEASE, NOW + 3 * LEASE, 9)
    (claim,) = ingest.claim("b", NOW + 2 * LEASE, NOW + 3 * LEASE, 9) or ()
    assert claim.host.epoch == before.epoch + 1


def test_a_zombie_records_nothing_whatever_it_tries(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    record(ingest, polled(1), [replace(found(5), held="page")])
    due_now = [claim for claim in claims(ingest, owner="a") if claim.host.host == "blog-1.example"]
    (before,), (task,) = due_now, due_now[0].pages
    late = AT_LAST + LEASE
    (after,) = [one.host for one in claims(ingest, late, owner="b") if one.host.host == "blog-1.example"]
    ingest.prolong("a", late + LEASE)
    ingest.release("a", ["blog-1.example"])
    news = Polled(host="blog-1.example", state=polled(1, LATER), found=(found(1),), reading=b"zombie")
    for pretended in (before.host, after, replace(before.host, rest_until=late + LEASE)):
        assert ingest.record("a", late, [news], [pretended]) == Recorded(refused=frozenset({"blog-1"}))
        assert not ingest.record_page("a", late, PageRead(task=task, found=found(5)), pretended)
        assert not ingest.record_page("a", late, PageRead(task=task, found=None), pretended)
    assert ingest.record("b", late, [news], [before.host]).refused == {"blog-1"}, "of an epoch that is over"
    assert ingest.record("b", late, [news], []).refused == {"blog-1"}, "no lease is named"
    assert ingest.record("", late, [news], [after]).refused == {"blog-1"}
    assert ingest.outbox_size() == 0 and ingest.reading("blog-1") == b"" and len(held_mentions(database)) == 1
    assert len(poll_history(database, "blog-1", 9)) == 1
    assert [one for one in claims(ingest, late, owner="b") if one.host == after], "the host is b's, and unchanged"
    assert ingest.record("b", late, [news], [after]) == Recorded()
    assert ingest.outbox_size() == 1


def test_what_is_refused_does_not_touch_what_is_not(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    one, two = host(ingest, 1), host(ingest, 2)
    ingest.release("a", ["blog-1.example"])
    done = ingest.record("a", NOW, [poll(1), poll(2)], [replace(one, delay=9.0), replace(two, delay=9.0)])
    assert done == Recorded(refused=frozenset({"blog-1"}))
    ingest.release("a", None)
    assert [(claim.host.delay, claim.feeds[0].outcome) for claim in claims(ingest)] == [(0.0, "never"), (9.0, "ok")]


def test_the_epoch_grows_with_each_lease_and_never_falls(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    seen = []
    for _ in range(3):
        seen.append(host(ingest, 1))
        ingest.release("a", None)
    assert [state.epoch for state in seen] == [seen[0].epoch + grown for grown in range(3)]
    last = host(ingest, 1)
    assert ingest.record("a", NOW, [poll(1)], [seen[0]]).refused == {"blog-1"}
    assert ingest.record("a", NOW, [poll(1)], [last]) == Recorded()


def test_a_host_that_rests_or_is_not_free_is_left_alone(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1), feed(2), feed(3)], NOW)
    rests = replace(host(ingest, 1), rest_until=NOW + 9 * SECOND, strikes=2, struck="429", site="blog-1.example")
    busy = replace(host(ingest, 2), free_at=NOW + 5 * SECOND, delay=7.5)
    assert ingest.record("a", NOW, [], [rests, busy]) == Recorded()
    assert ids(claims(ingest, NOW, owner="a")) == ["blog-3"], "not even its owner may"
    ingest.release("a", None)
    assert [claim.host for claim in claims(ingest, NOW + 5 * SECOND)] == [
        replace(busy, epoch=busy.epoch + 1), replace(host(ingest, 3, "a daemon"))
    ]  # fmt: skip
    ingest.release("a daemon", None)
    kept = next(one.host for one in claims(ingest, NOW + 9 * SECOND) if one.host.host == rests.host)
    assert kept == replace(rests, epoch=rests.epoch + 1)


def test_a_rest_is_never_shortened(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    state = replace(host(ingest, 1), site="example", rest_until=NOW + 9 * SECOND)
    for rest in (NOW + 9 * SECOND, NOW + 3 * SECOND, None):
        assert ingest.record("a", NOW, [poll(1)], [replace(state, rest_until=rest)]) == Recorded()
    ingest.rest_site("example", NOW + 5 * SECOND)
    ingest.rest_site("other", NOW + LEASE)
    assert ingest.next_due(NOW + LEASE) == polled(1).next_due
    ingest.release("a", None)
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    assert due(ingest, NOW + 8 * SECOND) == due(ingest, NOW) and ids(claims(ingest)) == ["blog-2", "blog-1"]
    ingest.rest_site("example", AT_LAST + 2 * LEASE)
    assert ids(claims(ingest, AT_LAST + LEASE)) == ["blog-2"]


def test_strikes_of_a_site(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(number) for number in range(1, 5)], NOW)
    struck = [replace(host(ingest, n), site="example", strikes=n - 1, struck="403 x", free_at=NOW) for n in (1, 2, 3)]
    other = replace(host(ingest, 4), site="elsewhere.example", strikes=5, free_at=NOW)
    assert ingest.record("a", NOW, [], [*struck, other]) == Recorded()
    sites = ("example", "elsewhere.example", "nowhere")
    assert [ingest.site_strikes(site, NOW - SECOND) for site in sites] == [2, 1, 0]
    assert [ingest.site_strikes(site, NOW) for site in sites] == [0, 0, 0], "what is long ago does not count"
    ingest.release("a", None)
    ingest.rest_site("example", LATER)
    assert ids(claims(ingest, NOW)) == ["blog-4"]
    assert {one.host.host: one.host.rest_until for one in claims(ingest, LATER)} == {
        "blog-1.example": LATER, "blog-2.example": LATER, "blog-3.example": LATER, "blog-4.example": None
    }  # fmt: skip


def test_when_something_is_due_again(ingest: Ingest) -> None:
    assert ingest.next_due(NOW) is None
    ingest.sync_feeds([feed(1), feed(2), feed(3)], NOW)
    assert ingest.next_due(NOW) == NOW
    for number, seconds in ((1, 10), (2, 20), (3, 30)):
        record(ingest, polled(number, next_due=NOW + seconds * SECOND))
    assert ingest.next_due(NOW) == NOW + 10 * SECOND
    rests, busy = host(ingest, 1, now=AT_LAST), host(ingest, 2, now=AT_LAST)
    hosts = [replace(rests, rest_until=NOW + 40 * SECOND), replace(busy, free_at=NOW + 25 * SECOND)]
    assert ingest.record("a", NOW, [], hosts) == Recorded()
    assert ingest.next_due(NOW) is None, "all of them are in a lease"
    assert ingest.next_due(AT_LAST + LEASE) == NOW + 25 * SECOND, "leases that have ended bar nobody"
    ingest.release("a", ["blog-1.example"])
    assert ingest.next_due(NOW) == NOW + 40 * SECOND
    ingest.release("a", None)
    assert ingest.next_due(NOW) == NOW + 25 * SECOND


def test_a_page_is_due_on_its_own_host(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(1)], NOW)
    page = replace(found(5), held="page")
    page = replace(page, mention=replace(page.mention, url="https://pages.example/5"))
    record(ingest, polled(1), [page, replace(found(6), held="flood")], now=NOW + SECOND)
    assert ingest.next_due(NOW) == NOW + SECOND
    (claim,) = claims(ingest, NOW + SECOND, owner="a")
    (task,) = claim.pages
    assert (claim.host.host, claim.feeds) == ("pages.example", ())
    assert (task.id, task.feed, task.url, task.host) == ("mention-5", "blog-1", page.mention.url, "pages.example")
    assert (task.mention, task.failures, task.next_due) == (page.mention, 0, NOW + SECOND)
    assert ingest.next_due(NOW + SECOND) == polled(1).next_due


def test_how_many_are_late(ingest: Ingest) -> None:
    ingest.sync_feeds([feed(number) for number in range(1, 6)], NOW)
    for number in (1, 2, 3):
        record(ingest, polled(number, next_due=NOW + number * SECOND))
    record(ingest, polled(4, next_due=NOW, stopped=True))
    assert [ingest.late(NOW + seconds * SECOND) for seconds in (0, 1, 2, 3, 4)] == [0, 0, 1, 2, 3]
    ingest.sync_feeds([feed(2)], NOW)
    assert ingest.late(LATER) == 1


def test_a_feed_that_is_served_by_another_host_is_visited_under_that_one(ingest: Ingest, database: Database) -> None:
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    before = host(ingest, 1)
    served = [poll(1, host="cdn.example"), poll(2, host="cdn.example")]
    hosts = [before, host(ingest, 2)]
    for _ in range(2):
        assert ingest.record("a", NOW, served, hosts) == Recorded()
    ingest.release("a", None)
    (claim,) = claims(ingest)
    assert (claim.host.host, ids([claim])) == ("cdn.example", ["blog-1", "blog-2"])
    assert {state.host for _, state in feeds(database)} == {"cdn.example"}
    ingest.release("a daemon", None)
    ingest.sync_feeds([feed(1), feed(2, url="https://blog-2.example/new")], NOW)
    assert [one.host.host for one in claims(ingest, LATER, owner="a")] == ["blog-2.example"]


def test_a_feed_without_a_host_is_visited_too(ingest: Ingest) -> None:
    """Its address is nonsense; that has to be said by a poll."""
    ingest.sync_feeds([feed(1, url="https://[broken/feed")], NOW)
    (claim,) = claims(ingest, NOW)
    assert (claim.host.host, ids([claim])) == ("", ["blog-1"])
    state = replace(claim.feeds[0], last_poll=NOW, next_due=LATER, outcome="unreachable")
    assert ingest.record("a daemon", NOW, [Polled(host="", state=state)], [claim.host]) == Recorded()


def test_many_claim_at_once_and_nobody_gets_what_another_has(ingest: Ingest, many: bool, database: Database) -> None:
    """Each with connections of its own; each gives some back and takes again, while the others do."""
    ingest.sync_feeds([feed(number) for number in range(120)], NOW)
    held: dict[str, str] = {}
    lock, clashes, taken = threading.Lock(), [], []

    def work(owner: str) -> None:
        store = Ingest(own := open_database(database.name, timeout=30.0))
        for _ in range(15):
            claimed = store.claim(owner, NOW, NOW + LEASE, 20) or ()
            with lock:
                clashes.extend(one.host.host for one in claimed if held.get(one.host.host, owner) != owner)
                held.update((one.host.host, owner) for one in claimed)
                taken.extend((one.host.host, one.host.epoch, owner) for one in claimed)
            back = [one.host.host for one in claimed[::2]]
            with lock:
                for name in back:
                    del held[name]
            store.release(owner, back)
        own.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, "abcd"))
    assert clashes == []
    owners: dict[tuple[str, int], set[str]] = {}
    for name, epoch, owner in taken:
        owners.setdefault((name, epoch), set()).add(owner)
    assert all(len(who) == 1 for who in owners.values()), "an epoch is one owner's"
    assert len({owner for _, _, owner in taken}) == (4 if many else 1)


def test_what_another_is_just_leasing_is_passed_over(ingest: Ingest, database: Database, many: bool) -> None:
    if not many:
        return
    ingest.sync_feeds([feed(1), feed(2)], NOW)
    with database.writing() as connection:
        connection.exec_driver_sql("SELECT host FROM hosts WHERE host = 'blog-1.example' FOR UPDATE")
        assert ids(ingest.claim("b", NOW, NOW + LEASE, 9)) == ["blog-2"]
    assert ids(ingest.claim("b", NOW, NOW + LEASE, 9)) == ["blog-1", "blog-2"]
