"""What a supplier's invoices say of it, and where a practice is registered."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts.models import Practice, Supplier
from supply.audit.models import AuditRow
from supply.db import db, transaction
from tests.factories import World
from tests.support.commands import SupplyCommand
from tests.support.people import AsPerson

SELLER = "/s/baltic/seller"
PRACTICE = "/p/derma/settings/practice"

FACTS = {
    "legal_name": " Baltic  Meso SIA ",
    "address": "Brīvības iela 1\nLV-1010 Rīga",
    "country": "LV",
    "vat_number": "lv 4000 3000 009",
    "vat_looked_up": "y",
    "iban": "LV80 DEMO 0009 9900 0199 9",
    "payment_days": "14",
}


def supplier() -> Supplier:
    db.session.rollback()
    return db.session.scalars(sa.select(Supplier).filter_by(code="baltic")).one()


def practice() -> Practice:
    db.session.rollback()
    return db.session.scalars(sa.select(Practice).filter_by(code="derma")).one()


def test_a_supplier_says_who_it_is(world: World, as_person: AsPerson) -> None:
    browser = as_person(world.supplier_admin)
    assert browser.post(SELLER, data=FACTS).status_code == 302
    kept = supplier()
    assert (kept.legal_name, kept.address) == ("Baltic Meso SIA", "Brīvības iela 1\nLV-1010 Rīga")
    assert (kept.country, kept.vat_number) == ("LV", "LV40003000009")
    assert (kept.iban, kept.payment_days) == ("LV80DEMO0009990001999", 14)
    assert kept.vat_checked_by_id == world.supplier_admin.id
    actions = db.session.scalars(sa.select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions[-2:] == ["supplier.seller_changed", "supplier.registered"]
    assert "Looked up by Admin," in browser.get(SELLER).text


def test_a_number_stays_looked_up_until_it_is_another(world: World, as_person: AsPerson) -> None:
    browser = as_person(world.supplier_admin)
    browser.post(SELLER, data=FACTS)
    checked = supplier().vat_checked_at
    again = {**FACTS, "payment_days": "30"}
    del again["vat_looked_up"]
    assert browser.post(SELLER, data=again).status_code == 302
    assert (supplier().vat_checked_at, supplier().payment_days) == (checked, 30)
    other = browser.post(SELLER, data={**again, "vat_number": "LV40003000017"})
    assert other.status_code == 400
    assert "Look the number up, and tick this" in other.text
    assert supplier().vat_number == "LV40003000009"
    assert browser.post(SELLER, data={**again, "vat_number": ""}).status_code == 302
    assert (supplier().vat_number, supplier().vat_checked_at) == (None, None)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("vat_number", "LV123", "Its numbers are: LV + 11 digits."),
        ("country", "", "Choose the country that gave the VAT number."),
        ("iban", "LV81DEMO0009990001999", "This is no IBAN"),
        ("payment_days", "366", "Enter a whole number from 0 to 365."),
    ],
)
def test_a_fault_names_its_field_and_changes_nothing(
    world: World, as_person: AsPerson, field: str, value: str, sentence: str
) -> None:
    answer = as_person(world.supplier_admin).post(SELLER, data={**FACTS, field: value})
    assert answer.status_code == 400
    assert sentence in answer.text
    assert re.search(rf'id="{field}-error"', answer.text)
    assert (supplier().legal_name, supplier().vat_number, supplier().iban) == ("", None, "")


def test_who_may(world: World, as_person: AsPerson) -> None:
    assert as_person(world.fulfiller).post(SELLER, data=FACTS).status_code == 403
    assert as_person(world.other_fulfiller).post(SELLER, data=FACTS).status_code == 404
    assert as_person(world.manager).post(PRACTICE, data={}).status_code == 403
    assert supplier().vat_number is None


def test_a_practice_says_where_it_is_registered(world: World, as_person: AsPerson) -> None:
    browser = as_person(world.owner)
    form = {"name": "Derma Riga", "locale": "en"}
    form |= {"licence_number": "L-1", "licence_valid_to": "2099-12-31"}
    said = {"country": "LT", "vat_number": "LT123456789", "vat_looked_up": "y"}
    assert browser.post(PRACTICE, data=form | said).status_code == 302
    assert (practice().country, practice().vat_number) == ("LT", "LT123456789")
    assert practice().vat_checked_by_id == world.owner.id


def test_the_database_keeps_no_number_that_nobody_looked_up(world: World) -> None:
    with pytest.raises(sa.exc.IntegrityError), transaction():
        db.session.execute(sa.update(Practice).values(vat_number="LT123456789"))


def test_commands_take_them(app: Flask, supply_command: SupplyCommand) -> None:
    done = supply_command.run(
        "create", "supplier", "Nordic", "--code", "nordic", "--country", "lv",
        "--vat-number", "40003000009", "--json",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, '{"supplier": "nordic"}\n')
    made = db.session.scalars(sa.select(Supplier).filter_by(code="nordic")).one()
    assert (made.country, made.vat_number) == ("LV", "LV40003000009")


def test_a_supplier_says_where_card_payments_go(
    app: Flask, world: World, as_person: AsPerson
) -> None:
    browser = as_person(world.supplier_admin)
    assert "Account at Stripe" not in browser.get(SELLER).text
    app.config["STRIPE_SECRET_KEY"] = "sk_test_1"
    assert "Account at Stripe" in browser.get(SELLER).text
    wrong = browser.post(SELLER, data={**FACTS, "stripe_account": "acme@example.org"})
    assert (wrong.status_code, supplier().stripe_account) == (400, None)
    assert "such as acct_1A2b3C4d5E6f7G8h" in wrong.text
    browser.post(SELLER, data={**FACTS, "stripe_account": " acct_1A2b3C4d5E6f7G8h "})
    assert supplier().stripe_account == "acct_1A2b3C4d5E6f7G8h"
    browser.post(SELLER, data={**FACTS, "stripe_account": ""})
    assert supplier().stripe_account is None
