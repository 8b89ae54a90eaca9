"""Forms of the settings pages. They check shape; services hold the rules."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from supply.accounts.models import Practice, Supplier
from supply.accounts.names import DAYS, ROLE_HELP, ROLE_NAMES, locale_choices
from supply.accounts.own_suppliers import LONGEST_ADDRESS, LONGEST_LEAD_DAYS
from supply.accounts.passwords import LONGEST_TYPED
from supply.accounts.terms import PRACTICE_ROLES, SUPPLIER_ROLES
from supply.conditions.services import LONGEST_PAYMENT_DAYS
from supply.countries import names
from supply.text import fold
from supply.web.fields import DayField, WholeField, at_most, needed
from supply.web.forms import ActionForm, PageForm

_NAME = (needed(_l("Enter a name.")), at_most(200))


class CheckListField(SelectMultipleField):
    """Several check boxes under one legend."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class MembershipForm(PageForm):
    """A member's role and what goes with it."""

    role = RadioField(_l("Role"), [needed(_l("Choose a role."))])
    clinics = CheckListField(
        _l("Only in these clinics"), coerce=int, description=_l("None chosen: in all of them.")
    )
    order_limit = StringField(
        _l("Orders above this need an owner's approval"),
        [Optional(), at_most(20)],
        description=_l(
            "Empty: no limit. With one, orders in other currencies always need approval."
        ),
    )
    certificate_kind = StringField(
        _l("Certificate"),
        [Optional(), at_most(80)],
        description=_l("Its kind, such as Aesthetic medicine, level 7."),
    )
    certificate_number = StringField(_l("Certificate number"), [Optional(), at_most(80)])
    certificate_valid_to = DayField(
        _l("Certificate valid until"),
        [Optional()],
        description=_l(
            "A practitioner records sessions and waste through this day."
            " They and the owners are told 60 days before."
        ),
    )
    digest = BooleanField(_l("Gets the daily mail"))
    receives_prescription_only = BooleanField(_l("May receive prescription-only goods"))

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
        for name in (
            "clinics",
            "order_limit",
            "certificate_kind",
            "certificate_number",
            "certificate_valid_to",
            "digest",
            "receives_prescription_only",
        ):
            del self[name]


class InviteForm(MembershipForm):
    """Whom to invite, and as what."""

    name = StringField(_l("Name"), _NAME)
    email = StringField(_l("E-mail"), [needed(_l("Enter an e-mail address.")), at_most(254)])

    def fit(self, place: Practice | Supplier) -> None:
        """Offer what `MembershipForm` does, but for what is chosen once there is a member."""
        super().fit(place)
        for name in {"digest", "receives_prescription_only"} & set(self._fields):
            del self[name]


class MendForm(PageForm):
    """Another e-mail for a member whom no mail reaches; it needs one's own password again."""

    name = StringField(_l("Name"), _NAME)
    email = StringField(_l("E-mail"), [needed(_l("Enter an e-mail address.")), at_most(254)])
    own_password = PasswordField(
        _l("Your password"),
        [needed(_l("Enter your own password.")), at_most(LONGEST_TYPED)],
        description=_l("Yours, not theirs."),
    )


class SecondStepForm(PageForm):
    """The roles that are asked for a second step."""

    roles = CheckListField(_l("Ask for a second step"))

    def fit(self, place: Practice | Supplier) -> None:
        """Offer the roles of ``place``."""
        roles = PRACTICE_ROLES if isinstance(place, Practice) else SUPPLIER_ROLES
        self.roles.choices = [(role.value, ROLE_NAMES[role]) for role in roles]
        self.roles.flags.required = True  # none chosen is an answer too


class ResetStepForm(PageForm):
    """Resetting a member's second step; it needs one's own password again."""

    own_password = PasswordField(
        _l("Your password"),
        [needed(_l("Enter your own password.")), at_most(LONGEST_TYPED)],
        description=_l("Yours, not theirs."),
    )


