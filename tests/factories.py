"""A small world for tests, made by the product's own services.

``make_world()`` gives one practice with a clinic in Riga, a supplier with a few products that
stand for every kind (single-dose ampoule, multi-dose vial, cream, pieces, cold), and a cast:
one person per role, a practitioner whose certificate lapsed, and an outsider with a clinic of
their own. Everything is committed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from supply.accounts import services as accounts
from supply.accounts.models import Clinic, Person, Practice, Supplier
from supply.accounts.passwords import hashed
from supply.accounts.terms import Role
from supply.actor import SYSTEM, Actor
from supply.catalogue.models import Price, Product, ProductGtin, ProductOpeningRule
from supply.catalogue.terms import Dose, PackLevel, Storage
from supply.db import db, transaction
from supply.formulations.models import (
    Formulation,
    FormulationLine,
    FormulationSubstitute,
    FormulationVersion,
)
from supply.inventory.models import Lot
from supply.inventory.taking_in import Incoming, TakenIn, take_in
from supply.inventory.terms import EntryKind
from supply.items import services as items
from supply.items.models import Item
from supply.items.places import furnish_clinic
from supply.quantity import Unit

NOW = dt.datetime(2026, 6, 15, 9, 0, tzinfo=dt.UTC)
"""The instant tests live at: a Monday, noon in Riga."""

TODAY = dt.date(2026, 6, 15)
PASSWORD = "needle-vial-ampoule"

AMPOULE = "TXA-100-A10x5"
VIAL = "LIDO-1-MDV20"
CREAM = "EMLA-30G"
NEEDLE = "NDL-30G-4"
COLD = "PEP-HAIR-V5x5"
BIOTIN = "VIT-B7-A10x1"

FORMULATION = "HAIR-TEST"


@dataclass(frozen=True)
class World:
    """What :func:`make_world` made."""

    practice: Practice
    clinic: Clinic
    sister: Clinic
    supplier: Supplier
    owner: Person
    manager: Person
    practitioner: Person
    lapsed: Person
    viewer: Person
    supplier_admin: Person
    fulfiller: Person
    outsider: Person
    other_clinic: Clinic
    other_supplier: Supplier
    other_fulfiller: Person

    def actor(self, person: Person | None = None) -> Actor:
        """Return ``person`` (the owner unless said otherwise) as who acts."""
        return Actor((person or self.owner).id, "127.0.0.1")


@dataclass(frozen=True)
class Kind:
    """A product to make; ``minor`` is its pack price in euro cents."""

    sku: str
    name: str
    category: str
    kind: str
    unit: Unit
    containers: int
    content: str
    dose: Dose
    storage: Storage
    minor: int
    prescription_only: bool = False
    opening: Sequence[tuple[Storage | None, int]] = ()


KINDS = (
    Kind(
        AMPOULE,
        "Tranexamic acid 100 mg/ml, ampoule",
        "brightening",
        "ampoule",
        Unit.ML,
        10,
        "5",
        Dose.SINGLE,
        Storage.AMBIENT,
        4_500,
        prescription_only=True,
    ),
    Kind(
        VIAL,
        "Lidocaine 1%, multi-dose vial",
        "anaesthetic",
        "ingredient",
        Unit.ML,
        25,
        "20",
        Dose.MULTI,
        Storage.AMBIENT,
        6_250,
        prescription_only=True,
        opening=[(None, 672)],
    ),
    Kind(
        CREAM,
        "Lidocaine + prilocaine cream 30 g tube",
        "anaesthetic",
        "consumable",
        Unit.G,
        1,
        "30",
        Dose.MULTI,
        Storage.AMBIENT,
        1_990,
    ),
    Kind(
        NEEDLE,
        "Mesotherapy needle 30G x 4 mm",
        "needle",
        "needle",
        Unit.EACH,
        100,
        "1",
        Dose.NONE,
        Storage.AMBIENT,
        1_800,
    ),
    Kind(
        COLD,
        "Peptide + growth complex, hair, vial",
        "peptide",
        "vial",
        Unit.ML,
        5,
        "5",
        Dose.SINGLE,
        Storage.COLD,
        12_000,
    ),
    Kind(
        BIOTIN,
        "Biotin 5 mg/ml, ampoule",
        "vitamin",
        "ampoule",
        Unit.ML,
        10,
        "1",
        Dose.SINGLE,
        Storage.AMBIENT,
        2_400,
    ),
)


def make_world() -> World:
    """Make and commit the world."""
    with transaction():
        return _make_world()


def _make_world() -> World:
    practice = _practice("Derma Riga", "derma")
    clinic = make_clinic(practice, "riga", "Riga Centre", "Europe/Riga")
    sister = make_clinic(practice, "dublin", "Dublin Quay", "Europe/Dublin")
    supplier = _supplier("Baltic Meso Supplies", "baltic")
    for kind in KINDS:
        make_product(supplier, kind)
    other = _practice("Elsewhere", "elsewhere")
    other_clinic = make_clinic(other, "elsewhere-1", "Elsewhere One", "Europe/Paris")
    other_supplier = _supplier("Other Supplies", "other")
    return World(
        practice=practice,
        clinic=clinic,
        sister=sister,
        supplier=supplier,
        owner=make_person("owner@example.org", Role.OWNER, practice),
        manager=make_person("manager@example.org", Role.STOCK_MANAGER, practice),
        practitioner=make_person(
            "practitioner@example.org",
            Role.PRACTITIONER,
            practice,
            certificate=dt.date(2099, 12, 31),
        ),
        lapsed=make_person(
            "lapsed@example.org", Role.PRACTITIONER, practice, certificate=dt.date(2020, 1, 1)
        ),
        viewer=make_person("viewer@example.org", Role.VIEWER, practice),
        supplier_admin=make_person("admin@example.net", Role.SUPPLIER_ADMIN, supplier),
        fulfiller=make_person("fulfiller@example.net", Role.FULFILLER, supplier),
        outsider=make_person("outsider@example.com", Role.OWNER, other),
        other_clinic=other_clinic,
        other_supplier=other_supplier,
        other_fulfiller=make_person("fulfiller@example.com", Role.FULFILLER, other_supplier),
    )


def _practice(name: str, code: str) -> Practice:
    return accounts.create_practice(
        name=name,
        code=code,
        licence_number="L-1",
        licence_valid_to=dt.date(2099, 12, 31),
        actor=SYSTEM,
        now=NOW,
    )


def _supplier(name: str, code: str) -> Supplier:
    return accounts.create_supplier(
        name=name, code=code, email=f"orders@{code}.example.net", actor=SYSTEM, now=NOW
    )


def make_clinic(practice: Practice, code: str, name: str, timezone: str) -> Clinic:
    """Make a furnished clinic of ``practice``; nothing of it is reordered but by a policy."""
    clinic = accounts.create_clinic(
        practice, code=code, name=name, timezone=timezone, actor=SYSTEM, now=NOW
    )
    clinic.projected = False
    furnish_clinic(clinic)
    return clinic


def make_person(
    email: str, role: Role, place: Practice | Supplier, certificate: dt.date | None = None
) -> Person:
    """Make a member of ``place`` who signs in with :data:`PASSWORD`."""
    person = accounts.create_person(
        email=email,
        name=email.split("@", maxsplit=1)[0].capitalize(),
        role=role,
        practice=place if isinstance(place, Practice) else None,
        supplier=place if isinstance(place, Supplier) else None,
        certificate_valid_to=certificate,
        actor=SYSTEM,
        now=NOW,
    )
    person.password_hash = _password_hash()
    return person


@cache
def _password_hash() -> str:
    """Return one hash for all: making it is slow on purpose."""
    return hashed(PASSWORD)


def make_product(supplier: Supplier, kind: Kind) -> Product:
    """Make a product of ``supplier`` with a list price in euros and a pack GTIN."""
    index = KINDS.index(kind) if kind in KINDS else len(KINDS)
    product = Product(
        supplier_id=supplier.id,
        sku=kind.sku,
        name=kind.name,
        category=kind.category,
        kind=kind.kind,
        unit=kind.unit,
        containers_per_pack=kind.containers,
        content_per_container=Decimal(kind.content),
        dose=kind.dose,
        storage=kind.storage,
        prescription_only=kind.prescription_only,
        minimum_remaining_days=90,
        opening_rules=[ProductOpeningRule(storage=s, hours=h) for s, h in kind.opening],
        gtins=[
            ProductGtin(
                gtin=f"0950000000{index:03d}0", level=PackLevel.PACK, containers=kind.containers
            )
        ],
    )
    db.session.add(product)
    db.session.flush()
    db.session.add(
        Price(
            product_id=product.id,
            currency="EUR",
            valid_from=dt.date(2020, 1, 1),
            pack_minor=kind.minor,
        )
    )
    db.session.flush()
    return product


def item(world: World, code: str) -> Item:
    """Return the practice's item ``code``, made from its product if need be."""
    return items.item_for_code(world.practice.id, code, now=NOW)


