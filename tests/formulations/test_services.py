"""Versions: an unused one is edited, a used one stays and a new one follows."""

from __future__ import annotations

from decimal import Decimal

import pytest

from supply.catalogue.terms import Dose
from supply.db import db, transaction
from supply.formulations import services
from supply.formulations.models import Formulation, FormulationVersion
from supply.formulations.rules import (
    CostedLine,
    LineDraft,
    SubstituteDraft,
    line_faults,
    same_recipe,
    session_cost,
)
from supply.quantity import Unit
from supply.refusals import InvalidInput
from tests.factories import AMPOULE, BIOTIN, NEEDLE, NOW, World, item

ITSELF = (SubstituteDraft(1, Unit.ML, Decimal(1)),)
NOTHING = (SubstituteDraft(2, Unit.ML, Decimal(0)),)
ONE = LineDraft(1, Unit.ML, Decimal(2))


def draft(world: World, code: str, quantity: str) -> LineDraft:
    found = item(world, code)
    return LineDraft(found.id, found.unit, Decimal(quantity))


def made(world: World) -> Formulation:
    with transaction():
        return services.create_formulation(
            world.practice.id,
            code="HAIR-4",
            name="Hair",
            lines=[draft(world, BIOTIN, "1.5"), draft(world, NEEDLE, "2")],
            actor=world.actor(),
            now=NOW,
        )


def save(world: World, formulation: Formulation, *lines: tuple[str, str]) -> FormulationVersion:
    with transaction():
        drafts = [draft(world, code, quantity) for code, quantity in lines]
        return services.save_lines(formulation, drafts, actor=world.actor(), now=NOW)


def recipe(version: FormulationVersion) -> list[tuple[str, Decimal]]:
    return [(line.item.code, line.quantity) for line in version.lines]


def test_an_unused_version_is_rewritten_in_place(world: World) -> None:
    formulation = made(world)
    save(world, formulation, (NEEDLE, "3"), (AMPOULE, "0.12"))
    [version] = formulation.versions
    assert version.number == 1
    assert recipe(version) == [(NEEDLE, Decimal(3)), (AMPOULE, Decimal("0.120"))]


def test_a_used_version_stays_and_a_new_one_follows(world: World) -> None:
    formulation = made(world)
    with transaction():
        assert services.freeze(formulation.versions[0].id, NOW) is True
        assert services.freeze(formulation.versions[0].id, NOW) is False
    same = save(world, formulation, (NEEDLE, "2"), (BIOTIN, "1.5"))
    assert (same.number, len(formulation.versions)) == (1, 1)
    save(world, formulation, (NEEDLE, "3"))
    db.session.expire_all()
    first, second = formulation.versions
    assert (first.frozen_at, second.number, second.frozen_at) == (NOW, 2, None)
    assert recipe(first) == [(NEEDLE, Decimal(2)), (BIOTIN, Decimal("1.500"))]
    assert recipe(second) == [(NEEDLE, Decimal(3))]


@pytest.mark.parametrize(
    ("code", "name", "field"),
    [
        ("HAIR-4", "Twice", "code"),
        ("with space", "X", "code"),
        ("", "X", "code"),
        ("N", "", "name"),
    ],
)
def test_a_formulation_needs_a_code_of_its_own_and_a_name(
    world: World, code: str, name: str, field: str
) -> None:
    made(world)
    with pytest.raises(InvalidInput) as refused, transaction():
        services.create_formulation(
            world.practice.id,
            code=code,
            name=name,
            lines=[draft(world, BIOTIN, "1")],
            actor=world.actor(),
            now=NOW,
        )
    assert [name for name, _ in refused.value.errors] == [field]


def test_no_lines_are_refused(world: World) -> None:
    formulation = made(world)
    with pytest.raises(InvalidInput, match=r"^Add at least one line\.$"):
        save(world, formulation)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (LineDraft(1, Unit.ML, Decimal(2), dead_space=Decimal(2)), "dead_space"),
        (LineDraft(1, Unit.ML, Decimal(2), dead_space=Decimal(-1)), "dead_space"),
        (LineDraft(1, Unit.EACH, Decimal("0.5")), "quantity"),
        (
            LineDraft(1, Unit.ML, Decimal(2), substitutes=ITSELF),
            "substitute",
        ),
        (
            LineDraft(1, Unit.ML, Decimal(2), substitutes=NOTHING),
            "substitute",
        ),
    ],
)  # fmt: skip
def test_lines_that_may_not_stand(line: LineDraft, field: str) -> None:
    assert [(index, name) for index, name, _ in line_faults([line])] == [(0, field)]


def test_an_item_stands_in_one_line() -> None:
    assert [(index, name) for index, name, _ in line_faults([ONE, ONE])] == [(1, "item")]


def test_the_order_of_lines_says_nothing() -> None:
    other = LineDraft(2, Unit.ML, Decimal(1))
    assert same_recipe([ONE, other], [other, ONE]) is True
    assert same_recipe([ONE], [ONE, other]) is False


def costed(
    quantity: str, content: str, dose: Dose, minor: int | None, *, optional: bool = False
) -> CostedLine:
    cost = None if minor is None else Decimal(minor)
    return CostedLine(Decimal(quantity), Decimal(content), dose, optional, cost)


def test_a_single_dose_container_costs_whole() -> None:
    single = costed("0.12", "5", Dose.SINGLE, 450)
    multi = costed("2", "20", Dose.MULTI, 1000)
    pieces = costed("3", "1", Dose.NONE, 18)
    assert session_cost([single, multi, pieces]) == Decimal(450 + 100 + 54)


def test_an_unknown_cost_leaves_the_session_unknown_unless_optional() -> None:
    known = costed("1", "5", Dose.SINGLE, 450)
    assert session_cost([known, costed("1", "1", Dose.NONE, None)]) is None
    assert session_cost([known, costed("1", "1", Dose.NONE, None, optional=True)]) == 450
