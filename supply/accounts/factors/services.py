"""What follows when a person adds or removes what the second step is taken with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from flask_babel import gettext as _

from supply.accounts.credentials import WebSession
from supply.accounts.factors import recovery
from supply.accounts.factors.asking import asking
from supply.accounts.factors.models import NAME_LENGTH, AuthenticatorApp
from supply.accounts.factors.queries import Factor, apps_of, codes_left, has_any, passkeys_of
from supply.accounts.factors.terms import Proof
from supply.accounts.homes import note_person
from supply.accounts.mail import send_notice
from supply.accounts.models import Person
from supply.accounts.sessions import end_all
from supply.accounts.terms import Notice, SessionEnd
from supply.actor import Actor
from supply.db import db
from supply.refusals import InvalidInput, Refusal
from supply.text import clean

MOST = 10
"""Apps, and passkeys, that a person may have."""


class StillAsked(Refusal):
    """The last one is not removed where a place asks for it."""


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding an app or a passkey.

    ``first`` says that every session has ended, and that one must be begun anew; ``codes`` are
    the recovery codes made with it, shown this once.
    """

    first: bool
    codes: list[str]


def lock(person: Person) -> None:
    """Let one change of a person's second step happen at a time. Locks the person."""
    db.session.refresh(person, with_for_update=True)


def name_of(name: str, otherwise: str) -> str:
    """Return the name as it is kept; raises InvalidInput for one that is too long."""
    kept = " ".join(clean(name).split()) or otherwise[:NAME_LENGTH]
    if len(kept) > NAME_LENGTH:
        message = _("Shorten the name to %(most)s characters.", most=NAME_LENGTH)
        raise InvalidInput(("name", message))
    return kept


def add(person: Person, factor: Factor, *, actor: Actor, now: dt.datetime) -> Added:
    """Give the person an app or a passkey whose proof was right; they hear of it by mail.

    With the first one every session ends: those were begun with a password alone. The caller
    has locked the person. Raises Refusal where there are too many.
    """
    first = not has_any(person.id)
    if len(_of_kind(person.id, factor)) >= MOST:
        raise Refusal(_("Remove one that you do not use any more first."))
    db.session.add(factor)
    db.session.flush()
    after = {"kind": kind_of(factor).value, "name": factor.name}
    note_person(actor, "factor.added", person.id, now, after=after)
    send_notice(person, Notice.FACTOR_ADDED, now, address=actor.address, what=factor.name)
    if first:
        end_all(person.id, SessionEnd.SECOND_STEP_CHANGED, actor=actor, now=now)
    lacking = first or not codes_left(person.id)
    return Added(first, recovery.make_codes(person, actor=actor, now=now) if lacking else [])


def remove(person: Person, factor: Factor, *, actor: Actor, now: dt.datetime) -> None:
    """Take an app or a passkey away, once. Locks the person.

    With the last one its recovery codes go, and the second step is asked no more. Raises
    StillAsked where a place asks the person for one.
    """
    lock(person)
    if not _is_there(factor):
        return
    last = len(apps_of(person.id)) + len(passkeys_of(person.id)) == 1
    places = asking(person)
    if last and places:
        raise StillAsked(
            _(
                "%(place)s asks you for a second step. Add another before you remove this one.",
                place=places[0].name,
            )
        )
    before = {"kind": kind_of(factor).value, "name": factor.name}
    db.session.delete(factor)
    db.session.flush()
    if last:
        recovery.drop_codes(person.id)
        _mark_sessions(person.id)
    note_person(actor, "factor.removed", person.id, now, before=before)
    what = str(before["name"])
    send_notice(person, Notice.FACTOR_REMOVED, now, address=actor.address, what=what)


def renew_codes(person: Person, *, actor: Actor, now: dt.datetime) -> list[str]:
    """Return new recovery codes in place of the earlier ones; told by mail. Locks the person.

    Raises Refusal for a person without a second step.
    """
    lock(person)
    if not has_any(person.id):
        raise Refusal(_("Add an app or a passkey first."))
    codes = recovery.make_codes(person, actor=actor, now=now)
    send_notice(person, Notice.RECOVERY_CODES_MADE, now, address=actor.address)
    return codes


def kind_of(factor: Factor) -> Proof:
    """Return what kind an app or a passkey is."""
    return Proof.APP if isinstance(factor, AuthenticatorApp) else Proof.PASSKEY


def rename(person: Person, factor: Factor, name: str, *, actor: Actor, now: dt.datetime) -> None:
    """Call an app or a passkey of the person by another name. Locks the person.

    Raises InvalidInput for no name, or one that is too long.
    """
    lock(person)
    kept = name_of(name, "")
    if not kept:
        raise InvalidInput(("name", _("Enter a name.")))
    before = factor.name
    if kept == before or not _is_there(factor):
        return
    factor.name = kept
    db.session.flush()
    kind = kind_of(factor).value
    note_person(
        actor,
        "factor.renamed",
        person.id,
        now,
        before={"kind": kind, "name": before},
        after={"kind": kind, "name": kept},
    )


def _is_there(factor: Factor) -> bool:
    """Return whether nobody removed it meanwhile (whoever asks has locked the person)."""
    model = type(factor)
    return db.session.scalar(sa.select(model.id).where(model.id == factor.id)) is not None


def _of_kind(person_id: int, factor: Factor) -> list[Factor]:
    own = apps_of(person_id) if isinstance(factor, AuthenticatorApp) else passkeys_of(person_id)
    return list(own)


def _mark_sessions(person_id: int) -> None:
    """Say of sessions that go on that nothing but a password stands behind them now."""
    db.session.execute(
        sa.update(WebSession)
        .where(WebSession.person_id == person_id, WebSession.ended_at.is_(None))
        .values(second_step=False)
    )
