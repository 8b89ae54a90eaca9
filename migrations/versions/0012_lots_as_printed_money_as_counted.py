"""Lots are compared with their separators; currencies have the decimals of ISO 4217."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_CHUNK = 5000
_LONGEST = 80

# How texts are compared may change one day; what this migration wrote does not.
_INVISIBLE = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x61C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2065),
        *range(0x2066, 0x2070),
        *range(0xFFF9, 0xFFFC),
    ]
)

_HUNDREDTHS = (
    "('ADP','AFN','ALL','BYR','ESP','IRR','ITL','KPW','LAK','LBP','LUF','MGA','MGF','MMK','MRO',"
    "'RSD','SLL','SOS','STD','SYP','TMM','TRL','YER','ZMK','ZWD')"
)
"""Currencies that were kept without decimals and have two."""

_THOUSANDTHS = "('IQD')"
"""One that was kept without decimals and has three."""


def upgrade() -> None:
    op.execute("ALTER TABLE lot ADD COLUMN likeness VARCHAR(80) DEFAULT '' NOT NULL")
    _renormalise("lot", "number", "item_id")
    _renormalise("shipment_line", "lot_number", "id")
    op.create_index("ix_lot_likeness", "lot", ["likeness", "item_id"])
    _scale("* 100", _HUNDREDTHS)
    _scale("* 1000", _THOUSANDTHS)


def downgrade() -> None:
    # Lots that a coarser comparison would make one stay apart: nothing is lost by it.
    op.drop_index("ix_lot_likeness", "lot")
    op.execute("ALTER TABLE lot DROP COLUMN likeness")
    _scale("/ 100", _HUNDREDTHS)
    _scale("/ 1000", _THOUSANDTHS)


def _renormalise(table: str, number: str, owner: str) -> None:
    """Write how each number is compared now.

    It is finer than before, so numbers that were apart stay so; should two come together all
    the same, the later is kept apart by its key.
    """
    bind = op.get_bind()
    rows = bind.execute(
        sa.text(
            f"SELECT id, {owner} AS owner, {number} AS number, normalised AS old "  # noqa: S608
            f"FROM {table} ORDER BY id"
        )
    ).all()
    seen: set[tuple[int, str]] = set()
    changes = []
    for row in rows:
        compared = _compared(row.number)
        if len(compared) > _LONGEST or not compared or (row.owner, compared) in seen:
            compared = f"{compared[:50]} #{row.id}"
        seen.add((row.owner, compared))
        changes.append({"key": row.id, "compared": compared, "alike": _likeness(compared)})
    # First out of one another's way: the pair is unique.
    op.execute(f"UPDATE {table} SET normalised = '#' || id")  # noqa: S608
    alike = ", likeness = :alike" if table == "lot" else ""
    write = sa.text(f"UPDATE {table} SET normalised = :compared{alike} WHERE id = :key")  # noqa: S608
    for start in range(0, len(changes), _CHUNK):
        bind.execute(write, changes[start : start + _CHUNK])


def _compared(number: str) -> str:
    plain = unicodedata.normalize("NFKC", number.translate(_INVISIBLE))
    folded = " ".join(plain.split()).casefold()
    return unicodedata.normalize("NFKC", folded).upper()


def _likeness(compared: str) -> str:
    bare = "".join(sign for sign in compared if sign.isalnum())
    return bare.replace("O", "0").replace("I", "1")


def _scale(how: str, currencies: str) -> None:
    """Multiply or divide every sum in ``currencies``."""
    orders = f"SELECT id FROM purchase_order WHERE currency IN {currencies}"  # noqa: S608
    practices = f"SELECT id FROM practice WHERE currency IN {currencies}"  # noqa: S608
    clinics = f"SELECT id FROM clinic WHERE currency IN {currencies}"  # noqa: S608
    receipts = f"SELECT id FROM receipt WHERE currency IN {currencies}"  # noqa: S608
    _triggers_off()
    for table, column, where in (
        ("price", "pack_minor", f"currency IN {currencies}"),
        ("order_line", "pack_minor", f"order_id IN ({orders})"),
        ("membership", "order_limit_minor", f"practice_id IN ({practices})"),
        ("invitation", "order_limit_minor", f"practice_id IN ({practices})"),
        ("receipt_line", "cost_minor", f"receipt_id IN ({receipts})"),
        ("move", "cost_minor", f"clinic_id IN ({clinics})"),
        ("balance", "cost_minor", f"clinic_id IN ({clinics})"),
    ):
        op.execute(f"UPDATE {table} SET {column} = {column} {how} WHERE {where}")  # noqa: S608
    _triggers_on()


def _triggers_off() -> None:
    """Let the costs of moves be rewritten; nothing else of a move is touched."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.execute("DROP TRIGGER move_refuses_" + ("update" if on_sqlite else "change ON move"))


def _triggers_on() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER move_refuses_update BEFORE UPDATE ON move "
            "BEGIN SELECT RAISE(ABORT, 'move is append-only'); END"
        )
    else:
        op.execute(
            "CREATE TRIGGER move_refuses_change BEFORE UPDATE OR DELETE ON move "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
