"""The mailbox pages: mails as people get them, and only to those they are for."""

from flask import Flask
from flask.testing import FlaskClient

from supply.accounts.models import Clinic, Person
from supply.db import db, transaction
from supply.outbox.delivery import DeliveryError, deliver
from supply.outbox.models import Mail
from supply.outbox.services import Attachment
from supply.outbox.smtp import SmtpGateway
from supply.outbox.terms import MailKind
from supply.web.filters import instant
from tests.factories import NOW, PASSWORD, World, make_world
from tests.outbox.conftest import Queue
from tests.support.smtp import SmtpServer


def as_person(app: Flask, person: Person) -> FlaskClient:
    """Return a browser in which ``person`` is signed in."""
    browser = app.test_client()
    assert browser.post("/sign-in", data={"email": person.email, "password": PASSWORD}).location
    return browser


def test_mails_show_as_people_get_them(app: Flask, queue: Queue) -> None:
    world = make_world()
    mail_id = queue(
        "biotin <b>",
        practice_id=world.practice.id,
        attachments=[Attachment("order.csv", "text/csv", b"sku\r\n")],
    )
    owner = as_person(app, world.owner)
    listed = owner.get("/p/derma/mailbox").text
    assert "1 mail waits here: no mail server is set up, so none is sent." in listed
    assert "News of biotin &lt;b&gt;" in listed
    page = owner.get(f"/p/derma/mailbox/{mail_id}").text
    assert f'src="/p/derma/mailbox/{mail_id}/html"' in page
    assert "order.csv" in page
    plain = owner.get(f"/p/derma/mailbox/{mail_id}?as=text").text
    assert "News of biotin &lt;b&gt;." in plain
    html = owner.get(f"/p/derma/mailbox/{mail_id}/html")
    assert html.text == "<p>News of biotin &lt;b&gt;</p>\n"
    policy = html.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "style-src 'unsafe-inline'" in policy
    assert "frame-ancestors 'self'" in policy
    assert html.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "unsafe-inline" not in owner.get("/p/derma/mailbox").headers["Content-Security-Policy"]


def test_files_are_downloaded(app: Flask, queue: Queue) -> None:
    world = make_world()
    files = [Attachment("pasūtījums.csv", "text/csv", b"sku\r\n")]
    mail_id = queue(practice_id=world.practice.id, attachments=files)
    other_id = queue(practice_id=world.practice.id)
    file_id = db.session.get_one(Mail, mail_id).attachments[0].id
    owner = as_person(app, world.owner)
    answer = owner.get(f"/p/derma/mailbox/{mail_id}/files/{file_id}")
    assert answer.data == b"sku\r\n"
    assert answer.headers["Content-Disposition"].startswith("attachment; ")
    assert owner.get(f"/p/derma/mailbox/{other_id}/files/{file_id}").status_code == 404


def test_only_keepers_of_that_place_see_it(app: Flask, queue: Queue) -> None:
    world = make_world()
    mail_id = queue(practice_id=world.practice.id, supplier_id=world.supplier.id)
    pages = [
        f"/{place}/mailbox{page}"
        for place in ("p/derma", "s/baltic")
        for page in ("", f"/{mail_id}", f"/{mail_id}/html")
    ]

    def statuses(person: Person) -> list[int]:
        browser = as_person(app, person)
        return [browser.get(page).status_code for page in pages]

    assert statuses(world.manager) == [200] * 3 + [404] * 3
    assert statuses(world.viewer) == [403] * 3 + [404] * 3
    assert statuses(world.fulfiller) == [404] * 3 + [200] * 3
    assert statuses(world.outsider) == [404] * 6
    assert [app.test_client().get(page).status_code for page in pages] == [302] * 6


def test_keys_to_an_account_show_to_their_owner_only(app: Flask, queue: Queue) -> None:
    world = make_world()
    mail_id = queue(
        "a new password",
        kind=MailKind.PASSWORD_RESET,
        practice_id=world.practice.id,
        person_id=world.manager.id,
    )
    owner, manager = as_person(app, world.owner), as_person(app, world.manager)
    assert "a new password" not in owner.get("/p/derma/mailbox").text
    assert owner.get(f"/p/derma/mailbox/{mail_id}").status_code == 404
    assert owner.get(f"/p/derma/mailbox/{mail_id}/html").status_code == 404
    assert manager.get(f"/p/derma/mailbox/{mail_id}").status_code == 200


def test_a_colleague_of_some_clinics_sees_their_own_mails(app: Flask, queue: Queue) -> None:
    world = make_world()
    place = world.practice.id
    own = queue("own", practice_id=place, person_id=world.manager.id)
    other = queue("other", practice_id=place, person_id=world.owner.id)
    with transaction():
        membership = db.session.get_one(Person, world.manager.id).memberships[0]
        membership.clinics = [db.session.get_one(Clinic, world.clinic.id)]
    manager = as_person(app, world.manager)
    assert manager.get(f"/p/derma/mailbox/{own}").status_code == 200
    assert manager.get(f"/p/derma/mailbox/{other}").status_code == 404


