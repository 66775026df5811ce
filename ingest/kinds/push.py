"""What a feed says about WebSub: its hub, and the address that the hub knows it by. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.url import absolute, target


def hub_and_topic(links: object, base: str) -> tuple[str, str]:
    """The first usable address of each among the links of a feed, as feedparser lists them; "" where there is none."""
    found = {"hub": "", "self": ""}
    for link in links if isinstance(links, list) else ():
        rel = link.get("rel") if isinstance(link, Mapping) else None
        for word in rel.lower().split() if isinstance(rel, str) else ():
            if word in found and not found[word]:
                found[word] = web_address(link.get("href"), base)
    return found["hub"], found["self"]


def web_address(value: object, base: str) -> str:
    """The absolute http or https address; "" for anything else."""
    url = absolute(base, value) if isinstance(value, str) and value.strip() else ""
    return "" if isinstance(target(url), str) else url
