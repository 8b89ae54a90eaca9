"""Forms of the accounts pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import Optional

from supply.accounts.credentials import TOKEN_NAME_LENGTH
from supply.accounts.passwords import LONGEST_TYPED, SHORTEST
from supply.accounts.tokens import LONGEST_DAYS
from supply.web.fields import WholeField, at_most, needed
from supply.web.forms import PageForm

_NAME = (needed(_l("Enter your name.")), at_most(200))
_ADDRESS = (needed(_l("Enter your e-mail address.")), at_most(254))
_PASSWORD = (needed(_l("Enter your password.")), at_most(LONGEST_TYPED))
_CURRENT = (needed(_l("Enter your current password.")), at_most(LONGEST_TYPED))
_NEW = (needed(_l("Choose a password.")), at_most(LONGEST_TYPED))
_AT_LEAST = _l("At least %(number)s characters. A few words are easy to keep.", number=SHORTEST)


class SignInForm(PageForm):
    """E-mail and password."""

    email = StringField(_l("E-mail"), _ADDRESS)
    password = PasswordField(_l("Password"), _PASSWORD)
    remember = BooleanField(_l("Keep me signed in on this device"))
    next = HiddenField()


class ForgotForm(PageForm):
    """Whose password was forgotten."""

    email = StringField(_l("E-mail"), _ADDRESS)


class NewPasswordForm(PageForm):
    """A password to replace a forgotten one."""

    password = PasswordField(_l("New password"), _NEW, description=_AT_LEAST)
    end_tokens = BooleanField(
        _l("Also end the tokens of other programs"),
        default=True,
        description=_l("Leave this on if someone else may have used your account."),
    )


class AcceptForm(PageForm):
    """What a new person gives when taking up an invitation."""

    name = StringField(_l("Your name"), _NAME)
    password = PasswordField(_l("Password"), _NEW, description=_AT_LEAST)


class DetailsForm(PageForm):
    """One's own name and language."""

    name = StringField(_l("Name"), _NAME)
    locale = SelectField(_l("Language and formats"))


class ChangePasswordForm(PageForm):
    """One's own password, replaced."""

    old = PasswordField(_l("Current password"), _CURRENT)
    password = PasswordField(_l("New password"), _NEW, description=_AT_LEAST)
    end_tokens = BooleanField(_l("Also end the tokens of other programs"))


class SignOutForm(PageForm):
    """What else ends with one's sessions."""

    tokens_too = BooleanField(_l("Also end the tokens of other programs"))


class TokenForm(PageForm):
    """What a new token is for and how long it lasts; it needs the password again."""

    token_name = StringField(
        _l("Name"),
        [needed(_l("Say which program the token is for.")), at_most(TOKEN_NAME_LENGTH)],
        description=_l('Which program it is for, such as "Diary".'),
    )
    expires_days = WholeField(
        _l("Days it lasts"),
        [Optional()],
        least=1,
        most=LONGEST_DAYS,
        description=_l("Empty: until you end it."),
    )
    token_password = PasswordField(_l("Your password"), _PASSWORD)
