"""Writing rates."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.countries import is_country
from supply.db import db
from supply.refusals import InvalidInput
from supply.vat.models import VatRate
from supply.vat.rules import WHOLE
from supply.vat.terms import TaxClass


def set_rate(
    country: str,
    tax_class: TaxClass,
    basis_points: int,
    *,
    valid_from: dt.date,
    actor: Actor,
    now: dt.datetime,
) -> VatRate:
    """Let a country take another rate on a class of products from a day on.

    A rate of that country, class and day gives way. Orders that are placed keep theirs.

    Raises:
        InvalidInput: no such country; a rate below nothing or not below the whole.
    """
    code = country.upper()
    if not is_country(code):
        raise InvalidInput(("country", _("There is no such country.")))
    if not 0 <= basis_points < WHOLE:
        raise InvalidInput(("rate", _("Enter a rate from 0 to below 100 per cent.")))
    which = {"country": code, "tax_class": tax_class, "valid_from": valid_from}
    found = db.session.scalar(sa.select(VatRate).filter_by(**which).with_for_update())
    before = {"basis_points": found.basis_points} if found else None
    row = found or VatRate(**which)
    row.basis_points = basis_points
    db.session.add(row)
    db.session.flush()
    after = {**which, "valid_from": valid_from.isoformat(), "basis_points": basis_points}
    audit.record(actor, "vat_rate.set", ("vat_rate", row.id), now, before=before, after=after)
    return row