def stock(
    world: World,
    code: str,
    quantity: str,
    *,
    lot: str = "A1",
    expiry: dt.date | None = dt.date(2027, 1, 31),
    clinic: Clinic | None = None,
    at: dt.datetime = NOW - dt.timedelta(days=30),
    hold_reason: str | None = None,
    cost_minor: int | None = None,
) -> Lot:
    """Take ``quantity`` (base unit) of a lot in, a month ago, and commit; return the lot.

    ``cost_minor`` is what one container cost.
    """
    with transaction():
        taken = _take_in(world, code, quantity, lot, expiry, clinic, at, hold_reason, cost_minor)
    return taken.lots[0]


def _take_in(
    world: World,
    code: str,
    quantity: str,
    lot: str,
    expiry: dt.date | None,
    clinic: Clinic | None,
    at: dt.datetime,
    hold_reason: str | None,
    cost_minor: int | None,
) -> TakenIn:
    kept = item(world, code)
    containers = Decimal(quantity) / kept.content_per_container
    line = Incoming(
        item=kept,
        lot_number=lot,
        expiry=expiry,
        quantity=Decimal(quantity),
        hold_reason=hold_reason,
        expired_reason="test",
        cost_minor=None if cost_minor is None else int(cost_minor * containers),
    )
    return take_in(
        clinic or world.clinic,
        [line],
        kind=EntryKind.RECEIPT,
        occurred_at=at,
        actor=world.actor(),
        now=at,
    )


def make_formulation(
    world: World,
    lines: Sequence[tuple[str, str]],
    *,
    code: str = FORMULATION,
    substitutes: Sequence[tuple[str, str, str]] = (),
) -> Formulation:
    """Make and commit a formulation of (item code, quantity) lines.

    ``substitutes`` are (line's code, substitute's code, quantity).
    """
    with transaction():
        formulation = Formulation(
            practice_id=world.practice.id,
            code=code,
            name=code.title(),
            concern="hair_loss",
            created_at=NOW,
        )
        version = FormulationVersion(number=1, created_at=NOW, formulation=formulation)
        version.lines = [
            FormulationLine(
                position=position,
                item_id=item(world, sku).id,
                quantity=Decimal(quantity),
                substitutes=[
                    FormulationSubstitute(
                        position=1, item_id=item(world, other).id, quantity=Decimal(other_quantity)
                    )
                    for line, other, other_quantity in substitutes
                    if line == sku
                ],
            )
            for position, (sku, quantity) in enumerate(lines, start=1)
        ]
        db.session.add(formulation)
    return formulation
