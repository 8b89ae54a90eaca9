"""What an e-mail address is, and in which one form it is kept."""

from __future__ import annotations

import pytest

from supply import addresses
from supply.addresses import AddressError

EXAMPLE = "Enter an e-mail address, such as name@clinic.example."
ONE = "Enter one e-mail address only."
LONG = "This e-mail address is too long to be one. Check it."


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna.Berg+Stock@Example.ORG\t", "anna.berg+stock@example.org"),
        ("o'brien@example.org", "o'brien@example.org"),
        ("anna@müller.de", "anna@xn--mller-kva.de"),
        ("anna@MÜLLER.de", "anna@xn--mller-kva.de"),
        ("anna@mu\u0308ller.de", "anna@xn--mller-kva.de"),
        ("Anna@XN--MLLER-KVA.DE", "anna@xn--mller-kva.de"),
        ("anna@faß.de", "anna@xn--fa-hia.de"),
        ("anna@例え.jp", "anna@xn--r8jz45g.jp"),
        ("anna＠example。org", "anna@example.org"),
        ("ａｎｎａ@example.org", "anna@example.org"),
        ("\ufeffanna@exam\u200bple.org\u200e", "anna@example.org"),
        ("\u00a0anna@example.org\u00a0\r\n", "anna@example.org"),
        ("mailto:anna@example.org", "anna@example.org"),
        ("MAILTO:anna%2Bstock@example.org?subject=Order", "anna+stock@example.org"),
        ("Anna Berg <anna@example.org>", "anna@example.org"),
        ("<anna@example.org>", "anna@example.org"),
        ("Anna@example.org <anna@example.org>", "anna@example.org"),
        ("anna@example.org.", "anna@example.org"),
        ("root@localhost", "root@localhost"),
        ("desk@practice.local", "desk@practice.local"),
        (f"{'a' * 64}@example.org", f"{'a' * 64}@example.org"),
    ],
)
def test_an_address_has_one_form(typed: str, kept: str) -> None:
    assert addresses.kept(typed) == kept
    assert addresses.kept(kept) == kept
    assert addresses.is_mailable(typed)
    assert kept.isascii()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", EXAMPLE),
        ("anna", EXAMPLE),
        ("@example.org", EXAMPLE),
        ("anna@", EXAMPLE),
        ("anna berg@example.org", EXAMPLE),
        ("anna..berg@example.org", EXAMPLE),
        ("anna.@example.org", EXAMPLE),
        ("anna@exam_ple.org", EXAMPLE),
        ("anna@-example.org", EXAMPLE),
        ("anna@[127.0.0.1]", EXAMPLE),
        ("anna@xn--a.de", EXAMPLE),
        (f"anna@{'b' * 64}.org", EXAMPLE),
        ("anna@example.org\nBcc: eve", EXAMPLE),
        ("anna\r\n@example.org", EXAMPLE),
        ("an\x00na@example.org", EXAMPLE),
        ("anna@example.org\nBcc: eve@example.com", ONE),
        ("mailto:anna@example.org%0ABcc:eve@example.com", ONE),
        ("anna@example.org, eve@example.org", ONE),
        ("anna@example.org;eve@example.org", ONE),
        ("anna@example.org eve@example.org", ONE),
        ("eve@example.org <anna@example.org>", ONE),
        ('"anna berg"@example.org', "Enter an e-mail address without quotation marks."),
        (f"{'a' * 65}@example.org", LONG),
        (f"anna@{'.'.join(['ü' * 50] * 8)}.org", LONG),
        ("a" * 100_000 + "@example.org", LONG),
    ],
)
def test_what_is_no_address_is_told_why(typed: str, says: str) -> None:
    with pytest.raises(AddressError) as refused:
        addresses.kept(typed)
    assert str(refused.value.sentence) == says
    assert not addresses.is_mailable(typed)


@pytest.mark.parametrize(("typed", "letters"), [("jörg@example.com", "ö"), ("аnnа@b.de", "а")])
def test_letters_that_do_not_travel_are_named(typed: str, letters: str) -> None:
    with pytest.raises(AddressError) as refused:
        addresses.kept(typed)
    assert str(refused.value.sentence) == (
        f"Mail to an address with {letters} before the @ does not arrive everywhere."
        " Ask for one with plain letters (a to z) there."
    )


def test_looking_up_finds_every_earlier_form_and_takes_any_text() -> None:
    assert addresses.spellings("Anna@Müller.de ") == [
        "anna@xn--mller-kva.de",
        "anna@müller.de",
        "Anna@Müller.de",
    ]
    assert addresses.spellings("Jörg@example.com") == ["jörg@example.com", "Jörg@example.com"]
    assert addresses.spellings("\x00") == addresses.spellings("\udcff") == []
    assert addresses.counted_as(" ANNA@müller.de") == "anna@xn--mller-kva.de"
    assert addresses.counted_as("\x00") == ""


def test_an_address_is_shown_in_its_own_script() -> None:
    assert addresses.shown("anna@xn--mller-kva.de") == "anna@müller.de"
    assert addresses.shown("jörg@example.com") == "jörg@example.com"


def test_a_name_may_go_before_the_sender() -> None:
    assert addresses.named("Supply of Rīga <supply@müller.de>") == (
        "Supply of Rīga",
        "supply@xn--mller-kva.de",
    )
    assert addresses.named('"Supply, Inc." <supply@localhost>') == (
        "Supply, Inc.",
        "supply@localhost",
    )
    assert addresses.named("supply@localhost") == ("", "supply@localhost")
