"""Forms of the second step. They check shape; services hold the rules."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import Optional

from supply.accounts.factors.models import NAME_LENGTH
from supply.accounts.passwords import LONGEST_TYPED
from supply.web.fields import at_most, needed
from supply.web.forms import PageForm

LONGEST_CODE = 100

_NAME = (Optional(), at_most(NAME_LENGTH))


class PasswordAgainForm(PageForm):
    """One's own password again, unless it was given a moment ago."""

    own_password = PasswordField(
        _l("Your password"), [needed(_l("Enter your password.")), at_most(LONGEST_TYPED)]
    )

    def fit(self, *, password_needed: bool) -> None:
        """Ask for no password where none is needed."""
        if not password_needed:
            del self.own_password


class AppForm(PasswordAgainForm):
    """The code that a new app shows, and what the app is called."""

    code = StringField(
        _l("Code the app shows"),
        [needed(_l("Enter the code that the app shows.")), at_most(LONGEST_CODE)],
    )
    name = StringField(
        _l("Name"), _NAME, description=_l('To tell it from another, such as "Work phone".')
    )


class PasskeyForm(PasswordAgainForm):
    """What a new passkey is called; its script fills in the answer."""

    name = StringField(
        _l("Name"), _NAME, description=_l('To tell it from another, such as "Front desk laptop".')
    )


class NameForm(PageForm):
    """What an app or a passkey is called from now on."""

    name = StringField(_l("Name"), [needed(_l("Enter a name.")), at_most(NAME_LENGTH)])


class PasskeyAnswerForm(PageForm):
    """What a browser answered for a passkey."""

    answer = HiddenField()
    name = HiddenField(validators=[Optional(), at_most(NAME_LENGTH)])
    next = HiddenField()
    remember = HiddenField()


class CodeForm(PageForm):
    """The second step: a code of an app, or a recovery code."""

    code = StringField(
        _l("Code"), [needed(_l("Enter the code that your app shows.")), at_most(LONGEST_CODE)]
    )
