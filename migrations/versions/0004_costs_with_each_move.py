"""What stock cost is written with each move, in the clinic's currency; a lot carries none.

Filled in from what is known: what receipts froze when they came from an order in the clinic's
currency, and the cost of a lot that only ever came in an opening balance. Everything else stays
not known. Shares are taken as the ledger takes them: the last of a balance takes all that is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_CHUNK = 1000
_CHECKS = {
    "costed": "costed BETWEEN 0 AND quantity",
    "cost": "cost_minor >= 0 AND (costed > 0 OR cost_minor = 0)",
}


def upgrade() -> None:
    for table in ("move", "balance"):
        _add_columns(table)
    _triggers_off()
    _fill(op.get_bind())
    _triggers_on()
    with op.batch_alter_table("lot") as batch:
        for name in ("cost", "cost_minor"):
            batch.drop_constraint(op.f(f"ck_lot_{name}"), type_="check")
        for name in ("cost_currency", "cost_minor"):
            batch.drop_column(name)


def downgrade() -> None:
    op.execute(
        "ALTER TABLE lot ADD COLUMN cost_minor BIGINT "
        "CONSTRAINT ck_lot_cost_minor CHECK (cost_minor >= 0)"
    )
    op.execute(
        "ALTER TABLE lot ADD COLUMN cost_currency VARCHAR(3) "
        "CONSTRAINT ck_lot_cost CHECK ((cost_minor IS NULL) = (cost_currency IS NULL))"
    )
    for table in ("move", "balance"):
        op.execute(f"ALTER TABLE {table} DROP COLUMN cost_minor")
        op.execute(f"ALTER TABLE {table} DROP COLUMN costed")


def _on_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")


def _add_columns(table: str) -> None:
    """Add what is costed and what it cost; SQLite keeps the table, and its triggers, that way."""
    checks = {
        name: f"CONSTRAINT ck_{table}_{name} CHECK ({rule})" for name, rule in _CHECKS.items()
    }
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN costed BIGINT DEFAULT 0 NOT NULL {checks['costed']}"
    )
    op.execute(
        f"ALTER TABLE {table} ADD COLUMN cost_minor BIGINT DEFAULT 0 NOT NULL {checks['cost']}"
    )


def _triggers_off() -> None:
    for what in ("update", "delete") if _on_sqlite() else ("change",):
        name = f"move_refuses_{what}"
        op.execute(f"DROP TRIGGER IF EXISTS {name}" + ("" if _on_sqlite() else " ON move"))


def _triggers_on() -> None:
    if _on_sqlite():
        for what in ("update", "delete"):
            op.execute(
                f"CREATE TRIGGER move_refuses_{what} BEFORE {what.upper()} ON move "
                "BEGIN SELECT RAISE(ABORT, 'move is append-only'); END"
            )
    else:
        op.execute(
            "CREATE TRIGGER move_refuses_change BEFORE UPDATE OR DELETE ON move "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )


_Place = tuple[int, int, int | None]
_Cost = tuple[int, int]
"""Thousandths of the quantity whose cost is known, and that cost in minor units."""


def _fill(bind: sa.Connection) -> None:
    """Go through the moves in their order and give each its share."""
    brought = _brought(bind)
    balanced = {
        row.id
        for row in bind.execute(
            sa.text("SELECT id FROM location WHERE kind IN ('shelf', 'transit')")
        )
    }
    there: dict[_Place, list[int]] = defaultdict(lambda: [0, 0, 0])
    costs: dict[int, _Cost] = {}
    undone = _undone(bind)
    for move in _moves(bind):
        cost: _Cost = (0, 0)
        source = (move.from_location_id, move.lot_id, move.from_container_id)
        if move.from_location_id in balanced:
            wanted = costs.get(undone[move.id], (0, 0)) if move.id in undone else None
            cost = _taken(there[source], move.quantity, wanted)
        elif move.id in undone:
            cost = costs.get(undone[move.id], (0, 0))
        elif brought.get((move.entry_id, move.lot_id, move.quantity)):
            cost = (move.quantity, brought[(move.entry_id, move.lot_id, move.quantity)].pop(0))
        if move.to_location_id in balanced:
            target = there[(move.to_location_id, move.lot_id, move.to_container_id)]
            for index, part in enumerate((move.quantity, *cost)):
                target[index] += part
        if cost[0]:
            costs[move.id] = cost
    _write(bind, there, costs)


def _brought(bind: sa.Connection) -> dict[tuple[int, int, int], list[int]]:
    """Return what arrivals cost, by entry, lot and quantity; known ones only."""
    found: dict[tuple[int, int, int], list[int]] = defaultdict(list)
    for row in bind.execute(
        sa.text(
            "SELECT receipt.entry_id, line.lot_id, line.quantity, line.cost_minor "
            "FROM receipt_line AS line JOIN receipt ON receipt.id = line.receipt_id "
            "JOIN clinic ON clinic.id = receipt.clinic_id "
            "WHERE receipt.entry_id IS NOT NULL AND line.lot_id IS NOT NULL "
            "AND line.cost_minor IS NOT NULL AND line.order_line_id IS NOT NULL "
            "AND receipt.currency = clinic.currency AND line.packs IS NOT NULL ORDER BY line.id"
        )
    ):
        found[(row.entry_id, row.lot_id, row.quantity)].append(row.cost_minor)
    for row in bind.execute(
        sa.text(
            "SELECT move.entry_id, move.lot_id, move.quantity, "
            "move.quantity / lot.content_per_container * lot.cost_minor AS minor "
            "FROM move JOIN entry ON entry.id = move.entry_id JOIN lot ON lot.id = move.lot_id "
            "JOIN clinic ON clinic.id = move.clinic_id "
            "WHERE entry.kind = 'opening_balance' AND lot.cost_currency = clinic.currency "
            "AND NOT EXISTS (SELECT 1 FROM receipt_line WHERE receipt_line.lot_id = lot.id)"
        )
    ):
        found[(row.entry_id, row.lot_id, row.quantity)].append(row.minor)
    return found


def _undone(bind: sa.Connection) -> dict[int, int]:
    """Return for each move of a reversal the move that it undoes: they run backwards."""
    of_entry: dict[int, list[int]] = defaultdict(list)
    rows = bind.execute(
        sa.text(
            "SELECT move.id, move.entry_id FROM move WHERE move.entry_id IN "
            "(SELECT id FROM entry WHERE reverses_id IS NOT NULL "
            "UNION SELECT reverses_id FROM entry WHERE reverses_id IS NOT NULL) ORDER BY move.id"
        )
    )
    for row in rows:
        of_entry[row.entry_id].append(row.id)
    pairs = bind.execute(
        sa.text("SELECT id, reverses_id FROM entry WHERE reverses_id IS NOT NULL")
    ).all()
    return {
        undoing: undone
        for pair in pairs
        for undoing, undone in zip(
            of_entry[pair.id], reversed(of_entry[pair.reverses_id]), strict=False
        )
    }


def _moves(bind: sa.Connection) -> Iterator[Any]:
    last = 0
    while True:
        rows = bind.execute(
            sa.text(
                "SELECT id, entry_id, lot_id, from_location_id, from_container_id, "
                "to_location_id, to_container_id, quantity FROM move WHERE id > :last "
                "ORDER BY id LIMIT :chunk"
            ),
            {"last": last, "chunk": _CHUNK},
        ).all()
        if not rows:
            return
        yield from rows
        last = rows[-1].id


def _taken(there: list[int], quantity: int, wanted: _Cost | None) -> _Cost:
    """Take a quantity's share out of what is there: quantity, costed of it, its cost."""
    whole, costed, minor = there
    if quantity >= whole or not costed:
        cost = (costed, minor)
    else:
        part = _rounded(costed * quantity, whole) if wanted is None else wanted[0]
        part = min(max(part, costed - (whole - quantity), 0), costed, quantity)
        if part == costed:
            cost = (costed, minor)
        elif wanted is None:
            cost = (part, _rounded(minor * part, costed))
        else:
            cost = (part, min(wanted[1], minor) if part else 0)
    for index, taken in enumerate((quantity, *cost)):
        there[index] -= taken
    return cost


def _rounded(numerator: int, denominator: int) -> int:
    quotient, rest = divmod(numerator, denominator)
    if 2 * rest > denominator or (2 * rest == denominator and quotient % 2):
        return quotient + 1
    return quotient


def _write(bind: sa.Connection, there: dict[_Place, list[int]], costs: dict[int, _Cost]) -> None:
    moves = [
        {"id": move_id, "costed": costed, "minor": minor}
        for move_id, (costed, minor) in costs.items()
    ]
    if moves:
        bind.execute(
            sa.text("UPDATE move SET costed = :costed, cost_minor = :minor WHERE id = :id"), moves
        )
    balances = [
        {"location": place[0], "lot": place[1], "container": place[2] or 0, "costed": c, "minor": m}
        for place, (_quantity, c, m) in there.items()
        if c
    ]
    if balances:
        bind.execute(
            sa.text(
                "UPDATE balance SET costed = :costed, cost_minor = :minor WHERE lot_id = :lot "
                "AND location_id = :location AND coalesce(container_id, 0) = :container"
            ),
            balances,
        )
