"""People of a practice or supplier: who may change them, invitations, the last owner."""

from __future__ import annotations

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from supply.accounts import invitations
from supply.accounts.models import Invitation, Membership, Person
from supply.accounts.queries import person_with_email
from supply.accounts.terms import Role
from supply.audit.models import AuditRow
from supply.db import db, transaction
from supply.outbox.models import Mail
from tests.support.cast import Cast
from tests.support.people import NOW, sign_in

PEOPLE = "/p/alba/settings/people"
STAFF = "/s/acme/people"


def _client(app: Flask, email: str) -> FlaskClient:
    client = app.test_client()
    sign_in(client, email)
    return client


def _membership(email: str) -> Membership:
    return db.session.scalars(
        sa.select(Membership).join(Membership.person).where(Person.email == email)
    ).one()


def _link() -> str:
    mail = db.session.scalars(sa.select(Mail).order_by(Mail.id.desc())).first()
    assert mail is not None
    found = re.search(r"http://127\.0\.0\.1:8000(/invitations/\S+)", mail.text)
    assert found is not None
    return found[1]


def _invite(client: FlaskClient, email: str, **more: str) -> int:
    form = {"name": "Nina", "email": email, "role": "practitioner", **more}
    return client.post(f"{PEOPLE}/invite", data=form).status_code


@pytest.mark.parametrize("path", [PEOPLE, f"{PEOPLE}/invite", f"{PEOPLE}/1"])
def test_owner_sees_colleague_is_refused_outsider_finds_nothing(
    app: Flask, cast: Cast, path: str
) -> None:
    everyone = (cast.owner, cast.colleague, cast.outsider, cast.admin)
    statuses = [_client(app, email).get(path).status_code for email in everyone]
    assert statuses == [200, 403, 404, 404]


def test_a_suppliers_people_are_its_admins_business(app: Flask, cast: Cast) -> None:
    everyone = (cast.admin, cast.packer, cast.owner)
    statuses = [_client(app, email).get(STAFF).status_code for email in everyone]
    assert statuses == [200, 403, 404]
    admin = _client(app, cast.admin)
    form = {"name": "Finn", "email": "finn@supplier.example", "role": "fulfiller"}
    assert admin.post(f"{STAFF}/invite", data=form).status_code == 302
    invitation = db.session.scalars(sa.select(Invitation)).one()
    assert (invitation.practice_id, invitation.role) == (None, Role.FULFILLER)
    assert admin.post(f"{STAFF}/invite", data={**form, "role": "owner"}).status_code == 400


def test_a_member_of_elsewhere_cannot_be_reached_from_here(app: Flask, cast: Cast) -> None:
    theirs = _membership(cast.outsider).id
    owner = _client(app, cast.owner)
    assert owner.get(f"{PEOPLE}/{theirs}").status_code == 404
    assert owner.post(f"{PEOPLE}/{theirs}/remove").status_code == 404
    assert _membership(cast.outsider).role is Role.OWNER


def test_an_invited_person_joins_once(app: Flask, cast: Cast) -> None:
    clinic = db.session.scalar(sa.text("SELECT id FROM clinic WHERE code = 'a1'"))
    given = {"clinics": str(clinic), "certificate_valid_to": "2027-06-30"}
    assert _invite(_client(app, cast.owner), "nina@clinic.example", **given) == 302
    link, stranger = _link(), app.test_client()
    assert "You are invited as Practitioner" in stranger.get(link).text
    data = {"name": "Nina N", "password": "correct horse"}
    assert stranger.post(link, data={**data, "password": "short"}).status_code == 400
    assert stranger.post(link, data=data).headers["Location"] == "/"
    assert stranger.get("/account").status_code == 200
    membership = _membership("nina@clinic.example")
    assert (membership.role, membership.person.name) == (Role.PRACTITIONER, "Nina N")
    assert membership.certificate_valid_to == dt.date(2027, 6, 30)
    assert [clinic.code for clinic in membership.clinics] == ["a1"]
    assert app.test_client().post(link, data=data).status_code == 404


def test_someone_with_an_account_signs_in_to_join(app: Flask, cast: Cast) -> None:
    assert _invite(_client(app, cast.owner), cast.outsider, role="viewer") == 302
    link = _link()
    stranger = app.test_client()
    assert "Sign in with it to join" in stranger.get(link).text
    form = {"name": "Thief", "password": "correct horse"}
    assert stranger.post(link, data=form).status_code == 400
    outsider = _client(app, cast.outsider)
    assert outsider.post(link).status_code == 302
    assert outsider.get("/p/alba/settings/people").status_code == 403


