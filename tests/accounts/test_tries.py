"""How often one may try to sign in: guesses are few, and a stranger's tries keep nobody out."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts import passwords, resets, throttle
from supply.accounts import sign_in as limits
from supply.accounts.credentials import Throttle
from supply.accounts.queries import person_with_email
from supply.accounts.sessions import Origin
from supply.accounts.sign_in import (
    PER_DEVICE,
    PER_PLACE,
    PER_PLACE_A_DAY,
    Attempt,
    Opened,
    TooManyTries,
    WrongSignIn,
)
from supply.accounts.sign_in import sign_in as try_sign_in
from supply.accounts.throttle import QUARTER, network_of
from supply.audit.models import AuditRow
from supply.db import db, transaction
from tests.conftest import AppFactory
from tests.support.cast import Cast
from tests.support.people import NOW, PASSWORD

HERE = "192.0.2.1"
ELSEWHERE = "192.0.2.66"
PER_EMAIL = 50
PER_NETWORK = 12
NOTED = 5


@pytest.fixture(autouse=True)
def _quickly_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the larger limits be small: what holds at fifty tries holds at a hundred.

    And let time stand: tries are counted by the quarter of an hour, which may end at any of them.
    """
    monkeypatch.setattr(clock, "now", lambda: NOW)
    monkeypatch.setattr(limits, "PER_EMAIL", PER_EMAIL)
    monkeypatch.setattr(limits, "PER_NETWORK", PER_NETWORK)
    monkeypatch.setattr(limits, "NOTED_UNKNOWN", NOTED)


def _post(client: FlaskClient, email: str, password: str, address: str = HERE) -> int:
    form = {"email": email, "password": password}
    origin = {"REMOTE_ADDR": address}
    return client.post("/sign-in", data=form, environ_overrides=origin).status_code


def _guess(email: str, address: str, now: dt.datetime = NOW, device: str | None = None) -> str:
    """Try a wrong password; return what came of it."""
    try:
        try_sign_in(Attempt(email, "wrong horse", Origin(address), device), now)
    except WrongSignIn:
        return "wrong"
    except TooManyTries:
        return "refused"
    raise AssertionError("the wrong password was right")


def _enter(email: str, address: str, now: dt.datetime = NOW, device: str | None = None) -> Opened:
    opened = try_sign_in(Attempt(email, PASSWORD, Origin(address), device), now)
    assert isinstance(opened, Opened)
    return opened


def _counted() -> int:
    return db.session.scalar(sa.select(sa.func.sum(Throttle.attempts))) or 0


def test_tries_are_counted_across_workers(make_app: AppFactory, app: Flask, cast: Cast) -> None:
    clients = [app.test_client(), make_app().test_client()]
    statuses = [
        _post(clients[turn % 2], cast.owner, "wrong horse") for turn in range(PER_PLACE + 1)
    ]
    assert statuses == [400] * PER_PLACE + [429]
    assert [_post(client, cast.owner, PASSWORD) for client in clients] == [429, 429]


def test_a_refused_try_counts_for_nothing(app: Flask, cast: Cast) -> None:
    said = [_guess(cast.owner, ELSEWHERE) for _turn in range(PER_EMAIL + 5)]
    assert said == ["wrong"] * PER_PLACE + ["refused"] * (PER_EMAIL + 5 - PER_PLACE)
    # Ten tries, each for the place and the e-mail by two windows, and for the network.
    assert _counted() == PER_PLACE * 5
    assert _enter(cast.owner, HERE).person.email == cast.owner


def test_the_count_ends_with_its_window_and_the_day_has_one_too(app: Flask, cast: Cast) -> None:
    said = [
        _guess(cast.owner, ELSEWHERE, NOW + turn * QUARTER)
        for turn in range(5)
        for _try in range(PER_PLACE)
    ]
    assert said == ["wrong"] * PER_PLACE_A_DAY + ["refused"] * (50 - PER_PLACE_A_DAY)
    assert _guess(cast.owner, ELSEWHERE, NOW + dt.timedelta(days=1)) == "wrong"


