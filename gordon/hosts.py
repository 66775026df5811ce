"""The host of an address, as the unit of politeness; and addresses without their credentials. Pure."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

# Up to the last @ before path, query or fragment, as a password may hold one: what a client takes for credentials.
_CREDENTIALS = re.compile(r"(?<=://)[^/?#\s]*@")
# What private feeds carry in their query, by the names that are in use for it.
_NAMES = r"[\w.-]*(?:token|secret|passwo?r?d|api[_-]?key|signature)|auth|key|sig"
_TOKEN = re.compile(rf"([?&;](?:{_NAMES})=)[^&#\s'\"<>]+", re.IGNORECASE)


def host_of(url: str) -> str:
    """The host for politeness: one queue each. "" where there is none."""
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Whether what listens there can be reached from this machine only."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def redact(text: str, shown: str = "") -> str:
    """The text with the user and password of every URL in it replaced by ``shown``, and what looks like a token in
    its query by ``***``. Everything shown to people goes through here."""
    if "@" in text:
        text = _CREDENTIALS.sub(shown, text)
    return _TOKEN.sub(r"\1***", text) if "=" in text else text
