"""Reorder points as a file: out, and in again, all rows or none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.db import db
from supply.items import services as items
from supply.items.models import Item
from supply.items.refusals import UnknownItemError
from supply.quantity import InvalidQuantityError, as_text, parse
from supply.refusals import InvalidInput
from supply.replenishment.models import Policy
from supply.replenishment.rules import no_service_level, read_service_level
from supply.replenishment.services import set_policy
from supply.replenishment.terms import Method
from supply.tables import Fault, FaultyTable, Kind, Row, Table, read_table, stop_at_many, write_csv

REQUIRED = ("sku", "reorder_point", "par_level")
OPTIONAL = ("method", "service_level")
KINDS = {"sku": Kind.CODE} | dict.fromkeys(
    ("reorder_point", "par_level", "service_level"), Kind.NUMBER
)
COLUMNS = ("sku", "method", "reorder_point", "par_level", "service_level")


@dataclass(frozen=True, slots=True)
class _Read:
    """A row's policy, its figures read."""

    item: Item
    method: Method
    reorder_point: Decimal | None
    par_level: Decimal | None
    service_level: Decimal | None


def export_policies(clinic: Clinic) -> str:
    """Return the clinic's reorder points as CSV, by item code."""
    query = (
        sa.select(Item.code, Policy)
        .join(Item, Item.id == Policy.item_id)
        .where(Policy.clinic_id == clinic.id)
        .order_by(Item.code)
    )
    rows = [_cells(code, policy) for code, policy in db.session.execute(query)]
    return write_csv(COLUMNS, rows)


def read_policies(content: bytes, filename: str) -> Table:
    """Return the rows of a file of reorder points; call it before the transaction begins.

    Raises:
        FaultyTable: see :func:`supply.tables.read_table`.
    """
    return read_table(content, filename, REQUIRED, OPTIONAL, KINDS)


def import_policies(clinic: Clinic, table: Table, *, actor: Actor, now: dt.datetime) -> int:
    """Set the reorder points of every row of ``table``; return how many rows.

    An item is made from the product of that SKU where the practice has none. Items not in
    the file keep theirs.

    Raises:
        FaultyTable: every fault by row and column; nothing is set then.
    """
    faults: list[Fault] = []
    seen: dict[str, int] = {}
    for row in table.rows:
        first = seen.setdefault(row["sku"], row.number)
        if first != row.number:
            message = _("This item is in row %(row)d already.", row=first)
            faults.append(Fault(row.number, "sku", message))
            continue
        faults += _set(clinic, row, actor, now)
        stop_at_many(faults, table.filename)
    if faults:
        raise FaultyTable(faults, table.filename)
    return len(table.rows)


def _cells(code: str, policy: Policy) -> list[str]:
    level = policy.service_level_thousandths
    return [
        code,
        policy.method.value,
        "" if policy.reorder_point is None else as_text(policy.reorder_point),
        "" if policy.par_level is None else as_text(policy.par_level),
        "" if level is None else str(Decimal(level).scaleb(-3)),
    ]


def _set(clinic: Clinic, row: Row, actor: Actor, now: dt.datetime) -> list[Fault]:
    """Set one row's policy; return what is wrong with it."""
    faults: list[Fault] = []
    read = _read(clinic, row, faults, now)
    if read is None or faults:
        return faults
    try:
        set_policy(
            clinic.id,
            read.item.id,
            method=read.method,
            reorder_point=read.reorder_point,
            par_level=read.par_level,
            service_level=read.service_level,
            actor=actor,
            now=now,
        )
    except InvalidInput as invalid:
        faults += [Fault(row.number, column, message) for column, message in invalid.errors]
    return faults


def _read(clinic: Clinic, row: Row, faults: list[Fault], now: dt.datetime) -> _Read | None:
    if not row["sku"]:
        faults.append(Fault(row.number, "sku", _("Enter the code.")))
        return None
    try:
        item = items.item_for_code(clinic.practice_id, row["sku"], now=now)
    except UnknownItemError as unknown:
        faults.append(Fault(row.number, "sku", str(unknown)))
        return None
    method = next((m for m in Method if m.value == (row["method"] or Method.FIXED)), None)
    if method is None:
        faults.append(Fault(row.number, "method", _("Write fixed or projected.")))
        return None
    return _Read(
        item,
        method,
        _level(row, "reorder_point", item, faults),
        _level(row, "par_level", item, faults),
        _service_level(row, faults),
    )


def _level(row: Row, column: str, item: Item, faults: list[Fault]) -> Decimal | None:
    if not row[column]:
        return None
    try:
        return parse(row[column], item.unit, allow_zero=True)
    except InvalidQuantityError as error:
        faults.append(Fault(row.number, column, str(error)))
        return None


def _service_level(row: Row, faults: list[Fault]) -> Decimal | None:
    if not row["service_level"]:
        return None
    level = read_service_level(row["service_level"])
    if level is None:
        faults.append(Fault(row.number, "service_level", str(no_service_level())))
    return level
