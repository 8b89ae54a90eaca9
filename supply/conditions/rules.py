"""What a supplier asks for an order: its minimum, carriage, days to pay. Pure decisions."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Carriage:
    """What sending an order costs, in minor units, and from what net sum on it is free."""

    minor: int
    free_from_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms in one currency; None is not said. ``minimum_minor`` is net and without carriage."""

    minimum_minor: int | None = None
    carriage: Carriage | None = None
    payment_days: int | None = None


NONE = Terms()


def combined(general: Terms, own: Terms) -> Terms:
    """Return the terms of a practice: its own where they say something, else those for all."""
    return Terms(
        general.minimum_minor if own.minimum_minor is None else own.minimum_minor,
        general.carriage if own.carriage is None else own.carriage,
        general.payment_days if own.payment_days is None else own.payment_days,
    )


def missing_minor(goods_minor: int, terms: Terms) -> int:
    """Return what an order of goods for a net sum lacks to the minimum; 0 where it is enough."""
    return max((terms.minimum_minor or 0) - goods_minor, 0)


def carriage_minor(goods_minor: int, terms: Terms) -> int:
    """Return what is charged for sending goods of a net sum."""
    carriage = terms.carriage
    if carriage is None:
        return 0
    free = carriage.free_from_minor is not None and goods_minor >= carriage.free_from_minor
    return 0 if free else carriage.minor


def to_free_minor(goods_minor: int, terms: Terms) -> int | None:
    """Return what more goods would make carriage free; None where nothing does or it is."""
    if not carriage_minor(goods_minor, terms) or terms.carriage is None:
        return None
    free_from = terms.carriage.free_from_minor
    return None if free_from is None else free_from - goods_minor
