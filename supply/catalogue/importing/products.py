"""Importing a supplier's file: what it changes is worked out first, then written set by set."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Supplier
from supply.accounts.own_suppliers import first_day, require_kept
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.importing.plan import (
    CHUNK,
    Plan,
    differences,
    fixed_faults,
    gtin_faults,
    known_products,
    plan_for,
    with_successors,
)
from supply.catalogue.importing.preview import ProductChange, changes_of
from supply.catalogue.importing.reading import (
    KINDS,
    OPTIONAL,
    REQUIRED,
    ProductFacts,
    read_product,
)
from supply.catalogue.models import (
    Price,
    Product,
    ProductAllergen,
    ProductConcern,
    ProductGtin,
    ProductIngredient,
    ProductOpeningRule,
    ProductSuccessor,
    words_of_product,
)
from supply.catalogue.terms import PackLevel
from supply.db import Base, db
from supply.tables import Fault, FaultyTable, Table, read_table, stop_at_many, twin_faults

ImportRefused = FaultyTable
"""A catalogue file with faults; nothing of it was taken."""


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """How many products a file adds, changes and leaves; how many prices begin today."""

    rows: int
    added: int
    changed: int
    unchanged: int
    prices: int
    ignored_columns: list[str]
    dry_run: bool
    notes: list[str] = field(default_factory=list)
    changes: list[ProductChange] = field(default_factory=list)
    """Product by product, for whoever looks before taking it."""

    def as_json(self) -> dict[str, Any]:
        """Return the command's answer, which counts."""
        counted = asdict(replace(self, changes=[]))
        del counted["changes"]
        return counted


def read_catalogue(content: bytes, filename: str) -> Table:
    """Return the rows of a catalogue file; call it before the transaction begins.

    Raises:
        FaultyTable: see :func:`supply.tables.read_table`.
    """
    return read_table(content, filename, REQUIRED, OPTIONAL, KINDS)


