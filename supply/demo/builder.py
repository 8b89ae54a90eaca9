"""Building the demonstration: the stage, a year lived in order, and the state it leaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from random import Random
from typing import Any

import sqlalchemy as sa

from supply import clock
from supply.accounts.models import Person, Practice, Supplier
from supply.accounts.terms import Role
from supply.alerts.digest import queue_digests
from supply.db import Base, db
from supply.demo import goods, opening
from supply.demo.agenda import Agenda, wall
from supply.demo.buying import Buying, cheapest_offers
from supply.demo.buying_habits import leave_habits
from supply.demo.cast import set_the_stage
from supply.demo.cooling import keep_cold
from supply.demo.last_days import LastDays
from supply.demo.levels import Need
from supply.demo.paying import Paying
from supply.demo.profiles import (
    CLINICS,
    INJECTABLES,
    LONDON,
    PEOPLE,
    PRACTICES,
    RIGA,
    SUPPLIERS,
    VILNIUS,
    ClinicProfile,
    PersonProfile,
    PracticeProfile,
    SupplierProfile,
)
from supply.demo.schedule import draw_up
from supply.demo.stocking import Stocking
from supply.demo.supplying import Supplying
from supply.demo.treating import Treating
from supply.demo.upkeep import Upkeep
from supply.demo.ward import Ward
from supply.demo.warehouse import Warehouse
from supply.inventory.models import Entry
from supply.ordering.models import PurchaseOrder
from supply.outbox.models import Mail
from supply.refusals import Refusal
from supply.replenishment.sweep import sweep
from supply.replenishment.switching import switch_all
from supply.treatments.models import Protocol, TreatmentSession
from supply.treatments.terms import SessionStatus

DAYS = 365
SEED = 417

REVIEWS_LEFT_OUT = 7
"""Last opening days on which nobody looks at what to order: that is left to do."""

SWEPT_DAYS = 14
"""Days before the end whose mornings have a sweep and digests, as every morning would."""

PROJECTED = (RIGA.code, VILNIUS.code)
"""Clinics whose items are judged by their projection since; the others keep reorder points."""


class NotEmpty(Refusal):
    """There is data already, with which a demonstration must not mix."""

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("There is data in this database. Point DATABASE_URL to an empty one.")


@dataclass(frozen=True, slots=True)
class Built:
    """How much the demonstration holds."""

    sessions: int
    planned: int
    entries: int
    orders: int
    mails: int

    def as_json(self) -> dict[str, Any]:
        """Return the command's counts."""
        return asdict(self)


def is_empty() -> bool:
    """Return whether the database has nobody in it: no practice, supplier or person."""
    return not any(
        db.session.scalar(sa.select(sa.exists().select_from(model)))
        for model in (Practice, Supplier, Person)
    )


def build(now: dt.datetime, *, days: int = DAYS, seed: int = SEED) -> Built:
    """Fill an empty database with ``days`` of history that end yesterday evening; flushes.

    Runs in the caller's one transaction, so that a run that is broken off leaves nothing.
    The same ``now``, ``days`` and ``seed`` make the same rows, but for codes, which are
    drawn to be unguessable.

    Raises:
        NotEmpty: somebody is in the database.
    """
    if not is_empty():
        raise NotEmpty
    history = _History(now, days, seed)
    history.live()
    history.leave_stock()
    goods.stock_the_shelves(history.cast.suppliers, history.cast.practices, now)
    keep_cold(history.cast, now)
    _mark_history_sent(history.agenda.ends)
    sweep(now)
    queue_digests(now)
    return _built()


