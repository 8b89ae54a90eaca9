"""A short demonstration to test with, and where its pages are: each has something to show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from flask import Flask

from supply import clock, create_app
from supply.accounts.factors.models import AuthenticatorApp
from supply.accounts.invitations import Offer, invite
from supply.accounts.models import Clinic, Membership, Person, Practice, Supplier
from supply.accounts.resets import token_for
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.adverse.events import Noticed, record_event
from supply.adverse.terms import Severity
from supply.alerts.choice_links import unsubscribe_url
from supply.alerts.choices import DAILY
from supply.catalogue.attachments.content import read_content
from supply.catalogue.attachments.models import ProductAttachment
from supply.catalogue.attachments.services import Label, add_attachment
from supply.catalogue.attachments.terms import AttachmentKind
from supply.catalogue.models import Price, Product
from supply.catalogue.terms import Storage
from supply.coldchain.models import ColdExcursion, Logger
from supply.counting.beginning import begin
from supply.counting.queries import lines_of
from supply.counting.saying import Counted, say
from supply.db import db, transaction
from supply.demo.builder import build
from supply.demo.goods import written_leaflet
from supply.filling.models import OrderTemplate
from supply.formulations.models import Formulation
from supply.handling.holding import hold
from supply.inventory.models import Balance, Entry, Hold, Lot
from supply.items.models import Location
from supply.items.terms import LocationKind
from supply.ordering.answer_links import answer_url
from supply.ordering.decision_links import decision_url
from supply.ordering.models import PurchaseOrder
from supply.ordering.terms import Stage
from supply.outbox.models import Mail
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.spreading import spread
from supply.recalls.terms import RecallClass
from supply.receiving.receiving import ReceiveLine, receive_shipment
from supply.returning.limits import returnable
from supply.returning.services import NewReturn, Terms, Wanted, ask, authorise
from supply.returning.terms import CarriageBy, ReturnReason
from supply.shipping.models import Shipment
from supply.shipping.terms import Condition
from supply.standing.models import StandingOrder
from supply.transfers.lines import Line
from supply.transfers.sending import send, sisters
from supply.treatments.models import Course, Protocol, TreatmentSession
from supply.treatments.terms import SessionStatus
from tests.support.databases import SqliteDatabases
from tests.support.settings import settings_for

MOMENT: Final = dt.datetime(2026, 11, 24, 7, 40, tzinfo=dt.UTC)
"""A Tuesday morning, twenty minutes to ten in Riga."""

DAYS: Final = 15

NOBODY: Final = ""
OWNER: Final = "marta@aurora.example"
ADMIN: Final = "andris@amber-coast.example"
FRENCH_OWNER: Final = "camille@atelier.example"

SIGNED_OUT: Final = (
    "/sign-in",
    "/forgot",
    "/reset/{reset}",
    "/invitations/{invitation}",
    "/decide/{decision}",
    "/answer/{answer}",
    "/unsubscribe/{unsubscribe}",
)
CLINIC: Final = (
    "/c/riga/today",
    "/c/riga/stock",
    "/c/riga/stock?show=expiring",
    "/c/riga/stock/import",
    "/c/riga/stock/opening",
    "/c/riga/labels?lot={lot}",
    "/c/riga/scan/link?gtin=04099999999996",
    "/scan/photo?next=/c/riga/stock&field=q",
    "/c/riga/items",
    "/c/riga/items/{item}",
    "/c/riga/items/{item}/edit",
    "/c/riga/entries/{entry}",
    "/c/riga/locations",
    "/c/riga/locations/{location}",
    "/c/riga/counts",
    "/c/riga/counts/limits",
    "/c/riga/counts/{count}",
    "/c/riga/counts/{count}/at/{fridge}",
    "/c/riga/counts/{count}/at/{fridge}/add",
    "/c/riga/counts/{count}/finish",
    "/c/riga/cold",
    "/c/riga/cold/{fridge}",
    "/c/riga/cold/{fridge}?show=month",
    "/c/riga/cold/{fridge}/limits",
    "/c/riga/cold/upload",
    "/c/riga/cold/excursions/{excursion}",
    "/c/riga/cold/loggers/new",
    "/c/riga/cold/loggers/{logger}",
    "/c/riga/lots/{lot}/hold",
    "/c/riga/holds/{hold}/release",
    "/c/riga/shelves/{sealed}/open",
    "/c/riga/shelves/{sealed}/waste",
    "/c/riga/shelves/{sealed}/correct",
    "/c/riga/shelves/{opened}/discard",
    "/c/riga/use",
    "/c/riga/use/{formulation}",
    "/c/riga/use/{booked_formulation}?planned={booked}",
    "/c/riga/sessions",
    "/c/riga/sessions/{session}",
    "/c/riga/sessions/{session}/events",
    "/c/riga/events",
    "/c/riga/events/{event}",
    "/c/riga/recalls",
    "/c/riga/recalls/{recall}",
    "/c/riga/sessions/{booked}",
    "/c/riga/diary",
    "/c/riga/diary?day=2026-11-25",
    "/c/riga/diary/book",
    "/c/riga/diary/file",
    "/c/riga/diary/calendar",
    "/c/riga/diary/waiting",
    "/c/riga/diary/sessions/{booked}/move",
    "/c/riga/ready",
    "/c/riga/courses/new",
    "/c/riga/courses/{course}",
    "/c/riga/patient?patient=P-1",
    "/c/riga/formulations",
    "/c/riga/formulations/new",
    "/c/riga/formulations/{formulation}",
    "/c/riga/formulations/{formulation}/edit",
    "/c/riga/formulations/{formulation}/compare",
    "/c/riga/protocols",
    "/c/riga/protocols/new",
    "/c/riga/protocols/{protocol}",
    "/c/riga/protocols/{protocol}/edit",
    "/c/riga/open",
    "/c/riga/transfers",
    "/c/riga/transfers/new",
    "/c/riga/transfers/new?balance={sealed}",
    "/c/riga/transfers/{transfer}",
    "/c/riga/receive",
    "/c/riga/receive/goods",
    "/c/riga/receive/{shipment}",
    "/c/riga/catalogue",
    "/c/riga/catalogue?q=hyaluronic",
    "/c/riga/catalogue/{product}",
    "/c/riga/basket",
    "/c/riga/basket/fill",
    "/c/riga/templates",
    "/c/riga/templates/{template}",
    "/c/riga/standing",
    "/c/riga/standing/new",
    "/c/riga/standing/{standing}",
    "/c/riga/orders",
    "/c/riga/orders/suppliers",
    "/c/riga/orders/{to_approve}",
    "/c/riga/orders/{to_receive}",
    "/c/riga/orders/{to_receive}/change",
    "/c/{receiver}/orders/{received}",
    "/c/{receiver}/orders/{received}/claim",
    "/c/{receiver}/orders/{received}/return",
    "/c/{receiver}/returns/{return}/send",
    "/c/vilnius/claims",
    "/c/vilnius/alerts",
    "/c/vilnius/proposals",
    "/c/riga/losses",
    "/c/riga/losses/unexplained",
    "/c/riga/policies",
    "/c/riga/policies/switch",
    "/c/riga/what-if",
    "/c/riga/what-if?formulation=1&sessions=30",
    "/c/riga/trace",
    "/c/riga/trace?q={lot_number}",
    "/c/riga/trace?patient={patient}",
)
PRACTICE: Final = (
    "/account",
    "/account/mails",
    "/account/second-step",
    "/account/second-step/app",
    "/account/second-step/passkey",
    "/account/second-step/codes",
    "/p/aurora/start",
    "/p/aurora/settings",
    "/p/aurora/settings/practice",
    "/p/aurora/settings/clinics",
    "/p/aurora/settings/clinics/new",
    "/p/aurora/settings/clinics/{clinic}",
    "/p/aurora/settings/people",
    "/p/aurora/settings/people/invite",
    "/p/aurora/settings/people/second-step",
    "/p/aurora/settings/people/{membership}",
    "/p/aurora/settings/people/{membership}/second-step",
    "/p/aurora/mailbox",
    "/p/aurora/accounts?show=all",
    "/p/aurora/accounts/amber-coast/EUR",
    "/p/aurora/accounts/amber-coast/EUR/statement",
    "/p/aurora/mailbox/{mail}",
    "/p/aurora/audit",
)
SUPPLIER: Final = (
    "/s/amber-coast/audit",
    "/s/amber-coast/accounts",
    "/s/amber-coast/accounts/aurora/EUR",
    "/s/amber-coast/accounts/aurora/EUR/statement",
    "/s/amber-coast/orders",
    "/s/amber-coast/orders/{to_acknowledge}",
    "/s/amber-coast/orders/{to_receive}",
    "/s/amber-coast/orders/{to_receive}/change",
    "/s/amber-coast/orders/pick?order={to_acknowledge}",
    "/s/amber-coast/orders/write",
    "/s/amber-coast/performance",
    "/s/amber-coast/recalls",
    "/s/amber-coast/recalls/new",
    "/s/amber-coast/recalls/{recall}",
    "/s/amber-coast/customers",
    "/s/amber-coast/customers/terms/EUR",
    "/s/amber-coast/customers/aurora/terms/EUR",
    "/s/amber-coast/claims",
    "/s/amber-coast/orders/{received}",
    "/s/amber-coast/returns",
    "/s/amber-coast/returns/{return_asked}/answer",
    "/s/amber-coast/returns/{return}/receive",
    "/s/amber-coast/shipments/{shipment}",
    "/s/amber-coast/stock",
    "/s/amber-coast/stock?show=short",
    "/s/amber-coast/stock/take",
    "/s/amber-coast/stock/file",
    "/s/amber-coast/stock/places",
    "/s/amber-coast/stock/places/{depot_place}",
    "/s/amber-coast/stock/lots/{depot_lot}",
    "/s/amber-coast/stock/lots/{depot_lot}/hold",
    "/s/amber-coast/stock/holds/{depot_hold}/release",
    "/s/amber-coast/stock/shelves/{depot_shelf}/write-off",
    "/s/amber-coast/stock/shelves/{depot_shelf}/count",
    "/s/amber-coast/stock/shelves/{depot_shelf}/move",
    "/s/amber-coast/invoices",
    "/s/amber-coast/seller",
    "/s/amber-coast/products",
    "/s/amber-coast/products/file",
    "/s/amber-coast/products/new",
    "/s/amber-coast/products/{product}",
    "/s/amber-coast/products/{product}/edit",
    "/s/amber-coast/products/{product}/prices",
    "/s/amber-coast/products/{product}/prices/{price}",
    "/s/amber-coast/products/{product}/files",
    "/s/amber-coast/products/{product}/files/{attachment}",
    "/s/amber-coast/products/prices",
    "/s/amber-coast/people",
    "/s/amber-coast/people/invite",
    "/s/amber-coast/people/second-step",
    "/s/amber-coast/people/{supplier_membership}",
    "/s/amber-coast/people/{supplier_membership}/second-step",
    "/s/amber-coast/mailbox",
    "/s/amber-coast/mailbox/{supplier_mail}",
)
OWN_SUPPLIER: Final = (
    "/p/atelier/suppliers",
    "/p/atelier/suppliers/new",
    "/p/atelier/suppliers/{own_supplier}",
    "/p/atelier/suppliers/{own_supplier}/terms",
    "/p/atelier/suppliers/{own_supplier}/products",
    "/p/atelier/suppliers/{own_supplier}/products/new",
    "/p/atelier/suppliers/{own_supplier}/products/file",
    "/p/atelier/suppliers/{own_supplier}/products/{own_product}",
    "/p/atelier/suppliers/{own_supplier}/products/{own_product}/edit",
    "/p/atelier/suppliers/{own_supplier}/products/{own_product}/prices",
    "/p/atelier/suppliers/{own_supplier}/products/{own_product}/prices/{own_price}",
    "/p/atelier/suppliers/{own_supplier}/products/{own_product}/files",
    "/p/atelier/suppliers/{own_supplier}/products/{own_product}/files/{own_attachment}",
    "/p/atelier/suppliers/{own_supplier}/products/prices",
    "/c/lyon/today",
    "/c/lyon/stock",
    "/c/lyon/sessions",
)
"""Pages in French."""

MAILS: Final = (
    (OWNER, "/p/aurora/mailbox/{mail}/html"),
    (ADMIN, "/s/amber-coast/mailbox/{supplier_mail}/html"),
)
LISTED: Final = [
    *((NOBODY, path) for path in SIGNED_OUT),
    *((OWNER, path) for path in (*CLINIC, *PRACTICE)),
    *((ADMIN, path) for path in SUPPLIER),
    *((FRENCH_OWNER, path) for path in OWN_SUPPLIER),
]


@contextmanager
def demonstrated(
    databases: SqliteDatabases, folder: Path, *, days: int = DAYS, **settings: object
) -> Iterator[Flask]:
    """Yield an app on a demonstration of ``days``, its clock standing at :data:`MOMENT`.

    No context is pushed: requests must not find the user of the one before.
    """
    app = create_app({**settings_for(databases.copy_to(folder), folder), **settings})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", lambda: MOMENT)
        with app.app_context(), transaction():
            build(MOMENT, days=days)
        yield app
    with app.app_context():
        db.engine.dispose()


def places() -> dict[str, object]:
    """Return what addresses of pages need, by the name they use for it; commits what it makes."""
    riga = db.session.scalars(sa.select(Clinic).where(Clinic.code == "riga")).one()
    amber = db.session.scalars(sa.select(Supplier).where(Supplier.code == "amber-coast")).one()
    found = {
        **_on_the_shelves(riga),
        **_treatments(riga),
        **_orders(riga, amber),
        **_people(riga.practice, amber),
        "clinic": riga.id,
        "mail": _first(Mail, Mail.practice_id == riga.practice_id),
        **_own_supplier(),
        **_received(),
        "transfer": _sent(riga),
        "count": _count(riga),
        **_depot(amber),
        "template": _first(OrderTemplate, OrderTemplate.clinic_id == riga.id),
        "standing": _first(StandingOrder, StandingOrder.clinic_id == riga.id),
        "supplier_mail": _first(Mail, Mail.supplier_id == amber.id),
    }
    found |= _goods(found["product"])
    found |= _returns(found["received"])
    found |= _links(found)
    found["event"] = _event(found["session"])
    found["recall"] = recall_a_lot(amber)
    db.session.rollback()
    return found


def _first(model: type[Any], *where: sa.ColumnElement[bool]) -> int:
    """Return the smallest id there is."""
    found: int = db.session.scalars(sa.select(sa.func.min(model.id)).where(*where)).one()
    return found


def _event(session_id: object) -> int:
    """Write an adverse event of a session down. Commits."""
    with transaction():
        session = db.session.get_one(TreatmentSession, session_id)
        noticed = Noticed("Nodule", Severity.MILD, MOMENT)
        return record_event(session, noticed, actor=SYSTEM, now=MOMENT).id


def recall_a_lot(supplier: Supplier) -> int:
    """Recall a lot of a supplier's product that a practice has. Commits."""
    sku, number = db.session.execute(
        sa.select(Product.sku, Lot.number)
        .join(Lot, Lot.product_id == Product.id)
        .join(Balance, Balance.lot_id == Lot.id)
        .join(Clinic, Clinic.id == Balance.clinic_id)
        .where(Product.supplier_id == supplier.id, Clinic.code == "riga", Balance.quantity > 0)
        .order_by(Balance.id.desc())
        .limit(1)
    ).one()
    notice = Notice(
        products=[Named(sku=sku)],
        lots=[number],
        recall_class=RecallClass.MODERATE,
        reason="Particles seen",
        action="Set it apart",
    )
    with transaction():
        recall_id = declare(supplier, notice, actor=SYSTEM, now=MOMENT)[0].id
    spread(recall_id, MOMENT)
    return recall_id


