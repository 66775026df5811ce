"""Issues that merge and part, mentions that are silenced, and how busy files are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _items()
    _issues()
    _mentions()


def downgrade() -> None:
    raise RuntimeError("a database is never downgraded: restore a backup")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _items() -> None:
    op.add_column("items", sa.Column("gaps", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "loads",
        _text("person"), sa.Column("items", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("person", name="pk_loads"),
    )  # fmt: skip
    op.execute(
        "INSERT INTO loads (person, items) SELECT teams.person, count(*) FROM teams "
        "JOIN items ON items.id = teams.item WHERE items.state = 'open' GROUP BY teams.person"
    )
    op.execute("""UPDATE items SET gaps = 1 WHERE assigned LIKE '%"gaps":[{%'""")


def _issues() -> None:
    op.add_column("issues", sa.Column("merged_into", sa.Text(), nullable=False, server_default=""))
    op.add_column("issue_changes", sa.Column("other", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "homes",
        _text("file"), _text("mention"), _text("issue"),
        sa.PrimaryKeyConstraint("file", "mention", name="pk_homes"),
    )  # fmt: skip
    op.create_table(
        "apart",
        _text("file"), _text("one"), _text("other"),
        sa.PrimaryKeyConstraint("file", "one", "other", name="pk_apart"),
    )  # fmt: skip


def _mentions() -> None:
    op.create_table(
        "routings",
        _text("mention"), sa.Column("revision", sa.Integer(), nullable=False), _text("file"), _text("queues"),
        _text("silence"), _text("why"),
        sa.ForeignKeyConstraint(
            ["mention", "revision"], ["mentions.id", "mentions.revision"], name="fk_routings_mentions"
        ),
        sa.PrimaryKeyConstraint("mention", "revision", "file", name="pk_routings"),
    )  # fmt: skip
    # What was tagged before this version was routed, as nothing could be silenced.
    op.execute(
        "INSERT INTO routings (mention, revision, file, queues, silence, why) "
        "SELECT DISTINCT mention, revision, file, '[]', '', '' FROM tags"
    )
    op.create_table(
        "file_hours",
        _text("file"), sa.Column("hour", TIME, nullable=False), sa.Column("mentions", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("file", "hour", name="pk_file_hours"),
    )  # fmt: skip
    op.create_index("ix_file_hours_hour", "file_hours", ["hour"])
