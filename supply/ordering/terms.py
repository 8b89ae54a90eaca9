"""Words of ordering: stages and statuses."""

from __future__ import annotations

import enum


class Stage(enum.StrEnum):
    """The decisions taken on an order; what moved shows in its line counters."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_PAYMENT = "awaiting_payment"
    """To be paid by card: it goes to the supplier once it is."""
    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DECLINED = "declined"


class PayBy(enum.StrEnum):
    """How an order is paid."""

    ACCOUNT = "account"
    """By invoice, on the supplier's terms."""
    CARD = "card"
    """Before it goes to the supplier."""


OPEN_STAGES = (Stage.PLACED, Stage.ACKNOWLEDGED)
"""Stages in which goods may still come."""

UNPLACED_STAGES = (Stage.DRAFT, Stage.AWAITING_APPROVAL, Stage.AWAITING_PAYMENT)
"""Stages in which the supplier knows nothing of it."""


class OrderStatus(enum.StrEnum):
    """The status people see, derived from stage and line counters."""

    DRAFT = "draft"
    AWAITING_APPROVAL = "awaiting_approval"
    AWAITING_PAYMENT = "awaiting_payment"
    PLACED = "placed"
    ACKNOWLEDGED = "acknowledged"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    RECEIVED = "received"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DECLINED = "declined"


class EventKind(enum.StrEnum):
    """What an order's timeline tells. The page words it; the row keeps the facts."""

    PROPOSED = "proposed"
    """Its supplier wrote it for the clinic, which has still to place it."""
    PLACED = "placed"
    APPROVAL_ASKED = "approval_asked"
    APPROVED = "approved"
    APPROVED_TO_PAY = "approved_to_pay"
    PAYMENT_ASKED = "payment_asked"
    """It is to be paid by card before it goes to the supplier."""
    PAID = "paid"
    PAYMENT_HELD = "payment_held"
    """Money came that does not agree with the order: somebody has to look."""
    REFUNDED = "refunded"
    REFUND_FAILED = "refund_failed"
    DISPUTED = "disputed"
    DISPUTE_ENDED = "dispute_ended"
    SENT_BACK = "sent_back"
    """An owner wants it changed: it is a draft again."""
    SENDING_BACK_UNDONE = "sending_back_undone"
    NOT_MAILED = "not_mailed"
    """The supplier has no address: somebody must send the order by hand."""
    ACKNOWLEDGED = "acknowledged"
    DECLINED = "declined"
    SUBSTITUTE_ACCEPTED = "substitute_accepted"
    SUBSTITUTE_REFUSED = "substitute_refused"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    RECEIVED = "received"
    RECEIPT_UNDONE = "receipt_undone"
    CLAIMED = "claimed"
    CLAIM_SETTLED = "claim_settled"
    CLAIM_WITHDRAWN = "claim_withdrawn"
    CLAIM_GOODS = "claim_goods"
    """The clinic said what became of claimed packs on hold."""
    DECLINE_UNDONE = "decline_undone"
    CANCEL_UNDONE = "cancel_undone"
    SHIPMENT_UNDONE = "shipment_undone"
    COMMENT = "comment"
    CHANGED = "changed"
    """The clinic changed it before its supplier had answered."""
    CHANGE_PROPOSED = "change_proposed"
    CHANGE_ACCEPTED = "change_accepted"
    CHANGE_DECLINED = "change_declined"
    CHANGE_WITHDRAWN = "change_withdrawn"
    BACKORDER_MOVED = "backorder_moved"
    """The supplier says another day for packs that follow."""
    RETURN_ASKED = "return_asked"
    RETURN_AUTHORISED = "return_authorised"
    RETURN_REFUSED = "return_refused"
    RETURN_WITHDRAWN = "return_withdrawn"
    RETURN_SENT = "return_sent"
    RETURN_SENDING_UNDONE = "return_sending_undone"
    RETURN_SETTLED = "return_settled"
    """Its supplier received it: accepted, in part or not at all."""
    RETURN_BACK = "return_back"
    """Packs that the supplier did not accept are back at the clinic."""
    RETURN_BACK_UNDONE = "return_back_undone"


class OfferStatus(enum.StrEnum):
    """What became of a substitute that a supplier offered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    """What it stood for was cancelled before the clinic answered."""


class Side(enum.StrEnum):
    """Who acts on an order."""

    CLINIC = "clinic"
    SUPPLIER = "supplier"
