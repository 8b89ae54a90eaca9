"""What follows on the account when a document is issued: its item, and what settles it at once."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

import sqlalchemy as sa

from supply.actor import Actor
from supply.db import db
from supply.invoicing.following import on_issue
from supply.invoicing.models import Invoice
from supply.invoicing.terms import InvoiceKind
from supply.open_items import booking, rules
from supply.open_items.models import OpenItem
from supply.open_items.terms import ItemKind
from supply.ordering.terms import PayBy
from supply.vat.rules import Taxed, shares


@on_issue
def follow(invoice: Invoice, actor: Actor, now: dt.datetime) -> None:
    """Put a document on the account.

    What is paid by card is settled by it at once, a credit note by what goes back to the card. A
    credit note on account settles the invoices it is about as far as these are open; what is
    left stays the practice's credit.
    """
    item = _item(invoice)
    db.session.add(item)
    db.session.flush()
    step = booking.new_step(invoice.issued_on, actor, now)
    if invoice.order.pay_by is PayBy.CARD:
        booking.settle_by_card(item, step)
    elif invoice.is_credit:
        _set_off(item, invoice, step)


def _item(invoice: Invoice) -> OpenItem:
    return OpenItem(
        kind=ItemKind.CREDIT_NOTE if invoice.is_credit else ItemKind.INVOICE,
        invoice_id=invoice.id,
        practice_id=invoice.order.clinic.practice_id,
        supplier_id=invoice.supplier_id,
        currency=invoice.currency,
        dated_on=invoice.issued_on,
        due_on=invoice.due_on,
        total_minor=invoice.total.minor,
        settled_minor=0,
    )


def _set_off(item: OpenItem, note: Invoice, step: booking.Step) -> None:
    wanted = rules.shares_of_note(item.total_minor, _credited(note))
    for invoice_item in booking.locked_items(OpenItem.invoice_id.in_(list(wanted))):
        part = min(wanted[invoice_item.invoice_id or 0], invoice_item.open_minor)
        if part:
            booking.set_against(item, invoice_item, part, step)


def _credited(note: Invoice) -> list[tuple[int, int]]:
    """Return (invoice id, lines with VAT) of the invoices that a credit note is about.

    The newest first: the oldest, which takes what is left, is the one most likely still open.
    """
    lines: dict[int, list[Taxed]] = defaultdict(list)
    for line in note.lines:
        if line.credits is not None:
            lines[line.credits.invoice_id].append(line.taxed)
    if note.carriage_minor and (bore := _bore_carriage(note)):
        lines[bore].append(Taxed(note.carriage_minor, note.carriage_terms))
    return [
        (invoice_id, sum(share.net_minor + share.vat_minor for share in shares(taxed)))
        for invoice_id, taxed in sorted(lines.items(), reverse=True)
    ]


def _bore_carriage(note: Invoice) -> int | None:
    """Return the id of the invoice whose carriage a credit note takes back."""
    return db.session.scalar(
        sa.select(sa.func.max(Invoice.id)).where(
            Invoice.order_id == note.order_id,
            Invoice.kind == InvoiceKind.INVOICE,
            Invoice.carriage_minor > 0,
            Invoice.id < note.id,
        )
    )
