"""A look at an address through the guarded client and parser, for ``gordon feeds``: what would come in, and what the
desk would make of it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from gordon.errors import DeskInvalid
from gordon.language import Detector
from gordon.settings import Settings
from ingest.client import Client
from ingest.discover import Discovery, Preview, discover, preview
from ingest.parser import ParserPool
from ingest.raw import RawEntry

PAUSE = 1.0
_EARLY = datetime.min.replace(tzinfo=UTC)


class Glimpse(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An entry as it would come in. ``files``: the policy files it would be tagged with, once that was asked for."""

    title: str
    url: str
    published: datetime | None
    language: str
    files: tuple[str, ...] = ()


@contextmanager
def _tools(settings: Settings) -> Iterator[tuple[Client, ParserPool]]:
    client = Client(settings.http, clock=time.monotonic)
    parser = ParserPool(settings.parse, clock=time.monotonic)
    try:
        yield client, parser
    finally:
        parser.close()
        client.close()


def look(url: str, settings: Settings) -> Preview:
    """What is at ``url`` now. The desk's own limits and permissions hold."""
    with _tools(settings) as (client, parser):
        return preview(url, client, parser)


def find_feed(url: str, settings: Settings) -> Discovery:
    """The feed at ``url`` or of the page there; see ingest/discover.py."""
    pause = min(PAUSE, settings.poll.host_delay)
    with _tools(settings) as (client, parser):
        return discover(url, lambda one: preview(one, client, parser), lambda: time.sleep(pause))


def newest(entries: Sequence[RawEntry], most: int) -> list[RawEntry]:
    """The newest entries first; those without a date after them, as the feed orders them."""
    return sorted(entries, key=lambda entry: entry.published or _EARLY, reverse=True)[:most]


def glimpses(found: Preview, most: int) -> tuple[Glimpse, ...]:
    """The newest entries, each in its language."""
    detect = Detector().detect
    return tuple(
        Glimpse(
            title=entry.title or entry.text[:80],
            url=entry.link,
            published=entry.published,
            language=detect(entry.title, entry.text, entry.language or found.language),
        )
        for entry in newest(found.entries, most)
    )


def tagged(found: Preview, shown: Sequence[Glimpse], desk: Path, environ: Mapping[str, str]) -> tuple[Glimpse, ...]:
    """The same with the policy files of the desk; without any where the desk is not sound, which is for ``gordon
    check`` to tell."""
    from classify.matchers.spacy_runtime import Pipelines
    from classify.selftest import sample
    from gordon.app.policy import make_tagger
    from gordon.desk.load import load_desk

    try:
        tagger = make_tagger(load_desk(desk, environ), Pipelines())
    except DeskInvalid:
        return tuple(shown)
    texts = [entry.text for entry in newest(found.entries, len(shown))]
    return tuple(
        Glimpse(
            title=one.title,
            url=one.url,
            published=one.published,
            language=one.language,
            files=tuple(tag.file for tag in tagger.tag(sample(one.title, text, one.language)).files),
        )
        for one, text in zip(shown, texts, strict=True)
    )
