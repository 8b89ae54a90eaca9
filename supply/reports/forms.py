"""Forms of the reports room."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField

from supply.web.fields import at_most, needed
from supply.web.forms import ActionForm


class HoldEverywhereForm(ActionForm):
    """Why a lot is held in every clinic."""

    reason = StringField(_l("Why it is held"), [needed(_l("Say why it is held.")), at_most(500)])
