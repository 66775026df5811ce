"""Tags that were learnt from examples; the place of a claim's sentence, and its line as it was then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tags", sa.Column("learned", sa.Text(), nullable=False, server_default="null"))
    for column in (
        sa.Column("field", sa.Text(), nullable=False, server_default=""),
        sa.Column("start", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("end", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("line", sa.Text(), nullable=False, server_default="null"),
        sa.Column("flags", sa.Text(), nullable=False, server_default="[]"),
    ):
        op.add_column("claims", column)


def downgrade() -> None:
    raise RuntimeError("a database is never downgraded: restore a backup")
