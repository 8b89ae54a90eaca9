"""The cold chain: ranges, loggers, how files are read, readings, excursions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "file_shape",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("signature", sa.String(length=64), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_file_shape_clinic_id_clinic")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_shape")),
        sa.UniqueConstraint(
            "clinic_id", "signature", name=op.f("uq_file_shape_clinic_id_signature")
        ),
    )
    op.create_table(
        "cold_limit",
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("low", sa.Integer(), nullable=True),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.Column("warm_minutes", sa.Integer(), nullable=False),
        sa.Column("warm_total", sa.Integer(), nullable=False),
        sa.Column("cold_minutes", sa.Integer(), nullable=False),
        sa.Column("cold_total", sa.Integer(), nullable=False),
        sa.Column("may_freeze", sa.Boolean(), nullable=False),
        sa.CheckConstraint("low < high", name=op.f("ck_cold_limit_range")),
        sa.CheckConstraint("low IS NOT NULL OR high IS NOT NULL", name=op.f("ck_cold_limit_bound")),
        sa.CheckConstraint(
            "warm_minutes >= 0 AND warm_total >= 0 AND cold_minutes >= 0 AND cold_total >= 0",
            name=op.f("ck_cold_limit_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_cold_limit_location_id_location")
        ),
        sa.PrimaryKeyConstraint("location_id", name=op.f("pk_cold_limit")),
    )
    op.create_table(
        "logger",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("serial", sa.String(length=80), nullable=False),
        sa.Column("serial_key", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("calibration_valid_to", sa.Date(), nullable=True),
        sa.Column("told_for", sa.Date(), nullable=True),
        sa.Column("told_days", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_logger_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_logger_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logger")),
        sa.UniqueConstraint("clinic_id", "serial_key", name=op.f("uq_logger_clinic_id_serial_key")),
    )
    op.create_index("ix_logger_calibration", "logger", ["calibration_valid_to"], unique=False)
    op.create_index("ix_logger_location_id", "logger", ["location_id"], unique=False)

    op.create_table(
        "cold_excursion",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "side",
            sa.Enum(
                "warm", "cold", name="side", native_enum=False, create_constraint=True, length=40
            ),
            nullable=False,
        ),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("froze", sa.Boolean(), nullable=False),
        sa.Column("kinetic", sa.Integer(), nullable=True),
        sa.Column("of_days", sa.Boolean(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.String(length=200), nullable=True),
        sa.Column("answered_on", sa.Date(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "closed_by_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_cold_excursion_answer")
        ),
        sa.CheckConstraint("ended_at >= began_at", name=op.f("ck_cold_excursion_times")),
        sa.CheckConstraint("low <= high", name=op.f("ck_cold_excursion_range")),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_cold_excursion_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["person.id"], name=op.f("fk_cold_excursion_closed_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_cold_excursion_location_id_location")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cold_excursion")),
    )
    op.create_index(
        "ix_cold_excursion_location", "cold_excursion", ["location_id", "began_at"], unique=False
    )
    op.create_index(
        "ix_cold_excursion_open",
        "cold_excursion",
        ["clinic_id"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NULL AND withdrawn_at IS NULL"),
        sqlite_where=sa.text("closed_at IS NULL AND withdrawn_at IS NULL"),
    )

    op.create_table(
        "reading_import",
        sa.Column(
            "clinic_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("logger_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "source",
            sa.Enum(
                "file",
                "program",
                "person",
                name="source",
                native_enum=False,
                create_constraint=True,
                length=40,
            ),
            nullable=False,
        ),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("repeated", sa.Integer(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.CheckConstraint(
            "accepted >= 0 AND repeated >= 0", name=op.f("ck_reading_import_counts")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_reading_import_clinic_id_clinic")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_reading_import_location_id_location")
        ),
        sa.ForeignKeyConstraint(
            ["logger_id"], ["logger.id"], name=op.f("fk_reading_import_logger_id_logger")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_reading_import_person_id_person")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_import")),
    )
    op.create_index("ix_reading_import_clinic_id", "reading_import", ["clinic_id"], unique=False)
    op.create_index(
        "ix_reading_import_location", "reading_import", ["location_id", "id"], unique=False
    )
    op.create_index("ix_reading_import_logger_id", "reading_import", ["logger_id"], unique=False)

    op.create_table(
        "day_reading",
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("warm_above", sa.Integer(), nullable=True),
        sa.Column("warm_minutes", sa.Integer(), nullable=True),
        sa.Column("cold_below", sa.Integer(), nullable=True),
        sa.Column("cold_minutes", sa.Integer(), nullable=True),
        sa.Column(
            "import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.CheckConstraint("low <= high", name=op.f("ck_day_reading_range")),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["reading_import.id"],
            name=op.f("fk_day_reading_import_id_reading_import"),
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_day_reading_location_id_location")
        ),
        sa.PrimaryKeyConstraint("location_id", "day", name=op.f("pk_day_reading")),
    )
    op.create_index("ix_day_reading_import_id", "day_reading", ["import_id"], unique=False)

    op.create_table(
        "excursion_document",
        sa.Column(
            "excursion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["excursion_id"],
            ["cold_excursion.id"],
            name=op.f("fk_excursion_document_excursion_id_cold_excursion"),
        ),
        sa.PrimaryKeyConstraint("excursion_id", name=op.f("pk_excursion_document")),
    )
    op.create_table(
        "reading",
        sa.Column(
            "location_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("celsius", sa.Integer(), nullable=False),
        sa.Column(
            "import_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["reading_import.id"], name=op.f("fk_reading_import_id_reading_import")
        ),
        sa.ForeignKeyConstraint(
            ["location_id"], ["location.id"], name=op.f("fk_reading_location_id_location")
        ),
        sa.PrimaryKeyConstraint("location_id", "at", name=op.f("pk_reading")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_reading_import_id", "reading", ["import_id"], unique=False)
    op.create_index(
        "ix_hold_source",
        "hold",
        ["source_id", "source"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
        sqlite_where=sa.text("source_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_hold_source",
        table_name="hold",
        postgresql_where=sa.text("source_id IS NOT NULL"),
        sqlite_where=sa.text("source_id IS NOT NULL"),
    )
    op.drop_table("reading")
    op.drop_table("excursion_document")
    op.drop_table("day_reading")
    op.drop_table("reading_import")
    op.drop_table("cold_excursion")
    op.drop_table("logger")
    op.drop_table("cold_limit")
    op.drop_table("file_shape")
