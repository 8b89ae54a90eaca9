"""Declaring a recall: what is called back is checked, kept, and whom it reaches written down.

What happens in each practice is a step of its own, see :mod:`supply.recalls.spreading`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.catalogue.models import Product, ProductGtin
from supply.catalogue.rules import InvalidGtinError, parse_gtin
from supply.clock import local_date
from supply.db import db, table, upsert
from supply.idempotency import content_hash
from supply.inventory.rules import is_too_long, normalise_lot
from supply.recalls.models import Recall, RecallLot, RecallPractice, RecallProduct
from supply.recalls.naming import is_range
from supply.recalls.reaching import Meant, Reach, alike, labels_of, meant, reach_of
from supply.recalls.terms import MOST_LOTS, MOST_PRODUCTS, RecallClass, RecallStatus
from supply.refusals import InvalidInput
from supply.text import code, fold

PRACTICE = table(RecallPractice)

Fault = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Named:
    """A product as somebody names it: by its SKU, or by a GTIN of any of its packs.

    ``either``: it is not said which of the two; an SKU may well be digits.
    """

    sku: str = ""
    gtin: str = ""
    either: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a recall says. ``all_lots``: every lot of the products, whatever its number."""

    products: Sequence[Named]
    lots: Sequence[str] = ()
    recall_class: RecallClass
    reason: str
    action: str
    deadline: dt.date | None = None
    reference: str = ""
    device: str = ""
    reply_wanted: bool = True
    all_lots: bool = False
    is_drill: bool = False


@dataclass(frozen=True, slots=True)
class Looked:
    """What a notice would reach: its products and lots as understood, and what looks like them."""

    products: Sequence[Product]
    lots: dict[str, str]
    """Numbers as their labels say them, else as typed, by how they are compared."""
    unknown: Sequence[str]
    """Those of them that no lot and no parcel has."""
    what: Meant
    reach: Reach
    alike: Sequence[str]
    is_known: bool = False
    """Whether the same notice was declared before."""


def look(supplier: Supplier, notice: Notice, now: dt.datetime) -> Looked:
    """Return what ``notice`` would reach, and change nothing.

    Raises:
        InvalidInput: every fault: an unknown product, or another supplier's; no lot, or a bad
            one; no reason or action; a deadline that has gone by.
    """
    products, faults = _products(supplier, notice.products)
    faults += [*_lot_faults(notice), *_word_faults(supplier, notice, now)]
    if faults:
        raise InvalidInput(*faults)
    lots = {} if notice.all_lots else {normalise_lot(lot): code(lot) for lot in notice.lots}
    what = meant([product.id for product in products], lots, all_lots=notice.all_lots)
    labels = labels_of(what)
    unknown = [lot for number, lot in lots.items() if number not in labels]
    lots |= labels
    like = alike(what, list(lots.values()))
    return Looked(products, lots, unknown, what, reach_of(what), like)


def declare(
    supplier: Supplier, notice: Notice, *, actor: Actor, now: dt.datetime
) -> tuple[Recall, Looked]:
    """Declare a recall, once: the same notice again is the same recall. Return it and its reach.

    The practices it reaches are written down, each to be held and told by a step of its own.

    Raises:
        InvalidInput: see :func:`look`.
        IntegrityError: a twin declares it at this moment.
    """
    looked = look(supplier, notice, now)
    fingerprint = _fingerprint(looked, notice, now)
    if known := _declared_already(supplier, fingerprint):
        return known, replace(looked, is_known=True)
    recall = _kept(supplier, notice, fingerprint, actor, now)
    _write(recall, looked)
    note_practices(recall.id, looked.reach, now)
    audit.record(
        actor,
        "recall.declared",
        ("recall", recall.id),
        now,
        supplier_id=supplier.id,
        after={
            "class": recall.recall_class.value,
            "products": [product.sku for product in looked.products],
            "lots": sorted(looked.lots.values()),
            "drill": recall.is_drill,
            "practices": len(looked.reach.practices),
        },
    )
    return recall, looked


def _declared_already(supplier: Supplier, fingerprint: str) -> Recall | None:
    return db.session.scalar(
        sa.select(Recall).where(
            Recall.supplier_id == supplier.id,
            Recall.fingerprint == fingerprint,
            Recall.withdrawn_at.is_(None),
        )
    )


def _write(recall: Recall, looked: Looked) -> None:
    """Write a recall with its lots and products; flushes."""
    recall.lots = [
        RecallLot(number=number, normalised=normalised)
        for normalised, number in looked.lots.items()
    ]
    db.session.add(recall)
    db.session.flush()
    db.session.add_all(
        RecallProduct(recall_id=recall.id, product_id=product.id) for product in looked.products
    )
    db.session.flush()


def note_practices(recall_id: int, reach: Reach, now: dt.datetime) -> None:
    """Write down the practices that a recall reaches, those that are not known yet."""
    rows = [
        {
            "recall_id": recall_id,
            "practice_id": practice_id,
            "depot_of_id": reach.depots.get(practice_id),
            "found_at": now,
            "note": "",
            "reminders": 0,
        }
        for practice_id in sorted(reach.lots)
    ]
    if rows:
        db.session.execute(upsert(PRACTICE).on_conflict_do_nothing(), rows)


