"""What the macros of templates/components/ draw."""

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask_babel import Babel
from flask_wtf import CSRFProtect, FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import FieldList, FormField, HiddenField, IntegerField, RadioField, StringField
from wtforms.validators import InputRequired

from supply.config import ROOT
from supply.web.filters import register_filters
from supply.web.icons import icon_url

TODAY = date(2026, 11, 22)
Draw = Callable[..., str]
PLACES: Any = ["Fridge", "Room"]  # the type stubs know no plain strings yet


class LineForm(FlaskForm):
    class Meta:
        csrf = False

    lot = StringField("Lot", [InputRequired("Enter the lot.")])


class TakeInForm(FlaskForm):
    class Meta:
        csrf = False

    form_key = HiddenField(default="key-1")
    packs = IntegerField("Packs", [InputRequired("Enter how many.")], description="On the box.")
    place = RadioField("Place", [InputRequired("Choose.")], choices=PLACES)
    note = StringField("Note")
    lines = FieldList(FormField(LineForm), min_entries=1)


@pytest.fixture
def draw() -> Iterator[Draw]:
    app = Flask(__name__, template_folder=str(ROOT / "templates"))
    app.config.update(SECRET_KEY="test")
    Babel(app)
    CSRFProtect(app)
    register_filters(app)
    app.jinja_env.globals["icon_url"] = icon_url

    def drawn(source: str, **given: Any) -> str:
        text = render_template_string(
            '{% import "components/ui.html" as ui %}' + source, today=TODAY, **given
        )
        return " ".join(text.split())

    with app.test_request_context():
        yield drawn


@pytest.fixture
def refused() -> Callable[[], TakeInForm]:
    def make() -> TakeInForm:
        form = TakeInForm(MultiDict({"packs": "many", "note": "kept", "lines-0-lot": ""}))
        assert not form.validate()
        return form

    return make


def test_a_bad_pill_has_a_shape_beside_its_word(draw: Draw) -> None:
    drawn = draw('{{ ui.pill("On hold", "bad") }}')
    assert drawn.startswith('<span class="pill pill-bad"><svg class="icon" aria-hidden="true"')
    assert "#exclamation-octagon-fill" in drawn
    assert drawn.endswith("On hold</span>")


def test_what_is_written_by_people_is_escaped(draw: Draw) -> None:
    assert "&lt;b&gt;" in draw("{{ ui.pill(word) }}", word="<b>")
    assert "&lt;b&gt;" in draw("{{ ui.toast('success', word) }}", word="<b>")


def test_containers_come_before_the_base_unit(draw: Draw) -> None:
    drawn = draw(
        '{{ ui.containers(8, "vials", rest, "ml", total=total)|striptags }}',
        rest=Decimal("3.200"),
        total=Decimal("43.200"),
    )
    assert drawn == "8 vials + 3.2 ml open 43.2 ml"


@pytest.mark.parametrize(
    ("expiry", "words"),
    [
        (None, "No expiry date"),
        (TODAY, "Soon: today"),
        (date(2026, 12, 4), "Soon: in 12 days, 4 Dec"),
        (date(2026, 11, 21), "Expired yesterday, 21 Nov"),
        (date(2027, 6, 30), "in 7 months, 30 Jun 2027"),
    ],
)
def test_an_expiry_says_in_words_what_its_bar_shows(
    draw: Draw, expiry: date | None, words: str
) -> None:
    assert draw("{{ ui.expiry_bar(expiry, today)|striptags }}", expiry=expiry) == words


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (None, "No need known"),
        (0, "Out"),
        (1, "Low: 1 day"),
        (12, "12 days"),
        (400, "over 60 days"),
    ],
)
def test_cover_says_in_words_what_its_bar_shows(draw: Draw, days: int | None, words: str) -> None:
    assert draw("{{ ui.cover_bar(days, lead=5)|striptags }}", days=days) == words


def test_a_refused_field_keeps_its_text_and_names_its_error(
    draw: Draw, refused: Callable[[], TakeInForm]
) -> None:
    drawn = draw('{{ ui.field(form.packs, unit="packs", stepper=True) }}', form=refused())
    assert 'value="many"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert 'aria-describedby="packs-help packs-error"' in drawn
    assert '<p class="field-help" id="packs-help">On the box.</p>' in drawn
    assert 'id="packs-error"' in drawn
    assert "(optional)" not in drawn


def test_a_field_that_may_stay_empty_says_so(draw: Draw, refused: Callable[[], TakeInForm]) -> None:
    drawn = draw("{{ ui.field(form.note) }}", form=refused())
    assert 'Note <span class="field-optional">(optional)</span>' in drawn
    assert "aria-invalid" not in drawn


def test_the_summary_links_to_every_field_also_in_rows(
    draw: Draw, refused: Callable[[], TakeInForm]
) -> None:
    drawn = draw('{{ ui.error_summary(form, errors=["Too warm."]) }}', form=refused())
    assert 'role="alert" tabindex="-1"' in drawn
    assert "<li>Too warm.</li>" in drawn
    assert '<a href="#packs">Packs: Not a valid integer value.</a>' in drawn
    assert '<a href="#place">Place: Choose.</a>' in drawn
    assert '<a href="#lines-0-lot">Lot: Enter the lot.</a>' in drawn


def test_hidden_fields_carry_the_form_key(draw: Draw) -> None:
    drawn = draw("{{ ui.hidden_fields(form) }}", form=TakeInForm(MultiDict()))
    assert 'name="form_key"' in drawn
    assert 'name="packs"' not in drawn


def test_a_button_in_a_row_posts_with_its_token_and_names_the_row(draw: Draw) -> None:
    drawn = draw('{{ ui.post_button("Order", "/o", fields={"item": 7}, about="Biotin") }}')
    assert '<form class="inline-form" method="post" action="/o">' in drawn
    assert 'name="csrf_token" value="' in drawn
    assert '<input type="hidden" name="item" value="7">' in drawn
    assert 'Order<span class="sr-only">, Biotin</span></button>' in drawn


def test_a_toast_can_be_taken_back(draw: Draw) -> None:
    message = {"text": "Recorded.", "undo_url": "/undo/3", "fields": {"reason": "slip"}}
    drawn = draw("{{ ui.toast('undo', message) }}", message=message)
    assert '<p>Recorded.</p> <form class="inline-form" method="post" action="/undo/3">' in drawn
    assert '<input type="hidden" name="reason" value="slip">' in drawn


def test_a_sorted_column_says_its_direction(draw: Draw) -> None:
    assert 'aria-sort="descending"' in draw('{{ ui.sort_header("Item", "name", "-name", "?") }}')
    assert "aria-sort" not in draw('{{ ui.sort_header("Item", "name", "cover", "?") }}')


@pytest.mark.parametrize(
    "source",
    [
        '{{ ui.bar_chart("Cost", rows, "Item", "Cost") }}',
        '{{ ui.column_chart("Cost", rows, "Item", "Cost") }}',
        '{{ ui.line_chart("Cost", rows, "Item", "Cost", level=2) }}',
    ],
)
def test_a_chart_has_its_figures_in_a_table_and_no_style(draw: Draw, source: str) -> None:
    rows = [
        {"label": "Biotin", "value": Decimal("1.5"), "text": "€1.50"},
        {"label": "Needles", "value": Decimal(0), "text": "€0.00"},
    ]
    drawn = draw(source, rows=rows)
    assert '<th scope="row" class="main">Biotin</th><td class="key num">€1.50</td>' in drawn
    assert "style=" not in drawn
    assert "<table" in draw(source, rows=[])
