"""Adverse events with their lots and notes, which take no update and no delete."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0058"
down_revision = "0050"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EVENT, LOT, NOTE = "adverse_event", "adverse_event_lot", "adverse_event_note"


def upgrade() -> None:
    _make_events()
    _make_lots()
    _make_notes()
    of_lot = "event_id = NEW.event_id AND lot_id = NEW.lot_id"
    for table, also in ((EVENT, ""), (LOT, f" OR {of_lot}"), (NOTE, "")):
        if op.get_bind().dialect.name == "sqlite":
            _guard_sqlite(table, f"id = NEW.id{also}")
        else:
            _guard_postgresql(table)


def downgrade() -> None:
    for table in (NOTE, LOT, EVENT):
        op.drop_table(table)


def _make_events() -> None:
    op.create_table(
        EVENT,
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("clinic_id", KEY, nullable=False),
        sa.Column("kind", sa.String(80), nullable=False),
        sa.Column(
            "severity",
            sa.Enum(
                "mild",
                "moderate",
                "severe",
                name="severity",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("noticed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", KEY, nullable=True),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        _refers(EVENT, "session_id", "treatment_session"),
        _refers(EVENT, "clinic_id", "clinic"),
        _refers(EVENT, "recorded_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{EVENT}")),
    )
    op.create_index(op.f("ix_adverse_event_session_id"), EVENT, ["session_id"])
    op.create_index(op.f("ix_adverse_event_clinic_id"), EVENT, ["clinic_id"])


def _make_lots() -> None:
    op.create_table(
        LOT,
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("lot_id", KEY, nullable=False),
        sa.Column("sku", sa.String(80), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("number", sa.String(80), nullable=False),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.Column("gtin", sa.String(14), nullable=True),
        sa.Column("maker", sa.String(200), nullable=False),
        sa.Column("supplier", sa.String(200), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit", sa.String(10), nullable=False),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        _refers(LOT, "event_id", EVENT),
        _refers(LOT, "lot_id", "lot"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{LOT}")),
    )
    op.create_index("uq_adverse_event_lot", LOT, ["event_id", "lot_id"], unique=True)
    op.create_index(op.f("ix_adverse_event_lot_lot_id"), LOT, ["lot_id"])


def _make_notes() -> None:
    op.create_table(
        NOTE,
        sa.Column("event_id", KEY, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by_id", KEY, nullable=True),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        _refers(NOTE, "event_id", EVENT),
        _refers(NOTE, "noted_by_id", "person"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{NOTE}")),
    )
    op.create_index(op.f("ix_adverse_event_note_event_id"), NOTE, ["event_id"])


def _refers(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{to}.id"], name=op.f(f"fk_{table}_{column}_{to}"))


def _guard_sqlite(table: str, taken: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for what in ("update", "delete"):
        op.execute(
            f"CREATE TRIGGER {table}_refuses_{what} BEFORE {what.upper()} ON {table} {refuse}"
        )
    exists = f"EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608 - our names
    op.execute(
        f"CREATE TRIGGER {table}_refuses_replace BEFORE INSERT ON {table} WHEN {exists} {refuse}"
    )


def _guard_postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_refuses_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
