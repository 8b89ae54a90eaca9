"""Passkeys: what a browser is asked, and whether its answer holds."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from cryptography.exceptions import UnsupportedAlgorithm
from flask import current_app
from flask_babel import gettext as _
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from supply.accounts import throttle
from supply.accounts.factors import services
from supply.accounts.factors.models import Passkey, SpentChallenge
from supply.accounts.factors.queries import passkeys_of
from supply.accounts.homes import note_person
from supply.accounts.mail import send_notice
from supply.accounts.models import Person
from supply.accounts.terms import Notice
from supply.accounts.throttle import Limit
from supply.accounts.tokens import secret_hash
from supply.actor import Actor
from supply.db import db, execute, table, upsert
from supply.refusals import Refusal

LASTS: Final = dt.timedelta(minutes=10)
"""How long a browser may take to answer."""
LONGEST_ANSWER: Final = 20_000

_BROKEN = (
    WebAuthnException, UnsupportedAlgorithm, ValueError, TypeError, KeyError, AttributeError,
    IndexError, OverflowError, RecursionError,
)  # fmt: skip
"""What reading an answer may fail with that no browser of ours sent."""


class PasskeyRefused(Refusal):
    """The answer does not hold."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser is asked, and the challenge that its answer must carry."""

    options: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that holds: which passkey, how often it says it was used, whose device agreed."""

    passkey_id: int
    person_id: int
    count: int


def address() -> str:
    """Return the address that people reach this installation by."""
    return str(current_app.config["PUBLIC_URL"])


def site() -> str | None:
    """Return the host that passkeys are made for; None where browsers make none.

    They need a name, not a number, and TLS but on the machine itself.
    """
    parts = urlsplit(address())
    host = _as_browsers_say(parts.hostname or "")
    if not host or (parts.scheme != "https" and host != "localhost"):
        return None
    try:
        ip_address(host)
    except ValueError:
        return host
    return None


def _as_browsers_say(host: str) -> str | None:
    """Return a host as browsers write it: in ASCII; None for one that is none."""
    try:
        return host if ":" in host else host.encode("idna").decode("ascii")
    except UnicodeError:
        return None


def question_to_add(person: Person) -> Question:
    """Return what a browser is asked to make a passkey of ``person``: not one it has already."""
    options = generate_registration_options(
        rp_id=_site(),
        rp_name="Supply",
        user_id=_handle(person.id),
        user_name=person.email,
        user_display_name=person.name,
        exclude_credentials=_descriptors(person.id),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
    )
    return Question(options_to_json(options), bytes_to_base64url(options.challenge))


def question_to_come_in(person_id: int | None) -> Question:
    """Return what a browser is asked: for a passkey of the person, or of anyone.

    Without a password before it, the device must make sure by itself who holds it.
    """
    alone = person_id is None
    options = generate_authentication_options(
        rp_id=_site(),
        allow_credentials=None if person_id is None else _descriptors(person_id),
        user_verification=(
            UserVerificationRequirement.REQUIRED if alone else UserVerificationRequirement.PREFERRED
        ),
    )
    return Question(options_to_json(options), bytes_to_base64url(options.challenge))


def add_passkey(
    person: Person,
    answer: str,
    challenge: str,
    *,
    name: str,
    otherwise: str,
    actor: Actor,
    now: dt.datetime,
) -> services.Added:
    """Give the person the passkey that their browser made. Locks the person.

    Raises PasskeyRefused for an answer that does not hold, or a passkey that is known already.
    """
    services.lock(person)
    kept = services.name_of(name, otherwise)
    try:
        made = verify_registration_response(
            credential=_read(answer),
            expected_challenge=_asked(challenge),
            expected_rp_id=_site(),
            expected_origin=_origin(),
        )
    except _BROKEN as error:
        raise _refused() from error
    credential_id = bytes_to_base64url(made.credential_id)
    _spend(challenge, now)
    if db.session.scalar(sa.select(Passkey.id).where(Passkey.credential_id == credential_id)):
        raise PasskeyRefused(_("This passkey is in use already."))
    passkey = Passkey(
        person_id=person.id,
        name=kept,
        site=_site(),
        credential_id=credential_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        created_at=now,
    )
    return services.add(person, passkey, actor=actor, now=now)


def answer_behind(answer: str, challenge: str, *, person_id: int | None) -> Answer:
    """Return whose passkey answered, if it is right: the person's, or anyone's who is not named.

    Nothing is written. Raises PasskeyRefused.
    """
    try:
        sent = _read(answer)
        passkey = _passkey(str(sent["id"]), person_id)
        if passkey is None:
            raise _unknown()
        found = verify_authentication_response(
            credential=sent,
            expected_challenge=_asked(challenge),
            expected_rp_id=_site(),
            expected_origin=_origin(),
            credential_public_key=passkey.public_key,
            credential_current_sign_count=0,  # one that fell is told, see `take`
            require_user_verification=person_id is None,
        )
    except _BROKEN as error:
        raise _refused() from error
    return Answer(passkey.id, passkey.person_id, found.new_sign_count)


def take(answer: Answer, challenge: str, *, actor: Actor, now: dt.datetime) -> None:
    """Write down that a passkey was used. Raises PasskeyRefused for an answer taken before.

    A count that did not rise may mean that somebody has a copy of it: the audit says so, and a
    mail to its person, once a day.
    """
    _spend(challenge, now)
    passkey = db.session.get(Passkey, answer.passkey_id, with_for_update=True)
    if passkey is None:  # it was removed since the answer was read
        raise _unknown()
    if answer.count <= passkey.sign_count and (answer.count or passkey.sign_count):
        _tell_of_copy(passkey, answer.count, actor, now)
    passkey.sign_count = max(passkey.sign_count, answer.count)
    passkey.last_used_at = now
    db.session.flush()


def _tell_of_copy(passkey: Passkey, count: int, actor: Actor, now: dt.datetime) -> None:
    note_person(
        actor,
        "factor.count_fell",
        passkey.person_id,
        now,
        before={"name": passkey.name, "count": passkey.sign_count},
        after={"count": count},
    )
    if throttle.claim([Limit("passkey copied", str(passkey.id), 1, throttle.DAY)], now):
        person = db.session.get_one(Person, passkey.person_id)
        what = passkey.name
        send_notice(person, Notice.PASSKEY_COPIED, now, address=actor.address, what=what)


def _passkey(credential_id: str, person_id: int | None) -> Passkey | None:
    query = sa.select(Passkey).where(
        Passkey.credential_id == credential_id, Passkey.site == _site()
    )
    if person_id is not None:
        query = query.where(Passkey.person_id == person_id)
    return db.session.scalar(query)


def _spend(challenge: str, now: dt.datetime) -> None:
    """Use a challenge up; those that are too old to be answered anyway are forgotten."""
    execute(sa.delete(table(SpentChallenge)).where(SpentChallenge.spent_at < now - 2 * LASTS))
    statement = upsert(table(SpentChallenge)).values(
        challenge_hash=secret_hash(challenge), spent_at=now
    )
    spent = execute(
        statement.on_conflict_do_nothing().returning(table(SpentChallenge).c.challenge_hash)
    )
    if spent.scalar_one_or_none() is None:
        raise _refused()


def _read(answer: str) -> dict[str, object]:
    """Return the answer as it was sent; raises ValueError for what is none."""
    read = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    if not isinstance(read, dict):
        raise ValueError("an answer is an object")
    return read


def _descriptors(person_id: int) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id))
        for passkey in passkeys_of(person_id)
        if passkey.site == _site()
    ]


def _handle(person_id: int) -> bytes:
    """Return what a device keeps to tell accounts apart; it says nothing of the person."""
    return f"supply-{person_id}".encode()


def _site() -> str:
    found = site()
    if found is None:
        raise PasskeyRefused(_("Passkeys do not work at the address of this installation."))
    return found


def _origin() -> str:
    """Return the origin that browsers say: without the port that the scheme has anyway."""
    parts = urlsplit(address())
    usual = {"https": 443, "http": 80}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{_site()}{port}"


def _asked(challenge: str) -> bytes:
    """Return the challenge that was asked: where none was, no answer holds, nor an empty one."""
    if not challenge:
        raise _refused()
    return base64url_to_bytes(challenge)


def _unknown() -> PasskeyRefused:
    return PasskeyRefused(_("This passkey is not known here. Use another way to sign in."))


def _refused() -> PasskeyRefused:
    return PasskeyRefused(_("The passkey was not taken. Try again."))
