"""A supplier's own stock: its depot, which is a clinic to the ledger and to nothing else.

What a depot ships is a kind of entry of its own, and goes to a place of its own. Triggers refuse a
depot whatever only customers have: members, invitations, orders, and more than the one clinic.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

_WIDER = (
    ("entry", "ck_entry_entrykind", "kind", "'overfill', ", "'overfill', 'shipment', "),
    ("location", "ck_location_locationkind", "kind", "'difference')", "'difference', 'customer')"),
)
"""By table: a CHECK of words, its column, and what of it becomes what."""

_ENTRY_KINDS = (
    "opening_balance", "receipt", "session", "opening", "waste", "discard", "correction", "count",
    "transfer", "overfill", "reversal",
)  # fmt: skip
_LOCATION_KINDS = ("shelf", "transit", "supplier", "patient", "waste", "difference")
_WORDS = {"entry": (_ENTRY_KINDS, "shipment"), "location": (_LOCATION_KINDS, "customer")}

_OF_DEPOT = "SELECT 1 FROM supplier s JOIN clinic c ON c.id = s.depot_id"
_REFUSALS = {
    "membership": ("practice_id", f"EXISTS ({_OF_DEPOT} WHERE c.practice_id = NEW.practice_id)"),
    "invitation": ("practice_id", f"EXISTS ({_OF_DEPOT} WHERE c.practice_id = NEW.practice_id)"),
    "clinic": ("practice_id", f"EXISTS ({_OF_DEPOT} WHERE c.practice_id = NEW.practice_id)"),
    "purchase_order": (
        "clinic_id",
        "EXISTS (SELECT 1 FROM supplier s WHERE s.depot_id = NEW.clinic_id)",
    ),
}
"""By table: the column that says whose a row is, and when it may not be."""

_REASON = "a depot has neither members nor orders"
_KEPT = "a depot stays whose it is"


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    # As ALTER TABLE: SQLite then keeps the table, and with it the triggers.
    op.execute(
        f"ALTER TABLE supplier ADD COLUMN depot_id {'INTEGER' if on_sqlite else 'BIGINT'}"
        " CONSTRAINT fk_supplier_depot_id_clinic REFERENCES clinic (id)"
        " CONSTRAINT ck_supplier_depot"
        " CHECK (depot_id IS NULL OR (uses_supply AND practice_id IS NULL))"
    )
    op.execute(
        "ALTER TABLE supplier ADD COLUMN keeps_stock BOOLEAN DEFAULT false NOT NULL"
        " CONSTRAINT ck_supplier_keeps_stock CHECK (depot_id IS NOT NULL OR NOT keeps_stock)"
    )
    op.create_index("uq_supplier_depot_id", "supplier", ["depot_id"], unique=True)
    for table, constraint, column, old, new in _WIDER:
        if on_sqlite:
            _made_anew(table, old, new)
        else:
            words, more = _WORDS[table]
            _check(table, constraint, column, (*words, more))
    for table, (column, where) in _REFUSALS.items():
        (_refuse_on_sqlite if on_sqlite else _refuse_on_postgresql)(table, column, where)
    _keep(on_sqlite=on_sqlite)


def downgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    for table in (*_REFUSALS, "supplier"):
        if on_sqlite:
            op.execute(f"DROP TRIGGER IF EXISTS {table}_depot_insert")
            op.execute(f"DROP TRIGGER {table}_depot_update")
        else:
            op.execute(f"DROP TRIGGER {table}_depot ON {table}")
            op.execute(f"DROP FUNCTION {table}_depot()")
    for table, constraint, column, old, new in _WIDER:
        if on_sqlite:
            _made_anew(table, new, old)
        else:
            _check(table, constraint, column, _WORDS[table][0])
    op.drop_index("uq_supplier_depot_id", "supplier")
    op.execute("ALTER TABLE supplier DROP COLUMN keeps_stock")
    op.execute("ALTER TABLE supplier DROP COLUMN depot_id")


def _check(table: str, constraint: str, column: str, words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({column} IN ({listed}))")


def _made_anew(table: str, old: str, new: str) -> None:
    """Make a table of SQLite's anew with one text of its own changed; all else comes along.

    Indexes and triggers are made again as they were written.
    """
    bind = op.get_bind()
    rows = bind.execute(
        sa.text(
            "SELECT type, sql FROM sqlite_master WHERE tbl_name = :table AND sql IS NOT NULL"
            " ORDER BY type = 'trigger', rowid"
        ),
        {"table": table},
    ).all()
    written = next(row.sql for row in rows if row.type == "table")
    if written.count(old) != 1:
        raise RuntimeError(f"{table} is not as it was made")
    head, _table, body = written.partition(table)
    bind.exec_driver_sql(f"{head}{table}_anew{body.replace(old, new)}")
    bind.exec_driver_sql(f"INSERT INTO {table}_anew SELECT * FROM {table}")  # noqa: S608 - ours
    bind.exec_driver_sql(f"DROP TABLE {table}")
    bind.exec_driver_sql(f"ALTER TABLE {table}_anew RENAME TO {table}")
    for row in rows:
        if row.type != "table":
            bind.exec_driver_sql(row.sql)


def _refuse_on_sqlite(table: str, column: str, where: str) -> None:
    for what, when in (("insert", "INSERT"), ("update", f"UPDATE OF {column}")):
        op.execute(
            f"CREATE TRIGGER {table}_depot_{what} BEFORE {when} ON {table} WHEN {where} "
            f"BEGIN SELECT RAISE(ABORT, '{_REASON}'); END"
        )


def _refuse_on_postgresql(table: str, column: str, where: str) -> None:
    _function(table, where, _REASON)
    op.execute(
        f"CREATE TRIGGER {table}_depot BEFORE INSERT OR UPDATE OF {column} ON {table} "
        f"FOR EACH ROW EXECUTE FUNCTION {table}_depot()"
    )


def _keep(*, on_sqlite: bool) -> None:
    """Refuse a depot another owner, and a clinic of customers to become one."""
    moved = "OLD.depot_id IS NOT NULL AND OLD.depot_id {} NEW.depot_id"
    used = (
        "EXISTS (SELECT 1 FROM clinic c WHERE c.id = NEW.depot_id AND ("
        "EXISTS (SELECT 1 FROM membership m WHERE m.practice_id = c.practice_id)"
        " OR EXISTS (SELECT 1 FROM purchase_order o WHERE o.clinic_id = c.id)"
        " OR EXISTS (SELECT 1 FROM clinic d"
        " WHERE d.practice_id = c.practice_id AND d.id <> c.id)))"
    )
    if on_sqlite:
        op.execute(
            "CREATE TRIGGER supplier_depot_update BEFORE UPDATE OF depot_id ON supplier "
            f"WHEN ({moved.format('IS NOT')}) OR {used} "
            f"BEGIN SELECT RAISE(ABORT, '{_KEPT}'); END"
        )
    else:
        _function("supplier", f"({moved.format('IS DISTINCT FROM')}) OR {used}", _KEPT)
        op.execute(
            "CREATE TRIGGER supplier_depot BEFORE UPDATE OF depot_id ON supplier "
            "FOR EACH ROW EXECUTE FUNCTION supplier_depot()"
        )


def _function(table: str, where: str, reason: str) -> None:
    op.execute(
        f"CREATE FUNCTION {table}_depot() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN IF {where} THEN RAISE EXCEPTION '{reason}' "
        "USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"
    )
