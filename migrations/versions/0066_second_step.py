"""A second step at sign-in: apps, passkeys, recovery codes, who is asked for one."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations

revision = "0066"
down_revision = "0060"
branch_labels = None
depends_on = None

ENDS = (
    "signed_out",
    "ended_elsewhere",
    "password_changed",
    "password_reset",
    "address_changed",
)
PLACES = ("practice", "supplier")
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _of_person(
        "authenticator_app",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("sealed_secret", sa.String(length=300), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
    )
    op.create_index("ix_authenticator_app_person_id", "authenticator_app", ["person_id"])
    _of_person(
        "passkey",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("site", sa.String(length=253), nullable=False),
        sa.Column("credential_id", sa.String(length=1400), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index("ix_passkey_person_id", "passkey", ["person_id"])
    _of_person(
        "recovery_code",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.UniqueConstraint(
            "person_id", "code_hash", name=op.f("uq_recovery_code_person_id_code_hash")
        ),
    )
    op.create_table(
        "spent_challenge",
        sa.Column("challenge_hash", sa.String(length=64), nullable=False),
        sa.Column("spent_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge_hash", name=op.f("pk_spent_challenge")),
    )
    op.create_index("ix_spent_challenge_spent_at", "spent_challenge", ["spent_at"])
    for place in PLACES:
        roles = sa.Column(
            "second_step_roles", sa.String(length=200), server_default="", nullable=False
        )
        op.add_column(place, roles)
        op.add_column(
            place, sa.Column("second_step_since", sa.DateTime(timezone=True), nullable=True)
        )
    with op.batch_alter_table("web_session") as sessions:
        sessions.add_column(
            sa.Column("second_step", sa.Boolean(), server_default=sa.false(), nullable=False)
        )
        _ends(sessions, (*ENDS, "second_step_changed"))


def _of_person(name: str, *parts: sa.Column[object] | sa.UniqueConstraint) -> None:
    op.create_table(
        name,
        sa.Column("person_id", KEY, nullable=False),
        *parts,
        sa.Column("id", KEY, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f(f"fk_{name}_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        sqlite_autoincrement=True,
    )


def _ends(sessions: BatchOperations, words: Sequence[str]) -> None:
    """Say how a session may have come to its end."""
    name = op.f("ck_web_session_sessionend")
    sessions.drop_constraint(name, type_="check")
    listed = ", ".join(f"'{word}'" for word in words)
    sessions.create_check_constraint(name, f"ended_how IN ({listed})")


def downgrade() -> None:
    op.execute(
        "UPDATE web_session SET ended_how = 'ended_elsewhere'"
        " WHERE ended_how = 'second_step_changed'"
    )
    with op.batch_alter_table("web_session") as sessions:
        _ends(sessions, ENDS)
        sessions.drop_column("second_step")
    for place in PLACES:
        op.drop_column(place, "second_step_since")
        op.drop_column(place, "second_step_roles")
    for name in ("spent_challenge", "recovery_code", "passkey", "authenticator_app"):
        op.drop_table(name)
