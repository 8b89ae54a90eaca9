"""Ordering again, and templates: kept, changed, deleted, brought back, ordered from."""

import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy.exc import IntegrityError

from supply.accounts.access import NotFoundHereError
from supply.baskets import placing
from supply.baskets.drafts import BasketLine
from supply.catalogue.models import Product
from supply.catalogue.successors import name_successor
from supply.db import db, transaction
from supply.filling import templates
from supply.filling.models import OrderTemplate
from supply.filling.refusals import NameTaken, NothingToOrder
from supply.filling.services import packs_in_baskets
from supply.ordering.refusals import LicenceNeeded
from supply.refusals import InvalidInput
from tests.ordering.world import NOW, World, make_product, order_of, placed
from tests.support.people import sign_in

HOME = "/c/mitte"


def kept(world: World, name: str = "Monday", *lines: BasketLine) -> int:
    """Return the id of a template, committed."""
    with transaction():
        wanted = lines or (BasketLine(world.biotin.id, 3), BasketLine(world.caffeine.id, 1))
        template = templates.save_template(
            world.clinic, name, wanted, actor=world.manager_acts, now=NOW
        )
        return template.id


def packs_of(world: World, template_id: int) -> dict[str, int]:
    db.session.rollback()
    found = templates.template_of(world.clinic, template_id)
    return {line.product.sku: line.packs for line in found.lines}


def test_an_order_is_ordered_again_but_for_what_is_no_longer_sold(
    client: FlaskClient, world: World
) -> None:
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    with transaction():
        db.session.get_one(type(world.gloves), world.gloves.id).withdrawn_at = NOW
    sign_in(client, "mia@example.org")
    assert "Order again" in client.get(f"{HOME}/basket/fill").text
    for _ in range(2):
        client.post(f"{HOME}/orders/{order_id}/again", data={"form_key": "a"})
    page = client.get(f"{HOME}/basket").text
    assert packs_in_baskets(world.clinic.id) == {world.biotin.id: 3}
    assert "1 product is in the basket: 3 packs more." in page
    assert "Left out, as it is no longer sold: Gloves M." in page

    with transaction():
        db.session.get_one(type(world.biotin), world.biotin.id).withdrawn_at = NOW
    again = client.post(
        f"{HOME}/orders/{order_id}/again", data={"form_key": "b"}, follow_redirects=True
    )
    assert "Nothing of it is sold any more." in again.text


def both_replaced(world: World) -> tuple[int, Product, Product]:
    """Return a template of biotin and gloves, and what replaces each by now."""
    template_id = kept(world, "Two", BasketLine(world.biotin.id, 3), BasketLine(world.gloves.id, 2))
    with transaction():
        forte = make_product(world.supplier, "BIO-6", "Biotin forte", minimum_order_packs=4)
        soft = make_product(world.supplier, "GLO-S", "Gloves soft")
        for known, new in ((world.biotin, forte), (world.gloves, soft)):
            old = db.session.get_one(type(known), known.id)
            old.withdrawn_at = NOW
            name_successor(old, new)
    return template_id, forte, soft


def test_what_replaces_a_product_is_offered_and_never_ordered_by_itself(
    client: FlaskClient, world: World
) -> None:
    order_id = placed(world, (world.biotin, 3), (world.gloves, 2))
    template_id, forte, _soft = both_replaced(world)
    sign_in(client, "mia@example.org")
    offers = f"{HOME}/basket?instead={world.biotin.id}x3&instead={world.gloves.id}x2"
    for there in (f"orders/{order_id}/again", f"templates/{template_id}/fill"):
        answer = client.post(f"{HOME}/{there}", data={"form_key": there})
        assert answer.location == offers
    page = client.get(offers).text
    assert packs_in_baskets(world.clinic.id) == {}
    for name in ("Biotin 5 ml", "Gloves M"):
        assert f"{name} is no longer sold." in page
    assert page.count("Order that instead") == 2

    (url, packs), other = re.findall(
        r'action="(/c/mitte/basket\?instead[^"]*)".*?name="packs" value="(\d+)"', page, re.S
    )
    assert (url, packs, other[1]) == (f"{HOME}/basket?instead={world.gloves.id}x2", "4", "2")
    data = {"product_id": forte.id, "packs": packs, "form_key": "a"}
    assert client.post(url, data=data).location == url
    assert packs_in_baskets(world.clinic.id) == {forte.id: 4}
    assert client.get(url).text.count("Order that instead") == 1
    for nonsense in (
        "x",
        "1",
        "999999x1",
        f"{world.gloves.id}x0",
        f"{forte.id}x2",
        "9" * 30 + "x1",
    ):
        assert "Order that instead" not in client.get(f"{HOME}/basket?instead={nonsense}").text