def _count(clinic: Clinic) -> int:
    """Begin a count of a clinic, and say that one of its lots is not there. Commits."""
    with transaction():
        count = begin(clinic, actor=SYSTEM, now=MOMENT)
        line = lines_of(count.id)[0]
        none = Counted(line.item.code, line.lot.number, line.location.name, Decimal(0))
        say(count.id, [none], actor=SYSTEM, now=MOMENT)
        return count.id


def _received() -> dict[str, object]:
    """Receive a parcel, a pack of it damaged; return its order and clinic. Commits."""
    shipment = db.session.scalars(
        sa.select(Shipment)
        .join(PurchaseOrder, PurchaseOrder.id == Shipment.order_id)
        .join(Clinic, Clinic.id == PurchaseOrder.clinic_id)
        .where(Clinic.code == "vilnius", Shipment.received_at.is_(None))
    ).one()
    first = shipment.lines[0]
    lines = [
        ReceiveLine(line.order_line.sku, line.lot_number, line.packs - (line is first))
        for line in shipment.lines
        if line is not first or line.packs > 1
    ]
    lines.append(
        ReceiveLine(first.order_line.sku, first.lot_number, 1, Condition.DAMAGED, "Crushed")
    )
    found = {"received": shipment.order_id, "receiver": "vilnius"}
    with transaction():
        receive_shipment(shipment.id, lines, actor=SYSTEM, now=MOMENT)
    return found


