"""One exchange over HTTP as values: request, response, failure; and the pure rules of redirects and bodies."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ingest.url import Target, absolute, target

Outcome: TypeAlias = Literal["blocked", "unreachable"]
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PERMANENT = frozenset({301, 308})
KEEPS_METHOD = frozenset({307, 308})
MOST_VALIDATOR = 1024


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch. ``key`` names it in the answer. Validators go out verbatim; ``headers`` (say, an API key) and
    credentials in the URL only ever go to the URL's own origin. A POST has a ``body``, of type ``content_type``, which
    goes wherever 307 and 308 lead, but never from https to http; it is never turned into a GET. Without ``redirects``
    none is followed: it is the answer."""

    key: str
    url: str
    etag: str = ""
    last_modified: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    method: Literal["GET", "POST"] = "GET"
    body: bytes = b""
    content_type: str = ""
    redirects: bool = True


@dataclass(frozen=True, slots=True)
class Response:
    """A complete answer, decompressed. ``headers`` by lower-case name. ``url``: after redirects, without userinfo.
    ``permanent``: where the feed has moved for good, if every hop says so. ``downgraded``: https led to http.
    ``wire``: bytes received; ``seconds``: all hops together."""

    key: str
    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes
    wire: int
    seconds: float
    permanent: str = ""
    downgraded: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer: ``blocked`` by our own rules, or ``unreachable``. ``detail`` holds no secret."""

    key: str
    outcome: Outcome
    detail: str
    wire: int = 0
    seconds: float = 0.0


Answer: TypeAlias = Response | Failure


@dataclass(frozen=True, slots=True)
class Hop:
    """Where the next request of an exchange goes. ``count``: redirects taken so far; ``secrets``: whether
    credentials and extra headers may go along."""

    target: Target
    count: int = 0
    permanent: bool = True
    downgraded: bool = False
    secrets: bool = True


def follow(
    hop: Hop, status: int, location: str, *, first: Target, guarded: bool, most: int, method: str = "GET"
) -> Hop | str:
    """The hop after a redirect, or why it is refused. ``first``: the configured target; ``guarded``: the exchange
    carries credentials or a body, so that a way from https to http is refused."""
    if method != "GET" and status not in KEEPS_METHOD:
        return f"redirect refused: {status} would make a GET of a {method}"
    if not location:
        return f"a redirect ({status}) without a location"
    if hop.count >= most:
        return f"more than {most} redirects"
    found = target(absolute(hop.target.url, location))
    if isinstance(found, str):
        return f"redirect refused: {found}"
    falls = hop.target.origin[0] == "https" and found.origin[0] == "http"
    if falls and guarded:
        return "redirect refused: it leads from https to http, and the request has secrets"
    return Hop(
        target=found,
        count=hop.count + 1,
        permanent=hop.permanent and status in PERMANENT,
        downgraded=hop.downgraded or falls,
        # The way back to the first origin is open again only in the clear sense: same scheme, host and port.
        secrets=found.origin == first.origin,
    )


def validator(value: str) -> str:
    """An ETag or Last-Modified as it may be sent back: verbatim, or not at all when too long or unprintable."""
    fine = len(value) <= MOST_VALIDATOR and all(letter == "\t" or " " <= letter != "\x7f" for letter in value)
    return value if fine else ""


class TooBig(Exception):
    """The body is beyond the cap; never leaves the client."""


class Garbled(Exception):
    """The body is not what its Content-Encoding says; never leaves the client."""


class Body:
    """Collects a body within a cap, on the wire and after decompression. Only gzip is spoken."""

    def __init__(self, encoding: str, most: int) -> None:
        self._most = most
        self._parts: list[bytes] = []
        self.size = 0
        self._between = b""
        self.wire = 0
        word = encoding.strip().lower()
        if word not in ("", "identity", "gzip", "x-gzip"):
            raise Garbled(f"content encoding {word[:40]!r}, though only gzip was asked for")
        self._inflate = zlib.decompressobj(wbits=31) if word.endswith("gzip") else None

    def feed(self, data: bytes) -> None:
        """Takes the next bytes from the wire. Raises TooBig or Garbled."""
        self.wire += len(data)
        if self.wire > self._most:
            raise TooBig
        if self._inflate is None:
            self._keep(data)
            return
        try:
            self._decompress(self._inflate, data)
        except zlib.error as error:
            raise Garbled(f"broken gzip: {error}") from error

    def _decompress(self, inflate: zlib._Decompress, data: bytes) -> None:
        while data:
            if inflate.eof:
                data = self._between = self._between + data
                if not b"\x1f\x8b".startswith(data[:2]) or len(data) < 2:
                    return  # padding after the stream, as some servers send it; or the start of another member
                inflate = self._inflate = zlib.decompressobj(wbits=31)
                self._between = b""
            self._keep(inflate.decompress(data, self._most - self.size + 1))
            data = inflate.unused_data if inflate.eof else inflate.unconsumed_tail

    def _keep(self, data: bytes) -> None:
        self.size += len(data)
        if self.size > self._most:
            raise TooBig
        self._parts.append(data)

    def finish(self) -> bytes:
        """The whole body. Raises Garbled when the compressed stream stops in the middle."""
        if self._inflate is not None and self.wire and not self._inflate.eof:
            raise Garbled("the gzip stream ends in the middle")
        return b"".join(self._parts)