def test_what_replaces_a_product_comes_onto_the_template_and_off_again(
    client: FlaskClient, world: World
) -> None:
    template_id, _forte, soft = both_replaced(world)
    sign_in(client, "mia@example.org")
    address = f"{HOME}/templates/{template_id}"
    assert client.get(address).text.count("Put that on the template") == 2
    lines = {
        line.product.sku: line.id for line in templates.template_of(world.clinic, template_id).lines
    }
    for _ in range(2):
        client.post(f"{address}/lines/{lines['BIO-5']}/replace", data={"form_key": "b"})
    assert packs_of(world, template_id) == {"BIO-6": 3, "GLO-M": 2}
    assert "Biotin forte is on the template instead." in client.get(address).text
    undo, old = f"{address}/lines/{lines['BIO-5']}/replace/undo", {"product_id": world.biotin.id}
    for _ in range(2):  # the second time there is nothing to undo
        client.post(undo, data={**old, "packs": "3"})
        assert packs_of(world, template_id) == {"BIO-5": 3, "GLO-M": 2}
    said = client.get(address).text
    assert "Undone: the template is as it was." in said
    assert "The template was changed since: this cannot be undone." in said
    client.post(f"{address}/lines/{lines['BIO-5']}/replace", data={"form_key": "c"})
    client.post(undo, data={"product_id": world.caffeine.id, "packs": "3"})
    assert packs_of(world, template_id) == {"BIO-6": 3, "GLO-M": 2}
    who: dict[str, Any] = {"actor": world.manager_acts, "now": NOW}
    with transaction():
        templates.add_lines(world.clinic, template_id, [BasketLine(soft.id, 7)], **who)
        templates.replace_line(world.clinic, template_id, lines["GLO-M"], **who)
        merged = BasketLine(world.gloves.id, 2)
        templates.undo_replacing(world.clinic, template_id, lines["GLO-M"], merged, **who)
    assert packs_of(world, template_id) == {"BIO-6": 3, "GLO-S": 7, "GLO-M": 2}
    with pytest.raises(InvalidInput), transaction():
        templates.replace_line(world.clinic, template_id, lines["BIO-5"], **who)


def test_a_template_lives_and_dies(world: World) -> None:
    template_id = kept(world)
    who: dict[str, Any] = {"actor": world.manager_acts, "now": NOW}
    with transaction():
        templates.rename_template(world.clinic, template_id, " Every  Monday ", **who)
        lines = templates.template_of(world.clinic, template_id).lines
        templates.change_packs(world.clinic, template_id, {lines[0].id: 9}, **who)
        dropped = templates.drop_line(world.clinic, template_id, lines[1].id, **who)
    assert packs_of(world, template_id) == {"BIO-5": 9}
    assert dropped == BasketLine(world.caffeine.id, 1)
    with transaction():
        templates.add_lines(world.clinic, template_id, [dropped], **who)
        templates.delete_template(world.clinic, template_id, **who)
    with pytest.raises(NotFoundHereError):
        templates.template_of(world.clinic, template_id)
    other = kept(world, "EVERY MONDAY")
    with pytest.raises(NameTaken), transaction():
        templates.restore_template(world.clinic, template_id, **who)
    with transaction():
        templates.delete_template(world.clinic, other, **who)
        templates.restore_template(world.clinic, template_id, **who)
    assert packs_of(world, template_id) == {"BIO-5": 9, "CAF-2": 1}
    assert templates.template_of(world.clinic, template_id).name == "Every Monday"


