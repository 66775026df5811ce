"""Which hub a feed names for WebSub, and the topic to ask it for: Link headers before the feed's own words. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ingest.url import absolute, target

MOST = 2048
_MOST_HEADER = 16_384
_VALUE = r'(?:"(?:[^"\\]|\\.)*+"|[^\s",;]*+)'
_LINK = re.compile(rf'<([^<>]*+)>((?:\s*+;\s*+(?:[^\s=,;"]++\s*+(?:=\s*+{_VALUE})?+)?+)*+)')
_PARAMETER = re.compile(rf';\s*+([^\s=,;"]++)\s*+=\s*+({_VALUE})')


def links(headers: Mapping[str, str]) -> tuple[str, str]:
    """The first hub and the first self of the Link header (headers by lower-case name), as they stand there; "" where
    there is none."""
    found = {"hub": "", "self": ""}
    for match in _LINK.finditer(headers.get("link", "")[:_MOST_HEADER]):
        for relation in _relations(match[2]):
            if relation in found and not found[relation]:
                found[relation] = match[1].strip()
    return found["hub"], found["self"]


def _relations(parameters: str) -> list[str]:
    """The words of the first ``rel``; none where the link speaks about something else (``anchor``)."""
    named: dict[str, str] = {}
    for match in _PARAMETER.finditer(parameters):
        named.setdefault(match[1].lower(), match[2].strip('"'))
    return [] if "anchor" in named else named.get("rel", "").lower().split()


def named_hub(headers: Mapping[str, str], url: str, hub: str, topic: str) -> tuple[str, str]:
    """Hub and topic of the feed at ``url`` (after redirects), whose body says ``hub`` and ``topic``; absolute addresses
    of http or https. ("", "") when it names no hub that can be asked; the topic is the feed's address when it does not
    say."""
    header_hub, header_topic = links(headers)
    asked = _usable(url, header_hub) or _usable(url, hub)
    if not asked:
        return "", ""
    return asked, _usable(url, header_topic) or _usable(url, topic) or _usable(url, url)


def _usable(base: str, link: str) -> str:
    """Without credentials: a stranger's feed has none to give, and ours are nobody's business."""
    whole = absolute(base, link).partition("#")[0] if link else ""
    found = target(whole)
    fine = not isinstance(found, str) and not found.username and not found.password and len(whole) <= MOST
    return whole if fine else ""
