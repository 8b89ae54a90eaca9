"""Who sells to whom, as an invoice keeps it: JSON-ready facts, and what of them lacks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from flask_babel import gettext as _

from supply import countries
from supply.accounts.models import Supplier
from supply.addresses import is_mailable
from supply.ordering.models import PurchaseOrder


@dataclass(frozen=True, slots=True)
class Party:
    """A side of an invoice, or where the goods went; "" and no lines where nothing is known."""

    name: str
    trading_name: str = ""
    address: tuple[str, ...] = ()
    country: str = ""
    vat_number: str = ""
    email: str = ""
    identifier: str = ""
    iban: str = ""


@dataclass(frozen=True, slots=True)
class Parties:
    """The seller, the buyer, and where the goods went."""

    seller: Party
    buyer: Party
    deliver_to: Party

    def as_facts(self) -> dict[str, Any]:
        """Return what an invoice keeps of them."""
        return asdict(self)

    @classmethod
    def of_facts(cls, facts: dict[str, Any]) -> Parties:
        """Return them as an invoice kept them."""
        return cls(**{side: _party(facts[side]) for side in ("seller", "buyer", "deliver_to")})


def parties_of(order: PurchaseOrder) -> Parties:
    """Return the sides of an order as they are now."""
    clinic, practice = order.clinic, order.clinic.practice
    here = countries.of_zone(clinic.timezone) or practice.country or ""
    address = _lines(clinic.address)
    by = order.placed_by
    buyer = Party(
        name=practice.name,
        address=address,
        country=practice.country or here,
        vat_number=practice.vat_number or "",
        email=by.email if by is not None and is_mailable(by.email) else "",
        identifier=practice.code,
    )
    deliver_to = Party(name=clinic.name, address=address, country=here)
    return Parties(seller_of(order.supplier), buyer, deliver_to)


def seller_of(supplier: Supplier) -> Party:
    """Return a supplier as the seller on its invoices."""
    legal = supplier.legal_name or supplier.name
    return Party(
        name=legal,
        trading_name=supplier.name if supplier.name != legal else "",
        address=_lines(supplier.address),
        country=supplier.country or "",
        vat_number=supplier.vat_number or "",
        email=supplier.email or "",
        identifier=supplier.code,
        iban=supplier.iban,
    )


def lacking(seller: Party) -> list[str]:
    """Return in words what invoices of this seller lack: law or the receiver's program asks for it.

    Nothing waits for it: goods leave and invoices are issued all the same.
    """
    return [
        str(what)
        for what, there in (
            (_("country"), seller.country),
            (_("address"), seller.address),
            (_("VAT number"), seller.vat_number),
            (_("bank account"), seller.iban),
        )
        if not there
    ]


def _lines(address: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in address.splitlines() if line.strip())


def _party(facts: dict[str, Any]) -> Party:
    return Party(**{**facts, "address": tuple(facts["address"])})
