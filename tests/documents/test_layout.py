"""Documents print every name that people have, whatever they write it with."""

from __future__ import annotations

import logging

import pytest

from supply.documents import layout


def _made(*texts: str) -> bytes:
    page = layout.new_page("PO-1")
    layout.heading(page, texts[0])
    layout.lines(page, texts)
    layout.table(
        page, (1, 1), ("LEFT", "RIGHT"), [("Name", "Packs"), *((text, "1") for text in texts)]
    )
    return layout.finished(page)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("Žukaitė & Łódź", "Žukaitė & Łódź"),
        ("Клиника Αθήνα", "Клиника Αθήνα"),
        ("מרפאה عيادة", "מרפאה عيادة"),
        ("北京诊所 東京クリニック 서울 클리닉", "北京诊所 東京クリニック 서울 클리닉"),
        ("คลินิก", "khlinik"),
        ("Clinic 💉", "Clinic :syringe:"),
    ],
)
def test_every_script_is_printed_or_spelt(
    caplog: pytest.LogCaptureFixture, written: str, printed: str
) -> None:
    page = layout.new_page("PO-1")
    assert layout.readable(page, written) == printed
    layout.finished(page)
    with caplog.at_level(logging.WARNING, logger="fpdf"):
        assert _made(written).startswith(b"%PDF-")
    assert caplog.messages == []  # fpdf names the signs that it prints nothing for


def test_the_large_font_is_read_only_where_it_is_needed() -> None:
    assert b"NotoSansCJK" not in _made("Aurora Riga", "Ελλάδα")
    assert b"NotoSansCJK" in _made("Aurora Riga", "東京")


def test_a_word_longer_than_the_page_goes_on_in_the_next_line() -> None:
    page = layout.new_page("PO-1")
    layout.lines(page, ["W" * 300])
    assert page.get_y() > page.t_margin + 3 * 6
    assert len(layout.finished(page)) > 1000


@pytest.mark.parametrize(
    ("text", "shaped"), [("Žukaitė", False), ("東京", False), ("מרפאה", True), ("عيادة 5", True)]
)
def test_letters_from_the_right_are_ordered_and_joined(text: str, shaped: bool) -> None:
    page = layout.new_page("PO-1")
    layout.lines(page, [text])
    assert (page.text_shaping is not None) is shaped
    layout.finished(page)
