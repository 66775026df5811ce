"""Text from outside on a terminal: no escapes, no reordering, no markup."""

from __future__ import annotations

import pytest
from rich.text import Text

from gordon.cli.out import clean, plain


@pytest.mark.hostile(35, 42)
@pytest.mark.parametrize(
    "hidden",
    [
        "\x1b[2J\x1b]0;title\x07",
        "\x9b31m",
        "\r",
        "\x08\x08",
        "\u202e",
        "\u2066",
        "\u200f",
        "\u061c",
        "\u200b",
        "\u2028",
    ],
)
def test_nothing_speaks_to_the_terminal_or_reorders(hidden: str) -> None:
    shown = plain(f"Budget{hidden} fédéral")
    assert shown.isprintable()
    assert shown.startswith("Budget") and shown.endswith(" fédéral")


@pytest.mark.hostile(42)
def test_markup_of_others_is_text() -> None:
    title = "[bold red]Recall[/] [link=https://x.example]here[/link]"
    assert Text.from_markup(clean(title)).plain == title
