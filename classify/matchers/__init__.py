"""The kinds of rules. To add one: a module here, one line in MATCHERS, and its key in gordon.desk.schema.Rule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from classify.matchers.base import Matcher, Tools
from classify.matchers.pattern import compile_pattern
from classify.matchers.phrases import compile_phrases
from classify.matchers.query import compile_rule_query

MATCHERS: dict[str, Callable[[Any, str | None, Tools, bool], Matcher]] = {
    "query": compile_rule_query,
    "phrases": compile_phrases,
    "pattern": compile_pattern,
}
"""Key of a rule to what compiles its value; given are language, tools and whether forms count. It raises RuleError."""
