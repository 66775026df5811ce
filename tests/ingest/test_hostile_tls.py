"""TLS fails closed, and the feed says why (hostile cases 8, 11 and 17), with authorities of our own."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, nullcontext

import pytest

from gordon.polling import Feed
from ingest.http import Answer, Failure, Response
from tests.ingest import texts
from tests.ingest.daemon_bench import Bench
from tests.ingest.origin import Origin, reply
from tests.servers.authority import Authority
from tests.servers.missing import started


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("authority")
        yield started(stack, lambda: nullcontext(Authority(folder, "ours")), os.environ)


@pytest.fixture(scope="module")
def bad(authority: Authority) -> dict[str, ssl.SSLContext]:
    """Servers that nobody should talk to."""
    shown = {
        "expired": authority.sign("expired", days=-1),
        "wrong host": authority.sign("elsewhere", "127.0.0.9"),
        "self-signed": authority.alone(),
        "unknown authority": Authority(authority.folder, "theirs").sign("fine"),
    }
    return {name: one.context() for name, one in shown.items()}


WORDS = {"expired": "expired", "wrong host": "127.0.0.1", "self-signed": "self-signed",
         "unknown authority": "unable to get local issuer"}  # fmt: skip


@pytest.mark.hostile(17)
@pytest.mark.parametrize("name", WORDS)
def test_a_bad_certificate_is_the_feeds_outcome_and_nothing_is_asked(
    name: str,
    bad: dict[str, ssl.SSLContext],
    authority: Authority,
    bench: Callable[..., Bench],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    with Origin(tls=authority.sign("good").context()) as good, Origin(tls=bad[name]) as wrong:
        good.answers["/a"] = wrong.answers["/a"] = reply(texts.ATOM)
        one = bench()
        one.sync(
            Feed(id="good", url=good.url("/a")),
            Feed(id="wrong", url=wrong.url("/a", userinfo="u:s3cret")),
        )
        assert {report.feed: report.outcome for report in one.until(2)} == {"good": "ok", "wrong": "unreachable"}
        detail = one.scalar("select detail from feeds where id = 'wrong'")
        assert WORDS[name] in detail and "s3cret" not in detail
        assert wrong.requests == []


@pytest.mark.hostile(8)
def test_a_way_down_to_plain_http_is_flagged_on_the_feed(
    authority: Authority, origin: Origin, bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    origin.answers["/p"] = reply(texts.ATOM)
    with Origin(tls=authority.sign("down").context()) as secure:
        secure.answers["/a"] = reply(status=302, headers={"Location": origin.url("/p")})
        one = bench()
        one.sync(Feed(id="open", url=secure.url("/a")), Feed(id="secret", url=secure.url("/a", userinfo="u:s3cret")))
        assert {report.feed: report.outcome for report in one.until(2)} == {"open": "ok", "secret": "blocked"}
        assert "https leads to http" in one.scalar("select detail from feeds where id = 'open'")
        assert "from https to http" in one.scalar("select detail from feeds where id = 'secret'")
        assert len(origin.requests) == 1


@pytest.mark.hostile(8)
@pytest.mark.parametrize("asks", [{"headers": {"X-Api-Key": "s3cret"}}, {"method": "POST", "body": b"s3cret"}])
def test_no_key_and_no_body_goes_from_https_to_http(
    asks: dict[str, object], authority: Authority, origin: Origin, fetch: Callable[..., Answer]
) -> None:
    with Origin(tls=authority.sign("down").context()) as secure:
        secure.answers["/a"] = reply(status=307, headers={"Location": origin.url("/p")})
        answer = fetch(secure.url("/a"), ca_file=str(authority.file), asks=asks)
        assert isinstance(answer, Failure) and answer.outcome == "blocked" and origin.connections == 0


def test_one_host_with_a_good_certificate_is_read(authority: Authority, fetch: Callable[..., Answer]) -> None:
    with Origin(tls=authority.sign("good").context()) as good:
        good.answers["/"] = reply("safe")
        answer = fetch(good.url("/"), ca_file=str(authority.file))
        assert isinstance(answer, Response) and answer.body == b"safe"
