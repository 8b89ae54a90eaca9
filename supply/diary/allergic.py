"""Booked sessions that would give a patient what they are known to be allergic to."""

from __future__ import annotations

from collections.abc import Iterable

from supply.accounts.models import Clinic
from supply.diary.readiness import Readiness
from supply.treatments.warnings import SessionWarning, ToGive, allergies_met


def warnings_of(clinic: Clinic, booked: Iterable[Readiness]) -> dict[int, list[SessionWarning]]:
    """Return by session what would be given though its patient is allergic to it.

    Recording it asks for a reason; who looks ahead is told before. At most two statements.
    """
    return allergies_met(
        clinic.practice_id,
        {
            one.session.session_id: ToGive(
                one.session.patient_reference,
                [line.item for line in one.lines],
                {lot.lot_id for line in one.lines for lot in line.lots},
            )
            for one in booked
        },
    )
