"""Depots of suppliers: clinics to the ledger, and to nobody else.

Whatever lists or finds the practices and clinics of customers leaves them out by what is said
here. Nobody is a member of a depot's practice, so that what a person may see never holds one.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from supply import money
from supply.accounts.models import Clinic, Practice, Supplier
from supply.db import db, table

_SUPPLIER = table(Supplier).alias("keeper")
_CLINIC = table(Clinic).alias("depot")


def no_depot(clinic_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a clinic is a customer's."""
    return ~sa.exists().where(_SUPPLIER.c.depot_id == clinic_id)


def no_depots_practice(practice_id: sa.SQLColumnExpression[int]) -> sa.ColumnElement[bool]:
    """Return the condition that a practice is a customer, and not what a depot belongs to."""
    return ~sa.exists().where(
        _SUPPLIER.c.depot_id == _CLINIC.c.id, _CLINIC.c.practice_id == practice_id
    )


def make_depot(supplier: Supplier, now: dt.datetime) -> Clinic:
    """Give ``supplier`` its depot: a clinic of a practice that nobody is a member of.

    Both have a code that no practice or clinic can have, as it does not stand in an address.
    The caller holds the supplier's lock.
    """
    code = f"depot:{supplier.id}"
    currency = supplier.currency or money.currency_of_zone(supplier.timezone) or "EUR"
    practice = Practice(
        code=code, name=supplier.name, currency=currency, locale=supplier.locale, created_at=now
    )
    db.session.add(practice)
    db.session.flush()
    depot = Clinic(
        practice_id=practice.id,
        code=code,
        name=supplier.name,
        timezone=supplier.timezone,
        currency=currency,
        locale=supplier.locale,
        created_at=now,
    )
    db.session.add(depot)
    db.session.flush()
    supplier.depot_id = depot.id
    db.session.flush()
    return depot
