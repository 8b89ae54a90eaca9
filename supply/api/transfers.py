"""Transfers: stock moved within a clinic, or sent to a sister clinic and received there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from marshmallow import Schema, fields

from supply import clock
from supply.accounts import access
from supply.accounts.access import ForbiddenError, NotFoundHereError
from supply.accounts.models import Clinic
from supply.accounts.rules import Right
from supply.api.base import auth, writes
from supply.api.base.blueprints import api_blueprint
from supply.api.base.fields import LARGEST_ID, Amount, Input, Objects, QuantityText, Text, Whole
from supply.api.base.schemas import EntrySchema, NothingSchema, SomeLines
from supply.quantity import as_text
from supply.refusals import InvalidInput
from supply.transfers import lines, moving, queries, receiving, sending, writing_off
from supply.transfers.models import Transfer
from supply.transfers.terms import TransferStatus

blueprint = api_blueprint("transfers", "Transfers")

TRANSFER = f"/transfers/<int(max={LARGEST_ID}):transfer_id>"
LONGEST_NOTE = 2_000


class MovedSchema(Input):
    """Some of a lot in the item's base unit, from a location or, without one, wherever it is.

    Part of a container, and one that is open, moves within its clinic only.
    """

    sku = Text(required=True)
    lot = Text(required=True)
    quantity = QuantityText(required=True)
    location = Text(100)
    container = Whole()


class NewTransferSchema(Input):
    """What goes where: to a sister clinic, by its code, or to a location of this one."""

    to_clinic = Text()
    to_location = Text(100)
    lines = Objects(MovedSchema, many=True, required=True, validate=SomeLines())
    note = Text(LONGEST_NOTE, blank=True)


class StockTransferSchema(Schema):
    """A transfer, its code, how it stands, and the ledger entry by which it left."""

    transfer = fields.Integer(required=True)
    code = fields.String(required=True)
    status = fields.String(
        required=True, metadata={"enum": [status.value for status in TransferStatus]}
    )
    entry = fields.Integer(required=True)


class TransferLineSchema(Schema):
    """How much of a lot was sent, and what became of it."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    sent = Amount(required=True)
    received = Amount(required=True)
    written_off = Amount(required=True)
    returned = Amount(required=True)
    in_transit = Amount(required=True)


class WholeTransferSchema(StockTransferSchema):
    """A transfer with its lines."""

    from_clinic = fields.String(required=True)
    to_clinic = fields.String(required=True)
    to_location = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(TransferLineSchema), required=True)


class CameSchema(Input):
    """Some of a lot that came, and where it is put: without, the first location that fits."""

    sku = Text(required=True)
    lot = Text(required=True)
    quantity = QuantityText(required=True)
    location = Text(100)


class ReceiveTransferSchema(Input):
    """``{}`` takes it as it was sent."""

    lines = Objects(CameSchema, many=True, validate=SomeLines())


class MissingSchema(Schema):
    """Some of a lot that is still in transit."""

    sku = fields.String(required=True)
    lot = fields.String(required=True)
    quantity = fields.String(required=True)


class ReceivedTransferSchema(EntrySchema):
    """The ledger entry, and what is missing: it stays in transit, the sender's."""

    missing = fields.List(fields.Nested(MissingSchema), required=True)


class WriteOffSchema(Input):
    """What became of what never arrived: a cause of waste it begins with makes it waste."""

    reason = Text(LONGEST_NOTE, required=True)


@blueprint.route("/clinics/<clinic_code>/transfers", methods=["POST"])
@blueprint.response(201, StockTransferSchema)
@blueprint.writes
@auth.at_clinic(Right.STOCK)
@blueprint.arguments(NewTransferSchema)
def transfer(body: dict[str, Any], clinic: Clinic) -> dict[str, Any]:
    """Move stock to a location of the clinic, at once, or send it to a sister clinic."""
    _one_target(body)

    def work(now: dt.datetime) -> dict[str, Any]:
        wanted = lines.resolved(clinic, [lines.Wish(**line) for line in body["lines"]])
        more: dict[str, Any] = {"note": body.get("note", ""), "actor": auth.actor(), "now": now}
        if "to_location" in body:
            place = moving.location_with(clinic, body["to_location"])
            return _answer(moving.move(clinic, place, wanted, **more))
        return _answer(
            sending.send(clinic, sending.sister_with(clinic, body["to_clinic"]), wanted, **more)
        )

    return writes.once(work)