class _History:
    """The whole of the demonstration while it is made."""

    def __init__(self, now: dt.datetime, days: int, seed: int) -> None:
        eastern = CLINICS[0].timezone
        self.last = clock.local_date(now, eastern) - dt.timedelta(days=1)
        self.days = [self.last - dt.timedelta(days=back) for back in range(days - 1, -1, -1)]
        self.began = wall(self.days[0], 5, 0, eastern)
        self.agenda = Agenda(clock.end_of_day(self.last, eastern))
        self.seed = seed
        self.cast = set_the_stage(self.began, now)
        self.suppliers: Mapping[str, Supplying] = {}

    def live(self) -> None:
        """Put a year on the agenda, clinic by clinic, and let it happen."""
        suppliers = {profile.code: self._supplying(profile) for profile in SUPPLIERS}
        self.suppliers = suppliers
        by_id = {one.supplier.id: one for one in suppliers.values()}
        buyers: dict[str, Buying] = {}
        for practice in PRACTICES:
            buyers |= self._practice(practice, by_id)
        self._pay(suppliers)
        LastDays(buyers, suppliers, self.days[0], self.last).plan()
        for day in self.days[-SWEPT_DAYS:]:
            self.agenda.at(wall(day, 7, 10, LONDON.timezone), _morning)
        self.agenda.run()
        leave_habits(buyers, suppliers, self.agenda.ends)

    def leave_stock(self) -> None:
        """Have suppliers that keep their own stock leave some for what is still to be shipped."""
        for supplying in self.suppliers.values():
            if supplying.stocking is not None:
                supplying.stocking.leave(self.agenda.ends - dt.timedelta(hours=6))

    def _pay(self, suppliers: Mapping[str, Supplying]) -> None:
        """Have each practice pay what falls due; the first one forgets an invoice."""
        for profile in PRACTICES:
            practice, owner = self.cast.practices[profile.code], self.cast.actor(profile.owner)
            forgets = profile is PRACTICES[0]
            paying = Paying(practice, owner, suppliers, self.agenda, forgets=forgets)
            paying.plan(self.days[0], self.last, profile.clinics[0].timezone)

    def _practice(
        self, profile: PracticeProfile, suppliers: Mapping[int, Supplying]
    ) -> dict[str, Buying]:
        """Put the days of a practice's clinics on the agenda; return who buys, by clinic."""
        practice = self.cast.practices[profile.code]
        protocols = opening.protocols_by_code(practice)
        needs = opening.formulation_needs(practice)
        opening.link_every_supplier(practice, self.began)
        wards = [self._ward(profile, clinic, protocols, needs) for clinic in profile.clinics]
        return {ward.profile.code: self._clinic(ward, protocols, suppliers) for ward in wards}

    def _clinic(
        self,
        ward: Ward,
        protocols: Mapping[str, Protocol],
        suppliers: Mapping[int, Supplying],
    ) -> Buying:
        profile, days = ward.profile, self._days_of(ward.profile)
        offers = cheapest_offers(ward.clinic.practice_id, profile.currency)
        levels = opening.levels_of(ward.diary, ward.needs, days)
        began = wall(days[0], 5, 0, profile.timezone)
        opening.stock_shelves(ward, levels, offers, began)
        opening.set_policies(ward, levels, began)
        upkeep = Upkeep(ward)
        buying = Buying(upkeep, offers, levels, suppliers)
        open_days = [day for day in days if profile.is_open(day)]
        Treating(ward, protocols).plan_days(open_days)
        upkeep.plan_days(open_days)
        buying.plan_reviews(open_days[:-REVIEWS_LEFT_OUT])
        if profile.code in PROJECTED:
            switched = wall(days[-min(SWEPT_DAYS, len(days))], 6, 0, profile.timezone)
            self.agenda.at(switched, partial(_switch, ward))
        return buying

    def _days_of(self, clinic: ClinicProfile) -> list[dt.date]:
        return self.days[-clinic.days :]

    def _ward(
        self,
        practice: PracticeProfile,
        profile: ClinicProfile,
        protocols: Mapping[str, Protocol],
        needs: Mapping[str, Sequence[Need]],
    ) -> Ward:
        rng = Random(f"{self.seed} {profile.code}")
        facts = {code: opening.facts_of(one) for code, one in protocols.items()}
        diary = draw_up(profile, facts, self._days_of(profile)[0], self.last, rng)
        practitioner = next(p for p in PEOPLE if p.clinics == (profile.code,) and _may_treat(p))
        return Ward(
            profile=profile,
            clinic=self.cast.clinics[profile.code],
            diary=diary,
            needs=needs,
            manager=self.cast.actor(practice.managers[profile.code]),
            practitioner=self.cast.actor(practitioner),
            owner=self.cast.actor(practice.owner),
            agenda=self.agenda,
            rng=rng,
        )

    def _supplying(self, profile: SupplierProfile) -> Supplying:
        rng = Random(f"{self.seed} {profile.code}")
        fulfiller = next(
            (p for p in PEOPLE if p.place == profile.code and p.role is Role.FULFILLER), None
        )
        supplier = self.cast.suppliers[profile.code]
        warehouse = Warehouse(profile.code[:1].upper(), rng)
        actor = self.cast.actor(fulfiller) if fulfiller else None
        stocking = None
        if profile is INJECTABLES and actor is not None:
            stocking = Stocking(supplier, actor, warehouse)
            stocking.begin(self.began)
        return Supplying(supplier, actor, warehouse, self.agenda, rng, stocking)


def _may_treat(person: PersonProfile) -> bool:
    return person.role is Role.PRACTITIONER and (person.certificate_days or 0) > 0


def _switch(ward: Ward, now: dt.datetime) -> None:
    """Have a clinic's items judged by their projection from now on."""
    switch_all(ward.clinic, actor=ward.manager, now=now)


def _morning(now: dt.datetime) -> None:
    sweep(now)
    queue_digests(now)


def _mark_history_sent(ends: dt.datetime) -> None:
    """Say of every mail of the past that it was sent: none of it is to go out now."""
    db.session.execute(
        sa.update(Mail)
        .where(Mail.queued_at <= ends)
        .values(sent_at=Mail.queued_at, attempts=1)
        .execution_options(synchronize_session=False)
    )


def _built() -> Built:
    def count(*where: sa.ColumnElement[bool], of: type[Base]) -> int:
        return db.session.scalar(sa.select(sa.func.count()).select_from(of).where(*where)) or 0

    status = TreatmentSession.status
    return Built(
        sessions=count(status == SessionStatus.RECORDED, of=TreatmentSession),
        planned=count(status == SessionStatus.PLANNED, of=TreatmentSession),
        entries=count(of=Entry),
        orders=count(of=PurchaseOrder),
        mails=count(of=Mail),
    )
