"""Using a practice's credit: what it overpaid, or what a credit note left, against invoices."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.matching.matching import Match, matches
from supply.money import Money
from supply.open_items import booking
from supply.open_items.models import OpenItem, Settlement
from supply.open_items.terms import CREDITS, Way
from supply.settling import rules
from supply.settling.refusals import NothingToSetOff
from supply.settling.rules import Open
from supply.settling.saying import Account


def set_off(
    account: Account, credit_id: int, *, on: dt.date, actor: Actor, now: dt.datetime
) -> tuple[str, Money]:
    """Set a credit off against the invoices that are due first; return the step's mark and sum.

    Invoices that do not match, and parts that are announced as paid, are left alone. Locks the
    credit and the account's open invoices.

    Raises:
        NothingToSetOff: the credit is used, or no invoice is open that it could settle.
    """
    items = booking.locked_items(*account.items(), OpenItem.settled_minor < OpenItem.total_minor)
    credit = next((one for one in items if one.id == credit_id and one.kind in CREDITS), None)
    if credit is None:
        raise NothingToSetOff(_("This credit is used already."))
    by_id = {item.id: item for item in items}
    parts = rules.spread(credit.open_minor, _open_invoices(items))
    if not parts:
        raise NothingToSetOff(_("No invoice is open that this credit could settle."))
    step = booking.new_step(on, actor, now)
    for part in parts:
        booking.set_against(credit, by_id[part.item_id], part.minor, step)
    used = Money(sum(part.minor for part in parts), account.currency)
    _record(account, credit, "credit.set_off", used, actor, now)
    return step.together, used


def undo_set_off(
    account: Account, together: str, *, on: dt.date, actor: Actor, now: dt.datetime
) -> None:
    """Take back what one step set off; done twice, it is done once. Locks the items.

    Raises:
        NothingToSetOff: nothing was set off so on this account.
    """
    wanted = sa.select(Settlement.item_id).where(
        Settlement.together == together, Settlement.way == Way.CREDIT
    )
    items = booking.locked_items(*account.items(), OpenItem.id.in_(wanted))
    if not items:
        raise NothingToSetOff(_("Nothing was set off so on this account."))
    settled = booking.standing(Settlement.together == together, Settlement.way == Way.CREDIT)
    if not settled:
        return
    booking.take_back(settled, items, booking.new_step(on, actor, now))
    credit = next(item for item in items if item.is_credit)
    used = sum(one.minor for one in settled if one.item_id == credit.id)
    _record(account, credit, "credit.taken_back", Money(used, account.currency), actor, now)


def _open_invoices(items: Sequence[OpenItem]) -> list[Open]:
    invoices = booking.oldest_first(items)
    matched = matches([item.invoice_id for item in invoices if item.invoice_id])
    reserved = booking.announced_parts([item.id for item in invoices])
    return [
        Open(item.id, item.open_minor - reserved.get(item.id, 0))
        for item in invoices
        if not matched.get(item.invoice_id or 0, Match()).blocks
    ]


def _record(
    account: Account, credit: OpenItem, what: str, used: Money, actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        actor,
        what,
        ("open_item", credit.id),
        now,
        practice_id=account.practice.id,
        supplier_id=account.supplier.id,
        after={"credit": credit.name, "sum": used.as_json()},
    )
