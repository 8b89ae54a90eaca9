"""What a supplier's list of invoices says of each: open, overdue, settled; whether it differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask_babel import lazy_gettext as _l

from supply.invoicing.models import Invoice
from supply.invoicing.standing import tells_standing
from supply.matching.matching import Match, matches
from supply.matching.terms import MatchStatus
from supply.open_items.models import OpenItem
from supply.open_items.queries import items_of
from supply.ordering.wording import Word
from supply.web import access

SETTLED = Word(_l("Settled"), "good")
OPEN = Word(_l("Open"), "neutral")
OVERDUE = Word(_l("Overdue"), "bad")


@tells_standing
def told(documents: Sequence[Invoice]) -> Mapping[int, Sequence[Word]]:
    """Return the words of each document: five statements, however many there are."""
    items = items_of([one.id for one in documents])
    open_ones = [
        one.id
        for one in documents
        if not one.is_credit and one.id in items and items[one.id].open_minor
    ]
    matched = matches(open_ones)
    return {
        one.id: _words(items[one.id], matched.get(one.id, Match()))
        for one in documents
        if one.id in items
    }


def _words(item: OpenItem, match: Match) -> list[Word]:
    if not item.open_minor:
        return [SETTLED]
    late = item.due_on is not None and item.due_on < access.today()
    found = [OVERDUE if late else OPEN]
    if match.status is not MatchStatus.MATCHED:
        found.append(match.word)
    return found
