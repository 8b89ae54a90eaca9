"""Sessions are rows: ended where they were, listed, let run out, and worth nothing afterwards."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply import clock
from supply.accounts import sessions
from supply.accounts.credentials import KnownDevice, WebSession
from supply.accounts.models import Person
from supply.accounts.queries import person_with_email
from supply.accounts.rules import Lifetime, Lifetimes, session_is_over
from supply.accounts.sessions import Origin
from supply.accounts.terms import SessionEnd
from supply.accounts.tokens import secret_hash
from supply.actor import SYSTEM
from supply.audit.models import AuditRow
from supply.config import from_environment
from supply.db import db, transaction
from supply.jobs.work import clean
from supply.outbox.models import Mail
from tests.conftest import AppFactory
from tests.support.cast import Cast
from tests.support.people import NOW, PASSWORD, sign_in

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
LIFETIMES = Lifetimes(Lifetime(8 * HOUR, 7 * DAY), Lifetime(30 * DAY, 180 * DAY))
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"


def _enter(client: FlaskClient, email: str, **more: str) -> None:
    form = {"email": email, "password": PASSWORD, **more}
    headers = {"User-Agent": CHROME}
    assert client.post("/sign-in", data=form, headers=headers).status_code == 302


def _copy(client: FlaskClient, app: Flask) -> FlaskClient:
    """Return another browser with everything that ``client`` keeps."""
    copied = app.test_client()
    for name in ("session", "remember_token", "device"):
        cookie = client.get_cookie(name)
        if cookie is not None:
            copied.set_cookie(name, cookie.value)
    return copied


def _is_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def _rows() -> list[WebSession]:
    return list(db.session.scalars(sa.select(WebSession).order_by(WebSession.id)))


def _set_back(by: dt.timedelta) -> None:
    """Let ``by`` have passed since every session was begun and last seen."""
    with transaction():
        for row in _rows():
            row.created_at -= by
            row.last_seen_at -= by


@pytest.mark.parametrize("remember", ["", "y"])
def test_a_copied_session_ends_with_signing_out(app: Flask, cast: Cast, remember: str) -> None:
    client = app.test_client()
    _enter(client, cast.owner, remember=remember)
    copied = _copy(client, app)
    assert _is_in(copied)
    client.post("/sign-out")
    assert not _is_in(client)
    assert not _is_in(copied)
    [row] = _rows()
    assert (row.ended_how, row.remembered) == (SessionEnd.SIGNED_OUT, bool(remember))
    audit = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert audit is not None
    assert (audit.action, audit.person_id, audit.address) == (
        "person.signed_out",
        row.person_id,
        "127.0.0.1",
    )


def test_a_browser_started_again_is_still_signed_in_where_asked(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    _enter(client, cast.owner, remember="y")
    client.delete_cookie("session")
    assert _is_in(client)
    client.post("/sign-out")
    assert client.get_cookie("remember_token") is None


def test_nothing_but_a_hash_is_kept(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    _enter(client, cast.owner)
    with client.session_transaction() as kept:
        secret = kept["_user_id"]
    [row] = _rows()
    assert row.secret_hash == secret_hash(secret)
    assert (row.address, row.user_agent) == ("127.0.0.1", CHROME)
    device = client.get_cookie("device")
    assert device is not None
    assert db.session.scalars(sa.select(KnownDevice.secret_hash)).all() == [
        secret_hash(device.value)
    ]


def test_a_session_given_before_signing_in_is_worth_nothing(app: Flask, cast: Cast) -> None:
    """Fixation: what a browser held before, csrf token included, is not what it holds after."""
    client = app.test_client()
    with client.session_transaction() as kept:
        kept["_user_id"] = "chosen by a stranger"
        kept["csrf_token"] = "chosen too"
        kept["place"] = ["clinic", 1]
    planted = _copy(client, app)
    _enter(client, cast.owner)
    assert not _is_in(planted)
    with client.session_transaction() as kept:
        assert kept["_user_id"] != "chosen by a stranger"
        assert kept.get("csrf_token") != "chosen too"


def test_signing_in_over_a_colleagues_session_ends_theirs(app: Flask, cast: Cast) -> None:
    """A shared tablet: the second person signs in and the first one's session is not left open."""
    tablet = app.test_client()
    _enter(tablet, cast.owner)
    copied = _copy(tablet, app)
    _enter(tablet, cast.colleague)
    assert "vic@clinic.example" in tablet.get("/account").text
    assert not _is_in(copied)
    assert [row.ended_how for row in _rows()] == [SessionEnd.SIGNED_OUT, None]


