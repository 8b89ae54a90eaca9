"""Indexes for what is counted of sessions and mails, so that no count reads all of history."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

UNSENT = sa.text("sent_at IS NULL")


def upgrade() -> None:
    for place in ("practice", "supplier"):
        op.create_index(
            f"ix_mail_unsent_{place}",
            "mail",
            [f"{place}_id"],
            sqlite_where=UNSENT,
            postgresql_where=UNSENT,
        )
    op.create_index(
        "ix_treatment_session_formulation",
        "treatment_session",
        ["formulation_id", "clinic_id", "occurred_at"],
    )
    op.drop_index("ix_treatment_session_formulation_id", "treatment_session")


def downgrade() -> None:
    op.create_index("ix_treatment_session_formulation_id", "treatment_session", ["formulation_id"])
    op.drop_index("ix_treatment_session_formulation", "treatment_session")
    for place in ("supplier", "practice"):
        op.drop_index(f"ix_mail_unsent_{place}", "mail")