class _Busy:
    def send(self, mail: Mail, sent_at: object) -> None:
        raise DeliveryError("450 <No> room")


def test_a_failure_and_its_reason_show(app: Flask, queue: Queue) -> None:
    world = make_world()
    mail_id = queue(practice_id=world.practice.id)
    deliver(NOW, _Busy())
    owner = as_person(app, world.owner)
    assert "Failed, tried again" in owner.get("/p/derma/mailbox").text
    assert "450 &lt;No&gt; room" in owner.get(f"/p/derma/mailbox/{mail_id}").text


def test_the_list_goes_on(app: Flask, queue: Queue) -> None:
    world: World = make_world()
    first = queue("the first", practice_id=world.practice.id)
    for number in range(50):
        queue(f"number {number}", practice_id=world.practice.id)
    owner = as_person(app, world.owner)
    assert "the first" not in owner.get("/p/derma/mailbox").text
    assert "the first" in owner.get(f"/p/derma/mailbox?before={first + 1}").text


def test_instants_are_on_the_clock_of_the_clinic_one_works_at(app: Flask, queue: Queue) -> None:
    world = make_world()
    with transaction():
        sister = db.session.get_one(Clinic, world.sister.id)
        sister.timezone = "Asia/Tokyo"
    mail = db.session.get_one(Mail, queue("word " * 80, practice_id=world.practice.id))
    with app.test_request_context():
        there, here = (instant(mail.queued_at, zone) for zone in ("Asia/Tokyo", "Europe/Riga"))
    owner = as_person(app, world.owner)
    owner.get(f"/c/{world.sister.code}/catalogue")
    listed = owner.get("/p/derma/mailbox").text
    assert there in listed
    assert here not in listed
    assert "News of word word" in listed
    assert "word " * 45 not in listed


def test_what_reached_nobody_is_sent_again_to_the_mended_address(
    app: Flask, queue: Queue, smtp_server: SmtpServer
) -> None:
    world = make_world()
    with transaction():
        db.session.get_one(Person, world.manager.id).email = "jörg@example.com"
    mail_id = queue(
        to_address="jörg@example.com", practice_id=world.practice.id, person_id=world.manager.id
    )
    sent_id = queue(practice_id=world.practice.id)
    assert deliver(NOW, SmtpGateway(smtp_server.url, "supply@clinic.example")).sent == 1
    owner = as_person(app, world.owner)
    listed = owner.get("/p/derma/mailbox").text
    assert "<strong>1 mail reached nobody.</strong>" in listed
    assert listed.count("Reached nobody") == 2
    assert owner.get("/p/derma/mailbox?show=set-aside").text.count('class="row-link"') == 1
    page = owner.get(f"/p/derma/mailbox/{mail_id}").text
    assert "Mail to an address with ö before the @ does not arrive everywhere." in page
    assert "Nothing can be sent to jörg@example.com. Once the address is mended" in page
    assert "Send again" not in page
    again = f"/p/derma/mailbox/{mail_id}/again"
    assert owner.post(again).status_code == 302
    assert db.session.get_one(Mail, mail_id).set_aside_at == NOW
    with transaction():
        db.session.get_one(Person, world.manager.id).email = "joerg@xn--mller-kva.de"
    page = owner.get(f"/p/derma/mailbox/{mail_id}").text
    assert "Sending it again goes to joerg@müller.de." in page
    assert "Send again" in page
    for person, status in ((world.viewer, 403), (world.outsider, 404), (world.fulfiller, 404)):
        assert as_person(app, person).post(again).status_code == status
    assert db.session.get_one(Mail, mail_id).set_aside_at == NOW
    db.session.rollback()
    assert owner.post(again).location == f"/p/derma/mailbox/{mail_id}"
    mail = db.session.get_one(Mail, mail_id)
    assert (mail.to_address, mail.set_aside_at) == ("joerg@xn--mller-kva.de", None)
    db.session.rollback()
    assert deliver(mail.due_at, SmtpGateway(smtp_server.url, "supply@clinic.example")).sent == 1
    assert smtp_server.mails[-1].recipients == ("joerg@xn--mller-kva.de",)
    owner.post(f"/p/derma/mailbox/{sent_id}/again")
    assert "This mail went out already" in owner.get("/p/derma/mailbox").text


def test_an_invitation_is_not_sent_again_from_the_mailbox(app: Flask, queue: Queue) -> None:
    """Its key is nobody's to read; the page of people sends a new one."""
    world = make_world()
    mail_id = queue(
        to_address="jörg@example.com",
        kind=MailKind.INVITATION,
        supplier_id=world.supplier.id,
    )
    admin = as_person(app, world.supplier_admin)
    assert admin.post(f"/s/baltic/mailbox/{mail_id}/again").status_code == 404
