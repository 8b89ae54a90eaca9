"""Find the newest orders of a side, and a customer's, without going through all there were."""

from __future__ import annotations

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_COLUMNS = {
    "ix_purchase_order_clinic_newest": ["clinic_id", "id"],
    "ix_purchase_order_supplier_newest": ["supplier_id", "id"],
    "ix_purchase_order_customer": ["supplier_id", "clinic_id", "placed_at"],
}


def upgrade() -> None:
    for name, columns in _COLUMNS.items():
        op.create_index(name, "purchase_order", columns)


def downgrade() -> None:
    for name in reversed(_COLUMNS):
        op.drop_index(name, table_name="purchase_order")
