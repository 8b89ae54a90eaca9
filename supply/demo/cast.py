"""Setting the stage: practice, clinics, suppliers with their catalogues, and people."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

import sqlalchemy as sa

from supply import clock
from supply.accounts import passwords
from supply.accounts import services as accounts
from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.accounts.own_suppliers import SupplierFacts, add_supplier
from supply.actor import SYSTEM, Actor
from supply.catalogue.models import Product
from supply.catalogue.prices.services import PriceTerms, set_price
from supply.catalogue.services import import_catalogue, read_catalogue
from supply.db import db
from supply.demo import files
from supply.demo.profiles import (
    PASSWORD,
    PEOPLE,
    PRACTICES,
    SUPPLIERS,
    ClinicProfile,
    PersonProfile,
    PracticeProfile,
    SupplierProfile,
)
from supply.items.places import furnish_clinic
from supply.money import Money, parse_minor
from supply.settings.sellers import SellerFacts, change_seller
from supply.treatments.protocols import File, import_formulations_and_protocols, read_files
from supply.vat.registration import Registration, register
from supply.vat.terms import TaxClass


@dataclass(slots=True)
class Cast:
    """Who is there, by code or e-mail."""

    practices: dict[str, Practice] = field(default_factory=dict)
    clinics: dict[str, Clinic] = field(default_factory=dict)
    suppliers: dict[str, Supplier] = field(default_factory=dict)
    people: dict[str, Person] = field(default_factory=dict)

    def actor(self, profile: PersonProfile) -> Actor:
        """Return the person of ``profile`` as who acts."""
        return Actor(self.people[profile.email].id)


def set_the_stage(began: dt.datetime, now: dt.datetime) -> Cast:
    """Make everybody and everything that was there when history began.

    ``now`` is the present, which licence and certificates are dated from.
    """
    cast = Cast()
    for practice in PRACTICES:
        cast.practices[practice.code] = _practice(practice, began, now)
        for clinic in practice.clinics:
            cast.clinics[clinic.code] = _clinic(cast.practices[practice.code], clinic, began)
    for supplier in SUPPLIERS:
        cast.suppliers[supplier.code] = _supplier(cast, supplier, began)
    hashed = passwords.hashed(PASSWORD)
    for person in PEOPLE:
        cast.people[person.email] = _person(cast, person, hashed, began, now)
    accounts.mark_as_demo(list(cast.people.values()))
    for practice in PRACTICES:
        _treatments(practice, cast.practices[practice.code], began)
    return cast


def _practice(profile: PracticeProfile, began: dt.datetime, now: dt.datetime) -> Practice:
    practice = accounts.create_practice(
        name=profile.name,
        code=profile.code,
        locale=profile.locale,
        licence_number=profile.licence,
        licence_valid_to=now.date() + dt.timedelta(days=500),
        actor=SYSTEM,
        now=began,
    )
    said = Registration(profile.country, profile.vat_number, looked_up=True)
    register(practice, said, actor=SYSTEM, now=began)
    return practice


def _treatments(profile: PracticeProfile, practice: Practice, began: dt.datetime) -> None:
    recipes, courses = read_files(
        File(profile.formulations, files.content(profile.formulations)),
        File(profile.protocols, files.content(profile.protocols)),
    )
    import_formulations_and_protocols(recipes, courses, practice, actor=SYSTEM, now=began)


def _clinic(practice: Practice, profile: ClinicProfile, began: dt.datetime) -> Clinic:
    clinic = accounts.create_clinic(
        practice,
        code=profile.code,
        name=profile.name,
        timezone=profile.timezone,
        currency=profile.currency,
        actor=SYSTEM,
        now=began,
    )
    clinic.address = profile.address
    clinic.opening_days = profile.opening_days
    furnish_clinic(clinic)
    return clinic


def _supplier(cast: Cast, profile: SupplierProfile, began: dt.datetime) -> Supplier:
    if profile.practice is not None:
        return _own_supplier(cast.practices[profile.practice], profile, began)
    supplier = accounts.create_supplier(
        name=profile.name,
        code=profile.code,
        email=profile.email,
        uses_supply=profile.uses_supply,
        lead_time_days=profile.lead_time_days,
        timezone=profile.timezone,
        actor=SYSTEM,
        now=began,
    )
    _seller(supplier, profile, began)
    _catalogue(supplier, profile, began)
    _price_breaks(supplier, profile.catalogue, began)
    return supplier


def _seller(supplier: Supplier, profile: SupplierProfile, began: dt.datetime) -> None:
    facts = SellerFacts(profile.legal_name, profile.address, profile.iban, payment_days=30)
    change_seller(supplier, facts, actor=SYSTEM, now=began)
    said = Registration(profile.country, profile.vat_number, looked_up=True)
    register(supplier, said, actor=SYSTEM, now=began)


def _own_supplier(practice: Practice, profile: SupplierProfile, began: dt.datetime) -> Supplier:
    (currency,) = profile.currencies
    facts = SupplierFacts(
        name=profile.name,
        email=profile.email,
        address=profile.address,
        currency=currency,
        lead_time_days=profile.lead_time_days,
    )
    supplier = add_supplier(practice, facts, actor=SYSTEM, now=began)
    _catalogue(supplier, profile, began)
    return supplier


def _catalogue(supplier: Supplier, profile: SupplierProfile, began: dt.datetime) -> None:
    name = files.catalogue_name(profile.catalogue)
    for currency in profile.currencies:
        content = files.catalogue_in(currency, profile.catalogue)
        import_catalogue(read_catalogue(content, name), supplier, actor=SYSTEM, now=began)
    of_this = sa.update(Product).where(Product.supplier_id == supplier.id)
    medicines = of_this.where(Product.prescription_only)
    db.session.execute(medicines.values(tax_class=TaxClass.MEDICINE))
    devices = of_this.where(Product.kind == "needle")
    db.session.execute(devices.values(tax_class=TaxClass.DEVICE))


def _price_breaks(supplier: Supplier, catalogue: str, began: dt.datetime) -> None:
    today = clock.local_date(began, supplier.timezone)
    products = db.session.scalars(sa.select(Product).where(Product.supplier_id == supplier.id))
    by_sku = {product.sku: product for product in products}
    for row in files.rows(files.PRICE_BREAKS):
        if row["supplier"] != catalogue:
            continue
        for currency in ("EUR", "GBP"):
            set_price(
                by_sku[row["sku"]],
                PriceTerms(
                    Money(parse_minor(row[f"price_{currency.lower()}"], currency), currency),
                    valid_from=today,
                    from_packs=int(row["from_packs"]),
                ),
                today=today,
                actor=SYSTEM,
                now=began,
            )


def _person(
    cast: Cast, profile: PersonProfile, hashed: str, began: dt.datetime, now: dt.datetime
) -> Person:
    days = profile.certificate_days
    until = None if days is None else now.date() + dt.timedelta(days=days)
    person = accounts.create_person(
        email=profile.email,
        name=profile.name,
        role=profile.role,
        practice=cast.practices.get(profile.place),
        supplier=cast.suppliers.get(profile.place),
        clinics=[cast.clinics[code] for code in profile.clinics],
        certificate_valid_to=until,
        order_limit_minor=profile.limit,
        actor=SYSTEM,
        now=began,
    )
    # One hash for all: making each is slow on purpose, and the password is printed anyway.
    person.password_hash = hashed
    db.session.flush()
    return person
