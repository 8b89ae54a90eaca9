"""What the diary says of the clinic's own calendar: that it is not read, or that bookings wait."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import sqlalchemy as sa
from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.calendars.models import CalendarEvent, CalendarFeed
from supply.calendars.terms import EventState
from supply.calendars.wording import TROUBLES
from supply.db import db
from supply.diary import notices
from supply.diary.notices import Notice
from supply.web import access
from supply.web.filters import instant


@notices.tells
def tell(clinic: Clinic, today: dt.date) -> Iterator[Notice]:
    """Yield what there is to say. One statement."""
    waiting = (
        sa.select(sa.func.count())
        .where(
            CalendarEvent.clinic_id == CalendarFeed.clinic_id,
            CalendarEvent.state == EventState.WAITING,
            CalendarEvent.day >= today,
        )
        .scalar_subquery()
    )
    row = db.session.execute(
        sa.select(
            CalendarFeed.trouble, CalendarFeed.troubled_since, waiting.label("waiting")
        ).where(CalendarFeed.clinic_id == clinic.id)
    ).one_or_none()
    if row is None:
        return
    if row.trouble is not None:
        since = instant(row.troubled_since, clinic.timezone)
        said = _("The clinic's calendar is not read since %(when)s.", when=since)
        url = url_for("calendars.calendar", clinic_code=clinic.code)
        yield Notice(f"{said} {TROUBLES[row.trouble]}", url if access.can(Right.STOCK) else None)
    if row.waiting:
        said = ngettext(
            "%(num)s booking from the clinic's calendar waits to be completed.",
            "%(num)s bookings from the clinic's calendar wait to be completed.",
            row.waiting,
        )
        yield Notice(said, url_for("calendars.queue", clinic_code=clinic.code))
