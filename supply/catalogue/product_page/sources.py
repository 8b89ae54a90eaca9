"""Where the facts of a product come from, in words: its supplier, its name, or our default."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

from supply import clock
from supply.catalogue import rules, wording
from supply.catalogue.finding import needles
from supply.catalogue.models import Product
from supply.catalogue.rules import INJECTABLE_HOURS
from supply.catalogue.terms import Dose
from supply.web.filters import short_date


@dataclass(frozen=True, slots=True)
class Told:
    """A fact in words, and where it comes from; "" is the supplier itself."""

    words: str
    source: str = ""


def stated(product: Product, timezone: str) -> str:
    """Return who states the facts, in which file, and on which day of ``timezone``."""
    name, at = product.supplier.name, product.stated_at
    if at is None:
        return str(_("Stated by %(supplier)s.", supplier=name))
    day = short_date(clock.local_date(at, timezone))
    if product.stated_in:
        return str(
            _(
                "Stated by %(supplier)s in %(file)s, taken on %(day)s.",
                supplier=name,
                file=product.stated_in,
                day=day,
            )
        )
    return str(_("Stated by %(supplier)s on %(day)s.", supplier=name, day=day))


def needle(product: Product) -> Told:
    """Return a needle's gauge and length, which may have been read from the product's name."""
    kept = needles.Needle(product.needle_gauge, product.needle_length)
    read = needles.read_needle(product.name, product.category, product.kind)
    return Told(wording.needle(product), str(_("read from its name")) if kept == read else "")


def once_opened(product: Product) -> list[Told]:
    """Return how long it lasts once opened, at each storage; our default where nothing is said."""
    if product.opening_rules:
        return [Told(_rule_words(rule.hours, rule.storage)) for rule in product.opening_rules]
    if product.dose is not Dose.MULTI:
        return []
    if rules.is_injectable(product.kind, product.unit):
        default = str(_("our default for multi-dose injectables"))
        return [Told(wording.lasting(INJECTABLE_HOURS), default)]
    return [Told(str(_("To its expiry date")), str(_("our default where nothing is said")))]


def _rule_words(hours: int, storage: object) -> str:
    lasting = wording.lasting(hours)
    if storage is None:
        return lasting
    kept = next(words for one, words in wording.STORAGE_WORDS.items() if one is storage)
    return str(_("%(time)s at %(storage)s", time=lasting, storage=kept))


def lead_time_source(product: Product) -> str:
    """Return where the lead time comes from: the product's own, or its supplier's usual one."""
    return "" if product.lead_time_days is not None else str(_("usual for this supplier"))
