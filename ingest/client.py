"""The one outbound HTTP client: libcurl's multi interface under our own rules. The only home of pycurl.

What libcurl does for us: a total deadline, TLS verification, keep-alive, and a look at every address before the
connect. What it must not do: follow redirects, decode bodies, read the environment or ~/.netrc, speak other schemes.
"""

from __future__ import annotations

import os
import selectors
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pycurl

from gordon import __version__
from gordon.hosts import redact
from gordon.settings import Http
from ingest.guard import Guard, guard
from ingest.http import REDIRECTS, Answer, Body, Failure, Garbled, Hop, Outcome, Request, Response, TooBig, follow
from ingest.url import Target, target

MOST_HEADER_BYTES = 128 * 1024
MOST_HEADERS = 256
_ASYNCHRONOUS_DNS = 1 << 7
_READ_WRITE = {
    pycurl.POLL_IN: selectors.EVENT_READ,
    pycurl.POLL_OUT: selectors.EVENT_WRITE,
    pycurl.POLL_INOUT: selectors.EVENT_READ | selectors.EVENT_WRITE,
}


class Client:
    """Drives many requests at once. Not thread-safe; ``fileno`` can be waited on together with other things.

    ``clock``: monotonic seconds. ``resolve``: "host:port:address,..." entries that stand in for DNS.
    ``ca_file``: the trusted certificates, by default the system's.
    """

    def __init__(
        self, settings: Http, *, clock: Callable[[], float], resolve: Sequence[str] = (), ca_file: str = ""
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._guard = guard(settings.allow_networks, settings.allow_ports)
        self._resolve = list(resolve)
        self._ca_file = ca_file or system_certificates()
        self._agent = user_agent(settings.contact)
        self._selector = selectors.EpollSelector()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._arm)
        self._timer: float | None = None
        self._running: dict[pycurl.Curl, _Exchange] = {}
        self._idle: list[pycurl.Curl] = []
        self._finished: list[Answer] = []

    @property
    def agent(self) -> str:
        """The User-Agent that goes out."""
        return self._agent

    @property
    def buffered(self) -> int:
        """Bytes of bodies held by requests in flight, decompressed."""
        return sum(exchange.buffered for exchange in self._running.values())

    def fileno(self) -> int:
        """Readable when ``step`` has work to do."""
        return self._selector.fileno()

    def wait(self) -> float | None:
        """Seconds until ``step`` has work to do even though nothing is readable; None: no such time."""
        if self._finished:
            return 0.0
        return None if self._timer is None else max(0.0, self._timer - self._clock())

    def start(self, request: Request) -> None:
        """Begins a request; its answer comes out of a later ``step``. Never raises for what the URL holds."""
        began = self._clock()
        first = target(request.url)
        if isinstance(first, str):
            self._finished.append(Failure(request.key, "blocked", redact(first)))
            return
        self._send(_Exchange(request, first, Hop(first), began, self._settings, self._guard))

    def step(self, timeout: float) -> list[Answer]:
        """Moves all requests on, waiting at most ``timeout`` seconds for something to happen. Returns the answers
        that are complete."""
        due = self.wait()
        for key, events in self._selector.select(timeout if due is None else min(timeout, due)):
            bits = pycurl.CSELECT_IN * bool(events & selectors.EVENT_READ)
            bits |= pycurl.CSELECT_OUT * bool(events & selectors.EVENT_WRITE)
            self._multi.socket_action(key.fd, bits)
        if self._timer is not None and self._timer <= self._clock():
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._collect()
        finished, self._finished = self._finished, []
        return finished

    def cancel_all(self) -> None:
        """Drops every request in flight; none of them is answered."""
        for curl in list(self._running):
            self._multi.remove_handle(curl)
            curl.close()
        self._running.clear()

    def close(self) -> None:
        """Releases every connection."""
        self.cancel_all()
        for curl in self._idle:
            curl.close()
        self._multi.close()
        self._selector.close()

    def _send(self, exchange: _Exchange) -> None:
        curl = self._idle.pop() if self._idle else pycurl.Curl()
        try:
            exchange.prepare(curl, self._clock(), self._agent, self._ca_file, self._resolve)
        except (pycurl.error, UnicodeError) as error:
            self._finished.append(exchange.failure("unreachable", f"cannot be requested: {error}", self._clock()))
            curl.close()
            return
        self._running[curl] = exchange
        self._multi.add_handle(curl)

    def _collect(self) -> None:
        left = 1
        while left:
            left, succeeded, failed = self._multi.info_read()
            for curl in succeeded:
                self._complete(curl, 0, "")
            for curl, code, text in failed:
                self._complete(curl, code, text)

    def _complete(self, curl: pycurl.Curl, code: int, text: str) -> None:
        exchange = self._running.pop(curl)
        result = exchange.result(curl, code, text, self._clock())
        self._multi.remove_handle(curl)
        curl.reset()
        self._idle.append(curl)
        if isinstance(result, _Exchange):
            self._send(result)
        else:
            self._finished.append(result)

    def _watch(self, event: int, descriptor: int, multi: Any, data: Any) -> None:
        """libcurl tells which sockets to watch."""
        known = descriptor in self._selector.get_map()
        if event == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(descriptor)
        elif known:
            self._selector.modify(descriptor, _READ_WRITE[event])
        else:
            self._selector.register(descriptor, _READ_WRITE[event])

    def _arm(self, milliseconds: int) -> None:
        """libcurl tells when it wants to be called at the latest."""
        self._timer = None if milliseconds < 0 else self._clock() + milliseconds / 1000


