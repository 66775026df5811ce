"""The guarded child and its pool against documents that kill (hostile cases 30 to 34)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gordon.errors import DeskInvalid
from gordon.settings import Parse
from ingest.expat_version import outdated_expat, require_expat
from ingest.parse_child import HEADER, attempt, serve
from ingest.parser import ParserBroken, ParserPool
from ingest.raw import Document, RawFeed, RawPage, Refused
from tests.ingest import texts
from tests.ingest.conftest import wait_for_documents
from tests.ingest.origin import Origin, wait_for


def feed(inside: str) -> bytes:
    item = f"<item><guid>1</guid><title>t</title><description><![CDATA[{inside}]]></description></item>"
    return f'<rss version="2.0"><channel><title>t</title>{item}</channel></rss>'.encode()


@pytest.mark.hostile(30)
def test_billion_laughs_are_refused(parse: Callable[..., Any]) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    body = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY l0 "ha">{entities}]><rss><channel>&l9;</channel></rss>'
    assert parse(body) == Refused(
        outcome="unparseable", detail="a document type with declarations of its own is refused"
    )


def test_nothing_outside_is_read_or_fetched(parse: Callable[..., Any], tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP-SECRET")
    entity = f'<!ENTITY x SYSTEM "{secret.as_uri()}">'
    body = f'<!DOCTYPE rss [{entity}]><rss version="2.0"><channel><title>&x;</title></channel></rss>'
    assert "TOP-SECRET" not in repr(parse(body))
    with Origin() as listener:
        external = texts.RSS_091.replace("http://127.0.0.1:1", listener.url(""))
        assert len(parse(external).entries) == 1
        loose = external.replace("<rss", "<?xml-stylesheet href='x'?><rss") + "<unclosed>"
        assert isinstance(parse(loose), RawFeed)
        assert listener.connections == 0


HEAVY = {
    "comments": feed("<!--" * 250_000),
    "deep html": feed("<div>" * 200_000),
    "deep xml": b'<rss version="2.0"><channel>' + b"<a>" * 200_000,
    "formatting": feed("<b><i>" * 100_000),
    "one token": b'<rss version="2.0"><channel><title>' + b"x" * 8 * 1024**2,
    "one huge item": feed("mot " * 2_000_000),
    "many items": b'<rss version="2.0"><channel>' + b"<item><title>t</title></item>" * 2000 + b"</channel></rss>",
    "entities": feed("&amp;" * 500_000),
}  # fmt: skip


@pytest.mark.hostile(32, 33, 34, 36)
@pytest.mark.parametrize("name", HEAVY)
def test_heavy_documents_end_in_bounded_time(name: str, pool: ParserPool) -> None:
    pool.submit("heavy", HEAVY[name], "", "")
    pool.submit("after", texts.ATOM.encode(), "", "")
    found = wait_for_documents(pool, 2)
    assert isinstance(found["after"], RawFeed) and len(found["after"].entries) == 2


@pytest.mark.hostile(32)
def test_a_document_that_eats_cpu_costs_its_process_only(pool: ParserPool) -> None:
    attributes = " ".join(f'a{n}="x"' for n in range(60_000))
    pool.submit("bomb", f'<rss version="2.0"><channel {attributes}><item/></channel></rss>'.encode() * 3, "", "")
    pool.submit("after", texts.RSS_2.encode(), "", "")
    found = wait_for_documents(pool, 2)
    assert found["bomb"] == Refused(outcome="unparseable", detail="parsing used more than 2 s of CPU")
    assert len(found["after"].entries) == 2


def test_a_document_that_eats_memory_is_unparseable() -> None:
    pool = ParserPool(Parse(memory=160 * 1024**2), clock=time.monotonic)
    pool.submit("big", b'<rss version="2.0"><channel><title>' + b"x" * 30_000_000, "", "")
    pool.submit("after", texts.RSS_2.encode(), "", "")
    found = wait_for_documents(pool, 2)
    pool.close()
    assert found["big"].outcome == "unparseable" and "memory" in found["big"].detail
    assert len(found["after"].entries) == 2


def test_the_wall_clock_kills_what_does_not_even_use_cpu() -> None:
    pool = ParserPool(Parse(deadline=2.0), clock=time.monotonic)
    wait_until_ready(pool)
    sleeper = pool.processes[0]
    os.kill(sleeper, signal.SIGSTOP)
    for number in range(6):
        pool.submit(number, texts.ATOM.encode(), "", "")
    found = wait_for_documents(pool, 6)
    late = [parsed for parsed in found.values() if isinstance(parsed, Refused)]
    assert late == [Refused(outcome="unparseable", detail="parsing took longer than 6 s")]
    assert sleeper not in pool.processes
    pool.close()


def test_a_killed_process_is_replaced() -> None:
    pool = ParserPool(Parse(), clock=time.monotonic)
    wait_until_ready(pool)
    (first,) = pool.processes
    os.kill(first, signal.SIGKILL)
    pool.step(1.0)
    pool.submit("d", texts.ATOM.encode(), "", "")
    assert isinstance(wait_for_documents(pool, 1)["d"], RawFeed)
    assert pool.processes != (first,)
    pool.close()


@pytest.mark.hostile(90)
def test_the_child_dies_with_its_parent() -> None:
    code = (
        "import time; from gordon.settings import Parse; from ingest.parser import ParserPool\n"
        "pool = ParserPool(Parse(), clock=time.monotonic); pool.step(5); print(*pool.processes, flush=True)\n"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = Path(f"/proc/{int(parent.stdout.readline())}/stat")
        assert child.exists()
        parent.kill()

    def gone() -> bool:
        try:
            return child.read_text().split(") ")[1].startswith("Z")
        except OSError:  # nobody has to bury it any more
            return True

    assert wait_for(gone)


def test_signals_for_the_group_do_not_reach_the_child() -> None:
    pool = ParserPool(Parse(), clock=lambda: 0.0)  # else a slow machine sets the child aside
    wait_until_ready(pool)
    before = pool.processes
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(before[0], number)
    pool.submit("d", texts.ATOM.encode(), "", "")
    assert isinstance(wait_for_documents(pool, 1)["d"], RawFeed) and pool.processes == before
    pool.close()
    assert not Path(f"/proc/{before[0]}").exists()


def test_the_child_has_few_files_and_no_secrets_in_its_environment(
    pool: ParserPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GORDON_DATABASE", "postgresql://user:s3cret@db/gordon")
    fresh = ParserPool(Parse(memory=512 * 1024**2), clock=time.monotonic)
    wait_until_ready(fresh)
    process = Path(f"/proc/{fresh.processes[0]}")
    assert b"s3cret" not in (process / "environ").read_bytes()
    limits = (process / "limits").read_text()
    assert f"{512 * 1024**2} " in next(line for line in limits.splitlines() if line.startswith("Max address space"))
    assert " 16 " in next(line for line in limits.splitlines() if line.startswith("Max open files"))
    fresh.close()


def test_a_parser_that_never_starts_is_an_error_not_a_bad_feed() -> None:
    pool = ParserPool(Parse(), clock=time.monotonic, python="/bin/false")
    pool.submit("d", texts.ATOM.encode(), "", "")
    with pytest.raises(ParserBroken, match="does not start"):
        wait_for_documents(pool, 1)
    pool.close()


def test_the_child_answers_frame_by_frame_and_ends_when_its_state_is_doubtful() -> None:
    good = framed(msgspec.msgpack.encode(Document(body=texts.ATOM.encode())))
    deep = framed(msgspec.msgpack.encode(Document(body=b"{" + b'"a":{' * 100_000)))
    sink, calls = BytesIO(), []
    serve(BytesIO(good + good), sink, lambda: calls.append(1))
    assert len(calls) == 2 and sink.getvalue().count(b"urn:valley:1") == 2
    sink = BytesIO()
    serve(BytesIO(good + b"\0\0"), sink, lambda: None)
    assert sink.getvalue().count(b"urn:valley:1") == 1
    assert isinstance(attempt(Document(body=deep))[0], Refused)


def framed(data: bytes) -> bytes:
    return HEADER.pack(len(data)) + data


def wait_until_ready(pool: ParserPool) -> None:
    """A first document has been parsed: all children that get work have started."""
    count = pool.backlog() + 8
    for number in range(8):
        pool.submit(f"warm {number}", texts.RSS_091.encode(), "", "")
    wait_for_documents(pool, count)


def test_known_entries_and_pages_go_through_the_pool(pool: ParserPool) -> None:
    pool.submit("whole", texts.ATOM.encode(), "", "https://valley.example/feed")
    whole = wait_for_documents(pool, 1)["whole"]
    pool.submit("known", texts.ATOM.encode(), "", "https://valley.example/feed", known=whole.raws[0])
    article = "<p>" + "The ferry leaves at noon, says the harbour master, and nobody knows why. " * 8 + "</p>"
    page = f"<html><head><title>Ferry</title></head><body><article><h1>Ferry</h1>{article * 3}</article></body></html>"
    pool.submit("page", page.encode(), "text/html", "https://valley.example/ferry", what="page")
    found = wait_for_documents(pool, 2)
    assert (found["known"].places, found["known"].entries) == ((1,), whole.entries[1:])
    assert isinstance(found["page"], RawPage) and "harbour master" in found["page"].text


@pytest.mark.hostile(34)
def test_an_old_expat_is_warned_of() -> None:
    assert "expat_2.5.0" in outdated_expat("expat_2.5.0") and outdated_expat("expat_2.7.1")
    assert outdated_expat("expat_2.7.2") == outdated_expat("expat_2.10.1") == outdated_expat("expat_3.0") == ""


@pytest.mark.hostile(34)
def test_a_vulnerable_expat_is_refused_unless_just_this_one_is_accepted() -> None:
    for fine in ("expat_2.5.0", "expat_2.10.0", "expat_3.0.0"):
        require_expat("", fine)
    require_expat("2.4.7", "expat_2.4.7")
    for accepted in ("", "2.4.8"):
        with pytest.raises(DeskInvalid, match=r"2\.4\.7") as caught:
            require_expat(accepted, "expat_2.4.7")
        assert caught.value.exit_code == 78


@pytest.mark.hostile(32)
def test_a_slow_document_gives_way_to_the_others() -> None:
    slow = b'<rss version="2.0"><channel>' + b"<item><title>a" * 60_000
    made = ParserPool(Parse(cpu=60.0, deadline=60.0), clock=time.monotonic)
    try:
        (first,) = made.processes
        made.submit("slow", slow, "", "")
        wait_for(lambda: bool(made.step(0.1)) or len(made.processes) > 1)
        assert os.getpriority(os.PRIO_PROCESS, first) == 10
        for number in range(5):
            made.submit(number, feed(f"Quick {number}"), "", "")
        done = wait_for_documents(made, 5)
        assert set(done) == set(range(5)), "the slow one is still at it"
        assert isinstance(wait_for_documents(made, 1)["slow"], RawFeed | Refused)
        assert len(made.processes) == 1 and first not in made.processes
    finally:
        made.close()
