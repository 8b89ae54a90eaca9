"""What a version says and how two differ, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from flask_babel import gettext as _

from supply.catalogue.wording import unit_word
from supply.formulations.comparing import Difference, Said
from supply.formulations.terms import Per
from supply.items.models import Item
from supply.web.filters import quantity

Items = Mapping[int, Item]


def said_in_words(said: Said | None, items: Items) -> str:
    """Return what a version says of an item: "2 ml for each area, optional"; "" for nothing."""
    if said is None:
        return ""
    item = items[said.item_id]
    parts = [_amount(said.quantity, item)]
    if said.per is Per.AREA:
        parts = [str(_("%(amount)s for each area", amount=parts[0]))]
    if said.optional:
        parts.append(str(_("optional")))
    if said.dead_space:
        kept = _amount(said.dead_space, item)
        parts.append(str(_("%(amount)s stays in the syringe", amount=kept)))
    parts += [
        str(
            _(
                "or %(amount)s of %(item)s",
                amount=_amount(much, items[other]),
                item=items[other].name,
            )
        )
        for other, much in said.substitutes
    ]
    return ", ".join(parts)


def changes_in_words(one: Difference, items: Items) -> list[str]:
    """Return what became of a line, a sentence each; nothing where it says the same."""
    if one.before is None:
        return [str(_("Added."))]
    if one.after is None:
        return [str(_("Taken out."))]
    return list(_changes(one.before, one.after, items))


def _changes(before: Said, after: Said, items: Items) -> Iterator[str]:
    item = items[after.item_id]
    if before.quantity != after.quantity:
        was, now = _amount(before.quantity, item), _amount(after.quantity, item)
        yield (
            str(_("More: %(now)s instead of %(was)s.", now=now, was=was))
            if after.quantity > before.quantity
            else str(_("Less: %(now)s instead of %(was)s.", now=now, was=was))
        )
    if before.per != after.per:
        yield str(_("Now for each area.") if after.per is Per.AREA else _("Now for the session."))
    if before.optional != after.optional:
        yield str(_("Now optional.") if after.optional else _("No longer optional."))
    if before.dead_space != after.dead_space:
        yield _syringe(after.dead_space, item)
    yield from _stand_ins(before, after, items)


def _syringe(dead_space: Decimal, item: Item) -> str:
    if not dead_space:
        return str(_("Nothing stays in the syringe now."))
    return str(_("Now %(amount)s stays in the syringe.", amount=_amount(dead_space, item)))


def _stand_ins(before: Said, after: Said, items: Items) -> Iterator[str]:
    once, now = dict(before.substitutes), dict(after.substitutes)
    for other, much in now.items():
        named = {"item": items[other].name, "amount": _amount(much, items[other])}
        if other not in once:
            yield str(_("%(item)s may stand in now (%(amount)s).", **named))
        elif once[other] != much:
            yield str(_("Of %(item)s, %(amount)s stands in now.", **named))
    for other in once:
        if other not in now:
            yield str(_("%(item)s may no longer stand in.", item=items[other].name))


def _amount(value: Decimal, item: Item) -> str:
    return f"{quantity(value)} {unit_word(item.unit, value)}"
