"""A clinic sends what is authorised; until its supplier has received it, that can be undone."""

from __future__ import annotations

import datetime as dt

from flask_babel import gettext as _

from supply.actor import Actor
from supply.db import db
from supply.inventory.reversal import on_reversal
from supply.ordering.events import today_at
from supply.ordering.terms import EventKind, Side
from supply.returning import goods, rules
from supply.returning.models import Return
from supply.returning.services import kept, locked_return, tell
from supply.returning.terms import Step

LONGEST = 100
"""Characters of a carrier's name, or of a tracking number."""


def send(
    return_id: int, *, carrier: str = "", tracking: str = "", actor: Actor, now: dt.datetime
) -> tuple[Return, int]:
    """Send the packs of an authorised return; return it and the entry by which they leave stock.

    The supplier gets a mail. Locks the order, then balances by id.

    Raises:
        WrongStep: not authorised, lapsed, or sent before.
        InvalidInput: too little of a lot can be sent, a carrier or number that is too long.
    """
    carrier = kept(carrier, "carrier", LONGEST)
    tracking = kept(tracking, "tracking", LONGEST)
    whole, order = locked_return(return_id)
    state = rules.moved(whole.state_on(today_at(order, now)), Step.SEND)
    reason = _("Returned to the supplier, %(rma)s.", rma=whole.number)
    entry_id = goods.take_off_the_shelf(whole, str(reason), actor, now)
    whole.state, whole.entry_id = state, entry_id
    whole.carrier, whole.tracking = carrier, tracking
    whole.sent_at, whole.sent_by_id = now, actor.person_id
    db.session.flush()
    tell(whole, EventKind.RETURN_SENT, Side.CLINIC, "", actor, now)
    return whole, entry_id


@on_reversal(goods.SOURCE, locks=locked_return)
def undo_sending(return_id: int, actor: Actor, now: dt.datetime) -> None:
    """Take a return back to where it was authorised: its entry is reversed; the order is locked.

    Raises:
        WrongStep: its supplier has received it.
    """
    whole, _order = locked_return(return_id)
    whole.state = rules.moved(whole.state, Step.UNDO_SENDING)
    whole.entry_id, whole.sent_at, whole.sent_by_id = None, None, None
    goods.put_holds_back(whole)
    tell(whole, EventKind.RETURN_SENDING_UNDONE, Side.CLINIC, "", actor, now)
