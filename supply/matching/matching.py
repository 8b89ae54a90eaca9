"""Order, receipt and invoice, matched line by line for any number of invoices at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased, joinedload

from supply.claims.models import Claim
from supply.claims.terms import ClaimOutcome
from supply.db import AnyRow, db
from supply.invoicing.models import Invoice, InvoiceLine
from supply.invoicing.terms import InvoiceKind
from supply.matching import rules, wording
from supply.matching.models import PaidNevertheless
from supply.matching.rules import BilledLine, Claimed, OrderedLine
from supply.matching.terms import DifferenceKind, MatchStatus
from supply.money import Money
from supply.open_items.models import OpenItem
from supply.ordering.models import OrderLine
from supply.ordering.wording import Word
from supply.receiving.models import Receipt, ReceiptLine
from supply.shipping.models import Shipment, ShipmentLine


@dataclass(frozen=True, slots=True)
class Named:
    """A difference of an invoice's line, and what is said of it."""

    kind: DifferenceKind
    sku: str
    packs: int
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """What order, receipt and invoice say together; ``waiver`` is why it is paid nevertheless."""

    differences: Sequence[Named] = ()
    waiver: PaidNevertheless | None = None

    @property
    def status(self) -> MatchStatus:
        """Whether it matches, differs, or differs and is paid nevertheless."""
        if not self.differences:
            return MatchStatus.MATCHED
        return MatchStatus.DIFFERS if self.waiver is None else MatchStatus.WAIVED

    @property
    def word(self) -> Word:
        """What is said of it in one word."""
        return wording.match_word(self.status, {one.kind for one in self.differences})

    @property
    def blocks(self) -> bool:
        """Whether the practice may not pay it yet."""
        return self.status is MatchStatus.DIFFERS


def matches(invoice_ids: Collection[int]) -> dict[int, Match]:
    """Return by id how invoices match; credit notes have none. Four statements at most."""
    lines = _lines(invoice_ids)
    if not lines:
        return {}
    orders = {row.order_id for row in lines}
    received, claimed = _received(orders), _claimed(orders)
    by_order_line: dict[int, list[AnyRow]] = defaultdict(list)
    for row in lines:
        by_order_line[row.order_line_id].append(row)
    named: dict[int, list[Named]] = defaultdict(list)
    for order_line_id, rows in by_order_line.items():
        ordered = _ordered(rows, received[order_line_id], claimed[order_line_id])
        for invoice_id, one in _named(rows, rules.differences(ordered)):
            named[invoice_id].append(one)
    waivers = _waivers(invoice_ids)
    found = {row.invoice_id for row in lines} & set(invoice_ids)
    return {one: Match(named[one], waivers.get(one)) for one in sorted(found)}


def _lines(invoice_ids: Collection[int]) -> Sequence[AnyRow]:
    """Return the lines of all invoices of the orders that ``invoice_ids`` are of, oldest first."""
    note = aliased(InvoiceLine)
    credited = (
        sa.select(sa.func.coalesce(sa.func.sum(note.packs), 0))
        .where(note.credits_id == InvoiceLine.id)
        .scalar_subquery()
    )
    orders = sa.select(Invoice.order_id).where(Invoice.id.in_(list(invoice_ids)))
    return db.session.execute(
        sa.select(
            InvoiceLine.id,
            InvoiceLine.invoice_id,
            InvoiceLine.order_line_id,
            InvoiceLine.sku,
            InvoiceLine.name,
            InvoiceLine.packs,
            InvoiceLine.pack_minor,
            Invoice.currency,
            Invoice.order_id,
            Invoice.shipment_id,
            OrderLine.packs.label("ordered"),
            OrderLine.pack_minor.label("ordered_minor"),
            credited.label("credited"),
        )
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .join(OrderLine, OrderLine.id == InvoiceLine.order_line_id)
        .where(Invoice.order_id.in_(orders), Invoice.kind == InvoiceKind.INVOICE)
        .order_by(InvoiceLine.id)
    ).all()