def test_sessions_are_listed_and_ended_one_by_one(app: Flask, cast: Cast) -> None:
    here, there, third = (app.test_client() for _number in range(3))
    for client in (there, third, here):
        _enter(client, cast.owner)
    page = here.get("/account").text
    assert page.count("Chrome on Windows") >= 3
    assert page.count("This browser") == 1
    ids = re.findall(r"/account/sessions/(\d+)/end\"", page)
    assert sorted(map(int, ids)) == [1, 2]
    assert here.post("/account/sessions/1/end").status_code == 302
    assert [_is_in(client) for client in (here, there, third)] == [True, False, True]
    assert here.post("/account/sessions/1/end").status_code == 404
    assert here.post("/account/sessions/end-others").status_code == 302
    assert [_is_in(client) for client in (here, there, third)] == [True, False, False]


def test_nobody_ends_anothers_session(app: Flask, cast: Cast) -> None:
    owner, colleague = app.test_client(), app.test_client()
    _enter(owner, cast.owner)
    _enter(colleague, cast.colleague)
    assert colleague.post("/account/sessions/1/end").status_code == 404
    assert colleague.post("/account/sessions/end-others").status_code == 302
    assert _is_in(owner)


def test_a_person_put_away_is_out_at_once(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.owner)
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        person.disabled_at = NOW
    assert not _is_in(client)


@pytest.mark.parametrize(
    ("remember", "passed", "still_in"),
    [
        ("", 8 * HOUR - dt.timedelta(minutes=1), True),
        ("", 8 * HOUR, False),
        ("y", 29 * DAY, True),
        ("y", 30 * DAY, False),
    ],
)
def test_an_unused_session_runs_out(
    app: Flask, cast: Cast, remember: str, passed: dt.timedelta, still_in: bool
) -> None:
    client = app.test_client()
    _enter(client, cast.owner, remember=remember)
    _set_back(passed)
    assert _is_in(client) is still_in


def test_a_used_session_has_an_end_too() -> None:
    begun = NOW - 7 * DAY
    just, over = NOW - dt.timedelta(seconds=1), NOW
    assert not session_is_over(LIFETIMES.plain, begun=begun, seen=just, now=just)
    assert session_is_over(LIFETIMES.plain, begun=begun, seen=NOW, now=over)


def test_a_clock_set_forward_and_back_ends_nothing(app: Flask, cast: Cast) -> None:
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        secret = sessions.begin(person, Origin("192.0.2.1"), remembered=False, now=NOW)
    assert sessions.session_with(secret, LIFETIMES, NOW + DAY) is None
    assert sessions.session_with(secret, LIFETIMES, NOW - DAY) is not None
    assert sessions.session_with(secret, LIFETIMES, NOW) is not None


def test_last_seen_is_written_coarsely(app: Flask, client: FlaskClient, cast: Cast) -> None:
    _enter(client, cast.owner)
    client.get("/account")
    before = _rows()[0].last_seen_at
    db.session.rollback()
    client.get("/account")
    assert _rows()[0].last_seen_at == before
    _set_back(sessions.STEP)
    client.get("/account", environ_overrides={"REMOTE_ADDR": "2001:db8::7"})
    [row] = _rows()
    assert clock.now() - row.last_seen_at < sessions.STEP
    assert row.address == "2001:db8::7"
    assert row.created_at < row.last_seen_at - sessions.STEP / 2


def test_a_view_writes_nothing_and_asks_once_who_is_there(
    app: Flask, client: FlaskClient, cast: Cast
) -> None:
    _enter(client, cast.owner)
    client.get("/c/a1/stock")
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get("/c/a1/stock").status_code == 200
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)
    assert [
        one for one in asked if not one.lstrip().upper().startswith(("SELECT", "WITH", "BEGIN"))
    ] == []
    assert len([one for one in asked if "FROM web_session" in one]) == 1
    assert len([one for one in asked if re.search(r"FROM (person|membership)\b", one)]) == 0


