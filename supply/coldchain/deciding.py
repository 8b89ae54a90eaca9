"""What becomes of what an excursion holds: the maker's answer, then released or discarded."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.models import Clinic
from supply.actor import Actor
from supply.audit import services as audit
from supply.coldchain import holding
from supply.coldchain.models import ColdExcursion, ExcursionDocument
from supply.coldchain.raising import raise_alerts
from supply.coldchain.releasing import check_may_release
from supply.db import AnyRow, db
from supply.handling import actions, spots
from supply.inventory.availability import on_shelf
from supply.inventory.models import Balance, Hold, Lot
from supply.inventory.reversal import reverse
from supply.inventory.terms import HoldSource, WasteCause
from supply.items.models import Item, Location
from supply.quantity import whole_containers
from supply.refusals import InvalidInput, Refusal

LONGEST_ANSWER = 4_000
MOST_BYTES = 8 * 1024 * 1024
MEDIA_TYPES = {b"%PDF-": "application/pdf", b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the maker says: its words, who said so, when, and the document if there is one."""

    words: str
    by: str
    on: dt.date
    document: tuple[str, bytes] | None = None


def write_answer(
    excursion: ColdExcursion, answer: Answer, *, today: dt.date, actor: Actor, now: dt.datetime
) -> None:
    """Write down what the maker says of what was out of range; again to change it.

    Raises:
        InvalidInput: no words, nobody who said so, a day ahead, or a document of another kind.
    """
    _check(answer, today)
    excursion.answer, excursion.answered_by = answer.words.strip(), answer.by.strip()
    excursion.answered_on, excursion.answered_at = answer.on, now
    if answer.document:
        name, content = answer.document
        kept = db.session.get(ExcursionDocument, excursion.id)
        kept = kept or ExcursionDocument(excursion_id=excursion.id)
        kept.name, kept.media_type = name[:200], media_type_of(content) or ""
        kept.content = content
        db.session.add(kept)
    db.session.flush()
    _record("excursion.answered", excursion, actor, now, {"by": answer.by.strip()})
    raise_alerts(excursion.clinic_id, now)


def _check(answer: Answer, today: dt.date) -> None:
    wrong = []
    if not answer.words.strip():
        wrong.append(("answer", _("Write down what the maker says.")))
    if not answer.by.strip():
        wrong.append(("by", _("Say who answered.")))
    if answer.on > today:
        wrong.append(("on", _("This day is yet to come.")))
    if answer.document and len(answer.document[1]) > MOST_BYTES:
        wrong.append(("document", _("The document is larger than 8 MB.")))
    elif answer.document and media_type_of(answer.document[1]) is None:
        wrong.append(("document", _("Upload a PDF, JPEG or PNG.")))
    if wrong:
        raise InvalidInput(*wrong)


def media_type_of(content: bytes) -> str | None:
    """Return what kind of document begins so; None for any other than those that are taken."""
    return next((kind for start, kind in MEDIA_TYPES.items() if content.startswith(start)), None)


@dataclass(frozen=True, slots=True)
class Decided:
    """What was done: holds released, and entries of waste, to be undone by."""

    released: Sequence[int]
    entries: Sequence[int]


def decide(
    clinic: Clinic,
    excursion_id: int,
    *,
    release: Collection[int] = (),
    discard: Collection[int] = (),
    actor: Actor,
    now: dt.datetime,
) -> Decided:
    """Release some of what an excursion holds and discard some, by hold, in one go.

    Holds of which nothing is left end with it. When none is left, the excursion is closed.
    Locks the excursion, then balances in primary-key order.

    Raises:
        NotAnswered: something is to be released and the maker has not answered, or it goes on.
        Refusal: there is no such hold, or it was released before.
    """
    excursion = locked(clinic, excursion_id)
    if release:
        check_may_release(excursion)
    open_ids = {row.id for row in holding.holds_of([excursion_id]) if row.released_at is None}
    if not {*release, *discard} <= open_ids or set(release) & set(discard):
        raise Refusal(_("Something of this was decided on meanwhile. Look again."))
    parts = held_parts(excursion_id)
    entries = [
        entry
        for part in sorted(parts, key=lambda part: part.balance_id)
        if part.hold_id in discard and (entry := _discard(clinic, part, excursion, actor, now))
    ]
    gone = open_ids - {part.hold_id for part in parts}
    released = holding.release(excursion, {*release, *discard, *gone}, actor=actor, now=now)
    if len(released) == len(open_ids):
        _close(excursion, actor, now)
    raise_alerts(clinic.id, now)
    return Decided(released, entries)


def locked(clinic: Clinic, excursion_id: int) -> ColdExcursion:
    """Lock and return an excursion on which something is to be decided.

    Raises:
        Refusal: it is closed or withdrawn, or there is none.
    """
    found = db.session.scalar(
        sa.select(ColdExcursion)
        .where(ColdExcursion.id == excursion_id, ColdExcursion.clinic_id == clinic.id)
        .with_for_update(of=ColdExcursion)
        .execution_options(populate_existing=True)
    )
    if found is None or found.closed_at is not None or found.withdrawn_at is not None:
        raise Refusal(_("This excursion is closed."))
    return found


