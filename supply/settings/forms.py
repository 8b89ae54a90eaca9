"""Forms of the settings pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply.accounts.models import Practice, Supplier
from supply.accounts.names import DAYS, ROLE_HELP, ROLE_NAMES, locale_choices
from supply.accounts.passwords import LONGEST_TYPED
from supply.accounts.terms import PRACTICE_ROLES, SUPPLIER_ROLES
from supply.web.fields import WholeField, at_most, needed
from supply.web.forms import ActionForm

_ENTER = InputRequired(_l("Enter this."))
_NAME = Length(max=200, message=_l("Shorten this to %(max)d characters."))


class CheckListField(SelectMultipleField):
    """Several check boxes under one legend."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MembershipForm(FlaskForm):
    """A member's role and what goes with it."""

    role = RadioField(_l("Role"), [_ENTER])
    clinics = CheckListField(
        _l("Only in these clinics"), coerce=int, description=_l("None chosen: in all of them.")
    )
    order_limit = StringField(
        _l("Orders above this need an owner's approval"),
        [Optional(), Length(max=20)],
        description=_l("Empty: no limit."),
    )
    certificate_valid_to = DateField(
        _l("Certificate valid until"),
        [Optional()],
        description=_l("A practitioner records sessions and waste until this day."),
    )
    digest = BooleanField(_l("Gets the daily mail"))

    def fit(self, place: Practice | Supplier) -> None:
        """Offer the roles and clinics of ``place``, and only what makes sense there."""
        of_practice = isinstance(place, Practice)
        roles = PRACTICE_ROLES if of_practice else SUPPLIER_ROLES
        self.role.choices = [
            (role.value, f"{ROLE_NAMES[role]}: {ROLE_HELP[role]}") for role in roles
        ]
        if isinstance(place, Practice):
            self.clinics.choices = [(clinic.id, clinic.name) for clinic in place.clinics]
            return
        for name in ("clinics", "order_limit", "certificate_valid_to", "digest"):
            del self[name]


class InviteForm(MembershipForm):
    """Whom to invite, and as what."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    email = StringField(_l("E-mail"), [_ENTER, Length(max=254)])

    def fit(self, place: Practice | Supplier) -> None:
        """Offer what `MembershipForm` does; the daily mail is chosen once there is a member."""
        super().fit(place)
        if "digest" in self:
            del self["digest"]


class MendForm(FlaskForm):
    """Another e-mail for a member whom no mail reaches; it needs one's own password again."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    email = StringField(_l("E-mail"), [_ENTER, Length(max=254)])
    own_password = PasswordField(
        _l("Your password"),
        [_ENTER, Length(max=LONGEST_TYPED)],
        description=_l("Yours, not theirs."),
    )


class ClinicForm(FlaskForm):
    """A clinic's name, place and hours."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    address = TextAreaField(_l("Address"), [Optional(), Length(max=1000)])
    timezone = StringField(
        _l("Time zone"), [_ENTER, Length(max=60)], description=_l("Such as Europe/Rome.")
    )
    locale = SelectField(_l("Language and formats"))
    opening_days = CheckListField(_l("Open on"), coerce=int)
    digest_hour = IntegerField(
        _l("Daily mail at"),
        [_ENTER, NumberRange(0, 23, _l("Enter an hour from 0 to 23."))],
        description=_l("On the clinic's clock."),
    )
    expiring_days = IntegerField(
        _l("Say that a lot expires"),
        [_ENTER, NumberRange(1, 730, _l("Enter 1 to 730 days."))],
        description=_l("Days before its date."),
    )

    def fit(self, locale: str | None) -> None:
        """Offer days and locales, among them the one in use."""
        self.locale.choices = locale_choices(locale)
        self.opening_days.choices = list(enumerate(DAYS))


class NewClinicForm(ClinicForm):
    """A clinic that is not there yet."""

    code = StringField(
        _l("Code"),
        [_ENTER, Length(max=40)],
        description=_l("Short, for addresses and files, such as rome-1. It stays."),
    )
    currency = StringField(
        _l("Currency"), [_ENTER, Length(min=3, max=3)], description=_l("Such as EUR. It stays.")
    )


class PracticeForm(FlaskForm):
    """The practice itself."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    locale = SelectField(_l("Language and formats"))
    licence_number = StringField(
        _l("Licence number"),
        [Optional(), Length(max=100)],
        description=_l("To buy prescription-only products."),
    )
    licence_valid_to = DateField(_l("Licence valid until"), [Optional()])


class SupplierForm(ActionForm):
    """A supplier of the practice's own."""

    name = StringField(_l("Name"), [needed(_l("Enter the supplier's name.")), at_most(200)])
    email = StringField(
        _l("E-mail for orders"),
        [needed(_l("Enter the e-mail its orders go to.")), at_most(254)],
        description=_l("Orders go there with a PDF and a CSV file."),
    )
    address = TextAreaField(_l("Address"), [Optional(), at_most(1000)])
    currency = SelectField(
        _l("Currency of its prices"), description=_l("One that your clinics buy in.")
    )
    lead_time_days = WholeField(
        _l("Lead time"),
        [needed(_l("Enter the lead time: days from order to delivery."))],
        least=0,
        most=365,
        description=_l("From order to delivery, as a rule."),
    )
