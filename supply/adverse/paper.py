"""An adverse event on paper, for the maker: the lots as they were known, and never a name."""

from __future__ import annotations

from typing import Final

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.adverse.models import AdverseEvent, AdverseEventLot
from supply.adverse.wording import SEVERITY_WORDS, unit_of
from supply.documents import layout
from supply.web import filters

_WIDTHS = (60, 40, 50, 40)
_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "RIGHT")


def pdf(event: AdverseEvent, clinic: Clinic) -> bytes:
    """Return an event as a PDF."""
    title = _("Adverse event %(number)s", number=event.id)
    page = layout.new_page(title)
    layout.heading(page, title)
    layout.lines(page, _said(event, clinic))
    head = (_("Product"), _("Lot and expiry"), _("Maker and supplier"), _("Given"))
    layout.table(page, _WIDTHS, _ALIGNS, [head, *(_cells(lot) for lot in event.lots)])
    layout.space(page)
    for note in event.notes:
        at = filters.instant(note.noted_at, clinic.timezone)
        layout.lines(page, [_("Added %(when)s: %(note)s", when=at, note=note.note)])
    return layout.finished(page)


def _said(event: AdverseEvent, clinic: Clinic) -> list[str]:
    session = event.session
    said = [
        clinic.name,
        f"{event.kind} ({SEVERITY_WORDS[event.severity]})",
        _("Patient reference %(reference)s", reference=session.patient_reference),
        _("Noticed %(when)s.", when=filters.instant(event.noticed_at, clinic.timezone)),
        _("Written down %(when)s.", when=filters.instant(event.recorded_at, clinic.timezone)),
        event.note,
    ]
    if session.occurred_at:
        given = filters.instant(session.occurred_at, clinic.timezone)
        said.insert(3, _("Given %(when)s.", when=given))
    return [line for line in said if line]


def _cells(lot: AdverseEventLot) -> tuple[str, str, str, str]:
    product = "\n".join(filter(None, (lot.name, lot.sku, lot.gtin)))
    number = f"{lot.number}\n{filters.short_date(lot.expiry)}" if lot.expiry else lot.number
    made = "\n".join(filter(None, (lot.maker, lot.supplier)))
    amount = f"{filters.quantity(lot.quantity)} {unit_of(lot)}"
    return product, number, made, amount
