"""What is recalled leaves no supplier, whether it keeps its stock here or not."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.db import db
from supply.recalls.models import Recall, RecallLot
from supply.recalls.reaching import meant_by
from supply.shipping.stops import Leaving, stops_leaving


@stops_leaving
def recalled(leaving: Collection[Leaving]) -> Mapping[Leaving, str]:
    """Return what is recalled of what is to leave."""
    found: dict[Leaving, str] = {}
    for recall in db.session.scalars(_recalls_of({number for _product, number in leaving})):
        what = meant_by(recall)
        for product_id, number in leaving:
            if product_id in what.products and (what.all_lots or number in what.numbers):
                sentence = _("This lot is recalled (recall %(number)s).", number=recall.id)
                found[product_id, number] = sentence
    return found


def _recalls_of(numbers: Collection[str]) -> sa.Select[Recall]:
    named = sa.select(RecallLot.recall_id).where(RecallLot.normalised.in_(numbers))
    return (
        sa.select(Recall)
        .where(
            sa.or_(Recall.id.in_(named), Recall.all_lots.is_(sa.true())),
            Recall.withdrawn_at.is_(None),
            Recall.is_drill.is_(False),
        )
        .order_by(Recall.id)
    )
