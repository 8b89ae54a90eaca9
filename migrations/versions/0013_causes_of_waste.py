"""What goes to waste has a cause, one of a list, so that losses can be added up.

Until now it was the beginning of the entry's reason ("broken: fell"), or the note of a move that
drawing wasted. Those words become the cause; what was written besides stays the reason. What names
no cause is another one, and keeps its words. An undo carries the cause of what it undoes.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

CAUSES = (
    "expired",
    "past_time",
    "damaged",
    "contaminated",
    "spilled",
    "badly_kept",
    "recalled",
    "other",
    "single_dose_remainder",
    "dead_space",
)
SAID = {
    "expired": "expired",
    "past its time": "past_time",
    "broken": "damaged",
    "contaminated": "contaminated",
    "spilled": "spilled",
    "not kept cold": "badly_kept",
    "recalled": "recalled",
    "other": "other",
}
"""How the pages began a reason, and the cause it is."""

NOTED = {
    "single-dose remainder": "single_dose_remainder",
    "syringe dead space": "dead_space",
}
"""What drawing noted beside a move to waste."""

_WASTED = (
    "SELECT move.id, move.entry_id, move.lot_id, move.quantity, move.from_container_id, "
    "move.note, entry.reason FROM move JOIN entry ON entry.id = move.entry_id "
    "JOIN location ON location.id = move.to_location_id WHERE location.kind = 'waste'"
)
_BACK = (
    "SELECT move.id, move.lot_id, move.quantity, move.to_container_id, entry.reverses_id "
    "FROM move JOIN entry ON entry.id = move.entry_id "
    "JOIN location ON location.id = move.from_location_id WHERE location.kind = 'waste'"
)


def upgrade() -> None:
    listed = ", ".join(f"'{cause}'" for cause in CAUSES)
    # As ALTER TABLE: SQLite then keeps the table, and with it the triggers.
    op.execute(
        "ALTER TABLE move ADD COLUMN cause VARCHAR(40) "
        f"CONSTRAINT ck_move_wastecause CHECK (cause IN ({listed}))"
    )
    _triggers("off")
    _fill(op.get_bind())
    _triggers("on")


def downgrade() -> None:
    _triggers("off")
    _unfill(op.get_bind())
    op.execute("ALTER TABLE move DROP COLUMN cause")
    _triggers("on")


def _fill(bind: sa.Connection) -> None:
    causes: dict[int, str] = {}
    reasons: dict[int, str] = {}
    by_place: dict[tuple[Any, ...], str] = {}
    drawn: list[int] = []
    for move in bind.execute(sa.text(_WASTED)):
        if move.note in NOTED:
            causes[move.id] = NOTED[move.note]
            drawn.append(move.id)
        else:
            causes[move.id], rest = _cause_in(move.reason)
            if rest != move.reason:
                reasons[move.entry_id] = rest
        place = (move.entry_id, move.lot_id, move.quantity, move.from_container_id)
        by_place[place] = causes[move.id]
    for move in bind.execute(sa.text(_BACK)):
        place = (move.reverses_id, move.lot_id, move.quantity, move.to_container_id)
        causes[move.id] = by_place.get(place, "other")
    _each(bind, "UPDATE move SET cause = :value WHERE id = :id", causes)
    _each(bind, "UPDATE entry SET reason = :value WHERE id = :id", reasons)
    _each(bind, "UPDATE move SET note = :value WHERE id = :id", dict.fromkeys(drawn))


def _unfill(bind: sa.Connection) -> None:
    said = {cause: word for word, cause in SAID.items()}
    noted = {cause: word for word, cause in NOTED.items()}
    notes: dict[int, str] = {}
    reasons: dict[int, str] = {}
    wasted = _WASTED.replace("move.note", "move.cause")
    for move in bind.execute(sa.text(wasted)):
        if move.cause in noted:
            notes[move.id] = noted[move.cause]
        elif move.cause != "other" or not move.reason:
            word = said[move.cause]
            reasons[move.entry_id] = f"{word}: {move.reason}" if move.reason else word
    _each(bind, "UPDATE move SET note = :value WHERE id = :id", notes)
    _each(bind, "UPDATE entry SET reason = :value WHERE id = :id", reasons)


def _cause_in(reason: str) -> tuple[str, str]:
    word, _colon, rest = reason.partition(":")
    cause = SAID.get(word.strip().lower())
    return (cause, rest.strip()) if cause else ("other", reason)


def _each(bind: sa.Connection, statement: str, values: dict[int, Any]) -> None:
    if values:
        bind.execute(sa.text(statement), [{"id": id_, "value": v} for id_, v in values.items()])


def _triggers(turn: str) -> None:
    """Take the triggers that refuse a change off, or put them back on."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in ("entry", "move"):
        name = f"{table}_refuses_{'update' if on_sqlite else 'change'}"
        if turn == "off":
            op.execute(f"DROP TRIGGER {name}" + ("" if on_sqlite else f" ON {table}"))
        elif on_sqlite:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        else:
            op.execute(
                f"CREATE TRIGGER {name} BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
