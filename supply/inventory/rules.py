"""Pure decisions on stock: expiry, beyond-use time, storage fit, and what FEFO draws."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from supply.catalogue.rules import INJECTABLE_HOURS
from supply.catalogue.terms import Dose, Storage
from supply.inventory.terms import CHOSEN_CAUSES, WasteCause
from supply.quantity import ZERO, whole_containers
from supply.text import code, fold

LONGEST_LOT = 80
"""Characters of a lot number at most."""

_FITS: Mapping[Storage, tuple[Storage, ...]] = {
    Storage.AMBIENT: (Storage.AMBIENT,),
    Storage.COLD: (Storage.COLD,),
    Storage.EITHER: (Storage.AMBIENT, Storage.COLD),
    Storage.FROZEN: (Storage.FROZEN,),
}


class Source(NamedTuple):
    """Something that may be drawn: sealed containers of a lot in one place, or an open one.

    ``quantity`` is what may be drawn of it, in the base unit, without the ``held`` that lies
    there too; ``cost_minor`` is what ``costed`` of both together cost. ``later`` is what of the
    held went on hold only after the moment that is asked about.
    """

    balance_id: int
    item_id: int
    lot_id: int
    lot_number: str
    location_id: int
    container_id: int | None
    quantity: Decimal
    content: Decimal
    expiry: dt.date | None
    discard_at: dt.datetime | None
    first_in_at: dt.datetime
    storage: Storage | None = None
    counted_at: dt.datetime | None = None
    costed: Decimal = ZERO
    cost_minor: int = 0
    held: Decimal = ZERO
    later: Decimal = ZERO

    def before_it_was_held(self) -> Source:
        """Return it as it was before holds that came later: for whoever names its lot."""
        if not self.later:
            return self
        return self._replace(quantity=self.quantity + self.later, held=self.held - self.later)


class Draw(NamedTuple):
    """What is taken from one source: for the patient, lost with it, and opened for it."""

    source: Source
    taken: Decimal
    wasted: Decimal = ZERO
    containers: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """The draws that cover a need, and how much of it they leave uncovered."""

    draws: tuple[Draw, ...]
    short: Decimal


def normalise_lot(number: str) -> str:
    """Return ``number`` as lots are compared: without case, width and what cannot be seen.

    Separators count: 12-3 and 1-23 are two lots. A number without a letter or digit is none.
    """
    return fold(number).upper() if any(map(str.isalnum, number)) else ""


def lot_likeness(number: str) -> str:
    """Return what two spellings of one lot share: letters and digits, 0 for O and 1 for I."""
    bare = "".join(sign for sign in normalise_lot(number) if sign.isalnum())
    return bare.replace("O", "0").replace("I", "1")


def is_too_long(number: str) -> bool:
    """Return whether a lot number is longer than any that is printed, however it is written."""
    return max(len(code(number)), len(normalise_lot(number))) > LONGEST_LOT


_CALLED = {
    "past its time": WasteCause.PAST_TIME,
    "broken": WasteCause.DAMAGED,
    "not kept cold": WasteCause.BADLY_KEPT,
} | {cause.value.replace("_", " "): cause for cause in CHOSEN_CAUSES}
"""What programs may call a cause of waste at the beginning of a reason."""


def cause_in(reason: str) -> tuple[WasteCause, str]:
    """Return the cause that a free ``reason`` names, and what it says besides.

    "Broken: fell off the tray" is damaged; what names no cause is another one, kept whole.
    """
    word, _colon, rest = reason.partition(":")
    cause = _CALLED.get(" ".join(word.replace("_", " ").split()).lower())
    if cause is None:
        return WasteCause.OTHER, reason.strip()
    return cause, rest.strip()


def is_expired(expiry: dt.date | None, today: dt.date) -> bool:
    """Return whether a lot is past its expiry date on the clinic's calendar ``today``.

    A lot is usable through its expiry date. This is the only place that says so.
    """
    return expiry is not None and expiry < today


class ShelfLife(enum.StrEnum):
    """How a lot's expiry stands to what was promised."""

    FINE = "fine"
    SHORT = "short"
    EXPIRED = "expired"


