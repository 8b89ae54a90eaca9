"""A trace on paper for the authority: a PDF for people, a CSV for programs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from flask_babel import gettext as _

from supply.documents import layout
from supply.inventory.wording import unit_word
from supply.quantity import Unit, as_text
from supply.reports.patient_trace import GivenSession, PatientTrace
from supply.reports.trace import (
    OnHand,
    Trace,
    TracedLot,
    TracedSession,
    TracedShipment,
    TracedTransfer,
)
from supply.tables import write_csv
from supply.web import filters

COLUMNS = ("what", "clinic", "where", "at", "sku", "name", "lot", "expiry", "quantity", "unit")
"""``what``: shipment, transfer, on_hand, session; ``where``: code, location, patient reference."""

_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "RIGHT")
_WIDTHS = (52, 48, 56, 34)

Row = tuple[str, ...]


def as_csv(found: Trace | PatientTrace) -> bytes:
    """Return a trace as CSV (UTF-8 with a mark, so that spreadsheets read it rightly)."""
    rows = _patient_rows(found) if isinstance(found, PatientTrace) else _lot_rows(found)
    return write_csv(COLUMNS, rows).encode("utf-8-sig")


def _lot_rows(found: Trace) -> Iterator[Row]:
    lots = {lot.id: lot for lot in found.lots}
    number = found.lots[0].number if found.lots else ""
    for parcel in found.shipments:
        at = (parcel.received_at or parcel.shipped_at).isoformat()
        packs = (parcel.sku, "", number, "", str(parcel.packs), "packs")
        yield "shipment", parcel.clinic.code, parcel.code, at, *packs
    for sent in found.transfers:
        where = f"{sent.sender.code} > {sent.receiver.code}"
        of_lot = _of(lots[sent.lot_id], as_text(sent.sent))
        yield "transfer", where, sent.code, sent.sent_at.isoformat(), *of_lot
    for place in found.on_hand:
        of_lot = _of(lots[place.lot_id], as_text(place.quantity))
        yield "on_hand", place.clinic.code, place.location, "", *of_lot
    for given in found.sessions:
        at = given.occurred_at.isoformat()
        of_lot = _of(lots[given.lot_id], as_text(given.quantity))
        yield "session", given.clinic.code, given.patient_reference, at, *of_lot


def _patient_rows(found: PatientTrace) -> Iterator[Row]:
    for session in found.sessions:
        at = session.occurred_at.isoformat()
        for one in session.given:
            of_lot = _of(one.lot, as_text(one.quantity))
            yield "session", session.clinic.code, session.patient_reference, at, *of_lot


def _of(lot: TracedLot, quantity: str) -> Row:
    expiry = lot.expiry.isoformat() if lot.expiry else ""
    return lot.sku, lot.name, lot.number, expiry, quantity, str(lot.unit)


def as_pdf(found: Trace | PatientTrace, now: dt.datetime, timezone: str) -> bytes:
    """Return a trace as a PDF: what it is of, then where it came from, lies and went."""
    page = layout.new_page(_("Trace"))
    layout.heading(page, _("Trace"))
    layout.lines(page, [_title(found), _("As of %(when)s.", when=filters.instant(now, timezone))])
    for title, rows in _parts(found):
        layout.lines(page, [title])
        layout.table(page, _WIDTHS, _ALIGNS, rows)
        layout.space(page)
    return layout.finished(page)


def _title(found: Trace | PatientTrace) -> str:
    if isinstance(found, PatientTrace):
        return str(_("Patient reference %(reference)s", reference=found.reference))
    lot = found.lots[0]
    return f"{lot.name} ({lot.sku}), {_('lot %(lot)s', lot=lot.number)}"


def _parts(found: Trace | PatientTrace) -> Iterator[tuple[str, list[Row]]]:
    where = (_("Shipment"), _("Clinic"), _("When"), _("Packs"))
    yield _("Shipments"), [where, *map(_shipment, found.shipments)]
    lots = {lot.id: lot for lot in found.lots}
    if isinstance(found, Trace) and found.transfers:
        where = (_("Transfer"), _("From and to"), _("When"), _("Quantity"))
        sent = (_transfer(row, lots[row.lot_id]) for row in found.transfers)
        yield _("Transfers"), [where, *sent]
    where = (_("Location"), _("Clinic"), _("Lot"), _("Quantity"))
    yield _("On the shelves"), [where, *(_shelf(row, lots[row.lot_id]) for row in found.on_hand)]
    where = (_("Patient reference"), _("Clinic"), _("Lot"), _("Quantity"))
    yield _("Sessions"), [where, *_sessions(found, lots)]


def _shipment(row: TracedShipment) -> Row:
    at = filters.instant(row.received_at or row.shipped_at, row.clinic.timezone)
    said = _("received %(when)s", when=at) if row.received_at else _("sent %(when)s", when=at)
    return f"{row.code}\n{row.supplier}", row.clinic.name, said, str(row.packs)


def _transfer(row: TracedTransfer, lot: TracedLot) -> Row:
    at = filters.instant(row.sent_at, row.sender.timezone)
    between = f"{row.sender.name}\n{row.receiver.name}"
    return f"{row.code}\n{lot.number}", between, at, _amount(row.sent, lot)


def _shelf(row: OnHand, lot: TracedLot) -> Row:
    return row.location, row.clinic.name, f"{lot.number}\n{lot.name}", _amount(row.quantity, lot)


def _sessions(found: Trace | PatientTrace, lots: Mapping[int, TracedLot]) -> Iterator[Row]:
    if isinstance(found, PatientTrace):
        for session in found.sessions:
            for one in session.given:
                yield _session(session, one.lot, one.quantity)
    else:
        for given in found.sessions:
            yield _session(given, lots[given.lot_id], given.quantity)
        if found.untold:
            yield _("Your role does not include patient references."), "", "", ""


def _session(row: GivenSession | TracedSession, lot: TracedLot, quantity: Decimal) -> Row:
    at = filters.instant(row.occurred_at, row.clinic.timezone)
    what = f"{lot.number}\n{lot.name}"
    return f"{row.patient_reference}\n{at}", row.clinic.name, what, _amount(quantity, lot)


def _amount(quantity: Decimal, lot: TracedLot) -> str:
    return f"{filters.quantity(quantity)} {unit_word(Unit(lot.unit), quantity)}"