def test_what_a_template_refuses_changes_nothing(world: World) -> None:
    template_id = kept(world)
    with transaction():
        foreign = make_product(world.postal, "X-1", "Foreign")
        lines = [line.id for line in templates.template_of(world.clinic, template_id).lines]
    who: dict[str, Any] = {"actor": world.manager_acts, "now": NOW}
    clinic, some = world.clinic, [BasketLine(world.biotin.id, 1)]
    with pytest.raises(InvalidInput, match="called so"), transaction():
        templates.save_template(clinic, "monday", some, **who)
    for name in ("", "  ", "x" * 101):
        with pytest.raises(InvalidInput), transaction():
            templates.save_template(clinic, name, some, **who)
    with pytest.raises(NothingToOrder), transaction():
        templates.save_template(clinic, "Empty", [], **who)
    with pytest.raises(InvalidInput) as refused, transaction():
        templates.change_packs(clinic, template_id, dict.fromkeys(lines, 0), **who)
    assert [field for field, _ in refused.value.errors] == [f"packs_{one}" for one in lines]
    for line in (BasketLine(foreign.id + 1, 1), BasketLine(foreign.id, 0)):
        with pytest.raises(InvalidInput), transaction():
            templates.add_lines(clinic, template_id, [line], **who)
    assert packs_of(world, template_id) == {"BIO-5": 3, "CAF-2": 1}
    twin = OrderTemplate(clinic_id=clinic.id, name="MONDAY", created_at=NOW, changed_at=NOW)
    with pytest.raises(IntegrityError), transaction():
        db.session.add(twin)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pages_of_templates(client: FlaskClient, world: World) -> None:
    """From an order and the basket into a template, from it into the basket, and undone."""
    order_id = placed(world, (world.biotin, 3))
    sign_in(client, "mia@example.org")
    data = {"order": order_id, "name": "Basics", "form_key": "a"}
    page = client.post(f"{HOME}/templates", data=data, follow_redirects=True)
    assert "Template “Basics” is saved." in page.text
    template_id = db.session.scalar(sa.select(OrderTemplate.id))
    assert template_id is not None
    address = f"{HOME}/templates/{template_id}"
    assert "Basics" in client.get(f"{HOME}/templates").text

    (line_id,) = [line.id for line in templates.template_of(world.clinic, template_id).lines]
    bad = {f"packs_{line_id}": "many", "name": "", "form_key": "b"}
    refused = client.post(address, data=bad)
    assert refused.status_code == 400
    assert "Give it a name." in refused.text
    good = {f"packs_{line_id}": "5", "name": "Basics 2", "form_key": "c", "do": "fill"}
    assert client.post(address, data=good).location == f"{HOME}/basket"
    assert packs_in_baskets(world.clinic.id) == {world.biotin.id: 5}
    assert "1 product is in the basket: 5 packs more." in client.get(f"{HOME}/basket").text

    client.post(f"{HOME}/basket", data={"product_id": world.caffeine.id, "packs": "2"})
    client.post(f"{address}/lines", data={"form_key": "d"})
    assert packs_of(world, template_id) == {"BIO-5": 5, "CAF-2": 2}
    client.post(f"{address}/lines/{line_id}/remove", data={"form_key": "e"})
    assert packs_of(world, template_id) == {"CAF-2": 2}
    deleted = client.post(f"{address}/delete", data={"form_key": "f"}, follow_redirects=True)
    assert "Template “Basics 2” is deleted." in deleted.text
    assert client.get(address).status_code == 404
    back = client.post(f"{address}/restore", data={"form_key": "g"}, follow_redirects=True)
    assert "Undone: the template is back." in back.text
    sign_in(client, "vera@example.org")
    assert client.post(f"{address}/fill").status_code == 403


def test_what_needs_a_licence_is_refused_from_a_template_too(
    client: FlaskClient, world: World
) -> None:
    with transaction():
        toxin = make_product(world.supplier, "RX-1", "Toxin", prescription_only=True)
        practice = db.session.get_one(type(world.practice), world.practice.id)
        practice.licence_valid_to = None
    template_id = kept(world, "Toxins", BasketLine(toxin.id, 1))
    sign_in(client, "mia@example.org")
    client.post(f"{HOME}/templates/{template_id}/fill", data={"form_key": "a"})
    order_id = db.session.scalar(sa.text("SELECT max(id) FROM purchase_order"))
    with pytest.raises(LicenceNeeded), transaction():
        placing.place(order_id, actor=world.manager_acts, now=NOW)
    assert order_of(order_id).stage == "draft"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_a_colleague_changed_meanwhile_stays(client: FlaskClient, world: World) -> None:
    both = BasketLine(world.biotin.id, 3), BasketLine(world.gloves.id, 2)
    template_id = kept(world, "Two", *both)
    address = f"{HOME}/templates/{template_id}"
    sign_in(client, "mia@example.org")
    form = dict(
        re.findall(r'name="((?:was|packs)_\w+|name)"[^>]*value="([^"]*)"', client.get(address).text)
    )
    lines = {
        line.product.sku: line.id for line in templates.template_of(world.clinic, template_id).lines
    }
    assert form["was_name"] == form["name"] == "Two"
    with transaction():
        who: dict[str, Any] = {"actor": world.owner_acts, "now": NOW}
        templates.rename_template(world.clinic, template_id, "Pair", **who)
        templates.change_packs(world.clinic, template_id, {lines["BIO-5"]: 9}, **who)

    client.post(address, data={**form, f"packs_{lines['GLO-M']}": "4"})
    assert packs_of(world, template_id) == {"BIO-5": 9, "GLO-M": 4}
    assert templates.template_of(world.clinic, template_id).name == "Pair"
