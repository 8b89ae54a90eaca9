"""Transfers within and between clinics: their lines, and what happened to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "to_clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "to_location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "status",
            sa.Enum(
                "in_transit",
                "done",
                "taken_back",
                name="transferstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "sent_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("carried", sa.JSON(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status = 'in_transit') = (ended_at IS NULL)", name=op.f("ck_transfer_ended")
        ),
        sa.CheckConstraint(
            "(clinic_id = to_clinic_id) = (to_location_id IS NOT NULL)",
            name=op.f("ck_transfer_within"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_transfer_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_transfer_entry_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["sent_by_id"], ["person.id"], name=op.f("fk_transfer_sent_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["to_clinic_id"], ["clinic.id"], name=op.f("fk_transfer_to_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["to_location_id"], ["location.id"], name=op.f("fk_transfer_to_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
        sa.UniqueConstraint("code", name=op.f("uq_transfer_code")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_transfer_entry_id")),
    )
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.create_index("ix_transfer_from", ["clinic_id", "id"], unique=False)
        batch_op.create_index(
            "ix_transfer_in_transit",
            ["to_clinic_id"],
            unique=False,
            postgresql_where=sa.text("status = 'in_transit'"),
            sqlite_where=sa.text("status = 'in_transit'"),
        )
        batch_op.create_index("ix_transfer_to", ["to_clinic_id", "id"], unique=False)

    op.create_table(
        "transfer_event",
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "moved",
                "sent",
                "received",
                "written_off",
                "taken_back",
                "undone",
                name="transfereventkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_transfer_event_entry_id_entry")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_transfer_event_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_event_transfer_id_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_event")),
    )
    with op.batch_alter_table("transfer_event", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_transfer_event_transfer_id"), ["transfer_id"], unique=False
        )

    op.create_table(
        "transfer_line",
        sa.Column(
            "transfer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("written_off", sa.BigInteger(), nullable=False),
        sa.Column("returned", sa.BigInteger(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "received >= 0 AND written_off >= 0 AND returned >= 0"
            " AND received + written_off + returned <= sent",
            name=op.f("ck_transfer_line_accounted"),
        ),
        sa.CheckConstraint("sent > 0", name=op.f("ck_transfer_line_sent")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_transfer_line_item_id_item")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_transfer_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_transfer_line_transfer_id_transfer")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer_line")),
        sa.UniqueConstraint(
            "transfer_id", "lot_id", name=op.f("uq_transfer_line_transfer_id_lot_id")
        ),
    )
    with op.batch_alter_table("transfer_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_transfer_line_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_transfer_line_lot_id"), ["lot_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("transfer_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transfer_line_lot_id"))
        batch_op.drop_index(batch_op.f("ix_transfer_line_item_id"))

    op.drop_table("transfer_line")
    with op.batch_alter_table("transfer_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_transfer_event_transfer_id"))

    op.drop_table("transfer_event")
    with op.batch_alter_table("transfer", schema=None) as batch_op:
        batch_op.drop_index("ix_transfer_to")
        batch_op.drop_index(
            "ix_transfer_in_transit",
            postgresql_where=sa.text("status = 'in_transit'"),
            sqlite_where=sa.text("status = 'in_transit'"),
        )
        batch_op.drop_index("ix_transfer_from")

    op.drop_table("transfer")
