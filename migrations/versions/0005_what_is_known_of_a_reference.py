"""What a patient reference is allergic to stands in the practice; reasons stay with sessions.

Every allergen a course was given becomes known of its reference. References get the form they
are compared in.
"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _make_known()
    op.create_table(
        "session_override",
        sa.Column("session_id", _KEY, nullable=False),
        sa.Column("warning", sa.String(120), nullable=False),
        sa.Column("skus", sa.JSON(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["treatment_session.id"],
            name=op.f("fk_session_override_session_id_treatment_session"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_override")),
        sa.UniqueConstraint(
            "session_id", "warning", name=op.f("uq_session_override_session_id_warning")
        ),
    )
    op.add_column(
        "treatment_session",
        sa.Column("reference_key", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index(
        "ix_treatment_session_reference", "treatment_session", ["reference_key", "clinic_id"]
    )
    _fill(op.get_bind())
    op.drop_table("course_allergen")


def downgrade() -> None:
    op.create_table(
        "course_allergen",
        sa.Column("course_id", _KEY, nullable=False),
        sa.Column("allergen", sa.String(60), nullable=False),
        sa.ForeignKeyConstraint(
            ["course_id"], ["course.id"], name=op.f("fk_course_allergen_course_id_course")
        ),
        sa.PrimaryKeyConstraint("course_id", "allergen", name=op.f("pk_course_allergen")),
    )
    op.drop_index("ix_treatment_session_reference", table_name="treatment_session")
    op.drop_column("treatment_session", "reference_key")
    op.drop_table("session_override")
    op.drop_table("known_allergen")


def _make_known() -> None:
    op.create_table(
        "known_allergen",
        sa.Column("practice_id", _KEY, nullable=False),
        sa.Column("reference_key", sa.Text(), nullable=False),
        sa.Column("patient_reference", sa.String(80), nullable=False),
        sa.Column("allergen", sa.String(60), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noted_by_id", _KEY, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_by_id", _KEY, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("id", _KEY, autoincrement=True, nullable=False),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_reason IS NULL)",
            name=op.f("ck_known_allergen_withdrawn"),
        ),
        sa.ForeignKeyConstraint(
            ["practice_id"], ["practice.id"], name=op.f("fk_known_allergen_practice_id_practice")
        ),
        sa.ForeignKeyConstraint(
            ["noted_by_id"], ["person.id"], name=op.f("fk_known_allergen_noted_by_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["withdrawn_by_id"],
            ["person.id"],
            name=op.f("fk_known_allergen_withdrawn_by_id_person"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_allergen")),
    )
    op.create_index(
        "uq_known_allergen_standing",
        "known_allergen",
        ["practice_id", "reference_key", "allergen"],
        unique=True,
        postgresql_where=sa.text("withdrawn_at IS NULL"),
        sqlite_where=sa.text("withdrawn_at IS NULL"),
    )


def _fill(bind: sa.Connection) -> None:
    written = bind.execute(
        sa.text("SELECT DISTINCT patient_reference FROM treatment_session")
    ).scalars()
    keys = [{"written": reference, "folded": _folded(reference)} for reference in written]
    if keys:
        bind.execute(
            sa.text(
                "UPDATE treatment_session SET reference_key = :folded "
                "WHERE patient_reference = :written"
            ),
            keys,
        )
    rows = bind.execute(
        sa.text(
            "SELECT clinic.practice_id, course.patient_reference, course.created_at, "
            "course.created_by_id, course_allergen.allergen FROM course_allergen "
            "JOIN course ON course.id = course_allergen.course_id "
            "JOIN clinic ON clinic.id = course.clinic_id ORDER BY course.id"
        )
    )
    known = {}
    for row in rows:
        key = (
            row.practice_id,
            _folded(row.patient_reference),
            row.allergen.strip().lower().replace(" ", "_"),
        )
        known.setdefault(
            key,
            {
                "practice": key[0],
                "folded": key[1],
                "allergen": key[2],
                "written": row.patient_reference,
                "at": row.created_at,
                "person": row.created_by_id,
            },
        )
    if known:
        bind.execute(
            sa.text(
                "INSERT INTO known_allergen (practice_id, reference_key, patient_reference, "
                "allergen, noted_at, noted_by_id) "
                "VALUES (:practice, :folded, :written, :allergen, :at, :person)"
            ),
            list(known.values()),
        )


def _folded(reference: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", reference).casefold())
    return "".join(
        character
        for character in folded
        if not character.isspace() and unicodedata.category(character) not in ("Cf", "Cc")
    )
