"""Calendars of clinics: where they are, how titles are read, what became of their events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0043"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_event",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("time", sa.Time(), nullable=True),
        sa.Column(
            "formulation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reference", sa.String(length=80), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "booked",
                "waiting",
                "ignored",
                "gone",
                name="eventstate",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_calendar_event_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["formulation_id"],
            ["formulation.id"],
            name=op.f("fk_calendar_event_formulation_id_formulation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_event")),
        sa.UniqueConstraint("clinic_id", "key", name=op.f("uq_calendar_event_clinic_id_key")),
    )
    with op.batch_alter_table("calendar_event", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_event_clinic_day", ["clinic_id", "day"], unique=False)

    op.create_table(
        "calendar_feed",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "mark",
            sa.Enum(
                "hash",
                "square",
                "round",
                name="referencemark",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "set_up_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "trouble",
            sa.Enum(
                "address",
                "away",
                "refused",
                "too_large",
                "no_calendar",
                "empty",
                "ours",
                name="trouble",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("troubled_since", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_calendar_feed_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["set_up_by_id"], ["person.id"], name=op.f("fk_calendar_feed_set_up_by_id_person")
        ),
        sa.PrimaryKeyConstraint("clinic_id", name=op.f("pk_calendar_feed")),
    )
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_feed_next_at", ["next_at"], unique=False)

    op.create_table(
        "calendar_rule",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(length=120), nullable=False),
        sa.Column(
            "formulation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"],
            ["calendar_feed.clinic_id"],
            name=op.f("fk_calendar_rule_clinic_id_calendar_feed"),
        ),
        sa.ForeignKeyConstraint(
            ["formulation_id"],
            ["formulation.id"],
            name=op.f("fk_calendar_rule_formulation_id_formulation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_rule")),
    )
    with op.batch_alter_table("calendar_rule", schema=None) as batch_op:
        batch_op.create_index("ix_calendar_rule_clinic_id", ["clinic_id", "position"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("calendar_rule", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_rule_clinic_id")

    op.drop_table("calendar_rule")
    with op.batch_alter_table("calendar_feed", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_feed_next_at")

    op.drop_table("calendar_feed")
    with op.batch_alter_table("calendar_event", schema=None) as batch_op:
        batch_op.drop_index("ix_calendar_event_clinic_day")

    op.drop_table("calendar_event")
