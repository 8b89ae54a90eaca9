"""Differences of invoices in words."""

from __future__ import annotations

from collections.abc import Collection

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from supply.matching.terms import DifferenceKind, MatchStatus
from supply.money import Money
from supply.ordering.wording import Word
from supply.web import filters

_NOT_HERE_YET = Word(_l("Not received yet"), "neutral")
_MATCHES: dict[MatchStatus, Word] = {
    MatchStatus.MATCHED: Word(_l("Matches"), "good"),
    MatchStatus.DIFFERS: Word(_l("Differs"), "bad"),
    MatchStatus.WAIVED: Word(_l("Differs, paid nevertheless"), "warn"),
}


def match_word(status: MatchStatus, kinds: Collection[DifferenceKind]) -> Word:
    """Return the word for how an invoice matches; a parcel on its way is nobody's fault."""
    if status is MatchStatus.DIFFERS and set(kinds) == {DifferenceKind.NOT_RECEIVED}:
        return _NOT_HERE_YET
    return _MATCHES[status]


def difference(
    kind: DifferenceKind, packs: int, name: str, *, billed: Money, ordered: Money
) -> str:
    """Say in what an invoice's line differs; ``billed`` and ``ordered`` are prices of a pack."""
    if kind is DifferenceKind.PRICE:
        sentence = _(
            "%(name)s invoiced at %(billed)s a pack, ordered at %(ordered)s",
            name=name,
            billed=filters.money(billed),
            ordered=filters.money(ordered),
        )
        return str(sentence)
    return _of_packs(kind, packs, name)


def _of_packs(kind: DifferenceKind, packs: int, name: str) -> str:
    told = {
        DifferenceKind.NOT_RECEIVED: ngettext(
            "%(num)d pack of %(name)s invoiced and not received",
            "%(num)d packs of %(name)s invoiced and not received",
            packs,
            name=name,
        ),
        DifferenceKind.MISSING: ngettext(
            "%(num)d pack of %(name)s missing from the parcel, claim open",
            "%(num)d packs of %(name)s missing from the parcel, claim open",
            packs,
            name=name,
        ),
        DifferenceKind.CLAIMED: ngettext(
            "%(num)d pack of %(name)s received and claimed, claim open",
            "%(num)d packs of %(name)s received and claimed, claim open",
            packs,
            name=name,
        ),
        DifferenceKind.TO_REPLACE: ngettext(
            "%(num)d pack of %(name)s to be sent again, not received yet",
            "%(num)d packs of %(name)s to be sent again, not received yet",
            packs,
            name=name,
        ),
        DifferenceKind.NOT_ORDERED: ngettext(
            "%(num)d pack of %(name)s more invoiced than ordered",
            "%(num)d packs of %(name)s more invoiced than ordered",
            packs,
            name=name,
        ),
    }
    return str(told[kind])
