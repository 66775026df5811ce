"""What becomes of text and times on their way into a column."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from store.types import UtcDateTime, Words, clean

DIALECT = sqlite.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own constructor
ANY_TEXT = st.text(st.characters(codec=None), max_size=50)


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT)
def test_clean_text_keeps_its_length_and_can_be_stored(text: str) -> None:
    stored = clean(text)
    assert len(stored) == len(text)
    assert "\x00" not in stored
    assert stored.encode().decode() == stored
    assert clean(stored) == stored


@pytest.mark.parametrize("text", ["", "Le délai", "日本 🇨🇦"])
def test_harmless_text_is_left_alone(text: str) -> None:
    assert clean(text) is text
    assert Words().process_bind_param(text, DIALECT) == text


def test_nothing_stays_nothing() -> None:
    assert Words().process_bind_param(None, DIALECT) is None
    assert UtcDateTime().process_bind_param(None, DIALECT) is None
    assert UtcDateTime().process_result_value(None, DIALECT) is None


def test_times_of_any_zone_become_utc() -> None:
    ottawa = datetime(2026, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=-5)))
    stored = UtcDateTime().process_bind_param(ottawa, DIALECT)
    assert stored == ottawa
    assert stored and stored.tzinfo is UTC
    assert UtcDateTime().process_result_value(ottawa, DIALECT) == ottawa
    with pytest.raises(ValueError, match="without a time zone"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), DIALECT)