def _sent(clinic: Clinic) -> int:
    """Send some of a lot to a sister clinic; return the transfer. Commits."""
    row = db.session.execute(
        sa.select(Balance.lot_id, Balance.content_per_container)
        .join(Lot, Lot.id == Balance.lot_id)
        .join(Location, Location.id == Balance.location_id)
        .where(
            Balance.clinic_id == clinic.id,
            Balance.container_id.is_(None),
            Balance.quantity > Balance.content_per_container,
            Location.kind == LocationKind.SHELF,
            Lot.expiry > MOMENT.date(),
        )
        .order_by(Balance.id)
    ).first()
    assert row is not None
    sister = sisters(clinic)[0]
    line = Line(row.lot_id, row.content_per_container)
    with transaction():
        return send(clinic, sister, [line], actor=SYSTEM, now=MOMENT).id


def _returns(order_id: object) -> dict[str, object]:
    """Ask to return two packs of an order, one by one; authorise the first. Commits."""
    order = db.session.get_one(PurchaseOrder, order_id)
    terms = Terms(MOMENT.date() + dt.timedelta(days=9), CarriageBy.SUPPLIER)
    with transaction():
        first, second = (_asked(order) for _each in range(2))
        authorise(first, terms, actor=SYSTEM, now=MOMENT)
    return {"return": first, "return_asked": second}


