"""Who is in the demonstration and how its clinics live. All of them are invented."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from supply.accounts.terms import EVERY_DAY, Role
from supply.demo import files

PASSWORD = "supply-demo"
"""Everybody's password; the command prints it."""

AURORA_CODE = "aurora"
ATELIER_CODE = "atelier"

ORDER_LIMIT = 250_000
"""What stock managers order alone, in minor units of their clinic's currency."""

MONDAY_TO_FRIDAY = 0b0011111
MONDAY_TO_SATURDAY = 0b0111111

_HOLIDAYS = frozenset({(12, 24), (12, 25), (12, 26), (1, 1)})
"""Months and days on which every clinic stays shut."""


@dataclass(frozen=True, slots=True)
class ClinicProfile:
    """How a clinic lives.

    ``mix`` weighs the protocols its patients come for; ``least`` and ``most`` are sessions on
    an opening day; ``reviews`` is the weekday (Monday 0) on which it looks at what to order;
    ``days`` is how long ago it opened, at most.
    """

    code: str
    name: str
    address: str
    timezone: str
    currency: str
    opening_days: int
    opens: int
    closes: int
    least: int
    most: int
    reviews: int
    transit_days: tuple[int, int]
    first_patient: int
    mix: Mapping[str, int] = field(hash=False)
    days: int = 365

    def is_open(self, day: dt.date) -> bool:
        """Return whether the clinic treats patients on ``day``."""
        weekday_is_on = bool(self.opening_days >> day.weekday() & 1)
        return weekday_is_on and (day.month, day.day) not in _HOLIDAYS

    def open_day_from(self, day: dt.date) -> dt.date:
        """Return ``day``, or the first opening day after it."""
        while not self.is_open(day):
            day += dt.timedelta(days=1)
        return day

    def open_day_up_to(self, day: dt.date) -> dt.date:
        """Return ``day``, or the last opening day before it."""
        while not self.is_open(day):
            day -= dt.timedelta(days=1)
        return day


RIGA = ClinicProfile(
    code="riga",
    name="Aurora Riga",
    address="Ziemeļblāzmas iela 999\nRīga LV-0000\nLatvia",
    timezone="Europe/Riga",
    currency="EUR",
    opening_days=MONDAY_TO_SATURDAY,
    opens=9,
    closes=18,
    least=3,
    most=6,
    reviews=0,
    transit_days=(1, 3),
    first_patient=1001,
    mix={
        "HAIR-WEEKLY-8-12": 6,
        "HAIR-DUTA-M7": 3,
        "HAIR-56-8": 2,
        "FACE-MULTI-4": 5,
        "FACE-POLY-5": 4,
        "PIG-TXA4-3": 3,
        "PN-FACE-3": 3,
    },
)

VILNIUS = ClinicProfile(
    code="vilnius",
    name="Aurora Vilnius",
    address="Pašvaistės g. 999\nLT-00000 Vilnius\nLithuania",
    timezone="Europe/Vilnius",
    currency="EUR",
    opening_days=MONDAY_TO_FRIDAY,
    opens=10,
    closes=19,
    least=3,
    most=6,
    reviews=2,
    transit_days=(1, 3),
    first_patient=4001,
    mix={
        "FACE-NCTF-5": 5,
        "CELL-WEEKLY-10": 3,
        "HAIR-WEEKLY-8-12": 4,
        "FAT-PCDC-4": 3,
        "PIG-LIGHT-4": 3,
        "FACE-HA-3": 4,
        "ACNE-HA-3": 2,
    },
)

LONDON = ClinicProfile(
    code="london",
    name="Aurora London",
    address="999 Northern Lights Mews\nLondon ZZ9 9ZZ\nUnited Kingdom",
    timezone="Europe/London",
    currency="GBP",
    opening_days=EVERY_DAY,
    opens=9,
    closes=18,
    least=3,
    most=5,
    reviews=1,
    transit_days=(2, 5),
    first_patient=7001,
    mix={
        "FACE-BAP-3": 5,
        "FACE-BOOST-20": 4,
        "PN-FACE-3": 4,
        "ACNE-HYBRID-3": 3,
        "FAT-DCA-6": 2,
        "PIG-TXA100-3": 4,
        "CELL-CCH-3": 1,
        "FACE-MULTI-4": 3,
    },
)

