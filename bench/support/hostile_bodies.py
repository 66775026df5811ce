"""Bodies that hurt: what the hostile feeds of the benchmark's origin serve. The headers are part of it."""

from __future__ import annotations

import zlib
from collections.abc import Mapping

_HEAD = b'<rss version="2.0"><channel><title>t</title>'
_TAIL = b"</channel></rss>"
ENDLESS = "endless"
"""Served without an end, so it is no body here."""


def hostile_bodies() -> Mapping[str, bytes]:
    """Whole answers by kind: a bomb of 1 GiB, two quadratic bodies, too many attributes, deep nesting, an entity
    bomb, and megabytes of garbage."""
    item = _HEAD + b"<item><title>x</title><description>%b</description></item>" + _TAIL
    plain = {
        "comments": item % (b"<![CDATA[" + b"<!--" * 250_000 + b"]]>"),
        "brackets": item % (b"<![CDATA[" + b"<a <" * 250_000 + b"]]>"),
        "attributes": item % (b"<![CDATA[<p " + b" ".join(b'a%d="1"' % n for n in range(50_000)) + b">x</p>]]>"),
        "nesting": _HEAD + b"<item>" * 100_000 + _TAIL,
        "entities": b"<!DOCTYPE r [<!ENTITY a 'aaaaaaaaaa'>"
        + b"".join(b"<!ENTITY a%d '%b'>" % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;" * 10) for n in range(10))
        + b"]>"
        + item % b"&a9;",
        "garbage": _HEAD + bytes(range(1, 256)) * 8000,
        "unclosed": b"<rss><channel>" + b"<item><title>never closed " * 40_000,
    }
    answers = {kind: answer(body, []) for kind, body in plain.items()}
    return answers | {"bomb": answer(_bomb(), [b"Content-Encoding: gzip"])}


def answer(body: bytes, headers: list[bytes]) -> bytes:
    """A complete answer with status 200."""
    lines = [b"HTTP/1.1 200 OK", b"Content-Type: application/xml", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _bomb() -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b" " * 1024**2
    return b"".join(squeezer.compress(block) for _ in range(1024)) + squeezer.flush()