def close(clinic: Clinic, excursion_id: int, *, actor: Actor, now: dt.datetime) -> None:
    """Close an excursion of which nothing is held any more, or nothing ever was.

    Raises:
        Refusal: something is still held, it goes on, or it is closed already.
    """
    excursion = locked(clinic, excursion_id)
    if held_parts(excursion_id):
        raise Refusal(_("Something is still on hold: release or discard it."))
    if excursion.ended_at is None:
        raise Refusal(_("%(location)s is still out of range.", location=excursion.location.name))
    holding.release_all(excursion, actor=actor, now=now)
    _close(excursion, actor, now)
    raise_alerts(clinic.id, now)


def undo(
    clinic: Clinic,
    excursion_id: int,
    *,
    released: Iterable[int],
    entries: Iterable[int],
    actor: Actor,
    now: dt.datetime,
) -> None:
    """Take a decision back: what was discarded is there again, and all of it on hold.

    Raises:
        Refusal: it was taken back before, or what was discarded cannot be put back.
    """
    excursion = db.session.scalar(
        sa.select(ColdExcursion)
        .where(ColdExcursion.id == excursion_id, ColdExcursion.clinic_id == clinic.id)
        .with_for_update(of=ColdExcursion)
    )
    if excursion is None or excursion.withdrawn_at is not None:
        raise Refusal(_("This excursion is closed."))
    for entry_id in sorted(entries):
        reverse(entry_id, reason="", actor=actor, now=now)
    ids = sorted(released)
    back = db.session.scalars(
        sa.update(Hold)
        .where(
            Hold.id.in_(ids),
            Hold.source == HoldSource.COLD_CHAIN,
            Hold.source_id == excursion_id,
            Hold.released_at.is_not(None),
        )
        .values(released_at=None, released_by_id=None)
        .returning(Hold.id)
    ).all()
    if len(back) != len(ids):
        raise Refusal(_("This was taken back already."))
    excursion.closed_at = excursion.closed_by_id = None
    db.session.flush()
    _record("excursion.reopened", excursion, actor, now, {"holds": ids})
    raise_alerts(clinic.id, now)


def _close(excursion: ColdExcursion, actor: Actor, now: dt.datetime) -> None:
    excursion.closed_at, excursion.closed_by_id = now, actor.person_id
    db.session.flush()
    _record("excursion.closed", excursion, actor, now, {})


@dataclass(frozen=True, slots=True)
class Part:
    """What is held in one place: a balance, and how much of it (base unit)."""

    hold_id: int
    balance_id: int
    spot: spots.Spot
    held: Decimal
    row: AnyRow


def held_parts(excursion_id: int) -> list[Part]:
    """Return what an excursion holds and is there, lot by lot, soonest to expire first."""
    query = (
        sa.select(
            Hold.id.label("hold_id"),
            Hold.quantity.label("part"),
            Balance.id.label("balance_id"),
            Balance.location_id,
            Balance.lot_id,
            Balance.container_id,
            Balance.quantity,
            Lot.number,
            Lot.expiry,
            Lot.content_per_container,
            Location.name.label("location"),
            Item.id.label("item_id"),
            Item.name,
            Item.code,
            Item.unit,
            Item.container,
        )
        .join(
            Balance,
            sa.and_(Balance.lot_id == Hold.lot_id, Balance.location_id == Hold.location_id),
        )
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Item, Item.id == Lot.item_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Hold.source == HoldSource.COLD_CHAIN,
            Hold.source_id == excursion_id,
            Hold.released_at.is_(None),
            on_shelf(),
        )
        .order_by(Lot.expiry.is_(None), Lot.expiry, Lot.number, Balance.id)
    )
    parts = (_part(row) for row in db.session.execute(query))
    return [part for part in parts if part.held]


def _part(row: AnyRow) -> Part:
    held = row.quantity
    if row.part is not None:
        content = row.content_per_container
        sealed = row.container_id is None
        held = min(content * whole_containers(row.part, content), row.quantity) if sealed else 0
    spot = (row.location_id, row.lot_id, row.container_id)
    return Part(row.hold_id, row.balance_id, spot, Decimal(held), row)


def _discard(
    clinic: Clinic, part: Part, excursion: ColdExcursion, actor: Actor, now: dt.datetime
) -> int:
    return actions.waste(
        clinic,
        part.spot,
        part.held,
        cause=WasteCause.BADLY_KEPT,
        note=_("Out of range in %(location)s", location=excursion.location.name),
        actor=actor,
        now=now,
    )


def _record(
    action: str, excursion: ColdExcursion, actor: Actor, now: dt.datetime, after: dict[str, object]
) -> None:
    audit.record(
        actor,
        action,
        ("cold_excursion", excursion.id),
        now,
        clinic_id=excursion.clinic_id,
        after=after,
    )
