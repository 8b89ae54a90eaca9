"""Substitutes: another product offered for what a supplier cannot send, and the clinic's answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from flask_babel import gettext as _

from supply.actor import Actor
from supply.answering import answers
from supply.answering.answers import Replacement
from supply.baskets.pricing import copy_pack, price_for, taxes_of
from supply.catalogue.models import Product
from supply.catalogue.skus import products_named
from supply.db import db
from supply.items import services as items
from supply.ordering import mail, rules
from supply.ordering.billing import Cause, Occasion, bill
from supply.ordering.events import locked_order, note, settle, today_at
from supply.ordering.models import OrderLine, PurchaseOrder, SubstituteOffer
from supply.ordering.refusals import LicenceNeeded, OfferAnswered, OnOrderAlready
from supply.ordering.rules import MOST_PACKS
from supply.ordering.terms import OPEN_STAGES, EventKind, OfferStatus


def product_meant(order: PurchaseOrder, sku: str) -> Product | None:
    """Return the product of the order's supplier with ``sku``, as typed, if it sells it."""
    product = products_named(order.supplier_id, [sku]).get(sku)
    return product if product is not None and product.withdrawn_at is None else None


def objections(order: PurchaseOrder, wanted: Replacement, today: dt.date) -> Iterator[str]:
    """Yield why a product may not be offered instead of another on ``order``."""
    if not 1 <= wanted.packs <= MOST_PACKS:
        yield _("Enter whole packs from 1 to %(most)d.", most=MOST_PACKS)
    product = product_meant(order, wanted.sku)
    if product is None:
        yield _("You do not sell a product with the SKU “%(sku)s”.", sku=wanted.sku)
        return
    if any(line.product_id == product.id for line in order.lines):
        yield _("%(name)s is on this order already.", name=product.name)
    if product.prescription_only and not _is_licensed(order, today):
        yield _("%(name)s is prescription only, and this clinic may not buy it.", name=product.name)
    if price_for(order, product, max(wanted.packs, 1), today) is None:
        yield _(
            "%(name)s has no price in %(currency)s.", name=product.name, currency=order.currency
        )


def offer(line: OrderLine, wanted: Replacement, replaces: int, now: dt.datetime) -> SubstituteOffer:
    """Offer ``wanted``, to which there are no objections, for ``replaces`` packs of ``line``.

    Neither is shipped until the clinic has answered. The caller holds the order's lock.
    """
    order, today = line.order, today_at(line.order, now)
    product = product_meant(order, wanted.sku)
    asked = price_for(order, product, wanted.packs, today) if product else None
    if product is None or asked is None:
        raise ValueError("a product that cannot be offered")
    terms = taxes_of(order, [product], today)[product.id]
    offered = SubstituteOffer(
        product_id=product.id,
        sku=product.sku,
        name=product.name,
        packs=wanted.packs,
        replaces=replaces,
        pack_minor=answers.substitute_price(
            asked,
            wanted.packs,
            replaced_minor=replaces * line.pack_minor,
            rate=terms.basis_points,
            replaced_rate=line.tax_basis_points,
        ),
        tax_category=terms.category,
        tax_basis_points=terms.basis_points,
        offered_at=now,
        status=OfferStatus.OPEN,
    )
    line.offered += replaces
    line.offers.append(offered)
    db.session.flush()
    return offered


def open_offer(order: PurchaseOrder, sku: str) -> SubstituteOffer | None:
    """Return the open offer that ``sku`` means: of the product ordered, or of its substitute."""
    found = [line.offer for line in order.lines if line.offer is not None]
    ordered = [one for one in found if one.line.sku == sku]
    return next(iter([*ordered, *(one for one in found if one.sku == sku)]), None)


def answer_substitute(
    order_id: int, offer_id: int, *, accept: bool, actor: Actor, now: dt.datetime
) -> PurchaseOrder:
    """Take the substitute that was offered, or not; the supplier gets a mail. Locks the order.

    Taken, it is a line of the order at the price offered, and what it stands for is cancelled.
    Refused, what it stood for follows on the day promised for that case, or is cancelled.

    Raises:
        OfferAnswered: answered or withdrawn before.
        LicenceNeeded: prescription only, and no licence in date any more.
        OnOrderAlready: the product has come onto the order since.
    """
    order = locked_order(order_id)
    offered = next((one for line in order.lines for one in line.offers if one.id == offer_id), None)
    if offered is None or offered.status is not OfferStatus.OPEN or order.stage not in OPEN_STAGES:
        raise OfferAnswered(offered.status if offered else None)
    owed = {line.id: line.owed_packs for line in order.lines}
    line = offered.line
    line.offered -= offered.replaces
    if accept:
        _check_still_sold(order, offered, today_at(order, now))
        line.drop(offered.replaces, unsupplied=True)
        _add_line(order, offered, now)
    elif line.promised_on is None:
        line.drop(offered.replaces, unsupplied=True)
    _end(offered, OfferStatus.ACCEPTED if accept else OfferStatus.REFUSED, actor, now)
    settle(order, now)
    kind = EventKind.SUBSTITUTE_ACCEPTED if accept else EventKind.SUBSTITUTE_REFUSED
    note(order, kind, actor=actor, now=now, facts=_facts(offered))
    mail.tell_supplier_of_substitute(order, offered, accepted=accept, now=now)
    off = {one.id: owed[one.id] - one.owed_packs for one in order.lines if one.id in owed}
    bill(order, Cause(Occasion.CANCELLED, off=off), actor=actor, now=now)
    return order


def withdraw_offers(order: PurchaseOrder, actor: Actor, now: dt.datetime) -> None:
    """Withdraw what is offered: what it stands for is cancelled. The caller holds the lock."""
    for line in order.lines:
        if (offered := line.offer) is not None:
            line.offered -= offered.replaces
            _end(offered, OfferStatus.WITHDRAWN, actor, now)
    db.session.flush()


def _end(offered: SubstituteOffer, status: OfferStatus, actor: Actor, now: dt.datetime) -> None:
    offered.status = status
    offered.answered_at, offered.answered_by_id = now, actor.person_id


def _check_still_sold(order: PurchaseOrder, offered: SubstituteOffer, today: dt.date) -> None:
    if offered.product.prescription_only and not _is_licensed(order, today):
        raise LicenceNeeded([offered.name])
    if any(line.product_id == offered.product_id for line in order.lines):
        raise OnOrderAlready(offered.name)


def _is_licensed(order: PurchaseOrder, today: dt.date) -> bool:
    practice = order.clinic.practice
    return rules.licence_covers(practice.licence_number, practice.licence_valid_to, today)


def _add_line(order: PurchaseOrder, offered: SubstituteOffer, now: dt.datetime) -> None:
    item = items.item_of_product(order.clinic.practice_id, offered.product, now=now)
    line = OrderLine(
        position=max(line.position for line in order.lines) + 1,
        product=offered.product,
        item_id=item.id,
        pack_minor=offered.pack_minor,
        tax_category=offered.tax_category,
        tax_basis_points=offered.tax_basis_points,
        packs=offered.packs,
        confirmed=offered.packs,
        instead_of_id=offered.order_line_id,
    )
    copy_pack(line)
    line.product_id = offered.product_id
    with db.session.no_autoflush:
        order.lines.append(line)
    db.session.flush()


def _facts(offered: SubstituteOffer) -> dict[str, object]:
    return {
        "sku": offered.line.sku,
        "replaces": offered.replaces,
        "substitute": offered.sku,
        "packs": offered.packs,
        "pack_minor": offered.pack_minor,
    }
