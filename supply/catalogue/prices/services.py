"""Prices of products: started, changed before they begin, ended; a past one is never rewritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.depots import no_depots_practice
from supply.accounts.models import Practice, Supplier
from supply.actor import Actor
from supply.catalogue.importing.reading import MAXIMUM_PACK
from supply.catalogue.models import Price, Product
from supply.catalogue.recording import record
from supply.db import db
from supply.money import Money
from supply.refusals import InvalidInput
from supply.text import fold


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """What a price is: of a pack, for so many packs or more, from a day to a last day if any."""

    price: Money
    valid_from: dt.date
    from_packs: int = 1
    valid_to: dt.date | None = None
    practice_id: int | None = None
    """Whom it is for; None is everyone."""


def set_price(
    product: Product, terms: PriceTerms, *, today: dt.date, actor: Actor, now: dt.datetime
) -> Price:
    """Start a price on a day.

    One that is to start the same day for the same packs and practice gives way. Prices that have
    been in force stay on file: a past day cannot be chosen.

    Raises:
        InvalidInput: no price above zero, no packs, a first day before ``today``, or a last day
            before the first.
    """
    if faults := _faults(terms, today):
        raise InvalidInput(*faults)
    _queue(product)
    which = _key(product, terms)
    found = db.session.scalar(sa.select(Price).filter_by(**which))
    before = _said(found) if found else None
    row = found or Price(**which)
    row.pack_minor, row.valid_to = terms.price.minor, terms.valid_to
    db.session.add(row)
    db.session.flush()
    record(product, "price.set", actor, now, before=before, after=_said(row))
    return row


def change_price(
    product: Product,
    price_id: int,
    terms: PriceTerms,
    *,
    today: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> Price:
    """Give a price that has not begun other terms; raises as `set_price` and `remove_price`."""
    if faults := _faults(terms, today):
        raise InvalidInput(*faults)
    row = _to_come(product, price_id, today)
    clash = db.session.scalar(
        sa.select(Price.id).filter_by(**_key(product, terms)).where(Price.id != row.id)
    )
    if clash is not None:
        message = _("There is a price from that day for these packs. Change that one.")
        raise InvalidInput(("valid_from", message))
    before = _said(row)
    for name, value in _key(product, terms).items():
        setattr(row, name, value)
    row.pack_minor, row.valid_to = terms.price.minor, terms.valid_to
    db.session.flush()
    record(product, "price.changed", actor, now, before=before, after=_said(row))
    return row


def remove_price(
    product: Product, price_id: int, *, today: dt.date, actor: Actor, now: dt.datetime
) -> PriceTerms:
    """Take off a price that has not begun; return what would put it back.

    Raises:
        InvalidInput: the product has no such price, or it has begun.
    """
    row = _to_come(product, price_id, today)
    removed = terms_of(row)
    before = _said(row)
    db.session.delete(row)
    db.session.flush()
    record(product, "price.removed", actor, now, before=before)
    return removed


def end_price(
    product: Product,
    price_id: int,
    last: dt.date | None,
    *,
    today: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> dt.date | None:
    """Let a price end with a day, or (None) go on; return what was its last day before.

    Raises:
        InvalidInput: the product has no such price; the day is past or before the price begins;
            the price has ended already.
    """
    row = _price(product, price_id)
    if row.valid_to is not None and row.valid_to < today:
        raise InvalidInput(("valid_to", _("This price has ended. Start a new one.")))
    if last is not None and last < max(today, row.valid_from):
        raise InvalidInput(
            ("valid_to", _("Its last day is today or later, and not before it begins."))
        )
    was, before = row.valid_to, _said(row)
    if last != was:
        row.valid_to = last
        db.session.flush()
        record(product, "price.ended", actor, now, before=before, after=_said(row))
    return was


def terms_of(row: Price) -> PriceTerms:
    """Return what a stored price is."""
    money = Money(row.pack_minor, row.currency)
    return PriceTerms(money, row.valid_from, row.from_packs, row.valid_to, row.practice_id)


def practice_with_code(supplier: Supplier, code: str) -> int | None:
    """Return the practice that prices are for: None, for everyone, where ``code`` is empty.

    Raises:
        InvalidInput: no practice has that code; it is not the one whose own the supplier is.
    """
    if not code:
        return None
    practice = db.session.scalar(
        sa.select(Practice).where(Practice.code_key == fold(code), no_depots_practice(Practice.id))
    )
    if practice is None:
        raise InvalidInput(("practice", _("There is no practice with this code.")))
    if supplier.practice_id not in (None, practice.id):
        raise InvalidInput(("practice", _("Only your own practice buys from this supplier.")))
    return practice.id


def practices_named(practice_ids: Collection[int]) -> dict[int, Practice]:
    """Return these practices by id."""
    found = db.session.scalars(sa.select(Practice).where(Practice.id.in_(practice_ids)))
    return {practice.id: practice for practice in found}


def _queue(product: Product) -> None:
    """Lock the supplier's row, as an import of its prices does: one writes them at a time."""
    db.session.execute(
        sa.select(Supplier.id).where(Supplier.id == product.supplier_id).with_for_update()
    )


def _price(product: Product, price_id: int) -> Price:
    _queue(product)
    row = db.session.scalar(
        sa.select(Price).where(Price.id == price_id, Price.product_id == product.id)
    )
    if row is None:
        raise InvalidInput(("", _("This price is no longer there. Load the page again.")))
    return row


def _to_come(product: Product, price_id: int, today: dt.date) -> Price:
    row = _price(product, price_id)
    if row.valid_from <= today:
        message = _("This price has begun, and stays on file. End it, or start a new one.")
        raise InvalidInput(("", message))
    return row


def _key(product: Product, terms: PriceTerms) -> dict[str, Any]:
    return {
        "product_id": product.id,
        "practice_id": terms.practice_id,
        "currency": terms.price.currency,
        "valid_from": terms.valid_from,
        "from_packs": terms.from_packs,
    }


def _faults(terms: PriceTerms, today: dt.date) -> list[tuple[str, str]]:
    faults = []
    if terms.price.minor <= 0:
        faults.append(("price", _("Enter a price above zero.")))
    if not 1 <= terms.from_packs <= MAXIMUM_PACK:
        packs = _("Enter a whole number from %(least)d to %(most)d.", least=1, most=MAXIMUM_PACK)
        faults.append(("from_packs", packs))
    if terms.valid_from < today:
        faults.append(("valid_from", _("A price starts today or later.")))
    if terms.valid_to is not None and terms.valid_to < terms.valid_from:
        faults.append(("valid_to", _("Its last day is not before its first.")))
    return faults


def _said(row: Price) -> dict[str, Any]:
    return {
        "price": Money(row.pack_minor, row.currency).as_json(),
        "from": row.valid_from.isoformat(),
        "to": row.valid_to.isoformat() if row.valid_to else None,
        "packs": row.from_packs,
        "practice_id": row.practice_id,
    }
