"""Whose catalogue a page keeps: a supplier's by its own people, or a practice's own supplier's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_login import login_required

from supply.accounts.access import ForbiddenError, NotFoundHereError
from supply.accounts.models import Supplier
from supply.accounts.own_suppliers import SupplierArchived, own_supplier
from supply.accounts.rules import Right
from supply.catalogue.routes import blueprint
from supply.web import access

View = Callable[..., Any]

SUPPLIER = "/s/<supplier_code>/products"
PRACTICE = "/p/<practice_code>/suppliers/<supplier_code>/products"


@dataclass(frozen=True, slots=True)
class Seller:
    """A supplier whose catalogue this person may look at, and whether they may change it."""

    supplier: Supplier
    may_edit: bool

    @property
    def own(self) -> bool:
        """Whether it is a practice's own supplier."""
        return self.supplier.practice is not None

    @property
    def trail(self) -> list[tuple[str, str]]:
        """The pages above a product's, as (label, address)."""
        here = self.url("supplier_products")
        if self.supplier.practice is None:
            return [(_("Products"), here)]
        practice = self.supplier.practice.code
        above = url_for("settings.suppliers", practice_code=practice)
        return [(_("Suppliers"), above), (self.supplier.name, here)]

    def url(self, page: str, **values: Any) -> str:
        """Return the address of one of these pages on this side."""
        code = self.supplier.code
        if self.supplier.practice is None:
            return url_for(f"catalogue.{page}", supplier_code=code, **values)
        practice = self.supplier.practice.code
        return url_for(
            f"catalogue.own_{page}", practice_code=practice, supplier_code=code, **values
        )


def page(rule: str, method: str = "GET") -> Callable[[View], View]:
    """Return what registers a view below both sides' products; signed in only.

    The view takes ``supplier_code`` and ``practice_code`` (None on the supplier's side).
    """

    def register(view: View) -> View:
        shown = login_required(view)
        for prefix, name in ((SUPPLIER, view.__name__), (PRACTICE, f"own_{view.__name__}")):
            blueprint.add_url_rule(f"{prefix}{rule}", name, shown, methods=[method])
        return view

    return register


def seller(supplier_code: str, practice_code: str | None, right: Right = Right.VIEW) -> Seller:
    """Return the seller of an address, for those who may; raises as `access.supplier`.

    A practice's own supplier is kept by whoever keeps its stock; one that is archived is only
    looked at.
    """
    if practice_code is None:
        supplier = access.supplier(supplier_code, right)
        return Seller(supplier, access.can(Right.CATALOGUE))
    practice = access.practice(practice_code, Right.STOCK)
    found = own_supplier(practice, supplier_code)
    if found is None:
        raise NotFoundHereError(supplier_code)
    if right is not Right.VIEW and found.archived_at is not None:
        raise ForbiddenError(str(SupplierArchived(found.name)))
    return Seller(found, may_edit=found.archived_at is None)
