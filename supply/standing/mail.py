"""The mail of a standing order: what was ordered, or why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from supply.accounts.models import Person
from supply.accounts.reading import locale_of
from supply.accounts.terms import Role
from supply.money import Money
from supply.ordering.people import clinic_people
from supply.outbox.links import public_url
from supply.outbox.services import enqueue_alone
from supply.outbox.terms import MailKind
from supply.standing import reasons, wording
from supply.standing.models import StandingOrder, StandingRun


def tell(standing: StandingOrder, made: StandingRun, now: dt.datetime) -> None:
    """Queue the mail to whose standing order it is; if they have left, to the owners."""
    clinic = standing.clinic
    page = "ordering.basket" if made.left else "standing.index"
    context = {
        "standing": standing,
        "run": made,
        "gone": wording.gone,
        "why": reasons.said,
        "template_url": public_url(
            "filling.template", clinic_code=clinic.code, template_id=standing.template_id
        ),
        "rows": [
            {**one, "total": Money(one["total_minor"], one["currency"])} for one in made.orders
        ],
        "today": made.due_on,
        "clinic_name": clinic.name,
        "button_url": public_url(page, clinic_code=clinic.code),
    }
    for person in _readers(standing):
        enqueue_alone(
            MailKind.ORDER_NEWS,
            to_address=person.email,
            to_name=person.name,
            template="standing_run",
            context=context,
            locale=locale_of(person, clinic),
            now=now,
            person_id=person.id,
            practice_id=clinic.practice_id,
        )


def _readers(standing: StandingOrder) -> Iterable[Person]:
    there = {member.id for member in clinic_people(standing.clinic, tuple(Role))}
    if standing.person.is_active and standing.person_id in there:
        return [standing.person]
    return clinic_people(standing.clinic, (Role.OWNER,))
