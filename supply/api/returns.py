"""Returns: asked for and sent by the clinic, authorised and received by the supplier."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from flask_babel import gettext as _
from marshmallow import fields

from supply import clock
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Day, Flag, Input, Objects, Text, Whole, one_of
from supply.api.base.schemas import NothingSchema, SomeLines
from supply.api.orders import ORDER
from supply.api.return_answers import ReturnStatusSchema, return_status
from supply.inventory.rules import normalise_lot
from supply.money import InvalidMoneyError, parse_minor
from supply.ordering.events import today_at
from supply.ordering.models import PurchaseOrder
from supply.ordering.rules import MOST_PACKS
from supply.refusals import InvalidInput
from supply.returning import coming_back, receiving, rules, sending, services
from supply.returning.models import Return, ReturnLine
from supply.returning.queries import return_with_id
from supply.returning.receiving import Verdict
from supply.returning.services import NewReturn, Terms, Wanted
from supply.returning.terms import CarriageBy, Fate, ReturnReason

blueprint = api_blueprint("returns", "Returns")

RETURN = f"/returns/<int(max={LARGEST_ID}):return_id>"
LONGEST_NOTE = 2_000


class ReturnedSchema(Input):
    """Packs of a lot that was received, by the supplier's SKU."""

    sku = Text(required=True)
    lot = Text(80, required=True)
    packs = Whole(1, MOST_PACKS, required=True)


class NewReturnSchema(Input):
    """Packs to return, and why."""

    reason = Text(required=True, validate=one_of(ReturnReason))
    lines = Objects(ReturnedSchema, many=True, required=True, validate=SomeLines())
    note = Text(LONGEST_NOTE, blank=True)


class CreditSchema(Input):
    """What is credited for a pack of a SKU, net of VAT, as in ``"20.05"``."""

    sku = Text(required=True)
    per_pack = Text(40, required=True)


class AuthoriseSchema(Input):
    """On what terms packs are taken back: at their whole price where no ``credit`` is named."""

    carriage = Text(required=True, validate=one_of(CarriageBy))
    valid_until = Day()
    """The last day to send; two weeks from today where nothing is said."""
    credit = Objects(CreditSchema, many=True)
    note = Text(LONGEST_NOTE, blank=True)


class RefuseSchema(Input):
    """Why packs are not taken back."""

    reason = Text(LONGEST_NOTE, required=True)


class WithdrawReturnSchema(Input):
    """Why the clinic does not return them after all."""

    reason = Text(LONGEST_NOTE, blank=True)


class SendSchema(Input):
    """Who carries the packs."""

    carrier = Text(sending.LONGEST, blank=True)
    tracking = Text(sending.LONGEST, blank=True)


class VerdictSchema(Input):
    """Packs of a lot that are accepted, and of the rest why not, and what becomes of them."""

    sku = Text(required=True)
    lot = Text(80, required=True)
    accepted = Whole(0, MOST_PACKS, required=True)
    refused_because = Text(LONGEST_NOTE, blank=True)
    fate = Text(validate=one_of(Fate))


class ReceiveSchema(Input):
    """What was received; a lot that is not named is accepted whole."""

    lines = Objects(VerdictSchema, many=True)
    into_stock = Flag(
        load_default=False,
        metadata={"description": "Take what is accepted into the supplier's own stock, on hold."},
    )


class SentSchema(ReturnStatusSchema):
    """The return, and the ledger entry by which its packs left stock, or came back."""

    entry = fields.Integer(required=True)


def _to_send(return_id: int) -> dict[str, Any]:
    """Hand on a return that the clinic's stock keepers may change."""
    found = return_with_id(return_id)
    auth.side_of(found.order, buyer=Right.STOCK)
    return {"whole": found}


def _to_answer(return_id: int) -> dict[str, Any]:
    """Hand on a return its supplier answers; the clinic does for one that is not on Supply."""
    found = return_with_id(return_id)
    buyer = None if found.order.supplier.uses_supply else Right.STOCK
    auth.side_of(found.order, supplier=Right.FULFIL, buyer=buyer)
    return {"whole": found}


