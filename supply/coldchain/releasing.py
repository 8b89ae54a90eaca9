"""When what an excursion holds may be released: the maker has answered, and it is over."""

from __future__ import annotations

from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.coldchain.models import ColdExcursion
from supply.db import db
from supply.handling.holding import checks_release
from supply.inventory.terms import HoldSource
from supply.refusals import Refusal


class NotAnswered(Refusal):
    """Nobody has said yet whether what was too warm or too cold may still be used."""


def check_may_release(excursion: ColdExcursion) -> None:
    """Refuse to release what an excursion holds before the maker has answered, or while it lasts.

    Raises:
        NotAnswered: no answer is written down, or the location is still out of range.
    """
    if excursion.answered_at is None:
        message = _("Write down what the maker says first: it decides whether this may be used.")
        raise NotAnswered(message)
    if excursion.ended_at is None:
        message = _("%(location)s is still out of range.", location=excursion.location.name)
        raise NotAnswered(message)


@checks_release(HoldSource.COLD_CHAIN)
def _check_hold(clinic: Clinic, excursion_id: int) -> None:
    excursion = db.session.get(ColdExcursion, excursion_id)
    if excursion is not None and excursion.clinic_id == clinic.id:
        check_may_release(excursion)
