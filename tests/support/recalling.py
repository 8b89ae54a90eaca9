"""A recall of the ampoule's lot TX-1, declared and spread."""

from __future__ import annotations

from supply.db import transaction
from supply.recalls.declaring import Named, Notice, declare
from supply.recalls.spreading import spread
from supply.recalls.terms import RecallClass
from tests.factories import AMPOULE, NOW, World

NOTICE = Notice(
    products=[Named(sku=AMPOULE)],
    lots=["TX-1"],
    recall_class=RecallClass.SERIOUS,
    reason="Not sterile",
    action="Return it",
)


def declared(world: World, notice: Notice = NOTICE) -> int:
    """Declare a recall, and return it."""
    with transaction():
        actor = world.actor(world.supplier_admin)
        recall_id = declare(world.supplier, notice, actor=actor, now=NOW)[0].id
    spread(recall_id, NOW)
    return recall_id