@blueprint.route(f"{ORDER}/returns", methods=["POST"])
@blueprint.response(201, ReturnStatusSchema)
@blueprint.writes
@auth.of_order(buyer=Right.STOCK)
@blueprint.arguments(NewReturnSchema)
def ask(body: dict[str, Any], order: PurchaseOrder) -> dict[str, Any]:
    """Ask the supplier to take packs of an order back."""
    order_id = order.id
    lines = [
        Wanted(line["sku"], line["lot"], line["packs"], f"lines.{number}.packs")
        for number, line in enumerate(body["lines"])
    ]
    new = NewReturn(ReturnReason(body["reason"]), lines, body.get("note", ""))

    def work(now: dt.datetime) -> dict[str, Any]:
        return return_status(services.ask(order_id, new, actor=auth.actor(), now=now), now)

    return writes.once(work)


@blueprint.route(f"{RETURN}/authorise", methods=["POST"])
@blueprint.response(200, ReturnStatusSchema)
@blueprint.writes
@auth.handing(_to_answer)
@blueprint.arguments(AuthoriseSchema)
def authorise(body: dict[str, Any], whole: Return) -> dict[str, Any]:
    """Take packs back on terms, under an RMA number. Of a supplier that is not on Supply the
    clinic notes the answer.
    """
    return_id = whole.id
    today = today_at(whole.order, clock.now())
    credit = _credit(whole, body.get("credit", []))
    names = {
        f"credit_{line_id}": f"credit.{number}.per_pack" for number, line_id in enumerate(credit)
    }
    terms = Terms(
        body.get("valid_until") or today + dt.timedelta(days=rules.VALID_DAYS),
        CarriageBy(body["carriage"]),
        credit,
        body.get("note", ""),
    )

    def work(now: dt.datetime) -> dict[str, Any]:
        with _named_as_sent(names):
            done = services.authorise(return_id, terms, actor=auth.actor(), now=now)
        return return_status(done, now)

    return writes.once(work)


@blueprint.route(f"{RETURN}/refuse", methods=["POST"])
@blueprint.response(200, ReturnStatusSchema)
@blueprint.writes
@auth.handing(_to_answer)
@blueprint.arguments(RefuseSchema)
def refuse(body: dict[str, Any], whole: Return) -> dict[str, Any]:
    """Say that packs are not taken back, and why."""
    return_id, reason = whole.id, body["reason"]

    def work(now: dt.datetime) -> dict[str, Any]:
        return return_status(services.refuse(return_id, reason, actor=auth.actor(), now=now), now)

    return writes.once(work)


@blueprint.route(f"{RETURN}/withdraw", methods=["POST"])
@blueprint.response(200, ReturnStatusSchema)
@blueprint.writes
@auth.handing(_to_send)
@blueprint.arguments(WithdrawReturnSchema)
def withdraw(body: dict[str, Any], whole: Return) -> dict[str, Any]:
    """Take a return back, as long as nothing is sent."""
    return_id, reason = whole.id, body.get("reason", "")

    def work(now: dt.datetime) -> dict[str, Any]:
        done = services.withdraw(return_id, reason=reason, actor=auth.actor(), now=now)
        return return_status(done, now)

    return writes.once(work)


@blueprint.route(f"{RETURN}/send", methods=["POST"])
@blueprint.response(200, SentSchema)
@blueprint.writes
@auth.handing(_to_send)
@blueprint.arguments(SendSchema)
def send(body: dict[str, Any], whole: Return) -> dict[str, Any]:
    """Send an authorised return: its packs leave stock. The entry can be undone until received."""
    return_id = whole.id
    parcel = {name: body.get(name, "") for name in ("carrier", "tracking")}

    def work(now: dt.datetime) -> dict[str, Any]:
        done, entry = sending.send(return_id, **parcel, actor=auth.actor(), now=now)
        return {**return_status(done, now), "entry": entry}

    return writes.once(work)


