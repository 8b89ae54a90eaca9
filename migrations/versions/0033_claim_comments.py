"""What both sides say of a claim."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "claim_comment",
        sa.Column("claim_id", _KEY, nullable=False),
        sa.Column(
            "side",
            sa.Enum(
                "clinic",
                "supplier",
                name="side",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", _KEY, nullable=True),
        sa.Column("mail_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("text <> ''", name=op.f("ck_claim_comment_text")),
        sa.ForeignKeyConstraint(
            ["claim_id"], ["claim.id"], name=op.f("fk_claim_comment_claim_id_claim")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_claim_comment_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim_comment")),
    )
    op.create_index(op.f("ix_claim_comment_claim_id"), "claim_comment", ["claim_id"])


def downgrade() -> None:
    op.drop_table("claim_comment")