def test_an_invitation_is_withdrawn_and_a_resent_one_has_a_new_link(app: Flask, cast: Cast) -> None:
    owner, stranger = _client(app, cast.owner), app.test_client()
    _invite(owner, "nina@clinic.example")
    first = _link()
    assert owner.post(f"{PEOPLE}/invitations/1/resend").status_code == 302
    second = _link()
    assert [stranger.get(link).status_code for link in (first, second)] == [404, 200]
    assert owner.post(f"{PEOPLE}/invitations/1/withdraw").status_code == 302
    assert stranger.get(second).status_code == 404
    assert owner.post(f"{PEOPLE}/invitations/1/resend").status_code == 409
    other = _client(app, cast.outsider)
    path = "/p/other/settings/people/invitations/1/withdraw"
    assert other.post(path).status_code == 404


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_invitation_withdrawn_while_it_is_taken_up_is_gone(
    app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _invite(_client(app, cast.owner), "nina@clinic.example")
    link = _link()
    read = invitations.invitation_behind

    def withdrawn_once_read(token: str, now: dt.datetime) -> Invitation:
        found = read(token, now)
        with db.engine.begin() as elsewhere:
            elsewhere.execute(sa.update(Invitation).values(withdrawn_at=now))
        return found

    monkeypatch.setattr(invitations, "invitation_behind", withdrawn_once_read)
    form = {"name": "Nina", "password": "violet kettle drum"}
    assert app.test_client().post(link, data=form).status_code == 400
    assert person_with_email("nina@clinic.example") is None


def test_an_invitation_sent_again_late_is_still_the_owners_to_withdraw(
    app: Flask, cast: Cast
) -> None:
    owner = _client(app, cast.owner)
    _invite(owner, "nina@clinic.example")
    with transaction():
        db.session.execute(sa.update(Invitation).values(created_at=NOW - dt.timedelta(days=90)))
    assert "nina@clinic.example" in owner.get(PEOPLE).text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"email": "nonsense"}, "Enter an e-mail address"),
        ({"email": "vic@clinic.example"}, "is a member here already"),
        ({"order_limit": "lots"}, "Enter a sum, such as 1500.00."),
        ({"role": "fulfiller"}, "Choose from the list."),
    ],
)
def test_a_faulty_invitation_is_shown_again(
    app: Flask, cast: Cast, change: dict[str, str], said: str
) -> None:
    form = {"name": "Nina", "email": "nina@clinic.example", "role": "viewer", **change}
    answer = _client(app, cast.owner).post(f"{PEOPLE}/invite", data=form)
    assert answer.status_code == 400
    assert said in answer.text
    assert 'value="Nina"' in answer.text
    assert db.session.scalars(sa.select(Invitation)).all() == []
    assert db.session.scalars(sa.select(Mail)).all() == []


def test_a_members_role_limit_and_clinics_change(app: Flask, cast: Cast) -> None:
    member = _membership(cast.colleague).id
    form = {"role": "stock_manager", "order_limit": "1,250.50", "clinics": "2"}
    answer = _client(app, cast.owner).post(f"{PEOPLE}/{member}", data=form)
    assert answer.status_code == 302
    changed = _membership(cast.colleague)
    assert (changed.role, changed.order_limit_minor) == (Role.STOCK_MANAGER, 125050)
    assert ([clinic.id for clinic in changed.clinics], changed.digest) == ([2], False)
    row = db.session.scalars(sa.select(AuditRow).order_by(AuditRow.id.desc())).first()
    assert row is not None
    assert (row.action, row.subject_id) == ("membership.changed", member)
    assert row.before is not None
    assert row.after is not None
    assert (row.before["role"], row.after["role"]) == ("viewer", "stock_manager")


def test_the_last_owner_stays_owner(app: Flask, cast: Cast) -> None:
    owner, own = _client(app, cast.owner), _membership(cast.owner).id
    answer = owner.post(f"{PEOPLE}/{own}", data={"role": "viewer"})
    assert answer.status_code == 400
    assert "Give someone else the role first" in answer.text
    assert owner.post(f"{PEOPLE}/{own}/remove").status_code == 409
    assert _membership(cast.owner).role is Role.OWNER
    with transaction():
        _membership(cast.colleague).role = Role.OWNER
    assert owner.post(f"{PEOPLE}/{own}/remove").status_code == 302
    assert owner.get(PEOPLE).status_code == 404
    assert person_with_email(cast.owner) is not None


def test_a_suppliers_admin_opens_and_changes_a_colleague(app: Flask, cast: Cast) -> None:
    admin = _client(app, cast.admin)
    address = f"{STAFF}/{_membership(cast.packer).id}"
    assert "Pat" in admin.get(address).text
    assert admin.post(address, data={"role": "supplier_admin"}).location == STAFF
    db.session.rollback()
    assert _membership(cast.packer).role is Role.SUPPLIER_ADMIN
