"""Setting terms of supply: by the supplier's own people, or the practice whose own it is."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Practice, Supplier
from supply.actor import Actor
from supply.audit import services as audit
from supply.conditions.models import SupplyTerms
from supply.conditions.rules import Terms
from supply.db import db
from supply.money import MAXIMUM_MINOR
from supply.refusals import InvalidInput

LONGEST_PAYMENT_DAYS = 365


def set_terms(
    supplier: Supplier,
    practice: Practice | None,
    currency: str,
    terms: Terms,
    *,
    actor: Actor,
    now: dt.datetime,
) -> SupplyTerms:
    """Set what a supplier asks in a currency, of every practice (None) or of one.

    Orders placed before keep what they were placed at. Locks the supplier's row.

    Raises:
        InvalidInput: sums or days out of range, by field.
    """
    _check(terms)
    lock = sa.select(Supplier.id).where(Supplier.id == supplier.id)
    db.session.execute(lock.with_for_update(key_share=True))
    row = _row(supplier, practice, currency)
    before = _facts(row.terms) if sa.inspect(row).persistent else None
    carriage = terms.carriage
    row.minimum_minor, row.payment_days = terms.minimum_minor, terms.payment_days
    row.carriage_minor = carriage.minor if carriage else None
    row.free_from_minor = carriage.free_from_minor if carriage else None
    row.changed_at = now
    db.session.add(row)
    db.session.flush()
    audit.record(
        actor,
        "supplier.terms_set",
        ("supplier", supplier.id),
        now,
        practice_id=supplier.practice_id,
        supplier_id=supplier.id,
        before=before,
        after={"practice": practice.code if practice else None, "currency": currency}
        | _facts(terms),
    )
    return row


def _row(supplier: Supplier, practice: Practice | None, currency: str) -> SupplyTerms:
    practice_id = practice.id if practice else None
    query = sa.select(SupplyTerms).where(
        SupplyTerms.supplier_id == supplier.id,
        SupplyTerms.currency == currency,
        SupplyTerms.practice_id.is_(None)
        if practice_id is None
        else SupplyTerms.practice_id == practice_id,
    )
    found = db.session.scalars(query).one_or_none()
    return found or SupplyTerms(supplier_id=supplier.id, practice_id=practice_id, currency=currency)


def _check(terms: Terms) -> None:
    carriage = terms.carriage
    sums = {
        "minimum": terms.minimum_minor,
        "carriage": carriage.minor if carriage else None,
        "free_from": carriage.free_from_minor if carriage else None,
    }
    faults = [
        (name, _("That is too large: check the number."))
        for name, minor in sums.items()
        if minor is not None and not 0 <= minor <= MAXIMUM_MINOR
    ]
    days = terms.payment_days
    if days is not None and not 0 <= days <= LONGEST_PAYMENT_DAYS:
        faults.append(("payment_days", _("Enter 0 to %(most)d days.", most=LONGEST_PAYMENT_DAYS)))
    if faults:
        raise InvalidInput(*faults)


def _facts(terms: Terms) -> dict[str, Any]:
    carriage = terms.carriage
    return {
        "minimum": terms.minimum_minor,
        "carriage": carriage.minor if carriage else None,
        "free_from": carriage.free_from_minor if carriage else None,
        "payment_days": terms.payment_days,
    }
