"""the first schema"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "audit_row",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("address", sa.String(length=64), nullable=True),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("subject_type", sa.String(length=40), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_row")),
    )
    with op.batch_alter_table("audit_row", schema=None) as batch_op:
        batch_op.create_index("ix_audit_row_at_clinic", ["at", "clinic_id"], unique=False)
        batch_op.create_index("ix_audit_row_subject", ["subject_type", "subject_id"], unique=False)

    op.create_table(
        "idempotency_record",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("person_id", "key", name=op.f("pk_idempotency_record")),
    )
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_idempotency_record_at"), ["at"], unique=False)

    op.create_table(
        "installation",
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_installation")),
    )
    op.create_table(
        "job_run",
        sa.Column("job", sa.String(length=60), nullable=False),
        sa.Column("period", sa.String(length=60), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("worker", sa.String(length=100), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job_run")),
        sa.UniqueConstraint("job", "period", name=op.f("uq_job_run_job_period")),
    )
    op.create_table(
        "mail",
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "digest",
                "order",
                "order_news",
                "approval",
                "recall",
                "session_short",
                "invitation",
                "password_reset",
                name="mailkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("to_address", sa.String(length=254), nullable=False),
        sa.Column("to_name", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_mail_attempts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_practice_id"), ["practice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_mail_supplier_id"), ["supplier_id"], unique=False)
        batch_op.create_index(
            "ix_mail_waiting",
            ["due_at"],
            unique=False,
            postgresql_where=sa.text("sent_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL"),
        )

    op.create_table(
        "person",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=True),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("session_epoch", sa.Integer(), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_table(
        "practice",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("licence_number", sa.String(length=100), nullable=True),
        sa.Column("licence_valid_to", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practice")),
        sa.UniqueConstraint("code", name=op.f("uq_practice_code")),
    )
    op.create_table(
        "supplier",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=False),
        sa.Column("uses_supply", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_supplier_lead_time_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supplier")),
        sa.UniqueConstraint("code", name=op.f("uq_supplier_code")),
    )
    op.create_table(
        "throttle",
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("window_start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "window_start", name=op.f("pk_throttle")),
    )
    op.create_table(
        "api_token",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_api_token_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_api_token_person_id"), ["person_id"], unique=False)

    op.create_table(
        "clinic",
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("timezone", sa.String(length=60), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("locale", sa.String(length=20), nullable=False),
        sa.Column("opening_days", sa.Integer(), nullable=False),
        sa.Column("digest_hour", sa.Integer(), nullable=False),
        sa.Column("expiring_days", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("digest_hour BETWEEN 0 AND 23", name=op.f("ck_clinic_digest_hour")),
        sa.CheckConstraint("opening_days BETWEEN 1 AND 127", name=op.f("ck_clinic_opening_days")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_clinic_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clinic")),
        sa.UniqueConstraint("code", name=op.f("uq_clinic_code")),
    )
    with op.batch_alter_table("clinic", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clinic_practice_id"), ["practice_id"], unique=False)

    op.create_table(
        "formulation",
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("concern", sa.String(length=60), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_formulation_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_formulation")),
        sa.UniqueConstraint("practice_id", "code", name=op.f("uq_formulation_practice_id_code")),
    )
    op.create_table(
        "invitation",
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "stock_manager",
                "practitioner",
                "viewer",
                "supplier_admin",
                "fulfiller",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("order_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("certificate_valid_to", sa.Date(), nullable=True),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column(
            "invited_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(practice_id IS NULL) <> (supplier_id IS NULL)", name=op.f("ck_invitation_one_side")
        ),
        sa.ForeignKeyConstraint(
            ["invited_by_id"], ["person.id"], name=op.f("fk_invitation_invited_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_invitation_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_invitation_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_invitation_token_hash")),
    )
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_invitation_practice_id"), ["practice_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_invitation_supplier_id"), ["supplier_id"], unique=False
        )

    op.create_table(
        "item",
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "ml",
                "g",
                "mg",
                "each",
                name="unit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("container", sa.String(length=40), nullable=False),
        sa.Column("content_per_container", sa.BigInteger(), nullable=False),
        sa.Column(
            "dose",
            sa.Enum(
                "single",
                "multi",
                "none",
                name="dose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("injectable", sa.Boolean(), nullable=False),
        sa.Column(
            "storage",
            sa.Enum(
                "cold",
                "ambient",
                "either",
                "frozen",
                name="storage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("content_per_container > 0", name=op.f("ck_item_content_per_container")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_item_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("practice_id", "code", name=op.f("uq_item_practice_id_code")),
    )
    op.create_table(
        "mail_attachment",
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mail.id"], name=op.f("fk_mail_attachment_mail_id_mail")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_attachment")),
    )
    with op.batch_alter_table("mail_attachment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_mail_attachment_mail_id"), ["mail_id"], unique=False)

    op.create_table(
        "membership",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "role",
            sa.Enum(
                "owner",
                "stock_manager",
                "practitioner",
                "viewer",
                "supplier_admin",
                "fulfiller",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("order_limit_minor", sa.BigInteger(), nullable=True),
        sa.Column("certificate_valid_to", sa.Date(), nullable=True),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(practice_id IS NOT NULL AND supplier_id IS NULL AND role IN ('owner','stock_manager','practitioner','viewer')) OR (practice_id IS NULL AND supplier_id IS NOT NULL AND role IN ('supplier_admin','fulfiller'))",
            name=op.f("ck_membership_one_side"),
        ),
        sa.CheckConstraint("order_limit_minor >= 0", name=op.f("ck_membership_order_limit")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_membership_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_membership_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_membership_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "person_id", "practice_id", name=op.f("uq_membership_person_id_practice_id")
        ),
        sa.UniqueConstraint(
            "person_id", "supplier_id", name=op.f("uq_membership_person_id_supplier_id")
        ),
    )
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_membership_practice_id"), ["practice_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_membership_supplier_id"), ["supplier_id"], unique=False
        )

    op.create_table(
        "product",
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("manufacturer", sa.String(length=200), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column(
            "unit",
            sa.Enum(
                "ml",
                "g",
                "mg",
                "each",
                name="unit",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("containers_per_pack", sa.Integer(), nullable=False),
        sa.Column("content_per_container", sa.BigInteger(), nullable=False),
        sa.Column(
            "dose",
            sa.Enum(
                "single",
                "multi",
                "none",
                name="dose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "storage",
            sa.Enum(
                "cold",
                "ambient",
                "either",
                "frozen",
                name="storage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("storage_text", sa.String(length=200), nullable=False),
        sa.Column("keep_dark", sa.Boolean(), nullable=False),
        sa.Column("keep_dry", sa.Boolean(), nullable=False),
        sa.Column("flammable", sa.Boolean(), nullable=False),
        sa.Column("do_not_freeze", sa.Boolean(), nullable=False),
        sa.Column("shelf_life_months", sa.Integer(), nullable=True),
        sa.Column("prescription_only", sa.Boolean(), nullable=False),
        sa.Column("regulatory_class", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=True),
        sa.Column("minimum_order_packs", sa.Integer(), nullable=False),
        sa.Column("minimum_remaining_days", sa.Integer(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("containers_per_pack > 0", name=op.f("ck_product_containers_per_pack")),
        sa.CheckConstraint(
            "content_per_container > 0", name=op.f("ck_product_content_per_container")
        ),
        sa.CheckConstraint("lead_time_days >= 0", name=op.f("ck_product_lead_time_days")),
        sa.CheckConstraint("minimum_order_packs > 0", name=op.f("ck_product_minimum_order_packs")),
        sa.CheckConstraint(
            "minimum_remaining_days >= 0", name=op.f("ck_product_minimum_remaining_days")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_product_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("supplier_id", "sku", name=op.f("uq_product_supplier_id_sku")),
    )
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_category"), ["category"], unique=False)
        batch_op.create_index(batch_op.f("ix_product_sku"), ["sku"], unique=False)

    op.create_table(
        "clinic_item",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("tracked", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_clinic_item_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_clinic_item_item_id_item")),
        sa.PrimaryKeyConstraint("clinic_id", "item_id", name=op.f("pk_clinic_item")),
    )
    with op.batch_alter_table("clinic_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_clinic_item_item_id"), ["item_id"], unique=False)

    op.create_table(
        "digest_mark",
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_digest_mark_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["mail_id"], ["mail.id"], name=op.f("fk_digest_mark_mail_id_mail")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_digest_mark_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", "clinic_id", "day", name=op.f("pk_digest_mark")),
    )
    op.create_table(
        "entry",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "opening_balance",
                "receipt",
                "session",
                "opening",
                "waste",
                "discard",
                "correction",
                "count",
                "transfer",
                "overfill",
                "reversal",
                name="entrykind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_type", sa.String(length=40), nullable=True),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("idempotency_key", sa.String(length=200), nullable=True),
        sa.Column(
            "reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f("ck_entry_reversal")
        ),
        sa.CheckConstraint("occurred_at <= recorded_at", name=op.f("ck_entry_never_ahead")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_entry_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_entry_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["entry.id"], name=op.f("fk_entry_reverses_id_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry")),
    )
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.create_index(
            "ix_entry_clinic_occurred", ["clinic_id", "occurred_at"], unique=False
        )
        batch_op.create_index("ix_entry_source", ["source_type", "source_id"], unique=False)
        batch_op.create_index(
            "uq_entry_reverses_id",
            ["reverses_id"],
            unique=True,
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
        )

    op.create_table(
        "formulation_version",
        sa.Column(
            "formulation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("number > 0", name=op.f("ck_formulation_version_number")),
        sa.ForeignKeyConstraint(
            ["formulation_id"],
            ["formulation.id"],
            name=op.f("fk_formulation_version_formulation_id_formulation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_formulation_version")),
        sa.UniqueConstraint(
            "formulation_id", "number", name=op.f("uq_formulation_version_formulation_id_number")
        ),
    )
    op.create_table(
        "invitation_clinic",
        sa.Column(
            "invitation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_invitation_clinic_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["invitation_id"],
            ["invitation.id"],
            name=op.f("fk_invitation_clinic_invitation_id_invitation"),
        ),
        sa.PrimaryKeyConstraint("invitation_id", "clinic_id", name=op.f("pk_invitation_clinic")),
    )
    op.create_table(
        "item_opening_rule",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "storage",
            sa.Enum(
                "cold",
                "ambient",
                "either",
                "frozen",
                name="storage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_item_opening_rule_hours")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_opening_rule_item_id_item")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_opening_rule")),
        sa.UniqueConstraint(
            "item_id", "storage", name=op.f("uq_item_opening_rule_item_id_storage")
        ),
    )
    op.create_table(
        "item_product",
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("preferred", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_product_item_id_item")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_item_product_product_id_product")
        ),
        sa.PrimaryKeyConstraint("item_id", "product_id", name=op.f("pk_item_product")),
    )
    with op.batch_alter_table("item_product", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_item_product_product_id"), ["product_id"], unique=False
        )
        batch_op.create_index(
            "uq_item_product_preferred",
            ["item_id"],
            unique=True,
            postgresql_where=sa.text("preferred"),
            sqlite_where=sa.text("preferred"),
        )

    op.create_table(
        "location",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "shelf",
                "transit",
                "supplier",
                "patient",
                "waste",
                "difference",
                name="locationkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column(
            "storage",
            sa.Enum(
                "cold",
                "ambient",
                "either",
                "frozen",
                name="storage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_location_clinic_id_clinic")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location")),
        sa.UniqueConstraint("clinic_id", "name", name=op.f("uq_location_clinic_id_name")),
    )
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.create_index(
            "uq_location_outside",
            ["clinic_id", "kind"],
            unique=True,
            postgresql_where=sa.text("kind <> 'shelf'"),
            sqlite_where=sa.text("kind <> 'shelf'"),
        )

    op.create_table(
        "lot",
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("normalised", sa.String(length=80), nullable=False),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.Column("content_per_container", sa.BigInteger(), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("gtin", sa.String(length=14), nullable=True),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column("cost_currency", sa.String(length=3), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(cost_minor IS NULL) = (cost_currency IS NULL)", name=op.f("ck_lot_cost")
        ),
        sa.CheckConstraint("content_per_container > 0", name=op.f("ck_lot_content_per_container")),
        sa.CheckConstraint("cost_minor >= 0", name=op.f("ck_lot_cost_minor")),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_lot_item_id_item")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_lot_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_lot_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lot")),
        sa.UniqueConstraint("item_id", "normalised", name=op.f("uq_lot_item_id_normalised")),
    )
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lot_gtin"), ["gtin"], unique=False)
        batch_op.create_index("ix_lot_normalised", ["normalised"], unique=False)
        batch_op.create_index(batch_op.f("ix_lot_practice_id"), ["practice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lot_product_id"), ["product_id"], unique=False)

    op.create_table(
        "membership_clinic",
        sa.Column(
            "membership_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_membership_clinic_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["membership_id"],
            ["membership.id"],
            name=op.f("fk_membership_clinic_membership_id_membership"),
        ),
        sa.PrimaryKeyConstraint("membership_id", "clinic_id", name=op.f("pk_membership_clinic")),
    )
    op.create_table(
        "policy",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "method",
            sa.Enum(
                "fixed",
                "projected",
                name="method",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("reorder_point", sa.BigInteger(), nullable=True),
        sa.Column("par_level", sa.BigInteger(), nullable=True),
        sa.Column("service_level_thousandths", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "method <> 'fixed' OR (reorder_point IS NOT NULL AND par_level IS NOT NULL)",
            name=op.f("ck_policy_fixed"),
        ),
        sa.CheckConstraint(
            "method <> 'projected' OR service_level_thousandths BETWEEN 500 AND 999",
            name=op.f("ck_policy_projected"),
        ),
        sa.CheckConstraint("par_level > reorder_point", name=op.f("ck_policy_par_level")),
        sa.CheckConstraint("reorder_point >= 0", name=op.f("ck_policy_reorder_point")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_policy_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_policy_item_id_item")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
        sa.UniqueConstraint("clinic_id", "item_id", name=op.f("uq_policy_clinic_id_item_id")),
    )
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_policy_item_id"), ["item_id"], unique=False)

    op.create_table(
        "price",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("from_packs", sa.Integer(), nullable=False),
        sa.Column("pack_minor", sa.BigInteger(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("from_packs > 0", name=op.f("ck_price_from_packs")),
        sa.CheckConstraint("pack_minor >= 0", name=op.f("ck_price_pack_minor")),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_price_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_price_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_price")),
    )
    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_price_product_id"), ["product_id"], unique=False)
        batch_op.create_index(
            "uq_price_list",
            ["product_id", "currency", "valid_from", "from_packs"],
            unique=True,
            postgresql_where=sa.text("practice_id IS NULL"),
            sqlite_where=sa.text("practice_id IS NULL"),
        )
        batch_op.create_index(
            "uq_price_practice",
            ["product_id", "practice_id", "currency", "valid_from", "from_packs"],
            unique=True,
            postgresql_where=sa.text("practice_id IS NOT NULL"),
            sqlite_where=sa.text("practice_id IS NOT NULL"),
        )

    op.create_table(
        "product_allergen",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("allergen", sa.String(length=60), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_allergen_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_allergen")),
        sa.UniqueConstraint(
            "product_id", "allergen", name=op.f("uq_product_allergen_product_id_allergen")
        ),
    )
    op.create_table(
        "product_concern",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("concern", sa.String(length=60), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_concern_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_concern")),
        sa.UniqueConstraint(
            "product_id", "concern", name=op.f("uq_product_concern_product_id_concern")
        ),
    )
    with op.batch_alter_table("product_concern", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_concern_concern"), ["concern"], unique=False)

    op.create_table(
        "product_gtin",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("gtin", sa.String(length=14), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "each",
                "pack",
                "case",
                name="packlevel",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("containers", sa.Integer(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("containers > 0", name=op.f("ck_product_gtin_containers")),
        sa.CheckConstraint("length(gtin) = 14", name=op.f("ck_product_gtin_gtin")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_gtin_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_gtin")),
        sa.UniqueConstraint("product_id", "gtin", name=op.f("uq_product_gtin_product_id_gtin")),
    )
    with op.batch_alter_table("product_gtin", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_gtin_gtin"), ["gtin"], unique=False)

    op.create_table(
        "product_ingredient",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("strength", sa.String(length=200), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_ingredient_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_ingredient")),
        sa.UniqueConstraint(
            "product_id", "position", name=op.f("uq_product_ingredient_product_id_position")
        ),
    )
    with op.batch_alter_table("product_ingredient", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_product_ingredient_name"), ["name"], unique=False)

    op.create_table(
        "product_opening_rule",
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "storage",
            sa.Enum(
                "cold",
                "ambient",
                "either",
                "frozen",
                name="storage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=True,
        ),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_product_opening_rule_hours")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_product_opening_rule_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_opening_rule")),
        sa.UniqueConstraint(
            "product_id", "storage", name=op.f("uq_product_opening_rule_product_id_storage")
        ),
    )
    op.create_table(
        "proposal",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("order_by", sa.Date(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("packs > 0", name=op.f("ck_proposal_packs")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_proposal_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_proposal_item_id_item")),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_proposal_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("clinic_id", "item_id", name=op.f("uq_proposal_clinic_id_item_id")),
    )
    op.create_table(
        "protocol",
        sa.Column(
            "practice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("code", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("concern", sa.String(length=60), nullable=False),
        sa.Column(
            "formulation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("sessions_minimum", sa.Integer(), nullable=True),
        sa.Column("maintenance_days", sa.Integer(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("maintenance_days > 0", name=op.f("ck_protocol_maintenance_days")),
        sa.CheckConstraint("sessions_minimum > 0", name=op.f("ck_protocol_sessions_minimum")),
        sa.ForeignKeyConstraint(
            ["formulation_id"],
            ["formulation.id"],
            name=op.f("fk_protocol_formulation_id_formulation"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_protocol_practice_id_practice")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protocol")),
        sa.UniqueConstraint("practice_id", "code", name=op.f("uq_protocol_practice_id_code")),
    )
    with op.batch_alter_table("protocol", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_protocol_formulation_id"), ["formulation_id"], unique=False
        )

    op.create_table(
        "purchase_order",
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "supplier_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column(
            "stage",
            sa.Enum(
                "draft",
                "awaiting_approval",
                "placed",
                "acknowledged",
                "closed",
                "cancelled",
                "declined",
                name="stage",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("basket", sa.Boolean(), nullable=False),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "placed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expected_on", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "stage IN ('draft', 'awaiting_approval', 'cancelled') OR placed_at IS NOT NULL",
            name=op.f("ck_purchase_order_placed"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_purchase_order_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_purchase_order_created_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["person.id"], name=op.f("fk_purchase_order_placed_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["supplier_id"], ["supplier.id"], name=op.f("fk_purchase_order_supplier_id_supplier")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purchase_order")),
        sa.UniqueConstraint("number", name=op.f("uq_purchase_order_number")),
    )
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        batch_op.create_index(
            "ix_purchase_order_clinic_stage", ["clinic_id", "stage"], unique=False
        )
        batch_op.create_index(
            "ix_purchase_order_supplier_stage", ["supplier_id", "stage"], unique=False
        )
        batch_op.create_index(
            "uq_purchase_order_basket",
            ["clinic_id", "supplier_id"],
            unique=True,
            postgresql_where=sa.text("basket AND stage = 'draft'"),
            sqlite_where=sa.text("basket AND stage = 'draft'"),
        )

    op.create_table(
        "alert",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "kind",
            sa.Enum(
                "order_now",
                "out_of_stock",
                "session_short",
                "expiring",
                "expired",
                "open_past_time",
                "count_variance",
                "delivery_overdue",
                "cold_chain",
                "recall",
                name="alertkind",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "open",
                "acknowledged",
                "snoozed",
                "resolved",
                name="alertstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("snoozed_until", sa.Date(), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status = 'resolved') = (resolved_at IS NOT NULL)", name=op.f("ck_alert_resolved")
        ),
        sa.CheckConstraint(
            "(status = 'snoozed') = (snoozed_until IS NOT NULL)", name=op.f("ck_alert_snoozed")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_alert_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_alert_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_alert_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_alert_order_id_purchase_order")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index("ix_alert_clinic_opened", ["clinic_id", "opened_at"], unique=False)
        batch_op.create_index(
            "uq_alert_unresolved",
            ["clinic_id", "kind", "subject"],
            unique=True,
            postgresql_where=sa.text("status <> 'resolved'"),
            sqlite_where=sa.text("status <> 'resolved'"),
        )

    op.create_table(
        "allocation",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column(
            "purpose",
            sa.Enum(
                "session",
                "transfer",
                "shipment",
                name="allocationpurpose",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column(
            "purpose_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_allocation_quantity")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_allocation_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_allocation_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_allocation_lot_id_lot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allocation")),
        sa.UniqueConstraint(
            "purpose",
            "purpose_id",
            "item_id",
            "lot_id",
            name=op.f("uq_allocation_purpose_purpose_id_item_id_lot_id"),
        ),
    )
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.create_index("ix_allocation_clinic_item", ["clinic_id", "item_id"], unique=False)

    op.create_table(
        "container",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("discard_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "discard_at IS NULL OR discard_at >= opened_at", name=op.f("ck_container_clock")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_container_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_container_lot_id_lot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_container")),
    )
    with op.batch_alter_table("container", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_container_clinic_id"), ["clinic_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_container_lot_id"), ["lot_id"], unique=False)

    op.create_table(
        "course",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "protocol_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("patient_reference", sa.String(length=80), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_course_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["person.id"], name=op.f("fk_course_created_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["protocol_id"], ["protocol.id"], name=op.f("fk_course_protocol_id_protocol")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
    )
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_course_clinic_id"), ["clinic_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_course_protocol_id"), ["protocol_id"], unique=False)

    op.create_table(
        "formulation_line",
        sa.Column(
            "version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column(
            "per",
            sa.Enum(
                "session", "area", name="per", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.Column("dead_space", sa.BigInteger(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("dead_space >= 0", name=op.f("ck_formulation_line_dead_space")),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_formulation_line_quantity")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_formulation_line_item_id_item")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["formulation_version.id"],
            name=op.f("fk_formulation_line_version_id_formulation_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_formulation_line")),
        sa.UniqueConstraint(
            "version_id", "item_id", name=op.f("uq_formulation_line_version_id_item_id")
        ),
        sa.UniqueConstraint(
            "version_id", "position", name=op.f("uq_formulation_line_version_id_position")
        ),
    )
    with op.batch_alter_table("formulation_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_formulation_line_item_id"), ["item_id"], unique=False)

    op.create_table(
        "hold",
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "source",
            sa.Enum(
                "manual",
                "receipt",
                "recall",
                "cold_chain",
                "adverse_event",
                name="holdsource",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("source_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "held_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "released_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_hold_quantity")),
        sa.CheckConstraint(
            "quantity IS NULL OR location_id IS NOT NULL", name=op.f("ck_hold_place")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_hold_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["held_by_id"], ["person.id"], name=op.f("fk_hold_held_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_hold_location_id_location")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_hold_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["person.id"], name=op.f("fk_hold_released_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hold")),
    )
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.create_index(
            "ix_hold_active",
            ["lot_id"],
            unique=False,
            postgresql_where=sa.text("released_at IS NULL"),
            sqlite_where=sa.text("released_at IS NULL"),
        )

    op.create_table(
        "order_event",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_order_event_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_order_event_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
    )
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_order_event_order_id"), ["order_id"], unique=False)

    op.create_table(
        "order_line",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=300), nullable=False),
        sa.Column("containers_per_pack", sa.Integer(), nullable=False),
        sa.Column("content_per_container", sa.BigInteger(), nullable=False),
        sa.Column("pack_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_basis_points", sa.Integer(), nullable=False),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("confirmed", sa.Integer(), nullable=False),
        sa.Column("shipped", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Integer(), nullable=False),
        sa.Column("promised_on", sa.Date(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "cancelled >= 0 AND shipped + cancelled <= packs", name=op.f("ck_order_line_cancelled")
        ),
        sa.CheckConstraint(
            "confirmed >= 0 AND confirmed <= packs", name=op.f("ck_order_line_confirmed")
        ),
        sa.CheckConstraint("pack_minor >= 0", name=op.f("ck_order_line_pack_minor")),
        sa.CheckConstraint("packs > 0", name=op.f("ck_order_line_packs")),
        sa.CheckConstraint(
            "received >= 0 AND received <= shipped", name=op.f("ck_order_line_received")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_order_line_item_id_item")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_order_line_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(
            ["product_id"], ["product.id"], name=op.f("fk_order_line_product_id_product")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_line_order_id_position")),
        sa.UniqueConstraint(
            "order_id", "product_id", name=op.f("uq_order_line_order_id_product_id")
        ),
    )
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.create_index("ix_order_line_item", ["item_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_order_line_product_id"), ["product_id"], unique=False)

    op.create_table(
        "protocol_day",
        sa.Column(
            "protocol_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.CheckConstraint("day >= 0", name=op.f("ck_protocol_day_day")),
        sa.ForeignKeyConstraint(
            ["protocol_id"], ["protocol.id"], name=op.f("fk_protocol_day_protocol_id_protocol")
        ),
        sa.PrimaryKeyConstraint("protocol_id", "day", name=op.f("pk_protocol_day")),
    )
    op.create_table(
        "shipment",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("shipped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "shipped_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("carrier", sa.String(length=100), nullable=False),
        sa.Column("tracking", sa.String(length=100), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_shipment_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(
            ["shipped_by_id"], ["person.id"], name=op.f("fk_shipment_shipped_by_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment")),
        sa.UniqueConstraint("code", name=op.f("uq_shipment_code")),
    )
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shipment_order_id"), ["order_id"], unique=False)

    op.create_table(
        "alert_notice",
        sa.Column("alert_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("mail_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(
            ["alert_id"], ["alert.id"], name=op.f("fk_alert_notice_alert_id_alert")
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"], ["mail.id"], name=op.f("fk_alert_notice_mail_id_mail")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_alert_notice_person_id_person")
        ),
        sa.PrimaryKeyConstraint("alert_id", "person_id", name=op.f("pk_alert_notice")),
    )
    with op.batch_alter_table("alert_notice", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_notice_person_id"), ["person_id"], unique=False)

    op.create_table(
        "balance",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "container_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("content_per_container", sa.BigInteger(), nullable=False),
        sa.Column("first_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "container_id IS NOT NULL OR quantity % content_per_container = 0",
            name=op.f("ck_balance_sealed_is_whole"),
        ),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_balance_quantity")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_balance_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["container_id"], ["container.id"], name=op.f("fk_balance_container_id_container")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_balance_item_id_item")),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_balance_location_id_location")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_balance_lot_id_lot")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_balance")),
    )
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.create_index("ix_balance_lot", ["lot_id"], unique=False)
        batch_op.create_index(
            "ix_balance_there",
            ["clinic_id", "item_id"],
            unique=False,
            postgresql_where=sa.text("quantity > 0"),
            sqlite_where=sa.text("quantity > 0"),
        )
        batch_op.create_index(
            "uq_balance_container",
            ["location_id", "container_id"],
            unique=True,
            postgresql_where=sa.text("container_id IS NOT NULL"),
            sqlite_where=sa.text("container_id IS NOT NULL"),
        )
        batch_op.create_index(
            "uq_balance_sealed",
            ["location_id", "lot_id"],
            unique=True,
            postgresql_where=sa.text("container_id IS NULL"),
            sqlite_where=sa.text("container_id IS NULL"),
        )

    op.create_table(
        "course_allergen",
        sa.Column(
            "course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("allergen", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_allergen_course_id_course")
        ),
        sa.PrimaryKeyConstraint("course_id", "allergen", name=op.f("pk_course_allergen")),
    )
    op.create_table(
        "formulation_substitute",
        sa.Column("line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_formulation_substitute_quantity")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_formulation_substitute_item_id_item")
        ),
        sa.ForeignKeyConstraint(
            ["line_id"],
            ["formulation_line.id"],
            name=op.f("fk_formulation_substitute_line_id_formulation_line"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_formulation_substitute")),
        sa.UniqueConstraint(
            "line_id", "item_id", name=op.f("uq_formulation_substitute_line_id_item_id")
        ),
    )
    op.create_table(
        "move",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "from_location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "from_container_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "to_location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "to_container_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "from_location_id <> to_location_id OR coalesce(from_container_id, 0) <> coalesce(to_container_id, 0)",
            name=op.f("ck_move_goes_somewhere"),
        ),
        sa.CheckConstraint("quantity > 0", name=op.f("ck_move_quantity")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_move_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_move_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["from_container_id"],
            ["container.id"],
            name=op.f("fk_move_from_container_id_container"),
        ),
        sa.ForeignKeyConstraint(
            ["from_location_id"], ["location.id"], name=op.f("fk_move_from_location_id_location")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_move_item_id_item")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_move_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["to_container_id"], ["container.id"], name=op.f("fk_move_to_container_id_container")
        ),
        sa.ForeignKeyConstraint(
            ["to_location_id"], ["location.id"], name=op.f("fk_move_to_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_move")),
    )
    with op.batch_alter_table("move", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_move_entry_id"), ["entry_id"], unique=False)
        batch_op.create_index(
            "ix_move_from_container",
            ["from_container_id"],
            unique=False,
            postgresql_where=sa.text("from_container_id IS NOT NULL"),
            sqlite_where=sa.text("from_container_id IS NOT NULL"),
        )
        batch_op.create_index("ix_move_item_clinic", ["item_id", "clinic_id", "id"], unique=False)
        batch_op.create_index("ix_move_lot", ["lot_id", "id"], unique=False)

    op.create_table(
        "receipt",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "received_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("rate_millionths", sa.BigInteger(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_receipt_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_receipt_entry_id_entry")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_receipt_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(
            ["received_by_id"], ["person.id"], name=op.f("fk_receipt_received_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_receipt_shipment_id_shipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_receipt_entry_id")),
    )
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_clinic_id"), ["clinic_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_order_id"), ["order_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_receipt_shipment_id"), ["shipment_id"], unique=False)

    op.create_table(
        "shipment_line",
        sa.Column(
            "shipment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("lot_number", sa.String(length=80), nullable=False),
        sa.Column("normalised", sa.String(length=80), nullable=False),
        sa.Column("expiry", sa.Date(), nullable=True),
        sa.Column("packs", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("damaged", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "good >= 0 AND damaged >= 0 AND missing >= 0 AND good + damaged + missing <= packs",
            name=op.f("ck_shipment_line_accounted"),
        ),
        sa.CheckConstraint("packs > 0", name=op.f("ck_shipment_line_packs")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_shipment_line_order_line_id_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["shipment_id"], ["shipment.id"], name=op.f("fk_shipment_line_shipment_id_shipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shipment_line")),
    )
    with op.batch_alter_table("shipment_line", schema=None) as batch_op:
        batch_op.create_index("ix_shipment_line_normalised", ["normalised"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_shipment_line_order_line_id"), ["order_line_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_shipment_line_shipment_id"), ["shipment_id"], unique=False
        )

    op.create_table(
        "treatment_session",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("course_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column(
            "status",
            sa.Enum(
                "planned",
                "recorded",
                "cancelled",
                "undone",
                name="sessionstatus",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column(
            "formulation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "version_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("patient_reference", sa.String(length=80), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "recorded_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(status IN ('recorded', 'undone')) = (occurred_at IS NOT NULL)",
            name=op.f("ck_treatment_session_occurred"),
        ),
        sa.CheckConstraint(
            "status <> 'planned' OR planned_on IS NOT NULL",
            name=op.f("ck_treatment_session_planned"),
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_treatment_session_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_treatment_session_course_id_course")
        ),
        sa.ForeignKeyConstraint(
            ["formulation_id"],
            ["formulation.id"],
            name=op.f("fk_treatment_session_formulation_id_formulation"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["person.id"],
            name=op.f("fk_treatment_session_recorded_by_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["formulation_version.id"],
            name=op.f("fk_treatment_session_version_id_formulation_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_treatment_session")),
    )
    with op.batch_alter_table("treatment_session", schema=None) as batch_op:
        batch_op.create_index(
            "ix_treatment_session_clinic_occurred", ["clinic_id", "occurred_at"], unique=False
        )
        batch_op.create_index(
            "ix_treatment_session_clinic_planned", ["clinic_id", "planned_on"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_treatment_session_course_id"), ["course_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_treatment_session_formulation_id"), ["formulation_id"], unique=False
        )

    op.create_table(
        "receipt_line",
        sa.Column(
            "receipt_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "order_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "shipment_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("packs", sa.Integer(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column(
            "condition",
            sa.Enum(
                "good",
                "damaged",
                "missing",
                name="condition",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("cost_minor", sa.BigInteger(), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("cost_minor >= 0", name=op.f("ck_receipt_line_cost_minor")),
        sa.CheckConstraint("quantity >= 0", name=op.f("ck_receipt_line_quantity")),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_receipt_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["order_line_id"],
            ["order_line.id"],
            name=op.f("fk_receipt_line_order_line_id_order_line"),
        ),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.id"], name=op.f("fk_receipt_line_receipt_id_receipt")
        ),
        sa.ForeignKeyConstraint(
            ["shipment_line_id"],
            ["shipment_line.id"],
            name=op.f("fk_receipt_line_shipment_line_id_shipment_line"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt_line")),
    )
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_receipt_line_lot_id"), ["lot_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_receipt_line_order_line_id"), ["order_line_id"], unique=False
        )
        batch_op.create_index(
            batch_op.f("ix_receipt_line_receipt_id"), ["receipt_id"], unique=False
        )

    op.create_table(
        "session_line",
        sa.Column(
            "session_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("planned", sa.BigInteger(), nullable=False),
        sa.Column("given", sa.BigInteger(), nullable=False),
        sa.Column("lot_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint("given >= 0", name=op.f("ck_session_line_given")),
        sa.CheckConstraint("planned >= 0", name=op.f("ck_session_line_planned")),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_session_line_item_id_item")
        ),
        sa.ForeignKeyConstraint(["lot_id"], ["lot.id"], name=op.f("fk_session_line_lot_id_lot")),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["treatment_session.id"],
            name=op.f("fk_session_line_session_id_treatment_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_line")),
        sa.UniqueConstraint(
            "session_id", "item_id", name=op.f("uq_session_line_session_id_item_id")
        ),
    )
    op.create_table(
        "claim",
        sa.Column(
            "receipt_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("hold_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "wish",
            sa.Enum(
                "credit",
                "refund",
                "resend",
                name="claimwish",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["hold_id"], ["hold.id"], name=op.f("fk_claim_hold_id_hold")),
        sa.ForeignKeyConstraint(
            ["order_id"], ["purchase_order.id"], name=op.f("fk_claim_order_id_purchase_order")
        ),
        sa.ForeignKeyConstraint(
            ["receipt_line_id"],
            ["receipt_line.id"],
            name=op.f("fk_claim_receipt_line_id_receipt_line"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_claim")),
        sa.UniqueConstraint("receipt_line_id", name=op.f("uq_claim_receipt_line_id")),
    )
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_claim_order_id"), ["order_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("claim", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_claim_order_id"))

    op.drop_table("claim")
    op.drop_table("session_line")
    with op.batch_alter_table("receipt_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_line_receipt_id"))
        batch_op.drop_index(batch_op.f("ix_receipt_line_order_line_id"))
        batch_op.drop_index(batch_op.f("ix_receipt_line_lot_id"))

    op.drop_table("receipt_line")
    with op.batch_alter_table("treatment_session", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_treatment_session_formulation_id"))
        batch_op.drop_index(batch_op.f("ix_treatment_session_course_id"))
        batch_op.drop_index("ix_treatment_session_clinic_planned")
        batch_op.drop_index("ix_treatment_session_clinic_occurred")

    op.drop_table("treatment_session")
    with op.batch_alter_table("shipment_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shipment_line_shipment_id"))
        batch_op.drop_index(batch_op.f("ix_shipment_line_order_line_id"))
        batch_op.drop_index("ix_shipment_line_normalised")

    op.drop_table("shipment_line")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_receipt_shipment_id"))
        batch_op.drop_index(batch_op.f("ix_receipt_order_id"))
        batch_op.drop_index(batch_op.f("ix_receipt_clinic_id"))

    op.drop_table("receipt")
    with op.batch_alter_table("move", schema=None) as batch_op:
        batch_op.drop_index("ix_move_lot")
        batch_op.drop_index("ix_move_item_clinic")
        batch_op.drop_index(
            "ix_move_from_container",
            postgresql_where=sa.text("from_container_id IS NOT NULL"),
            sqlite_where=sa.text("from_container_id IS NOT NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_move_entry_id"))

    op.drop_table("move")
    op.drop_table("formulation_substitute")
    op.drop_table("course_allergen")
    with op.batch_alter_table("balance", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_balance_sealed",
            postgresql_where=sa.text("container_id IS NULL"),
            sqlite_where=sa.text("container_id IS NULL"),
        )
        batch_op.drop_index(
            "uq_balance_container",
            postgresql_where=sa.text("container_id IS NOT NULL"),
            sqlite_where=sa.text("container_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_balance_there",
            postgresql_where=sa.text("quantity > 0"),
            sqlite_where=sa.text("quantity > 0"),
        )
        batch_op.drop_index("ix_balance_lot")

    op.drop_table("balance")
    with op.batch_alter_table("alert_notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_notice_person_id"))

    op.drop_table("alert_notice")
    with op.batch_alter_table("shipment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shipment_order_id"))

    op.drop_table("shipment")
    op.drop_table("protocol_day")
    with op.batch_alter_table("order_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_line_product_id"))
        batch_op.drop_index("ix_order_line_item")

    op.drop_table("order_line")
    with op.batch_alter_table("order_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_order_event_order_id"))

    op.drop_table("order_event")
    with op.batch_alter_table("hold", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_hold_active",
            postgresql_where=sa.text("released_at IS NULL"),
            sqlite_where=sa.text("released_at IS NULL"),
        )

    op.drop_table("hold")
    with op.batch_alter_table("formulation_line", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_formulation_line_item_id"))

    op.drop_table("formulation_line")
    with op.batch_alter_table("course", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_course_protocol_id"))
        batch_op.drop_index(batch_op.f("ix_course_clinic_id"))

    op.drop_table("course")
    with op.batch_alter_table("container", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_container_lot_id"))
        batch_op.drop_index(batch_op.f("ix_container_clinic_id"))

    op.drop_table("container")
    with op.batch_alter_table("allocation", schema=None) as batch_op:
        batch_op.drop_index("ix_allocation_clinic_item")

    op.drop_table("allocation")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_alert_unresolved",
            postgresql_where=sa.text("status <> 'resolved'"),
            sqlite_where=sa.text("status <> 'resolved'"),
        )
        batch_op.drop_index("ix_alert_clinic_opened")

    op.drop_table("alert")
    with op.batch_alter_table("purchase_order", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_purchase_order_basket",
            postgresql_where=sa.text("basket AND stage = 'draft'"),
            sqlite_where=sa.text("basket AND stage = 'draft'"),
        )
        batch_op.drop_index("ix_purchase_order_supplier_stage")
        batch_op.drop_index("ix_purchase_order_clinic_stage")

    op.drop_table("purchase_order")
    with op.batch_alter_table("protocol", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_protocol_formulation_id"))

    op.drop_table("protocol")
    op.drop_table("proposal")
    op.drop_table("product_opening_rule")
    with op.batch_alter_table("product_ingredient", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_ingredient_name"))

    op.drop_table("product_ingredient")
    with op.batch_alter_table("product_gtin", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_gtin_gtin"))

    op.drop_table("product_gtin")
    with op.batch_alter_table("product_concern", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_concern_concern"))

    op.drop_table("product_concern")
    op.drop_table("product_allergen")
    with op.batch_alter_table("price", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_price_practice",
            postgresql_where=sa.text("practice_id IS NOT NULL"),
            sqlite_where=sa.text("practice_id IS NOT NULL"),
        )
        batch_op.drop_index(
            "uq_price_list",
            postgresql_where=sa.text("practice_id IS NULL"),
            sqlite_where=sa.text("practice_id IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_price_product_id"))

    op.drop_table("price")
    with op.batch_alter_table("policy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_item_id"))

    op.drop_table("policy")
    op.drop_table("membership_clinic")
    with op.batch_alter_table("lot", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lot_product_id"))
        batch_op.drop_index(batch_op.f("ix_lot_practice_id"))
        batch_op.drop_index("ix_lot_normalised")
        batch_op.drop_index(batch_op.f("ix_lot_gtin"))

    op.drop_table("lot")
    with op.batch_alter_table("location", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_location_outside",
            postgresql_where=sa.text("kind <> 'shelf'"),
            sqlite_where=sa.text("kind <> 'shelf'"),
        )

    op.drop_table("location")
    with op.batch_alter_table("item_product", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_item_product_preferred",
            postgresql_where=sa.text("preferred"),
            sqlite_where=sa.text("preferred"),
        )
        batch_op.drop_index(batch_op.f("ix_item_product_product_id"))

    op.drop_table("item_product")
    op.drop_table("item_opening_rule")
    op.drop_table("invitation_clinic")
    op.drop_table("formulation_version")
    with op.batch_alter_table("entry", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_entry_reverses_id",
            postgresql_where=sa.text("reverses_id IS NOT NULL"),
            sqlite_where=sa.text("reverses_id IS NOT NULL"),
        )
        batch_op.drop_index("ix_entry_source")
        batch_op.drop_index("ix_entry_clinic_occurred")

    op.drop_table("entry")
    op.drop_table("digest_mark")
    with op.batch_alter_table("clinic_item", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clinic_item_item_id"))

    op.drop_table("clinic_item")
    with op.batch_alter_table("product", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_product_sku"))
        batch_op.drop_index(batch_op.f("ix_product_category"))

    op.drop_table("product")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_membership_supplier_id"))
        batch_op.drop_index(batch_op.f("ix_membership_practice_id"))

    op.drop_table("membership")
    with op.batch_alter_table("mail_attachment", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_mail_attachment_mail_id"))

    op.drop_table("mail_attachment")
    op.drop_table("item")
    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_invitation_supplier_id"))
        batch_op.drop_index(batch_op.f("ix_invitation_practice_id"))

    op.drop_table("invitation")
    op.drop_table("formulation")
    with op.batch_alter_table("clinic", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_clinic_practice_id"))

    op.drop_table("clinic")
    with op.batch_alter_table("api_token", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_api_token_person_id"))

    op.drop_table("api_token")
    op.drop_table("throttle")
    op.drop_table("supplier")
    op.drop_table("practice")
    op.drop_table("person")
    with op.batch_alter_table("mail", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_mail_waiting",
            postgresql_where=sa.text("sent_at IS NULL"),
            sqlite_where=sa.text("sent_at IS NULL"),
        )
        batch_op.drop_index(batch_op.f("ix_mail_supplier_id"))
        batch_op.drop_index(batch_op.f("ix_mail_practice_id"))
        batch_op.drop_index(batch_op.f("ix_mail_person_id"))

    op.drop_table("mail")
    op.drop_table("job_run")
    op.drop_table("installation")
    with op.batch_alter_table("idempotency_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_idempotency_record_at"))

    op.drop_table("idempotency_record")
    with op.batch_alter_table("audit_row", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_row_subject")
        batch_op.drop_index("ix_audit_row_at_clinic")

    op.drop_table("audit_row")