def _asked(order: PurchaseOrder) -> int:
    left = next(one for one in returnable(order, MOMENT) if one.packs)
    new = NewReturn(ReturnReason.NOT_NEEDED, [Wanted(left.line.sku, left.lot.number, 1)])
    return ask(order.id, new, actor=SYSTEM, now=MOMENT).id


def _own_supplier() -> dict[str, object]:
    """Attach a leaflet to what a practice's own supplier sells; return where. Commits."""
    supplier = db.session.scalars(
        sa.select(Supplier).where(Supplier.practice_id.is_not(None))
    ).one()
    code = supplier.code
    product_id = _first(Product, Product.supplier_id == supplier.id)
    with transaction():
        product = db.session.get_one(Product, product_id)
        leaflet = read_content(written_leaflet(product.name))
        label = Label("Notice", AttachmentKind.INSTRUCTIONS)
        attached = add_attachment(product, label, leaflet, actor=SYSTEM, now=MOMENT)
        return {
            "own_supplier": code,
            "own_product": product_id,
            "own_price": _first(Price, Price.product_id == product_id),
            "own_attachment": attached.id,
        }


def _depot(supplier: Supplier) -> dict[str, object]:
    """Return what lies in a supplier's own stock."""
    shelf = _first(Balance, Balance.clinic_id == supplier.depot_id, Balance.quantity > 0)
    there = db.session.get_one(Balance, shelf)
    depot, lot_id, place = there.clinic_id, there.lot_id, there.location_id
    with transaction():
        clinic = db.session.get_one(Clinic, depot)
        held = hold(clinic, lot_id, location_id=None, reason="Label torn", actor=SYSTEM, now=MOMENT)
        hold_id = held.id
    return {
        "depot_shelf": shelf, "depot_lot": lot_id, "depot_place": place, "depot_hold": hold_id
    }  # fmt: skip


