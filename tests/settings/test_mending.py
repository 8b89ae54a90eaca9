"""A member whom no mail reaches gets another e-mail, from whoever is in charge where they are."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import services
from supply.accounts.models import Membership, Person
from supply.accounts.queries import person_with_email, supplier_with_code
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind
from tests.support.cast import Cast
from tests.support.people import NOW, PASSWORD, sign_in

UNMAILABLE = "jörg@clinic.example"
NEW = "joerg@clinic.example"
FORM = {"name": "Jörg", "email": NEW, "own_password": PASSWORD}


def _client(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, email)
    return client


def _store(email: str, address: str) -> None:
    """Give the person with ``email`` an address past the services."""
    with transaction():
        db.session.execute(sa.update(Person).where(Person.email == email).values(email=address))


def _page(email: str, place: str = "/p/alba/settings/people") -> str:
    query = sa.select(Membership.id).join(Membership.person).where(Person.email == email)
    return f"{place}/{db.session.scalars(query.order_by(Membership.id)).first()}"


def _refused_mail(email: str, set_aside_at: dt.datetime | None = NOW) -> None:
    """Let a mail to the person have been refused by their mail server for good."""
    person = person_with_email(email)
    assert person is not None
    with transaction():
        mail = enqueue(
            MailKind.DIGEST,
            to_address=email,
            template="digest",
            context={"headline": "One", "sentence": "One", "news": [], "still_open": []},
            person_id=person.id,
            now=NOW,
        )
        mail.set_aside_at = set_aside_at


def _emails() -> set[str]:
    db.session.rollback()
    return set(db.session.scalars(sa.select(Person.email)))


def test_an_owner_gives_a_member_an_e_mail_that_works(app: Flask, cast: Cast) -> None:
    _store(cast.colleague, UNMAILABLE)
    owner, member = _client(app, cast.owner), _client(app, UNMAILABLE)
    page = _page(UNMAILABLE)
    assert "Gets no mail" in owner.get("/p/alba/settings/people").text
    assert "No mail reaches" in owner.get(page).text

    answer = owner.post(f"{page}/mend", data=FORM, follow_redirects=True)

    assert "They sign in with the new e-mail from now on." in answer.text
    assert "Gets no mail" not in answer.text
    person = person_with_email(NEW)
    assert person is not None
    assert person.name == "Jörg"
    assert member.get("/account").status_code == 302
    form = {"email": NEW, "password": PASSWORD}
    assert app.test_client().post("/sign-in", data=form).status_code == 302
    rows = db.session.scalars(
        sa.select(AuditRow)
        .where(AuditRow.action.in_(["person.changed", "person.readdressed"]))
        .order_by(AuditRow.id)
    )
    said = [(row.action, row.before, row.after) for row in rows]
    assert said == [
        ("person.changed", {"name": "Vic"}, {"name": "Jörg"}),
        ("person.readdressed", {"email": UNMAILABLE}, {"email": NEW}),
    ]
    assert list(db.session.scalars(sa.select(Mail))) == []


def test_an_e_mail_whose_server_refused_the_newest_mail_is_mended_and_told(
    app: Flask, cast: Cast
) -> None:
    _refused_mail(cast.colleague)
    owner = _client(app, cast.owner)
    assert "Gets no mail" in owner.get("/p/alba/settings/people").text
    assert owner.post(f"{_page(cast.colleague)}/mend", data=FORM).status_code == 302
    farewell = db.session.scalars(sa.select(Mail).where(Mail.kind == MailKind.ACCOUNT)).one()
    assert farewell.to_address == cast.colleague
    assert farewell.subject == "The e-mail of your account in Supply was changed."
    assert "Gets no mail" not in owner.get("/p/alba/settings/people").text


def test_an_e_mail_that_works_is_its_persons_own(app: Flask, cast: Cast) -> None:
    _refused_mail(cast.colleague)
    _refused_mail(cast.colleague, set_aside_at=None)
    owner = _client(app, cast.owner)
    page = _page(cast.colleague)
    assert "No mail reaches" not in owner.get(page).text
    answer = owner.post(f"{page}/mend", data=FORM)
    assert answer.status_code == 400
    assert NEW not in _emails()


def test_a_member_of_elsewhere_too_is_not_ours_to_mend(app: Flask, cast: Cast) -> None:
    _store(cast.colleague, UNMAILABLE)
    with transaction():
        person = person_with_email(UNMAILABLE)
        assert person is not None
        acme = supplier_with_code("acme")
        assert acme is not None
        services.add_membership(person, role=Role.FULFILLER, place=acme, actor=SYSTEM, now=NOW)
    owner = _client(app, cast.owner)
    page = _page(UNMAILABLE)
    assert "Vic is a member elsewhere too" in owner.get(page).text
    assert "own_password" not in owner.get(page).text
    assert owner.post(f"{page}/mend", data=FORM).status_code == 400
    assert NEW not in _emails()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"email": "jörg@new.example"}, "ö before the @ does not arrive everywhere"),
        ({"email": "olga@clinic.example"}, "is another person&#39;s"),
        ({"email": ""}, "Enter an e-mail address."),
        ({"name": " "}, "Enter a name."),
        ({"own_password": "wrong horse"}, "This is not your current password."),
    ],
)
def test_a_faulty_e_mail_changes_nothing(
    app: Flask, cast: Cast, change: dict[str, str], said: str
) -> None:
    _store(cast.colleague, UNMAILABLE)
    answer = _client(app, cast.owner).post(f"{_page(UNMAILABLE)}/mend", data={**FORM, **change})
    assert answer.status_code == 400
    assert said in answer.text
    assert UNMAILABLE in _emails()
    person = person_with_email(UNMAILABLE)
    assert person is not None
    assert person.name == "Vic"


def test_nobody_else_mends_it(app: Flask, cast: Cast) -> None:
    _store(cast.colleague, UNMAILABLE)
    page = f"{_page(UNMAILABLE)}/mend"
    people = (UNMAILABLE, cast.outsider, cast.admin)
    assert [_client(app, email).post(page, data=FORM).status_code for email in people] == [
        *(403, 404, 404)
    ]
    _store(cast.packer, "päkk@supplier.example")
    staff = f"{_page('päkk@supplier.example', '/s/acme/people')}/mend"
    assert _client(app, cast.owner).post(staff, data=FORM).status_code == 404
    assert _client(app, cast.admin).post(staff, data=FORM).status_code == 302
    assert _emails() >= {UNMAILABLE, NEW}
