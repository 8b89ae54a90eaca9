"""Terms for these tests."""

from supply.accounts.models import Practice, Supplier
from supply.actor import SYSTEM
from supply.conditions.rules import Carriage, Terms
from supply.conditions.services import set_terms
from supply.db import db, transaction
from tests.ordering.world import NOW, World


def ask(
    world: World,
    minimum: int | None = None,
    carriage: Carriage | None = None,
    days: int | None = None,
    *,
    of_one: bool = False,
) -> None:
    """Set the first supplier's terms in euros, of all or of the practice, committed."""
    with transaction():
        supplier = db.session.get_one(Supplier, world.supplier.id)
        practice = db.session.get_one(Practice, world.practice.id) if of_one else None
        terms = Terms(minimum, carriage, days)
        set_terms(supplier, practice, "EUR", terms, actor=SYSTEM, now=NOW)
