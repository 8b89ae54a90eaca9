"""A clinic as the demonstration knows it: rows, people, diary and chance, in one place."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from flask_babel import force_locale

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.demo.agenda import Agenda
from supply.demo.levels import Need
from supply.demo.profiles import ClinicProfile
from supply.demo.schedule import Diary
from supply.languages import shown_locale
from supply.sentences import Sentence


@dataclass(frozen=True, slots=True)
class Ward:
    """A clinic on its way through the year. ``needs`` has the lines of every formulation."""

    profile: ClinicProfile
    clinic: Clinic
    diary: Diary
    needs: Mapping[str, Sequence[Need]]
    manager: Actor
    practitioner: Actor
    owner: Actor
    agenda: Agenda
    rng: Random

    def written(self, note: Sentence) -> str:
        """Return ``note`` as the clinic's people write it: in their language."""
        with force_locale(shown_locale(self.clinic.locale)):
            return str(note)
