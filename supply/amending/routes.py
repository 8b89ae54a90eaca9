"""The blueprint of changing orders, and where its pages stand."""

from __future__ import annotations

from flask import Blueprint

blueprint = Blueprint("amending", __name__)

OF_CLINIC = "/c/<clinic_code>/orders/<int:order_id>"
OF_SUPPLIER = "/s/<supplier_code>/orders/<int:order_id>"