class _Lent(socket.socket):
    """pycurl copies the descriptor and drops this object: it closes its own without a word."""

    def __del__(self) -> None:
        self.close()


class _Exchange:
    """One request on its way, across its redirects; one object a hop."""

    def __init__(
        self, request: Request, first: Target, hop: Hop, began: float, settings: Http, rules: Guard, wire: int = 0
    ) -> None:
        self.request, self._first, self._hop, self._began = request, first, hop, began
        self._settings, self._guard = settings, rules
        self._status = 0
        self._headers: dict[str, str] = {}
        self._header_bytes = self._header_lines = 0
        self._headed = False
        self._body: Body | None = None
        self._before = wire
        self._refused: tuple[Outcome, str] | None = None
        self._fresh = False

    def prepare(self, curl: pycurl.Curl, now: float, agent: str, ca_file: str, resolve: list[str]) -> None:
        """Sets every option of this hop on a fresh or reset handle."""
        left = self._settings.deadline - (now - self._began)
        for option, value in (
            (pycurl.URL, self._hop.target.url.encode("ascii")),
            (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
            (pycurl.FOLLOWLOCATION, 0),
            (pycurl.PATH_AS_IS, 1),
            (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
            (pycurl.HTTP09_ALLOWED, 0),
            (pycurl.HTTP_CONTENT_DECODING, 0),
            (pycurl.PROXY, ""),
            (pycurl.NOSIGNAL, 1),
            (pycurl.TIMEOUT_MS, max(1, int(left * 1000))),
            (pycurl.CONNECTTIMEOUT_MS, max(1, int(self._settings.connect_timeout * 1000))),
            (pycurl.SSL_VERIFYPEER, 1),
            (pycurl.SSL_VERIFYHOST, 2),
            (pycurl.HTTPHEADER, self._request_headers(agent)),
            (pycurl.OPENSOCKETFUNCTION, self._open),
            (pycurl.HEADERFUNCTION, self._header),
            (pycurl.WRITEFUNCTION, self._write),
        ):
            curl.setopt(option, value)
        if self._fresh:
            curl.setopt(pycurl.FRESH_CONNECT, 1)
        if ca_file:
            curl.setopt(pycurl.CAINFO, ca_file)
        if resolve:
            curl.setopt(pycurl.RESOLVE, resolve)
        if self._hop.secrets and self._first.username:
            curl.setopt(pycurl.HTTPAUTH, pycurl.HTTPAUTH_BASIC)
            curl.setopt(pycurl.USERNAME, self._first.username.encode())
            curl.setopt(pycurl.PASSWORD, self._first.password.encode())
        if self.request.method == "POST":
            curl.setopt(pycurl.POST, 1)
            curl.setopt(pycurl.POSTFIELDS, self.request.body)

    def _request_headers(self, agent: str) -> list[bytes]:
        lines = {"User-Agent": agent, "Accept-Encoding": "gzip", "Accept": ACCEPT}
        if self._hop.secrets:
            lines |= self.request.headers
        if self.request.method == "POST":
            # Without the last one libcurl would wait for a "100 Continue" that many servers never send.
            lines |= {"Content-Type": self.request.content_type, "Accept": "*/*", "Expect": ""}
        if self.request.etag:
            lines["If-None-Match"] = self.request.etag
        if self.request.last_modified:
            lines["If-Modified-Since"] = self.request.last_modified
        return [f"{name}: {value}".encode("latin-1") for name, value in lines.items()]

    def _open(self, purpose: int, address: Any) -> socket.socket | int:
        """libcurl is about to connect: the address is judged here and nowhere else. Once one address of a name is
        refused, all that follow are."""
        family, kind, protocol, place = address
        reason = self._refused[1] if self._refused else self._guard.refuses(str(place[0]), int(place[1]))
        if reason:
            self._refused = ("blocked", reason)
            return int(pycurl.SOCKET_BAD)
        return _Lent(family, kind, protocol)

    def _header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        self._header_lines += 1
        if self._header_bytes > MOST_HEADER_BYTES or self._header_lines > MOST_HEADERS:
            return self._stop("unreachable", "the answer has too many headers")
        text = line.decode("latin-1").strip("\r\n")
        if text.startswith("HTTP/"):
            self._headers, self._headed = {}, False
            code = text.partition(" ")[2][:3]
            self._status = int(code) if code.isascii() and code.isdigit() else 0
        elif ":" in text:
            name, _, value = text.partition(":")
            self._note(name.strip().lower(), value.strip(" \t"))
        self._headed = self._headed or not text
        return None

    def _note(self, name: str, value: str) -> None:
        """The last one counts, but links add up: hub and self often come in lines of their own."""
        before = self._headers.get(name, "") if name == "link" else ""
        self._headers[name] = f"{before}, {value}" if before else value

    def _write(self, data: bytes) -> int | None:
        if self._status in REDIRECTS:
            return None if self._drained(len(data)) else self._stop("unreachable", "the redirect has a huge body")
        try:
            if self._body is None:
                self._body = Body(self._headers.get("content-encoding", ""), self._settings.max_body)
            self._body.feed(data)
        except TooBig:
            return self._stop("unreachable", f"the body is larger than {self._settings.max_body} bytes")
        except Garbled as error:
            return self._stop("unreachable", str(error))
        return None

    def _drained(self, size: int) -> bool:
        self._before += size
        return self._before <= self._settings.max_body

    def _stop(self, outcome: Outcome, why: str) -> int:
        """Any number but the length of the data makes libcurl give up."""
        self._refused = (outcome, why)
        return -1

    @property
    def buffered(self) -> int:
        """Bytes of its body so far."""
        return self._body.size if self._body else 0

    @property
    def _wire(self) -> int:
        return self._before + self._header_bytes + (self._body.wire if self._body else 0)

    def failure(self, outcome: Outcome, detail: str, now: float) -> Failure:
        return Failure(self.request.key, outcome, redact(detail), self._wire, now - self._began)

    def result(self, curl: pycurl.Curl, code: int, text: str, now: float) -> Answer | _Exchange:
        """The answer, or the next hop."""
        if self._refused is not None:
            return self.failure(*self._refused, now)
        if code in _NO_ANSWER and not curl.getinfo(pycurl.NUM_CONNECTS) and not self._fresh:
            return self._anew()
        if code:
            return self.failure("unreachable", _words(code, text), now)
        if not self._headed:  # libcurl takes what it has for an answer: half a 410 would stop the feed
            return self.failure("unreachable", "the connection broke in the middle of the headers", now)
        if self._status in REDIRECTS and self.request.redirects:
            return self._next(now)
        try:
            body = self._body.finish() if self._body else b""
        except Garbled as error:
            return self.failure("unreachable", str(error), now)
        hop = self._hop
        return Response(
            key=self.request.key,
            status=self._status,
            url=hop.target.url,
            headers=self._headers,
            body=body,
            wire=self._wire,
            seconds=now - self._began,
            permanent=hop.target.url if hop.count and hop.permanent else "",
            downgraded=hop.downgraded,
        )

    def _anew(self) -> _Exchange:
        """Once more, over a connection of its own: the one that was kept had bytes left over from the answer before,
        which was longer than it said."""
        same = _Exchange(self.request, self._first, self._hop, self._began, self._settings, self._guard, self._wire)
        same._fresh = True
        return same

    def _next(self, now: float) -> Failure | _Exchange:
        guarded = bool(self._first.username or self.request.headers or self.request.body)
        hop = follow(
            self._hop,
            self._status,
            self._headers.get("location", ""),
            first=self._first,
            guarded=guarded,
            most=self._settings.max_redirects,
            method=self.request.method,
        )
        if isinstance(hop, str):
            return self.failure("blocked" if "refused" in hop else "unreachable", hop, now)
        if now - self._began >= self._settings.deadline:
            return self.failure("unreachable", "took longer than the deadline", now)
        return _Exchange(self.request, self._first, hop, self._began, self._settings, self._guard, self._wire)


ACCEPT = (
    "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.3, */*;q=0.1"
)
_WORDS: Mapping[int, str] = {
    pycurl.E_OPERATION_TIMEDOUT: "took longer than the deadline",
    pycurl.E_COULDNT_RESOLVE_HOST: "the name of the host cannot be resolved",
    pycurl.E_COULDNT_CONNECT: "the host does not accept connections",
    pycurl.E_PARTIAL_FILE: "the connection broke in the middle of the body",
    pycurl.E_GOT_NOTHING: "the host closed the connection without an answer",
}


_NO_ANSWER = frozenset({pycurl.E_UNSUPPORTED_PROTOCOL, pycurl.E_FTP_WEIRD_SERVER_REPLY})
"""What libcurl says of bytes that are no answer of HTTP."""


def _words(code: int, text: str) -> str:
    return _WORDS.get(code, "") or f"{text or 'the exchange failed'} (curl {code})"[:300]


def user_agent(contact: str) -> str:
    """Who we are, and where to complain."""
    clean = "".join(letter for letter in contact if " " <= letter <= "~")
    return f"Gordon/{__version__} (+{clean})" if clean else f"Gordon/{__version__}"


def system_certificates() -> str:
    """The file of certificates that this system trusts; "" leaves libcurl to its own."""
    paths = ssl.get_default_verify_paths()
    usual = (paths.cafile, "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt")
    return next((path for path in usual if path and os.path.exists(path)), "")


def has_asynchronous_dns() -> bool:
    """Without it one slow name server would hold up every poll."""
    return bool(pycurl.version_info()[4] & _ASYNCHRONOUS_DNS)
