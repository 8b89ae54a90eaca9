"""The items of a practice: made when first needed, listed at its clinics, changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Product
from supply.catalogue.offered import offered_to, sold_by_own
from supply.catalogue.rules import is_injectable
from supply.catalogue.terms import Storage
from supply.db import db, table, upsert
from supply.items.models import ClinicItem, Item, ItemOpeningRule, ItemProduct
from supply.items.refusals import UnknownItemError
from supply.refusals import InvalidInput
from supply.text import fold

LONGEST_OPEN_HOURS = 10 * 365 * 24

Rules = Sequence[tuple[Storage | None, int]]


@dataclass(frozen=True, slots=True)
class ItemChange:
    """What may be changed of an item; ``preferred_id`` is one of its products, or None."""

    name: str
    injectable: bool
    preferred_id: int | None
    opening_rules: Rules


def item_for_code(practice_id: int, code: str, *, now: dt.datetime) -> Item:
    """Return the practice's item ``code``, made from the product of that SKU if need be.

    Raises:
        UnknownItemError: neither an item nor a product has that code.
    """
    return items_for_codes(practice_id, [code], now=now)[code]


def items_for_codes(
    practice_id: int, codes: Collection[str], *, now: dt.datetime
) -> dict[str, Item]:
    """Return the practice's items by code, making those that are missing from products.

    Raises:
        UnknownItemError: for the first code that neither an item nor a product has.
    """
    items = {
        item.code: item
        for item in db.session.scalars(
            sa.select(Item).where(Item.practice_id == practice_id, Item.code.in_(codes))
        )
    }
    missing = [code for code in dict.fromkeys(codes) if code not in items]
    if missing:
        products = _products_by_sku(practice_id, missing)
        for code in missing:
            if code not in products:
                raise UnknownItemError(code, twins_of(practice_id, [code]).get(code))
            items[code] = item_of_product(practice_id, products[code], now=now)
    return items


def twins_of(practice_id: int, codes: Collection[str]) -> dict[str, str]:
    """Return, for codes that nothing has, the item's code or SKU that reads the same."""
    keys = {fold(code): code for code in codes}
    items = sa.select(Item.code_key, Item.code).where(
        Item.practice_id == practice_id, Item.code_key.in_(keys)
    )
    products = sa.select(Product.sku_key, Product.sku).where(
        Product.sku_key.in_(keys), Product.withdrawn_at.is_(None), offered_to(practice_id)
    )
    rows = [*db.session.execute(products), *db.session.execute(items)]
    return {keys[key]: code for key, code in rows}


def _products_by_sku(practice_id: int, skus: Collection[str]) -> dict[str, Product]:
    """Return for each SKU the product first listed under it and still sold to the practice.

    One of a supplier of its own comes before all others: its name is the one they use.
    """
    products = db.session.scalars(
        sa.select(Product)
        .options(sa.orm.selectinload(Product.opening_rules))
        .where(Product.sku.in_(skus), Product.withdrawn_at.is_(None), offered_to(practice_id))
        .order_by(sold_by_own(practice_id), Product.id.desc())
    )
    return {product.sku: product for product in products}


def item_of_product(practice_id: int, product: Product, *, now: dt.datetime) -> Item:
    """Return the item that ``practice_id`` stocks ``product`` as, made now if there is none.

    An item whose code is the product's SKU takes the product in if it is measured alike;
    otherwise a new item gets the SKU and the supplier's code as its own.
    """
    linked = db.session.scalar(
        sa.select(Item)
        .join(ItemProduct, ItemProduct.item_id == Item.id)
        .where(Item.practice_id == practice_id, ItemProduct.product_id == product.id)
        .order_by(Item.id)
    )
    if linked is not None:
        return linked
    same_code = db.session.scalar(
        sa.select(Item).where(Item.practice_id == practice_id, Item.code_key == fold(product.sku))
    )
    if same_code is not None and same_code.unit is product.unit:
        _link(same_code, product, preferred=False)
        return same_code
    code = f"{product.sku}@{product.supplier.code}" if same_code is not None else product.sku
    return _make_item(practice_id, code, product, now)


