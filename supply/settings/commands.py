"""Commands that make practices, clinics, suppliers, people, passwords and tokens."""

from __future__ import annotations

import datetime as dt
import sys
from typing import TypeVar

import click
from flask.cli import with_appcontext

from supply import clock
from supply.accounts import queries, services
from supply.accounts.factors.resetting import reset_person
from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.accounts.readdressing import readdress_person, readdress_supplier
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.cli_support import DAY, emit, json_option
from supply.db import transaction
from supply.refusals import Refusal
from supply.settings.services import open_clinic
from supply.vat.registration import Registration, register

Thing = TypeVar("Thing")

ROLES = click.Choice([role.value for role in Role])


class UnknownError(Refusal):
    """The command names something that is not there."""


@click.group("create")
def create_group() -> None:
    """Make a practice, clinic, supplier or person."""


_FIRST_OWNER = (
    "Nobody can sign in to it yet. Its first owner: "
    "supply create person EMAIL --name NAME --role owner --practice {code} --password-stdin"
)


_COUNTRY = click.option("--country", default="", help="Where it is established, such as LV.")
_VAT_NUMBER = click.option(
    "--vat-number", default="", help="Its VAT number: look it up first; only its form is checked."
)


def _register(place: Practice | Supplier, country: str, vat_number: str) -> None:
    if country or vat_number:
        said = Registration(country, vat_number, looked_up=True)
        register(place, said, actor=SYSTEM, now=clock.now())


@create_group.command("practice")
@click.argument("name")
@click.option("--code", help="Made from the name if absent.")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--locale", default="en", show_default=True)
@click.option("--licence", help="Number of the licence to buy prescription-only products.")
@click.option("--licence-valid-to", type=DAY, help="Its last day.")
@_COUNTRY
@_VAT_NUMBER
@json_option
@with_appcontext
def create_practice(
    name: str,
    code: str | None,
    currency: str,
    locale: str,
    licence: str | None,
    licence_valid_to: dt.date | None,
    country: str,
    vat_number: str,
    as_json: bool,
) -> None:
    """Make the practice NAME."""
    with transaction():
        practice = services.create_practice(
            name=name,
            code=code,
            currency=currency,
            locale=locale,
            licence_number=licence,
            licence_valid_to=licence_valid_to,
            actor=SYSTEM,
            now=clock.now(),
        )
        _register(practice, country, vat_number)
        made = {"practice": practice.code}
    emit(made, as_json)
    click.echo(_FIRST_OWNER.format(code=made["practice"]), err=True)


@create_group.command("clinic")
@click.option("--practice", "practice_code", required=True)
@click.option("--code", required=True)
@click.option("--name", required=True)
@click.option("--timezone", required=True, help="Such as Europe/Rome.")
@click.option("--currency", help="The practice's if absent.")
@json_option
@with_appcontext
def create_clinic(
    practice_code: str, code: str, name: str, timezone: str, currency: str | None, as_json: bool
) -> None:
    """Make a clinic with a cupboard and a fridge."""
    with transaction():
        clinic = open_clinic(
            _practice(practice_code),
            code=code,
            name=name,
            timezone=timezone,
            currency=currency,
            actor=SYSTEM,
            now=clock.now(),
        )
        made = {"clinic": clinic.code}
    emit(made, as_json)


@create_group.command("supplier")
@click.argument("name")
@click.option("--code", required=True)
@click.option("--email", help="Where its orders go by mail.")
@click.option("--timezone", default="UTC", show_default=True)
@click.option("--lead-time-days", type=click.IntRange(0, 365), default=5, show_default=True)
@click.option("--by-mail", is_flag=True, help="It does not use Supply: orders go by mail.")
@_COUNTRY
@_VAT_NUMBER
@json_option
@with_appcontext
def create_supplier(
    name: str,
    code: str,
    email: str | None,
    timezone: str,
    lead_time_days: int,
    by_mail: bool,
    country: str,
    vat_number: str,
    as_json: bool,
) -> None:
    """Make the supplier NAME."""
    with transaction():
        supplier = services.create_supplier(
            name=name,
            code=code,
            email=email,
            uses_supply=not by_mail,
            lead_time_days=lead_time_days,
            timezone=timezone,
            actor=SYSTEM,
            now=clock.now(),
        )
        _register(supplier, country, vat_number)
        made = {"supplier": supplier.code}
    emit(made, as_json)


