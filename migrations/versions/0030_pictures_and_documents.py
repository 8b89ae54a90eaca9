"""Pictures and documents of products; in which file, and when, the facts of one were stated.

Columns are added in place: making the tables anew would lose their triggers on SQLite.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KINDS = ("picture", "instructions", "analysis", "conformity", "safety", "other")
_TABLE, _CONTENT = "product_attachment", "product_attachment_content"


def upgrade() -> None:
    instant = sa.DateTime(timezone=True).compile(op.get_bind().dialect)
    op.execute(f"ALTER TABLE product ADD COLUMN stated_at {instant}")
    op.execute("ALTER TABLE product ADD COLUMN stated_in VARCHAR(200) DEFAULT '' NOT NULL")
    op.create_table(
        _TABLE,
        sa.Column("product_id", _KEY, nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                *_KINDS,
                name="attachmentkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("media_type", sa.String(60), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("size > 0", name=op.f(f"ck_{_TABLE}_size")),
        sa.CheckConstraint("length(digest) = 64", name=op.f(f"ck_{_TABLE}_digest")),
        sa.CheckConstraint(
            "kind <> 'picture' OR width IS NOT NULL", name=op.f(f"ck_{_TABLE}_picture")
        ),
        sa.CheckConstraint(
            "(width IS NULL) = (height IS NULL)", name=op.f(f"ck_{_TABLE}_measures")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f(f"fk_{_TABLE}_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{_TABLE}")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f(f"ix_{_TABLE}_product_id"), _TABLE, ["product_id"])
    there = sa.text("removed_at IS NULL")
    op.create_index(
        f"uq_{_TABLE}_digest",
        _TABLE,
        ["product_id", "digest"],
        unique=True,
        postgresql_where=there,
        sqlite_where=there,
    )
    op.create_table(
        _CONTENT,
        sa.Column("attachment_id", _KEY, autoincrement=False, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            [f"{_TABLE}.id"],
            name=op.f(f"fk_{_CONTENT}_attachment_id_{_TABLE}"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("attachment_id", name=op.f(f"pk_{_CONTENT}")),
    )


def downgrade() -> None:
    op.drop_table(_CONTENT)
    op.drop_table(_TABLE)
    for column in ("stated_in", "stated_at"):
        op.execute(f"ALTER TABLE product DROP COLUMN {column}")
