"""Mails about claims: what is wrong, what was said, how it ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from supply.claims import wording as claim_wording
from supply.ordering import mail as order_mail
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side


def tell_supplier_of_claims(
    order: PurchaseOrder, rows: Sequence[Mapping[str, Any]], now: dt.datetime
) -> None:
    """Queue a mail to the supplier about packs that came damaged, short-dated or not at all.

    Rows are what ``claim_facts.facts`` returns.
    """
    order_mail.tell_supplier(order, "order_claim", _context(rows), now)


def tell_supplier_of_withdrawal(
    order: PurchaseOrder, row: Mapping[str, Any], now: dt.datetime
) -> None:
    """Queue a mail to the supplier: the clinic took a claim back."""
    order_mail.tell_supplier(order, "claim_withdrawn", _context([row]), now)


def tell_clinic_of_settlement(
    order: PurchaseOrder, row: Mapping[str, Any], now: dt.datetime
) -> None:
    """Queue a mail to the clinic: how its claim was settled, or that it was refused."""
    order_mail.tell_clinic(order, "claim_settled", _context([row]), now)


def tell_of_comment(
    order: PurchaseOrder, row: Mapping[str, Any], side: Side, goes_at: dt.datetime, now: dt.datetime
) -> None:
    """Queue a mail to the other side, to go at ``goes_at``: what ``side`` says of a claim."""
    by = order.clinic.name if side is Side.CLINIC else order.supplier.name
    context = {**_context([row]), "by": by}
    tell = order_mail.tell_supplier if side is Side.CLINIC else order_mail.tell_clinic
    tell(order, "claim_comment", context, now, goes_at)


def _context(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"rows": rows, "words": claim_wording}
