"""A look at an address through the guarded client and parser, for ``gordon feeds``."""

from __future__ import annotations

import time

from gordon.settings import Settings
from ingest.client import Client
from ingest.discover import Preview, preview
from ingest.parser import ParserPool


def look(url: str, settings: Settings) -> Preview:
    """What is at ``url`` now. The desk's own limits and permissions hold."""
    client = Client(settings.http, clock=time.monotonic)
    parser = ParserPool(settings.parse, clock=time.monotonic)
    try:
        return preview(url, client, parser)
    finally:
        parser.close()
        client.close()


def find_feed(url: str, settings: Settings) -> tuple[str, Preview, tuple[str, ...]]:
    """The address to subscribe to, what is there, and all that was on offer.

    A page that names exactly one feed leads to it; with several, or none, the page's own preview comes back.
    """
    first = look(url, settings)
    offered = tuple(link.url for link in first.links)
    if len(offered) != 1:
        return url, first, offered
    return offered[0], look(offered[0], settings), offered
