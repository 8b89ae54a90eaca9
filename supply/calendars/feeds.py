"""A clinic's calendar: set up, changed, read at once, given up; and what waits in it decided on."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.calendars import following
from supply.calendars.fetching import LONGEST_ADDRESS
from supply.calendars.models import CalendarEvent, CalendarFeed, CalendarRule
from supply.calendars.reading import Rule
from supply.calendars.terms import EventState, ReferenceMark, Trouble
from supply.db import db
from supply.formulations.models import Formulation
from supply.refusals import InvalidInput, Refusal
from supply.text import clean
from supply.treatments.references import patient_reference

EVERY = dt.timedelta(minutes=15)
MOST_RULES = 50
LONGEST_WORDS = 120
_FEED = "calendar_feed"
_WEBCAL = re.compile(r"^webcals?://", re.IGNORECASE)
"""How Apple and Outlook begin the address of a calendar to subscribe to."""


def set_up(
    clinic: Clinic,
    address: str,
    mark: ReferenceMark,
    rules: Sequence[Rule],
    *,
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Follow the calendar at ``address``; an empty one keeps the address there is.

    It is read within the minute. The address is in no audit row: it is a secret.

    Raises:
        InvalidInput: no https address, too many rules, or a formulation of another practice.
    """
    feed = db.session.get(CalendarFeed, clinic.id, with_for_update=True)
    address = _WEBCAL.sub("https://", clean(address))
    if address or feed is None:
        check_address(address)
    _check_rules(clinic, rules)
    before = None if feed is None else _facts(feed)
    if feed is None:
        feed = CalendarFeed(clinic_id=clinic.id, address=address, mark=mark, next_at=now)
        db.session.add(feed)
    if address:
        feed.address = address
    feed.mark, feed.next_at, feed.set_up_by_id = mark, now, actor.person_id
    feed.trouble = feed.troubled_since = None
    feed.rules = [
        CalendarRule(position=place, words=clean(rule.words), formulation_id=rule.formulation_id)
        for place, rule in enumerate(rules)
    ]
    db.session.flush()
    _record(actor, "calendar.set_up", clinic, now, before, _facts(feed))


def check_address(address: str) -> None:
    """Refuse what cannot be a calendar's address, as far as that is seen without asking.

    Raises:
        InvalidInput: it is none.
    """
    try:
        parts = urlsplit(address)
        sound = parts.scheme in ("https", "http") and bool(parts.hostname) and address.isascii()
    except ValueError:
        sound = False
    if not sound or len(address) > LONGEST_ADDRESS:
        message = _("Paste the calendar's secret address in iCal format. It begins with https.")
        raise InvalidInput(("address", message))


def _check_rules(clinic: Clinic, rules: Sequence[Rule]) -> None:
    if len(rules) > MOST_RULES:
        raise InvalidInput(("rules", _("Use at most %(num)s rules.", num=MOST_RULES)))
    wanted = {rule.formulation_id for rule in rules}
    known = db.session.scalars(
        sa.select(Formulation.id).where(
            Formulation.practice_id == clinic.practice_id, Formulation.id.in_(wanted)
        )
    )
    if wanted - set(known):
        raise InvalidInput(("rules", _("Choose what is given from the list.")))


def host_of(feed: CalendarFeed) -> str:
    """Return what may be told of a feed's address: who keeps it."""
    return urlsplit(feed.address).hostname or ""


def _facts(feed: CalendarFeed) -> dict[str, object]:
    return {
        "host": host_of(feed),
        "mark": feed.mark.value,
        "rules": [[rule.words, rule.formulation_id] for rule in feed.rules],
    }


def read_soon(clinic: Clinic, *, actor: Actor, now: dt.datetime) -> None:
    """Have a clinic's calendar read within the minute.

    Raises:
        Refusal: it follows none.
    """
    asked = sa.update(CalendarFeed).where(CalendarFeed.clinic_id == clinic.id).values(next_at=now)
    if not db.session.connection().execute(asked).rowcount:
        raise Refusal(_("This clinic follows no calendar."))
    _record(actor, "calendar.asked", clinic, now, None, None)


