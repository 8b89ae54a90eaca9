"""Ways in to the audit by practice, supplier, clinic and person, the newest first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0052"
branch_labels = None
depends_on = None

GIVEN = {
    "practice": "practice_id IS NOT NULL",
    "supplier": "supplier_id IS NOT NULL",
    "clinic": "practice_id IS NULL AND clinic_id IS NOT NULL",
}


def upgrade() -> None:
    op.drop_index("ix_audit_row_subject", "audit_row")
    op.create_index("ix_audit_row_subject", "audit_row", ["subject_type", "subject_id", "at", "id"])
    op.create_index("ix_audit_row_person", "audit_row", ["person_id", "at", "id"])
    for name, where in GIVEN.items():
        condition = sa.text(where)
        op.create_index(
            f"ix_audit_row_{name}",
            "audit_row",
            [f"{name}_id", "at", "id"],
            postgresql_where=condition,
            sqlite_where=condition,
        )


def downgrade() -> None:
    for name in (*GIVEN, "person", "subject"):
        op.drop_index(f"ix_audit_row_{name}", "audit_row")
    op.create_index("ix_audit_row_subject", "audit_row", ["subject_type", "subject_id"])
