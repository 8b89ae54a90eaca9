"""Mails about orders: queued in the transaction that caused them, worded for their reader."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from flask_babel import force_locale

from supply.accounts.models import Person
from supply.accounts.reading import locale_of
from supply.accounts.terms import Role
from supply.actor import Actor
from supply.addresses import is_mailable
from supply.db import db
from supply.languages import shown_locale
from supply.ordering import documents
from supply.ordering.answer_links import answer_url
from supply.ordering.decision_links import decision_url
from supply.ordering.events import today_at
from supply.ordering.models import OrderEvent, OrderLine, PurchaseOrder, SubstituteOffer
from supply.ordering.people import BUYERS, clinic_people, supplier_people
from supply.ordering.terms import Side
from supply.outbox.links import public_url
from supply.outbox.services import Attachment, enqueue_alone
from supply.outbox.terms import MailKind


def send_order(order: PurchaseOrder, now: dt.datetime) -> bool:
    """Queue the mails that bring a placed order to its supplier; return whether any can go.

    Each has a link of its own, by which whoever reads it answers without an account. People of a
    supplier on Supply get one each, and the way to their desk. Where none can be written to, or
    the supplier is not on Supply, the order goes to its own address with a PDF and a CSV.
    """
    people = supplier_people(order.supplier) if order.supplier.uses_supply else []
    reached = [
        _to_person(
            order,
            person,
            Side.SUPPLIER,
            "order",
            MailKind.ORDER,
            {"button_url": answer_url(order, person.email), "desk_url": _desk_url(order)},
            now,
            _answering(order),
        )
        for person in people
    ]
    if any(reached):
        return True
    context = {"button_url": answer_url(order, order.supplier.email or "")}
    return _to_supplier_address(order, "order", MailKind.ORDER, context, now)


def _desk_url(order: PurchaseOrder) -> str:
    return public_url("fulfilment.order", supplier_code=order.supplier.code, order_id=order.id)


def ask_approval(order: PurchaseOrder, asked: OrderEvent, actor: Actor, now: dt.datetime) -> None:
    """Queue a mail to each owner of the practice, with a link to decide on what was ``asked``.

    Answers go to who asks, or a colleague who buys; to nobody where that is the owner alone.
    """
    db.session.flush()
    asked_by = order.placed_by.name if order.placed_by and actor.person_id else ""
    page = public_url("ordering.order", clinic_code=order.clinic.code, order_id=order.id)
    for owner in clinic_people(order.clinic, (Role.OWNER,)):
        context = {
            "asked_by": asked_by,
            "button_url": decision_url(order, asked, owner),
            "page_url": page,
        }
        kind, reply_to = MailKind.APPROVAL, _answering(order, but=owner)
        _to_person(order, owner, Side.CLINIC, "order_approval", kind, context, now, reply_to)


def ask_to_place(order: PurchaseOrder, written: OrderEvent, said: str, now: dt.datetime) -> None:
    """Queue a mail to those who order for the clinic: its supplier wrote this, for them to place.

    Each has a link to decide, as an owner who is asked for approval has.
    """
    db.session.flush()
    page = public_url("ordering.order", clinic_code=order.clinic.code, order_id=order.id)
    supplier = order.supplier.name, order.supplier.email or ""
    for person in clinic_people(order.clinic, BUYERS):
        button = decision_url(order, written, person)
        context = {"said": said, "button_url": button, "page_url": page}
        kind = MailKind.APPROVAL
        _to_person(order, person, Side.CLINIC, "order_proposed", kind, context, now, supplier)


def tell_who_asked(order: PurchaseOrder, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Queue a mail to who asked for approval: an owner sent the order back, and why."""
    if order.placed_by is None or not order.placed_by.is_active:
        return
    owner = db.session.get(Person, actor.person_id) if actor.person_id else None
    context = {"reason": reason, "by": owner.name if owner else order.clinic.practice.name}
    kind, answers = MailKind.ORDER_NEWS, (owner.name, owner.email) if owner else None
    _to_person(order, order.placed_by, Side.CLINIC, "order_sent_back", kind, context, now, answers)


