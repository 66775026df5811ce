"""Ids as people type them: whole, or the first characters."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, select

from gordon.errors import NotFound

_SHOWN = 3


def resolve(connection: Connection, kind: str, given: str, *columns: Column[Any]) -> str:
    """The value in one of ``columns`` that is ``given``, else the only one that begins with it.

    Raises NotFound, with a hint when several do.
    """
    if any(connection.scalar(select(column).where(column == given).limit(1)) for column in columns):
        return given
    found = sorted({value for column in columns for value in _beginning(connection, given, column)})
    if not given or not found:
        raise NotFound(kind, given)
    if len(found) > 1:
        shown = ", ".join(found[:_SHOWN]) + (", ..." if len(found) > _SHOWN else "")
        raise NotFound(kind, given, f"several begin with it, write more of it: {shown}")
    return found[0]


def _beginning(connection: Connection, given: str, column: Column[Any]) -> list[str]:
    query = select(column).where(column.startswith(given, autoescape=True)).distinct().order_by(column)
    return list(connection.scalars(query.limit(_SHOWN + 1)))
