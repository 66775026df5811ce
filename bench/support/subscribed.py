"""What ten thousand subscriptions cost the ingest daemon: memory, and the time of the query for what is due."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from bench.processes import children, memory_mib
from bench.support.contenders import Cost, Gordon
from store import ingest as store_ingest
from store.tables import feeds

AT_ONCE = 500
TIMES = 20


def many(gordon: Gordon, urls: Sequence[str], poll: Callable[[Sequence[str]], Cost]) -> None:
    """Polls all of them once, then looks at the daemon at rest and at the query."""
    print(f"{len(urls)} small feeds subscribed and fetched once")
    gordon.subscribe(urls)
    cost = poll(urls)
    time.sleep(3.0)
    parts = {pid: memory_mib(pid) for pid in children(gordon.process.pid)}
    whole, own = parts[gordon.process.pid], parts[gordon.process.pid] - sum(list(parts.values())[1:])
    print(
        f"  memory at rest: {whole:.0f} MiB (PSS; daemon {own:.0f}, parser {whole - own:.0f});"
        f" peak {cost.memory:.0f} MiB"
    )
    gordon.process.terminate()
    gordon.process.wait()
    print(f"  claim of {AT_ONCE} due feeds: {1000 * statistics.median(claims(gordon)):.1f} ms (median of {TIMES})")


def claims(gordon: Gordon) -> list[float]:
    """Seconds of each claim while everything is due."""
    now = datetime.now(UTC) + timedelta(seconds=60)
    with gordon.database.writing() as connection:
        connection.execute(update(feeds).values(next_due=now - timedelta(seconds=1)))
    store, taken = store_ingest.Ingest(gordon.database), []
    for number in range(TIMES):
        began = time.perf_counter()
        claimed = store.claim(f"bench-{number}", now, now + timedelta(seconds=30), AT_ONCE)
        taken.append(time.perf_counter() - began)
        if not claimed:
            raise SystemExit("nothing was due")
        store.release(f"bench-{number}", None)
    return taken