def _received(orders: Collection[int]) -> Mapping[int, dict[int, int]]:
    """Return by order line and shipment the packs that were received."""
    rows = db.session.execute(
        sa.select(
            ShipmentLine.order_line_id,
            ShipmentLine.shipment_id,
            sa.func.sum(ShipmentLine.good + ShipmentLine.damaged),
        )
        .join(Shipment, Shipment.id == ShipmentLine.shipment_id)
        .where(Shipment.order_id.in_(list(orders)))
        .group_by(ShipmentLine.order_line_id, ShipmentLine.shipment_id)
    )
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for order_line_id, shipment_id, packs in rows:
        found[order_line_id][shipment_id] = int(packs)
    return found


def _claimed(orders: Collection[int]) -> Mapping[int, dict[int, Claimed]]:
    """Return by order line and shipment the packs that claims are about."""
    shipment = sa.func.coalesce(Receipt.shipment_id, 0)
    rows = db.session.execute(
        sa.select(
            Claim.order_line_id,
            shipment.label("shipment_id"),
            _packs(Claim.taken_in, Claim.outcome.is_(None)).label("open"),
            _packs(~Claim.taken_in, Claim.outcome.is_(None)).label("missing"),
            _packs(Claim.taken_in, Claim.outcome == ClaimOutcome.RESEND).label("replaced"),
            _packs(
                Claim.taken_in, Claim.outcome.in_((ClaimOutcome.CREDIT, ClaimOutcome.REFUND))
            ).label("gone"),
            _packs(~Claim.taken_in, Claim.outcome == ClaimOutcome.REFUSED).label("said_sent"),
        )
        .outerjoin(ReceiptLine, ReceiptLine.id == Claim.receipt_line_id)
        .outerjoin(Receipt, Receipt.id == ReceiptLine.receipt_id)
        .where(Claim.order_id.in_(list(orders)))
        .group_by(Claim.order_line_id, shipment)
    )
    found: dict[int, dict[int, Claimed]] = defaultdict(dict)
    for row in rows:
        found[row.order_line_id][row.shipment_id] = Claimed(
            open=int(row.open),
            missing=int(row.missing),
            replaced=int(row.replaced),
            gone=int(row.gone),
            said_sent=int(row.said_sent),
        )
    return found


def _packs(*where: sa.ColumnExpressionArgument[bool]) -> sa.Function[int]:
    return sa.func.sum(sa.case((sa.and_(*where), Claim.packs), else_=0))


def _waivers(invoice_ids: Collection[int]) -> dict[int, PaidNevertheless]:
    rows = db.session.execute(
        sa.select(OpenItem.invoice_id, PaidNevertheless)
        .join(PaidNevertheless, PaidNevertheless.item_id == OpenItem.id)
        .where(OpenItem.invoice_id.in_(list(invoice_ids)), PaidNevertheless.taken_back_at.is_(None))
        .options(joinedload(PaidNevertheless.person))
    )
    return {invoice_id: waiver for invoice_id, waiver in rows if invoice_id is not None}


def _ordered(
    rows: Sequence[AnyRow], received: Mapping[int, int], claimed: Mapping[int, Claimed]
) -> OrderedLine:
    billed = [
        BilledLine(
            line_id=row.id,
            invoice_id=row.invoice_id,
            shipment_id=row.shipment_id,
            packs=row.packs - int(row.credited),
            billed=row.packs,
            pack_minor=row.pack_minor,
        )
        for row in rows
    ]
    placed = dict(claimed)
    if 0 in placed:
        # Nobody knows in which parcel these came: they are taken to be of the newest invoice.
        newest = billed[-1].shipment_id or 0
        placed[newest] = _together(placed.get(newest, Claimed()), placed.pop(0))
    return OrderedLine(rows[0].ordered, rows[0].ordered_minor, billed, received, placed)


def _together(one: Claimed, other: Claimed) -> Claimed:
    return Claimed(
        open=one.open + other.open,
        missing=one.missing + other.missing,
        replaced=one.replaced + other.replaced,
        gone=one.gone + other.gone,
        said_sent=one.said_sent + other.said_sent,
    )


def _named(
    rows: Sequence[AnyRow], found: Sequence[rules.Difference]
) -> Iterator[tuple[int, Named]]:
    by_id = {row.id: row for row in rows}
    for one in found:
        row = by_id[one.line_id]
        text = wording.difference(
            one.kind,
            one.packs,
            row.name,
            billed=Money(row.pack_minor, row.currency),
            ordered=Money(one.ordered_minor, row.currency),
        )
        yield row.invoice_id, Named(one.kind, row.sku, one.packs, text)
