"""The page on which hostile markup is shown to a real browser, and the listeners that must hear nothing of it."""

from __future__ import annotations

import html
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.servers.chromium import Chromium

CORPUS = Path(__file__).with_name("xss_corpus.txt")
_ESCAPE = re.compile(r"\\(?:([ntr0\\])|x([0-9a-f]{2})|u([0-9a-f]{4}))")
_SIMPLE = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\"}

# Runs before any payload: whatever a payload calls leaves its mark.
_HOOKS = """
const root = document.documentElement;
for (const name of ["alert", "confirm", "prompt", "print", "open"])
  window[name] = () => { root.dataset.tripped = (root.dataset.tripped || "") + name + " "; };
"""
# Runs after all payloads: does what a reader could do, reads the markup again, and reports what it finds.
_PROBE = """
const inside = "main *";
addEventListener("click", event => {
  const link = event.target.closest("a[href]");
  if (link && ["http:", "https:", "mailto:"].includes(link.protocol)) event.preventDefault();
}, true);
const banner = document.getElementById("top-banner");
const box = banner.getBoundingClientRect();
const report = {
  covered: document.elementFromPoint(box.left + 5, box.top + 5) !== banner,
  clobbered: typeof document.cookie !== "string" || typeof document.getElementById !== "function"
    || document.body.tagName !== "BODY" || ["config", "csrf_token"].some(name => window[name] !== undefined),
  sections: document.querySelectorAll("body > main > section").length,
  ending: document.querySelectorAll("body > #ending").length,
  tags: [], attributes: [], protocols: [],
};
for (let again = 0; again < 2; again++)
  for (const section of document.querySelectorAll("section")) section.innerHTML = section.innerHTML;
for (const element of [...document.querySelectorAll(inside)]) {
  report.tags.push(element.localName);
  report.attributes.push(...element.getAttributeNames());
  if (element.localName === "a" && element.hasAttribute("href")) report.protocols.push(element.protocol);
  if (element.focus) element.focus();
  for (const name of ["mouseover", "pointerenter", "mouseenter", "animationstart", "toggle", "wheel", "copy"])
    element.dispatchEvent(new Event(name));
  if (element.click) element.click();
}
for (const list of ["tags", "attributes", "protocols"]) report[list] = [...new Set(report[list])].sort();
root.dataset.report = JSON.stringify(report);
"""


def corpus(host: str) -> list[str]:
    """The payloads, aimed at ``host``."""
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    return [_ESCAPE.sub(_character, line).replace("HOST", host) for line in lines if line and not line.startswith("# ")]


def _character(found: re.Match[str]) -> str:
    return _SIMPLE[found[1]] if found[1] else chr(int(found[2] or found[3], 16))


def page(pieces: Sequence[str]) -> bytes:
    """Each piece in a section of its own, between hooks and probe."""
    sections = "\n".join(f"<section>{piece}</section>" for piece in pieces)
    text = (
        f"<!doctype html><html><head><meta charset=utf-8><title>x</title><script>{_HOOKS}</script></head><body>"
        f"<p id=top-banner>The banner of the console</p><main>{sections}</main><p id=ending></p>"
        f"<script>addEventListener('load', () => {{{_PROBE}}})</script></body></html>"
    )
    return text.encode("utf-8", "replace")


class Listener(ThreadingHTTPServer):
    """Answers every path with ``body`` and remembers it in ``heard``; a browser's own look for an icon is no news."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.body = b""
        self.heard: list[str] = []

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Listener

    def do_GET(self) -> None:
        if self.path != "/favicon.ico":
            self.server.heard.append(self.path)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    do_POST = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def listening() -> Iterator[Listener]:
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@dataclass(frozen=True, slots=True)
class Shown:
    """What a browser made of a page. ``tripped``: what payloads called; ``left``: the page was left for another;
    ``asked``: what was fetched from its own server besides it; ``heard``: what the payloads' listener got."""

    tripped: str
    left: bool
    asked: list[str]
    heard: list[str]
    report: dict[str, Any] = field(default_factory=dict)


def show(browser: Chromium, pieces: Sequence[str], site: Listener, target: Listener) -> Shown:
    """Loads a page of these pieces and does what a reader could do."""
    site.body = page(pieces)
    site.heard.clear()
    target.heard.clear()
    dom = browser.dom(f"http://{site.host}/page")
    start = re.match(r"(?:<!doctype html>)?\s*<html([^>]*)>", dom, re.IGNORECASE)
    attributes = dict(re.findall(r'data-(\w+)="([^"]*)"', start[1])) if start else {}
    report = attributes.get("report", "")
    return Shown(
        tripped=attributes.get("tripped", ""),
        left=not report,
        asked=[path for path in site.heard if path != "/page"],
        heard=list(target.heard),
        report=json.loads(html.unescape(report)) if report else {},
    )