class ClinicForm(PageForm):
    """A clinic's name, place and hours."""

    name = StringField(_l("Name"), _NAME)
    address = TextAreaField(_l("Address"), [Optional(), at_most(1000)])
    timezone = StringField(
        _l("Time zone"),
        [needed(_l("Enter a time zone.")), at_most(60)],
        description=_l("Such as Europe/Rome."),
    )
    locale = SelectField(_l("Language and formats"))
    opening_days = CheckListField(_l("Open on"), coerce=int)
    digest_hour = WholeField(
        _l("Daily mail at"),
        [needed(_l("Enter the hour of the daily mail."))],
        least=0,
        most=23,
        description=_l("On the clinic's clock."),
    )
    expiring_days = WholeField(
        _l("Warn before expiry"),
        [needed(_l("Enter how many days before expiry to warn."))],
        least=1,
        most=730,
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
        [needed(_l("Enter a code.")), at_most(40)],
        description=_l("Short, for addresses and files, such as rome-1. It stays."),
    )
    currency = StringField(
        _l("Currency"),
        [needed(_l("Enter a currency, such as EUR.")), at_most(3)],
        description=_l("Such as EUR. It stays."),
    )


class RegisteredForm(PageForm):
    """A business that may be registered for VAT."""

    country = SelectField(_l("Country"), [Optional()])
    vat_number = StringField(
        _l("VAT number"),
        [Optional(), at_most(30)],
        description=_l("With the letters of its country, such as LV40003000009."),
    )
    vat_looked_up = BooleanField(
        _l("Looked up just now: the number is valid"),
        description=_l(
            "In VIES at ec.europa.eu for the European Union, else in the country's own register."
        ),
    )

    def offer_countries(self, locale: str) -> None:
        """Offer every country, by its name in a language."""
        named = sorted(names(locale).items(), key=lambda pair: fold(pair[1]))
        self.country.choices = [("", "–"), *named]


class PracticeForm(RegisteredForm):
    """The practice itself."""

    name = StringField(_l("Name"), _NAME)
    locale = SelectField(_l("Language and formats"))
    licence_number = StringField(
        _l("Licence number"),
        [Optional(), at_most(100)],
        description=_l("To buy prescription-only products."),
    )
    licence_valid_to = DayField(_l("Licence valid until"), [Optional()])


class SupplyTermsForm(PageForm):
    """What a supplier asks for an order, in one currency: of every practice, or of one."""

    minimum = StringField(
        _l("Minimum order"),
        [Optional(), at_most(30)],
        description=_l("What goods are worth at least, net and without carriage."),
    )
    carriage = StringField(
        _l("Carriage"), [Optional(), at_most(30)], description=_l("For an order, net.")
    )
    free_from = StringField(
        _l("Free from"),
        [Optional(), at_most(30)],
        description=_l("Goods for this sum or more, net, are sent free of carriage."),
    )
    payment_days = WholeField(
        _l("Invoices are due after"), [Optional()], least=0, most=LONGEST_PAYMENT_DAYS
    )

    def __init__(self, *, of_all: bool = False, **values: Any) -> None:
        """Leave out what is said of every customer among the seller's facts."""
        super().__init__(**values)
        if of_all:
            del self.payment_days


class SellerForm(RegisteredForm):
    """What a supplier's invoices say of it."""

    legal_name = StringField(
        _l("Legal name"), [Optional(), at_most(200)], description=_l("Empty: its name here.")
    )
    address = TextAreaField(
        _l("Address"),
        [Optional(), at_most(LONGEST_ADDRESS)],
        description=_l("Street, then postal code and city, each on a line of its own."),
    )
    iban = StringField(
        _l("Bank account (IBAN)"), [Optional(), at_most(50)], description=_l("Where clinics pay.")
    )
    payment_days = WholeField(
        _l("Invoices are due after"),
        [needed(_l("Enter after how many days invoices are due."))],
        least=0,
        most=365,
    )
    stripe_account = StringField(
        _l("Account at Stripe"),
        [Optional(), at_most(100)],
        description=_l(
            "One that is connected to the operator's: what clinics pay by card goes there."
            " Empty: it goes to the operator."
        ),
    )


class SupplierForm(ActionForm):
    """A supplier of the practice's own."""

    name = StringField(_l("Name"), [needed(_l("Enter the supplier's name.")), at_most(200)])
    email = StringField(
        _l("E-mail for orders"),
        [needed(_l("Enter the e-mail its orders go to.")), at_most(254)],
        description=_l("Orders go there with a PDF and a CSV file."),
    )
    address = TextAreaField(_l("Address"), [Optional(), at_most(LONGEST_ADDRESS)])
    currency = SelectField(
        _l("Currency of its prices"), description=_l("One that your clinics buy in.")
    )
    lead_time_days = WholeField(
        _l("Lead time"),
        [needed(_l("Enter the lead time: days from order to delivery."))],
        least=0,
        most=LONGEST_LEAD_DAYS,
        description=_l("From order to delivery, as a rule."),
    )
