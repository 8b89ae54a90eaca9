"""Pages of the catalogue room."""

from __future__ import annotations

from supply.catalogue import clinic_views, product_views, supplier_views, upload_views
from supply.catalogue.attachments import views as attachment_views
from supply.catalogue.prices import file_views as price_file_views
from supply.catalogue.prices import views as price_views
from supply.catalogue.routes import blueprint

__all__ = [
    "attachment_views",
    "blueprint",
    "clinic_views",
    "price_file_views",
    "price_views",
    "product_views",
    "supplier_views",
    "upload_views",
]
