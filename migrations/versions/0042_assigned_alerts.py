"""Alerts assigned to a person and taken up again; mails not wanted; monthly summaries."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mail_refusal",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("topic", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_mail_refusal_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "topic", name=op.f("pk_mail_refusal")),
    )
    op.create_table(
        "summary_mark",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_summary_mark_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mail.id"], name=op.f("fk_summary_mark_mail_id_mail")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_summary_mark_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "clinic_id", "month", name=op.f("pk_summary_mark")),
    )
    with op.batch_alter_table("alert") as alerts:
        alerts.add_column(
            sa.Column("was_seen_to", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        alerts.add_column(
            sa.Column(
                "assigned_to_id",
                sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
                nullable=True,
            )
        )
        alerts.create_index(op.f("ix_alert_assigned_to_id"), ["assigned_to_id"], unique=False)
        alerts.create_index("ix_alert_clinic_resolved", ["clinic_id", "resolved_at"], unique=False)
        alerts.create_foreign_key(
            op.f("fk_alert_assigned_to_id_person"), "person", ["assigned_to_id"], ["id"]
        )
    with op.batch_alter_table("mail") as mails:
        mails.add_column(sa.Column("unsubscribe_url", sa.String(length=500), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("mail") as mails:
        mails.drop_column("unsubscribe_url")
    with op.batch_alter_table("alert") as alerts:
        alerts.drop_constraint(op.f("fk_alert_assigned_to_id_person"), type_="foreignkey")
        alerts.drop_index("ix_alert_clinic_resolved")
        alerts.drop_index(op.f("ix_alert_assigned_to_id"))
        alerts.drop_column("assigned_to_id")
        alerts.drop_column("was_seen_to")

    op.drop_table("summary_mark")
    op.drop_table("mail_refusal")
