"""What a return is in the words of a timeline, a mail and the audit: JSON-ready."""

from __future__ import annotations

from typing import Any

from supply.returning.models import Return, ReturnLine


def facts(whole: Return) -> dict[str, Any]:
    """Return what is kept of a return as it stands."""
    order = whole.order
    return {
        "return": whole.id,
        "rma": whole.number,
        "state": whole.state.value,
        "reason": whole.reason.value,
        "note": whole.note,
        "answer": whole.answer,
        "valid_until": whole.valid_until.isoformat() if whole.valid_until else None,
        "carriage": whole.carriage_by.value if whole.carriage_by else None,
        "carrier": whole.carrier,
        "tracking": whole.tracking,
        "currency": order.currency,
        "credit_minor": whole.credit.minor,
        "by_card": order.pay_by.value == "card",
        "lines": [_line(line) for line in whole.lines],
    }


def _line(line: ReturnLine) -> dict[str, Any]:
    return {
        "sku": line.order_line.sku,
        "name": line.order_line.name,
        "lot": line.lot.number,
        "packs": line.packs,
        "paid_minor": line.order_line.pack_minor,
        "credit_minor": line.credit_minor,
        "accepted": line.accepted,
        "refused": line.refused,
        "why": line.refused_why,
        "fate": line.fate.value if line.fate else None,
    }
