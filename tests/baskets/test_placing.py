"""Placing and approving orders, and the mails that go with them."""

import csv
import datetime as dt
import io

import pytest
import sqlalchemy as sa

from supply.accounts.models import Person, Practice, Supplier
from supply.answering import answering
from supply.audit.models import AuditRow
from supply.baskets import drafts, placing
from supply.catalogue.models import Product
from supply.db import db, transaction
from supply.items.models import Item
from supply.money import Money
from supply.ordering import mail as order_mail
from supply.ordering import queries
from supply.ordering.answer_links import answer_url
from supply.ordering.models import PurchaseOrder
from supply.ordering.refusals import EmptyOrder, LicenceNeeded, NoPrice, Withdrawn, WrongStage
from supply.outbox.terms import MailKind
from tests.ordering.world import (
    LATER,
    NOW,
    TODAY,
    World,
    draft,
    events,
    mails,
    make_product,
    order_of,
    set_price,
)


def place(world: World, order_id: int, limit: Money | None = None) -> None:
    with transaction():
        placing.place(order_id, limit=limit, actor=world.manager_acts, now=NOW)


def test_a_placed_order_keeps_its_price_name_and_pack(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    with transaction():
        set_price(world.biotin, 2600, valid_from=TODAY)
    place(world, order_id)
    with transaction():
        set_price(world.biotin, 9999, valid_from=TODAY + dt.timedelta(days=1))
        product = db.session.get_one(Product, world.biotin.id)
        product.name, product.containers_per_pack = "Biotin new", 20

    order = order_of(order_id)
    (line,) = order.lines
    assert (order.stage, order.placed_at, order.placed_by_id) == ("placed", NOW, world.manager.id)
    assert (line.pack_minor, line.name, line.containers_per_pack) == (2600, "Biotin 5 ml", 10)
    assert order.total_minor == 7800
    assert events(order_id) == [("placed", "")]


def test_the_price_is_that_of_the_clinics_own_day(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    with transaction():
        set_price(world.biotin, 100, valid_from=TODAY + dt.timedelta(days=1))
    with transaction():
        late = dt.datetime(2026, 11, 22, 23, 30, tzinfo=dt.UTC)  # 00:30 on the 23rd in Berlin
        placing.place(order_id, actor=world.manager_acts, now=late)

    assert order_of(order_id).lines[0].pack_minor == 100


def test_it_is_expected_when_the_slowest_product_is(world: World) -> None:
    order_id = draft(world, (world.biotin, 1), (world.gloves, 2))
    place(world, order_id)

    assert order_of(order_id).expected_on == TODAY + dt.timedelta(days=5)


def test_what_is_on_order_counts_in_the_items_unit(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    item = db.session.query(Item).one()
    assert queries.on_order([world.clinic.id], [item.id]) == {}
    place(world, order_id)

    assert queries.on_order([world.clinic.id], None) == {(world.clinic.id, item.id): 150}
    assert queries.on_order(None, [item.id + 1]) == {}


def test_people_of_a_supplier_on_supply_get_a_link(world: World) -> None:
    order_id = draft(world, (world.biotin, 3), (world.gloves, 2))
    place(world, order_id)

    order = order_of(order_id)
    (mail,) = mails()
    assert (mail.kind, mail.to_address, mail.person_id) == (
        MailKind.ORDER,
        "sam@example.org",
        world.seller.id,
    )
    assert (mail.supplier_id, mail.practice_id) == (world.supplier.id, None)
    assert mail.subject == f"Order {order.number} from Mitte: 2 products by 27 Nov 2026"
    assert mail.text == (
        "Mitte (Skin & Co) orders from Dermal GmbH. Expected by 27 Nov 2026.\n"
        "\n"
        "3 packs  Biotin 5 ml (BIO-5)  €75.15\n"
        "2 packs  Gloves M (GLO-M)  €15.98\n"
        "\n"
        "Total: €91.13\n"
        f"At your desk: http://127.0.0.1:8000/s/dermal/orders/{order_id}\n"
        "\n"
        "The link below needs no account: confirm the order, answer line by line, or decline."
        " Keep it to yourself, it is good for 30 days.\n"
        "\n"
        "Answer the order:\n"
        f"{answer_url(order, 'sam@example.org')}\n"
        "\n"
        "-- \n"
        f"Order {order.number} was placed with Supply.\n"
    )
    assert mail.attachments == []


def test_a_supplier_without_supply_gets_pdf_and_csv(world: World) -> None:
    order_id = draft(world, (world.caffeine, 4))
    place(world, order_id)

    order = order_of(order_id)
    (mail,) = mails()
    assert (mail.to_address, mail.to_name) == ("orders@post.example.org", "Post Pharma")
    assert mail.subject == f"Order {order.number} from Mitte: 1 product by 29 Nov 2026"
    assert answer_url(order, "orders@post.example.org") in mail.text
    assert "/s/post/" not in mail.text
    pdf, table = mail.attachments
    assert (pdf.filename, pdf.media_type) == (f"{order.number}.pdf", "application/pdf")
    assert pdf.content.startswith(b"%PDF-")
    assert (table.filename, table.media_type) == (f"{order.number}.csv", "text/csv")
    assert list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig")))) == [
        {
            "order": order.number,
            "line": "1",
            "sku": "CAF-2",
            "name": "Caffeine 2 ml",
            "packs": "4",
            "containers_per_pack": "10",
            "content_per_container": "5.000",
            "unit": "ml",
            "pack_price": "45.00",
            "currency": "EUR",
            "cancelled": "0",
            "credited": "0",
            "owed": "180.00",
            "vat_category": "O",
            "vat_percent": "0",
        }
    ]


def test_replies_to_an_order_reach_who_placed_it(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    place(world, order_id)
    manager = world.manager
    assert [mail.reply_to_address for mail in mails()] == [manager.email]
    assert mails()[0].reply_to_name == f"{manager.name}, {order_of(order_id).clinic.name}"


def test_replies_to_an_order_reach_a_colleague_of_who_left(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    with transaction():
        db.session.get_one(Person, world.manager.id).disabled_at = NOW
    place(world, order_id)
    assert [mail.reply_to_address for mail in mails()] == ["olga@example.org"]


def test_replies_to_news_of_an_order_reach_its_supplier(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    place(world, order_id)
    with transaction():
        order = db.session.get_one(PurchaseOrder, order_id)
        order.supplier.email = "sales@dermal.example.org"
        context = {"rows": [], "by": order.supplier.name}
        order_mail.tell_clinic(order, "order_resumed", context, NOW)
    news = [mail for mail in mails() if mail.kind is MailKind.ORDER_NEWS]
    assert {mail.reply_to_address for mail in news} == {"sales@dermal.example.org"}


def test_a_supplier_without_an_address_is_named_on_the_timeline(world: World) -> None:
    with transaction():
        db.session.get_one(Supplier, world.postal.id).email = None
    order_id = draft(world, (world.caffeine, 4))
    place(world, order_id)

    assert order_of(order_id).stage == "placed"
    assert events(order_id) == [("placed", ""), ("not_mailed", "")]
    assert mails() == []


def _set_address(model: type[Person] | type[Supplier], key: int, address: str) -> None:
    """Give a row an address past the services, as data from before may have it."""
    with transaction():
        db.session.execute(sa.update(model).where(model.id == key).values(email=address))


def test_an_address_that_takes_no_mail_does_not_stop_the_order(world: World) -> None:
    _set_address(Supplier, world.postal.id, "bestellung@jörg@example.com")
    order_id = draft(world, (world.caffeine, 2))
    place(world, order_id)
    assert order_of(order_id).stage == "placed"
    assert events(order_id) == [("placed", ""), ("not_mailed", "")]
    (mail,) = mails()
    assert (mail.set_aside_at, mail.last_error) == (NOW, "Enter one e-mail address only.")


def test_a_domain_in_another_script_gets_its_order(world: World) -> None:
    _set_address(Supplier, world.postal.id, "bestellung@müller.de")
    order_id = draft(world, (world.caffeine, 2))
    place(world, order_id)
    assert events(order_id) == [("placed", "")]
    (mail,) = mails()
    assert (mail.to_address, mail.set_aside_at) == ("bestellung@xn--mller-kva.de", None)


def test_a_colleague_without_an_address_does_not_stop_the_others_mail(world: World) -> None:
    _set_address(Person, world.owner.id, "olgä@example.org")
    order_id = draft(world, (world.biotin, 1))
    place(world, order_id)
    with transaction():
        answering.decline(order_id, reason="No stock", actor=world.seller_acts, now=LATER)
    news = [mail for mail in mails() if mail.kind is MailKind.ORDER_NEWS]
    assert [(mail.to_address, mail.set_aside_at) for mail in news] == [
        ("olgä@example.org", LATER),
        ("mia@example.org", None),
    ]


def test_a_mail_that_cannot_be_made_leaves_the_order_and_the_other_mails(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> bytes:
        raise ZeroDivisionError

    monkeypatch.setattr("supply.ordering.documents.order_pdf", broken)
    order_id = draft(world, (world.caffeine, 2))
    place(world, order_id)
    assert events(order_id) == [("placed", ""), ("not_mailed", "")]
    assert mails() == []


def test_disabled_people_get_no_mail(world: World) -> None:
    with transaction():
        db.session.get_one(Person, world.seller.id).disabled_at = NOW
        db.session.get_one(Supplier, world.supplier.id).email = "desk@dermal.example.org"
    place(world, draft(world, (world.biotin, 1)))

    assert [mail.to_address for mail in mails()] == ["desk@dermal.example.org"]


def test_an_order_is_placed_once(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    place(world, order_id)

    with pytest.raises(WrongStage) as refused:
        place(world, order_id)
    assert str(refused.value) == f"Order {order_of(order_id).number} has already been placed."
    assert len(mails()) == 1


def test_an_empty_order_is_refused(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    with transaction():
        line = order_of(order_id).lines[0].id
        drafts.remove_line(order_id, line, actor=world.manager_acts, now=NOW)

    with pytest.raises(EmptyOrder):
        place(world, order_id)


def test_products_without_a_price_here_are_refused_by_name(world: World) -> None:
    with transaction():
        supplier = db.session.get_one(Supplier, world.supplier.id)
        serum = make_product(supplier, "SER-1", "Serum", minor=None)
        mask = make_product(supplier, "MSK-1", "Mask", minor=None)
    order_id = draft(world, (world.biotin, 1), (serum, 1), (mask, 1))

    with pytest.raises(NoPrice) as refused:
        place(world, order_id)
    assert refused.value.names == ["Serum", "Mask"]
    assert order_of(order_id).stage == "draft"
    assert mails() == []


def test_products_withdrawn_since_are_refused_by_name(world: World) -> None:
    order_id = draft(world, (world.biotin, 1))
    with transaction():
        db.session.get_one(Product, world.biotin.id).withdrawn_at = NOW

    with pytest.raises(Withdrawn) as refused:
        place(world, order_id)
    assert str(refused.value) == "No longer sold: Biotin 5 ml. Take them off the order."


@pytest.mark.parametrize(
    ("number", "valid_to", "allowed"),
    [
        ("L-1", TODAY, True),
        ("L-1", TODAY - dt.timedelta(days=1), False),
        (None, None, False),
    ],
)
def test_prescription_only_products_need_a_licence(
    world: World, number: str | None, valid_to: dt.date | None, allowed: bool
) -> None:
    with transaction():
        practice = db.session.get_one(Practice, world.practice.id)
        practice.licence_number, practice.licence_valid_to = number, valid_to
        db.session.get_one(Product, world.biotin.id).prescription_only = True
    order_id = draft(world, (world.biotin, 1), (world.gloves, 2))

    if allowed:
        place(world, order_id)
        assert order_of(order_id).stage == "placed"
        return
    with pytest.raises(LicenceNeeded) as refused:
        place(world, order_id)
    assert refused.value.names == ["Biotin 5 ml"]
    assert order_of(order_id).stage == "draft"


def test_over_the_limit_an_owner_approves(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    place(world, order_id, limit=Money(7514, "EUR"))

    order = order_of(order_id)
    assert (order.stage, order.placed_at) == ("awaiting_approval", None)
    (mail,) = mails()
    assert (mail.kind, mail.to_address, mail.practice_id) == (
        MailKind.APPROVAL,
        "olga@example.org",
        world.practice.id,
    )
    assert mail.subject == f"Approve an order of €75.15 to Dermal GmbH: {order.number}"
    assert mail.text.startswith(
        "Mia asks you to approve an order of €75.15 to Dermal GmbH for Mitte.\n"
    )
    assert f"http://127.0.0.1:8000/c/mitte/orders/{order_id}\n" in mail.text

    with transaction():
        set_price(world.biotin, 9999, valid_from=TODAY)
        placing.approve(order_id, actor=world.owner_acts, now=LATER)
    order = order_of(order_id)
    assert (order.stage, order.placed_at, order.total_minor) == ("placed", LATER, 7515)
    assert order.placed_by_id == world.manager.id
    assert events(order_id) == [("approval_asked", ""), ("approved", "")]
    assert [mail.to_address for mail in mails()] == ["olga@example.org", "sam@example.org"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_answers_to_the_mail_that_asks_reach_who_asks_or_nobody(world: World) -> None:
    for address, answered in (("mia@example.org", "mia@example.org"), ("mia@@example.org", None)):
        _set_address(Person, world.manager.id, address)
        order_id = draft(world, (world.biotin, 3))
        place(world, order_id, limit=Money(7514, "EUR"))
        mail = mails()[-1]
        assert (mail.kind, mail.to_address) == (MailKind.APPROVAL, "olga@example.org")
        assert mail.reply_to_address == answered
    _set_address(Person, world.owner.id, "olga@@example.org")
    place(world, draft(world, (world.biotin, 3)), limit=Money(7514, "EUR"))
    assert (mails()[-1].reply_to_address, mails()[-1].set_aside_at) == (None, NOW)


def test_up_to_the_limit_no_approval_is_needed(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    place(world, order_id, limit=Money(7515, "EUR"))

    assert order_of(order_id).stage == "placed"


def test_only_what_waits_is_approved(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    with pytest.raises(WrongStage), transaction():
        placing.approve(order_id, actor=world.owner_acts, now=LATER)
    place(world, order_id, limit=Money(0, "EUR"))
    with transaction():
        placing.approve(order_id, actor=world.owner_acts, now=LATER)
    with pytest.raises(WrongStage), transaction():
        placing.approve(order_id, actor=world.owner_acts, now=LATER)
    assert order_of(order_id).stage == "placed"


def test_placing_is_audited(world: World) -> None:
    order_id = draft(world, (world.biotin, 3))
    place(world, order_id)

    row = db.session.query(AuditRow).filter_by(action="order.placed").one()
    assert (row.subject_id, row.clinic_id, row.supplier_id) == (
        order_id,
        world.clinic.id,
        world.supplier.id,
    )
    assert (row.person_id, row.address) == (world.manager.id, "127.0.0.1")
    assert row.after is not None
    assert row.after["total_minor"] == 7515