def import_catalogue(
    table: Table,
    supplier: Supplier,
    *,
    dry_run: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> ImportSummary:
    """Take a supplier's catalogue: add new SKUs, update changed ones; all rows or none.

    A price that differs from the one in force starts today, where the supplier is. With
    ``dry_run`` nothing is written. Locks the supplier's row, so imports of one supplier queue.

    Raises:
        SupplierArchived: its practice put it away.
        FaultyTable: any fault in the file, a GTIN of another product, or a new unit or
            content for a product that practices already keep; ``errors`` has every one.
    """
    require_kept(supplier)
    facts = _read_rows(table)
    db.session.execute(sa.select(Supplier.id).where(Supplier.id == supplier.id).with_for_update())
    today = first_day(supplier, now)
    known = known_products(supplier.id)
    facts, wrong = with_successors(facts, known)
    plan = plan_for(facts, known, today)
    skus = [(product.row, product.sku) for product in facts]
    faults = [
        *twin_faults("sku", skus, known),
        *wrong,
        *gtin_faults(facts, known),
        *fixed_faults(plan),
    ]
    if faults:
        raise FaultyTable(faults, table.filename)
    changes = changes_of(plan, known, today) if dry_run else []
    if not dry_run:
        stated = {"stated_at": now, "stated_in": table.filename}
        _carry_out(plan, supplier, today, stated)
        _record(plan, supplier, actor, now)
    return _summary(plan, table, changes, dry_run=dry_run)


def _read_rows(table: Table) -> list[ProductFacts]:
    facts: list[ProductFacts] = []
    faults: list[Fault] = []
    first_with: dict[tuple[str, str], int] = {}
    for row in table.rows:
        product, wrong = read_product(row, table.columns)
        faults += wrong
        faults += _repeats(row.number, "sku", row["sku"], first_with)
        if product:
            faults += _repeats(row.number, "gtin", product.gtin, first_with)
            facts.append(product)
        stop_at_many(faults, table.filename)
    if faults:
        raise FaultyTable(faults, table.filename)
    return facts


def _repeats(
    number: int, column: str, value: str | None, first_with: dict[tuple[str, str], int]
) -> Iterable[Fault]:
    if not value:
        return
    first = first_with.setdefault((column, value), number)
    if first != number:
        yield Fault(number, column, _("Row %(row)d has the same one.", row=first))


def _carry_out(plan: Plan, supplier: Supplier, today: dt.date, stated: Mapping[str, Any]) -> None:
    _insert(Product, [{**_new_row(product, supplier.id), **stated} for product in plan.added])
    updates = [
        {
            "id": known.id,
            **stated,
            **product.columns,
            **words_of_product({**known.columns, **product.columns}),
        }
        for known, product in plan.changed
    ]
    if updates:
        db.session.execute(sa.update(Product), updates)
    _forget_children([known.id for known, _product in plan.changed])
    ids = _ids_by_sku(supplier.id)
    written = [*plan.added, *(product for _known, product in plan.changed)]
    _insert_children(written, ids)
    _link_successors(written, ids)
    _recount_gtins(plan)
    _add_gtins(plan, ids)
    _start_prices(plan.priced, ids, today)
    db.session.expire_all()


def _new_row(product: ProductFacts, supplier_id: int) -> dict[str, Any]:
    return {
        "supplier_id": supplier_id,
        "sku": product.sku,
        **product.columns,
        **words_of_product({"sku": product.sku, **product.columns}),
    }


def _insert(model: type[Base], rows: list[dict[str, Any]]) -> None:
    if rows:
        db.session.execute(sa.insert(model), rows)


def _ids_by_sku(supplier_id: int) -> dict[str, int]:
    rows = db.session.execute(
        sa.select(Product.sku, Product.id).where(Product.supplier_id == supplier_id)
    )
    return {row.sku: row.id for row in rows}


def _forget_children(product_ids: Sequence[int]) -> None:
    for start in range(0, len(product_ids), CHUNK):
        some = product_ids[start : start + CHUNK]
        for model in (ProductConcern, ProductAllergen, ProductIngredient):
            db.session.execute(sa.delete(model).where(model.product_id.in_(some)))
        db.session.execute(
            sa.delete(ProductOpeningRule).where(
                ProductOpeningRule.product_id.in_(some), ProductOpeningRule.storage.is_(None)
            )
        )


def _insert_children(products: Sequence[ProductFacts], ids: Mapping[str, int]) -> None:
    for model, name in ((ProductConcern, "concern"), (ProductAllergen, "allergen")):
        rows = [
            {"product_id": ids[product.sku], name: code}
            for product in products
            for code in getattr(product, f"{name}s")
        ]
        _insert(model, rows)
    ingredients = [
        {"product_id": ids[product.sku], "position": position, **asdict(part)}
        for product in products
        for position, part in enumerate(product.ingredients, start=1)
    ]
    _insert(ProductIngredient, ingredients)
    openings = [
        {"product_id": ids[product.sku], "storage": None, "hours": product.opening_hours}
        for product in products
        if product.opening_hours
    ]
    _insert(ProductOpeningRule, openings)


def _link_successors(products: Sequence[ProductFacts], ids: Mapping[str, int]) -> None:
    """Let each product be replaced by what its row names, by nothing where it is blank."""
    said = {ids[row.sku]: row.successor for row in products if row.successor is not None}
    product_ids = list(said)
    for start in range(0, len(product_ids), CHUNK):
        some = ProductSuccessor.product_id.in_(product_ids[start : start + CHUNK])
        db.session.execute(sa.delete(ProductSuccessor).where(some))
    rows = [
        {"product_id": product_id, "successor_id": ids[successor]}
        for product_id, successor in said.items()
        if successor
    ]
    _insert(ProductSuccessor, rows)


def _recount_gtins(plan: Plan) -> None:
    """Let the pack's GTINs stand for the new pack, where it changed.

    The GTIN a row names does; where it names none, those that stood for the old pack. Beside a
    new GTIN an older one keeps its count: its boxes are still on shelves.
    """
    for known, product in plan.changed:
        count = product.columns["containers_per_pack"]
        counts = (known.columns["containers_per_pack"], known.gtins.get(product.gtin or "", count))
        if counts == (count, count):
            continue
        which = [ProductGtin.product_id == known.id, ProductGtin.containers != count]
        if product.gtin:
            which.append(ProductGtin.gtin == product.gtin)
        else:
            old = known.columns["containers_per_pack"]
            which += [ProductGtin.level == PackLevel.PACK, ProductGtin.containers == old]
        db.session.execute(
            sa.update(ProductGtin).where(*which).values(containers=count, level=PackLevel.PACK)
        )


def _add_gtins(plan: Plan, ids: Mapping[str, int]) -> None:
    """Add the pack GTIN a row names; older ones stay, for their boxes are still on shelves."""
    coded = [product for product in plan.added if product.gtin]
    coded += [product for known, product in plan.changed if product.gtin not in known.gtins]
    rows = [
        {
            "product_id": ids[product.sku],
            "gtin": product.gtin,
            "level": PackLevel.PACK,
            "containers": product.columns["containers_per_pack"],
        }
        for product in coded
        if product.gtin
    ]
    _insert(ProductGtin, rows)


def _start_prices(products: Sequence[ProductFacts], ids: Mapping[str, int], today: dt.date) -> None:
    for currency in sorted({product.price.currency for product in products if product.price}):
        minors = {
            ids[product.sku]: product.price.minor
            for product in products
            if product.price and product.price.currency == currency
        }
        _start_list_prices(minors, currency, today)


def _start_list_prices(minors: Mapping[int, int], currency: str, today: dt.date) -> None:
    """Begin list prices by product; one that began earlier today gives way."""
    row = {"practice_id": None, "currency": currency, "valid_from": today, "from_packs": 1}
    product_ids = list(minors)
    for start in range(0, len(product_ids), CHUNK):
        same_key = Price.product_id.in_(product_ids[start : start + CHUNK])
        db.session.execute(
            sa.delete(Price).where(
                same_key,
                Price.practice_id.is_(None),
                Price.currency == currency,
                Price.valid_from == today,
                Price.from_packs == 1,
            )
        )
    _insert(Price, [{"product_id": i, "pack_minor": minor, **row} for i, minor in minors.items()])


def _record(plan: Plan, supplier: Supplier, actor: Actor, now: dt.datetime) -> None:
    changes = {product.sku: differences(known, product) for known, product in plan.changed}
    if not (plan.added or changes or plan.priced):
        return
    after = {
        "added": [product.sku for product in plan.added],
        "changed": {sku: {n: b[1] for n, b in fields.items()} for sku, fields in changes.items()},
        "prices": {p.sku: p.price.as_json() for p in plan.priced if p.price},
    }
    before = {sku: {n: b[0] for n, b in fields.items()} for sku, fields in changes.items()}
    audit.record(
        actor,
        "catalogue.imported",
        ("supplier", supplier.id),
        now,
        supplier_id=supplier.id,
        practice_id=supplier.practice_id,
        before=before,
        after=after,
    )


def _summary(
    plan: Plan, table: Table, changes: list[ProductChange], *, dry_run: bool
) -> ImportSummary:
    return ImportSummary(
        rows=len(table.rows),
        added=len(plan.added),
        changed=len(plan.changed),
        unchanged=len(table.rows) - len(plan.added) - len(plan.changed),
        prices=len(plan.priced),
        ignored_columns=table.ignored,
        dry_run=dry_run,
        notes=table.notes,
        changes=changes,
    )