def tell_to_pay(order: PurchaseOrder, actor: Actor, now: dt.datetime) -> None:
    """Queue a mail to who asked for approval: an owner gave it, and the card is due."""
    owner = db.session.get(Person, actor.person_id) if actor.person_id else None
    if owner is not None and owner.id == order.placed_by_id:
        return
    context = {"by": owner.name if owner else order.clinic.practice.name}
    tell_who_ordered(
        order, "order_to_pay", context, now, (owner.name, owner.email) if owner else None
    )


def tell_who_ordered(
    order: PurchaseOrder,
    template: str,
    context: Mapping[str, Any],
    now: dt.datetime,
    reply_to: tuple[str, str] | None = None,
) -> None:
    """Queue news of an order to who placed it, or asked for it, if they still work there."""
    person = order.placed_by
    if person is not None and person.is_active:
        news = MailKind.ORDER_NEWS
        _to_person(order, person, Side.CLINIC, template, news, context, now, reply_to)


def tell_clinic_of_answer(
    order: PurchaseOrder, differing: Sequence[OrderLine], now: dt.datetime
) -> None:
    """Queue one mail to the clinic: in which lines its supplier's answer differs from the order."""
    tell_clinic(order, "order_answer", {"differing": differing}, now)


def tell_supplier_of_substitute(
    order: PurchaseOrder, offered: SubstituteOffer, *, accepted: bool, now: dt.datetime
) -> None:
    """Queue a mail to the supplier: the clinic takes a substitute, or does not."""
    context = {"offered": offered, "accepted": accepted}
    tell_supplier(order, "substitute_answered", context, now)


def tell_clinic_of_end(order: PurchaseOrder, reason: str, now: dt.datetime) -> None:
    """Queue a mail to the clinic: the supplier declined the order."""
    rows = [{"name": line.name, "sku": line.sku, "packs": line.packs} for line in order.lines]
    context = {"rows": rows, "reason": reason, "declined": True, "by": order.supplier.name}
    tell_clinic(order, "order_cancelled", context, now)


def tell_of_refused_proposal(order: PurchaseOrder, reason: str, now: dt.datetime) -> None:
    """Queue a mail to the supplier: the clinic does not want the order it wrote for it."""
    context = {"reason": reason, "button_url": None}
    tell_supplier(order, "order_proposal_refused", context, now)


def tell_other_side(
    order: PurchaseOrder, dropped: Mapping[int, int], side: Side, reason: str, now: dt.datetime
) -> None:
    """Queue a mail to whoever did not cancel: which packs (by line id) no longer come, and why."""
    rows = [
        {"name": line.name, "sku": line.sku, "packs": dropped[line.id]}
        for line in order.lines
        if line.id in dropped
    ]
    context = {"rows": rows, "reason": reason, "declined": False, "by": _name(order, side)}
    _tell_from(order, side, "order_cancelled", context, now)


def tell_of_taking_back(
    order: PurchaseOrder, packs: Mapping[str, int], side: Side, now: dt.datetime
) -> None:
    """Queue a mail to the other side: ``packs`` by SKU, cancelled or declined, come after all."""
    rows = [
        {"name": line.name, "sku": line.sku, "packs": packs[line.sku]}
        for line in order.lines
        if packs.get(line.sku)
    ]
    context = {"rows": rows, "by": _name(order, side)}
    _tell_from(order, side, "order_resumed", context, now)


def _name(order: PurchaseOrder, side: Side) -> str:
    return order.clinic.name if side is Side.CLINIC else order.supplier.name


def _tell_from(
    order: PurchaseOrder, side: Side, template: str, context: Mapping[str, Any], now: dt.datetime
) -> None:
    if side is Side.SUPPLIER:
        tell_clinic(order, template, context, now)
    else:
        tell_supplier(order, template, context, now)


def tell_supplier(
    order: PurchaseOrder,
    template: str,
    context: Mapping[str, Any],
    now: dt.datetime,
    goes_at: dt.datetime | None = None,
) -> None:
    """Queue news of an order to the supplier's people, or to its address when it has none.

    It goes at once, or not before ``goes_at``.
    """
    people = supplier_people(order.supplier) if order.supplier.uses_supply else []
    news = MailKind.ORDER_NEWS
    for person in people:
        _to_person(
            order, person, Side.SUPPLIER, template, news, context, now, _answering(order), goes_at
        )
    if not people:
        _to_supplier_address(order, template, MailKind.ORDER_NEWS, context, now, goes_at)


