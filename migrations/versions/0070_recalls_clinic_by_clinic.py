"""Which clinics have looked for what is recalled, none left as an answer, silence told of."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0070"
down_revision = "0064"
branch_labels = None
depends_on = None

ANSWERS = ("none_here", "found")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("recall", sa.Column("silence_told_at", sa.DateTime(timezone=True), nullable=True))
    _answers((*ANSWERS, "none_left"))
    op.create_table(
        "recall_clinic",
        sa.Column("recall_practice_id", KEY, nullable=False),
        sa.Column("clinic_id", KEY, nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("looked_by_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_recall_clinic_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["looked_by_id"], ["person.id"], name=op.f("fk_recall_clinic_looked_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["recall_practice_id"],
            ["recall_practice.id"],
            name=op.f("fk_recall_clinic_recall_practice_id_recall_practice"),
        ),
        sa.PrimaryKeyConstraint("recall_practice_id", "clinic_id", name=op.f("pk_recall_clinic")),
    )


def _answers(words: Sequence[str]) -> None:
    """Say what a practice may answer."""
    name = op.f("ck_recall_practice_recallanswer")
    listed = ", ".join(f"'{word}'" for word in words)
    with op.batch_alter_table("recall_practice") as practices:
        practices.drop_constraint(name, type_="check")
        practices.create_check_constraint(name, f"answer IN ({listed})")


def downgrade() -> None:
    op.drop_table("recall_clinic")
    op.execute("UPDATE recall_practice SET answer = 'none_here' WHERE answer = 'none_left'")
    _answers(ANSWERS)
    op.drop_column("recall", "silence_told_at")
