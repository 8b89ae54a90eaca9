"""The second step at sign-in: a code of an app, a recovery code, or a passkey.

How many wrong codes there may be, and why a known device has tries of its own: docs/adr/0051.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from flask_babel import gettext as _

from supply.accounts import devices, throttle
from supply.accounts.factors import apps, passkeys, recovery, rules
from supply.accounts.factors.queries import codes_left
from supply.accounts.factors.terms import Proof
from supply.accounts.homes import note_person
from supply.accounts.mail import send_notice
from supply.accounts.models import Person
from supply.accounts.sessions import Origin
from supply.accounts.sign_in import Half, Opened, TooManyTries, open_for, person_half_in
from supply.accounts.terms import Notice
from supply.accounts.throttle import DAY, QUARTER, Limit
from supply.actor import Actor
from supply.db import db, transaction
from supply.refusals import InvalidInput, Refusal

PER_PERSON = 10
"""Wrong codes in a quarter of an hour; a device known to the person has as many of its own."""
PER_PERSON_A_DAY = 40


_TYPED = (Proof.APP, Proof.RECOVERY_CODE)
"""What is typed, and can be guessed at."""


class TooLate(Refusal):
    """The password was given too long ago, or is another one by now."""


@dataclass(frozen=True, slots=True)
class Browser:
    """Where the step is taken: the request's origin, and the secret of the device if it has one."""

    origin: Origin
    device: str | None


def come_in_by_code(half: Half, text: str, browser: Browser, now: dt.datetime) -> Opened:
    """Let the person in whose app shows this code now, or who has this recovery code left.

    Opens its own transactions, so that a try counts though it is wrong. Raises TooLate,
    TooManyTries, or InvalidInput for a code that is none, wrong, or used already.
    """
    digits, spare = rules.code_typed(text), rules.recovery_code_typed(text)
    if digits is None and spare is None:
        message = _("Enter the six digits that your app shows, or a recovery code.")
        raise InvalidInput(("code", message))
    limits = _limits(half, Proof.APP if digits else Proof.RECOVERY_CODE, browser, now)
    with transaction():
        within = throttle.claim(limits, now)
    if not within:
        _warn(half, browser, now)
        raise TooManyTries(
            _("Too many wrong codes. Try again in a quarter of an hour, or use another way.")
        )
    with transaction():
        person = _person(half)
        refusal = _refusal(person, digits, spare, now)
        if refusal is None:
            throttle.release(limits, now)
            return _opened(person, half, Proof.APP if digits else Proof.RECOVERY_CODE, browser, now)
        _note_refused(person.id, browser, now)
    raise refusal


def come_in_by_passkey(
    half: Half | None, answer: str, challenge: str, browser: Browser, now: dt.datetime,
    *, remembered: bool = False,
) -> Opened:  # fmt: skip
    """Let the person in whose passkey answered; without a first step, it alone says who.

    Opens its own transactions. Raises TooLate or PasskeyRefused.
    """
    person_id = half.person_id if half is not None else None
    try:
        found = passkeys.answer_behind(answer, challenge, person_id=person_id)
    except passkeys.PasskeyRefused:
        with transaction():
            _note_refused(person_id, browser, now)
        raise
    with transaction():
        if half is not None:
            person = _person(half)
        else:
            person = db.session.get_one(Person, found.person_id)
            half = Half(person.id, "", remembered)
        if not person.is_active:
            raise passkeys.PasskeyRefused(_("This account is closed."))
        actor = Actor(person.id, browser.origin.address)
        passkeys.take(found, challenge, actor=actor, now=now)
        return _opened(person, half, Proof.PASSKEY, browser, now)


def forget_tries(person_id: int, now: dt.datetime) -> None:
    """Let who chose a new password by mail try codes anew, once a day.

    Whoever knew the password before has used the tries up; more often, and whoever reads the
    person's mail would have codes without end to guess.
    """
    once = Limit("second step forgotten", str(person_id), 1, DAY)
    if throttle.claim([once], now):
        subject = _of_strangers(person_id)
        throttle.forget(limit for proof in _TYPED for limit in _counted(proof, subject))


def _person(half: Half) -> Person:
    person = person_half_in(half)
    if person is None:
        raise TooLate(_("Sign in again: your password was given too long ago."))
    return person


def _refusal(
    person: Person, digits: str | None, spare: str | None, now: dt.datetime
) -> Refusal | None:
    """Take the code; return why it is not taken, if it is not."""
    try:
        if digits is not None:
            right = apps.take_code(person.id, digits, now)
        else:
            right = spare is not None and recovery.use_code(person.id, spare, now)
    except apps.UsedAlready as used:
        return used
    if right:
        return None
    if digits is None:
        return InvalidInput(("code", _("This recovery code is wrong, or was used already.")))
    return InvalidInput(
        (
            "code",
            _("This code is wrong. If the next one is too, let the phone set its clock by itself."),
        )
    )


def _opened(person: Person, half: Half, proof: Proof, browser: Browser, now: dt.datetime) -> Opened:
    actor = Actor(person.id, browser.origin.address)
    if proof is Proof.RECOVERY_CODE:
        left = codes_left(person.id)
        note_person(actor, "factor.code_used", person.id, now, after={"left": left})
        send_notice(person, Notice.RECOVERY_CODE_USED, now, address=actor.address, what=str(left))
    return open_for(
        person, browser.origin, browser.device, now, remembered=half.remembered, proof=proof.value
    )


def _limits(half: Half, proof: Proof, browser: Browser, now: dt.datetime) -> list[Limit]:
    """Return what a try counts for: whoever only knows the password uses up no known device's."""
    known = devices.tries_key(half.person_id, browser.device, now)
    return _counted(proof, known or _of_strangers(half.person_id))


def _of_strangers(person_id: int) -> str:
    return f"person {person_id}"


def _counted(proof: Proof, subject: str) -> list[Limit]:
    return [
        Limit(f"second step {proof}", subject, PER_PERSON, QUARTER),
        Limit(f"second step {proof}", subject, PER_PERSON_A_DAY, DAY),
    ]


def _warn(half: Half, browser: Browser, now: dt.datetime) -> None:
    """Tell the person, once a day, that somebody has their password and tries codes."""
    with transaction():
        person = person_half_in(half)
        told = Limit("second step told", str(half.person_id), 1, DAY)
        if person is not None and throttle.claim([told], now):
            address = browser.origin.address
            send_notice(person, Notice.CODES_REFUSED, now, address=address)


def _note_refused(person_id: int | None, browser: Browser, now: dt.datetime) -> None:
    if person_id is not None:
        actor = Actor(None, browser.origin.address)
        note_person(actor, "person.code_refused", person_id, now)
