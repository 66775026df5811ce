"""The one error of the query language."""

from __future__ import annotations


class QueryError(ValueError):
    """A query that means nothing. ``column`` counts from 1; ``remedy`` says what to write instead.

    Never leaves classify: the engine turns it into a Problem with file and line.
    """

    def __init__(self, message: str, column: int, remedy: str) -> None:
        self.message, self.column, self.remedy = message, column, remedy
        super().__init__(f"column {column}: {message}; {remedy}")
