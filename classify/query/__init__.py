"""The query language: text to a frozen tree (parse), and the tree to a function over positions (compile)."""

from classify.query.compile import Compiled, compile_query
from classify.query.errors import QueryError
from classify.query.parse import parse_query

__all__ = ["Compiled", "QueryError", "compile_query", "parse_query"]
