"""Sessions, known devices and reset links are rows; tokens have names; mails tell of an account.

Everybody signs in once more: what browsers hold from before names no row.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

KINDS = (
    "digest",
    "order",
    "order_news",
    "approval",
    "recall",
    "session_short",
    "invitation",
    "password_reset",
)


def upgrade() -> None:
    _make_tables()
    op.add_column(
        "api_token", sa.Column("name", sa.String(length=80), server_default="", nullable=False)
    )
    op.add_column("api_token", sa.Column("last_used_at", sa.DateTime(timezone=True)))
    _add_last_place()
    op.drop_column("person", "session_epoch")
    _change_mail_kinds(KINDS, (*KINDS, "account"))


def downgrade() -> None:
    op.execute(
        "DELETE FROM mail_attachment WHERE mail_id IN (SELECT id FROM mail WHERE kind = 'account')"
    )
    op.execute("DELETE FROM mail WHERE kind = 'account'")
    _change_mail_kinds((*KINDS, "account"), KINDS)
    op.add_column(
        "person", sa.Column("session_epoch", sa.Integer(), server_default="0", nullable=False)
    )
    op.drop_column("person", "last_supplier_id")
    op.drop_column("person", "last_clinic_id")
    op.drop_column("api_token", "last_used_at")
    op.drop_column("api_token", "name")
    for table in ("web_session", "password_reset", "known_device"):
        op.drop_table(table)


def _key() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _make_tables() -> None:
    op.create_table(
        "known_device",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("tries_key", sa.String(length=64), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_known_device_person_id_person"
        ),
        sa.PrimaryKeyConstraint("secret_hash", "person_id", name="pk_known_device"),
    )
    op.create_index("ix_known_device_person_id", "known_device", ["person_id"])
    op.create_table(
        "password_reset",
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_password_reset_person_id_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_password_reset"),
        sa.UniqueConstraint("token_hash", name="uq_password_reset_token_hash"),
    )
    op.create_index("ix_password_reset_person_id", "password_reset", ["person_id"])
    op.create_table(
        "web_session",
        sa.Column("person_id", _key(), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("user_agent", sa.String(length=300), nullable=False),
        sa.Column("remembered", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "ended_how",
            sa.Enum(
                "signed_out",
                "ended_elsewhere",
                "password_changed",
                "password_reset",
                "address_changed",
                name="sessionend",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("id", _key(), autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_how IS NULL)", name=op.f("ck_web_session_ended_somehow")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name="fk_web_session_person_id_person"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_web_session"),
        sa.UniqueConstraint("secret_hash", name="uq_web_session_secret_hash"),
    )
    op.create_index(
        "ix_web_session_person_id_last_seen_at", "web_session", ["person_id", "last_seen_at"]
    )


def _add_last_place() -> None:
    # SQLite adds a column with its foreign key in one statement, and a key alone not at all.
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for place in ("clinic", "supplier"):
        op.execute(
            f"ALTER TABLE person ADD COLUMN last_{place}_id {kind} "
            f"CONSTRAINT fk_person_last_{place}_id_{place} REFERENCES {place} (id)"
        )


def _change_mail_kinds(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    if op.get_bind().dialect.name == "sqlite":
        _make_mail_anew(_listed(old), _listed(new))
        return
    op.drop_constraint(op.f("ck_mail_mailkind"), "mail", type_="check")
    op.create_check_constraint(op.f("ck_mail_mailkind"), "mail", f"kind IN ({_listed(new)})")


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


def _make_mail_anew(old: str, new: str) -> None:
    """Make the table again with another CHECK; its attachments stand aside meanwhile."""
    connection = op.get_bind()
    master = sa.text("SELECT sql FROM sqlite_master WHERE type = :type AND tbl_name = 'mail'")
    table = connection.scalar(master, {"type": "table"})
    indexes = [sql for sql in connection.scalars(master, {"type": "index"}) if sql]
    if table is None or old not in table:
        raise RuntimeError("the table of mails is not as it was left")
    anew = table.replace("mail", "mail_anew", 1).replace(old, new)
    op.execute("CREATE TEMPORARY TABLE attachment_aside AS SELECT * FROM mail_attachment")
    op.execute("DELETE FROM mail_attachment")
    connection.exec_driver_sql(anew)
    op.execute("INSERT INTO mail_anew SELECT * FROM mail")
    op.execute("DROP TABLE mail")
    op.execute("ALTER TABLE mail_anew RENAME TO mail")
    for sql in indexes:
        connection.exec_driver_sql(sql)
    op.execute("INSERT INTO mail_attachment SELECT * FROM attachment_aside")
    op.execute("DROP TABLE attachment_aside")
