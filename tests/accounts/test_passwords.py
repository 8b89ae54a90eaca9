"""Which passwords do: long enough, not among those tried first, not one's own name."""

from __future__ import annotations

import time

import pytest
import sqlalchemy as sa
from flask import Flask

from supply.accounts import checks, passwords, services
from supply.accounts.models import Person
from supply.accounts.terms import Role
from supply.actor import SYSTEM
from supply.db import db, transaction
from supply.refusals import InvalidInput
from tests.support.people import NOW

ABOUT = ("Olga Berg", "olga.berg@northside.example", "Northside Skin Clinic", "northside")


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "at least 10"),
        ("𝐬𝐡𝐨𝐫𝐭", "at least 10"),
        ("x1" * 101, "at most 200"),
        ("password12", "tried first"),
        ("Password123!", "tried first"),
        ("0123456789", "tried first"),
        ("Qwertyuiop1", "tried first"),
        ("asdfghjkl;", "tried first"),
        ("aaaaaaaaaaaa", "tried first"),
        ("1q2w3e4r5t", "tried first"),
        ("password" * 20, "tried first"),
        ("ｐａｓｓｗｏｒｄ１２", "tried first"),
        ("Olga Berg 1", "too near"),
        ("OLGA-BERG-2026", "too near"),
        ("olga.berg@northside", "too near"),
        ("Northside Skin Clinic", "too near"),
        ("northside26", "too near"),
    ],
)
def test_what_is_guessed_first_is_refused(app: Flask, password: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why) as refusal:
        checks.password(password, ABOUT)
    assert [field for field, _message in refusal.value.errors] == ["password"]


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "correct horse battery staple",
        "five clinics in may",
        "Tr0ub4dor&3",
        "olga likes green tea",
        "мой дядя самых честных",
        "!?!?%%§§//__--",
        "x1 y2 " * 33,
    ],
)
def test_what_takes_long_to_guess_does(app: Flask, password: str) -> None:
    assert checks.password(password, ABOUT) == passwords.normalised(password)


def test_one_password_typed_on_two_keyboards_is_one(app: Flask) -> None:
    composed, in_parts = (
        "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e",
        "cafe\u0301 cre\u0300me bru\u0302le\u0301e",
    )
    assert composed != in_parts
    assert passwords.matches(in_parts, passwords.hashed(composed))


def test_length_is_counted_as_the_person_sees_it(app: Flask) -> None:
    with pytest.raises(InvalidInput, match="at least 10"):
        checks.password("e\u0301" * 9)


def test_a_riddle_does_not_keep_the_server_busy(app: Flask) -> None:
    began = time.process_time()
    with pytest.raises(InvalidInput):
        checks.password("4@8({[<361!|10$5+7%2" * 100)
    passwords.is_common("4@8({[<361!|10$5+7%2" * 10)
    assert time.process_time() - began < 30


def test_a_command_holds_to_the_same(app: Flask) -> None:
    with transaction():
        practice = services.create_practice(name="Zephyr Laser", actor=SYSTEM, now=NOW)
    given = {"email": "kim@zephyr.example", "name": "Kim", "role": Role.OWNER}
    for password in ("password12", "zephyr-laser"):
        with pytest.raises(InvalidInput), transaction():
            services.create_person(
                **given,  # type: ignore[arg-type]
                practice=practice,
                password=password,
                actor=SYSTEM,
                now=NOW,
            )
    assert db.session.scalars(sa.select(Person.email)).all() == []