def _one_target(body: dict[str, Any]) -> None:
    if ("to_clinic" in body) == ("to_location" in body):
        raise InvalidInput(("to_clinic", _("Say either to_clinic or to_location.")))


def _of_transfer(*sides: Callable[[Transfer], Clinic], right: Right) -> Callable[[Any], Any]:
    """Hand a view its transfer if the caller has ``right`` at one of ``sides`` of it.

    Who reaches either clinic may know of it.
    """

    def getter(transfer_id: int) -> dict[str, Any]:
        found = queries.transfer_with_id(transfer_id)
        reached = [
            (clinic, membership)
            for clinic in (found.clinic, found.to_clinic)
            if (membership := access.membership_reaching(auth.person(), clinic))
        ]
        if not reached:
            raise NotFoundHereError(str(transfer_id))
        wanted = {side(found).id for side in sides}
        for clinic, membership in reached:
            today = clock.local_date(clock.now(), clinic.timezone)
            if clinic.id in wanted and access.has_right(membership, right, today):
                return {"transfer": found}
        raise ForbiddenError(_("Your role here does not include this."))

    return auth.handing(getter)


def _sender(found: Transfer) -> Clinic:
    return found.clinic


def _receiver(found: Transfer) -> Clinic:
    return found.to_clinic


@blueprint.route(TRANSFER)
@blueprint.response(200, WholeTransferSchema)
@_of_transfer(_sender, _receiver, right=Right.VIEW)
def transfer_status(transfer: Transfer) -> dict[str, Any]:
    """Show a transfer and what became of each lot."""
    return {
        **_answer(transfer),
        "from_clinic": transfer.clinic.code,
        "to_clinic": transfer.to_clinic.code,
        "to_location": transfer.to_location.name if transfer.to_location else None,
        "lines": [
            {
                "sku": line.item.code,
                "lot": line.lot.number,
                "sent": line.sent,
                "received": line.received,
                "written_off": line.written_off,
                "returned": line.returned,
                "in_transit": line.in_transit,
            }
            for line in transfer.lines
        ],
    }


@blueprint.route(f"{TRANSFER}/receive", methods=["POST"])
@blueprint.response(201, ReceivedTransferSchema)
@blueprint.writes
@_of_transfer(_receiver, right=Right.STOCK)
@blueprint.arguments(ReceiveTransferSchema)
def receive(body: dict[str, Any], transfer: Transfer) -> dict[str, Any]:
    """Take a transfer in, as sent or as said; what is missing stays in transit."""
    transfer_id, clinic = transfer.id, transfer.to_clinic

    def work(now: dt.datetime) -> dict[str, Any]:
        came = None
        if "lines" in body:
            came = lines.resolved(clinic, [lines.Wish(**line) for line in body["lines"]])
        done = receiving.receive(transfer_id, came, actor=auth.actor(), now=now)
        return {
            "entry": done.entry_id,
            "missing": [
                {"sku": line.item.code, "lot": line.lot.number, "quantity": as_text(quantity)}
                for line, quantity in done.missing
            ],
        }

    return writes.once(work)


@blueprint.route(f"{TRANSFER}/write-off", methods=["POST"])
@blueprint.response(201, EntrySchema)
@blueprint.writes
@_of_transfer(_sender, right=Right.STOCK)
@blueprint.arguments(WriteOffSchema)
def write_off(body: dict[str, Any], transfer: Transfer) -> dict[str, Any]:
    """Give up what is still in transit: for the clinic that sent it to say."""
    transfer_id = transfer.id

    def work(now: dt.datetime) -> dict[str, Any]:
        reason = body["reason"]
        return {
            "entry": writing_off.write_off(transfer_id, reason=reason, actor=auth.actor(), now=now)
        }

    return writes.once(work)


@blueprint.route(f"{TRANSFER}/take-back", methods=["POST"])
@blueprint.response(201, EntrySchema)
@blueprint.writes
@_of_transfer(_sender, right=Right.STOCK)
@blueprint.arguments(NothingSchema)
def take_back(_body: dict[str, Any], transfer: Transfer) -> dict[str, Any]:
    """Put what is still in transit back where it came from."""
    transfer_id = transfer.id

    def work(now: dt.datetime) -> dict[str, Any]:
        return {"entry": sending.take_back(transfer_id, actor=auth.actor(), now=now)}

    return writes.once(work)


def _answer(transfer: Transfer) -> dict[str, Any]:
    return {
        "transfer": transfer.id,
        "code": transfer.code,
        "status": transfer.status.value,
        "entry": transfer.entry_id,
    }
