"""TLS fails closed, and the feed says why (hostile cases 8, 11 and 17), with authorities of our own."""

from __future__ import annotations

import shutil
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gordon.polling import Feed
from ingest.http import Answer, Failure, Response
from tests.ingest import texts
from tests.ingest.daemon_bench import Bench
from tests.ingest.origin import Origin, reply


class Authority:
    """Makes certificates in a folder; ``file`` is what its friends trust."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.file = folder / f"{name}.pem"
        self._request(f"-x509 -days 2 -subj /CN={name}", name)

    def server(self, name: str, address: str = "127.0.0.1", *, days: int = 2) -> ssl.SSLContext:
        """A server's context with a certificate of this authority; negative days: it has expired."""
        made = self.folder / f"{self.name}-{name}"
        self._request(f"-subj /CN=server -addext subjectAltName=IP:{address}", made.name)
        signed = f"-in {made}.pem -CA {self.file} -CAkey {self.folder / self.name}.key -copy_extensions copy"
        self._openssl(f"x509 -req -days {days} -out {made}.crt {signed}")
        return self.context(f"{made.name}.crt", made.name)

    def alone(self) -> ssl.SSLContext:
        """A server's context with a certificate that nobody has signed but itself."""
        self._request("-x509 -days 2 -subj /CN=alone -addext subjectAltName=IP:127.0.0.1", "alone")
        return self.context("alone.pem", "alone")

    def context(self, certificate: str, name: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / certificate, self.folder / f"{name}.key")
        return context

    def _request(self, what: str, name: str) -> None:
        key = f"-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout {self.folder / name}.key"
        self._openssl(f"req {what} {key} -out {self.folder / name}.pem")

    @staticmethod
    def _openssl(arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command; install the package openssl")
    return Authority(tmp_path_factory.mktemp("authority"), "ours")


@pytest.fixture(scope="module")
def bad(authority: Authority) -> dict[str, ssl.SSLContext]:
    """Servers that nobody should talk to."""
    return {
        "expired": authority.server("expired", days=-1),
        "wrong host": authority.server("elsewhere", "127.0.0.9"),
        "self-signed": authority.alone(),
        "unknown authority": Authority(authority.folder, "theirs").server("fine"),
    }


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
    with Origin(tls=authority.server("good")) as good, Origin(tls=bad[name]) as wrong:
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
    with Origin(tls=authority.server("down")) as secure:
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
    with Origin(tls=authority.server("down")) as secure:
        secure.answers["/a"] = reply(status=307, headers={"Location": origin.url("/p")})
        answer = fetch(secure.url("/a"), ca_file=str(authority.file), asks=asks)
        assert isinstance(answer, Failure) and answer.outcome == "blocked" and origin.connections == 0


def test_one_host_with_a_good_certificate_is_read(authority: Authority, fetch: Callable[..., Answer]) -> None:
    with Origin(tls=authority.server("good")) as good:
        good.answers["/"] = reply("safe")
        answer = fetch(good.url("/"), ca_file=str(authority.file))
        assert isinstance(answer, Response) and answer.body == b"safe"
