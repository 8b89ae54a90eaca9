"""Setting up what is stocked: a clinic's places, and the items of a practice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Product
from supply.catalogue.rules import is_injectable
from supply.catalogue.terms import Storage
from supply.db import db
from supply.inventory.errors import UnknownItemError
from supply.inventory.models import Item, ItemOpeningRule, ItemProduct, Location
from supply.inventory.terms import LocationKind
from supply.refusals import InvalidInput

_OUTSIDE_NAMES = {
    LocationKind.TRANSIT: "In transit",
    LocationKind.SUPPLIER: "Suppliers",
    LocationKind.PATIENT: "Patients",
    LocationKind.WASTE: "Waste",
    LocationKind.DIFFERENCE: "Count differences",
}


def furnish_clinic(clinic: Clinic) -> None:
    """Give a new clinic a cupboard, a fridge, and its places outside."""
    db.session.add_all(
        [
            Location(
                clinic_id=clinic.id,
                kind=LocationKind.SHELF,
                name="Cupboard",
                storage=Storage.AMBIENT,
                position=1,
            ),
            Location(
                clinic_id=clinic.id,
                kind=LocationKind.SHELF,
                name="Fridge 2–8 °C",
                storage=Storage.COLD,
                position=2,
            ),
            *(
                Location(clinic_id=clinic.id, kind=kind, name=name, storage=None)
                for kind, name in _OUTSIDE_NAMES.items()
            ),
        ]
    )
    db.session.flush()


def add_location(
    clinic: Clinic, *, name: str, storage: Storage, actor: Actor, now: dt.datetime
) -> Location:
    """Add a shelf, fridge or room to ``clinic``.

    Raises:
        InvalidInput: the name is empty or taken.
    """
    name = name.strip()
    if not name:
        raise InvalidInput(("name", _("Give the location a name.")))
    taken = db.session.scalar(
        sa.select(Location.id).where(Location.clinic_id == clinic.id, Location.name == name)
    )
    if taken:
        raise InvalidInput(("name", _("This clinic already has a location with that name.")))
    last = db.session.scalar(
        sa.select(sa.func.max(Location.position)).where(Location.clinic_id == clinic.id)
    )
    location = Location(
        clinic_id=clinic.id,
        kind=LocationKind.SHELF,
        name=name,
        storage=storage,
        position=(last or 0) + 1,
    )
    db.session.add(location)
    db.session.flush()
    audit.record(
        actor,
        "location.added",
        ("location", location.id),
        now,
        clinic_id=clinic.id,
        practice_id=clinic.practice_id,
        after={"name": name, "storage": storage},
    )
    return location


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
        products = _products_by_sku(missing)
        for code in missing:
            if code not in products:
                raise UnknownItemError(code)
            items[code] = item_of_product(practice_id, products[code], now=now)
    return items


def _products_by_sku(skus: Collection[str]) -> dict[str, Product]:
    """Return for each SKU the product first listed under it and still sold."""
    products = db.session.scalars(
        sa.select(Product)
        .options(sa.orm.selectinload(Product.opening_rules))
        .where(Product.sku.in_(skus), Product.withdrawn_at.is_(None))
        .order_by(Product.id.desc())
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
        sa.select(Item).where(Item.practice_id == practice_id, Item.code == product.sku)
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