def tell_clinic(
    order: PurchaseOrder,
    template: str,
    context: Mapping[str, Any],
    now: dt.datetime,
    goes_at: dt.datetime | None = None,
) -> None:
    """Queue news of an order to the clinic's owners and stock managers.

    It goes at once, or not before ``goes_at``.
    """
    news, supplier = MailKind.ORDER_NEWS, (order.supplier.name, order.supplier.email or "")
    for person in clinic_people(order.clinic, BUYERS):
        _to_person(order, person, Side.CLINIC, template, news, context, now, supplier, goes_at)


def _to_person(
    order: PurchaseOrder,
    person: Person,
    side: Side,
    template: str,
    kind: MailKind,
    context: Mapping[str, Any],
    now: dt.datetime,
    reply_to: tuple[str, str] | None,
    goes_at: dt.datetime | None = None,
) -> bool:
    """Queue a mail to somebody of one side, with a button to that side's page of the order.

    Answers go to ``reply_to``, a name and an address; None where nobody could read them.
    """
    if side is Side.CLINIC:
        url = public_url("ordering.order", clinic_code=order.clinic.code, order_id=order.id)
        ids: dict[str, Any] = {"practice_id": order.clinic.practice_id}
    else:
        url = _desk_url(order)
        ids = {"supplier_id": order.supplier_id}
    return _queue(
        kind,
        to_address=person.email,
        to_name=person.name,
        reply_to=reply_to,
        template=template,
        context={**_facts(order, now), "button_url": url, **context},
        locale=locale_of(person, order.clinic if side is Side.CLINIC else order.supplier),
        now=now,
        goes_at=goes_at,
        person_id=person.id,
        **ids,
    )


def _to_supplier_address(
    order: PurchaseOrder,
    template: str,
    kind: MailKind,
    context: Mapping[str, Any],
    now: dt.datetime,
    goes_at: dt.datetime | None = None,
) -> bool:
    supplier = order.supplier
    if not supplier.email:
        return False
    return _queue(
        kind,
        to_address=supplier.email,
        to_name=supplier.name,
        reply_to=_answering(order),
        template=template,
        context={**_facts(order, now), **context},
        attachments=partial(_attachments, order) if kind is MailKind.ORDER else tuple,
        locale=supplier.locale,
        now=now,
        goes_at=goes_at,
        practice_id=order.clinic.practice_id,
        supplier_id=supplier.id,
    )


def _answering(order: PurchaseOrder, but: Person | None = None) -> tuple[str, str] | None:
    """Return who answers for an order at the clinic, ``but`` one: a name and an address, if any."""
    buyer = _buyer(order, but)
    return (f"{buyer.name}, {order.clinic.name}", buyer.email) if buyer else None


def _buyer(order: PurchaseOrder, but: Person | None) -> Person | None:
    """Return who placed an order, or where they have left, or no mail reaches them, a colleague."""
    placed_by = order.placed_by
    people = [placed_by] if placed_by is not None and placed_by.is_active else []
    people += clinic_people(order.clinic, BUYERS)
    return next((one for one in people if one is not but and is_mailable(one.email)), None)


def _queue(kind: MailKind, *, goes_at: dt.datetime | None = None, **mail: Any) -> bool:
    """Queue one mail, for ``goes_at`` at the earliest; return whether it can go."""
    queued = enqueue_alone(kind, **mail)
    if queued is None:
        return False
    queued.due_at = goes_at or queued.due_at
    return queued.set_aside_at is None


def _attachments(order: PurchaseOrder) -> tuple[Attachment, ...]:
    with force_locale(shown_locale(order.supplier.locale)):
        pdf = documents.order_pdf(order)
    return (
        Attachment(f"{order.number}.pdf", "application/pdf", pdf),
        Attachment(f"{order.number}.csv", "text/csv", documents.order_csv(order)),
    )


def _facts(order: PurchaseOrder, now: dt.datetime) -> dict[str, Any]:
    return {"order": order, "today": today_at(order, now), "clinic_name": order.clinic.name}
