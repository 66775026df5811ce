"""A server that cannot be started here: what is missing, and how to get it."""

from __future__ import annotations


class Missing(Exception):
    """``str()`` is the reason and the remedy, for people."""
