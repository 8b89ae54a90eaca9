"""Several parcels to a shipment, the day a receipt was on, and orders that suppliers write."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_CHUNK = 1_000


def upgrade() -> None:
    stamp = sa.DateTime(timezone=True).compile(dialect=op.get_bind().dialect)
    op.execute(f"ALTER TABLE purchase_order ADD COLUMN proposed_at {stamp}")
    _make_trackings()
    op.execute("ALTER TABLE receipt ADD COLUMN received_on DATE")
    _say_days()
    with op.batch_alter_table("receipt") as batch:
        batch.alter_column("received_on", existing_type=sa.Date(), nullable=False)


def downgrade() -> None:
    for column in ("carrier", "tracking"):
        op.execute(f"ALTER TABLE shipment ADD COLUMN {column} VARCHAR(100) DEFAULT '' NOT NULL")
    first = "(SELECT min(id) FROM shipment_tracking t WHERE t.shipment_id = shipment.id)"
    for column, kept in (("carrier", "carrier"), ("tracking", "number")):
        op.execute(
            f"UPDATE shipment SET {column} = coalesce("  # noqa: S608 - our names
            f"(SELECT {kept} FROM shipment_tracking WHERE id = {first}), '')"
        )
    with op.batch_alter_table("shipment") as batch:
        for column in ("carrier", "tracking"):
            batch.alter_column(column, existing_type=sa.String(100), server_default=None)
    op.drop_table("shipment_tracking")
    op.execute("ALTER TABLE receipt DROP COLUMN received_on")
    op.execute("ALTER TABLE purchase_order DROP COLUMN proposed_at")


def _make_trackings() -> None:
    op.create_table(
        "shipment_tracking",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("shipment_id", _KEY, nullable=False),
        sa.Column("carrier", sa.String(length=100), nullable=False),
        sa.Column("number", sa.String(length=100), nullable=False),
        sa.CheckConstraint("carrier <> '' OR number <> ''", name=op.f("ck_shipment_tracking_said")),
        sa.ForeignKeyConstraint(
            ["shipment_id"],
            ["shipment.id"],
            name=op.f("fk_shipment_tracking_shipment_id_shipment"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_tracking")),
        sa.UniqueConstraint(
            "shipment_id",
            "carrier",
            "number",
            name=op.f("uq_shipment_tracking_shipment_id_carrier_number"),
        ),
    )
    op.execute(
        "INSERT INTO shipment_tracking (shipment_id, carrier, number)"
        " SELECT id, carrier, tracking FROM shipment WHERE carrier <> '' OR tracking <> ''"
        " ORDER BY id"
    )
    for column in ("carrier", "tracking"):
        op.execute(f"ALTER TABLE shipment DROP COLUMN {column}")


def _say_days() -> None:
    """Write down the day of each receipt on its clinic's calendar."""
    receipt = sa.table(
        "receipt",
        sa.column("id", sa.Integer),
        sa.column("clinic_id", sa.Integer),
        sa.column("received_at", sa.DateTime(timezone=True)),
        sa.column("received_on", sa.Date),
    )
    clinic = sa.table("clinic", sa.column("id", sa.Integer), sa.column("timezone", sa.String))
    bind = op.get_bind()
    change = (
        receipt.update()
        .where(receipt.c.id == sa.bindparam("which"))
        .values(received_on=sa.bindparam("day"))
    )
    last = 0
    while rows := bind.execute(
        sa.select(receipt.c.id, receipt.c.received_at, clinic.c.timezone)
        .join(clinic, clinic.c.id == receipt.c.clinic_id)
        .where(receipt.c.id > last)
        .order_by(receipt.c.id)
        .limit(_CHUNK)
    ).all():
        days = [{"which": row.id, "day": _day(row.received_at, row.timezone)} for row in rows]
        bind.execute(change, days)
        last = rows[-1].id


def _day(at: dt.datetime, timezone: str) -> dt.date:
    aware = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return aware.astimezone(ZoneInfo(timezone)).date()
