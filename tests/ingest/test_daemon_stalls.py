"""What must not bring the daemon to a stop, or make it spin: a full outbox, a lease that ended unseen, the store going
away at the wrong moment, text that cannot be settled."""

from __future__ import annotations

from collections.abc import Callable

from gordon.polling import Feed
from tests.ingest import texts
from tests.ingest.daemon_bench import Bench
from tests.ingest.origin import Origin, reply

Make = Callable[..., Bench]


def test_a_full_outbox_that_empties_lets_many_held_feeds_go_on(bench: Make, origin: Origin) -> None:
    origin.answers["/a"] = reply(texts.ATOM)
    one = bench(worker={"backpressure": 2})
    first = Feed(id="a", url=origin.url("/a"))
    one.sync(first)
    one.until(1)
    dead = [Feed(id=f"d{number}", url=f"http://127.0.{2 + number // 250}.{1 + number % 250}:1/") for number in range(510)]
    for _ in range(3):
        one.sync(first, *dead)
        one.ingest.turn(0)
    assert len(one.reports) == 1, "the outbox is full"
    with one.database.writing() as connection:
        connection.exec_driver_sql("update outbox set published = created")
    assert {report.outcome for report in one.until(511, seconds=30)[1:]} == {"unreachable"}