LYON = ClinicProfile(
    code="lyon",
    name="Atelier Lumière Lyon",
    address="999 rue des Aurores\n69000 Lyon\nFrance",
    timezone="Europe/Paris",
    currency="EUR",
    opening_days=MONDAY_TO_FRIDAY,
    opens=9,
    closes=18,
    least=1,
    most=3,
    reviews=3,
    transit_days=(1, 2),
    first_patient=101,
    mix={
        "HAIR-WEEKLY-8-12": 4,
        "FACE-POLY-5": 4,
        "PIG-TXA4-3": 2,
        "PN-FACE-3": 2,
        "HAIR-56-8": 1,
    },
    days=120,
)


@dataclass(frozen=True, slots=True)
class SupplierProfile:
    """A supplier: its own code and the catalogue file it is filled from.

    ``practice`` is the code of the practice that it is private to, if it is.
    """

    code: str
    name: str
    catalogue: str
    email: str
    timezone: str
    lead_time_days: int
    uses_supply: bool = True
    address: str = ""
    practice: str | None = None
    currencies: tuple[str, ...] = ("EUR", "GBP")
    country: str = ""
    vat_number: str = ""
    legal_name: str = ""
    iban: str = ""


INJECTABLES = SupplierProfile(
    "amber-coast",
    "Amber Coast Injectables",
    "injectables",
    "orders@amber-coast.example",
    "Europe/Riga",
    5,
    address="Dzintara iela 999\nLV-0000 Rīga",
    country="LV",
    vat_number="LV40009990001",
    legal_name="Amber Coast Injectables SIA",
    iban="LV80DEMO0009990001999",
)
CONSUMABLES = SupplierProfile(
    "daylight",
    "Daylight Clinic Consumables",
    "consumables",
    "orders@daylight.example",
    "Europe/London",
    6,
    address="999 Daylight Yard\nLondon ZZ9 9ZZ",
    country="GB",
    vat_number="GB999000001",
    legal_name="Daylight Clinic Consumables Ltd",
    iban="GB05DEMO99999900099900",
)
PHARMACY = SupplierProfile(
    "old-town",
    "Old Town Compounding Pharmacy",
    "pharmacy",
    "orders@old-town.example",
    "Europe/Riga",
    7,
    uses_supply=False,
)

LINDENS = SupplierProfile(
    "atelier-pharmacie-des-tilleuls",
    "Pharmacie des Tilleuls",
    "tilleuls",
    "commandes@tilleuls.example",
    "Europe/Paris",
    2,
    uses_supply=False,
    address="999 place des Tilleuls\n69000 Lyon\nFrance",
    practice=ATELIER_CODE,
    currencies=("EUR",),
)

SUPPLIERS = (INJECTABLES, CONSUMABLES, PHARMACY, LINDENS)


@dataclass(frozen=True, slots=True)
class PersonProfile:
    """A person: role and place, and what the membership comes with.

    ``certificate_days`` are days from the present to the end of the certificate; ``limit`` is
    in minor units.
    """

    email: str
    name: str
    role: Role
    place: str
    clinics: tuple[str, ...] = ()
    certificate_days: int | None = None
    limit: int | None = None


OWNER = PersonProfile("marta@aurora.example", "Marta Liepa", Role.OWNER, AURORA_CODE)
BALTIC_MANAGER = PersonProfile(
    "jonas@aurora.example",
    "Jonas Vaitkus",
    Role.STOCK_MANAGER,
    AURORA_CODE,
    ("riga", "vilnius"),
    limit=ORDER_LIMIT,
)
LONDON_MANAGER = PersonProfile(
    "grace@aurora.example",
    "Grace Whitfield",
    Role.STOCK_MANAGER,
    AURORA_CODE,
    ("london",),
)
"""She orders in another currency than the practice's, in which a limit would be."""

