"""Counts: what is really there, and one entry that puts the ledger right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import (
    LARGEST_ID,
    Day,
    Flag,
    Input,
    Objects,
    QuantityText,
    Several,
    Text,
    one_of,
)
from supply.api.base.schemas import MoneySchema, NothingSchema, SomeLines
from supply.counting import beginning, posting, saying
from supply.counting.limits import another_can_count, set_limits
from supply.counting.models import Count, CountLine
from supply.counting.queries import ShownLine, count_with_id, lines_of, shown_lines
from supply.counting.terms import CountStatus, DifferenceCause, Uncounted
from supply.db import db
from supply.inventory.rules import normalise_lot
from supply.items.models import Item
from supply.items.queries import places
from supply.money import Money
from supply.quantity import as_text
from supply.refusals import InvalidInput
from supply.text import fold

blueprint = api_blueprint("counts", "Counts")

COUNT = f"/counts/<int(max={LARGEST_ID}):count_id>"


class BeginCountSchema(Input):
    """What is counted: some locations, some items, or all there is."""

    locations = Several(Text(100), least=1)
    skus = Several(Text(), least=1)
    blind = Flag()


class BegunCountSchema(Schema):
    """A count, and how many lines it lists."""

    count = fields.Integer(required=True)
    status = fields.String(required=True, metadata={"enum": [word.value for word in CountStatus]})
    lines = fields.Integer(required=True)


class CountLineSchema(Schema):
    """A lot in a location; what was counted is null until it is.

    While a count is blind and open, its lines do not say what is expected.
    """

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    location = fields.String(required=True)
    counted = fields.String(required=True, allow_none=True)
    expected = fields.String(allow_none=True)
    difference = fields.String(allow_none=True)


class CountSchema(Schema):
    """A count with its lines."""

    count = fields.Integer(required=True)
    status = fields.String(required=True, metadata={"enum": [word.value for word in CountStatus]})
    lines = fields.List(fields.Nested(CountLineSchema), required=True)


class CountedSchema(Input):
    """What was counted of a lot in a location, sealed and open together.

    A lot that is new to the practice needs its ``expiry``, null if it has none.
    """

    sku = Text(required=True)
    lot = Text(required=True)
    location = Text(100, required=True)
    quantity = QuantityText(zero=True, required=True)
    expiry = Day(allow_none=True)


class CountEntriesSchema(Input):
    """Lines that were counted just now."""

    lines = Objects(CountedSchema, many=True, required=True, validate=SomeLines())


class CountCauseSchema(Input):
    """Why a line differs."""

    sku = Text(required=True)
    lot = Text(required=True)
    location = Text(100, required=True)
    cause = Text(required=True, validate=one_of(DifferenceCause))


class PostCountSchema(Input):
    """What becomes of lines nobody touched ("leave" unless said), and why others differ.

    A difference without a cause is posted as ``not_said``. Where the clinic has set its limits,
    large differences are not posted by who counted them; where nobody else may count, with a
    ``note``.
    """

    uncounted = Text(validate=one_of(Uncounted))
    causes = Objects(CountCauseSchema, many=True)
    note = Text(500)


class CountDifferenceSchema(Schema):
    """A line that differed; below zero is missing. ``value`` is null where no cost is known."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    location = fields.String(required=True)
    expected = fields.String(required=True)
    counted = fields.String(required=True)
    difference = fields.String(required=True)
    cause = fields.String(required=True)
    value = fields.Nested(MoneySchema, required=True, allow_none=True)


class PostedCountSchema(Schema):
    """The ledger entry, null where nothing differed, and all that differed."""

    entry = fields.Integer(required=True, allow_none=True)
    differences = fields.List(fields.Nested(CountDifferenceSchema), required=True)


