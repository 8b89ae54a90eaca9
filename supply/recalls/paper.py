"""What became of a recall at a practice, to keep or to send: the reply as PDF, sessions as CSV."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.documents import layout
from supply.items.models import Item
from supply.items.wording import measure
from supply.quantity import as_text
from supply.recalls import wording as words
from supply.recalls.figures import Row
from supply.recalls.models import Recall, RecallPractice
from supply.recalls.queries import Given
from supply.tables import write_csv
from supply.web import filters

COLUMNS = ("clinic", "patient_ref", "at", "session", "sku", "name", "lot", "quantity", "unit")

_ALIGNS: Final[tuple[layout.Align, ...]] = ("LEFT", "LEFT", "LEFT", "RIGHT")
_WIDTHS = (48, 40, 62, 40)


@dataclass(frozen=True, slots=True)
class Here:
    """What is known of a recall at a practice's clinics."""

    clinic: Clinic
    clinics: Mapping[int, Clinic]
    rows: Sequence[Row]
    sessions: Sequence[Given]
    items: Mapping[int, Item]


def as_csv(here: Here) -> bytes:
    """Return the sessions that used some, as CSV (UTF-8 with a mark, for spreadsheets)."""
    rows = (_csv_row(one, here) for one in here.sessions)
    return write_csv(COLUMNS, rows).encode("utf-8-sig")


def _csv_row(one: Given, here: Here) -> tuple[str, ...]:
    item = here.items[one.item_id]
    return (
        here.clinics[one.clinic_id].code,
        one.patient_reference,
        one.occurred_at.isoformat(),
        str(one.session_id),
        item.code,
        item.name,
        one.number,
        as_text(one.quantity),
        item.unit.value,
    )


def as_pdf(recall: Recall, row: RecallPractice, here: Here, now: dt.datetime) -> bytes:
    """Return the reply to a recall: what was said, what became of every lot, who got some."""
    title = _("Reply to recall %(number)s", number=recall.id)
    page = layout.new_page(title)
    layout.heading(page, title)
    layout.lines(page, _said(recall, row, here, now))
    layout.lines(page, [_("What became of it")])
    head = (_("Clinic"), _("Lot"), _("What became of it"), _("Left"))
    layout.table(page, _WIDTHS, _ALIGNS, [head, *(_lot(one, here) for one in here.rows)])
    layout.space(page)
    layout.lines(page, [_("Sessions")])
    head = (_("Patient reference"), _("Clinic"), _("Lot"), _("Quantity"))
    layout.table(page, _WIDTHS, _ALIGNS, [head, *(_session(one, here) for one in here.sessions)])
    layout.space(page)
    layout.lines(page, [_("Signed: ____________________"), _("Date: ____________________")])
    return layout.finished(page)


def _said(recall: Recall, row: RecallPractice, here: Here, now: dt.datetime) -> Iterator[str]:
    zone = here.clinic.timezone
    yield here.clinic.practice.name
    yield words.headline(recall, [one.number for one in here.rows])
    yield _("Declared by %(supplier)s %(when)s.", supplier=recall.supplier.name,
            when=filters.instant(recall.declared_at, zone))  # fmt: skip
    if recall.reference:
        yield _("Safety notice %(reference)s.", reference=recall.reference)
    if recall.device:
        yield _("Device %(device)s.", device=recall.device)
    yield recall.reason
    if row.answer is not None and row.acknowledged_at is not None:
        yield _(
            "Answer: %(answer)s, %(when)s, by %(person)s.",
            answer=words.ANSWER_WORDS[row.answer],
            when=filters.instant(row.acknowledged_at, zone),
            person=row.acknowledged_by.name if row.acknowledged_by else "",
        )
    else:
        yield _("Not answered yet.")
    if row.note:
        yield row.note
    yield _("As of %(when)s.", when=filters.instant(now, zone))


def _lot(row: Row, here: Here) -> tuple[str, str, str, str]:
    item = here.items[row.item_id]
    became = words.became(row, item).replace(" · ", "\n")
    name = here.clinics[row.clinic_id].name
    return name, f"{row.number}\n{item.name}", became, measure(row.unaccounted, item)


def _session(one: Given, here: Here) -> tuple[str, str, str, str]:
    item, clinic = here.items[one.item_id], here.clinics[one.clinic_id]
    at = filters.instant(one.occurred_at, clinic.timezone)
    who = f"{one.patient_reference}\n{at}"
    return who, clinic.name, f"{one.number}\n{item.name}", measure(one.quantity, item)
