"""The commands that set an installation up, through the real command and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo
from flask_migrate import downgrade

from supply.accounts.queries import clinic_with_code, person_with_email
from supply.accounts.services import person_for_token, verify_password
from supply.accounts.terms import Role
from supply.cli import main
from supply.clock import now
from supply.db import db, transaction
from tests.conftest import AppFactory
from tests.support.cast import Cast
from tests.support.commands import SupplyCommand


def _run(app: Flask, *arguments: str, stdin: str = "") -> Result:
    # What a test reads next must come from the database, not from this session.
    db.session.rollback()
    script = ScriptInfo(create_app=lambda: app)
    return CliRunner().invoke(main, arguments, input=stdin, obj=script)


def _json(result: Result) -> Any:
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_practice_is_set_up_from_the_command_line(app: Flask) -> None:
    practice = _run(app, "create", "practice", "Clínica Alba", "--json")
    assert _json(practice) == {"practice": "clinica-alba"}
    assert practice.stderr.endswith("--role owner --practice clinica-alba --password-stdin\n")
    clinic = ("--practice", "clinica-alba", "--code", "R1", "--name", "Rome")
    place = ("--timezone", "Europe/Rome", "--currency", "CHF")
    assert _json(_run(app, "create", "clinic", *clinic, *place, "--json")) == {"clinic": "R1"}
    person = ("nina@clinic.example", "--name", "Nina", "--role", "practitioner")
    limits = ("--practice", "clinica-alba", "--clinic", "R1")
    certified = ("--certificate-valid-to", "2027-06-30", "--password-stdin", "--json")
    made = _run(app, "create", "person", *person, *limits, *certified, stdin="correct horse\n")
    assert _json(made) == {"person": "nina@clinic.example"}
    nina = person_with_email("nina@clinic.example")
    assert nina is not None
    [membership] = nina.memberships
    assert verify_password(nina, "correct horse")
    assert (membership.role, str(membership.certificate_valid_to)) == (
        Role.PRACTITIONER,
        "2027-06-30",
    )
    assert [clinic.code for clinic in membership.clinics] == ["R1"]
    opened = clinic_with_code("R1")
    assert opened is not None
    assert (opened.currency, opened.practice.name) == ("CHF", "Clínica Alba")


def test_a_supplier_and_its_people(app: Flask) -> None:
    made = _run(app, "create", "supplier", "Acme", "--code", "acme", "--json")
    assert _json(made) == {"supplier": "acme"}
    person = ("ada@supplier.example", "--name", "Ada", "--role", "supplier_admin")
    answer = _run(app, "create", "person", *person, "--supplier", "acme")
    assert (answer.exit_code, answer.stdout) == (0, "person: ada@supplier.example\n")


PERSON = "create person x@clinic.example --name X"


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("create practice Alba --code alba", 1, "The code alba is taken."),
        (
            "create clinic --practice nope --code c --name C --timezone UTC",
            1,
            "There is no practice nope.",
        ),
        (f"{PERSON} --role viewer --practice alba --clinic nope", 1, "There is no clinic nope."),
        (f"{PERSON} --role fulfiller --practice alba", 1, "fulfiller is not a role of Alba."),
        (f"{PERSON} --role viewer", 2, "Give either --practice or --supplier."),
        (f"{PERSON} --role king --practice alba", 2, "king"),
        ("create practice", 2, "NAME"),
        ("token nobody@clinic.example", 1, "There is no person nobody@clinic.example."),
        ("sweep --now 2026-11-22T07:00:00", 2, "lacks its offset"),
    ],
)
def test_refusals_say_why_and_change_nothing(
    app: Flask, cast: Cast, line: str, code: int, said: str
) -> None:
    answer = _run(app, *line.split())
    assert (answer.exit_code, answer.stdout) == (code, "")
    assert said in answer.stderr
    assert person_with_email("x@clinic.example") is None


def test_a_password_and_a_token(app: Flask, cast: Cast) -> None:
    new = _run(app, "password", cast.owner, "--password-stdin", stdin="another horse\n")
    assert new.exit_code == 0
    owner = person_with_email(cast.owner)
    assert owner is not None
    assert verify_password(owner, "another horse")
    token = _json(_run(app, "token", cast.owner.upper(), "--expires-days", "1", "--json"))["token"]
    found = person_for_token(token, now=now())
    assert found is not None
    assert found.email == cast.owner
    short = _run(app, "password", cast.owner, "--password-stdin", stdin="short\n")
    assert (short.exit_code, short.stderr) == (1, "Use at least 10 characters.\n")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_readiness_follows_the_migrations(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/healthz").json == {"status": "ok"}
    assert (client.get("/readyz").status_code, client.get("/readyz").json) == (
        200,
        {"status": "ready"},
    )
    downgrade(revision="-1")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (
        503,
        {"problem": "migrations", "status": "unready"},
    )


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_readiness_needs_the_database(make_app: AppFactory, tmp_path: Path) -> None:
    absent = f"sqlite:///{tmp_path / 'nowhere' / 'supply.db'}"
    client = make_app(SQLALCHEMY_DATABASE_URI=absent).test_client()
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").json == {"problem": "database", "status": "unready"}


@pytest.mark.slow
def test_the_installed_command(database_url: str, tmp_path: Path) -> None:
    supply = SupplyCommand({"DATABASE_URL": database_url, "SECRET_KEY": "only-for-tests"})
    made = supply.run("create", "practice", "Alba", "--json")
    assert (made.returncode, json.loads(made.stdout)) == (0, {"practice": "alba"})
    twice = supply.run("create", "practice", "Alba", "--code", "alba")
    assert (twice.returncode, twice.stdout) == (1, "")
    assert twice.stderr.endswith("The code alba is taken.\n")
    assert supply.run("create").returncode == 2


@pytest.mark.slow
@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///{dir}/absent.db", "The database at DATABASE_URL cannot be reached"),
        ("sqlite:///{dir}/empty.db", "This database has no tables yet. Run: supply db upgrade"),
        ("sqlite:///{dir}/garbage.db", "The database's file is damaged, or is none"),
        ("nonsense", "DATABASE_URL is not one that Supply takes"),
        (
            "postgresql://supply@127.0.0.1:1/supply",
            "The database at DATABASE_URL cannot be reached",
        ),
    ],
)
def test_an_operators_fault_is_a_sentence(tmp_path: Path, url: str, said: str) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "garbage.db").write_bytes(b"no database at all" * 1_000)
    settings = {"DATABASE_URL": url.format(dir=tmp_path), "SECRET_KEY": "only-for-tests"}
    answer = SupplyCommand(settings).run("create", "practice", "Alba")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert said in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not (tmp_path / "absent.db").exists()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_database_of_another_revision_is_left_alone(app: Flask) -> None:
    downgrade(revision="-1")
    older = _run(app, "create", "practice", "Alba")
    assert (older.exit_code, older.stderr.splitlines()[-1]) == (
        1,
        "This database is older than this version. Run: supply db upgrade",
    )
    with transaction():
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    for line in ("create practice Alba", "db upgrade"):
        newer = _run(app, *line.split())
        assert newer.exit_code == 1
        assert "was migrated by a newer version of Supply (revision 9999)" in newer.stderr
