"""Past use summed up by day, what was learned of it, how long orders took; lots to bring over."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "use_mark",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_mark")),
    )
    op.create_table(
        "learned_use",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("learned_on", sa.Date(), nullable=False),
        sa.Column("unit", sa.BigInteger(), nullable=False),
        sa.Column("likely", sa.Double(), nullable=False),
        sa.Column("cautious", sa.Double(), nullable=False),
        sa.Column("dispersion", sa.Double(), nullable=False),
        sa.Column("waste", sa.Double(), nullable=False),
        sa.Column("lapsing", sa.Double(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("borrowed", sa.Boolean(), nullable=False),
        sa.CheckConstraint("unit > 0", name=op.f("ck_learned_use_unit")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_learned_use_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_learned_use_item_id_item")),
        sa.PrimaryKeyConstraint("clinic_id", "item_id", name=op.f("pk_learned_use")),
    )
    with op.batch_alter_table("learned_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_learned_use_item_id"), ["item_id"], unique=False)

    op.create_table(
        "use_day",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unbooked", sa.BigInteger(), nullable=False),
        sa.Column("booked", sa.BigInteger(), nullable=False),
        sa.Column("wasted", sa.BigInteger(), nullable=False),
        sa.Column("lapsed", sa.BigInteger(), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_use_day_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_use_day_item_id_item")),
        sa.PrimaryKeyConstraint("clinic_id", "item_id", "day", name=op.f("pk_use_day")),
    )
    with op.batch_alter_table("use_day", schema=None) as batch_op:
        batch_op.create_index("ix_use_day_clinic_day", ["clinic_id", "day"], unique=False)

    op.create_table(
        "lead_seen",
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.CheckConstraint("days > 0", name=op.f("ck_lead_seen_days")),
        sa.CheckConstraint("orders > 0", name=op.f("ck_lead_seen_orders")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_lead_seen_product_id_product")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_lead_seen_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("supplier_id", "product_id", "days", name=op.f("pk_lead_seen")),
    )
    with op.batch_alter_table("lead_seen", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lead_seen_product_id"), ["product_id"], unique=False)

    op.create_table(
        "proposed_transfer",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "from_clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.Date(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "clinic_id <> from_clinic_id", name=op.f("ck_proposed_transfer_another")
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_proposed_transfer_quantity")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_proposed_transfer_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["from_clinic_id"],
            ["clinic.id"],
            name=op.f("fk_proposed_transfer_from_clinic_id_clinic"),
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_proposed_transfer_item_id_item")
        ),
        sa.ForeignKeyConstraint(
            ["lot_id"], ["lot.id"], name=op.f("fk_proposed_transfer_lot_id_lot")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposed_transfer")),
        sa.UniqueConstraint(
            "clinic_id",
            "from_clinic_id",
            "lot_id",
            name=op.f("uq_proposed_transfer_clinic_id_from_clinic_id_lot_id"),
        ),
    )
    with op.batch_alter_table("proposed_transfer", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_proposed_transfer_from_clinic_id"), ["from_clinic_id"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_proposed_transfer_item_id"), ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_proposed_transfer_lot_id"), ["lot_id"], unique=False)

    # Not in a batch: SQLite would make the table anew, and triggers name it.
    op.add_column(
        "clinic", sa.Column("projected", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    with op.batch_alter_table("treatment_session", schema=None) as batch_op:
        batch_op.add_column(sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("treatment_session", schema=None) as batch_op:
        batch_op.drop_column("booked_at")
    op.drop_column("clinic", "projected")

    with op.batch_alter_table("proposed_transfer", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_proposed_transfer_lot_id"))
        batch_op.drop_index(batch_op.f("ix_proposed_transfer_item_id"))
        batch_op.drop_index(batch_op.f("ix_proposed_transfer_from_clinic_id"))

    op.drop_table("proposed_transfer")
    with op.batch_alter_table("lead_seen", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lead_seen_product_id"))

    op.drop_table("lead_seen")
    with op.batch_alter_table("use_day", schema=None) as batch_op:
        batch_op.drop_index("ix_use_day_clinic_day")

    op.drop_table("use_day")
    with op.batch_alter_table("learned_use", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_learned_use_item_id"))

    op.drop_table("learned_use")
    op.drop_table("use_mark")
