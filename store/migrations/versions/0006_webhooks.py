"""Webhooks, and what waits to be posted to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)
COUNTER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "webhooks",
        _text("id"), _text("address"), sa.Column("wanted", sa.Boolean(), nullable=False),
        sa.Column("since", TIME, nullable=False), sa.Column("disabled_at", TIME),
        sa.Column("failures", sa.Integer(), nullable=False), sa.Column("last_try", TIME), _text("last_outcome"),
        _text("last_detail"),
        sa.PrimaryKeyConstraint("id", name="pk_webhooks"),
    )  # fmt: skip
    op.create_table(
        "deliveries",
        sa.Column("number", COUNTER, autoincrement=True, nullable=False),
        _text("webhook"), _text("event"), _text("issue"), _text("topic"), sa.Column("created", TIME, nullable=False),
        _text("state"), sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_try", TIME, nullable=False), sa.Column("finished", TIME), _text("outcome"), _text("detail"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["webhook"], ["webhooks.id"], name="fk_deliveries_webhooks"),
        sa.PrimaryKeyConstraint("number", name="pk_deliveries"),
        sa.UniqueConstraint("webhook", "event", name="uq_deliveries_webhook_event"),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_deliveries_finished", "deliveries", ["finished"])
    waiting = sa.text("state = 'waiting'")
    for name, columns in (("due", ["webhook", "next_try"]), ("issue", ["webhook", "issue", "number"])):
        op.create_index(f"ix_deliveries_{name}", "deliveries", columns, sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    raise RuntimeError("a database is never downgraded: restore a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
