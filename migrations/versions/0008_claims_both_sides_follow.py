"""Claims both sides follow: kind, packs, outcome, goods; resent and credited packs on order lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

NEW_CHECKS = {
    "cancelled": "cancelled >= 0 AND shipped + cancelled <= packs + resend",
    "resend": "resend >= 0",
    "credited": "credited >= 0 AND cancelled + credited <= packs",
}
OLD_CHECKS = {"cancelled": "cancelled >= 0 AND shipped + cancelled <= packs"}


def upgrade() -> None:
    op.add_column("order_event", sa.Column("facts", sa.JSON(), nullable=True))
    _change_order_line(NEW_CHECKS, OLD_CHECKS)
    _change_claim()


def downgrade() -> None:
    """Go back: what the old claims could not say is dropped with them."""
    _change_claim_back()
    op.execute(
        "UPDATE order_line SET shipped = packs - cancelled WHERE shipped + cancelled > packs"
    )
    op.execute("UPDATE order_line SET received = shipped WHERE received > shipped")
    with op.batch_alter_table("order_line") as batch:
        _restore_order_line(batch)
    op.drop_column("order_event", "facts")


def _restore_order_line(batch: BatchOperations) -> None:
    for name in NEW_CHECKS:
        batch.drop_constraint(op.f(f"ck_order_line_{name}"), type_="check")
    for column in ("resend", "credited"):
        batch.drop_column(column)
    for name, condition in OLD_CHECKS.items():
        batch.create_check_constraint(op.f(f"ck_order_line_{name}"), condition)


def _change_claim_back() -> None:
    op.drop_table("claim")
    claim = op.create_table(
        "claim",
        sa.Column("receipt_line_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("hold_id", KEY, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("wish", _word("claimwish", "credit", "refund", "resend"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_claim_{column}_{table}")
            )
            for column, table in (
                ("hold_id", "hold"),
                ("order_id", "purchase_order"),
                ("receipt_line_id", "receipt_line"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("receipt_line_id", name=op.f("uq_claim_receipt_line_id")),
    )
    op.create_index(op.f("ix_claim_order_id"), claim.name, ["order_id"])


def _change_order_line(new: dict[str, str], old: dict[str, str]) -> None:
    columns = [
        sa.Column(name, sa.Integer(), server_default="0", nullable=False)
        for name in ("resend", "credited")
    ]
    # SQLite makes the table anew: the environment keeps the rows that refer to it in peace.
    with op.batch_alter_table("order_line") as batch:
        for name in old:
            batch.drop_constraint(op.f(f"ck_order_line_{name}"), type_="check")
        for column in columns:
            batch.add_column(column)
        for name, condition in new.items():
            batch.create_check_constraint(op.f(f"ck_order_line_{name}"), condition)


def _change_claim() -> None:
    kept = sa.table(
        "claim",
        *(
            sa.column(name)
            for name in ("id", "receipt_line_id", "order_id", "hold_id", "reason", "wish")
        ),
        *(sa.column(name, sa.DateTime(timezone=True)) for name in ("raised_at", "settled_at")),
    )
    line = sa.table(
        "receipt_line",
        *(sa.column(name) for name in ("id", "receipt_id", "order_line_id", "packs", "condition")),
    )
    receipt = sa.table("receipt", sa.column("id"), sa.column("received_by_id"))
    found = (
        op.get_bind()
        .execute(
            sa.select(
                kept,
                line.c.order_line_id,
                line.c.packs,
                line.c.condition,
                receipt.c.received_by_id,
            )
            .join(line, line.c.id == kept.c.receipt_line_id)
            .join(receipt, receipt.c.id == line.c.receipt_id)
            .where(line.c.order_line_id.is_not(None), line.c.packs > 0)
        )
        .mappings()
        .all()
    )
    op.drop_index(op.f("ix_claim_order_id"), "claim")
    op.drop_table("claim")
    claim = _create_claim()
    if found:
        op.bulk_insert(claim, [_in_new_words(row) for row in found])


def _in_new_words(row: sa.RowMapping) -> dict[str, object]:
    condition = str(row["condition"])
    return {
        "id": row["id"],
        "order_id": row["order_id"],
        "order_line_id": row["order_line_id"],
        "receipt_line_id": row["receipt_line_id"],
        "hold_id": row["hold_id"],
        "kind": condition if condition in ("damaged", "missing") else "short_dated",
        "packs": row["packs"],
        "taken_in": condition != "missing",
        "note": row["reason"],
        "wish": row["wish"],
        "raised_at": row["raised_at"],
        "raised_by_id": row["received_by_id"],
        "outcome": "withdrawn" if row["settled_at"] else None,
        "answer": "",
        "settled_at": row["settled_at"],
    }


def _create_claim() -> sa.Table:
    claim = op.create_table(
        "claim",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("order_line_id", KEY, nullable=False),
        sa.Column("receipt_line_id", KEY, nullable=True),
        sa.Column("hold_id", KEY, nullable=True),
        sa.Column(
            "kind", _word("claimkind", "damaged", "missing", "wrong", "short_dated"), nullable=False
        ),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("taken_in", sa.Boolean(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("wish", _word("claimwish", "credit", "refund", "resend"), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by_id", KEY, nullable=True),
        sa.Column(
            "outcome",
            _word("claimoutcome", "credit", "refund", "resend", "refused", "withdrawn"),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", KEY, nullable=True),
        sa.Column("goods", _word("goods", "released", "returned", "wasted"), nullable=True),
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint("packs > 0", name=op.f("ck_claim_packs")),
        sa.CheckConstraint(
            "(outcome IS NULL) = (settled_at IS NULL)", name=op.f("ck_claim_settled")
        ),
        sa.CheckConstraint(
            "goods IS NULL OR hold_id IS NOT NULL", name=op.f("ck_claim_goods_held")
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_claim_{column}_{table}")
            )
            for column, table in (
                ("order_id", "purchase_order"),
                ("order_line_id", "order_line"),
                ("receipt_line_id", "receipt_line"),
                ("hold_id", "hold"),
                ("raised_by_id", "person"),
                ("settled_by_id", "person"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
    )
    op.create_index(op.f("ix_claim_order_id"), "claim", ["order_id"])
    op.create_index(op.f("ix_claim_order_line_id"), "claim", ["order_line_id"])
    op.create_index("ix_claim_receipt_line_id", "claim", ["receipt_line_id"])
    open_ones = sa.text("outcome IS NULL")
    op.create_index(
        "ix_claim_open",
        "claim",
        ["order_id"],
        postgresql_where=open_ones,
        sqlite_where=open_ones,
    )
    return claim


def _word(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=40)
