"""How many: the numbers of a pasted list, and the words beside them. Pure."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from supply.sentences import Sentence, say
from supply.text import fold, search_key

NUMBER = r"\d+(?:['.,]\d+)*"
"""A number with its signs between; spaces between thousands are written as an apostrophe."""

_GROUPED = re.compile(r"\d{1,3}(?:'\d{3})+(?:[.,]0*)?")
_GROUPS = re.compile(r"\d{1,3}(?:(?:\.\d{3}){2,}(?:,0*)?|(?:,\d{3}){2,}(?:\.0*)?)")
_GROUPS_AND_ZEROS = re.compile(r"\d{1,3}(?:\.\d{3}+,0+|,\d{3}+\.0+)")
_WHOLE = re.compile(r"\d+(?:[.,]0{0,2})?")
_TWO_WAYS = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PACK_WORDS = _words(
    """pack packs pk pks pkg pkgs pkt package packages packet packets pck pckg packung packungen
    pack. box boxes bx karton kartons carton cartons ctn ctns schachtel schachteln boite boites
    paquet paquets caja cajas scatola scatole confezione confezioni doos ve x mal"""
)
"""What people call a pack, folded without accents."""

CONTAINER_WORDS = _words(
    """vial vials ampoule ampoules ampulle ampullen amp amps syringe syringes spritze spritzen
    seringue seringues tube tubes tuben bottle bottles flasche flaschen flacon flacons fiole
    fioles flaschchen durchstechflasche durchstechflaschen cartridge cartridges"""
)
"""What people call one container of a pack."""

PIECE_WORDS = _words(
    """pc pcs piece pieces stk stuck stucke st ea each unit units unite unites einheit einheiten
    pz pza pezzi stuks"""
)
"""What may be a pack or a container."""


class Of(enum.Enum):
    """What a number counts."""

    PACKS = "packs"
    CONTAINERS = "containers"
    PIECES = "pieces"
    """Either: the list does not say."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many, of what; ``number`` None and a ``doubt`` where a person has to say."""

    number: int | None
    of: Of = Of.PACKS
    doubt: Sentence | None = None


def of_word(word: str) -> Of | None:
    """Return what a word beside a number says it counts; None: it is no such word."""
    folded = search_key(word).strip(" .()[]")
    if not folded or folded in PACK_WORDS:
        return Of.PACKS
    if folded in CONTAINER_WORDS:
        return Of.CONTAINERS
    return Of.PIECES if folded in PIECE_WORDS else None


def count(text: str, of: Of = Of.PACKS) -> Count:
    """Return the count that a number of :data:`NUMBER` is, in whatever style it is written."""
    bare = fold(text)
    if _WHOLE.fullmatch(bare):
        return _whole(re.split("[.,]", bare)[0], of)
    if any(way.fullmatch(bare) for way in (_GROUPED, _GROUPS, _GROUPS_AND_ZEROS)):
        decimals = re.search(r"[.,]0*$", bare) if not _GROUPS.fullmatch(bare) else None
        whole = bare[: decimals.start()] if decimals and _ends_in_decimals(bare) else bare
        return _whole(re.sub(r"\D", "", whole), of)
    if _TWO_WAYS.fullmatch(bare):
        return two_ways(text, of)
    return Count(None, of, say("“%(number)s” is no whole number: say how many packs.", number=text))


def two_ways(text: str, of: Of = Of.PACKS) -> Count:
    """Return that a number may mean this or that, and a person has to say."""
    doubt = say("“%(number)s” can be read in two ways: say how many packs.", number=text)
    return Count(None, of, doubt)


def _ends_in_decimals(bare: str) -> bool:
    """Return whether zeros after the last sign are decimals and no group of thousands."""
    return bool(re.search(r"'\d{3}[.,]0*$|\.\d{3},0*$|,\d{3}\.0*$", bare))


def _whole(digits: str, of: Of) -> Count:
    number = int(digits) if len(digits) <= 6 else None
    if not number:
        doubt = say("“%(number)s” is no number of packs: say how many.", number=digits)
        return Count(None, of, doubt)
    return Count(number, of)
