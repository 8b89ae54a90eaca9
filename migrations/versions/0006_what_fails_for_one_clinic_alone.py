"""What fails for one clinic alone, while it works for the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "trouble",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "job",
            sa.Enum(
                "sweep",
                "digest",
                name="troubledjob",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_trouble_clinic_id_clinic")
        ),
        sa.PrimaryKeyConstraint("clinic_id", "job", name=op.f("pk_trouble")),
    )


def downgrade() -> None:
    op.drop_table("trouble")
