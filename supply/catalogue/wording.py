"""The catalogue in words: categories, concerns, storage, allergens, packs."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

from flask_babel import LazyString, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from supply.catalogue.models import Product
from supply.catalogue.terms import Availability, Dose, PackLevel, Storage
from supply.quantity import Unit
from supply.web.filters import quantity, short_date

STORAGE_WORDS: dict[Storage, LazyString] = {
    Storage.COLD: _l("2 to 8 °C"),
    Storage.AMBIENT: _l("15 to 25 °C"),
    Storage.EITHER: _l("2 to 25 °C"),
    Storage.FROZEN: _l("Frozen"),
}

DOSE_WORDS: dict[Dose, LazyString] = {
    Dose.SINGLE: _l("Single-dose: one patient, the rest is waste"),
    Dose.MULTI: _l("Multi-dose"),
    Dose.NONE: _l("Used whole"),
}

LEVEL_WORDS: dict[PackLevel, LazyString] = {
    PackLevel.EACH: _l("One container"),
    PackLevel.PACK: _l("Pack"),
    PackLevel.CASE: _l("Case"),
}

AVAILABILITY_WORDS: dict[Availability, LazyString] = {
    Availability.AVAILABLE: _l("Available"),
    Availability.SHORT: _l("Short"),
    Availability.UNAVAILABLE: _l("Not available"),
}

KIND_WORDS: dict[str, LazyString] = {
    "ampoule": _l("Ampoules"),
    "vial": _l("Vials"),
    "syringe": _l("Syringes"),
    "cartridge": _l("Cartridges"),
    "bottle": _l("Bottles"),
    "tube": _l("Tubes"),
    "needle": _l("Needles"),
    "ingredient": _l("Vials of one ingredient"),
    "consumable": _l("Consumables"),
    "device": _l("Devices"),
}
"""What a product comes in."""

UNIT_WORDS: dict[Unit, LazyString] = {
    Unit.ML: _l("Millilitres (ml)"),
    Unit.G: _l("Grams (g)"),
    Unit.MG: _l("Milligrams (mg)"),
    Unit.EACH: _l("Pieces"),
}

KEEPING_WORDS: dict[str, LazyString] = {
    "keep_dark": _l("Keep dark"),
    "keep_dry": _l("Keep dry"),
    "do_not_freeze": _l("Do not freeze"),
    "flammable": _l("Flammable"),
}
"""What storing a product asks for besides its temperature, by the product's columns."""

CATEGORY_WORDS: dict[str, LazyString] = {
    "hyaluronic_acid": _l("Hyaluronic acid"),
    "revitalising_complex": _l("Revitalising complex"),
    "vitamin": _l("Vitamins"),
    "mineral": _l("Minerals"),
    "amino_acid": _l("Amino acids"),
    "enzyme": _l("Enzymes"),
    "peptide": _l("Peptides"),
    "polynucleotide": _l("Polynucleotides"),
    "plant_extract": _l("Plant extracts"),
    "hormone": _l("Hormones"),
    "fat_dissolving": _l("Fat-dissolving agents"),
    "brightening": _l("Brightening"),
    "firming": _l("Firming"),
    "hair": _l("Hair"),
    "anaesthetic": _l("Anaesthetics"),
    "diluent": _l("Diluents"),
    "needle": _l("Needles and cannulas"),
    "syringe": _l("Syringes"),
    "device": _l("Devices"),
    "ppe": _l("Gloves and masks"),
    "dressing": _l("Dressings"),
    "antiseptic": _l("Antiseptics"),
    "waste": _l("Sharps and waste"),
    "marking": _l("Marking"),
}

CONCERN_WORDS: dict[str, LazyString] = {
    "facial_rejuvenation": _l("Facial rejuvenation"),
    "hydration": _l("Hydration"),
    "laxity": _l("Laxity"),
    "hyperpigmentation": _l("Hyperpigmentation"),
    "acne_scars": _l("Acne and scars"),
    "hair_loss": _l("Hair loss"),
    "cellulite": _l("Cellulite"),
    "fat_reduction": _l("Fat and body contour"),
    "regeneration": _l("Regeneration"),
    "skin_quality": _l("Skin quality"),
}

