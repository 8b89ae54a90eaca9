"""Storage words of catalogues and labels."""

from decimal import Decimal

import pytest

from supply.catalogue.storage import (
    StorageRead,
    UnknownStorageError,
    class_of,
    parse_storage,
    to_celsius,
)
from supply.catalogue.terms import Storage

CLASSES = [
    ("2-25C", Storage.EITHER),
    ("0-25C", Storage.EITHER),
    ("-20-40C", Storage.EITHER),
    ("20-25C", Storage.AMBIENT),
    ("15-25C", Storage.AMBIENT),
    ("15 – 30 °C", Storage.AMBIENT),
    ("18 to 25 °C", Storage.AMBIENT),
    ("<=25C", Storage.AMBIENT),
    ("≤ 30 °C", Storage.AMBIENT),
    ("below 25°C", Storage.AMBIENT),
    ("5-40C", Storage.AMBIENT),
    ("ambient", Storage.AMBIENT),
    ("room temperature", Storage.AMBIENT),
    ("2-8C", Storage.COLD),
    ("2°C - 8°C", Storage.COLD),
    ("+2-8C".removeprefix("+"), Storage.COLD),
    ("<=8C", Storage.COLD),
    ("refrigerated", Storage.COLD),
    ("-20C", Storage.FROZEN),
    ("-25 to -15 °C", Storage.FROZEN),
    ("frozen", Storage.FROZEN),
    ("36-46F", Storage.COLD),
    ("36-77 °F", Storage.EITHER),
    ("59-77F", Storage.AMBIENT),
    ("68 to 77 degrees Fahrenheit", Storage.AMBIENT),
    ("<=86F", Storage.AMBIENT),
    ("-4F", Storage.FROZEN),
    ("20-25 Degrees Celsius", Storage.AMBIENT),
]


@pytest.mark.parametrize(("text", "storage"), CLASSES)
def test_temperatures_name_their_class(text: str, storage: Storage) -> None:
    assert parse_storage(text) == StorageRead(storage)


def test_flags_are_read_beside_the_temperature() -> None:
    assert parse_storage("2-8C; do_not_freeze; protect_from_light") == StorageRead(
        Storage.COLD, keep_dark=True, do_not_freeze=True
    )
    assert parse_storage("ambient; dry") == StorageRead(Storage.AMBIENT, keep_dry=True)
    assert parse_storage("15-25C, Flammable") == StorageRead(Storage.AMBIENT, flammable=True)


@pytest.mark.parametrize(
    "text",
    [
        "28-33C",
        "46-59F",
        "15-20C",
        "22-27C",
        "2-6C",
        "31-54C",
        "<=40F",
    ],
)
def test_what_fits_no_class_is_refused(text: str) -> None:
    with pytest.raises(UnknownStorageError, match=r"^No storage class fits this temperature\."):
        parse_storage(text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Say at what temperature it is kept."),
        ("protect_from_light", "Say at what temperature it is kept."),
        ("2-8C; 15-25C", "The temperatures contradict each other."),
        ("8-2C", "The lower temperature is above the upper one."),
        ("2-8", "“2-8” is no storage this catalogue knows."),
        ("cool place", "“cool place” is no storage this catalogue knows."),
        ("2-8K", "“2-8k” is no storage this catalogue knows."),
        (">=15C", "“>=15c” is no storage this catalogue knows."),
    ],
)
def test_unknown_words_are_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(UnknownStorageError) as refused:
        parse_storage(text)
    assert str(refused.value).startswith(message)


def test_a_missing_lower_bound_does_not_promise_a_fridge() -> None:
    assert class_of(None, Decimal(25)) is Storage.AMBIENT
    assert class_of(Decimal(2), Decimal(25)) is Storage.EITHER


def test_fahrenheit_becomes_the_whole_degrees_labels_print() -> None:
    degrees = [Decimal(f) for f in (-4, 32, 36, 46, 59, 68, 77, 86)]
    assert [to_celsius(f, "F") for f in degrees] == [-20, 0, 2, 8, 15, 20, 25, 30]
    assert to_celsius(Decimal("2.5"), "C") == Decimal("2.5")