FRENCH_OWNER = PersonProfile(
    "camille@atelier.example", "Camille Fournier", Role.OWNER, ATELIER_CODE
)
FRENCH_MANAGER = PersonProfile(
    "hugo@atelier.example",
    "Hugo Lambert",
    Role.STOCK_MANAGER,
    ATELIER_CODE,
    ("lyon",),
    limit=ORDER_LIMIT,
)

PEOPLE = (
    OWNER,
    BALTIC_MANAGER,
    LONDON_MANAGER,
    PersonProfile(
        "elina@aurora.example",
        "Elīna Ozola",
        Role.PRACTITIONER,
        AURORA_CODE,
        ("riga",),
        certificate_days=400,
    ),
    PersonProfile(
        "rasa@aurora.example",
        "Rasa Žukaitė",
        Role.PRACTITIONER,
        AURORA_CODE,
        ("vilnius",),
        certificate_days=45,
    ),
    PersonProfile(
        "priya@aurora.example",
        "Priya Nair",
        Role.PRACTITIONER,
        AURORA_CODE,
        ("london",),
        certificate_days=580,
    ),
    PersonProfile(
        "toms@aurora.example",
        "Toms Kalve",
        Role.PRACTITIONER,
        AURORA_CODE,
        ("riga",),
        certificate_days=-21,
    ),
    PersonProfile("ilze@aurora.example", "Ilze Berga", Role.VIEWER, AURORA_CODE),
    FRENCH_OWNER,
    FRENCH_MANAGER,
    PersonProfile(
        "ines@atelier.example",
        "Inès Moreau",
        Role.PRACTITIONER,
        ATELIER_CODE,
        ("lyon",),
        certificate_days=300,
    ),
    PersonProfile(
        "andris@amber-coast.example", "Andris Sala", Role.SUPPLIER_ADMIN, INJECTABLES.code
    ),
    PersonProfile("liga@amber-coast.example", "Līga Ozoliņa", Role.FULFILLER, INJECTABLES.code),
    PersonProfile("helen@daylight.example", "Helen Marsh", Role.SUPPLIER_ADMIN, CONSUMABLES.code),
    PersonProfile("sam@daylight.example", "Sam Okoro", Role.FULFILLER, CONSUMABLES.code),
)


@dataclass(frozen=True, slots=True)
class PracticeProfile:
    """A practice: its language, the files of its treatments, clinics, and who runs what.

    ``managers`` are stock managers by the code of their clinic.
    """

    code: str
    name: str
    licence: str
    locale: str
    formulations: str
    protocols: str
    clinics: tuple[ClinicProfile, ...]
    owner: PersonProfile
    managers: Mapping[str, PersonProfile] = field(hash=False)
    country: str
    vat_number: str


AURORA = PracticeProfile(
    AURORA_CODE,
    "Aurora Aesthetic Clinics",
    "DEMO-0417",
    "en",
    files.FORMULATIONS,
    files.PROTOCOLS,
    (RIGA, VILNIUS, LONDON),
    OWNER,
    {"riga": BALTIC_MANAGER, "vilnius": BALTIC_MANAGER, "london": LONDON_MANAGER},
    "LV",
    "LV40009990002",
)
ATELIER = PracticeProfile(
    ATELIER_CODE,
    "Atelier Lumière",
    "DEMO-0683",
    "fr",
    "formulations-tilleuls.csv",
    "protocols-tilleuls.csv",
    (LYON,),
    FRENCH_OWNER,
    {"lyon": FRENCH_MANAGER},
    "FR",
    "FR99999000001",
)
PRACTICES = (AURORA, ATELIER)
"""The second one works in French."""

CLINICS = tuple(clinic for practice in PRACTICES for clinic in practice.clinics)
