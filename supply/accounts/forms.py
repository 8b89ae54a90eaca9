"""Forms of the accounts pages. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, IntegerField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from supply.accounts.passwords import LONGEST, SHORTEST
from supply.accounts.tokens import LONGEST_DAYS

_ENTER = InputRequired(_l("Enter this."))
_LONG_ENOUGH = Length(min=SHORTEST, max=LONGEST, message=_l("Use %(min)d to %(max)d characters."))
_NAME = Length(max=200, message=_l("Shorten this to %(max)d characters."))
_ADDRESS = Length(max=254, message=_l("Shorten this to %(max)d characters."))
_AT_LEAST = _l("At least %(number)s characters. A few words are easy to keep.", number=SHORTEST)


class SignInForm(FlaskForm):
    """E-mail and password."""

    email = StringField(_l("E-mail"), [_ENTER, _ADDRESS])
    password = PasswordField(_l("Password"), [_ENTER, Length(max=LONGEST)])
    remember = BooleanField(_l("Keep me signed in on this device"))
    next = HiddenField()


class ForgotForm(FlaskForm):
    """Whose password was forgotten."""

    email = StringField(_l("E-mail"), [_ENTER, _ADDRESS])


class NewPasswordForm(FlaskForm):
    """A password to replace a forgotten one."""

    password = PasswordField(_l("New password"), [_ENTER, _LONG_ENOUGH], description=_AT_LEAST)


class AcceptForm(FlaskForm):
    """What a new person gives when taking up an invitation."""

    name = StringField(_l("Your name"), [_ENTER, _NAME])
    password = PasswordField(_l("Password"), [_ENTER, _LONG_ENOUGH], description=_AT_LEAST)


class YouForm(FlaskForm):
    """One's own name and language."""

    name = StringField(_l("Name"), [_ENTER, _NAME])
    locale = SelectField(_l("Language and formats"))


class ChangePasswordForm(FlaskForm):
    """One's own password, replaced."""

    old = PasswordField(_l("Present password"), [_ENTER, Length(max=LONGEST)])
    password = PasswordField(_l("New password"), [_ENTER, _LONG_ENOUGH], description=_AT_LEAST)


class TokenForm(FlaskForm):
    """How long a new token lasts."""

    expires_days = IntegerField(
        _l("Days it lasts"),
        [Optional(), NumberRange(1, LONGEST_DAYS)],
        description=_l("Empty: until you revoke it."),
    )
