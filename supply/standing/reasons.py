"""Why part of a standing order was not placed: kept as a code and facts, said to whoever reads it.

A run is read by people of several languages, and later than it was made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from supply.catalogue.models import Product
from supply.money import Money
from supply.ordering.refusals import BelowMinimum, LicenceNeeded, NoPrice, NotSold, Withdrawn
from supply.refusals import Refusal

Facts = dict[str, Any]
MAY_NOT: Facts = {"code": "may_not_order"}

_NAMED: Mapping[type[NotSold], str] = {
    Withdrawn: "withdrawn", NoPrice: "no_price", LicenceNeeded: "licence"
}  # fmt: skip


def kept(
    refusal: Refusal, supplier: str, currency: str, wanted: Sequence[tuple[Product, int]]
) -> Facts:
    """Return the facts of a refusal to place ``wanted``: products and packs of one supplier."""
    if isinstance(refusal, BelowMinimum):
        return {
            "code": "below_minimum",
            "supplier": supplier,
            "minimum_minor": refusal.minimum.minor,
            "missing_minor": refusal.missing.minor,
            "currency": refusal.minimum.currency,
        }
    if isinstance(refusal, NotSold) and type(refusal) in _NAMED:
        code = _NAMED[type(refusal)]
        return {"code": code, "names": refusal.names, "currency": currency}
    too_few = [
        {"name": product.name, "packs": product.minimum_order_packs}
        for product, packs in wanted
        if packs < product.minimum_order_packs
    ]
    if too_few:
        return {"code": "too_few_packs", "lines": too_few}
    return {"code": "other", "text": str(refusal)}


def said(left: Mapping[str, Any]) -> str:
    """Return why a supplier's part was left, in the language of the moment.

    What was written down as a sentence, before facts were, stays as it was.
    """
    if "reason" not in left:
        return str(left["why"])
    facts: Facts = left["reason"]
    return _SAID[facts["code"]](facts)


def _below_minimum(facts: Facts) -> str:
    minimum, missing = (
        Money(facts[key], facts["currency"]) for key in ("minimum_minor", "missing_minor")
    )
    return str(BelowMinimum(facts["supplier"], minimum, missing))


def _too_few(facts: Facts) -> str:
    return " ".join(
        str(
            ngettext(
                "%(name)s: the minimum order is %(num)d pack.",
                "%(name)s: the minimum order is %(num)d packs.",
                line["packs"],
                name=line["name"],
            )
        )
        for line in facts["lines"]
    )


_SAID: Mapping[str, Callable[[Facts], str]] = {
    "may_not_order": lambda _facts: str(
        _("Whose standing order it is may not order here any more.")
    ),
    "below_minimum": _below_minimum,
    "withdrawn": lambda facts: str(Withdrawn(facts["names"])),
    "no_price": lambda facts: str(NoPrice(facts["currency"], facts["names"])),
    "licence": lambda facts: str(LicenceNeeded(facts["names"])),
    "too_few_packs": _too_few,
    "other": lambda facts: str(facts["text"]),
}
