"""Posting a count: one entry that puts the ledger right by what differed at each line's moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.actor import Actor
from supply.audit import services as audit
from supply.counting import rules
from supply.counting.models import Count, CountLine
from supply.counting.moments import SOURCE, Shelf, balances_at, expected_at
from supply.counting.moving import Found, moves_of
from supply.counting.queries import lines_of, locked_open
from supply.counting.refusals import CountAgain, CountByAnother
from supply.counting.terms import CountStatus, DifferenceCause, Uncounted
from supply.counting.worth import unit_costs
from supply.db import AnyRow, db, execute
from supply.inventory import ledger
from supply.inventory.ledger import BALANCE, Place
from supply.inventory.taking_in import note_stocked
from supply.inventory.terms import EntryKind
from supply.inventory.wording import measured
from supply.quantity import ZERO
from supply.refusals import InvalidInput

Causes = Mapping[int, DifferenceCause]
"""Why lines differ, by the line's id."""

_SET_COUNTED = (
    sa.update(BALANCE)
    .where(
        BALANCE.c.location_id == sa.bindparam("location"),
        BALANCE.c.lot_id == sa.bindparam("lot"),
    )
    .values(counted_at=sa.bindparam("moment", type_=BALANCE.c.counted_at.type))
)


@dataclass(frozen=True, slots=True)
class Posted:
    """What posting wrote: the entry (None where nothing differed), and the lines that differ."""

    entry_id: int | None
    differing: tuple[CountLine, ...]


@dataclass(frozen=True, slots=True)
class Recount:
    """From when on a difference may not be posted by who counted it.

    Where nobody ``another`` may count, it may, with a ``note``.
    """

    limits: rules.Limits
    another: bool
    note: str = ""


def post(
    count_id: int,
    *,
    uncounted: Uncounted = Uncounted.LEAVE,
    causes: Causes | None = None,
    recount: Recount | None = None,
    explained: bool = False,
    actor: Actor,
    now: dt.datetime,
) -> Posted:
    """Post an open count. Lines that nobody touched are left as they are, or taken for zero now.

    Each line differs by what the ledger says of the moment it was counted, so what moved before
    or after does not matter. Of what differs without one of ``causes`` none is said; where all is
    to be ``explained``, each line that somebody counted needs one. Locks the count, then the
    balances of its lines in primary-key order.

    Raises:
        CountEnded: it is not open any more.
        InvalidInput: nothing was counted, or a cause is missing or does not explain its difference;
            or a note is missing where nobody else can count.
        CountByAnother: who posts has counted what differs by much (see :class:`Recount`).
        CountAgain: a line was counted or corrected again elsewhere since, or less is there by
            now than is to be taken off.
    """
    count = locked_open(count_id)
    said = {line.id for line in lines_of(count.id) if line.counted is not None}
    lines = _counted(count, uncounted, actor, now)
    moments = {(line.location_id, line.lot_id): _moment(line) for line in lines}
    there = balances_at(moments, lock=True)
    _check_newest(lines, there)
    expected = expected_at(moments, there)
    found = _compare(count, lines, expected, causes or {}, said if explained else set())
    if recount is not None:
        _check_counted_by_another(count, found, recount, actor)
    _check_there(found, there)
    entry_id = _post_entry(count, found, there, moments, actor, now)
    _note_counted(moments)
    _end(count, entry_id, actor, now)
    return Posted(entry_id, tuple(one.line for one in found if one.line.difference))


def _check_counted_by_another(
    count: Count, found: Sequence[Found], recount: Recount, actor: Actor
) -> None:
    own = [
        line
        for line in (one.line for one in found)
        if line.counted_by_id == actor.person_id
        and rules.is_large(
            line.difference or ZERO, line.expected or ZERO, line.value_minor, recount.limits
        )
    ]
    if not own:
        return
    if recount.another:
        raise CountByAnother([line.lot.number for line in own])
    if not recount.note:
        message = _("Nobody else here may count: say why you post these differences yourself.")
        raise InvalidInput(("note", message))
    count.note = recount.note


def _moment(line: CountLine) -> dt.datetime:
    if line.counted_at is None:
        raise ValueError("a line that was counted has a moment")
    return line.counted_at


def _counted(count: Count, uncounted: Uncounted, actor: Actor, now: dt.datetime) -> list[CountLine]:
    lines = lines_of(count.id)
    if uncounted is Uncounted.ZERO:
        for line in lines:
            if line.counted is None:
                line.counted, line.counted_at, line.counted_by_id = ZERO, now, actor.person_id
    counted = [line for line in lines if line.counted is not None]
    if not counted:
        raise InvalidInput(("lines", _("Nothing has been counted yet.")))
    return counted


