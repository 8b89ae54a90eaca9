"""Pages of the fulfilment room, joined under one blueprint."""

from __future__ import annotations

from flask import Blueprint

from supply.fulfilment import claim_views, clinic_views, supplier_views

blueprint = Blueprint("fulfilment", __name__)
supplier_views.install(blueprint)
clinic_views.install(blueprint)
claim_views.install(blueprint)
