"""Standing orders: a template ordered by itself, and what came of each day it was due."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    table = "standing_order"
    references = {
        "clinic_id": "clinic",
        "template_id": "order_template",
        "supplier_id": "supplier",
        "person_id": "person",
    }
    op.create_table(
        table,
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        *(sa.Column(name, _KEY, nullable=name == "supplier_id") for name in references),
        sa.Column("every", _word("every", "weeks", "months"), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("day_of", sa.Integer(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("next_on", sa.Date(), nullable=True),
        sa.Column("skip_on", sa.Date(), nullable=True),
        sa.Column("paused_at", _INSTANT, nullable=True),
        sa.Column("retry_at", _INSTANT, nullable=True),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("deleted_at", _INSTANT, nullable=True),
        sa.CheckConstraint("count BETWEEN 1 AND 52", name=op.f("ck_standing_order_count")),
        sa.CheckConstraint(
            "(every = 'weeks' AND day_of BETWEEN 0 AND 6)"
            " OR (every = 'months' AND day_of BETWEEN 1 AND 31)",
            name=op.f("ck_standing_order_day_of"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_standing_order_ends_on")),
        *(
            sa.ForeignKeyConstraint([name], [f"{to}.id"], name=op.f(f"fk_{table}_{name}_{to}"))
            for name, to in references.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_order")),
    )
    op.create_index("ix_standing_order_clinic", table, ["clinic_id", "id"])
    runs = sa.text("deleted_at IS NULL AND paused_at IS NULL")
    op.create_index(
        "ix_standing_order_next", table, ["next_on"], postgresql_where=runs, sqlite_where=runs
    )
    _make_runs()


def _make_runs() -> None:
    op.create_table(
        "standing_run",
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.Column("standing_order_id", _KEY, nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("at", _INSTANT, nullable=False),
        sa.Column(
            "outcome",
            _word("outcome", "ordered", "partly", "basket", "nothing", "skipped"),
            nullable=False,
        ),
        sa.Column("orders", sa.JSON(), nullable=False),
        sa.Column("left", sa.JSON(), nullable=False),
        sa.Column("gone", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["standing_order_id"],
            ["standing_order.id"],
            name=op.f("fk_standing_run_standing_order_id_standing_order"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_standing_run")),
        sa.UniqueConstraint(
            "standing_order_id", "due_on", name=op.f("uq_standing_run_standing_order_id_due_on")
        ),
    )


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)


def downgrade() -> None:
    op.drop_table("standing_run")
    op.drop_table("standing_order")
