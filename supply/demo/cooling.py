"""Temperatures of the demonstration: fridges read for two weeks, one of them too warm once.

What was in that one was held, its maker asked, and released; a logger was forgotten for a day.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator

import sqlalchemy as sa
from flask_babel import force_locale
from flask_babel import gettext as _

from supply import clock
from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.catalogue.terms import Storage
from supply.coldchain.deciding import Answer, decide, held_parts, write_answer
from supply.coldchain.loggers import LoggerChange, save_logger
from supply.coldchain.readings import Brought, Taken, take_in
from supply.coldchain.rules import Point
from supply.coldchain.terms import Source
from supply.db import db
from supply.demo.cast import Cast
from supply.demo.profiles import AURORA, RIGA, VILNIUS
from supply.items.models import Location
from supply.languages import shown_locale

DAYS = 13
EVERY = dt.timedelta(minutes=30)
WARM_DAYS_AGO, AWAY_DAYS_AGO = 9, 5
CALIBRATED_DAYS = (47, 210)
"""Days for which the loggers' calibration still holds: one of them is to be seen to."""


def keep_cold(cast: Cast, now: dt.datetime) -> None:
    """Have the fridges of two clinics read; call it once their stock is as it is."""
    for profile, serial, left in zip(
        (RIGA, VILNIUS), ("FT-204117", "FT-204233"), CALIBRATED_DAYS, strict=True
    ):
        clinic = cast.clinics[profile.code]
        actor = cast.actor(AURORA.managers[profile.code])
        fridge = _fridge(clinic)
        today = clock.local_date(now, clinic.timezone)
        change = LoggerChange(serial, fridge, "", today + dt.timedelta(days=left))
        logger = save_logger(clinic, None, change, actor=actor, now=now)
        points = list(_readings(clinic, today, now, warm=profile is RIGA))
        brought = Brought(
            Source.FILE, points, (), serial.lower().ljust(64, "0"), f"{serial}.csv",
            24 * len(points), logger.id,
        )  # fmt: skip
        _settle(clinic, take_in(fridge, brought, actor=actor, now=now), actor, today, now)


def _fridge(clinic: Clinic) -> Location:
    return db.session.scalars(
        sa.select(Location)
        .where(Location.clinic_id == clinic.id, Location.storage == Storage.COLD)
        .order_by(Location.id)
        .limit(1)
    ).one()


def _readings(clinic: Clinic, today: dt.date, now: dt.datetime, *, warm: bool) -> Iterator[Point]:
    """Yield what a fridge's logger read: up and down with its compressor, warm for two hours."""
    at = clock.at_hour(today - dt.timedelta(days=DAYS), 0, clinic.timezone)
    out = clock.at_hour(today - dt.timedelta(days=WARM_DAYS_AGO), 14, clinic.timezone)
    away = clock.at_hour(today - dt.timedelta(days=AWAY_DAYS_AGO), 9, clinic.timezone)
    number = 0
    while at <= now - dt.timedelta(minutes=10):
        celsius = 470 + round(90 * math.sin(number / 2.6) + 35 * math.sin(number / 7.1))
        hours = (at - out) / dt.timedelta(hours=1)
        if warm and 0 <= hours < 2:
            celsius = 830 + round(140 * hours)
        if not (not warm and away < at < away + dt.timedelta(hours=20)):
            yield Point(at, celsius)
        at, number = at + EVERY, number + 1


def _settle(clinic: Clinic, taken: Taken, actor: Actor, today: dt.date, now: dt.datetime) -> None:
    """Have the maker answer for what was too warm, and all of it released."""
    for excursion in taken.excursions:
        with force_locale(shown_locale(clinic.locale)):
            words = _("Stable for 24 hours at up to 25 °C. May be used to its expiry.")
        on = today - dt.timedelta(days=WARM_DAYS_AGO - 1)
        answer = Answer(words, "Dr. Ieva Kalna", on)
        write_answer(excursion, answer, today=today, actor=actor, now=now)
        holds = {part.hold_id for part in held_parts(excursion.id)}
        decide(clinic, excursion.id, release=holds, actor=actor, now=now)
