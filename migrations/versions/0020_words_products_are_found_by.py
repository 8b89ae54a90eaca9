"""The catalogue's index of words, needles' gauge and length, and editions of catalogues.

``product_words`` is an FTS5 table on SQLite and one of tsvectors on PostgreSQL. Triggers fill it
from the words kept with products and ingredients, and give a supplier's catalogue another edition
with every transaction that changed it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_CHUNK = 5000

_COLUMNS = {
    "product": {
        "named": "TEXT DEFAULT '' NOT NULL",
        "made": "TEXT DEFAULT '' NOT NULL",
        "needle_gauge": (
            "INTEGER CONSTRAINT ck_product_needle_gauge CHECK (needle_gauge BETWEEN 10 AND 40)"
        ),
        "needle_length": "BIGINT CONSTRAINT ck_product_needle_length CHECK (needle_length > 0)",
    },
    "supplier": {"catalogue_edition": "BIGINT DEFAULT 0 NOT NULL"},
}
_PARTS = ("product_concern", "product_ingredient")
"""Tables whose rows belong to a product and are counted by facets."""


def upgrade() -> None:
    for table, columns in _COLUMNS.items():
        for column, kind in columns.items():
            op.execute(f"ALTER TABLE {table} ADD COLUMN {column} {kind}")
    _fill_products()
    _fill_ingredients()
    if op.get_bind().dialect.name == "sqlite":
        _index_on_sqlite()
    else:
        _index_on_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in ("product", *_PARTS):
            for event in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER IF EXISTS {table}_words_{event}")
                op.execute(f"DROP TRIGGER {table}_edition_{event}")
        op.execute("DROP TABLE product_words")
    else:
        for table in ("product", *_PARTS):
            op.execute(f"DROP TRIGGER IF EXISTS {table}_words ON {table}")
            op.execute(f"DROP TRIGGER {table}_edition ON {table}")
            op.execute(f"DROP FUNCTION {table}_edition()")
        op.execute("DROP FUNCTION product_words(), product_ingredient_words()")
        op.execute("DROP FUNCTION write_product_words(bigint)")
        op.execute("DROP TABLE product_words")
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")


def _index_on_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE product_words USING fts5(named, made, contents, "
        "tokenize=\"unicode61 remove_diacritics 0 tokenchars '.'\", prefix='2 3 4')"
    )
    contents = (
        "SELECT coalesce(group_concat(searched, ' '), '') FROM product_ingredient"
        " WHERE product_id = {product}"
    )
    op.execute(
        "INSERT INTO product_words (rowid, named, made, contents) "  # noqa: S608
        f"SELECT id, named, made, ({contents.format(product='product.id')}) FROM product"
    )
    _trigger(
        "product", "words", "INSERT",
        "INSERT INTO product_words (rowid, named, made, contents)"
        " VALUES (NEW.id, NEW.named, NEW.made, '');",
    )  # fmt: skip
    _trigger(
        "product", "words", "UPDATE",
        "UPDATE product_words SET named = NEW.named, made = NEW.made WHERE rowid = NEW.id;",
        of="OF named, made",
    )  # fmt: skip
    _trigger("product", "words", "DELETE", "DELETE FROM product_words WHERE rowid = OLD.id;")
    for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
        written = contents.format(product=f"{row}.product_id")
        _trigger(
            "product_ingredient", "words", event,
            f"UPDATE product_words SET contents = ({written})"  # noqa: S608
            f" WHERE rowid = {row}.product_id;",
        )  # fmt: skip
        _trigger("product", "edition", event, _edition(f"{row}.supplier_id"))
        for table in _PARTS:
            of_product = f"(SELECT supplier_id FROM product WHERE id = {row}.product_id)"  # noqa: S608
            _trigger(table, "edition", event, _edition(of_product))


def _edition(supplier: str) -> str:
    return f"UPDATE supplier SET catalogue_edition = random() WHERE id = {supplier};"  # noqa: S608


def _trigger(table: str, what: str, event: str, does: str, of: str = "") -> None:
    op.execute(
        f"CREATE TRIGGER {table}_{what}_{event.lower()} AFTER {event} {of} ON {table} "
        f"BEGIN {does} END"
    )


def _index_on_postgresql() -> None:
    op.execute(
        "CREATE TABLE product_words ("
        " product_id BIGINT PRIMARY KEY REFERENCES product (id) ON DELETE CASCADE,"
        " named TSVECTOR NOT NULL, made TSVECTOR NOT NULL, contents TSVECTOR NOT NULL)"
    )
    # Our own words become lexemes as they are: no parser of the database's splits them anew.
    # Each column has those before it too: the last finds, the others say how well.
    named, made = "string_to_array(p.named, ' ')", "string_to_array(p.made, ' ')"
    contents = (
        "string_to_array((SELECT coalesce(string_agg(i.searched, ' '), '')"
        " FROM product_ingredient i WHERE i.product_id = p.id AND i.searched <> ''), ' ')"
    )
    op.execute(
        "CREATE FUNCTION write_product_words(which bigint) RETURNS void LANGUAGE sql AS $$ "  # noqa: S608
        "INSERT INTO product_words (product_id, named, made, contents) "
        f"SELECT p.id, array_to_tsvector({named}), array_to_tsvector({named} || {made}), "
        f"array_to_tsvector({named} || {made} || {contents}) "
        "FROM product p WHERE p.id = which ON CONFLICT (product_id) DO UPDATE SET "
        "named = EXCLUDED.named, made = EXCLUDED.made, contents = EXCLUDED.contents $$"
    )
    op.execute("SELECT write_product_words(id) FROM product")
    op.execute(
        "CREATE INDEX ix_product_words_contents ON product_words"
        " USING gin (contents) WITH (fastupdate = off)"
    )
    _function("product_words", "PERFORM write_product_words(NEW.id);")
    _function(
        "product_ingredient_words",
        "PERFORM write_product_words(coalesce(NEW.product_id, OLD.product_id));",
    )
    op.execute(
        "CREATE TRIGGER product_words AFTER INSERT OR UPDATE OF named, made ON product "
        "FOR EACH ROW EXECUTE FUNCTION product_words()"
    )
    op.execute(
        "CREATE TRIGGER product_ingredient_words AFTER INSERT OR UPDATE OR DELETE "
        "ON product_ingredient FOR EACH ROW EXECUTE FUNCTION product_ingredient_words()"
    )
    _editions_on_postgresql()


def _editions_on_postgresql() -> None:
    """Number a catalogue by the transaction that wrote it, at its end.

    Only then, so that nobody holds the supplier's row while waiting for a product's.
    """
    of_product = "(SELECT supplier_id FROM product WHERE id = coalesce({}, {}))"
    part = of_product.format("NEW.product_id", "OLD.product_id")
    owners = {"product": "coalesce(NEW.supplier_id, OLD.supplier_id)"} | dict.fromkeys(_PARTS, part)
    for table, supplier in owners.items():
        _function(
            f"{table}_edition",
            "UPDATE supplier SET catalogue_edition = txid_current()"  # noqa: S608
            f" WHERE id = {supplier} AND catalogue_edition <> txid_current();",
        )
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {table}_edition AFTER INSERT OR UPDATE OR DELETE "
            f"ON {table} DEFERRABLE INITIALLY DEFERRED FOR EACH ROW "
            f"EXECUTE FUNCTION {table}_edition()"
        )


def _function(name: str, does: str) -> None:
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN {does} RETURN NULL; END $$"
    )


# How words are split may change one day; what this migration wrote does not.
_UNSEEN = dict.fromkeys(
    [
        0xAD,
        0x34F,
        0x61C,
        0x180E,
        0xFEFF,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFFF9, 0xFFFC),
    ]
)
_SPELLED = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
)
_WORD = re.compile(r"[^\W_]+(?:(?<=\d)[.,](?=\d)[^\W_]+)*")
_JOINED = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_UNITS = frozenset(
    ["ml", "l", "g", "kg", "mg", "mcg", "ug", "μg", "mm", "cm", "iu", "ie", "ui", "u", "gauge"]
)
_NEEDLE = re.compile(
    r"\b(?:needle|cannula|microcannula|nadel|kanul|aiguille|canule|adata|kanil|igl|aguja|agul)"
)
_GAUGE = re.compile(r"(?<![\w.,])(?:g ?)?([1-4]\d) ?(?:g|ga|gauge)(?![^\W_x]|x(?! ?\d))")
_LENGTH = re.compile(r" ?[x×*/-] ?(\d{1,2}(?:[.,]\d{1,2})?)(?! ?(?:ml|cm)\b|[\d.,%])")
_MILLIMETRES = re.compile(r"(\d{1,2}(?:[.,]\d{1,2})?) ?mm\b")


def _fill_products() -> None:
    rows = op.get_bind().execute(
        sa.text("SELECT id, name, sku, manufacturer, category, kind FROM product")
    )
    changes = [_product(row) for row in rows]
    _write(
        "UPDATE product SET named = :named, made = :made, needle_gauge = :gauge,"
        " needle_length = :length WHERE id = :key",
        changes,
    )


def _product(row: sa.Row[*tuple[object, ...]]) -> dict[str, object]:
    gauge, thousandths = _needle(_folded(row.name), "needle" in (row.category, row.kind))
    parts = _split(_folded(row.sku))
    rests = ("".join(parts[start:]) for start in range(len(parts) - 1))
    needle = [f"{gauge}g"] if gauge else []
    if thousandths:
        needle.append(f"{thousandths / 1000:g}mm")
    return {
        "key": row.id,
        "named": _joined([*_found_by(row.name), *parts, *rests, *needle]),
        "made": _joined(_found_by(row.manufacturer)),
        "gauge": gauge,
        "length": thousandths,
    }


def _needle(folded: str, sure: bool) -> tuple[int | None, int | None]:
    found = _GAUGE.search(folded)
    if found is None or int(found[1]) > 40 or not (sure or _NEEDLE.search(folded)):
        return None, None
    after = _MILLIMETRES.search(folded, found.end()) or _LENGTH.match(folded, found.end())
    length = after or _MILLIMETRES.search(folded)
    if length is None:
        return int(found[1]), None
    return int(found[1]), round(float(length[1].replace(",", ".")) * 1000) or None


def _fill_ingredients() -> None:
    rows = op.get_bind().execute(sa.text("SELECT id, name, strength FROM product_ingredient"))
    changes = [
        {
            "key": row.id,
            "words": _joined([*_found_by(row.name), *_found_by(row.strength)]),
        }
        for row in rows
    ]
    _write("UPDATE product_ingredient SET searched = :words WHERE id = :key", changes)


def _write(statement: str, changes: list[dict[str, object]]) -> None:
    for start in range(0, len(changes), _CHUNK):
        op.get_bind().execute(sa.text(statement), changes[start : start + _CHUNK])


def _joined(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(words))


def _found_by(text: str) -> list[str]:
    folded = _folded(text)
    words = _split(folded)
    figures = [
        number + unit
        for number, unit in pairwise(words)
        if unit in _UNITS and _NUMBER.fullmatch(number)
    ]
    return [*words, *figures, *(one.replace("-", "") for one in _JOINED.findall(folded))]


def _split(folded: str) -> list[str]:
    return [word.replace(",", ".") for word in _WORD.findall(folded)]


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text.translate(_UNSEEN))
    cased = unicodedata.normalize("NFKC", " ".join(plain.split()).casefold())
    apart = unicodedata.normalize("NFKD", cased)
    bare = "".join(sign for sign in apart if not "\u0300" <= sign <= "\u036f")
    return unicodedata.normalize("NFC", bare.translate(_SPELLED))