def _check_newest(lines: Sequence[CountLine], there: Mapping[Place, AnyRow]) -> None:
    """Refuse lines older than the last count or correction of their place: it has settled them."""
    newest: dict[Shelf, dt.datetime] = {}
    for (location, lot, _container), row in there.items():
        if row.counted_at is not None:
            last = newest.get((location, lot), row.counted_at)
            newest[location, lot] = max(last, row.counted_at)
    late = [
        _("Lot %(lot)s (%(place)s) was counted or corrected again since: count it once more.",
          lot=line.lot.number, place=line.location.name)
        for line in lines
        if newest.get((line.location_id, line.lot_id), _moment(line)) > _moment(line)
    ]  # fmt: skip
    if late:
        raise CountAgain(late)


def _compare(
    count: Count,
    lines: Sequence[CountLine],
    expected: Mapping[Shelf, rules.Parts],
    causes: Causes,
    asked: Collection[int],
) -> list[Found]:
    """Write into each line what differs; return what is found by part. ``asked`` need a cause."""
    costs = unit_costs(count.clinic_id, {line.lot_id: line.item_id for line in lines})
    found, faults = [], []
    for line in lines:
        was = expected[line.location_id, line.lot_id]
        counted = line.counted or ZERO
        parts = rules.parted(counted, _rests(line), was, line.lot.content_per_container)
        changes = rules.differences(parts, was)
        line.expected = sum(was.values(), ZERO)
        line.difference = counted - line.expected
        line.value_minor = rules.value_of(line.difference, costs.get(line.lot_id))
        line.cause = causes.get(line.id, DifferenceCause.NOT_SAID) if changes else None
        if line.difference and line.id in asked and line.id not in causes:
            message = _("Lot %(lot)s: choose why it differs.", lot=line.lot.number)
            faults.append((f"cause-{line.id}", message))
        if line.cause and not rules.may_cause(line.cause, line.difference):
            message = _("Lot %(lot)s: that does not explain the difference.", lot=line.lot.number)
            faults.append((f"cause-{line.id}", message))
        found.append(Found(line, changes, costs.get(line.lot_id)))
    if faults:
        raise InvalidInput(*faults)
    return found


def _rests(line: CountLine) -> rules.Parts | None:
    if line.rests is None:
        return None
    return {int(container): Decimal(rest) for container, rest in line.rests.items()}


def _check_there(found: Sequence[Found], there: Mapping[Place, AnyRow]) -> None:
    """Refuse to take off more than is there by now: someone has used what was not there."""
    short = []
    for one in found:
        line = one.line
        for part, change in one.needs.items():
            row = there.get((line.location_id, line.lot_id, part))
            if change + (row.quantity if row else ZERO) < 0:
                item = line.item
                sentence = _(
                    "Lot %(lot)s (%(place)s): %(missing)s of it were missing when it was counted,"
                    " and less is there now. Count it again.",
                    lot=line.lot.number,
                    place=line.location.name,
                    missing=measured(
                        -change, line.lot.content_per_container, item.container, item.unit
                    ),
                )
                short.append(sentence)
                break
    if short:
        raise CountAgain(short)


def _post_entry(
    count: Count,
    found: Sequence[Found],
    there: Mapping[Place, AnyRow],
    moments: Mapping[Shelf, dt.datetime],
    actor: Actor,
    now: dt.datetime,
) -> int | None:
    outside = ledger.outside_of(count.clinic_id)
    moves = [move for one in found for move in moves_of(one, outside, count.clinic)]
    if not moves:
        return None
    note_stocked(count.clinic_id, {move.item_id for move in moves})
    draft = ledger.Draft(
        count.clinic_id,
        EntryKind.COUNT,
        max(moments.values()),
        moves,
        source=(SOURCE, count.id),
    )
    return ledger.post(draft, outside, there, actor=actor, now=now)


def _note_counted(moments: Mapping[Shelf, dt.datetime]) -> None:
    """Let nothing be dated back to before these moments; the balances are locked."""
    execute(
        _SET_COUNTED,
        [
            {"location": location, "lot": lot, "moment": moment}
            for (location, lot), moment in sorted(moments.items())
        ],
    )


def _end(count: Count, entry_id: int | None, actor: Actor, now: dt.datetime) -> None:
    count.status, count.entry_id = CountStatus.POSTED, entry_id
    count.ended_at, count.ended_by_id = now, actor.person_id
    db.session.flush()
    audit.record(
        actor,
        "count.posted",
        ("count", count.id),
        now,
        clinic_id=count.clinic_id,
        after={"entry": entry_id},
    )
