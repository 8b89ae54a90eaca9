"""Recovery codes: ten, each good once, for when no phone and no passkey is at hand."""

from __future__ import annotations

import datetime as dt
import secrets

import sqlalchemy as sa

from supply.accounts.factors.models import RecoveryCode
from supply.accounts.factors.rules import (
    RECOVERY_CODES,
    SYMBOLS,
    SYMBOLS_IN_CODE,
    recovery_code_typed,
    written,
)
from supply.accounts.homes import note_person
from supply.accounts.models import Person
from supply.accounts.tokens import secret_hash
from supply.actor import Actor
from supply.db import db, execute, table


def make_codes(person: Person, *, actor: Actor, now: dt.datetime) -> list[str]:
    """Return new recovery codes as they are written, shown this once; earlier ones end."""
    drop_codes(person.id)
    codes = [_new_code() for _turn in range(RECOVERY_CODES)]
    execute(
        sa.insert(table(RecoveryCode)),
        [
            {"person_id": person.id, "code_hash": secret_hash(code), "created_at": now}
            for code in codes
        ],
    )
    note_person(actor, "factor.codes_made", person.id, now)
    return [written(code) for code in codes]


def use_code(person_id: int, code: str, now: dt.datetime) -> bool:
    """Use up one of the person's codes; of two who try at once, one finds it."""
    used = db.session.execute(
        sa.update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hash == secret_hash(code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(RecoveryCode.id)
    ).scalar_one_or_none()
    return used is not None


def unused(person_id: int, codes: list[str]) -> list[str]:
    """Return those of ``codes`` that are the person's and not used yet, as they are written."""
    typed = [code for text in codes if (code := recovery_code_typed(text)) is not None]
    hashes = {secret_hash(code): code for code in typed}
    found = db.session.scalars(
        sa.select(RecoveryCode.code_hash)
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.code_hash.in_(hashes),
            RecoveryCode.used_at.is_(None),
        )
        .order_by(RecoveryCode.id)
    )
    return [written(hashes[kept]) for kept in found]


def drop_codes(person_id: int) -> None:
    """Forget every recovery code of the person."""
    execute(sa.delete(table(RecoveryCode)).where(RecoveryCode.person_id == person_id))


def _new_code() -> str:
    return "".join(secrets.choice(SYMBOLS) for _turn in range(SYMBOLS_IN_CODE))