def _make_item(practice_id: int, code: str, product: Product, now: dt.datetime) -> Item:
    item = Item(
        practice_id=practice_id,
        code=code,
        name=product.name,
        category=product.category,
        unit=product.unit,
        container=product.kind,
        content_per_container=product.content_per_container,
        dose=product.dose,
        injectable=is_injectable(product.kind, product.unit),
        storage=product.storage,
        created_at=now,
        opening_rules=[
            ItemOpeningRule(storage=rule.storage, hours=rule.hours)
            for rule in product.opening_rules
        ],
    )
    db.session.add(item)
    db.session.flush()
    _link(item, product, preferred=True)
    return item


def _link(item: Item, product: Product, *, preferred: bool) -> None:
    db.session.add(ItemProduct(item_id=item.id, product_id=product.id, preferred=preferred))
    db.session.flush()


def change_item(item: Item, change: ItemChange, *, actor: Actor, now: dt.datetime) -> None:
    """Change an item for the whole practice; containers already open keep their clocks.

    Raises:
        InvalidInput: no name, hours out of range, a place named twice, or a product it is
            not bought as.
    """
    faults = _item_faults(item, change)
    if faults:
        raise InvalidInput(*faults)
    before = _item_json(item)
    item.name = change.name.strip()
    item.injectable = change.injectable
    if sorted(_pairs(item), key=str) != sorted(change.opening_rules, key=str):
        item.opening_rules.clear()
        db.session.flush()
        item.opening_rules.extend(
            ItemOpeningRule(storage=storage, hours=hours) for storage, hours in change.opening_rules
        )
    _prefer(item, change.preferred_id)
    db.session.flush()
    audit.record(
        actor,
        "item.changed",
        ("item", item.id),
        now,
        practice_id=item.practice_id,
        before=before,
        after={**_item_json(item), "preferred": change.preferred_id},
    )


def set_tracked(
    clinic: Clinic, item: Item, *, tracked: bool, actor: Actor, now: dt.datetime
) -> None:
    """Say whether a clinic keeps count of an item; it is listed there from now on."""
    statement = upsert(table(ClinicItem)).values(
        clinic_id=clinic.id, item_id=item.id, tracked=tracked
    )
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["clinic_id", "item_id"], set_={"tracked": tracked}
        )
    )
    audit.record(
        actor, "item.tracked", ("item", item.id), now, clinic_id=clinic.id, after={"on": tracked}
    )


def add_item(clinic: Clinic, product: Product, *, actor: Actor, now: dt.datetime) -> Item:
    """List a catalogue product's item at a clinic, making it for the practice if need be."""
    item = item_of_product(clinic.practice_id, product, now=now)
    set_tracked(clinic, item, tracked=True, actor=actor, now=now)
    return item


def _item_faults(item: Item, change: ItemChange) -> list[tuple[str, str]]:
    faults = []
    if not change.name.strip():
        faults.append(("name", _("Give the item a name.")))
    if any(not 0 <= hours <= LONGEST_OPEN_HOURS for _storage, hours in change.opening_rules):
        faults.append(("opening_rules", _("Enter hours from 0 to ten years.")))
    kept = [storage for storage, _hours in change.opening_rules]
    if len(set(kept)) < len(kept):
        faults.append(("opening_rules", _("Name each place once.")))
    if change.preferred_id and change.preferred_id not in {p.id for p in item.products}:
        faults.append(("preferred", _("The item is not bought as this product.")))
    return faults


def _prefer(item: Item, product_id: int | None) -> None:
    """Prefer one product: the others first lose it, for the database allows one only."""
    links = table(ItemProduct)
    mine = links.c.item_id == item.id
    db.session.execute(sa.update(links).where(mine, links.c.preferred).values(preferred=False))
    if product_id:
        chosen = links.c.product_id == product_id
        db.session.execute(sa.update(links).where(mine, chosen).values(preferred=True))


def _pairs(item: Item) -> list[tuple[Storage | None, int]]:
    return [(rule.storage, rule.hours) for rule in item.opening_rules]


def _item_json(item: Item) -> dict[str, Any]:
    return {
        "name": item.name,
        "injectable": item.injectable,
        "opening_rules": [[storage, hours] for storage, hours in _pairs(item)],
    }