@blueprint.route("/clinics/<clinic_code>/counts", methods=["POST"])
@blueprint.response(201, BegunCountSchema)
@blueprint.writes
@auth.at_clinic(Right.WASTE)
@blueprint.arguments(BeginCountSchema)
def begin(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Begin a count; its lines are the lots that are there now."""

    def work(now: dt.datetime) -> dict[str, Any]:
        locations, items = _scope(clinic, body.get("locations"), body.get("skus"))
        count = beginning.begin(
            clinic,
            locations=locations,
            items=items,
            blind=body.get("blind", True),
            actor=auth.actor(),
            now=now,
        )
        return {"count": count.id, "status": count.status, "lines": len(lines_of(count.id))}

    return writes.once(work)


def _scope(
    clinic: Clinic, names: list[str] | None, codes: list[str] | None
) -> tuple[list[int] | None, list[int] | None]:
    """Return the locations and items that are named; None for all."""
    there = {fold(place.name): place.id for place in places(clinic)}
    rows = db.session.execute(
        sa.select(Item.code, Item.id).where(
            Item.practice_id == clinic.practice_id, Item.code.in_(codes or [])
        )
    )
    items: dict[str, int] = {row.code: row.id for row in rows}
    faults = [
        (f"locations.{number}", _("This clinic has no such location."))
        for number, name in enumerate(names or [])
        if fold(name) not in there
    ] + [
        (f"skus.{number}", _("No item has the code %(code)s.", code=code))
        for number, code in enumerate(codes or [])
        if code not in items
    ]
    if faults:
        raise InvalidInput(*faults)
    return (
        [there[fold(name)] for name in names] if names else None,
        [items[code] for code in codes] if codes else None,
    )


def _reaching(right: Right) -> Any:
    def getter(count_id: int) -> dict[str, Any]:
        """Hand a view the count, if the caller has the right at its clinic."""
        count = count_with_id(count_id)
        auth.clinic(count.clinic.code, right)
        return {"count": count}

    return auth.handing(getter)


@blueprint.route(COUNT)
@blueprint.response(200, CountSchema)
@_reaching(Right.VIEW)
def read(count: Count) -> dict[str, Any]:
    """Return a count; blind and open, it keeps to itself what is expected."""
    return _answer(count, clock.now())


@blueprint.route(f"{COUNT}/entries", methods=["POST"])
@blueprint.response(200, CountSchema)
@blueprint.writes
@_reaching(Right.WASTE)
@blueprint.arguments(CountEntriesSchema)
def enter(body: dict[str, Any], count: Count) -> dict[str, Any]:
    """Say what was counted; a line again replaces what was said of it, another lot is added."""
    count_id = count.id
    lines = [
        saying.Counted(
            sku=line["sku"],
            lot=line["lot"],
            location=line["location"],
            quantity=line["quantity"],
            expiry=line.get("expiry"),
            expiry_said="expiry" in line,
            field=f"lines.{number}",
        )
        for number, line in enumerate(body["lines"])
    ]

    def work(now: dt.datetime) -> dict[str, Any]:
        saying.say(count_id, lines, actor=auth.actor(), now=now)
        return _answer(count_with_id(count_id), now)

    return writes.once(work)


@blueprint.route(f"{COUNT}/post", methods=["POST"])
@blueprint.response(201, PostedCountSchema)
@blueprint.writes
@_reaching(Right.STOCK)
@blueprint.arguments(PostCountSchema)
def post(body: dict[str, Any], count: Count) -> dict[str, Any]:
    """Post a count as one entry; each line differs from what the ledger says of its moment."""
    count_id, currency = count.id, count.clinic.currency
    uncounted = Uncounted(body.get("uncounted", Uncounted.LEAVE))

    def work(now: dt.datetime) -> dict[str, Any]:
        causes = _causes(count_id, body.get("causes", []))
        posted = posting.post(
            count_id,
            uncounted=uncounted,
            causes=causes,
            recount=_recount(count_with_id(count_id).clinic, body.get("note", ""), now),
            actor=auth.actor(),
            now=now,
        )
        differences = [_difference(line, currency) for line in posted.differing]
        return {"entry": posted.entry_id, "differences": differences}

    return writes.once(work)


@blueprint.route(f"{COUNT}/cancel", methods=["POST"])
@blueprint.response(200, CountSchema)
@blueprint.writes
@_reaching(Right.STOCK)
@blueprint.arguments(NothingSchema)
def cancel(_body: dict[str, Any], count: Count) -> dict[str, Any]:
    """End a count without posting it."""
    count_id = count.id

    def work(now: dt.datetime) -> dict[str, Any]:
        done = beginning.cancel(count_id, actor=auth.actor(), now=now)
        return _answer(done, now)

    return writes.once(work)


def _recount(clinic: Clinic, note: str, now: dt.datetime) -> posting.Recount | None:
    limits = set_limits(clinic)
    if limits is None:
        return None
    return posting.Recount(limits, another_can_count(clinic, auth.actor().person_id, now), note)


def _answer(count: Count, now: dt.datetime) -> dict[str, Any]:
    hidden = count.blind and count.status is CountStatus.OPEN
    lines = [_line(one, hidden=hidden) for one in shown_lines(count, now)]
    return {"count": count.id, "status": count.status, "lines": lines}


def _named(line: CountLine) -> dict[str, Any]:
    return {"sku": line.item.code, "lot": line.lot.number, "location": line.location.name}


def _line(one: ShownLine, *, hidden: bool) -> dict[str, Any]:
    said = {**_named(one.line), "counted": _text(one.line.counted)}
    if hidden:
        return said
    return {**said, "expected": _text(one.expected), "difference": _text(one.difference)}


def _text(quantity: Decimal | None) -> str | None:
    return None if quantity is None else as_text(quantity)


def _difference(line: CountLine, currency: str) -> dict[str, Any]:
    value = line.value_minor
    return {
        **_named(line),
        "expected": _text(line.expected),
        "counted": _text(line.counted),
        "difference": _text(line.difference),
        "cause": line.cause,
        "value": None if value is None else Money(value, currency).as_json(),
    }


def _causes(count_id: int, said: Sequence[dict[str, str]]) -> dict[int, DifferenceCause]:
    """Return the causes by line; raises InvalidInput naming those of lines that are not there."""
    lines = {
        (line.item.code, line.lot.normalised, fold(line.location.name)): line.id
        for line in lines_of(count_id)
    } if said else {}  # fmt: skip
    found, faults = {}, []
    for number, one in enumerate(said):
        line = lines.get((one["sku"], normalise_lot(one["lot"]), fold(one["location"])))
        if line is None:
            faults.append((f"causes.{number}", _("The count has no such line.")))
        else:
            found[line] = DifferenceCause(one["cause"])
    if faults:
        raise InvalidInput(*faults)
    return found