def test_many_strangers_keep_only_unknown_devices_out(app: Flask, cast: Cast) -> None:
    device = _enter(cast.owner, HERE).device_secret
    for number in range(PER_EMAIL // PER_PLACE):
        for _turn in range(PER_PLACE):
            assert _guess(cast.owner, f"198.51.100.{number}") == "wrong"
    assert _guess(cast.owner, "203.0.113.9") == "refused"
    with pytest.raises(TooManyTries):
        _enter(cast.owner, "203.0.113.9")
    opened = _enter(cast.owner, "203.0.113.9", device=device)
    assert opened.person.email == cast.owner
    assert opened.device_secret != device


def test_a_known_device_has_tries_of_its_own_and_no_more(app: Flask, cast: Cast) -> None:
    device = _enter(cast.owner, HERE).device_secret
    said = [_guess(cast.owner, ELSEWHERE, device=device) for _turn in range(PER_DEVICE + 1)]
    assert said == ["wrong"] * PER_DEVICE + ["refused"]
    assert _counted() == PER_DEVICE * 2
    assert _enter(cast.owner, ELSEWHERE).person.email == cast.owner


def test_a_colleague_on_a_shared_device_begins_no_count_anew(app: Flask, cast: Cast) -> None:
    device = _enter(cast.owner, HERE).device_secret
    said = []
    for _round in range(3):
        device = _enter(cast.colleague, HERE, device=device).device_secret
        said += [_guess(cast.owner, HERE, device=device) for _turn in range(PER_DEVICE // 2)]

    assert said.count("wrong") == PER_DEVICE
    assert said[PER_DEVICE:] == ["refused"] * (PER_DEVICE // 2)
    assert _enter(cast.owner, HERE, NOW + QUARTER, device=device).person.email == cast.owner


def test_a_device_is_known_to_those_who_signed_in_on_it(app: Flask, cast: Cast) -> None:
    first = _enter(cast.owner, HERE).device_secret
    second = _enter(cast.colleague, HERE, device=first).device_secret
    for email in (cast.owner, cast.colleague, cast.outsider):
        for _turn in range(PER_PLACE):
            _guess(email, ELSEWHERE)
    assert _enter(cast.owner, ELSEWHERE, device=second).person.email == cast.owner
    with pytest.raises(TooManyTries):
        _enter(cast.outsider, ELSEWHERE, device=second)
    # Whoever copied the cookie before holds nothing now.
    assert _guess(cast.colleague, ELSEWHERE, device=first) == "refused"


def test_unknown_addresses_use_up_nothing_of_colleagues(app: Flask, cast: Cast) -> None:
    for number in range(PER_NETWORK + 8):
        assert _guess(f"nobody{number}@clinic.example", HERE) == "wrong"
    assert _enter(cast.owner, HERE).person.email == cast.owner
    noted = sa.select(sa.func.count()).where(AuditRow.action == "person.sign_in_failed")
    assert db.session.scalar(noted) == NOTED


def test_an_unknown_address_is_refused_as_a_known_one(client: FlaskClient, cast: Cast) -> None:
    for email in (cast.owner, "nobody@clinic.example"):
        statuses = [_post(client, email, "wrong horse") for _turn in range(PER_PLACE + 1)]
        assert statuses == [400] * PER_PLACE + [429]


def test_trying_everybody_from_one_network_is_stopped_for_those_new_there(
    app: Flask, cast: Cast
) -> None:
    _enter(cast.admin, HERE)
    said = [
        _guess(email, HERE) for email in (cast.owner, cast.colleague) for _turn in range(PER_PLACE)
    ]
    assert said == ["wrong"] * 12 + ["refused"] * 8
    with pytest.raises(TooManyTries):
        _enter(cast.packer, HERE)
    assert _enter(cast.admin, HERE).person.email == cast.admin


def test_success_is_not_counted(app: Flask, cast: Cast) -> None:
    for _turn in range(PER_PLACE + 5):
        _enter(cast.owner, HERE)
    assert _counted() == 0


def test_a_reset_lets_in_where_tries_are_used_up(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    for _turn in range(PER_PLACE + 1):
        _post(client, cast.owner, "wrong horse")
    assert _post(client, cast.owner, PASSWORD) == 429
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        token = resets.token_for(person, dt.datetime.now(dt.UTC))
    answer = client.post(
        f"/reset/{token}",
        data={"password": "another horse"},
        environ_overrides={"REMOTE_ADDR": HERE},
    )
    assert answer.headers["Location"] == "/"
    assert _post(app.test_client(), cast.owner, "another horse") == 302
    assert _post(client, cast.owner, "another horse") == 302


def test_a_clock_set_right_again_keeps_nobody_out(app: Flask, cast: Cast) -> None:
    ahead = NOW + dt.timedelta(days=30)
    for _turn in range(PER_PLACE + 1):
        _guess(cast.owner, HERE, ahead)
    assert _enter(cast.owner, HERE).person.email == cast.owner


def test_tries_sent_at_once_do_not_slip_through(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked: list[str] = []

    def check(password: str, _kept: str | None) -> bool:
        checked.append(password)
        return False

    monkeypatch.setattr(passwords, "matches", check)
    together = threading.Barrier(8)
    said: list[str] = []

    def work() -> None:
        with app.app_context():
            together.wait()
            said.extend(_guess(cast.owner, HERE) for _turn in range(4))
            db.session.remove()

    db.session.rollback()
    threads = [threading.Thread(target=work) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(checked) == PER_PLACE
    assert (said.count("wrong"), said.count("refused")) == (PER_PLACE, 32 - PER_PLACE)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::9", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_a_place_on_the_network(address: str, network: str) -> None:
    assert network_of(address) == network


def test_a_whole_network_of_ipv6_has_the_tries_of_one(app: Flask, cast: Cast) -> None:
    said = [_guess(cast.owner, f"2001:db8::{number:x}") for number in range(PER_PLACE + 1)]
    assert said == ["wrong"] * PER_PLACE + ["refused"]


def test_no_address_stands_in_the_counts(app: Flask, cast: Cast) -> None:
    _guess("someone.private@clinic.example", HERE)
    subjects = db.session.scalars(sa.select(Throttle.subject)).all()
    assert all(len(subject) == 64 and subject.isalnum() for subject in subjects)
    [row] = db.session.scalars(sa.select(AuditRow).where(AuditRow.action.like("%failed")))
    assert (row.person_id, row.address, row.subject_id, row.after) == (None, HERE, None, None)


def test_a_forged_forwarded_address_is_not_believed(make_app: AppFactory, cast: Cast) -> None:
    """Behind a proxy the last address is the proxy's word; what stands before it is anybody's."""
    behind = make_app(SECURE_COOKIES=True, SESSION_COOKIE_SECURE=True).test_client()
    statuses = [
        behind.post(
            "/sign-in",
            data={"email": cast.owner, "password": "wrong horse"},
            headers={"X-Forwarded-For": f"203.0.113.{turn}, {HERE}"},
        ).status_code
        for turn in range(PER_PLACE + 1)
    ]
    assert statuses == [400] * PER_PLACE + [429]


def test_counts_are_taken_together_or_not_at_all(app: Flask) -> None:
    full = throttle.Limit("test", "full", 1, QUARTER)
    free = throttle.Limit("test", "free", 5, QUARTER)
    with transaction():
        assert throttle.claim([full], NOW)
        assert not throttle.claim([free, full], NOW)
        assert not throttle.claim([full, free], NOW)
    assert _counted() == 1
