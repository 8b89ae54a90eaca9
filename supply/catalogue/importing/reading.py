"""Reading one row of a catalogue file into the facts of a product; no database here."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, TypeVar

from flask_babel import gettext as _

from supply import money, quantity
from supply.catalogue import rules
from supply.catalogue.finding import needles
from supply.catalogue.terms import Availability, Dose
from supply.quantity import Unit
from supply.tables import Fault, Kind, Row
from supply.tables.days import read_day
from supply.tables.numbers import parted, whole_number
from supply.vat.terms import TaxClass

REQUIRED = (
    "sku",
    "name",
    "category",
    "kind",
    "concerns",
    "unit",
    "containers_per_pack",
    "content_per_container",
    "dose",
    "ingredients",
    "allergens",
    "storage",
    "shelf_life_months",
    "after_opening_hours",
    "prescription_only",
    "regulatory_class",
    "source",
)
OPTIONAL = (
    "price",
    "currency",
    "gtin",
    "manufacturer",
    "lead_time_days",
    "minimum_order_packs",
    "minimum_remaining_days",
    *needles.COLUMNS,
    "tax_class",
    "availability",
    "expected_on",
    "successor",
)

KINDS = {
    "sku": Kind.CODE,
    "gtin": Kind.CODE,
    "price": Kind.MONEY,
    "prescription_only": Kind.FLAG,
    "expected_on": Kind.DATE,
    "successor": Kind.CODE,
} | dict.fromkeys(
    (
        "containers_per_pack",
        "content_per_container",
        "shelf_life_months",
        "after_opening_hours",
        "lead_time_days",
        "minimum_order_packs",
        "minimum_remaining_days",
    ),
    Kind.NUMBER,
)
"""What the columns hold; text where nothing is said."""

MAXIMUM_PACK = 1_000_000
MAXIMUM_DAYS = 3_650
MAXIMUM_MONTHS = 600
MAXIMUM_HOURS = 87_600

_CODE = re.compile(r"[a-z0-9][a-z0-9_-]*")
_YES = frozenset({"yes", "true", "1"})
_NO = frozenset({"no", "false", "0"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """What a row says of a product. ``columns`` are the product row's own, by name."""

    row: int
    sku: str
    columns: Mapping[str, Any]
    concerns: tuple[str, ...]
    allergens: tuple[str, ...]
    ingredients: tuple[rules.Ingredient, ...]
    opening_hours: int | None
    gtin: str | None
    price: money.Money | None
    successor: str | None = None
    """The SKU of what replaces it, "" for nothing; None where the file does not say."""


@dataclass(slots=True)
class _Reader:
    """Reads the cells of one row and keeps every fault on the way."""

    row: Row
    present: frozenset[str]
    faults: list[Fault] = field(default_factory=list)

    def take(self, column: str, parse: Callable[[str], T]) -> T | None:
        """Return the parsed cell, or None after noting why it cannot be read."""
        try:
            return parse(self.row[column])
        except ValueError as error:
            self.faults.append(Fault(self.row.number, column, str(error)))
            return None

    def text(self, column: str, longest: int, *, needed: bool = False) -> str:
        return self.take(column, lambda cell: _text(cell, longest, needed=needed)) or ""

    def whole(self, column: str, least: int, most: int) -> int | None:
        return self.take(column, lambda cell: whole_number(cell, least, most) if cell else None)


def read_product(row: Row, present: frozenset[str]) -> tuple[ProductFacts | None, list[Fault]]:
    """Return what ``row`` says, or None and every fault in it.

    ``present`` are the columns the file has: optional ones it lacks are left as they are.
    """
    reader = _Reader(row, present)
    columns = _texts(reader) | _pack(reader) | _storage(reader) | _terms(reader) | _needle(reader)
    columns |= _availability(reader)
    facts = ProductFacts(
        row=row.number,
        sku=reader.text("sku", 80, needed=True),
        columns=columns,
        concerns=reader.take("concerns", _codes) or (),
        allergens=reader.take("allergens", _codes) or (),
        ingredients=reader.take("ingredients", _ingredients) or (),
        opening_hours=_opening_hours(reader),
        gtin=reader.take("gtin", lambda cell: rules.parse_gtin(cell) if cell else None),
        price=_price(reader),
        successor=reader.text("successor", 80) if "successor" in present else None,
    )
    return (None if reader.faults else facts), reader.faults


