"""Items that people work on, clocks that run out, and what became of issues."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _items()
    _issues()


def downgrade() -> None:
    raise RuntimeError("a database is never downgraded: restore a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _items() -> None:
    op.add_column("items", sa.Column("next_due", TIME))
    for name in ("fired", "pauses"):
        op.add_column("items", sa.Column(name, sa.Text(), nullable=False, server_default="[]"))
    op.create_index("ix_items_state_next_due", "items", ["state", "next_due"])
    op.create_table(
        "item_changes",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        _text("item"), sa.Column("at", TIME, nullable=False), _text("person"), _text("action"), _text("why"),
        sa.ForeignKeyConstraint(["item"], ["items.id"], name="fk_item_changes_items"),
        sa.PrimaryKeyConstraint("number", name="pk_item_changes"),
    )  # fmt: skip
    op.create_index("ix_item_changes_item", "item_changes", ["item"])


def _issues() -> None:
    op.create_index("ix_issues_state_last_seen", "issues", ["state", "last_seen"])
    op.create_table(
        "issue_changes",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        _text("issue"), sa.Column("at", TIME, nullable=False), _text("person"), _text("action"), _text("why"),
        sa.ForeignKeyConstraint(["issue"], ["issues.id"], name="fk_issue_changes_issues"),
        sa.PrimaryKeyConstraint("number", name="pk_issue_changes"),
    )  # fmt: skip
    op.create_index("ix_issue_changes_issue", "issue_changes", ["issue"])
