"""Words of VAT: what a product is to tax law, and how its sale is taxed."""

from __future__ import annotations

import enum


class TaxClass(enum.StrEnum):
    """What a product is to tax law; each country has its rate for it."""

    STANDARD = "standard"
    MEDICINE = "medicine"
    """A medicinal product with a marketing authorisation."""
    DEVICE = "device"
    """A medical device; taxed as anything else where the country has no rate for it."""
    EXEMPT = "exempt"
    """Not taxed by law, such as blood and tissue."""


class TaxCategory(enum.StrEnum):
    """How a sale is taxed: the codes of UNTDID 5305 that EN 16931 takes."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    INTRA_EU = "K"
    EXPORT = "G"
    NOT_SUBJECT = "O"
    """No VAT at all: the seller has told no VAT number, or nobody knows its country's rates."""
