"""A queue as a feed that people read in any reader: RSS 2.0 or JSON Feed 1.1, in English or French. Pure.

The same items make the same bytes, so that readers see a change only where there is one. Nothing of an author is in it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from html import escape
from typing import Literal, TypeAlias
from xml.etree import ElementTree

import msgspec
from msgspec import Struct

from gordon.events import Assigned
from gordon.french import bilingual
from gordon.records import Item

Language: TypeAlias = Literal["en", "fr"]
Format: TypeAlias = Literal["rss", "json"]
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_MARKUP = str.maketrans("<>", "\u2039\u203a")
_WORDS: Mapping[Language, Mapping[str, str]] = {
    "en": {
        "queue": "Queue {}", "file": "file {}", "about": "What waits and what was done lately.",
        "File": "File", "Priority": "Priority", "Mentions": "Mentions", "Language": "Language", "Team": "Team",
        "Gaps": "Gaps", "Deadlines": "Deadlines (UTC)", "State": "State", "open": "open", "closed": "closed",
        "low": "low", "normal": "normal", "high": "high", "urgent": "urgent", "nobody": "nobody is on duty",
        "acknowledge_by": "acknowledge", "draft_by": "draft", "approve_by": "approve", "untitled": "(no title)",
        "colon": ":", "no": "no {}", "lead": "No Gordon",
    },
    "fr": {
        "queue": "File de travail {}", "file": "dossier {}", "about": "Ce qui attend et ce qui vient d'être fait.",
        "File": "Dossier", "Priority": "Priorité", "Mentions": "Mentions", "Language": "Langue", "Team": "Équipe",
        "Gaps": "Lacunes", "Deadlines": "Échéances (UTC)", "State": "État", "open": "ouvert", "closed": "fermé",
        "low": "basse", "normal": "normale", "high": "haute", "urgent": "urgente", "nobody": "personne en service",
        "acknowledge_by": "accuser réception", "draft_by": "rédiger", "approve_by": "approuver",
        "untitled": "(sans titre)", "colon": "\u00a0:", "no": "sans {}", "lead": "Pas de Gordon",
    },
}  # fmt: skip


class Channel(Struct, frozen=True, kw_only=True):
    """What the feed is of. ``title``: the queue's own, or ""; ``file``: the one file that it is about, or "";
    ``link``: a page that readers lead to, or ""."""

    queue: str
    title: str = ""
    file: str = ""
    link: str = ""


class _Entry(Struct, frozen=True, kw_only=True):
    """An item in words."""

    item: Item
    title: str
    lines: tuple[tuple[str, str], ...]


def render(channel: Channel, items: Sequence[Item], form: Format, language: Language) -> bytes:
    """The feed of these items, the newest first."""
    ordered = sorted(items, key=lambda item: (item.opened, item.id), reverse=True)
    entries = [_entry(item, language) for item in ordered]
    write = _rss if form == "rss" else _json
    return write(channel, entries, language)


def _entry(item: Item, language: Language) -> _Entry:
    assigned = bilingual(item.assigned)
    words = _WORDS[language]
    title = " ".join(_plain(assigned.mention.title).split()).translate(_MARKUP)
    return _Entry(item=item, title=title or words["untitled"], lines=_lines(item, assigned, words, language))


def _lines(item: Item, assigned: Assigned, words: Mapping[str, str], language: Language) -> tuple[tuple[str, str], ...]:
    team = "; ".join(
        f"{member.person} ({', '.join([*member.disciplines, *member.authority])})" for member in assigned.team
    )
    gaps = []
    for gap in assigned.gaps:
        name = words["lead"] if (gap.kind, gap.need) == ("expertise", "lead") else words["no"].format(gap.need)
        gaps.append(f"{name} ({(language == 'fr' and gap.why_fr) or gap.why})")
    clocks = [f"{words.get(name, name)} {moment:%Y-%m-%d %H:%M}" for name, moment in assigned.clocks.items()]
    rows = (
        ("File", assigned.file),
        ("State", words[item.state]),
        ("Priority", words[assigned.priority]),
        ("Mentions", str(assigned.mentions)),
        ("Language", assigned.mention.language),
        ("Team", team or words["nobody"]),
        ("Gaps", "; ".join(gaps)),
        ("Deadlines", ", ".join(clocks)),
    )
    return tuple((f"{words[name]}{words['colon']}", _plain(text)) for name, text in rows if text)


def _plain(text: str) -> str:
    """Without what XML cannot hold."""
    return _NOT_XML.sub("", text)


def _title(channel: Channel, words: Mapping[str, str]) -> str:
    title = channel.title or words["queue"].format(channel.queue)
    return f"{title}, {words['file'].format(channel.file)}" if channel.file else title


def _rss(channel: Channel, entries: Sequence[_Entry], language: Language) -> bytes:
    words = _WORDS[language]
    root = ElementTree.Element("rss", version="2.0")
    top = ElementTree.SubElement(root, "channel")
    _add(top, "title", _title(channel, words))
    _add(top, "link", channel.link or f"urn:gordon:queue:{channel.queue}")
    _add(top, "description", words["about"])
    _add(top, "language", language)
    _add(top, "generator", "Gordon")
    if entries:
        newest = max(entry.item.updated for entry in entries)
        _add(top, "lastBuildDate", format_datetime(newest.replace(microsecond=0), usegmt=True))
    for entry in entries:
        row = ElementTree.SubElement(top, "item")
        _add(row, "title", entry.title)
        if entry.item.assigned.mention.url:
            _add(row, "link", entry.item.assigned.mention.url)
        body = "".join(f"<li>{escape(name)} {escape(text)}</li>" for name, text in entry.lines)
        _add(row, "description", f"<ul>{body}</ul>")
        _add(row, "category", entry.item.file)
        _add(row, "guid", entry.item.id).set("isPermaLink", "false")
        _add(row, "pubDate", format_datetime(entry.item.opened.replace(microsecond=0), usegmt=True))
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _add(parent: ElementTree.Element, name: str, text: str) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, name)
    element.text = _plain(text)
    return element


def _json(channel: Channel, entries: Sequence[_Entry], language: Language) -> bytes:
    words = _WORDS[language]
    feed: dict[str, object] = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _title(channel, words),
        "description": words["about"],
        "language": language,
        **({"home_page_url": channel.link} if channel.link else {}),
        "items": [_json_item(entry) for entry in entries],
    }
    return msgspec.json.format(msgspec.json.encode(feed), indent=2) + b"\n"


def _json_item(entry: _Entry) -> dict[str, object]:
    item, mention = entry.item, entry.item.assigned.mention
    return {
        "id": item.id,
        **({"url": mention.url} if mention.url else {}),
        "title": entry.title,
        "content_text": "\n".join(f"{name} {text}" for name, text in entry.lines),
        "date_published": item.opened,
        "date_modified": item.updated,
        "tags": [item.file, item.priority, item.state],
    }
