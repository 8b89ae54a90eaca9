"""Reading the diary's pages."""

from __future__ import annotations

import datetime as dt
import html
import re

import sqlalchemy as sa

from supply.accounts.models import Clinic
from supply.db import db, transaction
from supply.diary.bookings import Booking, take_in
from supply.treatments.models import TreatmentSession
from tests.factories import FORMULATION, NOW, TODAY, World

WEEKDAYS = 0b0011111


def closed_at_weekends(world: World) -> None:
    with transaction():
        db.session.get_one(Clinic, world.clinic.id).opening_days = WEEKDAYS


def booking(number: int, days: int = 0, time: str = "", practitioner: str = "") -> Booking:
    at = dt.time.fromisoformat(time) if time else None
    day = TODAY + dt.timedelta(days=days)
    return Booking(
        f"D-{number}", f"P-{number}", FORMULATION, day, time=at, practitioner=practitioner
    )


def book(world: World, *wanted: Booking) -> None:
    with transaction():
        take_in(world.clinic, wanted, actor=world.actor(), now=NOW)


def words(text: str) -> str:
    """Return what a reader hears of a piece of a page."""
    plain = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())
    return re.sub(r" ([;,.])", r"\1", plain)


def days(page: str) -> dict[str, list[str]]:
    """Return the sessions of each day shown, in words, up to what can be done with them."""
    found = {}
    for day, body in re.findall(
        r'<li class="diary-day[^>]*data-day="([^"]+)"(.*?)(?=<li class="diary-day|</ol>)',
        page,
        re.DOTALL,
    ):
        visits = re.findall(r'<li class="visit.*?(?=<details class="visit-menu|</li>)', body, re.S)
        found[day] = [words(visit) for visit in visits]
    return found


def head(page: str, day: str) -> str:
    """Return what stands above a day."""
    body = page.split(f'data-day="{day}"')[1].split('<div class="diary-head">')[1]
    return words(body.split("</div>")[0])


def lede(page: str) -> str:
    return words(page.split('class="page-lede">')[1].split("</p>", maxsplit=1)[0])


def sessions() -> list[tuple[str, str, str | None, str]]:
    """Return (patient reference, day, time, status) of each session, in the order made."""
    db.session.rollback()
    rows = db.session.scalars(sa.select(TreatmentSession).order_by(TreatmentSession.id))
    return [
        (
            row.patient_reference,
            str(row.planned_on),
            row.planned_at.isoformat("minutes") if row.planned_at else None,
            row.status.value,
        )
        for row in rows
    ]


def session_id(patient: str) -> int:
    db.session.rollback()
    query = sa.select(TreatmentSession.id).where(TreatmentSession.patient_reference == patient)
    return db.session.scalars(query.order_by(TreatmentSession.id.desc())).first() or 0


def toast(page: str) -> str:
    return words(page.split('data-toast="')[1].split("<p>")[1].split("</p>", maxsplit=1)[0])


def undo_form(page: str) -> tuple[str, dict[str, str]]:
    """Return where *Undo* of the toast posts, and what."""
    form = page.split('data-toast="undo"')[1].split("</form>", maxsplit=1)[0]
    action = re.search(r'action="([^"]+)"', form)
    assert action
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    return html.unescape(action[1]), {k: html.unescape(v) for k, v in fields.items()}