def _links(found: Mapping[str, object]) -> dict[str, object]:
    """Return the keys by which orders are decided on and answered, and mails stopped."""
    asked = db.session.get_one(PurchaseOrder, found["to_approve"])
    placed = db.session.get_one(PurchaseOrder, found["to_acknowledge"])
    owner = db.session.scalars(sa.select(Person).where(Person.email == OWNER)).one()
    return {
        "decision": decision_url(asked, asked.events[-1], owner).rpartition("/")[2],
        "answer": answer_url(placed, ADMIN).rpartition("/")[2],
        "unsubscribe": unsubscribe_url(owner.id, DAILY).rpartition("/")[2],
    }


def _goods(product_id: object) -> dict[str, object]:
    return {
        "price": _first(Price, Price.product_id == product_id),
        "attachment": _first(ProductAttachment, ProductAttachment.product_id == product_id),
    }


def _on_the_shelves(clinic: Clinic) -> dict[str, object]:
    here = Balance.clinic_id == clinic.id
    opened = db.session.scalars(
        sa.select(Balance).where(here, Balance.container_id.is_not(None), Balance.quantity > 0)
    ).first()
    assert opened is not None
    sealed = _first(
        Balance, here, Balance.item_id == opened.item_id, Balance.container_id.is_(None)
    )
    lot = db.session.get_one(Lot, opened.lot_id)
    return {
        "item": opened.item_id,
        "opened": opened.id,
        "sealed": sealed,
        "lot": lot.id,
        "lot_number": lot.number,
        "hold": _first(Hold, Hold.clinic_id == clinic.id),
        "entry": _first(Entry, Entry.clinic_id == clinic.id),
        "fridge": _first(
            Location, Location.clinic_id == clinic.id, Location.storage == Storage.COLD
        ),
        "excursion": _first(ColdExcursion, ColdExcursion.clinic_id == clinic.id),
        "logger": _first(Logger, Logger.clinic_id == clinic.id),
        "location": _first(
            Location, Location.clinic_id == clinic.id, Location.kind == LocationKind.SHELF
        ),
    }