def shelf_life(
    expiry: dt.date | None, minimum_remaining_days: int | None, today: dt.date
) -> ShelfLife:
    """Return how ``expiry`` stands to the promised remaining days, counted from ``today``.

    A lot is usable through its expiry date, so one that ends exactly the promised number of
    days from now is fine. Undated lots, and products without a promise, always are.
    """
    if expiry is None:
        return ShelfLife.FINE
    if is_expired(expiry, today):
        return ShelfLife.EXPIRED
    promised_to = today + dt.timedelta(days=minimum_remaining_days or 0)
    return ShelfLife.SHORT if expiry < promised_to else ShelfLife.FINE


def fitting_storages(storage: Storage) -> tuple[Storage, ...]:
    """Return the classes of location that ``storage`` may be kept in, ambient before cold."""
    return _FITS[storage]


def discard_hours(
    rules: Sequence[tuple[Storage | None, int]], storage: Storage | None, *, injectable: bool
) -> int | None:
    """Return how many hours an opened multi-dose container lasts in ``storage``.

    ``rules`` are (storage class or None for anywhere, hours). Without a rule an injectable
    gets :data:`INJECTABLE_HOURS`; anything else lasts to its expiry (None).
    """
    by_storage = dict(rules)
    if storage in by_storage:
        return by_storage[storage]
    if None in by_storage:
        return by_storage[None]
    if by_storage:
        return min(by_storage.values())
    return INJECTABLE_HOURS if injectable else None


def discard_at(
    opened_at: dt.datetime, hours: int | None, expiry_ends: dt.datetime | None
) -> dt.datetime | None:
    """Return when an opened container must go: the earlier of its clock and its expiry's end."""
    ends = [] if hours is None else [opened_at + dt.timedelta(hours=hours)]
    if expiry_ends is not None:
        ends.append(max(expiry_ends, opened_at))
    return min(ends, default=None)


def fefo(sources: Iterable[Source]) -> list[Source]:
    """Return ``sources`` in the order they are drawn.

    Open containers first, earliest discard first; then sealed lots by expiry date, undated
    last; then by receipt.
    """
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(
        sources,
        key=lambda source: (
            source.container_id is None,
            source.discard_at or never,
            source.expiry or dt.date.max,
            source.first_in_at,
            source.balance_id,
        ),
    )


def pick(sources: Iterable[Source], needed: Decimal, dose: Dose) -> Cover:
    """Return what to draw from ``sources`` to cover ``needed``, first expired first.

    A single-dose container serves one patient: what is left of it is wasted. Of a multi-dose
    one the rest stays open, and so it does of a box of pieces. Single pieces are not opened.
    """
    draws = []
    left = needed
    for source in fefo(sources):
        if left <= 0:
            break
        draw = _draw(source, left, dose)
        if draw.taken > 0:
            draws.append(draw)
            left -= draw.taken
    return Cover(tuple(draws), left)


def _draw(source: Source, needed: Decimal, dose: Dose) -> Draw:
    taken = min(needed, source.quantity)
    if dose is Dose.NONE and source.content == 1:
        return Draw(source, taken)
    if source.container_id is not None:
        wasted = source.quantity - taken if dose is Dose.SINGLE else ZERO
        return Draw(source, taken, wasted)
    containers = whole_containers(taken, source.content)
    left_over = source.content * containers - taken
    return Draw(source, taken, left_over if dose is Dose.SINGLE else ZERO, containers)


def waste_dead_space(draws: Sequence[Draw], dead_space: Decimal) -> tuple[Draw, ...]:
    """Return ``draws`` with ``dead_space`` of what they took counted as wasted, last first."""
    adjusted = list(draws)
    for index in range(len(adjusted) - 1, -1, -1):
        if dead_space <= 0:
            break
        lost = min(adjusted[index].taken, dead_space)
        draw = adjusted[index]
        adjusted[index] = draw._replace(taken=draw.taken - lost, wasted=draw.wasted + lost)
        dead_space -= lost
    return tuple(adjusted)