@blueprint.route(f"{RETURN}/settle", methods=["POST"])
@blueprint.response(200, ReturnStatusSchema)
@blueprint.writes
@auth.handing(_to_answer)
@blueprint.arguments(ReceiveSchema)
def settle(body: dict[str, Any], whole: Return) -> dict[str, Any]:
    """Receive a return: what is accepted is credited, or goes back to the card."""
    return_id = whole.id
    verdicts = dict(_verdicts(whole, body.get("lines", [])))
    names = {
        f"{ours}_{line_id}": f"lines.{number}.{theirs}"
        for number, line_id in enumerate(verdicts)
        for ours, theirs in _FIELDS.items()
    }

    def work(now: dt.datetime) -> dict[str, Any]:
        with _named_as_sent(names):
            done = receiving.settle(
                return_id,
                verdicts,
                into_stock=body.get("into_stock", False),
                actor=auth.actor(),
                now=now,
            )
        return return_status(done, now)

    return writes.once(work)


_FIELDS = {"accepted": "accepted", "why": "refused_because", "fate": "fate"}
"""What the service calls the parts of a verdict, and what a program does."""


@contextmanager
def _named_as_sent(names: Mapping[str, str]) -> Iterator[None]:
    """Let what is refused be called as the program that sent it calls it."""
    try:
        yield
    except InvalidInput as refused:
        errors = [(names.get(name, name), message) for name, message in refused.errors]
        raise InvalidInput(*errors) from refused


@blueprint.route(f"{RETURN}/back", methods=["POST"])
@blueprint.response(200, SentSchema)
@blueprint.writes
@auth.handing(_to_send)
@blueprint.arguments(NothingSchema)
def back(_body: dict[str, Any], whole: Return) -> dict[str, Any]:
    """Take the packs in, on hold, that the supplier did not accept and sent back."""
    return_id = whole.id

    def work(now: dt.datetime) -> dict[str, Any]:
        done, entry = coming_back.take_back(return_id, actor=auth.actor(), now=now)
        return {**return_status(done, now), "entry": entry}

    return writes.once(work)


def _credit(whole: Return, said: Sequence[Mapping[str, Any]]) -> dict[int, int]:
    """Return what is credited for a pack by order line. Raises InvalidInput."""
    ids = {line.order_line.sku: line.order_line_id for line in whole.lines}
    found: dict[int, int] = {}
    faults = []
    for number, one in enumerate(said):
        if ids.get(one["sku"], 0) in {0, *found}:
            message = _("This SKU is not part of the return, or named twice.")
            faults.append((f"credit.{number}.sku", message))
            continue
        try:
            found[ids[one["sku"]]] = parse_minor(one["per_pack"], whole.order.currency)
        except InvalidMoneyError as error:
            faults.append((f"credit.{number}.per_pack", str(error)))
    if faults:
        raise InvalidInput(*faults)
    return found


def _verdicts(whole: Return, said: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, Verdict]]:
    """Yield what is said of each line by its id. Raises InvalidInput."""
    faults: list[tuple[str, str]] = []
    seen: set[int] = set()
    for number, one in enumerate(said):
        line = _named(whole, one["sku"], one["lot"])
        if line is None or line.id in seen:
            message = _("This lot is not part of the return, or named twice.")
            faults.append((f"lines.{number}.lot", message))
            continue
        seen.add(line.id)
        fate = Fate(one["fate"]) if one.get("fate") else None
        yield line.id, Verdict(one["accepted"], one.get("refused_because", ""), fate)
    if faults:
        raise InvalidInput(*faults)


def _named(whole: Return, sku: str, lot: str) -> ReturnLine | None:
    named = normalise_lot(lot)
    return next(
        (
            line
            for line in whole.lines
            if line.order_line.sku == sku and line.lot.normalised == named
        ),
        None,
    )
