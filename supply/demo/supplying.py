"""The suppliers' side: orders acknowledged, shipped in parts, and on their way to the clinic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from supply import clock
from supply.accounts.models import Supplier
from supply.actor import Actor
from supply.answering.answering import acknowledge
from supply.answering.answers import LineAnswer
from supply.db import db
from supply.demo.agenda import Agenda, wall
from supply.demo.stocking import Stocking
from supply.demo.upkeep import Upkeep
from supply.demo.ward import Ward
from supply.demo.warehouse import Warehouse
from supply.ordering.models import OrderLine, PurchaseOrder
from supply.receiving.goods_in import GoodsLine, receive_goods
from supply.receiving.receiving import ReceiveLine, receive_shipment
from supply.shipping.models import Shipment, ShipmentLine
from supply.shipping.ship_lines import ShipLine
from supply.shipping.shipping import Parcel, ship
from supply.shipping.terms import Condition

_PARTS = 0.25
_BACKORDER = 0.04
_DAMAGED = 0.05
_MISSING = 0.03
_CARRIERS = ("Northbound Parcel", "Cold Chain Courier", "City Van")
_WORK_BEGINS, _WORK_ENDS = 8, 17


@dataclass(frozen=True, slots=True)
class Errand:
    """An order on its way, and the clinic it is for."""

    order_id: int
    upkeep: Upkeep

    @property
    def ward(self) -> Ward:
        """The clinic it is for."""
        return self.upkeep.ward


class Supplying:
    """One supplier at work. ``fulfiller`` is None where orders come by mail."""

    def __init__(
        self,
        supplier: Supplier,
        fulfiller: Actor | None,
        warehouse: Warehouse,
        agenda: Agenda,
        rng: Random,
        stocking: Stocking | None = None,
    ) -> None:
        """Begin with nothing to send. With ``stocking`` it keeps its own stock, and ships that."""
        self.supplier = supplier
        self.fulfiller = fulfiller
        self.warehouse = warehouse
        self.agenda = agenda
        self.rng = rng
        self.stocking = stocking

    def take_order(self, errand: Errand, now: dt.datetime) -> None:
        """Have a placed order run its course: by the supplier's people, or by mail."""
        if self.fulfiller is None:
            day = self._workday(now, self.rng.randint(4, 8))
            self._at_the_clinic(errand.ward, day, partial(self._bring, errand))
            return
        instant = self._working_time(now + dt.timedelta(hours=self.rng.randint(2, 6)))
        self.agenda.at(instant, partial(self._acknowledge, self.fulfiller, errand))

    def acknowledge(self, order_id: int, now: dt.datetime) -> None:
        """Confirm an order in full, and do no more."""
        if self.fulfiller is not None:
            acknowledge(order_id, actor=self.fulfiller, now=now)

    def ship_skus(self, order_id: int, skus: Collection[str] | None, now: dt.datetime) -> None:
        """Send what is left of an order, or of the lines of ``skus``, as one parcel."""
        lines = _lines(order_id)
        self._ship(order_id, [line for line in lines if skus is None or line.sku in skus], now)

    def _ship(self, order_id: int, lines: Sequence[OrderLine], now: dt.datetime) -> Shipment:
        actor = self.fulfiller
        if actor is None:
            raise ValueError("a supplier that gets its orders by mail ships nothing here")
        return ship(
            order_id,
            self._packed([line for line in lines if line.to_ship], now),
            parcels=[
                Parcel(self.rng.choice(_CARRIERS), f"TRK{self.rng.randrange(10**8):08d}"),
            ],
            actor=actor,
            now=now,
        )

    def _packed(self, lines: Sequence[OrderLine], now: dt.datetime) -> list[ShipLine]:
        if self.stocking is not None:
            return self.stocking.packed(lines, now)
        today = clock.local_date(now, self.supplier.timezone)
        lots = [(line, self.warehouse.lot(line.product, today)) for line in lines]
        return [
            ShipLine(lot.number, lot.expiry, line.to_ship, order_line_id=line.id)
            for line, lot in lots
        ]

    def _acknowledge(self, actor: Actor, errand: Errand, now: dt.datetime) -> None:
        lines = _lines(errand.order_id)
        late = self.rng.choice(lines) if self.rng.random() < _BACKORDER else None
        acknowledge(
            errand.order_id,
            {late.id: LineAnswer(until=now.date() + dt.timedelta(days=12))} if late else None,
            actor=actor,
            now=now,
        )
        sure = [line.id for line in lines if late is None or line.id != late.id]
        parts = [sure]
        if len(sure) > 1 and self.rng.random() < _PARTS:
            half = len(sure) // 2
            parts = [sure[:half], sure[half:]]
        days = 0
        for part in parts:
            days += self.rng.randint(1, 3)
            self._send_later(errand, part, days, now)
        if late is not None:
            self._send_later(errand, [late.id], 10, now)

    def _send_later(
        self, errand: Errand, line_ids: Sequence[int], days: int, now: dt.datetime
    ) -> None:
        day = self._workday(now, days)
        instant = wall(day, 15, self.rng.randint(0, 59), self.supplier.timezone)
        self.agenda.at(instant, partial(self._send, errand, frozenset(line_ids)))

    def _send(self, errand: Errand, line_ids: frozenset[int], now: dt.datetime) -> None:
        lines = _lines(errand.order_id)
        left = [line for line in lines if line.id in line_ids and line.to_ship]
        if not left:
            return
        shipment = self._ship(errand.order_id, left, now)
        day = now.date() + dt.timedelta(days=self.rng.randint(*errand.ward.profile.transit_days))
        self._at_the_clinic(errand.ward, day, partial(self._arrive, shipment.id, errand))

    def _at_the_clinic(self, ward: Ward, day: dt.date, deed: Callable[[dt.datetime], None]) -> None:
        profile = ward.profile
        day = profile.open_day_from(day)
        minute = self.rng.randint(1, 58)
        self.agenda.at(wall(day, profile.opens + 1, minute, profile.timezone), deed)

    def _arrive(self, shipment_id: int, errand: Errand, now: dt.datetime) -> None:
        condition = self._condition()
        lines = None if condition is Condition.GOOD else self._all_but_one(shipment_id, condition)
        answer = receive_shipment(shipment_id, lines, actor=errand.ward.manager, now=now)
        if condition is Condition.DAMAGED and answer["entry"] is not None:
            later = now + dt.timedelta(days=9)
            self.agenda.at(later, partial(errand.upkeep.throw_out_damaged, answer["entry"]))
        if condition is Condition.MISSING:
            every_line = [line.id for line in _lines(errand.order_id)]
            self._send_later(errand, every_line, 2, now)

    def _condition(self) -> Condition:
        chance = self.rng.random()
        if chance < _DAMAGED:
            return Condition.DAMAGED
        return Condition.MISSING if chance < _DAMAGED + _MISSING else Condition.GOOD

    def _all_but_one(self, shipment_id: int, condition: Condition) -> list[ReceiveLine]:
        """Return what the clinic says: one pack of the parcel is damaged or missing."""
        packs = _packs_of(shipment_id)
        wrong = self.rng.choice(packs)
        said = []
        for sku, lot, count in packs:
            bad = 1 if (sku, lot, count) == wrong else 0
            if count > bad:
                said.append(ReceiveLine(sku, lot, count - bad))
            if bad:
                why = "Box crushed" if condition is Condition.DAMAGED else ""
                said.append(ReceiveLine(sku, lot, 1, condition, why))
        return said

    def _bring(self, errand: Errand, now: dt.datetime) -> None:
        """Bring goods ordered by mail: the clinic receives them without a shipment."""
        order = db.session.get_one(PurchaseOrder, errand.order_id)
        ward = errand.ward
        today = clock.local_date(now, ward.profile.timezone)
        lots = [self.warehouse.lot(line.product, today) for line in order.lines]
        goods = [
            GoodsLine(line.sku, lot.number, lot.expiry, packs=line.outstanding)
            for line, lot in zip(order.lines, lots, strict=True)
        ]
        receive_goods(ward.clinic, goods, order=order, actor=ward.manager, now=now)

    def _workday(self, now: dt.datetime, days: int) -> dt.date:
        day = clock.local_date(now, self.supplier.timezone) + dt.timedelta(days=days)
        while day.weekday() > 4:
            day += dt.timedelta(days=1)
        return day

    def _working_time(self, instant: dt.datetime) -> dt.datetime:
        """Return ``instant``, or when the supplier's people are next at work."""
        zone = self.supplier.timezone
        day = clock.local_date(instant, zone)
        begins = wall(self._workday(instant, 0), _WORK_BEGINS, 20, zone)
        if instant <= begins:
            return begins
        if instant <= wall(day, _WORK_ENDS, 0, zone):
            return instant
        return wall(self._workday(instant, 1), _WORK_BEGINS, 20, zone)


def _lines(order_id: int) -> Sequence[OrderLine]:
    """Return the lines of an order with their products."""
    return db.session.scalars(
        sa.select(OrderLine)
        .where(OrderLine.order_id == order_id)
        .options(joinedload(OrderLine.product))
        .order_by(OrderLine.position)
    ).all()


def _packs_of(shipment_id: int) -> list[tuple[str, str, int]]:
    """Return (SKU, lot, packs) of each line of a shipment."""
    rows = db.session.execute(
        sa.select(OrderLine.sku, ShipmentLine.lot_number, ShipmentLine.packs)
        .join(OrderLine, OrderLine.id == ShipmentLine.order_line_id)
        .where(ShipmentLine.shipment_id == shipment_id)
        .order_by(ShipmentLine.id)
    )
    return [(row.sku, row.lot_number, row.packs) for row in rows]
