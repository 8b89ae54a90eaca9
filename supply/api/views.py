"""The HTTP API under ``/api/v1``."""

from __future__ import annotations

from flask import Flask
from marshmallow import fields

from supply.api import (
    accounts,
    audit,
    catalogue,
    changes,
    claims,
    clinics,
    counts,
    courses,
    depot,
    diary,
    entries,
    events,
    holds,
    invoices,
    losses,
    order_lists,
    order_templates,
    orders,
    readings,
    recalls,
    replenishing,
    returns,
    scans,
    sessions,
    shipping,
    stock,
    substitutes,
    supplying,
    tracing,
    transfers,
    written_orders,
)
from supply.api.base.blueprints import LIMIT, PREFIX
from supply.api.base.document import DocumentedApi, Refusals
from supply.api.base.fields import Amount, Day, Moment, QuantityText
from supply.api.reference import reference_blueprint

RESOURCES = (
    clinics,
    catalogue,
    stock,
    counts,
    losses,
    transfers,
    sessions,
    diary,
    courses,
    entries,
    events,
    holds,
    scans,
    replenishing,
    tracing,
    readings,
    recalls,
    orders,
    supplying,
    written_orders,
    depot,
    changes,
    substitutes,
    order_lists,
    order_templates,
    shipping,
    invoices,
    claims,
    accounts,
    returns,
    audit,
)

SETTINGS = {
    "API_TITLE": "Supply",
    "API_VERSION": "v1",
    "OPENAPI_VERSION": "3.0.3",
    "OPENAPI_URL_PREFIX": PREFIX,
    "OPENAPI_JSON_PATH": "openapi.json",
    "API_SPEC_OPTIONS": {
        "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
        "security": [{"bearer": []}],
    },
}


def register_api(app: Flask) -> None:
    """Register the API's blueprints with ``app``."""
    app.config.from_mapping(SETTINGS)
    app.config.setdefault("API_LIMIT", LIMIT)
    api = DocumentedApi(app, spec_kwargs={"extra_plugins": [Refusals()]})
    for field, shape in ((QuantityText, "decimal"), (Amount, "decimal")):
        api.register_field(field, "string", shape)
    api.register_field(Day, fields.Date)
    api.register_field(Moment, fields.DateTime)
    for resource in RESOURCES:
        api.register_blueprint(resource.blueprint)
    app.register_blueprint(reference_blueprint(api, PREFIX))