def give_up(clinic: Clinic, *, actor: Actor, now: dt.datetime) -> None:
    """Follow a clinic's calendar no more; what is booked stays, what waits is forgotten.

    Raises:
        Refusal: it follows none.
    """
    feed = db.session.get(CalendarFeed, clinic.id, with_for_update=True)
    if feed is None:
        raise Refusal(_("This clinic follows no calendar."))
    before = _facts(feed)
    db.session.delete(feed)
    db.session.execute(sa.delete(CalendarEvent).where(CalendarEvent.clinic_id == clinic.id))
    db.session.flush()
    _record(actor, "calendar.given_up", clinic, now, before, None)


def decide(
    clinic: Clinic,
    event_id: int,
    formulation_id: int,
    reference: str,
    *,
    actor: Actor,
    now: dt.datetime,
) -> dt.date:
    """Say what is given at an event that waits, and to whom; book it. Returns its day.

    Raises:
        InvalidInput: a bad reference, or a formulation that cannot be given.
        Refusal: the event does not wait any more.
    """
    event = _waiting(clinic, event_id, EventState.WAITING)
    event.reference = event.reference or patient_reference(reference)
    event.formulation_id = formulation_id
    if not following.book_event(clinic, event, actor=actor, now=now):
        raise InvalidInput(("formulation", _("Choose from the list.")))
    _record(actor, "calendar.decided", clinic, now, None, {"event": event.id})
    return event.day


def ignore(clinic: Clinic, event_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Say that an event is no session of patients.

    Raises:
        Refusal: the event does not wait any more.
    """
    _waiting(clinic, event_id, EventState.WAITING).state = EventState.IGNORED
    db.session.flush()
    _record(actor, "calendar.ignored", clinic, now, None, {"event": event_id})


def ask_again(clinic: Clinic, event_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Undo that an event was ignored.

    Raises:
        Refusal: it is not.
    """
    _waiting(clinic, event_id, EventState.IGNORED).state = EventState.WAITING
    db.session.flush()
    _record(actor, "calendar.asked_again", clinic, now, None, {"event": event_id})


def _waiting(clinic: Clinic, event_id: int, state: EventState) -> CalendarEvent:
    event = db.session.scalar(
        sa.select(CalendarEvent)
        .where(
            CalendarEvent.id == event_id,
            CalendarEvent.clinic_id == clinic.id,
            CalendarEvent.state == state,
        )
        .with_for_update()
    )
    if event is None:
        raise Refusal(_("Somebody has decided on this booking already."))
    return event


def claim(clinic_id: int, now: dt.datetime) -> CalendarFeed | None:
    """Take on the reading of a calendar that is due; None where another did."""
    claimed = db.session.connection().execute(
        sa.update(CalendarFeed)
        .where(CalendarFeed.clinic_id == clinic_id, CalendarFeed.next_at <= now)
        .values(next_at=now + EVERY)
    )
    return db.session.get(CalendarFeed, clinic_id) if claimed.rowcount else None


def note_read(clinic_id: int, now: dt.datetime) -> None:
    """Note that a calendar was read."""
    _note(clinic_id, read_at=now, trouble=None, troubled_since=None)


def note_trouble(clinic_id: int, trouble: Trouble, now: dt.datetime) -> None:
    """Note why a calendar was not read, and since when it is not."""
    since = sa.func.coalesce(
        CalendarFeed.troubled_since, sa.literal(now, type_=CalendarFeed.troubled_since.type)
    )
    _note(clinic_id, trouble=trouble, troubled_since=since)


def _note(clinic_id: int, **values: object) -> None:
    noted = sa.update(CalendarFeed).where(CalendarFeed.clinic_id == clinic_id).values(**values)
    db.session.execute(noted, execution_options={"synchronize_session": False})


def _record(
    actor: Actor,
    action: str,
    clinic: Clinic,
    now: dt.datetime,
    before: dict[str, object] | None,
    after: dict[str, object] | None,
) -> None:
    audit.record(
        actor, action, (_FEED, clinic.id), now, clinic_id=clinic.id, before=before, after=after
    )
