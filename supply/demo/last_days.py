"""The loose ends of the last days: what the demonstration leaves for people to see to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial

import sqlalchemy as sa

from supply.baskets.drafts import add_to_basket
from supply.db import db
from supply.demo.agenda import Deed, wall
from supply.demo.answering import Answering
from supply.demo.buying import Buying
from supply.demo.counted import Counting
from supply.demo.profiles import CONSUMABLES, INJECTABLES, LONDON, RIGA, VILNIUS
from supply.demo.recalling import DAYS_BACK, Recalling
from supply.demo.returning import Returning
from supply.demo.sharing import Sharing
from supply.demo.supplying import Supplying
from supply.handling.actions import open_container
from supply.inventory.models import Balance, Lot
from supply.items.models import Item
from supply.receiving.goods_in import GoodsLine, receive_goods

BACTERIOSTATIC = "NACL-BAC-MDV30"
EMERGENCY = "HYAL-1500-A10"
INJECTOR = "DEV-MESOGUN"
VITAMIN = "VIT-B12-V10x1"


class LastDays:
    """Puts the loose ends on the agenda, each on a day counted back from the last one."""

    def __init__(
        self,
        buyers: Mapping[str, Buying],
        suppliers: Mapping[str, Supplying],
        first: dt.date,
        last: dt.date,
    ) -> None:
        """Take the clinics' buyers and the suppliers by code, and when history runs."""
        self.buyers = buyers
        self.suppliers = suppliers
        self.first = first
        self.last = last

    def plan(self) -> None:
        """Put everything on the agenda."""
        self._held_for_a_week()
        self._short_dated()
        self._orders_under_way()
        Answering(self.buyers, self.suppliers).plan(self._on)
        Returning(self.buyers).plan(self._on)
        Sharing(self.buyers).plan(self._on)
        if self.last - dt.timedelta(days=DAYS_BACK) > self.first:
            Recalling(self.buyers, self.suppliers).plan(self._on)
        Counting(self.buyers).plan(self._on)
        self._on(RIGA.code, 28, 11, self._open_bacteriostatic)
        self._on(VILNIUS.code, 3, 14, partial(self._hold, VILNIUS.code))
        self._on(RIGA.code, 1, 16, self._ask_for_an_injector)
        self._on(RIGA.code, 0, 17, self._leave_a_basket)

    def _on(self, clinic: str, days_back: int, hour: int, deed: Deed) -> None:
        """Have ``deed`` happen at ``clinic`` on its last opening day up to then, at ``hour``."""
        ward = self.buyers[clinic].ward
        day = ward.profile.open_day_up_to(self.last - dt.timedelta(days=days_back))
        day = max(day, ward.profile.open_day_from(self.first))
        ward.agenda.at(wall(day, hour, 0, ward.profile.timezone), deed)

    def _held_for_a_week(self) -> None:
        """Lots held in the course of a year, asked about and released."""
        asked = ((RIGA.code, 310), (VILNIUS.code, 205), (LONDON.code, 120))
        for clinic, back in asked:
            if self.last - dt.timedelta(days=back) > self.first:
                deed = partial(self.buyers[clinic].upkeep.hold_for_a_week, "Box was left open")
                self._on(clinic, back, 13, deed)

    def _short_dated(self) -> None:
        """Goods brought in by hand: one lot has just expired, others will soon."""
        lots = (
            (VILNIUS.code, EMERGENCY, "EM-2291", -1),
            (RIGA.code, EMERGENCY, "EM-2304", 24),
            (LONDON.code, VITAMIN, "CC-8817", 17),
            (RIGA.code, VITAMIN, "CC-8790", 41),
        )
        for clinic, code, number, days in lots:
            expiry = self.last + dt.timedelta(days=days)
            line = GoodsLine(code, number, expiry, packs=1)
            self._on(clinic, 75, 12, partial(self._bring_in, clinic, line))

    def _bring_in(self, clinic: str, line: GoodsLine, now: dt.datetime) -> None:
        ward = self.buyers[clinic].ward
        receive_goods(ward.clinic, [line], actor=ward.manager, now=now)

    def _orders_under_way(self) -> None:
        """Orders overdue, on their way, partly here, and waiting at the suppliers' desks."""
        needles = {"SYR-1-LL": 2, "PEN-MARK": 1}
        self._on(LONDON.code, 13, 10, partial(self._overdue, needles))
        sent = (
            (RIGA.code, {"PN-20-PFS-1x2": 6, "VIT-C-10-A20x5": 1}, {"PN-20-PFS-1x2"}),
            (VILNIUS.code, {"HA-NCL-10-V5x5": 2, "SIL-ORG-A10x5": 1}, None),
            (LONDON.code, {"HA-PFS-32-1x2": 4, "HA-GEL-20-1x1": 4}, None),
        )
        for clinic, packs, first_part in sent:
            self._on(clinic, 2, 9, partial(self._on_its_way, clinic, packs, first_part))
        waiting = (
            (RIGA.code, {"TXA-100-A10x5": 1, "REV-56-V5x5": 2}),
            (VILNIUS.code, {"GLV-NIT-M": 10, "GAUZE-10": 2}),
            (LONDON.code, {"COLL-0.92-KIT": 2, "DCA-10-V4x2": 1}),
        )
        for clinic, packs in waiting:
            self._on(clinic, 0, 15, partial(self._wait_at_the_desk, clinic, packs))

    def _overdue(self, packs: Mapping[str, int], now: dt.datetime) -> None:
        """Order what the supplier confirms and then forgets."""
        order = self.buyers[LONDON.code].order(packs, now)
        later = now + dt.timedelta(hours=3)
        confirm = partial(self.suppliers[CONSUMABLES.code].acknowledge, order.id)
        self.buyers[LONDON.code].ward.agenda.at(later, confirm)

    def _on_its_way(
        self, clinic: str, packs: Mapping[str, int], first_part: set[str] | None, now: dt.datetime
    ) -> None:
        """Order what leaves the supplier a day later, all of it or a first part."""
        order = self.buyers[clinic].order(packs, now)
        agenda = self.buyers[clinic].ward.agenda
        supplier = self.suppliers[INJECTABLES.code]
        agenda.at(now + dt.timedelta(hours=2), partial(supplier.acknowledge, order.id))
        later = now + dt.timedelta(days=1)
        agenda.at(later, partial(supplier.ship_skus, order.id, first_part))

    def _wait_at_the_desk(self, clinic: str, packs: Mapping[str, int], now: dt.datetime) -> None:
        self.buyers[clinic].order(packs, now)

    def _ask_for_an_injector(self, now: dt.datetime) -> None:
        """Order more than the manager may alone: the owner is asked."""
        self.buyers[RIGA.code].order({INJECTOR: 1, "DEV-GUN-KIT": 6}, now)

    def _leave_a_basket(self, now: dt.datetime) -> None:
        buyer = self.buyers[RIGA.code]
        lines = [
            buyer.basket_line("VIT-C-20-A10x5", 2, "To try with two patients"),
            buyer.basket_line("MASK-IIR", 4),
        ]
        add_to_basket(buyer.ward.clinic, lines, actor=buyer.ward.manager, now=now)

    def _hold(self, clinic: str, now: dt.datetime) -> None:
        self.buyers[clinic].upkeep.hold("Label smudged: asked the supplier for its lot", now)

    def _open_bacteriostatic(self, now: dt.datetime) -> None:
        """Open the vial that is past its 28 days when history ends."""
        ward = self.buyers[RIGA.code].ward
        row = db.session.execute(
            sa.select(Balance.location_id, Balance.lot_id)
            .join(Item, Item.id == Balance.item_id)
            .join(Lot, Lot.id == Balance.lot_id)
            .where(
                Balance.clinic_id == ward.clinic.id,
                Item.code == BACTERIOSTATIC,
                Balance.container_id.is_(None),
                Balance.quantity > 0,
                Lot.expiry > self.last,
            )
            .order_by(Lot.expiry, Balance.id)
        ).first()
        if row is not None:
            open_container(
                ward.clinic, row.location_id, row.lot_id, actor=ward.practitioner, now=now
            )
