"""Issuing invoices and credit notes: they follow what is sent, taken back, claimed, cancelled."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import sqlalchemy as sa

from supply.actor import Actor
from supply.audit import services as audit
from supply.claims.models import Claim
from supply.clock import local_date
from supply.conditions.queries import terms_for
from supply.db import db, execute, table, upsert
from supply.invoicing import following, rules
from supply.invoicing.models import Invoice, InvoiceCounter, InvoiceLine, InvoiceTax
from supply.invoicing.parties import parties_of
from supply.invoicing.queries import billed_packs, carriage_left, lines_left
from supply.invoicing.rules import Left
from supply.invoicing.terms import InvoiceKind, Reason
from supply.ordering.billing import Cause, Occasion, on_billing
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.receiving.models import Receipt, ReceiptLine
from supply.shipping.models import Shipment
from supply.vat.rules import shares
from supply.vat.terms import TaxCategory

_COUNTER = table(InvoiceCounter)


@on_billing
def follow(order: PurchaseOrder, cause: Cause, actor: Actor, now: dt.datetime) -> None:
    """Issue what follows from ``cause``: at most one document.

    Runs under the order's lock, which is taken before the counter of the supplier's documents:
    shipments of other orders of that supplier wait for the end of this transaction, so that a
    number is never skipped.
    """
    match cause.occasion:
        case Occasion.SHIPPED:
            _bill_shipment(order, cause.shipment_id or 0, actor, now)
        case Occasion.TAKEN_BACK:
            _credit_shipment(order, cause, actor, now)
        case Occasion.CLAIM:
            _credit_claim(order, cause, actor, now)
        case Occasion.RETURN:
            taken = _allocated(order, cause.off, cause.shipment_id)
            _credit(order, taken, Reason.RETURN, cause, actor, now)
        case Occasion.CANCELLED:
            _credit_cancelled(order, cause, actor, now)


def _bill_shipment(order: PurchaseOrder, shipment_id: int, actor: Actor, now: dt.datetime) -> None:
    """Invoice a shipment; none is issued for one of which nothing is charged."""
    shipment = db.session.get_one(Shipment, shipment_id)
    billed = billed_packs(order.id)
    sent: dict[int, int] = defaultdict(int)
    lots: dict[int, list[str]] = defaultdict(list)
    for row in shipment.lines:
        sent[row.order_line_id] += row.packs
        if row.lot_number not in lots[row.order_line_id]:
            lots[row.order_line_id].append(row.lot_number)
    lines = []
    for line in order.lines:
        packs = rules.to_bill(sent[line.id], owed=line.owed_packs, billed=billed.get(line.id, 0))
        if packs:
            lines.append(_billed(line, packs, lots[line.id]))
    if not lines:
        return
    invoice = _document(order, InvoiceKind.INVOICE, Reason.SHIPPED, now)
    invoice.shipment_id = shipment.id
    invoice.facts = {**parties_of(order).as_facts(), "shipment": shipment.code}
    invoice.due_on = invoice.issued_on + dt.timedelta(days=_payment_days(order))
    _charge_carriage(invoice, order)
    _issue(invoice, order, lines, actor, now)


def _payment_days(order: PurchaseOrder) -> int:
    agreed = terms_for(order.supplier_id, order.clinic.practice_id, order.currency).payment_days
    return order.supplier.payment_days if agreed is None else agreed


def _charge_carriage(invoice: Invoice, order: PurchaseOrder) -> None:
    """Put carriage on the first invoice of an order: what is owed of it and not billed yet."""
    billed = sum(left for _invoice, left in carriage_left(order.id))
    invoice.carriage_minor = max(order.carriage_owed_minor - billed, 0)
    invoice.carriage_tax_category = order.carriage_tax_category
    invoice.carriage_tax_basis_points = order.carriage_tax_basis_points


def _credit_carriage(note: Invoice, order: PurchaseOrder, reason: Reason) -> None:
    """Put carriage on a credit note once it is not owed any more.

    Of a shipment taken back it is, too, while nothing else is billed: the next one bears it again.
    """
    others = any(left.shipment_id != note.shipment_id for left in lines_left(order.id))
    begins_anew = reason is Reason.TAKEN_BACK and not others
    if order.carriage_owed_minor and not begins_anew:
        return
    for invoice, left in carriage_left(order.id):
        note.carriage_minor += left
        note.carriage_tax_category = invoice.carriage_tax_category
        note.carriage_tax_basis_points = invoice.carriage_tax_basis_points


def _billed(line: OrderLine, packs: int, lots: Sequence[str]) -> InvoiceLine:
    return InvoiceLine(
        order_line_id=line.id,
        sku=line.sku,
        name=line.name,
        packs=packs,
        pack_minor=line.pack_minor,
        net_minor=packs * line.pack_minor,
        tax_category=line.tax_category,
        tax_basis_points=line.tax_basis_points,
        lots=list(lots),
    )


def _credit_shipment(order: PurchaseOrder, cause: Cause, actor: Actor, now: dt.datetime) -> None:
    """Credit all that is left of the invoice of a shipment that was taken back."""
    left = [one for one in lines_left(order.id) if one.shipment_id == cause.shipment_id]
    taken = [(one.line_id, one.packs) for one in left]
    _credit(order, taken, Reason.TAKEN_BACK, cause, actor, now)


def _credit_claim(order: PurchaseOrder, cause: Cause, actor: Actor, now: dt.datetime) -> None:
    """Credit the packs of a claim, of the invoice of the parcel they came in if that is known."""
    shipment_id = db.session.scalar(
        sa.select(Receipt.shipment_id)
        .join(ReceiptLine, ReceiptLine.receipt_id == Receipt.id)
        .join(Claim, Claim.receipt_line_id == ReceiptLine.id)
        .where(Claim.id == cause.claim_id)
    )
    taken = _allocated(order, cause.off, shipment_id)
    _credit(order, taken, Reason.CLAIM, cause, actor, now)


def _credit_cancelled(order: PurchaseOrder, cause: Cause, actor: Actor, now: dt.datetime) -> None:
    """Credit what was billed and is cancelled: packs that went missing or were to be sent again."""
    billed = billed_packs(order.id)
    owed = {line.id: line.owed_packs for line in order.lines}
    over = {line: billed.get(line, 0) - owed[line] for line, packs in cause.off.items() if packs}
    _credit(order, _allocated(order, over, None), Reason.CANCELLED, cause, actor, now)


def _allocated(
    order: PurchaseOrder, packs: Mapping[int, int], shipment_id: int | None
) -> list[tuple[int, int]]:
    """Return (id of an invoice's line, packs) to credit for packs by order line."""
    left: dict[int, list[Left]] = defaultdict(list)
    for one in lines_left(order.id):
        left[one.order_line_id].append(Left(one.line_id, one.shipment_id, one.packs))
    return [
        found
        for line_id, wanted in packs.items()
        for found in rules.allocate(wanted, left[line_id], shipment_id)
    ]


def _credit(
    order: PurchaseOrder,
    taken: Sequence[tuple[int, int]],
    reason: Reason,
    cause: Cause,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Issue a credit note on lines of invoices; none where nothing was billed."""
    if not taken:
        return
    by_id = {line.id: line for line in _lines([line_id for line_id, _packs in taken])}
    lines = [_credited(by_id[line_id], packs, cause) for line_id, packs in taken]
    newest = max((by_id[line_id].invoice for line_id, _packs in taken), key=lambda one: one.id)
    note = _document(order, InvoiceKind.CREDIT_NOTE, reason, now)
    note.claim_id, note.return_id = cause.claim_id, cause.return_id
    note.shipment_id = newest.shipment_id if reason is Reason.TAKEN_BACK else None
    note.supplied_on = newest.supplied_on
    # Who sold to whom is what the invoice said: the note corrects that invoice.
    note.facts = newest.facts
    _credit_carriage(note, order, reason)
    _issue(note, order, lines, actor, now)


def _lines(ids: Iterable[int]) -> Sequence[InvoiceLine]:
    query = (
        sa.select(InvoiceLine)
        .where(InvoiceLine.id.in_(list(ids)))
        .options(sa.orm.joinedload(InvoiceLine.invoice))
    )
    return db.session.scalars(query).all()


def _credited(line: InvoiceLine, packs: int, cause: Cause) -> InvoiceLine:
    """Return packs of an invoice's line as a credit note has them: at no more than their price."""
    pack_minor = min(cause.credit_minor.get(line.order_line_id, line.pack_minor), line.pack_minor)
    return InvoiceLine(
        order_line_id=line.order_line_id,
        credits_id=line.id,
        sku=line.sku,
        name=line.name,
        packs=packs,
        pack_minor=pack_minor,
        net_minor=packs * pack_minor,
        tax_category=line.tax_category,
        tax_basis_points=line.tax_basis_points,
        lots=list(cause.lots.get(line.order_line_id, line.lots)),
    )


def _document(order: PurchaseOrder, kind: InvoiceKind, reason: Reason, now: dt.datetime) -> Invoice:
    today = local_date(now, order.supplier.timezone)
    return Invoice(
        kind=kind,
        reason=reason,
        supplier_id=order.supplier_id,
        order_id=order.id,
        year=today.year,
        carriage_minor=0,
        carriage_tax_category=TaxCategory.NOT_SUBJECT,
        carriage_tax_basis_points=0,
        issued_at=now,
        issued_on=today,
        supplied_on=today,
        currency=order.currency,
    )


def _issue(
    invoice: Invoice,
    order: PurchaseOrder,
    lines: Sequence[InvoiceLine],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Give a document its lines, its sums and, last, its number; write it."""
    for position, line in enumerate(lines, start=1):
        line.position = position
    invoice.lines = list(lines)
    invoice.taxes = [
        InvoiceTax(
            category=share.terms.category,
            basis_points=share.terms.basis_points,
            net_minor=share.net_minor,
            vat_minor=share.vat_minor,
        )
        for share in shares(invoice.taxed)
    ]
    invoice.net_minor = sum(line.net_minor for line in lines) + invoice.carriage_minor
    invoice.vat_minor = sum(tax.vat_minor for tax in invoice.taxes)
    invoice.sequence = _next(invoice.supplier_id, invoice.year)
    invoice.number = rules.number(order.supplier.code, invoice.year, invoice.sequence)
    db.session.add(invoice)
    db.session.flush()
    _record(invoice, order, actor, now)
    following.issued(invoice, actor, now)


def _next(supplier_id: int, year: int) -> int:
    """Return the next number of a supplier's documents in a year; locks its counter."""
    first = upsert(_COUNTER).values(supplier_id=supplier_id, year=year, last=1)
    counted = first.on_conflict_do_update(
        index_elements=[_COUNTER.c.supplier_id, _COUNTER.c.year],
        set_={"last": _COUNTER.c.last + 1},
    ).returning(_COUNTER.c.last)
    return int(execute(counted).scalar_one())


def _record(invoice: Invoice, order: PurchaseOrder, actor: Actor, now: dt.datetime) -> None:
    audit.record(
        actor,
        f"{invoice.kind.value}.issued",
        ("invoice", invoice.id),
        now,
        practice_id=order.clinic.practice_id,
        clinic_id=order.clinic_id,
        supplier_id=order.supplier_id,
        after={
            "number": invoice.number,
            "order": order.number,
            "reason": invoice.reason.value,
            "total": invoice.total.as_json(),
        },
    )