ALLERGEN_WORDS: dict[str, LazyString] = {
    "fish": _l("Fish"),
    "soy": _l("Soy"),
    "bovine": _l("Bovine protein"),
    "ovine": _l("Ovine protein"),
    "benzyl_alcohol": _l("Benzyl alcohol"),
    "paraben": _l("Parabens"),
    "amide_anaesthetic": _l("Amide anaesthetic"),
    "bee_venom_cross_reaction": _l("Cross-reaction with bee venom"),
}


def category(code: str) -> str:
    """Return a category's name; a code we do not know is written out."""
    return str(CATEGORY_WORDS.get(code) or written_out(code))


def concern(code: str) -> str:
    """Return a treatment concern's name; a code we do not know is written out."""
    return str(CONCERN_WORDS.get(code) or written_out(code))


def allergen(code: str) -> str:
    """Return an allergen's name; a code we do not know is written out."""
    return str(ALLERGEN_WORDS.get(code) or written_out(code))


def unit_word(unit: Unit, count: Decimal | int | None = None) -> str:
    """Return the unit as it stands behind a figure; ``count`` 1 gives the singular."""
    if unit is not Unit.EACH:
        return unit.value
    return str(_("piece") if count is not None and abs(count) == 1 else _("pieces"))


def one_unit(unit: Unit) -> str:
    """Return the unit as it stands behind a price for one."""
    return str(_("piece")) if unit is Unit.EACH else unit.value


def pack(product: Product) -> str:
    """Return what is in a pack: "10 × 5 ml", or "100 pieces"."""
    content = quantity(product.content_per_container)
    unit = unit_word(product.unit)
    if product.unit is Unit.EACH and product.content_per_container == 1:
        pieces = product.containers_per_pack
        text = ngettext("%(count)s piece", "%(count)s pieces", pieces, count=quantity(pieces))
        return str(text)
    return f"{quantity(product.containers_per_pack)} × {content} {unit}"


def needle(product: Product) -> str:
    """Return a needle's gauge and length: "30G × 4 mm"; "" for what is none."""
    length = product.needle_length
    told = (gauge(product.needle_gauge) if product.needle_gauge else "", millimetres(length))
    return " × ".join(filter(None, told))


def gauge(number: int) -> str:
    """Return a gauge as packs print it: "30G"."""
    return f"{number}G"


def millimetres(length: Decimal | None) -> str:
    """Return a length: "4 mm"; "" for none."""
    return f"{quantity(length)} mm" if length else ""


def availability(product: Product, today: dt.date) -> str:
    """Return whether a product can be had, with the day it is expected if that is to come."""
    day = product.expected_on
    if day is None or day < today:
        return str(AVAILABILITY_WORDS[product.availability])
    if product.availability is Availability.SHORT:
        return str(_("Short, more expected on %(day)s", day=short_date(day)))
    return str(_("Not available, expected on %(day)s", day=short_date(day)))


def concerns(product: Product) -> str:
    """Return the concerns a product is sold for in one line."""
    return ", ".join(concern(row.concern) for row in product.concerns)


def allergens(product: Product) -> str:
    """Return the allergens a product carries in one line."""
    return ", ".join(allergen(row.allergen) for row in product.allergens)


def keeping(product: Product) -> list[str]:
    """Return what storing the product asks for besides its temperature."""
    return [str(words) for flag, words in KEEPING_WORDS.items() if getattr(product, flag)]


_SOURCE_ID = re.compile(r"\bS\d+[a-z]?\b:?")
"""How a file refers to its own list of sources."""


def source(text: str) -> str:
    """Return where facts come from without what only the file's own list would explain.

    "S40:sessions,interval; typical:ml" gives "sessions, interval; typical: ml".
    """
    plain = _SOURCE_ID.sub("", text)
    parts = (re.sub(r"([,:])(?=\S)", r"\1 ", part).strip(" ,:") for part in plain.split(";"))
    return "; ".join(part for part in parts if part)


def lasting(hours: int) -> str:
    """Return how long something lasts, in days where it is whole days: "28 days", "8 hours"."""
    if hours >= 48 and hours % 24 == 0:
        return str(ngettext("%(num)s day", "%(num)s days", hours // 24))
    return str(ngettext("%(num)s hour", "%(num)s hours", hours))


def written_out(code: str) -> str:
    """Return a code that we have no words for as a reader takes it: "Skin quality"."""
    return code.replace("_", " ").capitalize()