def _texts(reader: _Reader) -> dict[str, Any]:
    columns: dict[str, Any] = {
        "name": reader.text("name", 300, needed=True),
        "category": "_".join(reader.text("category", 60, needed=True).casefold().split()),
        "kind": reader.text("kind", 40).casefold(),
        "regulatory_class": reader.text("regulatory_class", 200),
        "source": reader.text("source", 2_000),
    }
    if "manufacturer" in reader.present:
        columns["manufacturer"] = reader.text("manufacturer", 200)
    return columns


def _pack(reader: _Reader) -> dict[str, Any]:
    unit = reader.take("unit", _unit)
    content = reader.take("content_per_container", lambda cell: _content(cell, unit))
    containers = reader.take(
        "containers_per_pack", lambda cell: whole_number(cell, 1, MAXIMUM_PACK)
    )
    if content and containers and content * containers > quantity.MAXIMUM:
        message = _("That is too large: check the number.")
        reader.faults.append(Fault(reader.row.number, "containers_per_pack", message))
    stated = reader.take("dose", _dose)
    dose = rules.dose_of(stated, unit, reader.row["kind"].casefold()) if unit else None
    return {
        "unit": unit,
        "content_per_container": content,
        "containers_per_pack": containers,
        "dose": dose,
    }


def _storage(reader: _Reader) -> dict[str, Any]:
    read = reader.take("storage", rules.parse_storage)
    if read is None:
        return {}
    return {
        "storage_text": reader.text("storage", 200),
        "storage": read.storage,
        "keep_dark": read.keep_dark,
        "keep_dry": read.keep_dry,
        "flammable": read.flammable,
        "do_not_freeze": read.do_not_freeze,
    }


def _terms(reader: _Reader) -> dict[str, Any]:
    """What the supplier promises and asks; a blank cell is no promise."""
    columns: dict[str, Any] = {
        "shelf_life_months": reader.whole("shelf_life_months", 1, MAXIMUM_MONTHS),
        "prescription_only": reader.take("prescription_only", _yes_or_no),
    }
    if "lead_time_days" in reader.present:
        columns["lead_time_days"] = reader.whole("lead_time_days", 0, MAXIMUM_DAYS)
    if "minimum_order_packs" in reader.present:
        columns["minimum_order_packs"] = reader.whole("minimum_order_packs", 1, MAXIMUM_PACK) or 1
    if "minimum_remaining_days" in reader.present:
        columns["minimum_remaining_days"] = reader.whole("minimum_remaining_days", 0, MAXIMUM_DAYS)
    if "tax_class" in reader.present:
        columns["tax_class"] = reader.take("tax_class", _tax_class)
    return columns


def _needle(reader: _Reader) -> dict[str, Any]:
    """What the file says of a needle; a blank cell says nothing."""
    columns: dict[str, Any] = {}
    if "needle_gauge" in reader.present:
        columns["needle_gauge"] = reader.take("needle_gauge", _gauge)
    if "needle_length" in reader.present:
        columns["needle_length"] = reader.take("needle_length", _millimetres)
    return columns


def _availability(reader: _Reader) -> dict[str, Any]:
    """What the file says of whether it can be had; a blank cell is: it can."""
    columns: dict[str, Any] = {}
    if "availability" in reader.present:
        columns["availability"] = reader.take("availability", _available)
        if columns["availability"] is Availability.AVAILABLE:
            columns["expected_on"] = None
    if "expected_on" in reader.present:
        day = reader.take("expected_on", lambda cell: read_day(cell) if cell else None)
        if day and columns.get("availability") in (None, Availability.AVAILABLE):
            message = _("Say short or unavailable in the column availability, or leave it empty.")
            reader.faults.append(Fault(reader.row.number, "expected_on", message))
        columns["expected_on"] = day
    return columns


def _available(cell: str) -> Availability:
    word = "_".join(cell.casefold().split()) or Availability.AVAILABLE.value
    if word not in {one.value for one in Availability}:
        raise ValueError(_("Enter available, short or unavailable."))
    return Availability(word)