def _kept(
    supplier: Supplier, notice: Notice, fingerprint: str, actor: Actor, now: dt.datetime
) -> Recall:
    return Recall(
        supplier_id=supplier.id,
        is_drill=notice.is_drill,
        recall_class=notice.recall_class,
        reason=notice.reason.strip(),
        action=notice.action.strip(),
        deadline=notice.deadline,
        reference=notice.reference.strip(),
        device=notice.device.strip(),
        reply_wanted=notice.reply_wanted,
        all_lots=notice.all_lots,
        fingerprint=fingerprint,
        status=RecallStatus.OPEN,
        declared_at=now,
        declared_by_id=actor.person_id,
    )


def _fingerprint(looked: Looked, notice: Notice, now: dt.datetime) -> str:
    """Return what two notices share that say the same. A drill is another one every day."""
    return content_hash(
        {
            "products": sorted(product.id for product in looked.products),
            "lots": sorted(looked.lots),
            "all": notice.all_lots,
            "class": notice.recall_class.value,
            "words": [fold(text) for text in (notice.reason, notice.action, notice.reference)],
            "device": fold(notice.device),
            "deadline": notice.deadline,
            "drill": now.date().isoformat() if notice.is_drill else "",
        }
    )


def _products(supplier: Supplier, named: Sequence[Named]) -> tuple[list[Product], list[Fault]]:
    """Return the supplier's products that are named, each once, and what is not one of them."""
    if not named:
        return [], [("products", _("Name at least one product."))]
    if len(named) > MOST_PRODUCTS:
        return [], [("products", _("Name at most %(most)d products.", most=MOST_PRODUCTS))]
    found: dict[int, Product] = {}
    faults: list[Fault] = []
    for number, one in enumerate(named):
        try:
            meant_here = list(_named(supplier, one, f"products.{number}"))
        except InvalidInput as refusal:
            faults += refusal.errors
            continue
        found |= {product.id: product for product in meant_here}
    return list(found.values()), faults


def _named(supplier: Supplier, one: Named, field: str) -> Iterator[Product]:
    mine = sa.select(Product).where(Product.supplier_id == supplier.id).order_by(Product.id)
    if one.either:
        yield from _either(mine, one.either, field)
        return
    if bool(one.sku.strip()) == bool(one.gtin.strip()):
        raise InvalidInput((field, _("Give the SKU or a GTIN of the product.")))
    if one.sku.strip():
        product = db.session.scalar(mine.where(Product.sku_key == fold(one.sku)))
        if product is None:
            message = _("You have no product %(sku)s.", sku=one.sku.strip())
            raise InvalidInput((f"{field}.sku", message))
        yield product
        return
    try:
        gtin = parse_gtin(one.gtin)
    except InvalidGtinError as error:
        raise InvalidInput((f"{field}.gtin", str(error))) from error
    coded = sa.select(ProductGtin.product_id).where(ProductGtin.gtin == gtin)
    products = db.session.scalars(mine.where(Product.id.in_(coded))).all()
    if not products:
        message = _("None of your products has the GTIN %(gtin)s.", gtin=one.gtin.strip())
        raise InvalidInput((f"{field}.gtin", message))
    yield from products


def _either(mine: sa.Select[Product], typed: str, field: str) -> Iterator[Product]:
    """Yield what is named by an SKU, or else by a GTIN, however it is spaced."""
    found = db.session.scalars(mine.where(Product.sku_key == fold(typed))).all()
    if not found:
        digits = "".join(code(typed).replace("(01)", "").split())
        try:
            coded = sa.select(ProductGtin.product_id).where(ProductGtin.gtin == parse_gtin(digits))
        except InvalidGtinError as error:
            if digits.isdigit():
                raise InvalidInput((field, f"{typed}: {error}")) from error
        else:
            found = db.session.scalars(mine.where(Product.id.in_(coded))).all()
    if not found:
        raise InvalidInput((field, _("You have no product %(sku)s.", sku=typed)))
    yield from found


def _lot_faults(notice: Notice) -> Iterator[Fault]:
    if notice.all_lots and notice.lots:
        yield "lots", _("Name lots, or say that every lot is meant: not both.")
    if not notice.all_lots and not notice.lots:
        yield "lots", _("Name the lots, or say that every lot is meant.")
    if len(notice.lots) > MOST_LOTS:
        yield "lots", _("Name at most %(most)d lots.", most=MOST_LOTS)
    for number, lot in enumerate(notice.lots):
        if not normalise_lot(lot):
            yield f"lots.{number}", _("Give the lot number.")
        elif is_too_long(lot):
            yield f"lots.{number}", _("A lot number has at most 80 characters.")
        elif is_range(lot):
            yield f"lots.{number}", _("Name each lot of %(range)s by itself.", range=lot)


def _word_faults(supplier: Supplier, notice: Notice, now: dt.datetime) -> Iterator[Fault]:
    if not notice.reason.strip():
        yield "reason", _("Say why it is recalled.")
    if not notice.action.strip():
        yield "action", _("Say what is to be done with it.")
    if notice.deadline and notice.deadline < local_date(now, supplier.timezone):
        yield "deadline", _("This day has gone by.")
