"""Forms of the catalogue pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import DateField, HiddenField, IntegerField, StringField
from wtforms.validators import InputRequired, Length, Optional


class TermsForm(FlaskForm):
    """What a supplier may change on a product."""

    name = StringField(_l("Name"), [InputRequired(_l("Enter a name.")), Length(max=300)])
    lead_time_days = IntegerField(_l("Lead time"), [Optional()])
    minimum_order_packs = IntegerField(
        _l("Minimum order"), [InputRequired(_l("Enter a number of packs."))]
    )
    minimum_remaining_days = IntegerField(_l("Remaining shelf life promised"), [Optional()])
    form_key = HiddenField()


class PriceForm(FlaskForm):
    """A price from a day and a number of packs on."""

    price = StringField(_l("Price of a pack"), [InputRequired(_l("Enter a price."))])
    currency = StringField(
        _l("Currency"), [InputRequired(_l("Enter a currency, such as EUR.")), Length(max=3)]
    )
    from_packs = IntegerField(_l("From packs"), [InputRequired(_l("Enter a number of packs."))])
    valid_from = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    form_key = HiddenField()


class UploadForm(FlaskForm):
    """A catalogue file."""

    file = FileField(_l("Catalogue file"), [FileRequired(_l("Choose a CSV or XLSX file."))])
