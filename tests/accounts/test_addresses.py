"""E-mail addresses of people: one form kept, every earlier form found, none told apart."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import services
from supply.accounts.models import Person
from supply.accounts.queries import person_with_email, supplier_with_code
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.models import Mail
from supply.outbox.services import enqueue
from supply.outbox.terms import MailKind
from supply.refusals import InvalidInput
from tests.support.cast import Cast
from tests.support.commands import SupplyCommand
from tests.support.people import NOW, PASSWORD, sign_in


def _add(email: str) -> Person:
    with transaction():
        return services.create_person(
            email=email,
            name="New",
            role=Role.FULFILLER,
            supplier=supplier_with_code("acme"),
            password=PASSWORD,
            actor=SYSTEM,
            now=NOW,
        )


def _store(email: str, address: str) -> None:
    """Give the person with ``email`` an address past the services."""
    with transaction():
        db.session.execute(sa.update(Person).where(Person.email == email).values(email=address))


@pytest.mark.parametrize(
    "typed", ["Nina@Müller.de", "nina@XN--mller-kva.de", " Nina <nina@müller.de>\u200b"]
)
def test_an_address_is_kept_in_one_form(app: Flask, cast: Cast, typed: str) -> None:
    assert _add(typed).email == "nina@xn--mller-kva.de"
    with pytest.raises(InvalidInput, match="is a member here already"):
        _add("nina@müller.de")


def test_an_address_that_cannot_be_mailed_is_refused_where_it_is_typed(
    app: Flask, cast: Cast
) -> None:
    with pytest.raises(InvalidInput, match="ö before the @ does not arrive everywhere") as refused:
        _add("jörg@example.com")
    assert [field for field, _ in refused.value.errors] == ["email"]
    with pytest.raises(InvalidInput), transaction():
        services.create_supplier(
            name="Post", code="post", email="jörg@example.com", actor=SYSTEM, now=NOW
        )


@pytest.mark.parametrize("stored", ["olga@müller.de", "olga@xn--mller-kva.de", "Olga@Müller.de"])
def test_who_was_stored_in_another_form_signs_in(
    client: FlaskClient, cast: Cast, stored: str
) -> None:
    _store(cast.owner, stored)
    asked = "Olga@Müller.de"
    answer = client.post("/sign-in", data={"email": asked, "password": PASSWORD})
    assert answer.status_code == 302
    person = person_with_email(asked)
    assert person is not None
    assert person.email == stored


def test_who_cannot_be_mailed_still_signs_in(client: FlaskClient, cast: Cast) -> None:
    _store(cast.owner, "jörg@example.com")
    answer = client.post("/sign-in", data={"email": "Jörg@example.com", "password": PASSWORD})
    assert answer.status_code == 302


@pytest.mark.parametrize(
    "typed",
    ["jörg@example.com", "nobody@example.com", "no address", "a@b.de, c@d.de"],
)
def test_a_forgotten_password_gets_the_same_answer_for_any_address(
    client: FlaskClient, cast: Cast, typed: str
) -> None:
    _store(cast.owner, "jörg@example.com")
    answer = client.post("/forgot", data={"email": typed})
    assert answer.status_code == 200
    assert "does not arrive" not in answer.text
    assert "If someone has this e-mail, a link is on its way." in answer.text
    sent = db.session.scalars(sa.select(Mail)).all()
    assert all(mail.set_aside_at is not None for mail in sent)


def test_a_mended_address_takes_the_mails_that_wait_and_ends_sessions(
    app: Flask, cast: Cast, supply_command: SupplyCommand
) -> None:
    _store(cast.owner, "jörg@example.com")
    browser = app.test_client()
    sign_in(browser, "jörg@example.com")
    with transaction():
        person = person_with_email("jörg@example.com")
        assert person is not None
        for topic, address in (("one", "olga@clinic.example"), ("two", "jörg@example.com")):
            enqueue(
                MailKind.DIGEST,
                to_address=address,
                template="digest",
                context={"headline": topic, "sentence": topic, "news": [], "still_open": []},
                person_id=person.id,
                now=NOW,
            )
    taken = supply_command.run("address", "person", "jörg@example.com", cast.colleague)
    assert (taken.returncode, taken.stderr) == (1, f"{cast.colleague} is another person's.\n")
    mended = supply_command.run(
        "address", "person", "jörg@example.com", "Joerg@Müller.de", "--json"
    )
    assert mended.returncode == 0, mended.stderr
    assert json.loads(mended.stdout) == {"person": "joerg@xn--mller-kva.de"}
    db.session.rollback()
    rows = db.session.execute(sa.select(Mail.to_address, Mail.set_aside_at).order_by(Mail.id))
    assert [tuple(row) for row in rows] == [
        ("joerg@xn--mller-kva.de", None),
        ("jörg@example.com", NOW),
    ]
    assert browser.get("/account").status_code == 302
    answer = browser.post("/sign-in", data={"email": "joerg@müller.de", "password": PASSWORD})
    assert answer.status_code == 302
    row = db.session.scalars(
        sa.select(AuditRow).where(AuditRow.action == "person.readdressed")
    ).one()
    assert (row.before, row.after) == (
        {"email": "jörg@example.com"},
        {"email": "joerg@xn--mller-kva.de"},
    )


def test_the_earlier_address_is_told_of_a_new_one(
    app: Flask, cast: Cast, supply_command: SupplyCommand
) -> None:
    done = supply_command.run("address", "person", cast.owner, "olga@new.example")
    assert done.returncode == 0, done.stderr
    [mail] = db.session.scalars(sa.select(Mail))
    assert (mail.to_address, mail.person_id) == (cast.owner, None)
    assert mail.subject == "The e-mail of your account in Supply was changed."
    assert "by whoever runs Supply here" in mail.text


def test_a_suppliers_orders_go_to_a_mended_address(
    app: Flask, cast: Cast, supply_command: SupplyCommand
) -> None:
    refused = supply_command.run("address", "supplier", "acme", "jörg@example.com")
    assert refused.returncode == 1
    assert "ö before the @" in refused.stderr
    unknown = supply_command.run("address", "supplier", "nobody", "orders@acme.example")
    assert (unknown.returncode, unknown.stderr) == (1, "There is no supplier nobody.\n")
    done = supply_command.run("address", "supplier", "acme", "Orders@Acme.example", "--json")
    assert json.loads(done.stdout) == {"supplier": "acme", "email": "orders@acme.example"}
    supplier = supplier_with_code("acme")
    assert supplier is not None
    assert supplier.email == "orders@acme.example"
