"""Paying an invoice nevertheless: a person's word, with a reason, that a difference is known."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.actor import Actor
from supply.audit import services as audit
from supply.db import db
from supply.invoicing.models import Invoice
from supply.matching.matching import matches
from supply.matching.models import PaidNevertheless
from supply.open_items.booking import locked_items
from supply.open_items.models import OpenItem
from supply.refusals import InvalidInput, Refusal

LONGEST_REASON = 2_000


class NothingDiffers(Refusal):
    """The invoice matches what was ordered and received: there is nothing to say."""


def pay_nevertheless(
    invoice: Invoice, reason: str, *, actor: Actor, now: dt.datetime
) -> PaidNevertheless:
    """Let an invoice that does not match be paid, and keep why. Locks its item.

    Raises:
        InvalidInput: field ``reason``: none is given.
        NothingDiffers: it matches.
    """
    kept = text.clean(reason)[:LONGEST_REASON]
    if not kept:
        raise InvalidInput(("reason", _("Say why it is paid nevertheless.")))
    [item] = locked_items(OpenItem.invoice_id == invoice.id)
    match = matches([invoice.id])[invoice.id]
    if match.waiver is not None:
        return match.waiver
    if not match.differences:
        sentence = _("%(number)s matches: it can be paid as it is.", number=invoice.number)
        raise NothingDiffers(sentence)
    waiver = PaidNevertheless(item_id=item.id, reason=kept, at=now, person_id=actor.person_id)
    db.session.add(waiver)
    db.session.flush()
    found = [one.text for one in match.differences]
    _record(invoice, "invoice.paid_nevertheless", {"reason": kept, "found": found}, actor, now)
    return waiver


def take_back_waiver(invoice: Invoice, *, actor: Actor, now: dt.datetime) -> None:
    """Let an invoice's differences block its payment again; done twice, it is done once.

    Payments that were announced in between stay as they are. Locks its item.
    """
    [item] = locked_items(OpenItem.invoice_id == invoice.id)
    waiver = db.session.scalars(
        sa.select(PaidNevertheless).where(
            PaidNevertheless.item_id == item.id, PaidNevertheless.taken_back_at.is_(None)
        )
    ).one_or_none()
    if waiver is None:
        return
    waiver.taken_back_at, waiver.taken_back_by_id = now, actor.person_id
    db.session.flush()
    _record(invoice, "invoice.blocked_again", {"reason": waiver.reason}, actor, now)


def _record(
    invoice: Invoice, what: str, said: dict[str, object], actor: Actor, now: dt.datetime
) -> None:
    order = invoice.order
    audit.record(
        actor,
        what,
        ("invoice", invoice.id),
        now,
        practice_id=order.clinic.practice_id,
        clinic_id=order.clinic_id,
        supplier_id=invoice.supplier_id,
        after={"number": invoice.number, **said},
    )
