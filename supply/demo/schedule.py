"""A clinic's diary: courses and single visits of a year, drawn up before it is lived.

Pure: chance comes from the generator handed in.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from supply.demo.profiles import ClinicProfile

NO_SHOW = 0.04
"""How often a booked patient does not come."""

STARTS_A_DAY = 2
"""New courses begun on one day at most."""


@dataclass(frozen=True, slots=True)
class ProtocolFacts:
    """What the diary needs of a protocol: its days, and the formulation each session uses."""

    code: str
    formulation: str
    days: tuple[int, ...]


@dataclass(eq=False, slots=True)
class CoursePlan:
    """A course: protocol, patient, and the day of each session, moved off closed days.

    ``session_ids`` are the rows of its sessions, once they are booked.
    """

    protocol: ProtocolFacts
    patient: str
    days: list[dt.date] = field(default_factory=list)
    session_ids: list[int] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Visit:
    """A patient at a time: of a course (``number`` counts from 1), or a single one."""

    day: dt.date
    formulation: str
    patient: str
    course: CoursePlan | None = None
    number: int = 0
    comes: bool = True

    @property
    def session_id(self) -> int | None:
        """The booked session, if the visit is one of a course."""
        return None if self.course is None else self.course.session_ids[self.number - 1]


@dataclass(slots=True)
class Diary:
    """A clinic's courses by the day they begin, and its visits by day."""

    courses: dict[dt.date, list[CoursePlan]]
    visits: dict[dt.date, list[Visit]]


@dataclass(slots=True)
class _Writer:
    """Fills a diary day by day."""

    profile: ClinicProfile
    protocols: Sequence[ProtocolFacts]
    rng: Random
    next_patient: int
    courses: dict[dt.date, list[CoursePlan]] = field(default_factory=lambda: defaultdict(list))
    visits: dict[dt.date, list[Visit]] = field(default_factory=lambda: defaultdict(list))
    known: list[tuple[str, str]] = field(default_factory=list)

    def fill(self, day: dt.date) -> None:
        """Bring ``day`` up to its number of visits: new courses first, then single ones."""
        wanted = self.rng.randint(self.profile.least, self.profile.most)
        for _start in range(STARTS_A_DAY):
            if len(self.visits[day]) < wanted and self.rng.random() < 0.6:
                self._begin(day)
        while self.known and len(self.visits[day]) < wanted:
            patient, formulation = self.rng.choice(self.known)
            self.visits[day].append(Visit(day, formulation, patient))

    def _begin(self, day: dt.date) -> None:
        weights = [self.profile.mix[protocol.code] for protocol in self.protocols]
        protocol = self.rng.choices(self.protocols, weights)[0]
        course = CoursePlan(protocol, f"P-{self.next_patient}")
        self.next_patient += 1
        self.known.append((course.patient, protocol.formulation))
        self.courses[day].append(course)
        for number, after in enumerate(protocol.days, start=1):
            on = self.profile.open_day_from(day + dt.timedelta(days=after))
            course.days.append(on)
            comes = number == 1 or self.rng.random() >= NO_SHOW
            visit = Visit(on, protocol.formulation, course.patient, course, number, comes)
            self.visits[on].append(visit)


def draw_up(
    profile: ClinicProfile,
    protocols: Mapping[str, ProtocolFacts],
    first: dt.date,
    last: dt.date,
    rng: Random,
) -> Diary:
    """Return the diary of a clinic from ``first`` to ``last``, later sessions of courses included.

    Courses for the days after ``last`` are booked, single visits are not.
    """
    wanted = [protocols[code] for code in profile.mix]
    writer = _Writer(profile, wanted, rng, profile.first_patient)
    day = first
    while day <= last:
        if profile.is_open(day):
            writer.fill(day)
        day += dt.timedelta(days=1)
    return Diary(dict(writer.courses), dict(writer.visits))
