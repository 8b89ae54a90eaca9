"""Bookings: a time, who gives it, how many areas, the diary's own name; patients who do not come."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

WORDS = ("planned", "recorded", "cancelled", "undone")


def upgrade() -> None:
    with op.batch_alter_table("treatment_session") as sessions:
        sessions.add_column(sa.Column("external_id", sa.String(length=200), nullable=True))
        sessions.add_column(sa.Column("planned_at", sa.Time(), nullable=True))
        sessions.add_column(
            sa.Column("practitioner", sa.String(length=120), server_default="", nullable=False)
        )
        sessions.add_column(sa.Column("areas", sa.Integer(), server_default="1", nullable=False))
        sessions.create_check_constraint(op.f("ck_treatment_session_areas"), "areas >= 1")
        _statuses(sessions, (*WORDS, "no_show"))
    op.create_index(
        "uq_treatment_session_external",
        "treatment_session",
        ["clinic_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
        sqlite_where=sa.text("external_id IS NOT NULL"),
    )


def _statuses(sessions: BatchOperations, words: Sequence[str]) -> None:
    """Say which statuses there are, and which of them need a day."""
    ahead = [word for word in words if word in ("planned", "no_show")]
    sessions.drop_constraint(op.f("ck_treatment_session_planned"), type_="check")
    sessions.drop_constraint(op.f("ck_treatment_session_sessionstatus"), type_="check")
    sessions.create_check_constraint(
        op.f("ck_treatment_session_planned"),
        f"status NOT IN ({_listed(ahead)}) OR planned_on IS NOT NULL",
    )
    sessions.create_check_constraint(
        op.f("ck_treatment_session_sessionstatus"), f"status IN ({_listed(words)})"
    )


def _listed(words: Sequence[str]) -> str:
    return ", ".join(f"'{word}'" for word in words)


def downgrade() -> None:
    op.execute("UPDATE treatment_session SET status = 'cancelled' WHERE status = 'no_show'")
    op.drop_index("uq_treatment_session_external", "treatment_session")
    with op.batch_alter_table("treatment_session") as sessions:
        _statuses(sessions, WORDS)
        sessions.drop_constraint(op.f("ck_treatment_session_areas"), type_="check")
        for column in ("areas", "practitioner", "planned_at", "external_id"):
            sessions.drop_column(column)