@create_group.command("person")
@click.argument("email")
@click.option("--name", required=True)
@click.option("--role", required=True, type=ROLES)
@click.option("--practice", "practice_code")
@click.option("--supplier", "supplier_code")
@click.option("--clinic", "clinic_codes", multiple=True, help="Limit to this clinic; repeatable.")
@click.option("--certificate-valid-to", type=DAY, help="A practitioner records until this day.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@json_option
@with_appcontext
def create_person(
    email: str,
    name: str,
    role: str,
    practice_code: str | None,
    supplier_code: str | None,
    clinic_codes: tuple[str, ...],
    certificate_valid_to: dt.date | None,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make EMAIL a member of a practice or supplier; someone known keeps their password."""
    if (practice_code is None) == (supplier_code is None):
        raise click.UsageError("Give either --practice or --supplier.")
    password = _password() if password_stdin else None
    with transaction():
        person = services.create_person(
            email=email,
            name=name,
            role=Role(role),
            practice=_practice(practice_code) if practice_code else None,
            supplier=_supplier(supplier_code) if supplier_code else None,
            clinics=[_clinic(code) for code in clinic_codes],
            certificate_valid_to=certificate_valid_to,
            password=password,
            actor=SYSTEM,
            now=clock.now(),
        )
        made = {"person": person.email}
    emit(made, as_json)


@click.command("password")
@click.argument("email")
@click.option("--password-stdin", is_flag=True, required=True, help="Read it from standard input.")
@json_option
@with_appcontext
def password_command(email: str, password_stdin: bool, as_json: bool) -> None:  # noqa: ARG001
    """Give EMAIL a new password and end their sessions."""
    password = _password()
    with transaction():
        person = _person(email)
        services.set_password(person, password, actor=SYSTEM, now=clock.now())
        done = {"person": person.email}
    emit(done, as_json)


@click.group("people")
def people_group() -> None:
    """People who sign in."""


@people_group.command("reset-factor")
@click.argument("email")
@json_option
@with_appcontext
def reset_factor_command(email: str, as_json: bool) -> None:
    """Take away the second step of EMAIL, who has lost it; the password alone lets them in."""
    with transaction():
        person = _person(email)
        reset_person(person, actor=SYSTEM, now=clock.now())
        done = {"person": person.email}
    emit(done, as_json)


@click.command("token")
@click.argument("email")
@click.option("--expires-days", type=click.IntRange(1), help="Without it, good until revoked.")
@json_option
@with_appcontext
def token_command(email: str, expires_days: int | None, as_json: bool) -> None:
    """Make a token with which programs act as EMAIL; it is shown this once."""
    with transaction():
        token = services.issue_token(
            _person(email), expires_days=expires_days, actor=SYSTEM, now=clock.now()
        )
    emit({"token": token}, as_json)


def _password() -> str:
    """Return what standard input holds, without the end of its line."""
    return sys.stdin.read().removesuffix("\n").removesuffix("\r")


@click.group("address")
def address_group() -> None:
    """E-mail addresses, mended."""


@address_group.command("person")
@click.argument("email")
@click.argument("new")
@json_option
@with_appcontext
def address_person_command(email: str, new: str, as_json: bool) -> None:
    """Give the person EMAIL the address NEW; they sign in with it from now on."""
    with transaction():
        person = _person(email)
        readdress_person(person, new, actor=SYSTEM, now=clock.now())
        done = {"person": person.email}
    emit(done, as_json)


@address_group.command("supplier")
@click.argument("code")
@click.argument("new")
@json_option
@with_appcontext
def address_supplier_command(code: str, new: str, as_json: bool) -> None:
    """Send the orders of the supplier CODE to the address NEW."""
    with transaction():
        supplier = _found(queries.supplier_with_code(code), f"There is no supplier {code}.")
        readdress_supplier(supplier, new, actor=SYSTEM, now=clock.now())
        done = {"supplier": supplier.code, "email": supplier.email}
    emit(done, as_json)


def _person(email: str) -> Person:
    return _found(queries.person_with_email(email), f"There is no person {email}.")


def _practice(code: str) -> Practice:
    return _found(queries.practice_with_code(code), f"There is no practice {code}.")


def _clinic(code: str) -> Clinic:
    return _found(queries.clinic_with_code(code), f"There is no clinic {code}.")


def _supplier(code: str) -> Supplier:
    return _found(queries.supplier_with_code(code), f"There is no supplier {code}.")


def _found(thing: Thing | None, otherwise: str) -> Thing:
    if thing is None:
        raise UnknownError(otherwise)
    return thing