def _treatments(clinic: Clinic) -> dict[str, object]:
    here = TreatmentSession.clinic_id == clinic.id
    booked = db.session.get_one(
        TreatmentSession,
        _first(TreatmentSession, here, TreatmentSession.status == SessionStatus.PLANNED),
    )
    given = _first(TreatmentSession, here, TreatmentSession.status == SessionStatus.RECORDED)
    return {
        "patient": db.session.get_one(TreatmentSession, given).patient_reference,
        "booked": booked.id,
        "booked_formulation": booked.formulation_id,
        "session": given,
        "formulation": _first(Formulation, Formulation.code == "PIG-TXA4-3"),
        "course": _first(Course, Course.clinic_id == clinic.id),
        "protocol": _first(Protocol),
    }


def _orders(clinic: Clinic, supplier: Supplier) -> dict[str, object]:
    here = PurchaseOrder.clinic_id == clinic.id
    shipment = db.session.get_one(Shipment, _first(Shipment, Shipment.order.has(here)))
    return {
        "shipment": shipment.id,
        "to_receive": shipment.order_id,
        "to_approve": _first(PurchaseOrder, here, PurchaseOrder.stage == Stage.AWAITING_APPROVAL),
        "to_acknowledge": _first(
            PurchaseOrder,
            PurchaseOrder.supplier_id == supplier.id,
            PurchaseOrder.stage == Stage.PLACED,
        ),
        "product": _first(Product, Product.supplier_id == supplier.id),
    }


def _people(practice: Practice, supplier: Supplier) -> dict[str, object]:
    owner = db.session.scalars(sa.select(Person).where(Person.email == OWNER)).one()
    colleague = _first(
        Membership, Membership.practice_id == practice.id, Membership.person_id != owner.id
    )
    packer = _first(
        Membership, Membership.supplier_id == supplier.id, Membership.role == Role.FULFILLER
    )
    for membership in (colleague, packer):
        _second_step(db.session.get_one(Membership, membership).person_id)
    return {
        "membership": colleague,
        "supplier_membership": packer,
        "reset": _reset_link(owner.id),
        "invitation": _invitation(practice, owner),
    }


def _second_step(person_id: int) -> None:
    """Give a person an app that shows codes; nobody signs in as them here."""
    with transaction():
        app = AuthenticatorApp(
            person_id=person_id, name="Phone", sealed_secret="-", last_step=0, created_at=MOMENT
        )
        db.session.add(app)


def _reset_link(person_id: int) -> str:
    """Return the secret of a link for a new password."""
    with transaction():
        return token_for(db.session.get_one(Person, person_id), MOMENT)


def _invitation(practice: Practice, owner: Person) -> str:
    """Invite somebody and return the secret of the link in their mail."""
    offer = Offer("new@aurora.example", "Nora New", Role.VIEWER)
    with transaction():
        invite(practice, offer, inviter=owner, actor=SYSTEM, now=MOMENT)
    query = sa.select(Mail.text).where(Mail.to_address == offer.email)
    text = db.session.scalars(query).one()
    return text.partition("/invitations/")[2].split()[0]