def test_a_phone_that_changes_its_network_stays_in(app: Flask, cast: Cast) -> None:
    client = app.test_client()
    _enter(client, cast.owner)
    moved = {"REMOTE_ADDR": "203.0.113.77"}
    assert client.get("/account", environ_overrides=moved).status_code == 200


def test_what_is_long_over_is_removed_by_the_daily_job(app: Flask, cast: Cast) -> None:
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        for days in (200, 89, 1):
            began = NOW - days * DAY
            secret = sessions.begin(person, Origin("192.0.2.1"), remembered=True, now=began)
            if days == 1:
                sessions.end_with_secret(secret, SessionEnd.SIGNED_OUT, None, began)
    db.session.rollback()
    assert clean(NOW)
    assert [(NOW - row.created_at).days for row in _rows()] == [89, 1]


def test_a_person_is_told_of_an_unknown_device_at_an_unknown_place(app: Flask, cast: Cast) -> None:
    def enter(client: FlaskClient, address: str) -> None:
        client.post(
            "/sign-in",
            data={"email": cast.owner, "password": PASSWORD},
            headers={"User-Agent": CHROME},
            environ_overrides={"REMOTE_ADDR": address},
        )

    phone = app.test_client()
    enter(phone, "192.0.2.1")
    enter(phone, "203.0.113.1")
    enter(app.test_client(), "192.0.2.1")
    assert db.session.scalars(sa.select(Mail)).all() == []
    enter(app.test_client(), "198.51.100.1")
    [mail] = db.session.scalars(sa.select(Mail))
    assert mail.to_address == cast.owner
    assert mail.subject == (
        "Someone signed in to your account on a device we do not know: Chrome on Windows."
    )
    assert "from 198.51.100.1" in mail.text
    assert "sign that session out under Account" in mail.text


def test_pages_are_kept_nowhere(app: Flask, client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.owner)
    for path in ("/account", "/c/a1/today", "/sign-in", "/nowhere", "/api/v1/clinics"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path


def test_cookies_behind_tls_belong_to_this_host(
    make_app: AppFactory, cast: Cast, tmp_path: Path
) -> None:
    environ = {"PUBLIC_URL": "https://supply.example", "SECRET_KEY": "x"}
    wanted = from_environment(environ, tmp_path)
    names = {name: wanted[name] for name in wanted if "COOKIE" in name}
    behind = make_app(**names)
    answer = behind.test_client().post(
        "/sign-in",
        data={"email": cast.owner, "password": PASSWORD, "remember": "y"},
        base_url="https://supply.example",
    )
    cookies = answer.headers.getlist("Set-Cookie")
    assert sorted(cookie.partition("=")[0] for cookie in cookies) == [
        "__Host-device",
        "__Host-remember_token",
        "__Host-session",
    ]
    for cookie in cookies:
        parts = {part.strip() for part in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= parts, cookie
        assert not any(part.startswith("Domain") for part in parts)


def test_two_who_end_a_session_at_once_end_it_once(app: Flask, cast: Cast) -> None:
    with transaction():
        person = person_with_email(cast.owner)
        assert person is not None
        sessions.begin(person, Origin("192.0.2.1"), remembered=False, now=NOW)
    key = db.session.scalar(sa.select(Person.id).where(Person.email == cast.owner))
    assert key is not None
    with transaction():
        how = SessionEnd.ENDED_ELSEWHERE
        assert sessions.end(key, 1, how, actor=SYSTEM, now=NOW)
        assert not sessions.end(key, 1, how, actor=SYSTEM, now=NOW)
    rows = db.session.scalars(sa.select(AuditRow).where(AuditRow.action == "session.ended")).all()
    assert [(row.subject_id, row.after) for row in rows] == [(1, {"how": "ended_elsewhere"})]


@pytest.mark.parametrize("written", ["0", "x", "1.5", "-1", "99999"])
def test_a_lifetime_is_a_whole_number(written: str, tmp_path: Path) -> None:
    environ = {"SESSION_IDLE_HOURS": written, "SECRET_KEY": "x"}
    with pytest.raises(ValueError, match="SESSION_IDLE_HOURS must be a whole number"):
        from_environment(environ, tmp_path)