def _gauge(cell: str) -> int | None:
    gauge = needles.gauge_in(cell)
    if cell and gauge is None:
        least, most = needles.GAUGES.start, needles.GAUGES.stop - 1
        message = _("Enter a gauge from %(least)d to %(most)d, such as 30.", least=least, most=most)
        raise ValueError(message)
    return gauge


def _millimetres(cell: str) -> Decimal | None:
    length = needles.length_in(cell)
    if cell and length is None:
        raise ValueError(_("Enter the length in millimetres, such as 4 or 12.7."))
    return length


def _opening_hours(reader: _Reader) -> int | None:
    hours = reader.whole("after_opening_hours", 0, MAXIMUM_HOURS)
    if hours == 0 and reader.row["dose"].casefold() == Dose.MULTI:
        message = _("A multi-dose container lasts some hours. Leave blank: to its expiry.")
        reader.faults.append(Fault(reader.row.number, "after_opening_hours", message))
    return hours or None


def _price(reader: _Reader) -> money.Money | None:
    currency = reader.take("currency", currency_of)
    cell = reader.row["price"]
    if not cell:
        return None
    if currency is None:
        if not reader.row["currency"]:
            message = _("Say which currency the price is in, such as EUR.")
            reader.faults.append(Fault(reader.row.number, "currency", message))
        return None
    return reader.take("price", lambda text: price_of(text, currency))


def price_of(cell: str, currency: str) -> money.Money:
    """Return the price in ``cell``, which may have its currency beside it; raises ValueError."""
    figure, sign = parted(cell)
    if sign and not money.is_sign_of(sign, currency):
        message = _(
            "The price is in %(sign)s, and its currency is %(currency)s. Write it in one.",
            sign=sign,
            currency=currency,
        )
        raise ValueError(message)
    minor = money.parse_minor(figure, currency)
    if minor == 0:
        raise ValueError(_("Enter a price above zero."))
    return money.Money(minor, currency)


def currency_of(cell: str) -> str | None:
    """Return the currency whose code ``cell`` is, None for a blank one; raises ValueError."""
    code = cell.upper()
    if code and not money.is_currency(code):
        raise ValueError(_("%(code)s is no currency code. Use one such as EUR.", code=cell))
    return code or None


def _text(cell: str, longest: int, *, needed: bool) -> str:
    if needed and not cell:
        raise ValueError(_("This cell is empty."))
    if len(cell) > longest:
        raise ValueError(_("Use at most %(count)d characters.", count=longest))
    return cell


def _unit(cell: str) -> Unit:
    try:
        return Unit(cell.casefold())
    except ValueError as error:
        raise ValueError(_("Use one of: %(words)s.", words=", ".join(Unit))) from error


def _content(cell: str, unit: Unit | None) -> Decimal:
    return quantity.parse(cell, unit or Unit.ML)


def _dose(cell: str) -> Dose | None:
    if not cell:
        return None
    try:
        return Dose(cell.casefold())
    except ValueError as error:
        raise ValueError(_("Use single, multi or none, or leave it blank.")) from error


def _tax_class(cell: str) -> TaxClass:
    """Read what a product is to tax law; a blank cell is nothing special."""
    word = cell.casefold() or TaxClass.STANDARD.value
    if word not in {one.value for one in TaxClass}:
        raise ValueError(_("Enter standard, medicine, device or exempt."))
    return TaxClass(word)


def _yes_or_no(cell: str) -> bool:
    word = cell.casefold()
    if word not in _YES | _NO:
        raise ValueError(_("Enter yes or no."))
    return word in _YES


def _codes(cell: str) -> tuple[str, ...]:
    codes = sorted(set(cell.casefold().replace(";", " ").replace(",", " ").split()))
    for code in codes:
        if not _CODE.fullmatch(code) or len(code) > 60:
            raise ValueError(_("“%(code)s” is no code: use letters, digits and _.", code=code))
    return tuple(codes)


def _ingredients(cell: str) -> tuple[rules.Ingredient, ...]:
    ingredients = tuple(rules.parse_ingredients(cell))
    if any(len(part.name) > 200 or len(part.strength) > 200 for part in ingredients):
        raise ValueError(_("Use at most %(count)d characters for each ingredient.", count=200))
    return ingredients
