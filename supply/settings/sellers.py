"""What a supplier's invoices say of it: changed by its own people."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _

from supply import iban, text
from supply.accounts.models import Supplier
from supply.accounts.own_suppliers import LONGEST_ADDRESS
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.refusals import InvalidInput

LONGEST_PAYMENT_DAYS = 365
_STRIPE_ACCOUNT = re.compile(r"acct_[A-Za-z0-9]{8,60}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SellerFacts:
    """Who sells and where to pay; invoices issued from now on say so."""

    legal_name: str
    address: str
    iban: str
    payment_days: int
    stripe_account: str | None = None
    """Its own account at Stripe, where what is paid by card goes; None is the operator's."""


def change_seller(
    supplier: Supplier, facts: SellerFacts, *, actor: Actor, now: dt.datetime
) -> None:
    """Keep what the supplier's invoices say of it; those issued before stay as they are.

    Raises InvalidInput for values that cannot be kept, all of them.
    """
    values = asdict(_checked(facts))
    before = {name: getattr(supplier, name) for name in values}
    for name, value in values.items():
        setattr(supplier, name, value)
    db.session.flush()
    if before != values:
        _record(supplier, before, values, actor, now)


def _checked(facts: SellerFacts) -> SellerFacts:
    faults = []
    account = iban.kept(facts.iban) if text.clean(facts.iban) else ""
    if account is None:
        faults.append(("iban", _("This is no IBAN: check it against your bank's papers.")))
    address = text.clean(facts.address)
    if len(address) > LONGEST_ADDRESS:
        message = _("Shorten the address to %(count)d characters.", count=LONGEST_ADDRESS)
        faults.append(("address", message))
    if not 0 <= facts.payment_days <= LONGEST_PAYMENT_DAYS:
        message = _("Enter 0 to %(most)d days.", most=LONGEST_PAYMENT_DAYS)
        faults.append(("payment_days", message))
    card_account = text.clean(facts.stripe_account or "") or None
    if card_account is not None and not _STRIPE_ACCOUNT.fullmatch(card_account):
        message = _("Enter the account's id as Stripe shows it, such as acct_1A2b3C4d5E6f7G8h.")
        faults.append(("stripe_account", message))
    if faults:
        raise InvalidInput(*faults)
    name = " ".join(text.clean(facts.legal_name).split())[:200]
    return SellerFacts(name, address, account or "", facts.payment_days, card_account)


def _record(
    supplier: Supplier,
    before: dict[str, Any],
    after: dict[str, Any],
    actor: Actor,
    now: dt.datetime,
) -> None:
    audit.record(
        actor,
        "supplier.seller_changed",
        ("supplier", supplier.id),
        now,
        supplier_id=supplier.id,
        before=before,
        after=after,
    )
