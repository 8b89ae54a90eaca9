"""Reading what people have for the second step."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

import sqlalchemy as sa

from supply.accounts.factors.models import AuthenticatorApp, Passkey, RecoveryCode
from supply.db import db

Factor = AuthenticatorApp | Passkey


def has_any(person_id: int) -> bool:
    """Return whether the second step is asked of the person: they have an app or a passkey."""
    return bool(with_any([person_id]))


def with_any(person_ids: Collection[int]) -> set[int]:
    """Return those of ``person_ids`` who have an app or a passkey: one statement."""
    found = sa.union(
        *(
            sa.select(model.person_id).where(model.person_id.in_(person_ids))
            for model in (AuthenticatorApp, Passkey)
        )
    )
    return set(db.session.scalars(found))


def apps_of(person_id: int) -> Sequence[AuthenticatorApp]:
    """Return the person's apps, the oldest first."""
    return db.session.scalars(
        sa.select(AuthenticatorApp)
        .where(AuthenticatorApp.person_id == person_id)
        .order_by(AuthenticatorApp.id)
    ).all()


def passkeys_of(person_id: int) -> Sequence[Passkey]:
    """Return the person's passkeys, the oldest first."""
    return db.session.scalars(
        sa.select(Passkey).where(Passkey.person_id == person_id).order_by(Passkey.id)
    ).all()


def factor_of(person_id: int, model: type[Factor], factor_id: int) -> Factor | None:
    """Return one of the person's own apps or passkeys."""
    query = sa.select(model).where(model.id == factor_id, model.person_id == person_id)
    return cast("Factor | None", db.session.scalar(query))


def codes_left(person_id: int) -> int:
    """Return how many recovery codes the person has not used yet."""
    count = sa.select(sa.func.count(RecoveryCode.id)).where(
        RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None)
    )
    return db.session.scalar(count) or 0
