"""Codes that read the same are one; what is searched is folded alike on every database."""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_CHUNK = 5000

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
_SPELLED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)

_CODES = (
    ("practice", None, "code", "code_key"),
    ("clinic", None, "code", "code_key"),
    ("supplier", None, "code", "code_key"),
    ("product", "supplier_id", "sku", "sku_key"),
    ("item", "practice_id", "code", "code_key"),
    ("formulation", "practice_id", "code", "code_key"),
    ("protocol", "practice_id", "code", "code_key"),
    ("location", "clinic_id", "name", "name_key"),
)
"""Table, whose codes are apart, the code, and what it is compared by."""

_SEARCHED = (
    ("product", "name", "sku", "manufacturer"),
    ("product_ingredient", "name"),
    ("item", "name", "code"),
    ("formulation", "name", "code", "concern"),
)
"""Table, and the columns it is searched by."""


def upgrade() -> None:
    for table, owner, code, key in _CODES:
        _add(table, key)
        _fill_keys(table, owner, code, key)
        columns = [key] if owner is None else [owner, key]
        op.create_index(f"uq_{table}_{key}", table, columns, unique=True)
    for table, *columns in _SEARCHED:
        _add(table, "searched")
        _fill_searched(table, columns)


def downgrade() -> None:
    for table, _owner, _code, key in _CODES:
        op.drop_index(f"uq_{table}_{key}", table)
        op.execute(f"ALTER TABLE {table} DROP COLUMN {key}")
    for table, *_columns in _SEARCHED:
        op.execute(f"ALTER TABLE {table} DROP COLUMN searched")


def _add(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT DEFAULT '' NOT NULL")


def _fill_keys(table: str, owner: str | None, code: str, key: str) -> None:
    """Write what each code is compared by; of two that read the same the later keeps its own."""
    rows = op.get_bind().execute(
        sa.text(f"SELECT id, {owner or 0} AS owner, {code} AS code FROM {table} ORDER BY id")  # noqa: S608
    )
    seen: set[tuple[int, str]] = set()
    changes = []
    for row in rows:
        compared = _folded(row.code)
        if (row.owner, compared) in seen:
            compared = f"{compared} #{row.id}"
        seen.add((row.owner, compared))
        changes.append({"key": row.id, "value": compared})
    _write(table, key, changes)


def _fill_searched(table: str, columns: list[str]) -> None:
    rows = op.get_bind().execute(sa.text(f"SELECT id, {', '.join(columns)} FROM {table}"))  # noqa: S608
    _write(
        table,
        "searched",
        [{"key": key, "value": _search_key(" ".join(filter(None, texts)))} for key, *texts in rows],
    )


def _write(table: str, column: str, changes: list[dict[str, object]]) -> None:
    write = sa.text(f"UPDATE {table} SET {column} = :value WHERE id = :key")  # noqa: S608
    for start in range(0, len(changes), _CHUNK):
        op.get_bind().execute(write, changes[start : start + _CHUNK])


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    return unicodedata.normalize("NFKC", " ".join(plain.split()).casefold())


def _search_key(text: str) -> str:
    apart = unicodedata.normalize("NFKD", _folded(text))
    bare = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFC", bare.translate(_SPELLED))
