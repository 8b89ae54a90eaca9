"""Forms of the catalogue pages. They check shape; services hold the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    BooleanField,
    HiddenField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply.catalogue import wording
from supply.catalogue.importing.reading import (
    MAXIMUM_DAYS,
    MAXIMUM_HOURS,
    MAXIMUM_MONTHS,
    MAXIMUM_PACK,
)
from supply.catalogue.terms import Availability, Dose, Storage
from supply.quantity import Unit
from supply.vat.terms import TaxClass
from supply.vat.wording import CLASS_WORDS
from supply.web.fields import DayField, WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm


def _availability() -> SelectField:
    return SelectField(_l("Availability"), [Optional()])


def _expected_on() -> DayField:
    return DayField(
        _l("Expected again"),
        [Optional()],
        description=_l("For what is short or not available, where you know it."),
    )


def _successor() -> StringField:
    return StringField(
        _l("Replaced by"),
        [at_most(80)],
        description=_l("The SKU of your product that follows it. Clinics are told, not switched."),
    )


def _tax_class() -> SelectField:
    return SelectField(
        _l("VAT"),
        [Optional()],
        description=_l("What it is to the tax law of your country, which says the rate."),
    )


class TermsForm(PageForm):
    """What a supplier may change on a product."""

    name = StringField(_l("Name"), [needed(_l("Enter a name.")), at_most(300)])
    lead_time_days = WholeField(_l("Lead time"), [Optional()], least=0, most=MAXIMUM_DAYS)
    minimum_order_packs = WholeField(
        _l("Minimum order"),
        [needed(_l("Enter how many packs one orders at least."))],
        least=1,
        most=MAXIMUM_PACK,
    )
    minimum_remaining_days = WholeField(
        _l("Remaining shelf life promised"), [Optional()], least=0, most=MAXIMUM_DAYS
    )
    availability = _availability()
    expected_on = _expected_on()
    successor = _successor()
    tax_class = _tax_class()
    form_key = HiddenField()

    def __init__(self, *given: Any, **more: Any) -> None:
        """Offer the classes that tax law knows, and whether it can be had."""
        super().__init__(*given, **more)
        _offer_terms(self)


def _offer_terms(form: TermsForm | ProductForm) -> None:
    form.tax_class.choices = [(one.value, CLASS_WORDS[one]) for one in TaxClass]
    form.availability.choices = [
        (one.value, wording.AVAILABILITY_WORDS[one]) for one in Availability
    ]


class PriceForm(PageForm):
    """A price from a day and a number of packs on."""

    price = StringField(_l("Pack price"), [needed(_l("Enter a price."))])
    currency = StringField(
        _l("Currency"), [needed(_l("Enter a currency, such as EUR.")), at_most(3)]
    )
    from_packs = WholeField(
        _l("From packs"),
        [needed(_l("Enter from how many packs on it holds."))],
        least=1,
        most=MAXIMUM_PACK,
    )
    valid_from = DayField(_l("From"), [needed(_l("Choose the day it begins."))])
    valid_to = DayField(_l("Last day"), [Optional()])
    practice = StringField(
        _l("For"),
        [at_most(40)],
        description=_l("A practice's code, for a price of its own. Empty: everyone."),
    )
    form_key = HiddenField()


class EndForm(PageForm):
    """The last day of a price."""

    valid_to = DayField(_l("Last day"), [Optional()], description=_l("Empty: it goes on."))
    form_key = HiddenField()


class UploadForm(PageForm):
    """A catalogue file."""

    file = FileField(_l("Catalogue file"), [FileRequired(_l("Choose a CSV or XLSX file."))])


class ChoicesField(SelectMultipleField):
    """Several check boxes under one legend."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class ProductForm(ActionForm):
    """All that is known of a product, as a row of a catalogue file would say it."""

    name = StringField(_l("Name"), [needed(_l("Enter a name.")), at_most(300)])
    sku = StringField(
        _l("SKU"),
        [needed(_l("Enter the SKU: the code it is ordered by.")), at_most(80)],
        description=_l("The code it is ordered by. It stays."),
    )
    category = SelectField(_l("Category"), [needed(_l("Choose a category."))], default="")
    kind = SelectField(_l("Comes in"), default="")
    unit = SelectField(
        _l("Measured in"), [needed(_l("Choose what it is measured in."))], default=""
    )
    containers_per_pack = StringField(
        _l("Containers in a pack"),
        [needed(_l("Enter how many containers, or pieces, are in a pack."))],
    )
    content_per_container = StringField(
        _l("Content of a container"),
        [needed(_l("Enter how much one container holds."))],
        description=_l("In the unit chosen above; 1 for what is counted in pieces."),
    )
    dose = SelectField(_l("Once opened"), default="")
    storage = SelectField(
        _l("Kept at"), [needed(_l("Choose at what temperature it is kept."))], default=""
    )
    keeping = ChoicesField(_l("Also"))
    price = StringField(_l("Pack price"), description=_l("Empty: it cannot be ordered yet."))
    gtin = StringField(
        _l("Barcode of a pack (GTIN)"), description=_l("Scan it here, so that boxes are known.")
    )
    prescription_only = BooleanField(_l("Prescription only"))
    ingredients = TextAreaField(
        _l("Ingredients"),
        description=_l("One a line with its strength, such as: tranexamic acid 100 mg/ml"),
    )
    allergens = ChoicesField(_l("Allergens it carries"))
    concerns = ChoicesField(_l("Given for"))
    needle_gauge = StringField(
        _l("Needle gauge"),
        [at_most(20)],
        description=_l("Such as 30G. Empty: as the name says."),
    )
    needle_length = StringField(_l("Needle length"), [at_most(20)])
    manufacturer = StringField(_l("Manufacturer"), [at_most(200)])
    shelf_life_months = WholeField(_l("Shelf life"), [Optional()], least=1, most=MAXIMUM_MONTHS)
    after_opening_hours = WholeField(
        _l("Lasts once opened"),
        [Optional()],
        least=1,
        most=MAXIMUM_HOURS,
        description=_l("For multi-dose containers. Empty: to the expiry date."),
    )
    lead_time_days = WholeField(_l("Lead time"), [Optional()], least=0, most=MAXIMUM_DAYS)
    minimum_order_packs = WholeField(_l("Minimum order"), [Optional()], least=1, most=MAXIMUM_PACK)
    minimum_remaining_days = WholeField(
        _l("Remaining shelf life promised"), [Optional()], least=0, most=MAXIMUM_DAYS
    )
    regulatory_class = StringField(_l("Class"), [at_most(200)])
    source = StringField(
        _l("Where these facts come from"),
        [at_most(2_000)],
        description=_l("Such as: instructions for use, edition 2026-03. Clinics read it."),
    )
    availability = _availability()
    expected_on = _expected_on()
    successor = _successor()
    tax_class = _tax_class()

    def fit(self) -> None:
        """Offer what a product may be; what it has that we have no word for stays as it is."""
        choose = ("", _l("Choose"))
        self.category.choices = [choose, *_with_kept(wording.CATEGORY_WORDS, self.category)]
        self.kind.choices = [*_with_kept(wording.KIND_WORDS, self.kind), ("", _l("Something else"))]
        self.unit.choices = [choose, *((unit.value, wording.UNIT_WORDS[unit]) for unit in Unit)]
        self.dose.choices = [
            ("", _l("As usual for what it is")),
            *((dose.value, wording.DOSE_WORDS[dose]) for dose in Dose if dose is not Dose.NONE),
        ]
        self.storage.choices = [
            choose, *((kept.value, wording.STORAGE_WORDS[kept]) for kept in Storage)
        ]  # fmt: skip
        self.keeping.choices = list(wording.KEEPING_WORDS.items())
        self.allergens.choices = _with_kept(wording.ALLERGEN_WORDS, self.allergens)
        self.concerns.choices = _with_kept(wording.CONCERN_WORDS, self.concerns)
        _offer_terms(self)


def _with_kept(
    words: Mapping[str, LazyString], field: SelectField | SelectMultipleField
) -> list[tuple[str, LazyString | str]]:
    """Return the choices in words, and whatever of ours ``field`` starts with beside them."""
    kept = field.object_data or ()
    codes = [kept] if isinstance(kept, str) else list(kept)
    others = [(code, wording.written_out(code)) for code in codes if code and code not in words]
    return [*words.items(), *others]
