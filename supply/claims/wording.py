"""Claims in words: what is wrong, how it ended, and what the timeline says."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import lazy_pgettext, ngettext

from supply.claims.terms import SETTLEMENTS, ClaimOutcome, ClaimStatus, Goods
from supply.ordering.models import OrderEvent
from supply.ordering.terms import EventKind
from supply.ordering.wording import Word, tells
from supply.receiving.terms import ClaimKind, ClaimWish
from supply.receiving.wording import WISHES

KINDS = {
    ClaimKind.DAMAGED: _l("Damaged"),
    ClaimKind.MISSING: _l("Missing"),
    ClaimKind.WRONG: _l("Wrong product"),
    ClaimKind.SHORT_DATED: _l("Short-dated"),
}
OUTCOMES = {
    ClaimOutcome.CREDIT: _l("Credited"),
    ClaimOutcome.REFUND: _l("Refunded"),
    ClaimOutcome.RESEND: _l("Sent again"),
    ClaimOutcome.REFUSED: _l("Refused"),
    ClaimOutcome.WITHDRAWN: _l("Withdrawn"),
}
ANSWERS = {
    ClaimOutcome.CREDIT: _l("Credit"),
    ClaimOutcome.REFUND: _l("Refund"),
    ClaimOutcome.RESEND: _l("Send again, at no charge"),
    ClaimOutcome.REFUSED: _l("Refuse"),
}
GOODS = {
    Goods.RELEASED: _l("Released for use"),
    Goods.RETURNED: _l("Returned to the supplier"),
    Goods.WASTED: _l("Wasted"),
}
STATUSES = {
    ClaimStatus.OPEN: Word(lazy_pgettext("claim", "Open"), "warn"),
    ClaimStatus.SETTLED: Word(_l("Settled"), "good"),
    ClaimStatus.REFUSED: Word(_l("Refused"), "bad"),
    ClaimStatus.WITHDRAWN: Word(_l("Withdrawn"), "neutral"),
}


def answers() -> list[tuple[str, str]]:
    """Return the choices a supplier has."""
    return [(outcome.value, str(ANSWERS[outcome])) for outcome in SETTLEMENTS]


def kind(word: str) -> str:
    """Return what is wrong, in words."""
    return str(KINDS[ClaimKind(word)])


def wish(word: str) -> str:
    """Return what is wanted, in words."""
    return str(WISHES[ClaimWish(word)])


def outcome(word: str) -> str:
    """Return how a claim ended, in words."""
    return str(OUTCOMES[ClaimOutcome(word)])


def packs_of(event: OrderEvent) -> str:
    """Return which packs an event is about: "2 packs of Biotin 5 ml"."""
    facts = event.facts or {}
    packs = int(facts.get("packs", 0))
    return str(
        ngettext(
            "%(num)d pack of %(name)s",
            "%(num)d packs of %(name)s",
            packs,
            name=facts.get("name", ""),
        )
    )


@tells(EventKind.CLAIMED)
def _claimed(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    title = _(
        "Claimed: %(packs)s, %(kind)s. Wanted: %(wish)s",
        packs=packs_of(event),
        kind=kind(facts["kind"]).lower(),
        wish=wish(facts["want"]).lower(),
    )
    return str(title), event.text


@tells(EventKind.CLAIM_SETTLED)
def _settled(event: OrderEvent) -> tuple[str, str]:
    facts = event.facts or {}
    if facts["outcome"] == ClaimOutcome.REFUSED:
        return str(_("Claim refused: %(packs)s", packs=packs_of(event))), event.text
    title = _(
        "Claim settled: %(packs)s, %(outcome)s",
        packs=packs_of(event),
        outcome=outcome(facts["outcome"]).lower(),
    )
    return str(title), event.text


@tells(EventKind.CLAIM_WITHDRAWN)
def _withdrawn(event: OrderEvent) -> tuple[str, str]:
    return str(_("Claim withdrawn: %(packs)s", packs=packs_of(event))), event.text


@tells(EventKind.CLAIM_GOODS)
def _parted(event: OrderEvent) -> tuple[str, str]:
    kept = (event.facts or {})["goods"]
    if kept is None:
        return str(_("Claimed goods: %(packs)s, on hold again", packs=packs_of(event))), ""
    goods = GOODS[Goods(kept)]
    title = _("Claimed goods: %(packs)s, %(goods)s", packs=packs_of(event), goods=goods.lower())
    return str(title), ""
