"""Derived ids. Contains no business logic: the same input gives the same id, for ever, so redelivery is harmless.

An id is a UUID version 5 over its parts, each preceded by its length, so that ("ab", "c") and ("a", "bc") differ.
Changing NAMESPACE or the joining changes every id ever given out: never do it; add a new function instead.
"""

from __future__ import annotations

import hashlib
from uuid import UUID, uuid5

NAMESPACE = UUID("5d0c1b5e-6f0f-5c3a-9a55-60d0a0f11e00")


def derive(kind: str, *parts: str) -> str:
    """The id of a thing of this kind that these parts identify."""
    joined = "".join(f"{len(part)}:{part}" for part in (kind, *parts))
    return str(uuid5(NAMESPACE, joined.encode("utf-8", "surrogatepass").decode("utf-8", "replace")))


def mention_id(feed: str, identity: str) -> str:
    """``identity``: what makes the entry this entry within its feed (guid, else link, else content hash)."""
    return derive("mention", feed, identity)


def event_id(stage: str, mention: str, revision: int, file: str = "", policy_version: str = "") -> str:
    """The CloudEvents id of what ``stage`` says of one revision of one mention."""
    return derive("event", stage, mention, str(revision), file, policy_version)


def issue_id(file: str, founding_mention: str) -> str:
    """An issue is named after the file and the mention that opened it."""
    return derive("issue", file, founding_mention)


def item_id(issue: str, queue: str) -> str:
    """One issue is at most one item in one queue."""
    return derive("item", issue, queue)


def digest(data: bytes, length: int = 16) -> str:
    """The first ``length`` hex digits of the SHA-256 of ``data``."""
    return hashlib.sha256(data).hexdigest()[:length]
