"""What both sides say of a claim, beside its answer: each word stays, and the other side hears."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask_babel import gettext as _

from supply import text
from supply.actor import Actor
from supply.audit import services as audit
from supply.claims import facts as claim_facts
from supply.claims import mail, rules
from supply.claims.claiming import LONGEST_NOTE, locked_claim
from supply.claims.models import Claim, ClaimComment
from supply.db import db
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Side
from supply.refusals import InvalidInput


def comment_on_claim(
    claim_id: int, said: str, side: Side, *, actor: Actor, now: dt.datetime
) -> ClaimComment:
    """Say something of a claim, open or ended; the other side gets a mail in a few minutes.

    What is said while a mail waits to go is read with it: there is no second one. Locks the order.

    Raises:
        InvalidInput: field ``text``: nothing is said, or too much.
    """
    kept = text.clean(said)
    if not kept:
        raise InvalidInput(("text", _("Write what you want to say.")))
    if len(kept) > LONGEST_NOTE:
        raise InvalidInput(("text", _("Use at most %(max)d characters.", max=LONGEST_NOTE)))
    claim, order = locked_claim(claim_id)
    goes_at = rules.next_mail(_last_mail(claim_id, side), now)
    comment = ClaimComment(
        claim_id=claim_id,
        side=side,
        text=kept,
        at=now,
        person_id=actor.person_id,
        mail_at=goes_at.at,
    )
    db.session.add(comment)
    db.session.flush()
    _record(claim, order, comment, actor, now)
    if goes_at.is_new:
        row = {**claim_facts.facts(claim, claim.lot_number), "said": kept}
        mail.tell_of_comment(order, row, side, goes_at.at, now)
    return comment


def _last_mail(claim_id: int, side: Side) -> dt.datetime | None:
    """Return when the last mail goes, or went, that tells of what a side said of a claim."""
    return db.session.scalar(
        sa.select(sa.func.max(ClaimComment.mail_at)).where(
            ClaimComment.claim_id == claim_id, ClaimComment.side == side
        )
    )


def _record(
    claim: Claim, order: PurchaseOrder, comment: ClaimComment, actor: Actor, now: dt.datetime
) -> None:
    audit.record(
        actor,
        "claim.commented",
        ("claim", claim.id),
        now,
        practice_id=order.clinic.practice_id,
        clinic_id=order.clinic_id,
        supplier_id=order.supplier_id,
        after={"side": comment.side.value, "text": comment.text},
    )
