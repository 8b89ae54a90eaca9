"""Which alerts a page lists, as its address says, and the chips that choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from flask import url_for
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.alerts import wording
from supply.alerts.kinds import by_rank
from supply.alerts.queries import Counts
from supply.alerts.terms import AlertKind, AlertStatus

Word = TypeVar("Word", AlertStatus, AlertKind)
Chip = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Where alerts stand, of which kind, and who is to see to them; None is all."""

    status: AlertStatus = AlertStatus.OPEN
    kind: AlertKind | None = None
    person_id: int | None = None

    def url(self, clinic: Clinic) -> str:
        """Return the address that chooses this."""
        return url_for(
            "alerts.index",
            clinic_code=clinic.code,
            status=None if self.status is AlertStatus.OPEN else self.status.value,
            kind=self.kind.value if self.kind else None,
            mine=1 if self.person_id else None,
        )


def chosen_in(arguments: Mapping[str, str], me: int) -> Chosen:
    """Return what an address chooses; ``me`` is who asks. Nonsense chooses nothing."""
    return Chosen(
        _word(AlertStatus, arguments.get("status")) or AlertStatus.OPEN,
        _word(AlertKind, arguments.get("kind")),
        me if arguments.get("mine") else None,
    )


def number(counts: Counts, chosen: Chosen) -> int:
    """Return how many alerts ``chosen`` lists."""
    return sum(
        count
        for (status, kind, person_id), count in counts.items()
        if status is chosen.status
        and chosen.kind in (None, kind)
        and chosen.person_id in (None, person_id)
    )


def status_chips(clinic: Clinic, chosen: Chosen, counts: Counts, me: int) -> list[Chip]:
    """Return a chip for each place where alerts stand, and one for those assigned to ``me``."""
    chips = [
        _chip(clinic, replace(chosen, status=status), chosen, counts, wording.status_name(status))
        for status in AlertStatus
    ]
    mine = replace(chosen, person_id=None if chosen.person_id else me)
    count = number(counts, replace(chosen, person_id=me))
    mine_chip = {
        "label": _("Assigned to you"),
        "url": mine.url(clinic),
        "active": bool(chosen.person_id),
        "count": count,
    }
    return [*chips, mine_chip] if count or chosen.person_id else chips


def kind_chips(clinic: Clinic, chosen: Chosen, counts: Counts) -> list[Chip]:
    """Return the kinds there are, and the chosen one; none to choose, no chips."""
    ways = [replace(chosen, kind=kind.word) for kind in by_rank()]
    there = [way for way in ways if number(counts, way) or way == chosen]
    if not there:
        return []
    every = replace(chosen, kind=None)
    return [
        {"label": _("All"), "url": every.url(clinic), "active": every == chosen},
        *(
            _chip(clinic, way, chosen, counts, wording.kind_name(way.kind))
            for way in there
            if way.kind is not None
        ),
    ]


def _chip(clinic: Clinic, way: Chosen, chosen: Chosen, counts: Counts, label: str) -> Chip:
    count = None if way.status is AlertStatus.RESOLVED else number(counts, way)
    return {"label": label, "url": way.url(clinic), "active": way == chosen, "count": count}


def _word(kind: type[Word], wanted: str | None) -> Word | None:
    return next((member for member in kind if member.value == wanted), None)
