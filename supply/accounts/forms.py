"""Forms of the accounts pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from supply.accounts.credentials import TOKEN_NAME_LENGTH
from supply.accounts.passwords import LONGEST_TYPED, SHORTEST
from supply.accounts.tokens import LONGEST_DAYS

_ENTER = InputRequired(_l("Enter this."))
_PASSWORD = Length(max=LONGEST_TYPED, message=_l("Shorten this to %(max)d characters."))
_NAME = Length(max=200, message=_l("Shorten this to %(max)d characters."))
_ADDRESS = Length(max=254, message=_l("Shorten this to %(max)d characters."))
_AT_LEAST = _l("At least %(number)s characters. A few words are easy to keep.", number=SHORTEST)


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = StringField(_l("E-mail"), [_ENTER, _ADDRESS])
    password = PasswordField(_l("Password"), [_ENTER, _PASSWORD])
    remember = BooleanField(_l("Keep me signed in on this device"))
    next = HiddenField()


class ForgotForm(FlaskForm):
    """Whose password was forgotten."""

    email = StringField(_l("E-mail"), [_ENTER, _ADDRESS])


class NewPasswordForm(FlaskForm):
    """A password to replace a forgotten one."""

    password = PasswordField(_l("New password"), [_ENTER, _PASSWORD], description=_AT_LEAST)
    end_tokens = BooleanField(
        _l("Also end the tokens of other programs"),
        default=True,
        description=_l("Leave this on if someone else may have used your account."),
    )


class AcceptForm(FlaskForm):
    """What a new person gives when taking up an invitation."""

    name = StringField(_l("Your name"), [_ENTER, _NAME])
    password = PasswordField(_l("Password"), [_ENTER, _PASSWORD], description=_AT_LEAST)


class DetailsForm(FlaskForm):
    """One's own name and language."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    locale = SelectField(_l("Language and formats"))


class ChangePasswordForm(FlaskForm):
    """One's own password, replaced."""

    old = PasswordField(_l("Current password"), [_ENTER, _PASSWORD])
    password = PasswordField(_l("New password"), [_ENTER, _PASSWORD], description=_AT_LEAST)
    end_tokens = BooleanField(_l("Also end the tokens of other programs"))


class SignOutForm(FlaskForm):
    """What else ends with one's sessions."""

    tokens_too = BooleanField(_l("Also end the tokens of other programs"))


class TokenForm(FlaskForm):
    """What a new token is for and how long it lasts; it needs the password again."""

    token_name = StringField(
        _l("Name"),
        [_ENTER, Length(max=TOKEN_NAME_LENGTH, message=_l("Shorten this to %(max)d characters."))],
        description=_l('Which program it is for, such as "Diary".'),
    )
    expires_days = IntegerField(
        _l("Days it lasts"),
        [Optional(), NumberRange(1, LONGEST_DAYS)],
        description=_l("Empty: until you end it."),
    )
    token_password = PasswordField(_l("Your password"), [_ENTER, _PASSWORD])
