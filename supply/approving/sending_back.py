"""An owner sends an order back to who asked for it, and may think again."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.actor import Actor
from supply.baskets.asked import facts_asked
from supply.baskets.charges import copy_carriage
from supply.ordering import mail
from supply.ordering.events import TEXT_LENGTH, locked_order, note, require_stage, today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import WrongStage
from supply.ordering.terms import EventKind, Stage
from supply.refusals import InvalidInput


def send_back(order_id: int, *, reason: str, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Make an order that waits for approval a draft again, and tell who asked for it why.

    It may be changed and asked for anew. The supplier hears nothing. Locks the order: of two
    owners who decide at once, the second is refused.

    Raises:
        InvalidInput: no reason, or one too long.
        WrongStage: not waiting for approval.
    """
    why = " ".join(reason.split())
    if not why:
        raise InvalidInput(("reason", _("Say why, so that it can be changed.")))
    if len(why) > TEXT_LENGTH:
        raise InvalidInput(("reason", _("Use at most %(num)s characters.", num=TEXT_LENGTH)))
    order = locked_order(order_id)
    require_stage(order, Stage.AWAITING_APPROVAL)
    order.stage, order.carriage_minor = Stage.DRAFT, 0
    note(order, EventKind.SENT_BACK, why, actor=actor, now=now)
    mail.tell_who_asked(order, why, actor, now)
    return order


def take_back_sending(order_id: int, *, actor: Actor, now: dt.datetime) -> PurchaseOrder:
    """Let an order that was sent back wait for approval again, as it stands now.

    Locks the order.

    Raises:
        WrongStage: placed, discarded or asked for anew since, or never sent back.
        BelowMinimum: it was changed since, and is too small now.
    """
    order = locked_order(order_id)
    require_stage(order, Stage.DRAFT)
    if not was_sent_back(order):
        raise WrongStage(order.number, order.stage)
    copy_carriage(order, today_at(order, now))
    order.stage = Stage.AWAITING_APPROVAL
    facts = facts_asked(order)
    note(order, EventKind.SENDING_BACK_UNDONE, actor=actor, now=now, facts=facts)
    return order


def was_sent_back(order: PurchaseOrder) -> bool:
    """Return whether the last step on an order was an owner's sending it back."""
    return reason_sent_back(order) is not None


def reason_sent_back(order: PurchaseOrder) -> str | None:
    """Return why a draft was sent back; None where it was not, or something followed."""
    steps = [event for event in order.events if event.kind != EventKind.COMMENT]
    if order.stage is not Stage.DRAFT or not steps or steps[-1].kind != EventKind.SENT_BACK:
        return None
    return steps[-1].text
