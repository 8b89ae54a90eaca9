"""Prices as a file: what it would change worked out first, then taken, all rows or none.

A row is a price of a pack: of which product, for whom, from which day and from how many packs on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.depots import no_depots_practice
from supply.accounts.models import Practice, Supplier
from supply.accounts.own_suppliers import first_day
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue import rules
from supply.catalogue.importing.plan import CHUNK, price_row
from supply.catalogue.importing.reading import MAXIMUM_PACK, currency_of, price_of
from supply.catalogue.models import Price, Product
from supply.db import AnyRow, db
from supply.money import Money
from supply.tables import (
    Fault,
    FaultyTable,
    Kind,
    Row,
    Table,
    read_table,
    stop_at_many,
    write_csv,
)
from supply.tables.days import read_day
from supply.tables.numbers import whole_number
from supply.text import fold

REQUIRED = ("sku", "currency", "price")
OPTIONAL = ("practice", "valid_from", "valid_to", "from_packs")
COLUMNS = ("sku", "practice", "currency", "valid_from", "valid_to", "from_packs", "price")
KINDS = {
    "sku": Kind.CODE,
    "practice": Kind.CODE,
    "valid_from": Kind.DATE,
    "valid_to": Kind.DATE,
    "from_packs": Kind.NUMBER,
    "price": Kind.MONEY,
}

PriceKey = tuple[int, int | None, str, dt.date, int]
"""Product, practice, currency, first day, packs: no two prices share it."""


@dataclass(frozen=True, slots=True)
class PriceChange:
    """A price that a file begins or changes, and what is paid on that day without it."""

    sku: str
    name: str
    practice: str
    """Code of the practice it is for; "" is everyone."""
    from_packs: int
    valid_from: dt.date
    valid_to: dt.date | None
    before: Money | None
    after: Money


@dataclass(frozen=True, slots=True)
class PriceSummary:
    """What a price file begins, changes (of what has not begun) and leaves."""

    rows: int
    added: int
    changed: int
    unchanged: int
    changes: list[PriceChange]
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Read:
    """A row whose cells could be read. ``starts`` is None where the file leaves the day open."""

    number: int
    product: AnyRow
    practice: Practice | None
    price: Money
    from_packs: int
    starts: dt.date | None
    ends: dt.date | None

    def key(self, today: dt.date) -> PriceKey:
        practice_id = self.practice.id if self.practice else None
        day = self.starts or today
        return self.product.id, practice_id, self.price.currency, day, self.from_packs


@dataclass(slots=True)
class _Plan:
    added: list[tuple[_Read, PriceKey]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    changes: list[PriceChange] = field(default_factory=list)


def read_prices(content: bytes, filename: str) -> Table:
    """Return the rows of a price file; call it before the transaction begins.

    Raises:
        FaultyTable: see :func:`supply.tables.read_table`.
    """
    return read_table(content, filename, REQUIRED, OPTIONAL, KINDS)


def import_prices(
    table: Table,
    supplier: Supplier,
    *,
    dry_run: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> PriceSummary:
    """Take a file of prices: begin new ones, change those that have not begun; all rows or none.

    A row without a day begins today, unless that is the price already. What is not in the file
    stays. With ``dry_run`` nothing is written. Locks the supplier's row, so imports queue.

    Raises:
        FaultyTable: every fault by row and column.
    """
    db.session.execute(sa.select(Supplier.id).where(Supplier.id == supplier.id).with_for_update())
    today = first_day(supplier, now)
    rows = _read_rows(table, supplier)
    plan = _plan(rows, table, today)
    if not dry_run:
        _carry_out(plan)
        _record(plan, supplier, actor, now)
    written = len(plan.added) + len(plan.changed)
    return PriceSummary(
        rows=len(rows),
        added=len(plan.added),
        changed=len(plan.changed),
        unchanged=len(rows) - written,
        changes=plan.changes,
        notes=table.notes,
    )


def export_prices(supplier: Supplier, today: dt.date) -> str:
    """Return as CSV the prices in force and those to come, with the columns of the import."""
    query = (
        sa.select(Price, Product.sku, Practice.code)
        .join(Product, Product.id == Price.product_id)
        .outerjoin(Practice, Practice.id == Price.practice_id)
        .where(
            Product.supplier_id == supplier.id,
            sa.or_(Price.valid_to.is_(None), Price.valid_to >= today),
        )
        .order_by(Product.sku, Practice.code, Price.currency, Price.valid_from, Price.from_packs)
    )
    rows = [(row.Price, row.sku, row.code or "") for row in db.session.execute(query)]
    by_product: dict[int, list[rules.PriceRow]] = {}
    for price, _sku, _code in rows:
        by_product.setdefault(price.product_id, []).append(price_row(price))
    there = {one for prices in by_product.values() for one in rules.in_force(prices, today)}
    return write_csv(
        COLUMNS,
        (
            _cells(price, sku, code)
            for price, sku, code in rows
            if price.valid_from > today or price_row(price) in there
        ),
    )


def _cells(price: Price, sku: str, code: str) -> list[str]:
    return [
        sku,
        code,
        price.currency,
        price.valid_from.isoformat(),
        price.valid_to.isoformat() if price.valid_to else "",
        str(price.from_packs),
        str(Money(price.pack_minor, price.currency).amount),
    ]


def _read_rows(table: Table, supplier: Supplier) -> list[_Read]:
    reader = _Reader(supplier, table)
    rows = []
    for row in table.rows:
        if read := reader.read(row):
            rows.append(read)
        stop_at_many(reader.faults, table.filename)
    if reader.faults:
        raise FaultyTable(reader.faults, table.filename)
    return rows


class _Reader:
    """Reads rows one by one, and keeps every fault on the way."""

    def __init__(self, supplier: Supplier, table: Table) -> None:
        self.faults: list[Fault] = []
        self._own = supplier.practice_id
        query = sa.select(Product.id, Product.sku, Product.sku_key, Product.name)
        rows = db.session.execute(query.where(Product.supplier_id == supplier.id))
        self._products = {row.sku_key: row for row in rows}
        self._practices = _practices({fold(row["practice"]) for row in table.rows})

    def read(self, row: Row) -> _Read | None:
        """Return what a row says, or None with its faults noted."""
        before = len(self.faults)
        currency = self._take(row, "currency", currency_of)
        price = self._take(row, "price", lambda cell: price_of(cell, currency or "EUR"))
        product = self._take(row, "sku", self._product)
        practice = self._take(row, "practice", self._practice)
        starts = self._take(row, "valid_from", _day)
        ends = self._take(row, "valid_to", _day)
        packs = self._take(row, "from_packs", _packs)
        if currency is None and row["currency"] == "":
            self._fault(row, "currency", _("Say which currency the price is in, such as EUR."))
        if starts and ends and ends < starts:
            self._fault(row, "valid_to", _("Its last day is not before its first."))
        if len(self.faults) > before or product is None or price is None or packs is None:
            return None
        return _Read(row.number, product, practice, price, packs, starts, ends)

    def _take(self, row: Row, column: str, parse: Any) -> Any:
        try:
            return parse(row[column])
        except ValueError as error:
            self._fault(row, column, str(error))
            return None

    def _fault(self, row: Row, column: str, message: str) -> None:
        self.faults.append(Fault(row.number, column, message))

    def _product(self, cell: str) -> AnyRow:
        if not cell:
            raise ValueError(_("Enter the SKU."))
        found = self._products.get(fold(cell))
        if found is None:
            raise ValueError(_("You have no product with this SKU."))
        return found

    def _practice(self, cell: str) -> Practice | None:
        if not cell:
            return None
        found = self._practices.get(fold(cell))
        if found is None:
            raise ValueError(_("There is no practice with this code."))
        if self._own not in (None, found.id):
            raise ValueError(_("Only your own practice buys from this supplier."))
        return found


def _practices(keys: Iterable[str]) -> dict[str, Practice]:
    wanted = sorted(set(keys) - {""})
    found: dict[str, Practice] = {}
    for start in range(0, len(wanted), CHUNK):
        some = Practice.code_key.in_(wanted[start : start + CHUNK])
        query = sa.select(Practice).where(some, no_depots_practice(Practice.id))
        found |= {row.code_key: row for row in db.session.scalars(query)}
    return found


def _day(cell: str) -> dt.date | None:
    return read_day(cell) if cell else None


def _packs(cell: str) -> int:
    return whole_number(cell, 1, MAXIMUM_PACK) if cell else 1


def _plan(rows: Sequence[_Read], table: Table, today: dt.date) -> _Plan:
    """Return what the rows mean; raises FaultyTable for what cannot be any more."""
    stored = _stored({row.product.id for row in rows})
    by_key = {_key_of(price): price for prices in stored.values() for price in prices}
    plan, faults = _Plan(), list(_repeats(rows, today))
    for row in rows:
        prices = [price_row(price) for price in stored.get(row.product.id, ())]
        found = by_key.get(row.key(today))
        if _is_there(row, found, prices, table, today):
            continue
        if row.starts and row.starts < today:
            message = _("A price starts today or later; those before stay as they are.")
            faults.append(Fault(row.number, "valid_from", message))
        elif row.ends and row.ends < today:
            faults.append(Fault(row.number, "valid_to", _("This day is past.")))
        elif found is None:
            plan.added.append((row, row.key(today)))
        else:
            ends = row.ends if "valid_to" in table.columns else found.valid_to
            plan.changed.append({"id": found.id, "pack_minor": row.price.minor, "valid_to": ends})
        plan.changes.append(_change(row, prices, today))
    if faults:
        raise FaultyTable(faults, table.filename)
    return plan


def _is_there(
    row: _Read,
    found: AnyRow | None,
    prices: Sequence[rules.PriceRow],
    table: Table,
    today: dt.date,
) -> bool:
    """Return whether the price is on file as the row says it, or paid today if no day is said."""
    if found is not None:
        same_end = "valid_to" not in table.columns or found.valid_to == row.ends
        return bool(found.pack_minor == row.price.minor and same_end)
    if row.starts or row.ends:
        return False
    practice_id = row.practice.id if row.practice else None
    own = [price for price in prices if price.practice_id == practice_id]
    best = rules.applicable_price(own, practice_id, row.price.currency, row.from_packs, today)
    return (
        best is not None
        and (best.pack_minor, best.from_packs) == (row.price.minor, row.from_packs)
        and best.valid_to is None
    )


def _change(row: _Read, prices: Sequence[rules.PriceRow], today: dt.date) -> PriceChange:
    _product_id, practice_id, currency, day, packs = row.key(today)
    paid = rules.pack_price(prices, practice_id, currency, packs, day)
    return PriceChange(
        sku=row.product.sku,
        name=row.product.name,
        practice=row.practice.code if row.practice else "",
        from_packs=packs,
        valid_from=day,
        valid_to=row.ends,
        before=None if paid is None else Money(paid, currency),
        after=row.price,
    )


def _repeats(rows: Sequence[_Read], today: dt.date) -> Iterator[Fault]:
    first: dict[PriceKey, int] = {}
    for row in rows:
        number = first.setdefault(row.key(today), row.number)
        if number != row.number:
            yield Fault(row.number, "sku", _("Row %(row)d has the same one.", row=number))


def _stored(product_ids: Iterable[int]) -> dict[int, list[AnyRow]]:
    wanted = sorted(product_ids)
    found: dict[int, list[AnyRow]] = {}
    for start in range(0, len(wanted), CHUNK):
        some = Price.product_id.in_(wanted[start : start + CHUNK])
        for row in db.session.execute(sa.select(Price.__table__).where(some)):
            found.setdefault(row.product_id, []).append(row)
    return found


def _key_of(price: AnyRow) -> PriceKey:
    return (
        price.product_id,
        price.practice_id,
        price.currency,
        price.valid_from,
        price.from_packs,
    )


def _carry_out(plan: _Plan) -> None:
    names = ("product_id", "practice_id", "currency", "valid_from", "from_packs")
    new = [
        {**dict(zip(names, key, strict=True)), "pack_minor": row.price.minor, "valid_to": row.ends}
        for row, key in plan.added
    ]
    if new:
        db.session.execute(sa.insert(Price), new)
    if plan.changed:
        db.session.execute(sa.update(Price), plan.changed)
    db.session.expire_all()


def _record(plan: _Plan, supplier: Supplier, actor: Actor, now: dt.datetime) -> None:
    if not plan.changes:
        return
    audit.record(
        actor,
        "prices.imported",
        ("supplier", supplier.id),
        now,
        supplier_id=supplier.id,
        practice_id=supplier.practice_id,
        after={"prices": [_audited(change) for change in plan.changes]},
    )


def _audited(change: PriceChange) -> Mapping[str, Any]:
    return {
        "sku": change.sku,
        "practice": change.practice,
        "packs": change.from_packs,
        "from": change.valid_from.isoformat(),
        "to": change.valid_to.isoformat() if change.valid_to else None,
        "price": change.after.as_json(),
    }
