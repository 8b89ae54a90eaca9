"""Since when each member is asked for a second step: a role that is asked later moves no other."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0070"
branch_labels = None
depends_on = None

PLACES = ("practice", "supplier")


def upgrade() -> None:
    since = sa.Column("second_step_since", sa.DateTime(timezone=True), nullable=True)
    op.add_column("membership", since)
    for place in PLACES:
        op.execute(
            f"UPDATE membership SET second_step_since = (SELECT {place}.second_step_since"  # noqa: S608
            f" FROM {place} WHERE {place}.id = membership.{place}_id AND ',' ||"
            f" {place}.second_step_roles || ',' LIKE '%,' || membership.role || ',%')"
            f" WHERE membership.{place}_id IS NOT NULL"
        )
        op.drop_column(place, "second_step_since")


def downgrade() -> None:
    for place in PLACES:
        since = sa.Column("second_step_since", sa.DateTime(timezone=True), nullable=True)
        op.add_column(place, since)
        op.execute(
            f"UPDATE {place} SET second_step_since = (SELECT max(membership.second_step_since)"  # noqa: S608
            f" FROM membership WHERE membership.{place}_id = {place}.id)"
        )
    op.drop_column("membership", "second_step_since")
